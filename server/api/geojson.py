"""Places of submissions as GeoJSON. Source: the REST specification, "GeoJSON"."""

from itertools import chain

from flask import Response, request
from marshmallow import fields
from sqlalchemy import ColumnElement

from server.api.call import Call
from server.api.exports import FILTER_PROBLEMS
from server.api.routes import File, Table
from server.api.shapes import Shape, Whole
from server.api.submission_paths import on_both, shelf_of
from server.models.submission import Submission
from server.problems import QueryCombinationError
from server.services import audit, submissions
from server.services.submission_filter import chosen
from server.services.submission_geojson import asks_for_sensitive, iter_geojson
from server.services.submission_shelf import Shelf

table = Table("GeoJSON")
JSON = File("application/json")


class PlacesQuery(Shape):
    """fieldpath: which place, else the form's first; $filter as in OData; limit: of features."""

    fieldpath = fields.String(load_default=None)
    filter = fields.String(data_key="$filter", load_default=None)
    limit = Whole(in_query=True, least=0, load_default=None)


class FieldPathsQuery(Shape):
    """fieldpath: which place, may be repeated; else the form's first."""

    fieldpath = fields.String(load_default=None)


@on_both(table, "GET", ".geojson", right="submission.read", query=PlacesQuery, gives=JSON, by_hand=True, problems=("400.41", *FILTER_PROBLEMS))  # fmt: skip
def list_places(call: Call) -> Response:
    """One place of every submission."""
    paths = request.args.getlist("fieldpath")
    if len(paths) > 1:
        raise QueryCombinationError("only one fieldpath can be asked of all submissions")
    with call.reading() as session:
        shelf = shelf_of(call, session)
        condition = chosen(session, shelf, call.query["filter"])
    return _stream(call, shelf, condition, paths, limit=call.query["limit"])


@on_both(table, "GET", "/<instance_id>.geojson", right="submission.read", query=FieldPathsQuery, gives=JSON, by_hand=True)  # fmt: skip
def list_places_of_submission(call: Call) -> Response:
    """The places of one submission; several fieldpaths make a GeometryCollection."""
    with call.reading() as session:
        shelf = shelf_of(call, session)
        found = submissions.get_submission(session, shelf, call.path["instance_id"])
    return _stream(call, shelf, Submission.id == found.id, request.args.getlist("fieldpath"))


@on_both(table, "GET", "/<instance_id>/versions/<version_id>.geojson", right="submission.read", query=FieldPathsQuery, gives=JSON, by_hand=True)  # fmt: skip
def list_places_of_version(call: Call) -> Response:
    """The places of one version, likewise."""
    with call.reading() as session:
        shelf = shelf_of(call, session)
        found = submissions.get_submission(session, shelf, call.path["instance_id"])
        version = submissions.get_version(session, found, call.path["version_id"])
    paths = request.args.getlist("fieldpath")
    return _stream(call, shelf, Submission.id == found.id, paths, version_id=version.id)


def _stream(
    call: Call,
    shelf: Shelf,
    condition: ColumnElement[bool],
    paths: list[str],
    *,
    limit: int | None = None,
    version_id: int | None = None,
) -> Response:
    if shelf.reveals:
        _note_unmasking(call, shelf, paths)
    pieces = iter_geojson(call.backends, shelf, condition, paths=paths, limit=limit, version_id=version_id)
    first = next(pieces, b"")
    response = Response(chain((first,), pieces), content_type="application/json")
    response.call_on_close(pieces.close)
    return response


def _note_unmasking(call: Call, shelf: Shelf, paths: list[str]) -> None:
    """Sensitive places are read in clear: who, of which form."""
    with call.reading() as session:
        is_sensitive = asks_for_sensitive(session, shelf, paths)
    if is_sensitive:
        with call.writing() as session:
            details = {"formId": shelf.form.id, "what": "geojson"}
            audit.record(session, call.actor_id, "identity.unmask", call.project.actee_id, details)
