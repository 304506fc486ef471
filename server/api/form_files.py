"""What forms.py and drafts.py share: who reads forms, which schema they see, sending a form's workbook or file."""

from flask import Response, request

from server.api.call import Call
from server.api.form_shapes import EditorsForm, ExtendedForm, FormShape, TrashedForm
from server.api.shapes import Shape, made
from server.errors import NotFoundError
from server.models.blob import Blob
from server.models.form import FormVersion
from server.services import blobs
from server.services.form_facts import EXCEL_TYPES
from server.services.serving import disposition

READING = ("form.read", "open_form.read")


def shape_of(call: Call, *, trashed: bool = False) -> Shape:
    """The schema of a form for this caller."""
    if trashed:
        return made(TrashedForm)
    if not call.extended:
        return made(FormShape)
    return made(EditorsForm if call.may("form.update") else ExtendedForm)


def send_source(call: Call, version: FormVersion, kind: str) -> Response:
    """The workbook of a version. Raises: NotFoundError when it was made from something else."""
    if version.source_kind != kind or version.source_blob_id is None:
        raise NotFoundError(f"this form was not made from a .{kind} workbook")
    blob = call.session.get_one(Blob, version.source_blob_id)
    name = f"{call.form.xml_form_id}.{kind}"
    return send_blob(call, blob, name=name, content_type=EXCEL_TYPES[kind])


def send_blob(call: Call, blob: Blob, *, name: str, content_type: str) -> Response:
    """A stored file, streamed; 304 when the client has it."""
    if request.if_none_match.contains_weak(blob.md5):
        response = Response(status=304)
    else:
        response = Response(blobs.iter_blob(call.backends, blob))
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = disposition(name)
    response.set_etag(blob.md5)
    return response
