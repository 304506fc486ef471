"""Forms and their published versions. Drafts: drafts.py. Source: the REST specification, "Forms"."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Response, jsonify, request
from marshmallow import fields

from server.api.call import Call
from server.api.form_files import READING, send_source, shape_of
from server.api.form_shapes import (
    DatasetDiff,
    ExtendedForm,
    FieldShape,
    FormShape,
    FormVersionShape,
    SlotShape,
)
from server.api.routes import File, Many, Table
from server.api.shapes import Flag, Shape, Text
from server.errors import BadHeaderError, BadRequestError, FormRefusedError, NotAllowedError, NotFoundError
from server.models.actor import Actor
from server.models.form import FormVersion
from server.problems import BodyTooLargeError
from server.services import (
    form_cache,
    form_changes,
    form_drafts,
    form_facts,
    form_fields,
    form_slots,
    form_trash,
    project_forms,
    publishing,
)
from server.services.form_facts import FormView
from server.services.publishing import Upload

table = Table("Forms")
ALL = "/projects/<project_id>/forms"
ONE = f"{ALL}/<form_id>"
VERSION = f"{ONE}/versions/<version>"
MAX_FORM_BYTES = 20_000_000
FORM_TYPES = {kind: f"form.{ending}" for ending, kind in form_facts.EXCEL_TYPES.items()}
REFUSALS = (
    "400.2",
    "400.8",
    "400.13",
    "400.15",
    "400.16",
    "400.17",
    "400.25",
    "400.27",
    "400.36",
    "409.6",
)


class FormsQuery(Shape):
    """deleted: the trash instead."""

    deleted = Flag(load_default=False)


class CreateQuery(Shape):
    """publish: at once; ignoreWarnings: although there is something to know."""

    publish = Flag(load_default=False)
    ignore_warnings = Flag(load_default=False)


class FieldsQuery(Shape):
    """odata: with names that OData takes."""

    odata = Flag(load_default=False)


class FormChanges(Shape):
    """state: open, closing or closed."""

    state = Text()
    webforms_enabled = fields.Boolean()


@table.get(
    ALL,
    right=("form.list", "open_form.list"),
    query=FormsQuery,
    gives=Many(FormShape),
    extended=Many(ExtendedForm),
)
def list_forms(call: Call) -> Response:
    """The forms that the caller may list, by name; drafts never published only for those who may change forms."""
    deleted = call.query["deleted"]
    if deleted:
        call.caller.require("form.restore", *call.targets.actees)
    found = form_facts.list_views(
        call.session, call.caller, call.project, extended=call.extended, deleted=deleted
    )
    return jsonify(shape_of(call, trashed=deleted).dump(found, many=True))


@table.post(
    ALL,
    right="form.create",
    by_hand=True,
    takes=File("application/xml"),
    query=CreateQuery,
    gives=FormShape,
    extended=ExtendedForm,
    problems=REFUSALS,
)
def create_form(call: Call) -> FormView:
    """A new form from an XForm, or from a workbook by its content type: a draft, or published at once."""
    upload = read_form(call)
    with call.writing() as session:
        if not call.query["ignore_warnings"]:
            form_drafts.require_no_warnings(session, call.project, None, upload)
        form, version = form_drafts.create_form(
            session,
            call.backends,
            project=call.project,
            upload=upload,
            publish=call.query["publish"],
            actor_id=call.actor_id,
            notes=call.notes,
        )
        return form_facts.view_form(session, form, version, extended=call.extended)


@table.get(ONE, right=READING, gives=FormShape, extended=ExtendedForm)
def get_form(call: Call) -> Response:
    """One form: the published version, or the draft of one never published."""
    return _show(call, _shown(call))


@table.patch(ONE, right="form.update", takes=FormChanges, gives=FormShape, extended=ExtendedForm)
def update_form(call: Call) -> Response:
    """Opens, closes, or switches the browser entry."""
    project_forms.change_form(call.session, call.form, call.body, actor_id=call.actor_id)
    return _show(call, _shown(call))


@table.delete(ONE, right="form.delete")
def delete_form(call: Call) -> None:
    """Into the trash, with its submissions."""
    form_trash.delete_form(call.session, call.form, actor_id=call.actor_id)


@table.post(f"{ALL}/<trashed_id>/restore", right="form.restore")
def restore_form(call: Call) -> None:
    """Out of the trash, by the form's number."""
    form_trash.restore_form(call.session, call.project, call.path["trashed_id"], actor_id=call.actor_id)


@table.get(f"{ONE}.xlsx", right=READING, gives=File(form_facts.EXCEL_TYPES["xlsx"]))
def get_xlsx(call: Call) -> Response:
    """The workbook that the form was made from, if it was one."""
    return send_source(call, _shown(call), "xlsx")


@table.get(f"{ONE}.xls", right=READING, gives=File(form_facts.EXCEL_TYPES["xls"]))
def get_xls(call: Call) -> Response:
    """The old workbook that the form was made from, if it was one."""
    return send_source(call, _shown(call), "xls")


@table.get(f"{ONE}/fields", right=READING, query=FieldsQuery, gives=Many(FieldShape))
def list_fields(call: Call) -> object:
    """The nodes of the form, depth-first in document order."""
    definition = form_cache.definition_of(call.session, _shown(call).id)
    return form_fields.list_fields(definition, odata=call.query["odata"])


@table.get(f"{ONE}/attachments", right=READING, gives=Many(SlotShape))
def list_attachments(call: Call) -> object:
    """The files that the form expects, by name."""
    return form_slots.list_slots(call.session, _shown(call), call.areas)


@table.get(f"{ONE}/dataset-diff", right="form.read", gives=Many(DatasetDiff))
def diff_datasets(call: Call) -> object:
    """What the published form does to entity lists."""
    return form_fields.diff_datasets(call.session, call.form, _published(call, None))


@table.get(f"{ONE}/versions", right="form.read", gives=Many(FormShape), extended=Many(FormVersionShape))
def list_versions(call: Call) -> object:
    """The published versions, newest first."""
    ids = reversed(form_changes.published_ids(call.session, call.form))
    versions = [call.session.get_one(FormVersion, number) for number in ids]
    views = form_facts.view_forms(
        call.session, [(call.form, version) for version in versions], extended=call.extended
    )
    if not call.extended:
        return views
    shown = [{**FormVersionShape().dump(view), "publishedBy": None} for view in views]
    for entry, version in zip(shown, versions, strict=True):
        actor = call.session.get(Actor, version.published_by_id) if version.published_by_id else None
        entry["publishedBy"] = FormVersionShape().dump({"published_by": actor})["publishedBy"]
    return jsonify(shown)


@table.get(VERSION, right=READING, gives=FormShape, extended=ExtendedForm)
def get_version(call: Call) -> Response:
    """One published version; ___ is the empty version."""
    return _show(call, _published(call, call.path["version"]))


@table.get(f"{VERSION}.xlsx", right=READING, gives=File(form_facts.EXCEL_TYPES["xlsx"]))
def get_version_xlsx(call: Call) -> Response:
    """The workbook of a version."""
    return send_source(call, _published(call, call.path["version"]), "xlsx")


@table.get(f"{VERSION}.xls", right=READING, gives=File(form_facts.EXCEL_TYPES["xls"]))
def get_version_xls(call: Call) -> Response:
    """The old workbook of a version."""
    return send_source(call, _published(call, call.path["version"]), "xls")


@table.get(f"{VERSION}/fields", right=READING, query=FieldsQuery, gives=Many(FieldShape))
def list_version_fields(call: Call) -> object:
    """The nodes of a version."""
    version = _published(call, call.path["version"])
    definition = form_cache.definition_of(call.session, version.id)
    return form_fields.list_fields(definition, odata=call.query["odata"])


@table.get(f"{VERSION}/attachments", right=READING, gives=Many(SlotShape))
def list_version_attachments(call: Call) -> object:
    """The files that a version expects."""
    version = _published(call, call.path["version"])
    return form_slots.list_slots(call.session, version, call.areas)


def read_form(call: Call) -> Upload:
    """The form in the body, compiled; takes seconds, outside of transactions. Raises: the refusals of REFUSALS."""
    data = call.stream.read(MAX_FORM_BYTES + 1)
    if len(data) > MAX_FORM_BYTES:
        raise BodyTooLargeError("a form may have 20 MB")
    kind = request.mimetype
    if kind == "application/json":
        raise _unreadable("json", data)
    with call.reading() as session:
        known = publishing.known_definitions(session, call.project.id)
    try:
        return publishing.compile_upload(
            data, file_name=FORM_TYPES.get(kind, "form.xml"), known_forms=known, fallback_id=_fallback_id()
        )
    except FormRefusedError as error:
        if kind not in FORM_TYPES and error.code == "400.15" and not data.lstrip().startswith(b"PK"):
            raise _unreadable("xml", data, str(error)) from error
        raise


def _unreadable(format_name: str, data: bytes, why: str = "") -> BadRequestError:
    return BadRequestError(
        f"the body cannot be read as {format_name}. {why}".strip(),
        details={"format": format_name, "rawLength": len(data)},
    )


def _fallback_id() -> str | None:
    sent = request.headers.get("X-XlsForm-FormId-Fallback")
    try:
        return unquote_to_bytes(sent).decode() if sent else None
    except UnicodeDecodeError as error:
        raise BadHeaderError(details={"field": "X-XlsForm-FormId-Fallback", "value": sent}) from error


def _shown(call: Call) -> FormVersion:
    """The published version, or for those who may change the form the draft of one never published."""
    if call.form.current_version_id is not None:
        return call.session.get_one(FormVersion, call.form.current_version_id)
    if not call.may("form.update"):
        raise NotAllowedError("this form was never published")
    return form_drafts.get_draft(call.session, call.form)


def _published(call: Call, version: str | None) -> FormVersion:
    if version is None:
        if call.form.current_version_id is None:
            raise NotFoundError("this form was never published")
        return call.session.get_one(FormVersion, call.form.current_version_id)
    found = publishing.find_form_version(call.session, call.form, "" if version == "___" else version)
    if found is None:
        raise NotFoundError("this form has no such version")
    return found


def _show(call: Call, version: FormVersion) -> Any:
    view = form_facts.view_form(call.session, call.form, version, extended=call.extended)
    if not call.may("form.update"):
        view = replace(view, draft_token=None)
    return jsonify(shape_of(call).dump(view))
