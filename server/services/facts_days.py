"""Facts about an officer's day: the visits right before and after one, and those close to it.

Belongs here: a batch of days, asked of the database; which findings a changed day makes doubtful. Does not: judging (SP07, SP09).
A day is what the phone says it is (`visited_on`); its order is that of the interviews' beginnings, then of the instanceIDs, so
that it does not depend on what came in first.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from server.db import one_of
from server.models.finding import Finding, SubjectKind
from server.models.household import Household
from server.models.submission import Submission
from server.services.peers import PEERS_KEY
from workers.facts import NEAR_M, DayVisit, OfficerDay
from workers.metres import metres_per_degree

TRAVEL = "SP09"
MOST_NEAR = 200
"""Visits close to one that are looked at: the first to come in, the same ones whoever asks."""


@dataclass(frozen=True)
class Days:
    """The days of a batch: by submission id; and for each visit next to one of the batch, those next to it in turn."""

    facts: Mapping[int, OfficerDay] = field(default_factory=dict)
    beside: Mapping[int, frozenset[int]] = field(default_factory=dict)


class Moment(NamedTuple):
    """When a submission took place in its officer's day, and where it was; comparable before and after an edit."""

    project_id: int
    officer_id: int | None
    visited_on: date | None
    started_at: datetime | None
    ended_at: datetime | None
    lat: float | None
    lon: float | None
    instance_id: str


def moment_of(row: Any) -> Moment:
    """The moment of a Submission, or of a row that has its columns."""
    return Moment(
        row.project_id,
        row.submitter_id,
        row.visited_on,
        row.started_at,
        row.ended_at,
        row.lat,
        row.lon,
        row.instance_id,
    )


def load_days(session: Session, project_id: int, submission_ids: Collection[int]) -> Days:
    """The officers' days around these submissions; those without officer, point or times have nothing beside them."""
    order = _order(session, project_id, submission_ids)
    near = _near(session, submission_ids)
    wanted = {number for row in order for number in (row.before_id, row.after_id) if number is not None}
    visits = _visits(session, wanted)
    by_id = {row.id: row for row in order}
    facts = {}
    for number in submission_ids:
        row = by_id.get(number)
        facts[number] = OfficerDay(
            before=visits.get(row.before_id) if row else None,
            after=visits.get(row.after_id) if row else None,
            near=near.get(number, ()),
        )
    beside: dict[int, frozenset[int]] = {}
    for row in order:
        for number, neighbours in (
            (row.before_id, {row.id, row.before2_id}),
            (row.after_id, {row.id, row.after2_id}),
        ):
            if number is not None:
                beside[number] = frozenset(neighbours - {None})
    return Days(facts, beside)


def find_outdated(session: Session, beside: Mapping[int, frozenset[int]], batch: Collection[int]) -> set[int]:
    """Visits beside those of the batch whose finding about travel names one that they are no longer next to.

    Args: beside: as Days has it. Look-alikes tell each other by being named; here the one that came between is no party to
    what the other two say of each other.
    """
    others = beside.keys() - set(batch)
    if not others:
        return set()
    rows = session.execute(
        select(Finding.subject_id, Finding.evidence).where(
            one_of(Finding.submission_id, others),
            Finding.subject_kind == SubjectKind.submission,
            Finding.code == TRAVEL,
            Finding.closed_at.is_(None),
        )
    )
    return {row.subject_id for row in rows if set(row.evidence.get(PEERS_KEY, ())) - beside[row.subject_id]}


def find_beside(session: Session, moments: Iterable[Moment]) -> set[int]:
    """The submissions that now stand right before and after these moments: whose neighbour one was that has gone."""
    found: set[int] = set()
    for project_id, officer_id, visited_on, started_at, _, lat, _, instance_id in set(moments):
        if officer_id is None or visited_on is None or started_at is None or lat is None:
            continue
        query = select(Submission.started_at, Submission.instance_id, Submission.id).where(
            _has_place(Submission),
            Submission.project_id == project_id,
            Submission.submitter_id == officer_id,
            Submission.visited_on == visited_on,
            Submission.instance_id != instance_id,
        )
        day = sorted((row.started_at, row.instance_id, row.id) for row in session.execute(query))
        at = bisect_left(day, (started_at, instance_id, 0))
        found |= {number for _, _, number in day[max(0, at - 1) : at + 1]}
    return found


def _has_place(of: Any) -> ColumnElement[bool]:
    """The condition for being in the order of a day."""
    return and_(
        of.deleted_at.is_(None),
        of.is_draft.is_(False),
        of.lat.is_not(None),
        of.started_at.is_not(None),
        of.ended_at.is_not(None),
    )


def _order(session: Session, project_id: int, submission_ids: Collection[int]) -> list[Any]:
    """The submissions with the ids of the two before and the two after each."""
    days = select(Submission.submitter_id, Submission.visited_on).where(
        one_of(Submission.id, submission_ids),
        Submission.submitter_id.is_not(None),
        Submission.visited_on.is_not(None),
    )
    pairs = {tuple(row) for row in session.execute(days)}
    if not pairs:
        return []
    window: dict[str, Any] = {
        "partition_by": (Submission.submitter_id, Submission.visited_on),
        "order_by": (Submission.started_at, Submission.instance_id),
    }
    placed = (
        select(
            Submission.id,
            func.lag(Submission.id).over(**window).label("before_id"),
            func.lag(Submission.id, 2).over(**window).label("before2_id"),
            func.lead(Submission.id).over(**window).label("after_id"),
            func.lead(Submission.id, 2).over(**window).label("after2_id"),
        )
        .where(
            Submission.project_id == project_id,
            tuple_(Submission.submitter_id, Submission.visited_on).in_(pairs),
            _has_place(Submission),
        )
        .subquery()
    )
    return list(session.execute(select(placed).where(one_of(placed.c.id, submission_ids))))


def _visits(session: Session, submission_ids: Collection[int]) -> dict[int, DayVisit]:
    if not submission_ids:
        return {}
    query = _seen(Submission).where(one_of(Submission.id, submission_ids))
    return {row.id: _visit(row) for row in session.execute(query)}


def _seen(of: Any) -> Select[Any]:
    return select(
        of.id,
        of.household_id,
        of.instance_id,
        Household.source_id,
        of.lat,
        of.lon,
        of.accuracy_m,
        of.started_at,
        of.ended_at,
    ).outerjoin(Household, Household.id == of.household_id)


def _visit(row: Any) -> DayVisit:
    label = row.source_id or (f"#{row.household_id}" if row.household_id else row.instance_id)
    return DayVisit(
        submission_id=row.id,
        household_id=row.household_id,
        label=label,
        lat=row.lat,
        lon=row.lon,
        accuracy_m=row.accuracy_m,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _near(session: Session, submission_ids: Collection[int]) -> dict[int, tuple[DayVisit, ...]]:
    """Visits of the same officer and day to other households, within 2 NEAR_M to each side."""
    own, other = aliased(Submission), aliased(Submission)
    farthest = session.scalar(
        select(func.max(func.abs(Submission.lat))).where(one_of(Submission.id, submission_ids))
    )
    if farthest is None:
        return {}
    east_m, north_m = metres_per_degree(min(89.0, farthest))
    place = func.row_number().over(partition_by=own.id, order_by=other.id)
    pairs = (
        select(own.id.label("own_id"), other.id.label("other_id"), place.label("place"))
        .join(
            other,
            and_(
                other.submitter_id == own.submitter_id,
                other.visited_on == own.visited_on,
                other.project_id == own.project_id,
                other.household_id != own.household_id,
                func.abs(other.lat - own.lat) <= 2 * NEAR_M / north_m,
                func.abs(other.lon - own.lon) <= 2 * NEAR_M / east_m,
                other.deleted_at.is_(None),
                other.is_draft.is_(False),
            ),
        )
        .where(one_of(own.id, submission_ids))
        .subquery()
    )
    rows = session.execute(
        _seen(Submission)
        .add_columns(pairs.c.own_id)
        .join(pairs, pairs.c.other_id == Submission.id)
        .where(pairs.c.place <= MOST_NEAR)
        .order_by(Submission.id)
    )
    near: dict[int, list[DayVisit]] = {}
    for row in rows:
        near.setdefault(row.own_id, []).append(_visit(row))
    return {number: tuple(visits) for number, visits in near.items()}
