"""Facts about photos: what each shows of itself, and which other houses have the same or a similar one.

Belongs here: rows in batches into workers.findings values; the indexed search for look-alikes. Does not: judging.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from media.likeness import near_chunks, phash_chunks, phash_distance
from server.db import one_of
from server.models.blob import Blob, Photo
from server.models.household import Household
from server.models.submission import Attachment, EntityState, Submission
from workers.findings import PhotoFacts, PhotoPeer

HOUSE_PHOTO = "house_photo"
NEAR_DISTANCE = 6
MAX_PEERS = 20
"""Look-alikes that are named for one photo: the first to come in, the same ones whoever asks."""
SHOTS_OF_ONE_PHOTO = 100

_CHUNKS = (Photo.chunk0, Photo.chunk1, Photo.chunk2, Photo.chunk3)
_NEAR = select(Photo.blob_id, Photo.phash).where(
    or_(*(column.in_(bindparam(f"near{place}", expanding=True)) for place, column in enumerate(_CHUNKS)))
)


@dataclass(frozen=True)
class _Own:
    """A photo of a submission of the batch; its facts have no sha256 while it has not arrived."""

    submission_id: int
    household_id: int | None
    facts: PhotoFacts

    @property
    def house_phash(self) -> int | None:
        """What its look-alikes are searched by; None for photos of anything but the house."""
        return self.facts.phash if self.facts.role == HOUSE_PHOTO else None


@dataclass(frozen=True)
class _Shot:
    """A stored photo of one submission, with the house it claims to show."""

    submission_id: int
    household_id: int | None
    blob_id: int
    role: str | None
    phash: int | None
    label: str


def load_photos(
    session: Session, project_id: int, version_ids: Mapping[int, int]
) -> dict[int, tuple[PhotoFacts, ...]]:
    """submission id -> its pictures in the order of the form, each with its look-alikes at other houses.

    Args: version_ids = submission id -> id of its current version.
    """
    own = _own(session, version_ids)
    near = _near(session, {item.house_phash for item in own if item.house_phash is not None})
    close = {blob_id for blobs in near.values() for blob_id in blobs}
    twins = _twins(session, {item.facts.sha256 for item in own if item.facts.sha256})
    shots = _shots(session, project_id, {blob_id for blobs in twins.values() for blob_id in blobs} | close)
    photos: dict[int, tuple[PhotoFacts, ...]] = {}
    for item in own:
        same = twins.get(item.facts.sha256 or "", set())
        peers = _exact_peers(item, same, shots)
        if item.house_phash is not None:
            peers += _near_peers(item, item.house_phash, near[item.house_phash] - same, shots)
        facts = replace(item.facts, same=tuple(peers))
        photos[item.submission_id] = (*photos.get(item.submission_id, ()), facts)
    return photos


def _own(session: Session, version_ids: Mapping[int, int]) -> list[_Own]:
    rows = session.execute(
        select(
            Submission.id,
            Submission.household_id,
            Attachment.name,
            Attachment.field_path,
            Attachment.role,
            Blob.sha256,
            Photo,
        )
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .outerjoin(Blob, Blob.id == Attachment.blob_id)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .where(one_of(Submission.id, list(version_ids)), Attachment.media == "image")
        .order_by(Submission.id, Attachment.position)
    ).all()
    return [
        _Own(
            row.id,
            row.household_id,
            _facts(row.name, row.field_path, row.role, row.sha256, row.Photo),
        )
        for row in rows
    ]


def _facts(
    name: str, path: str | None, role: str | None, sha256: str | None, photo: Photo | None
) -> PhotoFacts:
    return PhotoFacts(
        name=name,
        field=(path or "").rpartition("/")[2],
        role=role,
        present=sha256 is not None,
        sha256=sha256,
        phash=_phash(photo.phash) if photo else None,
        is_picture=None if photo is None else photo.kind is not None,
        width=photo.width if photo else None,
        height=photo.height if photo else None,
        taken_at=photo.taken_at if photo else None,
        lat=photo.lat if photo else None,
        lon=photo.lon if photo else None,
        brightness=photo.brightness if photo else None,
        edges=photo.edges if photo else None,
        screen=photo.screen if photo else None,
        same=(),
    )


def _phash(text: str | None) -> int | None:
    return int(text, 16) if text else None


def _twins(session: Session, hashes: Collection[str]) -> dict[str, set[int]]:
    """SHA-256 -> blobs of these bytes; sealed and plain ones are two."""
    found: dict[str, set[int]] = {}
    rows = session.execute(select(Blob.sha256, Blob.id).where(Blob.sha256.in_(hashes))) if hashes else ()
    for sha256, blob_id in rows:
        found.setdefault(sha256, set()).add(blob_id)
    return found


def _near(session: Session, phashes: Iterable[int]) -> dict[int, set[int]]:
    """phash -> blobs within NEAR_DISTANCE bits of it, found through the four indexed chunks."""
    near = {}
    for phash in phashes:
        chunks = {f"near{place}": near_chunks(chunk) for place, chunk in enumerate(phash_chunks(phash))}
        near[phash] = {
            row.blob_id
            for row in session.execute(_NEAR, chunks)
            if phash_distance(int(row.phash, 16), phash) <= NEAR_DISTANCE
        }
    return near


def _shots(session: Session, project_id: int, blob_ids: Collection[int]) -> dict[int, list[_Shot]]:
    """Blob -> the first submissions of the campaign that have it."""
    if not blob_ids:
        return {}
    place = func.row_number().over(partition_by=Attachment.blob_id, order_by=(Submission.id, Attachment.id))
    found = (
        select(
            Submission.id,
            Submission.household_id,
            Attachment.blob_id,
            Attachment.role,
            Photo.phash,
            func.coalesce(Household.source_id, Submission.instance_id).label("label"),
            place.label("place"),
        )
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .outerjoin(Household, Household.id == Submission.household_id)
        .where(
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            Attachment.media == "image",
            one_of(Attachment.blob_id, blob_ids),
            # Of one that nobody has settled yet the household is not known; it speaks up when its own turn comes.
            or_(Submission.household_id.is_not(None), Submission.entity_state != EntityState.owed),
        )
        .subquery()
    )
    rows = session.execute(
        select(found).where(found.c.place <= SHOTS_OF_ONE_PHOTO).order_by(found.c.id, found.c.blob_id)
    )
    shots: dict[int, list[_Shot]] = {}
    for row in rows:
        shot = _Shot(row.id, row.household_id, row.blob_id, row.role, _phash(row.phash), row.label)
        shots.setdefault(row.blob_id, []).append(shot)
    return shots


def _exact_peers(own: _Own, blobs: Iterable[int], shots: Mapping[int, list[_Shot]]) -> list[PhotoPeer]:
    """Photos of the same bytes."""
    found = {
        shot.submission_id: shot
        for blob_id in blobs
        for shot in shots.get(blob_id, ())
        if _is_elsewhere(shot, own)
    }
    return [_peer(found[number], 0, exact=True) for number in sorted(found)[:MAX_PEERS]]


def _near_peers(
    own: _Own, phash: int, blobs: Iterable[int], shots: Mapping[int, list[_Shot]]
) -> list[PhotoPeer]:
    """House photos, other files than this one, that resemble it."""
    found = [
        shot
        for blob_id in blobs
        for shot in shots.get(blob_id, ())
        if shot.role == HOUSE_PHOTO and shot.phash is not None and _is_elsewhere(shot, own)
    ]
    found.sort(key=lambda shot: (shot.submission_id, shot.blob_id))
    return [_peer(shot, phash_distance(phash, shot.phash or 0), exact=False) for shot in found[:MAX_PEERS]]


def _is_elsewhere(shot: _Shot, own: _Own) -> bool:
    """Of another submission, and not known to be of the same household."""
    if shot.submission_id == own.submission_id:
        return False
    return own.household_id is None or shot.household_id != own.household_id


def _peer(shot: _Shot, distance: int, *, exact: bool) -> PhotoPeer:
    return PhotoPeer(shot.submission_id, shot.household_id, exact, distance, shot.label)
