"""Facts about the family: what the register says, who else carries the same number, earlier visits.

Belongs here: reading rows in batches into the frozen values of workers.findings. Does not: judging them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from media.sealing import Seal
from server.db import one_of
from server.models.household import Household, Snapshot
from server.models.submission import Submission
from server.services import register_values
from workers.findings import HistoryFacts, KkPeer, NikPeer, RegisterFacts, VisitFacts
from workers.programmes import programme_codes


def load_register(session: Session, seal: Seal, household_ids: Iterable[int]) -> dict[int, RegisterFacts]:
    """household id -> what the register says, identity numbers in clear: for checks only."""
    rows = session.execute(
        select(Household, Snapshot.name, Snapshot.number_ends)
        .outerjoin(Snapshot, Snapshot.id == Household.snapshot_id)
        .where(one_of(Household.id, set(household_ids)))
    )
    return {household.id: _register(seal, household, *snapshot) for household, *snapshot in rows}


def _register(
    seal: Seal, household: Household, snapshot: str | None, number_ends: Mapping[str, Any] | None
) -> RegisterFacts:
    extra = household.extra
    return RegisterFacts(
        household_id=household.id,
        source_id=household.source_id,
        nik=_open(seal, household.nik_sealed),
        nik_manager=_open(seal, household.manager_nik_sealed),
        no_kk=_open(seal, household.kk_sealed),
        head_name=household.head_name,
        sex=household.head_sex,
        born_on=household.head_born_on,
        programmes=frozenset(household.programmes),
        desil=household.desil,
        village_code=household.village_code,
        area_path=household.area_path,
        lat=household.lat,
        lon=household.lon,
        point_source=household.point_source,
        in_blt_dd="blt_dd" in programme_codes(household.programmes),
        inactive=household.is_inactive,
        is_new=household.source_id is None,
        snapshot=snapshot,
        number_ends={name: (count, zeros) for name, (count, zeros) in (number_ends or {}).items()},
        dukcapil_matched=register_values.parse_matched(extra.get("padan_dukcapil", "")),
        pkh_since_year=register_values.parse_year(extra.get("tahun_masuk", "")),
        early_children=register_values.parse_count(extra.get("pkh_anak_usia_dini", "")),
        early_children_born_on=register_values.parse_dates(extra.get("lahir_anak_usia_dini", "")),
    )


def _open(seal: Seal, sealed: bytes | None) -> str | None:
    return seal.open_text(sealed) if sealed is not None else None


def load_same_nik(session: Session, household_ids: Iterable[int]) -> dict[int, tuple[NikPeer, ...]]:
    """household id -> other active families of the register that carry the same NIK."""
    other = aliased(Household)
    rows = session.execute(
        select(
            Household.id,
            Household.kk_hash,
            other.id.label("peer_id"),
            other.source_id,
            other.village_code,
            other.kk_hash.label("peer_kk"),
        )
        .join(other, and_(other.nik_hash == Household.nik_hash, other.id != Household.id))
        .where(
            one_of(Household.id, set(household_ids)),
            Household.is_inactive.is_(False),
            other.is_inactive.is_(False),
            Household.source_id.is_not(None),
            other.source_id.is_not(None),
        )
        .order_by(Household.id, other.id)
    )
    peers: dict[int, tuple[NikPeer, ...]] = {}
    for row in rows:
        peer = NikPeer(
            household_id=row.peer_id,
            source_id=row.source_id,
            village=row.village_code,
            no_kk_differs=row.kk_hash != row.peer_kk,
        )
        peers[row.id] = (*peers.get(row.id, ()), peer)
    return peers


def load_same_kk(session: Session, household_ids: Iterable[int]) -> dict[int, tuple[KkPeer, ...]]:
    """household id -> other active families of the register that carry the same KK number."""
    other = aliased(Household)
    rows = session.execute(
        select(Household.id, other.id.label("peer_id"), other.source_id, other.village_code)
        .join(other, and_(other.kk_hash == Household.kk_hash, other.id != Household.id))
        .where(
            one_of(Household.id, set(household_ids)),
            Household.is_inactive.is_(False),
            other.is_inactive.is_(False),
            Household.source_id.is_not(None),
            other.source_id.is_not(None),
        )
        .order_by(Household.id, other.id)
    )
    peers: dict[int, tuple[KkPeer, ...]] = {}
    for row in rows:
        peers[row.id] = (*peers.get(row.id, ()), KkPeer(row.peer_id, row.source_id, row.village_code))
    return peers


def load_nik_owners(session: Session, hashes: Collection[bytes]) -> dict[bytes, set[int]]:
    """NIK hash -> active households of the register whose head or manager has it."""
    owners: dict[bytes, set[int]] = {}
    for column in (Household.nik_hash, Household.manager_nik_hash) if hashes else ():
        rows = session.execute(
            select(column, Household.id).where(
                column.in_(hashes), Household.is_inactive.is_(False), Household.source_id.is_not(None)
            )
        )
        for digest, household_id in rows:
            if digest is not None:
                owners.setdefault(digest, set()).add(household_id)
    return owners


class PastVisit(NamedTuple):
    """A submission about a household, as far as the checks of others need it."""

    submission_id: int
    form_id: int
    version_id: int
    visited_on: date | None
    is_final: bool
    lat: float | None
    lon: float | None
    officer_id: int | None
    is_rejected: bool
    received_at: datetime
    order: tuple[date, datetime, str]
    """Compares visits by when they took place, whatever came in first."""


def visit_order(row: Any) -> tuple[date, datetime, str]:
    """What a Submission, or a row with its columns, is compared by: day, beginning, then instanceID."""
    return (
        row.visited_on or row.created_at.date(),
        row.started_at or row.created_at,
        row.instance_id,
    )


def load_visits(
    session: Session, project_id: int, household_ids: Iterable[int]
) -> dict[int, list[PastVisit]]:
    """household id -> every live submission about it in this campaign, in the order they took place."""
    rows = session.execute(
        select(
            Submission.household_id,
            Submission.id,
            Submission.form_id,
            Submission.current_version_id,
            Submission.visited_on,
            Submission.is_final,
            Submission.lat,
            Submission.lon,
            Submission.submitter_id,
            Submission.review_state,
            Submission.created_at,
            Submission.started_at,
            Submission.instance_id,
        ).where(
            Submission.project_id == project_id,
            one_of(Submission.household_id, set(household_ids)),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
    )
    visits: dict[int, list[PastVisit]] = {}
    for row in rows:
        visits.setdefault(row.household_id, []).append(_past_visit(row))
    for found in visits.values():
        found.sort(key=lambda visit: visit.order)
    return visits


def _past_visit(row: Any) -> PastVisit:
    return PastVisit(
        submission_id=row.id,
        form_id=row.form_id,
        version_id=row.current_version_id,
        visited_on=row.visited_on,
        is_final=row.is_final,
        lat=row.lat,
        lon=row.lon,
        officer_id=row.submitter_id,
        is_rejected=row.review_state == "rejected",
        received_at=row.created_at,
        order=visit_order(row),
    )


def other_visits(
    visits: Mapping[int, list[PastVisit]], household_id: int | None, submission_id: int
) -> list[PastVisit]:
    """The visits to a household apart from this one."""
    return [visit for visit in visits.get(household_id or 0, []) if visit.submission_id != submission_id]


def history_facts(
    same_form: Iterable[PastVisit],
    *,
    visits_before: int,
    asset_score_before: Decimal | None,
    last_visited_on: date | None,
) -> HistoryFacts:
    """Visits as the checks see them."""
    seen = tuple(
        VisitFacts(visit.submission_id, visit.visited_on, visit.officer_id)
        for visit in same_form
        if visit.is_final
    )
    return HistoryFacts(seen, visits_before, asset_score_before, last_visited_on)
