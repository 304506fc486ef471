"""The files of a submission as API clients see them: which are expected, which are there, filling and clearing a slot.

Belongs here: slots and who may fill them. Does not: bytes (blobs.py).
Source: the REST specification, "Submissions over REST".
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.errors import NotAllowedError, NotFoundError
from server.models.blob import Blob
from server.models.form import Form
from server.models.submission import Attachment, Submission, SubmissionVersion
from server.services import audit, blobs
from server.services.submission_shelf import Shelf
from server.services.submissions import FILES_ACTION
from server.uploads import UploadedFile

SHOWN_TYPES = ("image/jpeg", "image/png", "image/gif")
"""What a browser may show in its place; all else is saved."""


@dataclass(frozen=True)
class Slot:
    """A file that a version names."""

    name: str
    exists: bool


def list_slots(session: Session, version: SubmissionVersion) -> list[Slot]:
    """The files that a version names, by name."""
    rows = session.execute(
        select(Attachment.name, Attachment.blob_id)
        .where(Attachment.submission_version_id == version.id)
        .order_by(Attachment.name)
    )
    return [Slot(row.name, row.blob_id is not None) for row in rows]


def get_file(
    session: Session, shelf: Shelf, version: SubmissionVersion, name: str
) -> tuple[Attachment, Blob]:
    """A file that has arrived. Raises: NotFoundError; NotAllowedError for a sensitive one that may not be revealed."""
    slot = get_slot(session, version, name)
    if slot.blob_id is None:
        raise NotFoundError("this file has not arrived yet")
    if slot.is_sensitive and not shelf.reveals:
        raise NotAllowedError("this file is sensitive: it needs the right identity.unmask")
    return slot, session.get_one(Blob, slot.blob_id)


def get_slot(session: Session, version: SubmissionVersion, name: str, *, lock: bool = False) -> Attachment:
    """The slot of a file. Raises: NotFoundError when the version does not name it."""
    query = select(Attachment).where(Attachment.submission_version_id == version.id, Attachment.name == name)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFoundError("the submission names no such file")
    return found


def find_own(session: Session, shelf: Shelf, instance_id: str, actor_id: int | None) -> Submission:
    """A submission that the caller sent, for adding its files: in whatever area it stands, as long as nobody edited it.

    Args: actor_id None: sent with the test address of the draft.
    Raises: NotAllowedError, also when there is none: whoever may not see others' does not learn of them.
    """
    found = session.scalar(
        select(Submission)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .where(
            Submission.form_id == shelf.form.id,
            Submission.is_draft.is_(shelf.is_draft),
            Submission.instance_id == instance_id,
            Submission.deleted_at.is_(None),
            SubmissionVersion.instance_id == Submission.instance_id,
            Submission.first_submitter_id.is_(None)
            if actor_id is None
            else Submission.first_submitter_id == actor_id,
        )
    )
    if found is None:
        raise NotAllowedError("files are added by whoever sent the submission, before anybody edits it")
    return found


def require_empty(slot: Attachment) -> None:
    """Raises: NotAllowedError when the file is there already."""
    if slot.blob_id is not None:
        raise NotAllowedError("the file is there already; replacing it needs the right submission.update")


def keep_file(backends: Backends, slot: Attachment, file: UploadedFile) -> None:
    """Makes the bytes for a slot durable; call it before the transaction that fills the slot."""
    blobs.put_bytes(backends, file.file, file.digests, sealed=slot.is_sensitive)


def fill_slot(
    session: Session,
    form: Form,
    submission: Submission,
    slot: Attachment,
    file: UploadedFile,
    *,
    actor_id: int | None,
    received_at: datetime,
) -> bool:
    """Puts a file that is kept already into its slot. Returns: False when the same bytes were there.

    Effects: the submission is owed a screening.
    """
    key = (file.digests.sha256, slot.is_sensitive)
    blob_id = blobs.insert_blobs(session, {key: file.digests})[key]
    if slot.blob_id == blob_id:
        return False
    slot.blob_id, slot.content_type, slot.received_at = blob_id, file.content_type, received_at
    _owe(session, form, submission, slot, actor_id=actor_id, received_at=received_at)
    return True


def clear_slot(
    session: Session,
    form: Form,
    submission: Submission,
    slot: Attachment,
    *,
    actor_id: int,
    received_at: datetime,
) -> bool:
    """Takes the file out of its slot. Returns: False when there was none."""
    if slot.blob_id is None:
        return False
    slot.blob_id = slot.content_type = slot.received_at = None
    _owe(session, form, submission, slot, actor_id=actor_id, received_at=received_at)
    return True


def _owe(
    session: Session,
    form: Form,
    submission: Submission,
    slot: Attachment,
    *,
    actor_id: int | None,
    received_at: datetime,
) -> None:
    session.flush()
    session.execute(
        update(Submission)
        .where(Submission.id == submission.id)
        .values(screened_at=None, received_at=received_at)
        .execution_options(synchronize_session=False)
    )
    details = {"instanceId": submission.instance_id, "submissionId": submission.id, "files": 1}
    audit.record(session, actor_id, FILES_ACTION, form.actee_id, details)
    session.flush()
