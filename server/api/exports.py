"""CSV exports, streamed. Source: the REST specification, "CSV exports"."""

from collections.abc import Callable, Generator
from itertools import chain

from flask import Response
from marshmallow import fields

from server.api.call import Call
from server.api.routes import File, Table
from server.api.shapes import Flag, Shape
from server.api.submission_paths import on_both, shelf_of
from server.services import audit, csv_files
from server.services.csv_rows import CsvOptions
from server.services.serving import disposition
from server.services.submission_filter import chosen
from server.services.submission_shelf import has_sensitive

table = Table("Exports")
CSV, ZIP = File("text/csv"), File("application/zip")
FILTER_PROBLEMS = ("400.18", "501.4", "501.5")


class ExportQuery(Shape):
    """attachments, groupPaths: true unless said; deletedFields, splitSelectMultiples: false unless said; $filter as in OData."""

    attachments = Flag(load_default=True)
    group_paths = Flag(load_default=True)
    deleted_fields = Flag(load_default=False)
    split_select_multiples = Flag(load_default=False)
    filter = fields.String(data_key="$filter", load_default=None)


Export = Callable[..., Generator[bytes, None, None]]


@on_both(table, "GET", ".csv", right="submission.read", query=ExportQuery, gives=CSV, by_hand=True, problems=FILTER_PROBLEMS)  # fmt: skip
def export_table(call: Call) -> Response:
    """The root table as CSV."""
    return _stream(call, csv_files.iter_csv, "text/csv; charset=utf-8", ".csv")


@on_both(table, "GET", ".csv.zip", right="submission.read", query=ExportQuery, gives=ZIP, by_hand=True, problems=FILTER_PROBLEMS)  # fmt: skip
def export_archive(call: Call) -> Response:
    """All tables as CSV, with media and audit logs, in a zip."""
    return _archive(call)


@on_both(table, "POST", ".csv.zip", right="submission.read", takes=File("application/x-www-form-urlencoded"), query=ExportQuery, gives=ZIP, by_hand=True, problems=FILTER_PROBLEMS)  # fmt: skip
def post_export_archive(call: Call) -> Response:
    """The same; Central takes passphrases in the body, and this server manages no keys."""
    return _archive(call)


def _archive(call: Call) -> Response:
    ending = ".zip" if call.query["attachments"] else ".csv.zip"
    return _stream(call, csv_files.iter_archive, "application/zip", ending)


def _stream(call: Call, export: Export, content_type: str, ending: str) -> Response:
    """Headers go out once the first piece is made: what goes wrong before is answered as a problem."""
    values = dict(call.query)
    with call.writing() as session:
        shelf = shelf_of(call, session)
        condition = chosen(session, shelf, values.pop("filter"))
        audit.record(session, call.actor_id, "form.submission.export", call.form.actee_id)
        if shelf.reveals and has_sensitive(session, call.form):
            details = {"formId": call.form.id, "what": "export"}
            audit.record(session, call.actor_id, "identity.unmask", call.project.actee_id, details)
    pieces = export(call.backends, shelf, CsvOptions(**values), condition)
    first = next(pieces, b"")
    response = Response(chain((first,), pieces), content_type=content_type)
    response.call_on_close(pieces.close)
    response.headers["Content-Disposition"] = disposition(call.form.xml_form_id + ending)
    return response
