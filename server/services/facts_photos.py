"""Facts about photos: what each shows of itself, and which other houses have the same or a similar one.

Belongs here: rows in batches into workers.findings values; the indexed search for look-alikes. Does not: judging.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from media.likeness import near_chunks, phash_chunks, phash_distance
from server.models.blob import Blob, Photo
from server.models.household import Household
from server.models.submission import Attachment, Submission
from workers.findings import PhotoFacts, PhotoPeer

HOUSE_PHOTO = "house_photo"
NEAR_DISTANCE = 6
MAX_PEERS = 20


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
    same = _same_bytes(session, project_id, own)
    near = _near(session, project_id, own)
    photos: dict[int, tuple[PhotoFacts, ...]] = {}
    for submission_id, household_id, facts, blob_id, phash in own:
        peers = _peers(same.get(blob_id, ()), submission_id, household_id, exact=True)
        if facts.role == HOUSE_PHOTO and phash is not None:
            lookalikes = [shot for shot in near.get(phash, ()) if shot.blob_id != blob_id]
            peers += _peers(lookalikes, submission_id, household_id, exact=False, phash=phash)
        photos[submission_id] = (
            *photos.get(submission_id, ()),
            replace(facts, same=tuple(peers[:MAX_PEERS])),
        )
    return photos


def _own(
    session: Session, version_ids: Mapping[int, int]
) -> list[tuple[int, int | None, PhotoFacts, int, int | None]]:
    rows = session.execute(
        select(
            Submission.id,
            Submission.household_id,
            Attachment.name,
            Attachment.field_path,
            Attachment.role,
            Attachment.blob_id,
            Blob.sha256,
            Photo,
        )
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .outerjoin(Blob, Blob.id == Attachment.blob_id)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .where(Submission.id.in_(list(version_ids)), Attachment.media == "image")
        .order_by(Submission.id, Attachment.position)
    ).all()
    return [
        (row.id, row.household_id, _facts(row.name, row.field_path, row.role, row.sha256, row.Photo), row.blob_id or 0,
         _phash(row.Photo.phash if row.Photo else None))
        for row in rows
    ]  # fmt: skip


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
        same=(),
    )


def _phash(text: str | None) -> int | None:
    return int(text, 16) if text else None


def _same_bytes(
    session: Session, project_id: int, own: Iterable[tuple[int, int | None, PhotoFacts, int, int | None]]
) -> dict[int, list[_Shot]]:
    blob_ids = {blob_id for _, _, _, blob_id, _ in own if blob_id}
    shots: dict[int, list[_Shot]] = {}
    for shot in _shots(session, project_id, Attachment.blob_id.in_(blob_ids)) if blob_ids else ():
        shots.setdefault(shot.blob_id, []).append(shot)
    return shots


def _near(
    session: Session, project_id: int, own: Iterable[tuple[int, int | None, PhotoFacts, int, int | None]]
) -> dict[int, list[_Shot]]:
    """phash -> house photos within NEAR_DISTANCE bits, found through the four indexed chunks."""
    found: dict[int, list[_Shot]] = {}
    wanted = {phash for _, _, facts, _, phash in own if phash is not None and facts.role == HOUSE_PHOTO}
    for phash in wanted:
        columns = (Photo.chunk0, Photo.chunk1, Photo.chunk2, Photo.chunk3)
        near = or_(
            *(
                column.in_(near_chunks(chunk))
                for column, chunk in zip(columns, phash_chunks(phash), strict=True)
            )
        )
        candidates = session.execute(select(Photo.blob_id, Photo.phash).where(near)).all()
        close = [
            row.blob_id for row in candidates if phash_distance(int(row.phash, 16), phash) <= NEAR_DISTANCE
        ]
        if close:
            found[phash] = [
                shot
                for shot in _shots(session, project_id, Attachment.blob_id.in_(close))
                if shot.role == HOUSE_PHOTO
            ]
    return found


def _shots(session: Session, project_id: int, condition: object) -> list[_Shot]:
    rows = session.execute(
        select(
            Submission.id,
            Submission.household_id,
            Attachment.blob_id,
            Attachment.role,
            Photo.phash,
            Household.source_id,
            Submission.instance_id,
        )
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .outerjoin(Household, Household.id == Submission.household_id)
        .where(
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            Attachment.media == "image",
            condition,  # type: ignore[arg-type]
        )
        .order_by(Submission.id)
        .limit(1000)
    )
    return [
        _Shot(
            row.id,
            row.household_id,
            row.blob_id,
            row.role,
            _phash(row.phash),
            row.source_id or row.instance_id,
        )
        for row in rows
    ]


def _peers(
    shots: Iterable[_Shot],
    submission_id: int,
    household_id: int | None,
    *,
    exact: bool,
    phash: int | None = None,
) -> list[PhotoPeer]:
    """Those of other houses: another household, or, where one is unknown, another submission."""
    peers = []
    for shot in shots:
        same_house = shot.household_id == household_id if household_id is not None else False
        if shot.submission_id == submission_id or same_house:
            continue
        distance = 0 if exact or phash is None or shot.phash is None else phash_distance(phash, shot.phash)
        peers.append(PhotoPeer(shot.submission_id, shot.household_id, exact, distance, shot.label))
    return peers
