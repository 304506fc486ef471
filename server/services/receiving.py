"""Taking in submissions: new ones, retries, late photos, edits. Durable before the answer; the same thing twice is one.

Belongs here: the decision table of the OpenRosa specification (5.4). Does not: reading what came (incoming.py), single rows
(submission_rows.py), what the answers mean (screening.py), what they do to entities (entities.py): both are owed when this
returns.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.errors import (
    ConflictError,
    DeletedError,
    OtherXmlError,
    SupersededError,
    UnknownInstanceError,
)
from server.models.project import Project
from server.models.submission import Attachment, EntityState, Submission
from server.permissions import Caller
from server.services import audit, editing, submission_rows
from server.services.incoming import PHONE, Door, Incoming, Known, find_known, read_incoming
from server.uploads import SubmissionUpload

__all__ = [
    "Outcome",
    "Receipt",
    "prepare",
    "receive_submission",
    "store",
    "store_edit",
    "store_new",
    "taken",
]


class Outcome(StrEnum):
    """What an accepted upload turned out to be."""

    new = "new"
    same = "same"
    """The same XML again; files may have come with it."""
    edited = "edited"


@dataclass(frozen=True)
class Receipt:
    """An accepted upload: the submission it belongs to, and how many files were stored now."""

    submission_id: int
    outcome: Outcome
    files_stored: int


def receive_submission(
    session: Session, backends: Backends, upload: SubmissionUpload, *, project: Project, caller: Caller
) -> Receipt:
    """prepare and store in one transaction; every row and file is written when this returns, durable when it commits."""
    found = prepare(session, backends, upload, project_id=project.id, caller=caller)
    return found if isinstance(found, Receipt) else store(session, backends, found)


def prepare(
    session: Session,
    backends: Backends,
    upload: SubmissionUpload,
    *,
    project_id: int,
    caller: Caller | None,
    door: Door = PHONE,
) -> Receipt | Incoming:
    """What has to be stored, its files durable already; or the receipt at once when all of it is stored.

    Asks, and writes no row: a retry costs no transaction, and nobody waits while photos go to the disk.
    Raises: the refusals of the decision table; nothing is kept then.
    Source: the OpenRosa specification, 5.3 and 5.4.
    """
    incoming = read_incoming(session, backends, upload, project_id=project_id, caller=caller, door=door)
    if incoming.deprecated_id is None and incoming.known is not None:
        late = _late_files(session, incoming, incoming.known)
        if not late:
            return Receipt(incoming.known.submission_id, Outcome.same, 0)
    if incoming.deprecated_id is None:
        submission_rows.keep_files(session, backends, incoming)
    return incoming


def store(session: Session, backends: Backends, incoming: Incoming) -> Receipt:
    """Writes the rows of what was prepared; all of it is durable when the caller commits.

    Raises: the refusals of the decision table, where something came between.
    Effects: rows for submission, version and attachments; blobs; the submission is owed entities and screening. A repeat
    changes nothing, or fills the slots that were empty.
    """
    if incoming.deprecated_id is not None:
        return _store_edit(session, backends, incoming, incoming.deprecated_id)
    if incoming.known is not None:
        return _store_late_files(session, incoming, incoming.known)
    receipt = store_new(session, backends, incoming)
    return receipt or _store_late_files(session, incoming, _twin(session, incoming))


def store_new(session: Session, backends: Backends, incoming: Incoming) -> Receipt | None:
    """Writes the rows of a new submission; None, and nothing, when its instanceID is taken."""
    made = submission_rows.insert_submission(session.connection(), incoming)
    if made is None:
        return None
    submission_id, version_id = made
    stored = _insert_version(session, backends, incoming, submission_id, version_id)
    audit.record_now(
        session,
        incoming.actor_id,
        "submission.create",
        incoming.form_actee_id,
        {"instanceId": incoming.instance_id, "submissionId": submission_id},
    )
    return Receipt(submission_id, Outcome.new, stored)


def _find(session: Session, incoming: Incoming, instance_id: str) -> Known | None:
    return find_known(session, incoming.form_id, instance_id, is_draft=incoming.is_draft)


def _twin(session: Session, incoming: Incoming) -> Known:
    """What another request stored under this instanceID a moment ago."""
    known = _find(session, incoming, incoming.instance_id)
    if known is None:
        raise ConflictError("the submission is being stored by another request; send it again")
    return known


def _insert_version(
    session: Session,
    backends: Backends,
    incoming: Incoming,
    submission_id: int,
    reserved_id: int | None = None,
) -> int:
    """Writes the version with its slots and makes it current. Returns: files stored."""
    version_id = submission_rows.insert_version(
        session.connection(), backends, incoming, submission_id, reserved_id
    )
    if version_id is None:
        raise ConflictError("the submission is being stored by another request; send it again")
    return submission_rows.insert_slots(session, incoming, version_id)


def _late_files(session: Session, incoming: Incoming, known: Known) -> submission_rows.LateFiles:
    """The instanceID is known: a retry, later files, or another XML under the same id. Returns: files it has not yet."""
    if known.deleted_at is not None:
        raise DeletedError()
    if not known.is_current:
        raise SupersededError(
            "this submission was edited since", details={"deprecatedId": incoming.instance_id}
        )
    if known.digest != incoming.digest:
        raise OtherXmlError()
    return submission_rows.find_late_files(session, incoming, known.version_id)


def _store_late_files(session: Session, incoming: Incoming, known: Known) -> Receipt:
    late = _late_files(session, incoming, known)
    if not late:
        return Receipt(known.submission_id, Outcome.same, 0)
    current = session.scalar(
        update(Submission)
        .where(Submission.id == known.submission_id, Submission.current_version_id == known.version_id)
        .values(screened_at=None, received_at=incoming.upload.received_at)
        .returning(Submission.id)
    )
    if current is None:
        raise SupersededError(
            "this submission was edited since", details={"deprecatedId": incoming.instance_id}
        )
    submission_rows.fill_slots(session, late, incoming.upload.received_at)
    audit.record_now(
        session,
        incoming.actor_id,
        "submission.attachment.update",
        incoming.form_actee_id,
        {
            "instanceId": incoming.instance_id,
            "submissionId": known.submission_id,
            "files": len(late),
        },
    )
    return Receipt(known.submission_id, Outcome.same, len(late))


def _store_edit(session: Session, backends: Backends, incoming: Incoming, deprecated_id: str) -> Receipt:
    """An edit made on the phone: a new version of a known submission, or the retry of one."""
    old = _find(session, incoming, deprecated_id)
    if old is None:
        raise UnknownInstanceError(
            "the submission to be replaced is not known", details={"deprecatedId": deprecated_id}
        )
    submission = session.get_one(Submission, old.submission_id, with_for_update=True)
    if submission.deleted_at is not None:
        raise DeletedError()
    if incoming.caller is not None:
        actees = (incoming.form_actee_id, incoming.project_actee_id)
        editing.require_may_edit(session, incoming.caller, submission, actees)
    known = _find(session, incoming, incoming.instance_id)
    if submission.current_version_id != old.version_id:
        if known is not None and known.is_current and known.digest == incoming.digest:
            submission_rows.keep_files(session, backends, incoming)
            return _store_late_files(session, incoming, known)
        raise SupersededError("the submission was edited since", details={"deprecatedId": deprecated_id})
    if known is not None:
        raise taken(incoming)
    return store_edit(session, backends, incoming, submission, old.version_id)


def taken(incoming: Incoming) -> ConflictError:
    """The instanceID of an upload belongs to something else."""
    return ConflictError(
        "this instanceID is taken",
        details={
            "fields": ["formId", "instanceId"],
            "values": [incoming.envelope.form_id, incoming.instance_id],
            "table": "submissions",
        },
    )


def store_edit(
    session: Session, backends: Backends, incoming: Incoming, submission: Submission, old_version_id: int
) -> Receipt:
    """Makes an upload the new version of a submission whose current one it replaces; the row is locked already."""
    submission_rows.keep_files(session, backends, incoming)
    stored = _insert_version(session, backends, incoming, submission.id)
    _carry_files(session, old_version_id, incoming)
    session.refresh(submission, ["current_version_id"])
    session.execute(
        update(Submission)
        .where(Submission.id == submission.id)
        .values(
            review_state="edited",
            updated_at=incoming.upload.received_at,
            entity_state=EntityState.owed,
            screened_at=None,
            received_at=incoming.upload.received_at,
            submitter_id=incoming.actor_id,
        )
    )
    audit.record_now(
        session,
        incoming.actor_id,
        "submission.update.version",
        incoming.form_actee_id,
        {
            "instanceId": submission.instance_id,
            "submissionId": submission.id,
            "submissionDefId": submission.current_version_id,
        },
    )
    return Receipt(submission.id, Outcome.edited, stored)


def _carry_files(session: Session, old_version_id: int, incoming: Incoming) -> None:
    """Files of the replaced version fill the slots of the same name that came without a file."""
    new = _find(session, incoming, incoming.instance_id)
    old = {
        slot.name: slot
        for slot in session.scalars(
            select(Attachment).where(
                Attachment.submission_version_id == old_version_id, Attachment.blob_id.is_not(None)
            )
        )
    }
    empty = session.scalars(
        select(Attachment).where(
            Attachment.submission_version_id == (new.version_id if new else None),
            Attachment.blob_id.is_(None),
        )
    )
    for slot in empty:
        if slot.name in old:
            slot.blob_id, slot.content_type = old[slot.name].blob_id, old[slot.name].content_type
            slot.received_at = old[slot.name].received_at
    session.flush()
