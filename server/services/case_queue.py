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

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
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
FILTERED_LIMIT = 1_000
"""How far cases are counted when a filter looks at more than the case's state."""
FEW = 2_000
"""Findings of a code, or visits with a form, from which on cases are not looked up by them."""
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
    """A page of the queue. cursor: where the next page begins, None at the end. total counts to limit."""

    rows: tuple[CaseRow, ...]
    cursor: str | None
    total: int
    limit: int = COUNT_LIMIT
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
    wanted = _matching(session, caller, project_id, filters, timezone)
    query = wanted.order_by(*_order()).limit(limit + 1)
    if cursor:
        query = query.where(_after(_read_cursor(cursor)))
    cases = list(session.scalars(query))
    more = len(cases) > limit
    cases = cases[:limit]
    counts = count_states(session, caller, project_id)
    is_whole = filters == Filters(state=filters.state)
    most = COUNT_LIMIT if is_whole else FILTERED_LIMIT
    return QueuePage(
        rows=_rows(session, cases),
        cursor=write_cursor(cases[-1]) if more else None,
        total=counts[filters.state]
        if is_whole and filters.state in counts
        else _count(session, wanted, most),
        limit=most,
        counts=counts,
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
    query = _matching(session, caller, case.project_id, filters, timezone).where(Case.id != case.id)
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
    """The first condition follows from the others: it is where the database begins to read the index of the order."""
    high, medium, opened_at, case_id = key
    later = or_(
        Case.open_high != high,
        Case.open_medium < medium,
        and_(Case.open_medium == medium, Case.opened_at > opened_at),
        and_(Case.open_medium == medium, Case.opened_at == opened_at, Case.id > case_id),
    )
    return and_(Case.open_high <= high, later)


def _before(key: Key) -> ColumnElement[bool]:
    high, medium, opened_at, case_id = key
    earlier = or_(
        Case.open_high != high,
        Case.open_medium > medium,
        and_(Case.open_medium == medium, Case.opened_at < opened_at),
        and_(Case.open_medium == medium, Case.opened_at == opened_at, Case.id < case_id),
    )
    return and_(Case.open_high >= high, earlier)


def _matching(
    session: Session, caller: Caller, project_id: int, filters: Filters, timezone: ZoneInfo
) -> Select[Case]:
    if filters.state not in STATES:
        raise BadValueError(f"there is no state {filters.state!r}")
    return select(Case).where(
        Case.project_id == project_id,
        within_areas(Case.area_path, caller.areas),
        STATES[filters.state],
        *_place_and_time(filters, timezone),
        *_words(session, filters),
        *_findings_and_forms(session, project_id, filters),
    )


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


def _words(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    """The number that they may be, when a family has it; else all words."""
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
    matching = session.scalars(
        select(Household.id).where(or_(*(column == digest for column in columns)))
    ).all()
    return [Case.household_id.in_(matching)] if matching or not words else words


def _findings_and_forms(session: Session, project_id: int, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.code or filters.severity:
        conditions = [
            Finding.project_id == project_id,
            Finding.outcome == "fires",
            Finding.state.in_([FindingState.open, FindingState.confirmed]),
        ]
        if filters.code:
            conditions.append(Finding.code == filters.code)
        if filters.severity:
            conditions.append(Finding.severity == filters.severity)
        having = select(Finding.case_id).where(*conditions)
        if filters.code and count_up_to(session, having, FEW) < FEW:
            found.append(Case.id.in_(having.where(Finding.case_id.is_not(None))))
        else:
            found.append(_asked_of_each(having.where(Finding.case_id == Case.id)))
    if filters.form_id is not None:
        visits = select(Submission.id).where(
            Submission.form_id == filters.form_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        if count_up_to(session, visits, FEW) < FEW:
            families = visits.with_only_columns(Submission.household_id)
            known = Case.household_id.in_(families.where(Submission.household_id.is_not(None)))
            found.append(or_(known, Case.submission_id.in_(visits)))
        else:
            # "+ 0": SQLite would otherwise look for the family's visits among all of the form.
            each = select(Submission.id).where(
                Submission.form_id + 0 == filters.form_id,
                Submission.deleted_at.is_(None),
                Submission.is_draft.is_(False),
            )
            of_family = _asked_of_each(each.where(Submission.household_id == Case.household_id))
            found.append(or_(of_family, _asked_of_each(each.where(Submission.id == Case.submission_id))))
    return found


def _asked_of_each(query: Select[Any]) -> ColumnElement[bool]:
    """The condition that a query about a case has a row, asked case by case in the order of the queue.

    With its limit the database cannot turn it round and read all findings or visits first: where most cases have one, a
    page is full soon.
    """
    return query.correlate(Case).limit(1).scalar_subquery().is_not(None)


def count_up_to(session: Session, query: Select[Any], most: int = COUNT_LIMIT) -> int:
    """How many rows a query has, `most` when there are as many or more: no more than that are looked at."""
    return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def _count(session: Session, query: Select[Case], most: int = COUNT_LIMIT) -> int:
    return count_up_to(session, query.with_only_columns(Case.id), most)


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
