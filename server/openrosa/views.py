"""The routes of ODK Collect. Each is: header check, caller, one service, one document.

Source: the OpenRosa specification, "Addresses".
"""

import re
from collections.abc import Iterator

from flask import Blueprint, Response, request

from forms.openrosa import render_form_list, render_integrity, render_manifest
from server.auth import require_caller, take_password
from server.db import Sessions, session_scope, single_reads
from server.edge import asking, backends, jobs, reading
from server.errors import BadTypeError, SisirError
from server.models.blob import Blob
from server.models.entity import EntityList
from server.openrosa.answers import (
    answer_created,
    answer_empty,
    answer_xml,
    require_version_header,
    set_caching,
)
from server.permissions import Caller
from server.services import blobs, entity_lists, projects, receiving, refusals, serving
from server.services.incoming import PHONE, Door
from server.uploads import read_upload

blueprint = Blueprint("openrosa", __name__, url_prefix="/v1/projects/<int:project_id>")
UUID = re.compile(r"(uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _base_url() -> str:
    return f"{backends().config.url}/v1{request.environ.get('sisir.key_prefix', '')}"


@blueprint.get("/formList")
def form_list(project_id: int) -> Response:
    """The forms that this phone gets."""
    require_version_header()
    with asking() as (session, caller):
        entries = serving.list_for_phone(
            session, project_id, caller, base_url=_base_url(), form_id=request.args.get("formID")
        )
    return answer_xml(render_form_list(entries))


@blueprint.get("/forms/<form_id>.xml")
@blueprint.get("/forms/<form_id>/versions/<version>.xml")
def form_xml(project_id: int, form_id: str, version: str | None = None) -> Response:
    """The form's stored bytes, unchanged."""
    with reading() as (session, caller):
        project = projects.get_project(session, project_id)
        found = serving.form_for_phone(session, project, caller, form_id, _version(version))
        xml, md5 = found.xml, found.md5
    response = Response(xml, content_type="application/xml; charset=utf-8")
    response.set_etag(md5, weak=True)
    set_caching(response).make_conditional(request)
    return response


@blueprint.get("/forms/<form_id>/manifest")
@blueprint.get("/forms/<form_id>/versions/<version>/manifest")
def manifest(project_id: int, form_id: str, version: str | None = None) -> Response:
    """The files that the form needs, with the hashes of what this phone would download."""
    require_version_header()
    with asking() as (session, caller):
        entries = serving.manifest_for_phone(
            session, project_id, caller, form_id, _version(version), base_url=_base_url()
        )
    return answer_xml(render_manifest(entries))


@blueprint.get("/forms/<form_id>/attachments/<path:name>")
@blueprint.get("/forms/<form_id>/versions/<version>/attachments/<path:name>")
def media(project_id: int, form_id: str, name: str, version: str | None = None) -> Response:
    """A media file, or the entity list as this caller may see it; an unchanged one is a 304 that builds nothing."""
    with asking() as (session, caller):
        item = serving.media_for_phone(session, project_id, caller, form_id, _version(version), name)
        is_unchanged = request.if_none_match.contains_weak(item.etag)
        blob = session.get_one(Blob, item.blob_id) if item.blob_id and not is_unchanged else None
    if is_unchanged:
        response = Response(status=304)
    elif blob is not None:
        response = Response(blobs.iter_blob(backends(), blob))
    else:
        pieces = _stream_list(backends().sessions, item.list_id, caller.areas, item.owner_id)
        response = Response(pieces)
    response.headers["Content-Type"] = item.content_type
    response.headers["Content-Disposition"] = serving.disposition(item.name)
    response.set_etag(item.etag)
    return set_caching(response)


@blueprint.get("/datasets/<name>/integrity")
def integrity(project_id: int, name: str) -> Response:
    """Which of the phone's entities are gone for it."""
    require_version_header()
    asked = request.args.get("id")
    uuids = None if asked is None else [_uuid(text) for text in asked.split(",") if text]
    with reading() as (session, caller):
        project = projects.get_project(session, project_id)
        states = serving.integrity_for_phone(session, project, caller, name, uuids)
    return answer_xml(render_integrity(states))


@blueprint.route("/submission", methods=["HEAD", "GET"])
def preflight(project_id: int) -> Response:
    """204: the phone may send."""
    require_version_header()
    with reading() as (session, _):
        projects.get_project(session, project_id)
    return answer_empty()


@blueprint.post("/submission")
def submit(project_id: int) -> Response:
    """Stores a submission, then thanks, then lets it be checked."""
    require_version_header()
    ours = backends()
    take_password(request, ours)
    with single_reads(ours.sessions) as session:
        caller = require_caller(request, ours, session)
    return take_submission(project_id, caller, PHONE)


def take_submission(project_id: int, caller: Caller | None, door: Door) -> Response:
    """Stores what a phone sends through a door. What is refused is kept for rescue, test data of drafts apart."""
    ours = backends()
    with read_upload(request, ours.clock()) as upload:
        try:
            with single_reads(ours.sessions) as session:
                found = receiving.prepare(
                    session, ours, upload, project_id=project_id, caller=caller, door=door
                )
            if isinstance(found, receiving.Receipt):
                return answer_created()
            with session_scope(ours.sessions) as session:
                receipt = receiving.store(session, ours, found)
        except SisirError as error:
            if error.status in (400, 403, 404, 409) and not door.is_draft:
                with session_scope(ours.sessions) as session:
                    refusals.keep_refused(
                        session,
                        ours,
                        upload,
                        error,
                        project_id=project_id,
                        actor_id=caller.actor_id if caller else None,
                    )
            raise
    is_owed = receipt.outcome != receiving.Outcome.same or receipt.files_stored
    if is_owed and not door.is_draft:
        jobs().screen(receipt.submission_id)
    return answer_created()


def _stream_list(
    sessions: Sessions, list_id: int | None, areas: tuple[str, ...] | None, owner_id: int | None
) -> Iterator[bytes]:
    """The list in pieces, in a transaction of its own that lives as long as the answer."""
    with session_scope(sessions, read_only=True) as session:
        listed = session.get_one(EntityList, list_id)
        yield from entity_lists.render_entity_csv(session, listed, areas, owner_id)


def _version(text: str | None) -> str | None:
    return "" if text == "___" else text


def _uuid(text: str) -> str:
    if not UUID.fullmatch(text.strip()):
        raise BadTypeError("an id is no uuid", details={"value": text[:64], "expected": "uuid"})
    return text.strip().lower().removeprefix("uuid:")
