"""Looking at photos once: facts for the checks, thumbnails for the pages.

Belongs here: which blobs still have to be looked at, and writing down what they say. Does not: reading pixels
(media.photos), judging (workers.checks).
"""

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from media.errors import MediaError, StorageUnavailableError, is_lacking
from media.likeness import phash_chunks
from media.photos import PhotoFacts, look_at_photo
from server.backends import Backends
from server.db import insert_for, now, one_of, session_scope
from server.models.blob import Blob, Photo
from server.models.submission import Attachment, Submission
from server.services.blobs import open_blob

LOG = logging.getLogger("sisir.photos")
THUMBNAIL_PX = 480


@dataclass(frozen=True)
class _Look:
    blob: Blob
    facts: PhotoFacts | None
    thumbnail_key: str | None


def look_at_photos(backends: Backends, submission_ids: Sequence[int]) -> int:
    """Looks at the photos of these submissions that nobody looked at yet. Returns: how many.

    Decoding happens outside of any transaction; the facts are written in one. Two workers on one photo write the same.
    """
    with session_scope(backends.sessions, read_only=True) as session:
        blobs = list(session.scalars(_unseen(submission_ids, Blob).distinct()))
    looks = [_look(backends, blob) for blob in blobs]
    if looks:
        with session_scope(backends.sessions) as session:
            for look in looks:
                _write(session, look)
    return len(looks)


def with_unseen_photos(session: Session, submission_ids: Sequence[int]) -> set[int]:
    """Those of these submissions that have a photo which nobody looked at yet."""
    return set(session.scalars(_unseen(submission_ids, Submission.id)))


def _unseen(submission_ids: Sequence[int], wanted: Any) -> Select[Any]:
    return (
        select(wanted)
        .select_from(Submission)
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .join(Blob, Blob.id == Attachment.blob_id)
        .outerjoin(Photo, Photo.blob_id == Blob.id)
        .where(one_of(Submission.id, submission_ids), Attachment.media == "image", Photo.blob_id.is_(None))
    )


def _look(backends: Backends, blob: Blob) -> _Look:
    """What a photo says. One that cannot be read for whatever reason says nothing, so that it holds up no submission.

    Raises: StorageUnavailableError: it will be tried again.
    """
    try:
        with open_blob(backends, blob) as file:
            facts, thumbnail = look_at_photo(
                file, thumbnail_px=THUMBNAIL_PX, timezone=backends.config.timezone
            )
        return _Look(blob, facts, _keep_thumbnail(backends, blob, thumbnail) if thumbnail else None)
    except StorageUnavailableError:
        raise
    except MediaError:
        return _Look(blob, None, None)
    except Exception as error:  # a fault of ours or of a library's: known to the log, not to the officer
        if is_lacking(error):
            raise StorageUnavailableError(
                "the machine lacks room or descriptors for looking at photos"
            ) from error
        LOG.exception("photo.look_failed", extra={"blob_id": blob.id})
        return _Look(blob, None, None)


def _keep_thumbnail(backends: Backends, blob: Blob, picture: bytes) -> str:
    """Its key."""
    key = f"thumbnails/{blob.key}"
    stored = backends.seal.seal(picture) if blob.sealed else picture
    backends.storage.put(io.BytesIO(stored), key=key, content_type="image/jpeg")
    return key


def _write(session: Session, look: _Look) -> None:
    facts = look.facts
    values: dict[str, object] = {
        "blob_id": look.blob.id,
        "thumbnail_key": look.thumbnail_key,
        "looked_at": now(),
    }
    if facts is not None:
        values |= {
            "kind": facts.kind.value,
            "width": facts.width,
            "height": facts.height,
            "taken_at": facts.taken_at,
            "lat": facts.position.lat if facts.position else None,
            "lon": facts.position.lon if facts.position else None,
            "brightness": facts.brightness,
            "sharpness": facts.sharpness,
            "edges": facts.edges,
            "screen": facts.screen,
        }
        if facts.phash is not None:
            chunks = phash_chunks(facts.phash)
            values |= {
                "phash": f"{facts.phash:016x}",
                **{f"chunk{place}": chunk for place, chunk in enumerate(chunks)},
            }
    session.execute(insert_for(session, Photo).values(**values).on_conflict_do_nothing())
