"""Photos of a case: which there are, which others look like them, and who may see the bytes.

Belongs here: rows and rights. Does not: pixels (media.photos), looking at new photos (photo_looks.py).
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.rules_explain import pick_text
from media.errors import PhotoError
from media.likeness import near_chunks, phash_distance
from server.backends import Backends
from server.errors import NotFoundError
from server.models.blob import Blob, Photo
from server.models.form import FormVersion
from server.models.household import Household
from server.models.submission import Attachment, Submission, SubmissionVersion
from server.permissions import Caller
from server.scope import covers_any, within_areas
from server.services.blobs import open_blob

ALIKE_BITS = 6
MAX_ALIKE = 4
MAX_CANDIDATES = 200


@dataclass(frozen=True)
class LookAlike:
    """A photo of another house that looks the same. attachment_id is None outside the caller's areas."""

    attachment_id: int | None
    submission_id: int
    is_exact: bool
    distance: int
    household: str
    visited_on: date | None


@dataclass(frozen=True)
class PhotoView:
    """A photo slot of a visit; is_received False while the file is still on the phone."""

    attachment_id: int
    name: str
    label: str
    submission_id: int
    is_received: bool
    is_sensitive: bool
    photo: Photo | None
    alike: tuple[LookAlike, ...] = field(default=())


def list_photos(
    session: Session,
    caller: Caller,
    submissions: Sequence[Submission],
    language: str,
    definitions: Mapping[int, FormDefinition],
) -> list[PhotoView]:
    """The photos of these submissions in order, look-alikes of other houses with them.

    Args: definitions by submission id, for the questions' labels.
    """
    versions = {s.current_version_id: s for s in submissions if s.current_version_id}
    rows = session.execute(
        select(Attachment, Photo)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .where(Attachment.submission_version_id.in_(list(versions)))
        .order_by(Attachment.submission_version_id.desc(), Attachment.position)
    ).all()
    found = []
    for attachment, photo in rows:
        submission = versions[attachment.submission_version_id]
        definition = definitions[submission.id]
        if not _is_picture(attachment, definition):
            continue
        alike = () if attachment.is_sensitive else _alike(session, caller, submission, attachment, photo)
        found.append(
            PhotoView(
                attachment_id=attachment.id,
                name=attachment.name,
                label=_label(attachment, definition, language),
                submission_id=submission.id,
                is_received=attachment.blob_id is not None,
                is_sensitive=attachment.is_sensitive,
                photo=photo,
                alike=alike,
            )
        )
    return found


def get_photo(
    session: Session, caller: Caller, project_id: int, attachment_id: int
) -> tuple[Attachment, Blob, Photo | None]:
    """A photo's rows. Raises: NotFoundError when it is not there, not yet received or outside the caller's areas."""
    row = session.execute(
        select(Attachment, Blob, Photo)
        .join(Blob, Blob.id == Attachment.blob_id)
        .join(SubmissionVersion, SubmissionVersion.id == Attachment.submission_version_id)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .outerjoin(Photo, Photo.blob_id == Blob.id)
        .where(
            Attachment.id == attachment_id,
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            within_areas(Submission.area_path, caller.areas),
        )
    ).first()
    if row is None:
        raise NotFoundError("there is no such photo", message_id="Foto ini tidak ada di wilayah Anda.")
    return row[0], row[1], row[2]


def read_thumbnail(backends: Backends, blob: Blob, photo: Photo | None) -> bytes | None:
    """A small JPEG of a photo, or None when it is no picture."""
    if photo is not None and photo.thumbnail_key:
        stored = backends.storage.read(photo.thumbnail_key)
        return backends.seal.open(stored) if blob.sealed else stored
    try:
        with open_blob(backends, blob) as file:
            from media.photos import make_thumbnail  # loaded with the first photo that lacks its thumbnail
            from server.services.photo_looks import THUMBNAIL_PX

            return make_thumbnail(io.BytesIO(file.read()), THUMBNAIL_PX)
    except PhotoError:
        return None


def _is_picture(attachment: Attachment, definition: FormDefinition) -> bool:
    question = definition.by_path.get(attachment.field_path or "")
    if question is not None and question.media:
        return question.media == "image"
    return (attachment.content_type or "").startswith("image/")


def _label(attachment: Attachment, definition: FormDefinition, language: str) -> str:
    question = definition.by_path.get(attachment.field_path or "")
    return pick_text(question.labels, language) if question and question.labels else attachment.name


def _alike(
    session: Session, caller: Caller, submission: Submission, attachment: Attachment, photo: Photo | None
) -> tuple[LookAlike, ...]:
    if attachment.blob_id is None:
        return ()
    conditions = [Attachment.blob_id == attachment.blob_id]
    if (
        photo is not None
        and photo.phash
        and None not in (photo.chunk0, photo.chunk1, photo.chunk2, photo.chunk3)
    ):
        conditions += [
            column.in_(near_chunks(chunk))
            for column, chunk in (
                (Photo.chunk0, photo.chunk0),
                (Photo.chunk1, photo.chunk1),
                (Photo.chunk2, photo.chunk2),
                (Photo.chunk3, photo.chunk3),
            )
            if chunk is not None
        ]
    rows = session.execute(
        select(Attachment.id, Attachment.blob_id, Photo.phash, Submission, Household.head_name)
        .join(Submission, Submission.current_version_id == Attachment.submission_version_id)
        .join(Photo, Photo.blob_id == Attachment.blob_id)
        .outerjoin(Household, Household.id == Submission.household_id)
        .where(
            Submission.project_id == submission.project_id,
            Submission.id != submission.id,
            Submission.deleted_at.is_(None),
            Attachment.is_sensitive.is_(False),
            or_(*conditions),
        )
        .limit(MAX_CANDIDATES)
    ).all()
    found = []
    for attachment_id, blob_id, phash, other, name in rows:
        if other.household_id is not None and other.household_id == submission.household_id:
            continue
        distance = _distance(attachment, photo, blob_id, phash)
        if distance > ALIKE_BITS:
            continue
        visible = covers_any(caller.areas, other.area_path or "")
        found.append(
            LookAlike(
                attachment_id=attachment_id if visible else None,
                submission_id=other.id,
                is_exact=blob_id == attachment.blob_id,
                distance=distance,
                household=(name or other.instance_id) if visible else "",
                visited_on=other.visited_on,
            )
        )
    return tuple(
        sorted(found, key=lambda item: (not item.is_exact, item.distance, item.submission_id))[:MAX_ALIKE]
    )


def _distance(attachment: Attachment, photo: Photo | None, blob_id: int | None, phash: str | None) -> int:
    if blob_id == attachment.blob_id:
        return 0
    if photo is None or not photo.phash or not phash:
        return 64
    return phash_distance(int(photo.phash, 16), int(phash, 16))


def definition_ids(session: Session, submissions: Sequence[Submission]) -> dict[int, int]:
    """Submission id -> id of the form version that it was filled in with."""
    rows = session.execute(
        select(SubmissionVersion.submission_id, SubmissionVersion.form_version_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(SubmissionVersion.id.in_([s.current_version_id for s in submissions if s.current_version_id]))
    )
    return {submission_id: version_id for submission_id, version_id in rows}
