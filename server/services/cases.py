"""Cases: one for each visited household of a campaign, with the counts that the queue is ordered by.

Belongs here: making cases and keeping their counts. Does not: working on them (reviewing.py), listing (case_queue.py),
who visited last (case_visits.py).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Table,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from server.db import insert_for, now, one_of
from server.models.case import Case, CaseEvent, CaseState, Proposal
from server.models.finding import Finding, FindingState, SubjectKind
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion
from server.models.task import Task
from server.services.case_visits import latest_visits


@dataclass(frozen=True)
class CaseKey:
    """What a case is about: a household, or a submission that belongs to none."""

    household_id: int | None = None
    submission_id: int | None = None


def ensure_cases(session: Session, project_id: int, keys: Iterable[CaseKey]) -> dict[CaseKey, int]:
    """Case ids of these subjects; missing cases are made. Safe against another worker making the same one."""
    wanted = set(keys)
    found = find_cases(session, project_id, wanted)
    missing = wanted - set(found)
    if missing:
        rows = _new_rows(session, project_id, missing)
        table = cast(Table, Case.__table__)
        session.connection().execute(insert_for(session, table).on_conflict_do_nothing(), rows)
        found = find_cases(session, project_id, wanted)
    return found


def refresh_cases(session: Session, project_id: int, case_ids: Mapping[CaseKey, int]) -> None:
    """Ties findings to their cases and brings counts, officer and time of visit up to date. Writes only what changed."""
    if not case_ids:
        return
    _tie(session, project_id, case_ids)
    counts = _count(session, case_ids.values())
    visits = latest_visits(
        session,
        project_id,
        {key.household_id: number for key, number in case_ids.items() if key.household_id is not None},
        {key.submission_id: number for key, number in case_ids.items() if key.submission_id is not None},
    )
    wanted = {
        number: {**counts.get(number, _NOTHING), **_UNVISITED, **visits.get(number, {})}
        for number in case_ids.values()
    }
    _write(session, wanted)


def reopen_cases(session: Session, project_id: int, keys: Collection[CaseKey]) -> int:
    """Opens decided cases of these subjects again: a finding of weight came in after the decision. Returns: how many."""
    ids = find_cases(session, project_id, keys).values()
    opened = session.scalars(
        update(Case)
        .where(one_of(Case.id, ids), Case.state == CaseState.decided)
        .values(state=CaseState.open, revision=Case.revision + 1, opened_at=now())
        .execution_options(synchronize_session=False)
        .returning(Case.id)
    ).all()
    if opened:
        moment = now()
        events: list[dict[str, Any]] = [
            {"case_id": number, "action": "case.reopen", "note": None, "details": {}, "at": moment}
            for number in opened
        ]
        session.execute(insert(CaseEvent), events)
    return len(opened)


def drop_untouched(session: Session, project_id: int, submission_ids: Collection[int]) -> None:
    """Removes the own cases of submissions that belong to a household now; those that a person worked on stay, empty.

    Call it after the findings were tied to the household's case.
    """
    if not submission_ids:
        return
    touched = or_(
        select(CaseEvent.id).where(CaseEvent.case_id == Case.id).exists(),
        select(Finding.id).where(Finding.case_id == Case.id).exists(),
        select(Task.id).where(Task.case_id == Case.id).exists(),
    )
    mine = and_(Case.project_id == project_id, one_of(Case.submission_id, submission_ids))
    session.execute(delete(Case).where(mine, ~touched).execution_options(synchronize_session=False))
    session.execute(update(Case).where(mine).values(**_NOTHING).execution_options(synchronize_session=False))


_NOTHING = {"open_high": 0, "open_medium": 0, "open_low": 0, "open_protect": 0, "open_unknown": 0}
_UNVISITED: dict[str, Any] = {"officer_id": None, "visited_at": None}
_KEPT = (Case.officer_id, Case.visited_at, Case.area_path, *(getattr(Case, name) for name in _NOTHING))


def find_cases(session: Session, project_id: int, keys: Collection[CaseKey]) -> dict[CaseKey, int]:
    """Case ids of those subjects that have a case."""
    households = [key.household_id for key in keys if key.household_id is not None]
    submissions = [key.submission_id for key in keys if key.household_id is None]
    query = select(Case.id, Case.household_id, Case.submission_id).where(Case.project_id == project_id)
    found: dict[CaseKey, int] = {}
    if households:
        for row in session.execute(query.where(one_of(Case.household_id, households))):
            found[CaseKey(household_id=row.household_id)] = row.id
    if submissions:
        for row in session.execute(query.where(one_of(Case.submission_id, submissions))):
            found[CaseKey(submission_id=row.submission_id)] = row.id
    return found


def _new_rows(session: Session, project_id: int, keys: Iterable[CaseKey]) -> list[dict[str, Any]]:
    keys = list(keys)
    shared: dict[str, Any] = {
        "project_id": project_id,
        "state": CaseState.open,
        "revision": 1,
        "judged_revision": 1,
        **_NOTHING,
    }
    moments = {"opened_at": now(), "created_at": now()}
    households = (
        select(Household)
        .where(one_of(Household.id, [key.household_id for key in keys]))
        .order_by(Household.id)
    )
    submissions = (
        select(Submission, SubmissionVersion.instance_name)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .where(one_of(Submission.id, [key.submission_id for key in keys if key.household_id is None]))
        .order_by(Submission.id)
    )
    rows = [
        {
            "household_id": household.id,
            "submission_id": None,
            "area_path": household.area_path,
            "title": household.head_name,
            "search_text": _search_text(household.head_name, household.manager_name, household.source_id),
        }
        for household in session.scalars(households)
    ]
    rows += [
        {
            "household_id": None,
            "submission_id": submission.id,
            "area_path": submission.area_path or "",
            "title": (name or submission.instance_id)[:300],
            "search_text": _search_text((name or "")[:300], submission.instance_id),
        }
        for submission, name in session.execute(submissions)
    ]
    return [{**shared, **moments, **row} for row in rows]


def _search_text(*words: str | None) -> str:
    return " ".join(word for word in words if word).lower()


def _tie(session: Session, project_id: int, case_ids: Mapping[CaseKey, int]) -> None:
    """Gives findings the case of their household, or of their submission when there is no household."""
    households = [key.household_id for key in case_ids if key.household_id is not None]
    submissions = [key.submission_id for key in case_ids if key.household_id is None]
    if households:
        visits = select(Submission.id).where(
            Submission.project_id == project_id, one_of(Submission.household_id, households)
        )
        owner = _owner(project_id, Case.household_id == Finding.household_id)
        _tie_some(session, project_id, owner, Finding.submission_id.in_(visits))
        of_household = Finding.subject_kind == SubjectKind.household
        _tie_some(session, project_id, owner, of_household, one_of(Finding.subject_id, households))
    if submissions:
        owner = _owner(project_id, Case.submission_id == Finding.submission_id)
        mine = one_of(Finding.submission_id, submissions)
        _tie_some(session, project_id, owner, mine, Finding.household_id.is_(None))


def _owner(project_id: int, condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(Case.id).where(Case.project_id == project_id, condition).scalar_subquery()


def _tie_some(
    session: Session, project_id: int, owner: ScalarSelect[int], *conditions: ColumnElement[bool]
) -> None:
    session.execute(
        update(Finding)
        .where(Finding.project_id == project_id, *conditions, Finding.case_id.is_distinct_from(owner))
        .values(case_id=owner)
        .execution_options(synchronize_session=False)
    )


def _count(session: Session, case_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Open findings of each case that has any; one that three forms of a visit repeat counts once."""
    fires = and_(Finding.outcome == "fires", Finding.kind != "protect")

    def of(*conditions: Any) -> Any:
        return func.count(distinct(case((and_(*conditions), Finding.code))))

    rows = session.execute(
        select(
            Finding.case_id,
            of(fires, Finding.severity == "high").label("open_high"),
            of(fires, Finding.severity == "medium").label("open_medium"),
            of(fires, Finding.severity.in_(("low", "info"))).label("open_low"),
            of(Finding.outcome == "fires", Finding.kind == "protect").label("open_protect"),
            of(Finding.outcome == "unknown").label("open_unknown"),
        )
        .where(one_of(Finding.case_id, list(case_ids)), Finding.state == FindingState.open)
        .group_by(Finding.case_id)
    )
    return {row.case_id: {name: int(getattr(row, name)) for name in _NOTHING} for row in rows}


def _write(session: Session, wanted: Mapping[int, Mapping[str, Any]]) -> None:
    query = select(Case.id, Case.proposal, Case.judged_revision, *_KEPT)
    stored = session.execute(query.where(one_of(Case.id, wanted)).order_by(Case.id))
    changed = []
    for row in stored:
        new = {**{column.key: getattr(row, column.key) for column in _KEPT}, **wanted[row.id]}
        # The proof of a removal stands in its visits: whatever changed about them, the proposal is looked at again.
        new["judged_revision"] = 0 if row.proposal == Proposal.removal else row.judged_revision
        if any(getattr(row, name) != value for name, value in new.items()):
            changed.append({"case": row.id, **new})
    if changed:
        table = cast(Table, Case.__table__)
        session.connection().execute(update(table).where(table.c.id == bindparam("case")), changed)
