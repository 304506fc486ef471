"""The office's own work, looked at: a case that waits too long, a removal without proof, a decision without a reason.

Belongs here: which cases are owed a look, facts about them, storing what the checks of the workflow say. Does not: those
checks (workers.checks.workflow), refusing an act (guard.py), findings about visits and families (screening.py).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import session_scope
from server.models.case import Case, CaseState, Proposal
from server.models.finding import Finding, FindingState, SubjectKind
from server.services import cases, guard
from server.services.finding_store import FIRES, Draft, evidence_of, store_findings
from server.services.settings import SettingTable, knobs_of, load_settings
from workers.findings import CATALOG, CaseFacts, HighFinding, run_checks
from workers.findings import Finding as CheckFinding

LATE = "WF01"
BATCH = 200
_WORKABLE = (CaseState.open, CaseState.returned)


def judge_owed_cases(backends: Backends, *, limit: int | None = None) -> int:
    """Looks at the cases that somebody worked on since, and at those whose proof may have changed. Returns: how many.

    Effects: findings about these cases are stored, their counts follow; BATCH cases a transaction.
    """
    done = 0
    while limit is None or done < limit:
        with session_scope(backends.sessions) as session:
            query = select(Case).where(Case.judged_revision != Case.revision).order_by(Case.id).limit(BATCH)
            found = session.scalars(query.with_for_update(key_share=True, skip_locked=True)).all()
            if found:
                _judge(session, backends, found)
        done += len(found)
        if len(found) < BATCH:
            break
    return done


def judge_late_cases(backends: Backends) -> int:
    """Time passed: cases that wait past the limit, and those that waited and do no more. Returns: how many were looked at.

    A case that was found late already is not looked at again for that.
    """
    done, after = 0, 0
    while True:
        with session_scope(backends.sessions) as session:
            found = session.scalars(_late_query(session, backends).where(Case.id > after).limit(BATCH)).all()
            if found:
                _judge(session, backends, found)
        done += len(found)
        if len(found) < BATCH:
            return done
        after = found[-1].id


def _late_query(session: Session, backends: Backends) -> Any:
    days = [float(value) for name, _, _, value in load_settings(session).rows if name == f"{LATE}.open_days"]
    shortest = min([float(CATALOG[LATE].settings["open_days"].default), *days])
    before = backends.clock() - timedelta(days=shortest)
    of_case = Finding.case_id == Case.id
    said = exists().where(of_case, Finding.code == LATE, Finding.closed_at.is_(None))
    waiting = exists().where(
        of_case,
        Finding.severity == "high",
        Finding.outcome == FIRES,
        Finding.state == FindingState.open,
        Finding.created_at < before,
    )
    late = or_(
        and_(Case.state.in_(_WORKABLE), Case.open_high > 0, Case.opened_at < before, waiting),
        and_(
            Case.state == CaseState.proposed,
            Case.proposed_at < before,
            Case.proposal.not_in([Proposal.revisit, Proposal.correction]),
        ),
    )
    over = and_(Case.state.in_(_WORKABLE), Case.open_high == 0)
    return select(Case).where(or_(and_(late, ~said), and_(over, said))).order_by(Case.id)


def _judge(session: Session, backends: Backends, found: Sequence[Case]) -> None:
    today = backends.clock().astimezone(backends.config.timezone).date()
    table = load_settings(session)
    facts = load_case_facts(session, found, today=today, timezone=backends.config.timezone)
    for project_id in sorted({case.project_id for case in found}):
        ours = {case.id: case for case in found if case.project_id == project_id}
        drafts = [
            _draft(ours[number], item)
            for number in ours
            for item in _check(facts[number], ours[number], table)
        ]
        subjects = [(SubjectKind.case, number) for number in ours]
        if store_findings(session, project_id, subjects, drafts).changed:
            _tie(session, project_id, ours)
            keys = {_key(case): case.id for case in ours.values()}
            cases.refresh_cases(session, project_id, keys)
        session.execute(
            update(Case)
            .where(Case.id.in_(ours))
            .values(judged_revision=Case.revision)
            .execution_options(synchronize_session=False)
        )


def _check(facts: CaseFacts, case: Case, table: SettingTable) -> list[CheckFinding]:
    return run_checks(facts, knobs_of(table.values_at(case.area_path, facts.today)))


def _key(case: Case) -> cases.CaseKey:
    if case.household_id is not None:
        return cases.CaseKey(household_id=case.household_id)
    return cases.CaseKey(submission_id=case.submission_id)


def _draft(case: Case, found: CheckFinding) -> Draft:
    return Draft(
        subject=(SubjectKind.case, case.id),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
    )


def _tie(session: Session, project_id: int, case_ids: Collection[int]) -> None:
    """A finding about a case stands on its page."""
    session.execute(
        update(Finding)
        .where(
            Finding.project_id == project_id,
            Finding.subject_kind == SubjectKind.case,
            Finding.subject_id.in_(case_ids),
            Finding.case_id.is_(None),
        )
        .values(case_id=Finding.subject_id)
        .execution_options(synchronize_session=False)
    )


def load_case_facts(
    session: Session, found: Iterable[Case], *, today: date, timezone: tzinfo
) -> dict[int, CaseFacts]:
    """Case -> what the checks of the workflow know about it."""
    rows = list(found)
    high = _high(session, rows, timezone)
    return {
        case.id: CaseFacts(
            case_id=case.id,
            today=today,
            state=str(case.state),
            proposal=str(case.proposal) if case.proposal else None,
            proposal_note=case.proposal_note or "",
            decision_note=case.decision_note or "",
            proposed_on=_day(case.proposed_at, timezone),
            decided_on=_day(case.decided_at, timezone),
            high=tuple(high.get(case.id, ())),
            has_picture=guard.has_picture(session, case) if case.proposal == Proposal.removal else None,
        )
        for case in rows
    }


def _high(session: Session, found: Sequence[Case], timezone: tzinfo) -> dict[int, list[HighFinding]]:
    """Case -> its high findings that fire and hold, those about the office's own work apart."""
    opened = {case.id: case.opened_at for case in found}
    query = select(Finding.case_id, Finding.code, Finding.state, Finding.created_at, Finding.decision_note)
    rows = session.execute(
        query.where(
            Finding.case_id.in_(opened),
            Finding.severity == "high",
            Finding.outcome == FIRES,
            Finding.closed_at.is_(None),
            Finding.subject_kind != SubjectKind.case,
        ).order_by(Finding.id)
    )
    high: dict[int, list[HighFinding]] = {}
    for row in rows:
        since = max(row.created_at, opened[row.case_id]).astimezone(timezone).date()
        item = HighFinding(row.code, row.state == FindingState.open, since, row.decision_note or "")
        high.setdefault(row.case_id, []).append(item)
    return high


def _day(moment: datetime | None, timezone: tzinfo) -> date | None:
    return None if moment is None else moment.astimezone(timezone).date()
