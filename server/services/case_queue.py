"""The queue of cases: filtered, in working order, a page at a time.

Belongs here: order, filters, cursors, counts, the next case. Does not: what a case says (case_reading.py), what people
do to it (reviewing.py).
Order: open high findings, then medium, then age. Source: semantics, section 2.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from server.errors import BadValueError
from server.models.actor import Actor
from server.models.area import Area
from server.models.case import Case, CaseState
from server.models.finding import Finding, FindingState
from server.models.household import Household
from server.models.submission import Submission
from server.permissions import Caller
from server.scope import within_areas
from server.services.tasks import TASK_KINDS

PAGE_SIZE = 50
COUNT_LIMIT = 10_000
AT_ONCE = tuple(TASK_KINDS)

Key = tuple[int, int, datetime, int]


@dataclass(frozen=True)
class Filters:
    """What part of the queue is asked for; empty values ask for all.

    state: 'todo' (open with something found or not to be known, or returned), 'confirm' (waits for Dinsos), 'visit' (waits for a revisit or correction),
    'decided', 'all'. area: area code or path. code: finding code. form: database id of a form. first_on, last_on: days
    of the latest visit, both included. search: words, all of which must occur in name or ids.
    identity: keyed hash of a NIK or KK number, hex; a case that has it is found whatever its words are.
    """

    state: str = "todo"
    area: str = ""
    officer_id: int | None = None
    code: str = ""
    severity: str = ""
    form_id: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    search: str = ""
    identity: str = ""


STATES: Mapping[str, ColumnElement[bool]] = {
    "todo": and_(
        Case.state.in_([CaseState.open, CaseState.returned]),
        or_(
            Case.state == CaseState.returned,
            Case.open_high + Case.open_medium + Case.open_low + Case.open_protect + Case.open_unknown > 0,
        ),
    ),
    "confirm": and_(Case.state == CaseState.proposed, Case.proposal.not_in(AT_ONCE)),
    "visit": and_(Case.state == CaseState.proposed, Case.proposal.in_(AT_ONCE)),
    "decided": Case.state == CaseState.decided,
    "all": Case.id.is_not(None),
}


@dataclass(frozen=True)
class CaseRow:
    """One line of the queue. findings: (code, severity, kind) of those that are open, gravest first."""

    case: Case
    household: Household | None
    village: str
    officer: str
    findings: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue. cursor: where the next page begins, None at the end. total counts to COUNT_LIMIT."""

    rows: tuple[CaseRow, ...]
    cursor: str | None
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)


def list_queue(
    session: Session,
    caller: Caller,
    project_id: int,
    filters: Filters,
    *,
    timezone: ZoneInfo,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> QueuePage:
    """One page of the cases that the caller may see, worst first.

    Raises: BadValueError for a cursor or filter that is none.
    """
    wanted = _matching(caller, project_id, filters, timezone)
    query = wanted.order_by(*_order()).limit(limit + 1)
    if cursor:
        query = query.where(_after(_read_cursor(cursor)))
    cases = list(session.scalars(query))
    more = len(cases) > limit
    cases = cases[:limit]
    return QueuePage(
        rows=_rows(session, cases),
        cursor=write_cursor(cases[-1]) if more else None,
        total=_count(session, wanted),
        counts=count_states(session, caller, project_id),
    )


def count_states(session: Session, caller: Caller, project_id: int) -> dict[str, int]:
    """Cases in the caller's areas by state name of Filters ('all' left out), each counted to COUNT_LIMIT at most."""
    mine = select(Case).where(Case.project_id == project_id, within_areas(Case.area_path, caller.areas))
    return {name: _count(session, mine.where(STATES[name])) for name in STATES if name != "all"}


def find_neighbour(
    session: Session,
    caller: Caller,
    case: Case,
    filters: Filters,
    *,
    timezone: ZoneInfo,
    forward: bool = True,
) -> int | None:
    """Id of the case that follows this one in the filter (or stands before it), also when it left the filter itself.

    Returns: None at the end of the queue.
    """
    query = _matching(caller, case.project_id, filters, timezone).where(Case.id != case.id)
    key = _key(case)
    query = query.where(_after(key) if forward else _before(key)).order_by(*_order(forward)).limit(1)
    found = session.scalar(query)
    return found.id if found else None


def write_cursor(case: Case) -> str:
    """A case's place in the order, as text for an address."""
    high, medium, opened_at, case_id = _key(case)
    return f"{high}.{medium}.{int(opened_at.timestamp() * 1_000_000)}.{case_id}"


def _read_cursor(text: str) -> Key:
    try:
        high, medium, micros, case_id = (int(part) for part in text.split("."))
        return (
            high,
            medium,
            datetime.fromtimestamp(0, ZoneInfo("UTC")) + timedelta(microseconds=micros),
            case_id,
        )
    except (ValueError, OverflowError) as error:
        raise BadValueError("the cursor is damaged") from error


def _key(case: Case) -> Key:
    return case.open_high, case.open_medium, case.opened_at, case.id


def _order(forward: bool = True) -> tuple[Any, ...]:
    order = (Case.open_high.desc(), Case.open_medium.desc(), Case.opened_at.asc(), Case.id.asc())
    if forward:
        return order
    return Case.open_high.asc(), Case.open_medium.asc(), Case.opened_at.desc(), Case.id.desc()


def _after(key: Key) -> ColumnElement[bool]:
    high, medium, opened_at, case_id = key
    return or_(
        Case.open_high < high,
        and_(Case.open_high == high, Case.open_medium < medium),
        and_(Case.open_high == high, Case.open_medium == medium, Case.opened_at > opened_at),
        and_(
            Case.open_high == high, Case.open_medium == medium, Case.opened_at == opened_at, Case.id > case_id
        ),
    )


def _before(key: Key) -> ColumnElement[bool]:
    high, medium, opened_at, case_id = key
    return or_(
        Case.open_high > high,
        and_(Case.open_high == high, Case.open_medium > medium),
        and_(Case.open_high == high, Case.open_medium == medium, Case.opened_at < opened_at),
        and_(
            Case.open_high == high, Case.open_medium == medium, Case.opened_at == opened_at, Case.id < case_id
        ),
    )


def _matching(caller: Caller, project_id: int, filters: Filters, timezone: ZoneInfo) -> Select[Case]:
    if filters.state not in STATES:
        raise BadValueError(f"there is no state {filters.state!r}")
    query = select(Case).where(
        Case.project_id == project_id,
        within_areas(Case.area_path, caller.areas),
        STATES[filters.state],
        *_place_and_time(filters, timezone),
        *_words(filters),
    )
    for condition in _findings_and_forms(filters):
        query = query.where(condition)
    return query


def _place_and_time(filters: Filters, timezone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.area:
        conditions.append(within_areas(Case.area_path, (filters.area.replace(".", ""),)))
    if filters.officer_id is not None:
        conditions.append(Case.officer_id == filters.officer_id)
    if filters.first_on is not None:
        conditions.append(Case.visited_at >= datetime.combine(filters.first_on, time(), timezone))
    if filters.last_on is not None:
        after = filters.last_on + timedelta(days=1)
        conditions.append(Case.visited_at < datetime.combine(after, time(), timezone))
    return conditions


def _words(filters: Filters) -> list[ColumnElement[bool]]:
    """All words, or the number that they may be instead."""
    words: list[ColumnElement[bool]] = [
        Case.search_text.contains(word, autoescape=True) for word in filters.search.lower().split()[:8]
    ]
    if not filters.identity:
        return words
    try:
        digest = bytes.fromhex(filters.identity)
    except ValueError as error:
        raise BadValueError("the identity search is damaged") from error
    columns = (Household.nik_hash, Household.manager_nik_hash, Household.kk_hash)
    matching = select(Household.id).where(or_(*(column == digest for column in columns)))
    numbered = Case.household_id.in_(matching)
    return [or_(numbered, and_(*words)) if words else numbered]


def _findings_and_forms(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.code or filters.severity:
        condition = and_(
            Finding.case_id == Case.id,
            Finding.outcome == "fires",
            Finding.state.in_([FindingState.open, FindingState.confirmed]),
        )
        if filters.code:
            condition = and_(condition, Finding.code == filters.code)
        if filters.severity:
            condition = and_(condition, Finding.severity == filters.severity)
        found.append(exists().where(condition))
    if filters.form_id is not None:
        visits = select(Submission.id).where(
            Submission.form_id == filters.form_id,
            Submission.deleted_at.is_(None),
            or_(Submission.household_id == Case.household_id, Submission.id == Case.submission_id),
        )
        found.append(visits.correlate(Case).exists())
    return found


def _count(session: Session, query: Select[Case]) -> int:
    inner = query.with_only_columns(Case.id).limit(COUNT_LIMIT).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def _rows(session: Session, cases: Sequence[Case]) -> tuple[CaseRow, ...]:
    households = {
        row.id: row
        for row in session.scalars(
            select(Household).where(Household.id.in_([c.household_id for c in cases if c.household_id]))
        )
    }
    officers = names_of(session, [c.officer_id for c in cases])
    villages = village_names(session, [c.area_path for c in cases])
    findings = _open_findings(session, [c.id for c in cases])
    return tuple(
        CaseRow(
            case=case,
            household=households.get(case.household_id or 0),
            village=villages.get(case.area_path[:10], ""),
            officer=officers.get(case.officer_id or 0, ""),
            findings=findings.get(case.id, ()),
        )
        for case in cases
    )


def names_of(session: Session, actor_ids: Sequence[int | None]) -> dict[int, str]:
    """Actor id -> display name."""
    wanted = {actor_id for actor_id in actor_ids if actor_id is not None}
    rows = session.execute(select(Actor.id, Actor.display_name).where(Actor.id.in_(wanted)))
    return {actor_id: name for actor_id, name in rows}


def village_names(session: Session, paths: Sequence[str]) -> dict[str, str]:
    """Village code -> name, for area paths."""
    codes = {path[:10] for path in paths if path}
    return {
        code: name for code, name in session.execute(select(Area.code, Area.name).where(Area.code.in_(codes)))
    }


_RANK = {"high": 0, "medium": 1, "low": 2, "info": 3}


def _open_findings(session: Session, case_ids: Sequence[int]) -> dict[int, tuple[tuple[str, str, str], ...]]:
    rows = session.execute(
        select(Finding.case_id, Finding.code, Finding.severity, Finding.kind).where(
            Finding.case_id.in_(case_ids), Finding.state == FindingState.open, Finding.outcome == "fires"
        )
    )
    found: defaultdict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for case_id, code, severity, kind in rows:
        if case_id is not None:
            found[case_id].add((code, severity, kind))
    return {
        case_id: tuple(sorted(items, key=lambda item: (_RANK.get(item[1], 9), item[0])))
        for case_id, items in found.items()
    }
