"""Drafts of forms: replacing, filling their slots, publishing. Source: the REST specification, "Drafts"."""

import tempfile
from typing import BinaryIO, cast

from flask import Response, jsonify, request
from marshmallow import fields

from server.api.call import Call
from server.api.form_files import send_blob, send_source, shape_of
from server.api.form_shapes import DatasetDiff, ExtendedForm, FieldShape, FormShape, SlotShape
from server.api.forms import ONE, REFUSALS, CreateQuery, FieldsQuery, read_form
from server.api.routes import File, Many, Table
from server.api.shapes import Shape
from server.config import MAX_REQUEST_BYTES
from server.errors import NotFoundError
from server.models.blob import Blob
from server.models.form import Form, FormVersion
from server.problems import BodyTooLargeError
from server.services import form_cache, form_drafts, form_facts, form_fields, form_slots, publishing
from server.services.form_slots import Slot
from server.services.serving import guess_type

table = Table("Form drafts")
DRAFT = f"{ONE}/draft"
FILE = f"{DRAFT}/attachments/<path:name>"
SPOOL_BYTES = 256 * 1024
CHUNK_BYTES = 1 << 16


class PublishQuery(Shape):
    """version: the version string to publish it under."""

    version = fields.String(load_default=None)


class SlotLink(Shape):
    """dataset: whether the slot is linked to the entity list of its name."""

    dataset = fields.Boolean(required=True)


@table.get(DRAFT, right="form.update", gives=FormShape, extended=ExtendedForm)
def get_draft(call: Call) -> Response:
    """The draft."""
    view = form_facts.view_form(call.session, call.form, _draft(call), extended=call.extended)
    return jsonify(shape_of(call).dump(view))


@table.post(
    DRAFT,
    right="form.update",
    by_hand=True,
    takes=File("application/xml"),
    query=CreateQuery,
    problems=REFUSALS,
)
def replace_draft(call: Call) -> None:
    """Another draft, from an XForm or workbook; without a body a copy of what is published."""
    if not _has_body():
        with call.writing() as session:
            form_drafts.copy_published(session, session.get_one(Form, call.form.id), actor_id=call.actor_id)
        return
    upload = read_form(call)
    form_drafts.require_same_id(call.form, upload)
    with call.writing() as session:
        if not call.query["ignore_warnings"]:
            form_drafts.require_no_warnings(session, call.project, call.form, upload)
        publishing.save_draft(
            session, call.backends, project=call.project, upload=upload, actor_id=call.actor_id
        )


@table.delete(DRAFT, right="form.update", problems=("409.7",))
def delete_draft(call: Call) -> None:
    """Removes the draft; the published version stays."""
    form_drafts.delete_draft(call.session, call.form, actor_id=call.actor_id)


@table.post(
    f"{DRAFT}/publish",
    right="form.update",
    query=PublishQuery,
    problems=("400.15", "409.6", "409.16", "409.17"),
)
def publish_draft(call: Call) -> None:
    """Publishes the draft, under another version string if one is given; X-Action-Notes become its publish notes."""
    form_drafts.publish_as(
        call.session,
        call.form,
        version=call.query["version"],
        actor_id=call.actor_id,
        notes=call.notes,
    )


@table.get(f"{DRAFT}.xml", right="form.update", gives=File("application/xml"))
def get_xml(call: Call) -> Response:
    """The draft's XForm."""
    draft = _draft(call)
    response = Response(draft.xml, content_type="application/xml; charset=utf-8")
    response.set_etag(draft.md5, weak=True)
    return response


@table.get(f"{DRAFT}.xlsx", right="form.update", gives=File(form_facts.EXCEL_TYPES["xlsx"]))
def get_xlsx(call: Call) -> Response:
    """The draft's workbook."""
    return send_source(call, _draft(call), "xlsx")


@table.get(f"{DRAFT}.xls", right="form.update", gives=File(form_facts.EXCEL_TYPES["xls"]))
def get_xls(call: Call) -> Response:
    """The draft's old workbook."""
    return send_source(call, _draft(call), "xls")


@table.get(f"{DRAFT}/fields", right="form.update", query=FieldsQuery, gives=Many(FieldShape))
def list_fields(call: Call) -> object:
    """The nodes of the draft."""
    definition = form_cache.definition_of(call.session, _draft(call).id)
    return form_fields.list_fields(definition, odata=call.query["odata"])


@table.get(f"{DRAFT}/dataset-diff", right="form.update", gives=Many(DatasetDiff))
def diff_datasets(call: Call) -> object:
    """What publishing the draft will do to entity lists."""
    return form_fields.diff_datasets(call.session, call.form, _draft(call))


@table.get(f"{DRAFT}/attachments", right="form.update", gives=Many(SlotShape))
def list_attachments(call: Call) -> list[Slot]:
    """The files that the draft expects."""
    return form_slots.list_slots(call.session, _draft(call), call.areas)


@table.get(FILE, right="form.update", gives=File())
def get_attachment(call: Call) -> Response:
    """One file of the draft."""
    slot = form_slots.find_slot(call.session, _draft(call), call.path["name"])
    if slot.blob_id is None:
        raise NotFoundError("this slot holds no file")
    blob = call.session.get_one(Blob, slot.blob_id)
    kind = slot.content_type or guess_type(slot.name)
    return send_blob(call, blob, name=slot.name, content_type=kind)


@table.post(FILE, right="form.update", by_hand=True, takes=File(), gives=SlotShape, problems=("400.36",))
def fill_attachment(call: Call) -> Slot:
    """Puts the raw body into a slot of the draft."""
    with call.reading() as session:
        form_slots.find_slot(session, form_drafts.get_draft(session, call.form), call.path["name"])
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as body:
        _spool(call.stream, cast(BinaryIO, body))
        with call.writing() as session:
            form = session.get_one(Form, call.form.id)
            return form_slots.fill_slot(
                session,
                call.backends,
                form,
                form_drafts.get_draft(session, form),
                name=call.path["name"],
                source=cast(BinaryIO, body),
                content_type=request.mimetype or guess_type(call.path["name"]),
                actor_id=call.actor_id,
            )


@table.patch(FILE, right="form.update", takes=SlotLink, gives=SlotShape, problems=("400.26",))
def link_attachment(call: Call) -> Slot:
    """Links a slot to the entity list of its name, or takes the link away."""
    return form_slots.link_slot(
        call.session,
        call.form,
        _draft(call),
        name=call.path["name"],
        linked=call.body["dataset"],
        areas=call.areas,
        actor_id=call.actor_id,
    )


@table.delete(FILE, right="form.update")
def clear_attachment(call: Call) -> None:
    """Empties a slot of the draft."""
    form_slots.clear_slot(
        call.session, call.form, _draft(call), name=call.path["name"], actor_id=call.actor_id
    )


def _draft(call: Call) -> FormVersion:
    return form_drafts.get_draft(call.session, call.form)


def _has_body() -> bool:
    """Length says so, or the body comes in chunks."""
    return bool(request.content_length) or "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def _spool(source: BinaryIO, target: BinaryIO) -> None:
    size = 0
    while piece := source.read(CHUNK_BYTES):
        size += len(piece)
        if size > MAX_REQUEST_BYTES:
            raise BodyTooLargeError("a file may have 110 MB")
        target.write(piece)
    target.seek(0)
