"""The rows of a submission that came in, and its files: plain INSERTs, as few as it takes.

Belongs here: writing what receiving.py decided. Does not: deciding it. The ORM's objects cost as much as all the rest of a
request, so it is not used here.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from forms import roles
from forms.submission import ExpectedFile
from server.backends import Backends
from server.db import insert_new
from server.models.blob import Blob
from server.models.submission import Attachment, EntityState, Submission, SubmissionVersion
from server.services import blobs
from server.services.blobs import BlobKey
from server.services.incoming import Incoming
from server.uploads import UploadedFile

AUDIT_PATH = "/meta/audit"
LateFiles = dict[int, tuple[UploadedFile, bool]]
"""Slot id -> (file, whether it is kept sealed)."""
_SUBMISSION = cast(Table, Submission.__table__)
_VERSION = cast(Table, SubmissionVersion.__table__)
_ATTACHMENT = cast(Table, Attachment.__table__)


def insert_submission(connection: Connection, incoming: Incoming) -> tuple[int, int | None] | None:
    """The new row's id with the id that its version must get, if it was reserved; None when this instanceID is taken.

    Waits for a twin that is being stored at this moment.
    """
    upload = incoming.upload
    row = connection.execute(
        insert_new(connection.dialect.name, _SUBMISSION, _SUBMISSION.c.current_version_id, _VERSION),
        {
            "project_id": incoming.project_id,
            "form_id": incoming.form_id,
            "is_draft": incoming.is_draft,
            "instance_id": incoming.instance_id,
            "submitter_id": incoming.actor_id,
            "first_submitter_id": incoming.actor_id,
            "device_id": upload.device_id,
            "user_agent": upload.user_agent,
            "created_at": upload.received_at,
            "received_at": upload.received_at,
            "entity_state": EntityState.owed,
            "is_final": False,
        },
    ).first()
    return None if row is None else (row.id, row.current_version_id)


def insert_version(
    connection: Connection,
    backends: Backends,
    incoming: Incoming,
    submission_id: int,
    reserved_id: int | None = None,
) -> int | None:
    """Writes the version and makes it current. Returns: its id, or None when its instanceID is taken.

    Args: reserved_id: its id, which the submission names already.
    """
    upload = incoming.upload
    version_id = connection.scalar(
        insert_new(connection.dialect.name, _VERSION),
        ({} if reserved_id is None else {"id": reserved_id})
        | {
            "submission_id": submission_id,
            "form_id": incoming.form_id,
            "form_version_id": incoming.form_version_id,
            "is_draft": incoming.is_draft,
            "instance_id": incoming.instance_id,
            "instance_name": incoming.envelope.instance_name,
            "deprecated_id": incoming.deprecated_id,
            "xml": backends.seal.seal(upload.xml) if incoming.has_sensitive else upload.xml,
            "is_sealed": incoming.has_sensitive,
            "xml_digest": incoming.digest,
            "submitter_id": incoming.actor_id,
            "device_id": upload.device_id,
            "user_agent": upload.user_agent,
            "created_at": upload.received_at,
        },
    )
    if version_id is not None and reserved_id is None:
        connection.execute(_MAKE_CURRENT, {"submission": submission_id, "version": version_id})
    return version_id


_MAKE_CURRENT = (
    update(_SUBMISSION)
    .where(_SUBMISSION.c.id == bindparam("submission"))
    .values(current_version_id=bindparam("version"))
)


def insert_slots(session: Session, incoming: Incoming, version_id: int) -> int:
    """A slot for each file that the XML names, filled where the file came along. Returns: how many were filled.

    The files must be kept already (keep_files). Names that the XML does not know are ignored, as phones expect.
    """
    expected = expected_files(incoming)
    if not expected:
        return 0
    files = {item.name: item for item in incoming.upload.files}
    found = _blob_ids(session, incoming, expected, files)
    photo = roles.find_house_photo(incoming.definition)
    rows = []
    for position, item in enumerate(expected):
        file = files.get(item.name)
        rows.append(
            {
                "submission_version_id": version_id,
                "name": item.name[:255],
                "position": position,
                "field_path": item.path,
                "media": "audit" if item.path == AUDIT_PATH else item.media,
                "role": roles.HOUSE_PHOTO if photo is not None and item.path == photo.path else None,
                "is_sensitive": is_sensitive(incoming, item),
                "blob_id": found[file.digests.sha256, is_sensitive(incoming, item)] if file else None,
                "content_type": file.content_type if file else None,
                "received_at": incoming.upload.received_at if file else None,
            }
        )
    session.connection().execute(insert(_ATTACHMENT), rows)
    return sum(1 for row in rows if row["blob_id"] is not None)


def _blob_ids(
    session: Session,
    incoming: Incoming,
    expected: Collection[ExpectedFile],
    files: Mapping[str, UploadedFile],
) -> dict[BlobKey, int]:
    wanted = {
        (files[item.name].digests.sha256, is_sensitive(incoming, item)): files[item.name].digests
        for item in expected
        if item.name in files
    }
    return blobs.insert_blobs(session, wanted) if wanted else {}


def expected_files(incoming: Incoming) -> tuple[ExpectedFile, ...]:
    """The files that the XML names."""
    return incoming.document.expected_files(incoming.definition)


def is_sensitive(incoming: Incoming, item: ExpectedFile) -> bool:
    """Whether a file is kept sealed: its question is marked, or it logs answers of a form with marked ones."""
    return item.sensitive or (incoming.has_sensitive and item.path == AUDIT_PATH)


def keep_files(session: Session, backends: Backends, incoming: Incoming) -> None:
    """Makes the files that the XML names durable in the media storage; the same bytes are kept once.

    Call it before the transaction that writes the rows: nobody else must wait for a disk or an S3. When that transaction
    fails, the files stay behind without a row and are swept by age.
    """
    files = {item.name: item for item in incoming.upload.files}
    wanted = {
        (files[item.name].digests.sha256, is_sensitive(incoming, item)): files[item.name]
        for item in (expected_files(incoming) if files else ())
        if item.name in files
    }
    known = blobs.find_blobs(session, wanted)
    for (_, sealed), file in ((key, file) for key, file in wanted.items() if key not in known):
        blobs.put_bytes(backends, file.file, file.digests, sealed=sealed)


def find_late_files(session: Session, incoming: Incoming, version_id: int) -> LateFiles:
    """Slots of a stored version that an upload fills, or fills anew."""
    files = {item.name: item for item in incoming.upload.files}
    if not files:
        return {}
    rows = session.execute(
        select(Attachment.id, Attachment.name, Attachment.is_sensitive, Blob.sha256)
        .outerjoin(Blob, Blob.id == Attachment.blob_id)
        .where(Attachment.submission_version_id == version_id)
    )
    return {
        row.id: (files[row.name], row.is_sensitive)
        for row in rows
        if row.name in files and files[row.name].digests.sha256 != row.sha256
    }


def fill_slots(session: Session, late: LateFiles, received_at: datetime) -> None:
    """Puts files that are kept already into their slots."""
    found = blobs.insert_blobs(
        session, {(file.digests.sha256, sealed): file.digests for file, sealed in late.values()}
    )
    rows: Sequence[dict[str, Any]] = [
        {
            "slot": slot_id,
            "blob_id": found[file.digests.sha256, sealed],
            "content_type": file.content_type,
            "received_at": received_at,
        }
        for slot_id, (file, sealed) in late.items()
    ]
    session.connection().execute(update(_ATTACHMENT).where(_ATTACHMENT.c.id == bindparam("slot")), rows)
