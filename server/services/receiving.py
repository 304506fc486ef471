"""Taking in submissions: new ones, retries, late photos, edits. Durable before the answer; the same thing twice is one.

Belongs here: the decision table of the OpenRosa specification (5.4). Does not: what the answers mean (screening.py),
what they do to entities (entities.py): both are owed when this returns.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from forms import roles
from forms.definition import FormDefinition
from forms.errors import MissingFieldError, SubmissionError
from forms.submission import ExpectedFile, SubmissionDocument
from server.backends import Backends
from server.db import insert_for
from server.errors import (
    BadRequestError,
    ConflictError,
    DeletedError,
    FormClosedError,
    MissingParameterError,
    OtherXmlError,
    SupersededError,
    UnknownInstanceError,
    UnknownVersionError,
)
from server.models.form import Form, FormState, FormVersion
from server.models.project import Project
from server.models.submission import Attachment, EntityState, Submission, SubmissionVersion
from server.permissions import Caller
from server.services import audit, form_cache, publishing
from server.services.blobs import keep_blob
from server.uploads import SubmissionUpload

AUDIT_PATH = "/meta/audit"


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


@dataclass(frozen=True)
class _Incoming:
    """An upload with everything that was found out about it before anything is written."""

    upload: SubmissionUpload
    document: SubmissionDocument
    instance_id: str
    form: Form
    version: FormVersion
    definition: FormDefinition
    digest: bytes
    caller: Caller


def receive_submission(
    session: Session, backends: Backends, upload: SubmissionUpload, *, project: Project, caller: Caller
) -> Receipt:
    """Stores what a phone sent; every row and file is written when this returns, durable when the caller commits.

    Raises: the refusals of the decision table; nothing is kept then.
    Effects: rows for submission, version and attachments; blobs; the submission is owed entities and screening. A repeat
    changes nothing, or fills the slots that were empty.
    Source: the OpenRosa specification, 5.3 and 5.4.
    """
    incoming = _read(session, backends, upload, project, caller)
    if incoming.document.envelope.deprecated_id:
        return _receive_edit(session, backends, incoming, incoming.document.envelope.deprecated_id)
    submission_id = _insert_submission(session, incoming)
    if submission_id is None:
        return _receive_again(session, backends, incoming)
    stored = _insert_version(session, backends, incoming, submission_id)
    audit.record(
        session,
        caller.actor_id,
        "submission.create",
        incoming.form.actee_id,
        {"instanceId": incoming.instance_id, "submissionId": submission_id},
    )
    return Receipt(submission_id, Outcome.new, stored)


def _read(
    session: Session, backends: Backends, upload: SubmissionUpload, project: Project, caller: Caller
) -> _Incoming:
    try:
        document = SubmissionDocument(upload.xml)
        envelope = document.envelope
    except MissingFieldError as error:
        raise MissingParameterError(str(error), details={"field": error.field}) from error
    except SubmissionError as error:
        raise BadRequestError(str(error)) from error
    form = publishing.get_form(session, project.id, envelope.form_id)
    version = publishing.find_form_version(session, form, envelope.version)
    if version is None:
        raise UnknownVersionError(
            f"form {form.xml_form_id!r} has no published version {envelope.version!r}",
            details={"formVersion": envelope.version},
        )
    if form.state == FormState.closed:
        raise FormClosedError()
    caller.require_submit(form.actee_id, project.actee_id)
    if not envelope.instance_id:
        raise MissingParameterError("the submission has no instanceID", details={"field": "instanceID"})
    return _Incoming(
        upload=upload,
        document=document,
        instance_id=envelope.instance_id.strip()[:255],
        form=form,
        version=version,
        definition=form_cache.definition_of(session, version.id),
        digest=xml_digest(backends, upload.xml),
        caller=caller,
    )


def _insert_submission(session: Session, incoming: _Incoming) -> int | None:
    """The new row's id, or None when this instanceID is taken. Waits for a twin that is being stored at this moment."""
    upload = incoming.upload
    known = session.scalar(
        _version_of(incoming.form.id, incoming.instance_id).with_only_columns(SubmissionVersion.id)
    )
    if known is not None:
        return None
    return session.scalar(
        insert_for(session, Submission)
        .values(
            project_id=incoming.form.project_id,
            form_id=incoming.form.id,
            is_draft=False,
            instance_id=incoming.instance_id,
            submitter_id=incoming.caller.actor_id,
            device_id=upload.device_id,
            user_agent=upload.user_agent,
            created_at=upload.received_at,
            received_at=upload.received_at,
            entity_state=EntityState.owed,
            is_final=False,
        )
        .on_conflict_do_nothing()
        .returning(Submission.id)
    )


def _insert_version(session: Session, backends: Backends, incoming: _Incoming, submission_id: int) -> int:
    """Writes the version with its slots and makes it current. Returns: files stored."""
    upload, form_version = incoming.upload, incoming.version
    version = SubmissionVersion(
        submission_id=submission_id,
        form_id=incoming.form.id,
        form_version_id=form_version.id,
        is_draft=False,
        instance_id=incoming.instance_id,
        instance_name=incoming.document.envelope.instance_name,
        deprecated_id=incoming.document.envelope.deprecated_id,
        xml=backends.seal.seal(upload.xml) if form_version.has_sensitive else upload.xml,
        is_sealed=form_version.has_sensitive,
        xml_digest=incoming.digest,
        submitter_id=incoming.caller.actor_id,
        device_id=upload.device_id,
        user_agent=upload.user_agent,
        created_at=upload.received_at,
    )
    session.add(version)
    session.flush()
    expected = incoming.document.expected_files(incoming.definition)
    session.add_all(_slots(version, incoming.definition, expected))
    session.flush()
    session.execute(
        update(Submission).where(Submission.id == submission_id).values(current_version_id=version.id)
    )
    return _store_files(session, backends, incoming, version)


def _slots(
    version: SubmissionVersion, definition: FormDefinition, expected: tuple[ExpectedFile, ...]
) -> list[Attachment]:
    house_photo = roles.find_house_photo(definition)
    return [
        Attachment(
            submission_version_id=version.id,
            name=item.name[:255],
            position=position,
            field_path=item.path,
            media="audit" if item.path == AUDIT_PATH else item.media,
            role=roles.HOUSE_PHOTO if house_photo is not None and item.path == house_photo.path else None,
            is_sensitive=item.sensitive or (version.is_sealed and item.path == AUDIT_PATH),
        )
        for position, item in enumerate(expected)
    ]


def _store_files(
    session: Session, backends: Backends, incoming: _Incoming, version: SubmissionVersion
) -> int:
    """Puts the files that the version names into storage; names that it does not know are ignored, as phones expect."""
    files = {item.name: item for item in incoming.upload.files}
    if not files:
        return 0
    stored = 0
    slots = session.scalars(select(Attachment).where(Attachment.submission_version_id == version.id))
    for slot in slots:
        item = files.get(slot.name)
        if item is None:
            continue
        blob = keep_blob(session, backends, item.file, sealed=slot.is_sensitive, digests=item.digests)
        if slot.blob_id != blob.id:
            slot.blob_id, slot.content_type, slot.received_at = (
                blob.id,
                item.content_type,
                incoming.upload.received_at,
            )
            stored += 1
    session.flush()
    return stored


def _receive_again(session: Session, backends: Backends, incoming: _Incoming) -> Receipt:
    """The instanceID is known: a retry, later files, or another XML under the same id."""
    version = session.scalar(_version_of(incoming.form.id, incoming.instance_id))
    if version is None:
        raise ConflictError("the submission is being stored by another request; send it again")
    submission = session.get_one(Submission, version.submission_id)
    if submission.deleted_at is not None:
        raise DeletedError()
    if submission.current_version_id != version.id:
        raise SupersededError(
            "this submission was edited since", details={"deprecatedId": version.instance_id}
        )
    if version.xml_digest != incoming.digest:
        raise OtherXmlError()
    stored = _store_files(session, backends, incoming, version)
    if stored:
        _owe_screening(session, submission.id, incoming.upload)
        audit.record(
            session,
            incoming.caller.actor_id,
            "submission.attachment.update",
            incoming.form.actee_id,
            {"instanceId": incoming.instance_id, "submissionId": submission.id, "files": stored},
        )
    return Receipt(submission.id, Outcome.same, stored)


def _receive_edit(session: Session, backends: Backends, incoming: _Incoming, deprecated_id: str) -> Receipt:
    """An edit made on the phone: a new version of a known submission, or the retry of one."""
    old = session.scalar(_version_of(incoming.form.id, deprecated_id))
    if old is None:
        raise UnknownInstanceError(
            "the submission to be replaced is not known", details={"deprecatedId": deprecated_id}
        )
    submission = session.get_one(Submission, old.submission_id, with_for_update=True)
    if submission.deleted_at is not None:
        raise DeletedError()
    known = session.scalar(_version_of(incoming.form.id, incoming.instance_id))
    if submission.current_version_id != old.id:
        if (
            known is not None
            and known.id == submission.current_version_id
            and known.xml_digest == incoming.digest
        ):
            return _receive_again(session, backends, incoming)
        raise SupersededError("the submission was edited since", details={"deprecatedId": deprecated_id})
    if known is not None:
        raise ConflictError(
            "this instanceID is taken",
            details={
                "fields": ["formId", "instanceId"],
                "values": [incoming.form.xml_form_id, incoming.instance_id],
            },
        )
    stored = _insert_version(session, backends, incoming, submission.id)
    _carry_files(session, old.id, incoming.instance_id, incoming.form.id)
    session.execute(
        update(Submission)
        .where(Submission.id == submission.id)
        .values(review_state="edited", updated_at=incoming.upload.received_at, entity_state=EntityState.owed)
    )
    _owe_screening(session, submission.id, incoming.upload)
    audit.record(
        session,
        incoming.caller.actor_id,
        "submission.update.version",
        incoming.form.actee_id,
        {"instanceId": submission.instance_id, "submissionId": submission.id},
    )
    return Receipt(submission.id, Outcome.edited, stored)


def _carry_files(session: Session, old_version_id: int, instance_id: str, form_id: int) -> None:
    """Files of the replaced version fill the slots of the same name that came without a file."""
    new_id = session.scalar(_version_of(form_id, instance_id).with_only_columns(SubmissionVersion.id))
    old = {
        slot.name: slot
        for slot in session.scalars(
            select(Attachment).where(
                Attachment.submission_version_id == old_version_id, Attachment.blob_id.is_not(None)
            )
        )
    }
    empty = session.scalars(
        select(Attachment).where(Attachment.submission_version_id == new_id, Attachment.blob_id.is_(None))
    )
    for slot in empty:
        if slot.name in old:
            slot.blob_id, slot.content_type = old[slot.name].blob_id, old[slot.name].content_type
            slot.received_at = old[slot.name].received_at
    session.flush()


def _owe_screening(session: Session, submission_id: int, upload: SubmissionUpload) -> None:
    session.execute(
        update(Submission)
        .where(Submission.id == submission_id)
        .values(screened_at=None, received_at=upload.received_at)
    )


def xml_digest(backends: Backends, xml: bytes) -> bytes:
    """What two XMLs are compared by: keyed, so that it tells nothing about sealed answers."""
    return backends.seal.keyed_hash(hashlib.sha256(xml).hexdigest())


def _version_of(form_id: int, instance_id: str) -> Select[SubmissionVersion]:
    return select(SubmissionVersion).where(
        SubmissionVersion.form_id == form_id,
        SubmissionVersion.is_draft.is_(False),
        SubmissionVersion.instance_id == instance_id,
    )
