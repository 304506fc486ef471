"""Cases: one for each visited household of a campaign, with the counts that the queue is ordered by.

Belongs here: making cases and keeping their counts. Does not: working on them (reviewing.py), listing (case_queue.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, select, update
from sqlalchemy.orm import Session

from server.db import insert_for, now
from server.models.case import Case, CaseEvent, CaseState
from server.models.finding import Finding, FindingState
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion


@dataclass(frozen=True)
class CaseKey:
    """What a case is about: a household, or a submission that belongs to none."""

    household_id: int | None = None
    submission_id: int | None = None


def ensure_cases(session: Session, project_id: int, keys: Iterable[CaseKey]) -> dict[CaseKey, int]:
    """Case ids of these subjects; missing cases are made. Safe against another worker making the same one."""
    wanted = set(keys)
    found = _find(session, project_id, wanted)
    missing = wanted - set(found)
    if not missing:
        return found
    rows = [row for row in (_new_row(session, project_id, key) for key in missing) if row is not None]
    if rows:
        session.execute(insert_for(session, Case).values(rows).on_conflict_do_nothing())
        found = _find(session, project_id, wanted)
    return found


def refresh_cases(session: Session, project_id: int, case_ids: dict[CaseKey, int]) -> None:
    """Ties findings to their cases and brings counts, officer and time of visit up to date.

    Effects: a decided case opens again when a finding came in after the decision.
    """
    for key, case_id in case_ids.items():
        _tie(session, project_id, key, case_id)
    counts = _count(session, list(case_ids.values()))
    visits = _visits(session, project_id, case_ids)
    for case_id in case_ids.values():
        values: dict[str, Any] = {**counts.get(case_id, _NOTHING), **visits.get(case_id, {})}
        session.execute(update(Case).where(Case.id == case_id).values(**values))
    _reopen(session, list(case_ids.values()))


_NOTHING = {"open_high": 0, "open_medium": 0, "open_low": 0, "open_protect": 0}


def _find(session: Session, project_id: int, keys: set[CaseKey]) -> dict[CaseKey, int]:
    households = [key.household_id for key in keys if key.household_id is not None]
    submissions = [key.submission_id for key in keys if key.household_id is None]
    query = select(Case.id, Case.household_id, Case.submission_id).where(Case.project_id == project_id)
    found: dict[CaseKey, int] = {}
    if households:
        for row in session.execute(query.where(Case.household_id.in_(households))):
            found[CaseKey(household_id=row.household_id)] = row.id
    if submissions:
        for row in session.execute(query.where(Case.submission_id.in_(submissions))):
            found[CaseKey(submission_id=row.submission_id)] = row.id
    return found


def _new_row(session: Session, project_id: int, key: CaseKey) -> dict[str, Any] | None:
    if key.household_id is not None:
        household = session.get_one(Household, key.household_id)
        title, area_path = household.head_name, household.area_path
        words = [title, household.manager_name, household.source_id or ""]
    else:
        submission = session.get_one(Submission, key.submission_id)
        version = session.get_one(SubmissionVersion, submission.current_version_id)
        title = (version.instance_name or submission.instance_id)[:300]
        area_path = submission.area_path or ""
        words = [title, submission.instance_id]
    moment = now()
    return {
        "project_id": project_id,
        "household_id": key.household_id,
        "submission_id": key.submission_id,
        "area_path": area_path,
        "title": title,
        "search_text": " ".join(word for word in words if word).lower(),
        "state": CaseState.open,
        "opened_at": moment,
        "created_at": moment,
        "revision": 1,
        **_NOTHING,
    }


def _tie(session: Session, project_id: int, key: CaseKey, case_id: int) -> None:
    subject = (
        Finding.household_id == key.household_id
        if key.household_id is not None
        else and_(Finding.submission_id == key.submission_id, Finding.household_id.is_(None))
    )
    session.execute(
        update(Finding)
        .where(Finding.project_id == project_id, subject, func.coalesce(Finding.case_id, 0) != case_id)
        .values(case_id=case_id)
    )


def _count(session: Session, case_ids: list[int]) -> dict[int, dict[str, int]]:
    fires = and_(Finding.outcome == "fires", Finding.kind != "protect")

    def of(*conditions: Any) -> Any:
        return func.sum(case((and_(*conditions), 1), else_=0))

    rows = session.execute(
        select(
            Finding.case_id,
            of(fires, Finding.severity == "high").label("open_high"),
            of(fires, Finding.severity == "medium").label("open_medium"),
            of(fires, Finding.severity.in_(("low", "info"))).label("open_low"),
            of(Finding.outcome == "fires", Finding.kind == "protect").label("open_protect"),
        )
        .where(Finding.case_id.in_(case_ids), Finding.state == FindingState.open)
        .group_by(Finding.case_id)
    )
    return {row.case_id: {name: int(getattr(row, name)) for name in _NOTHING} for row in rows}


def _visits(session: Session, project_id: int, case_ids: dict[CaseKey, int]) -> dict[int, dict[str, Any]]:
    """case id -> officer and time of the latest visit, and the area by the register."""
    households = {
        key.household_id: case_id for key, case_id in case_ids.items() if key.household_id is not None
    }
    visits: dict[int, dict[str, Any]] = {}
    rows = session.execute(
        select(Submission.household_id, Submission.submitter_id, Submission.started_at, Submission.created_at)
        .where(
            Submission.project_id == project_id,
            Submission.household_id.in_(list(households)),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .order_by(Submission.id)
    )
    for row in rows:
        _take_visit(visits, households[row.household_id], row.submitter_id, row.started_at or row.created_at)
    for household_id, area_path in session.execute(
        select(Household.id, Household.area_path).where(Household.id.in_(list(households)))
    ):
        visits.setdefault(households[household_id], {})["area_path"] = area_path
    for key, case_id in case_ids.items():
        if key.household_id is None:
            submission = session.get_one(Submission, key.submission_id)
            _take_visit(
                visits, case_id, submission.submitter_id, submission.started_at or submission.created_at
            )
            visits[case_id]["area_path"] = submission.area_path or ""
    return visits


def _take_visit(
    visits: dict[int, dict[str, Any]], case_id: int, officer_id: int | None, at: datetime
) -> None:
    known = visits.get(case_id)
    if known is None or "visited_at" not in known or known["visited_at"] <= at:
        visits[case_id] = {**(known or {}), "officer_id": officer_id, "visited_at": at}


def _reopen(session: Session, case_ids: list[int]) -> None:
    rows = session.scalars(
        select(Case.id)
        .join(Finding, Finding.case_id == Case.id)
        .where(
            Case.id.in_(case_ids),
            Case.state == CaseState.decided,
            Finding.state == FindingState.open,
            Finding.outcome == "fires",
            Finding.severity.in_(("high", "medium")),
            Finding.created_at > Case.decided_at,
        )
        .distinct()
    ).all()
    for case_id in rows:
        session.execute(
            update(Case)
            .where(Case.id == case_id)
            .values(state=CaseState.open, revision=Case.revision + 1, opened_at=now())
        )
        session.execute(
            insert(CaseEvent).values(case_id=case_id, action="case.reopen", note=None, details={}, at=now())
        )
