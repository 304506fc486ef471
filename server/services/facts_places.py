"""Facts about the place: where the point lies against the village claimed, the register and the last visit.

Belongs here: asking the boundaries for a batch of points at once. Does not: geometry (workers.geography), judging.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.values import GeoPoint
from server.boundaries import BoundaryCache
from server.db import one_of
from server.models.area import Area
from server.models.household import Household
from server.models.submission import Submission
from workers.boundary_index import BoundaryIndex
from workers.findings import LocationFacts, PointPeer
from workers.geography import distance_m

MAX_PEERS = 20
"""Submissions at one point that are named: the first to come in, the same ones whoever asks."""


@dataclass(frozen=True)
class Claim:
    """A submission's point and the village it claims to lie in."""

    submission_id: int
    point: GeoPoint | None
    village: str | None
    registered: tuple[float, float] | None
    """Latitude, longitude of the register's point."""
    last_visit: tuple[float, float] | None


def load_locations(
    session: Session, boundaries: BoundaryCache, claims: Iterable[Claim]
) -> dict[int, LocationFacts]:
    """submission id -> facts about its place; every submission has one, unknown where nothing can be said."""
    rows = list(claims)
    names = _names(session, {claim.village for claim in rows if claim.village})
    index = boundaries.current(session)
    return {claim.submission_id: _locate(index, claim, names) for claim in rows}


def _locate(index: BoundaryIndex, claim: Claim, names: Mapping[str, str]) -> LocationFacts:
    placed = index.place(claim.point, claim.village)
    point = claim.point if claim.point is not None and claim.point.is_plausible else None
    return LocationFacts(
        claimed_village=claim.village,
        claimed_name=names.get(claim.village or ""),
        relation=placed.relation,
        why_unknown=placed.why,
        outside_m=placed.outside_m,
        edge_m=placed.edge_m,
        accuracy_m=claim.point.accuracy_m if claim.point else None,
        uncertainty_m=placed.uncertainty_m,
        found_villages=placed.found_villages,
        outside_district_m=placed.outside_district_m,
        outside_regency=placed.outside_regency,
        from_register_m=_from(point, claim.registered),
        from_last_visit_m=_from(point, claim.last_visit),
    )


def _from(point: GeoPoint | None, place: tuple[float, float] | None) -> float | None:
    return None if point is None or place is None else distance_m(point, GeoPoint(*place))


def _names(session: Session, codes: set[str]) -> dict[str, str]:
    return {
        row.code: row.name
        for row in session.execute(select(Area.code, Area.name).where(one_of(Area.code, codes)))
    }


def point_key(point: GeoPoint | None) -> str | None:
    """The point rounded to 6 decimals (0.1 m), for finding equal ones; None for implausible points."""
    if point is None or not point.is_plausible:
        return None
    return f"{point.lat:.6f},{point.lon:.6f}"


def load_same_points(
    session: Session, project_id: int, keys: Mapping[int, tuple[str | None, int | None]]
) -> dict[int, tuple[PointPeer, ...]]:
    """submission id -> submissions of other households at exactly the same point, the first MAX_PEERS to come in.

    Args: keys = submission id -> (point_key, household id); submissions without household have no peers.
    """
    wanted = {key for key, household_id in keys.values() if key is not None and household_id is not None}
    if not wanted:
        return {}
    by_key = _at_points(session, project_id, wanted)
    return {
        submission_id: _others(by_key.get(key or "", ()), household_id)
        for submission_id, (key, household_id) in keys.items()
        if household_id is not None
    }


def _at_points(session: Session, project_id: int, keys: set[str]) -> dict[str, list[PointPeer]]:
    rows = session.execute(
        select(Submission.id, Submission.household_id, Submission.point_key, Household.source_id)
        .join(Household, Household.id == Submission.household_id)
        .where(
            Submission.project_id == project_id,
            one_of(Submission.point_key, keys),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .order_by(Submission.id)
    )
    by_key: dict[str, list[PointPeer]] = {}
    for row in rows:
        peer = PointPeer(row.id, row.household_id, row.source_id or f"#{row.household_id}")
        by_key.setdefault(row.point_key, []).append(peer)
    return by_key


def _others(peers: Iterable[PointPeer], household_id: int | None) -> tuple[PointPeer, ...]:
    return tuple(islice((peer for peer in peers if peer.household_id != household_id), MAX_PEERS))
