"""Files of a submission. Source: the REST specification, "Submissions over REST"."""

from flask import Response, request
from marshmallow import fields
from sqlalchemy.orm import Session

from server.api.call import Call
from server.api.routes import File, Many, Table
from server.api.shapes import Shape
from server.api.submission_paths import FORM, on_both, sends_to_root, shelf_of
from server.api.submission_versions import note_unmasking
from server.api.submissions import find, screen_after
from server.models.submission import Attachment, Submission
from server.services import blobs, submission_files, submissions
from server.services.serving import disposition
from server.services.submission_files import SHOWN_TYPES, Slot
from server.services.submission_shelf import require_draft_token
from server.uploads import UploadedFile, read_file_body

table = Table("Submission files")
ALL = "/<instance_id>/attachments"
OF_VERSION = "/<instance_id>/versions/<version_id>/attachments"


class SubmissionFileShape(Shape):
    """A file that a submission names, and whether it has arrived."""

    name = fields.String()
    exists = fields.Boolean()


@on_both(table, "GET", ALL, right="submission.read", gives=Many(SubmissionFileShape), problems=("301",))
@sends_to_root
def list_files(call: Call) -> list[Slot]:
    """The files of the current version, by name."""
    return submission_files.list_slots(call.session, submissions.get_version(call.session, find(call)))


@on_both(table, "GET", OF_VERSION, right="submission.read", gives=Many(SubmissionFileShape))
def list_files_of_version(call: Call) -> list[Slot]:
    """The files of one version, by name."""
    version = submissions.get_version(call.session, find(call), call.path["version_id"])
    return submission_files.list_slots(call.session, version)


@on_both(table, "GET", f"{ALL}/<name>", right="submission.read", gives=File(), by_hand=True, problems=("301",))  # fmt: skip
@sends_to_root
def get_file(call: Call) -> Response:
    """A file of the current version; a sensitive one needs the right to see sensitive answers."""
    return _answer_file(call, None)


@on_both(table, "GET", f"{OF_VERSION}/<name>", right="submission.read", gives=File(), by_hand=True)
def get_file_of_version(call: Call) -> Response:
    """A file of one version, likewise."""
    return _answer_file(call, call.path["version_id"])


@on_both(table, "POST", f"{ALL}/<name>", right=("submission.update", "submission.create"), takes=File(), by_hand=True, problems=("413.1",))  # fmt: skip
def put_file(call: Call) -> None:
    """Sends a file as the raw body, chunked or not; whoever sent the submission may fill slots that are empty."""
    _take_file(call)


@table.post(
    f"/test/<draft_token>{FORM}/draft/submissions{ALL}/<name>",
    right=(),
    is_open=True,
    takes=File(),
    by_hand=True,
    problems=("403.1", "404.4", "413.1"),
)
def put_draft_file(call: Call) -> None:
    """Sends a file of a submission to a draft by the draft's test address, without log-in."""
    call.is_draft = True
    with call.reading() as session:
        require_draft_token(session, call.form, call.path["draft_token"])
    _take_file(call)


@table.delete(f"{FORM}/submissions{ALL}/<name>", right="submission.update")
def clear_file(call: Call) -> None:
    """Removes a file; its slot stays."""
    found = find(call, lock=True)
    version = submissions.get_version(call.session, found)
    slot = submission_files.get_slot(call.session, version, call.path["name"], lock=True)
    if submission_files.clear_slot(
        call.session, call.form, found, slot, actor_id=call.actor_id, received_at=call.backends.clock()
    ):
        screen_after(call, found)


def _answer_file(call: Call, version_id: str | None) -> Response:
    with call.reading() as session:
        shelf = shelf_of(call, session)
        found = submissions.get_submission(session, shelf, call.path["instance_id"])
        version = submissions.get_version(session, found, version_id)
        slot, blob = submission_files.get_file(session, shelf, version, call.path["name"])
    if request.if_none_match.contains_weak(blob.md5):
        response = Response(status=304)
    else:
        if slot.is_sensitive:
            note_unmasking(call, found.id, "file")
        response = Response(blobs.iter_blob(call.backends, blob))
        response.content_length = blob.size_bytes
    response.headers["Content-Type"] = slot.content_type or "application/octet-stream"
    kind = "inline" if slot.content_type in SHOWN_TYPES else "attachment"
    response.headers["Content-Disposition"] = disposition(slot.name, kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.set_etag(blob.md5)
    return response


def _take_file(call: Call) -> None:
    """The bytes are durable before the transaction that says so begins: nobody waits for a disk or an S3."""
    with call.reading() as session:
        _, slot = _find_slot(call, session, lock=False)
    with read_file_body(request) as file:
        submission_files.keep_file(call.backends, slot, file)
        with call.writing() as session:
            _fill(call, session, file)


def _fill(call: Call, session: Session, file: UploadedFile) -> None:
    found, slot = _find_slot(call, session, lock=True)
    actor_id = call.anybody.actor_id if call.anybody else None
    if submission_files.fill_slot(
        session, call.form, found, slot, file, actor_id=actor_id, received_at=call.backends.clock()
    ):
        screen_after(call, found)


def _find_slot(call: Call, session: Session, *, lock: bool) -> tuple[Submission, Attachment]:
    """The slot that the caller may fill. Raises: NotFoundError, NotAllowedError."""
    shelf, name = shelf_of(call, session), call.path["name"]
    if call.anybody is not None and call.may("submission.update"):
        found = submissions.get_submission(session, shelf, call.path["instance_id"], lock=lock)
        version = submissions.get_version(session, found)
        return found, submission_files.get_slot(session, version, name, lock=lock)
    actor_id = call.anybody.actor_id if call.anybody is not None else None
    found = submission_files.find_own(session, shelf, call.path["instance_id"], actor_id)
    slot = submission_files.get_slot(session, submissions.get_version(session, found), name, lock=lock)
    submission_files.require_empty(slot)
    return found, slot
