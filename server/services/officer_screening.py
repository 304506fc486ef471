"""Findings about officers: judged when visits in a kecamatan where they work changed, and decided by people like others.

Belongs here: who is owed a look, storing, listing for a page, deciding. Does not: counting (facts_officers.py), the checks
(workers.checks.officers).
Source: the house's semantics, sections 2 and 6; an officer is seen by those in whose areas all of the officer's areas lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now, session_scope
from server.errors import BadValueError, GuardError, NotFoundError, StaleError
from server.models.finding import Finding, FindingState, SubjectKind
from server.models.norm import DistrictDue
from server.models.project import Project
from server.permissions import Caller
from server.scope import common_area
from server.services import audit, officers
from server.services.case_queue import names_of
from server.services.explaining import Explainer, Explanation
from server.services.facts_officers import load_officers, officers_of_districts
from server.services.finding_store import FIRES, RANKS, Draft, evidence_of, store_findings
from server.services.guard import MIN_NOTE
from server.services.officers import Officer
from server.services.settings import knobs_of, load_settings
from workers.findings import Finding as CheckFinding
from workers.findings import OfficerFacts, run_checks

DECISIONS = (FindingState.open, FindingState.confirmed, FindingState.dismissed)


def judge_due_officers(backends: Backends) -> int:
    """Judges the officers of every kecamatan that is due. Returns: how many were judged.

    Effects: findings stored like those of submissions; one campaign a transaction. A worker that dies leaves it due.
    """
    today = backends.clock().astimezone(backends.config.timezone).date()
    with session_scope(backends.sessions, read_only=True) as session:
        projects = session.scalars(
            select(DistrictDue.project_id).distinct().order_by(DistrictDue.project_id)
        ).all()
    judged = 0
    for project_id in projects:
        with session_scope(backends.sessions) as session:
            taken = delete(DistrictDue).where(DistrictDue.project_id == project_id)
            districts = session.scalars(taken.returning(DistrictDue.district)).all()
            ids = officers_of_districts(session, project_id, districts)
            judged += judge_officers(session, project_id, ids, today=today)
    return judged


def judge_officers(session: Session, project_id: int, officer_ids: Sequence[int], *, today: date) -> int:
    """Stores what the checks of officers say about these; a repeat changes nothing. Returns: how many were judged.

    Settings are those of the day, of the smallest area that holds all kecamatan where the officer works.
    """
    table = load_settings(session)
    facts = load_officers(session, project_id, officer_ids)
    drafts = [
        _draft(found)
        for officer in facts.values()
        for item in run_checks(officer, knobs_of(table.values_at(common_area(officer.districts), today)))
        for found in [(officer, item)]
    ]
    subjects = [(SubjectKind.officer, number) for number in officer_ids]
    store_findings(session, project_id, subjects, drafts)
    return len(facts)


def _draft(judged: tuple[OfficerFacts, CheckFinding]) -> Draft:
    officer, found = judged
    return Draft(
        subject=(SubjectKind.officer, officer.officer_id),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
        officer_id=officer.officer_id,
    )


@dataclass(frozen=True)
class OfficerFinding:
    """A finding about an officer with its reasons. stamp: what a decision must name, so that none is made about evidence that
    was not on the page."""

    finding: Finding
    explanation: Explanation
    decided_by: str
    changed: bool
    stamp: str


@dataclass(frozen=True)
class JudgedOfficer:
    """An officer with findings, gravest first; those that no longer hold come last."""

    officer: Officer
    findings: tuple[OfficerFinding, ...]
    open_count: int


def list_judged(session: Session, caller: Caller, project_id: int, language: str) -> list[JudgedOfficer]:
    """Officers within the caller's areas that have findings: most open ones first, then by name."""
    seen = {item.id: item for item in officers.list_with_areas(session, project_id, caller.areas)}
    query = select(Finding).where(
        Finding.project_id == project_id,
        Finding.subject_kind == SubjectKind.officer,
        Finding.subject_id.in_(seen),
    )
    rows = session.scalars(query.order_by(Finding.subject_id, Finding.code)).all()
    names = names_of(session, [row.decided_by_id for row in rows])
    explainer = Explainer(session, project_id, language)
    by_officer: dict[int, list[OfficerFinding]] = {}
    for row in rows:
        by_officer.setdefault(row.subject_id, []).append(_view(row, explainer.explain(row), names))
    judged = [_judged(seen[number], found) for number, found in by_officer.items()]
    return sorted(judged, key=lambda item: (-item.open_count, item.officer.name, item.officer.id))


def _view(finding: Finding, explanation: Explanation, names: dict[int, str]) -> OfficerFinding:
    decided = finding.state in (FindingState.confirmed, FindingState.dismissed)
    return OfficerFinding(
        finding=finding,
        explanation=explanation,
        decided_by=names.get(finding.decided_by_id or 0, ""),
        changed=decided and finding.decided_hash != finding.evidence_hash,
        stamp=_stamp(finding),
    )


def _judged(officer: Officer, found: Sequence[OfficerFinding]) -> JudgedOfficer:
    def order(item: OfficerFinding) -> tuple[bool, bool, int, str]:
        row = item.finding
        return row.closed_at is not None, row.outcome != FIRES, -RANKS[row.severity], row.code

    waiting = [
        item for item in found if item.finding.state == FindingState.open and item.finding.outcome == FIRES
    ]
    return JudgedOfficer(officer, tuple(sorted(found, key=order)), len(waiting))


def _stamp(finding: Finding) -> str:
    return f"{finding.state}-{finding.evidence_hash}"


def decide_finding(
    session: Session, caller: Caller, project: Project, finding_id: int, *, state: str, note: str, stamp: str
) -> Finding:
    """Confirms, dismisses or opens again a finding about an officer.

    Raises: NotFoundError outside the caller's areas; GuardError for a finding about oneself or without a note of MIN_NOTE
    characters; StaleError when it is another than the page showed; BadValueError for an unknown state.
    Effects: audited.
    """
    caller.require("case.propose", project.actee_id)
    finding = session.get(Finding, finding_id, with_for_update=True)
    seen = {item.id for item in officers.list_with_areas(session, project.id, caller.areas)}
    if (
        finding is None
        or finding.project_id != project.id
        or finding.subject_kind != SubjectKind.officer
        or finding.subject_id not in seen
        or finding.state == FindingState.closed
    ):
        raise NotFoundError("there is no such finding", message_id="Temuan ini tidak ada di wilayah Anda.")
    if state not in DECISIONS:
        raise BadValueError("no such state")
    if finding.subject_id == caller.actor_id:
        raise GuardError(
            "nobody decides about oneself",
            message_id="Anda tidak boleh memutuskan temuan tentang diri sendiri.",
        )
    if _stamp(finding) != stamp:
        raise StaleError("the finding was changed since")
    text = note.replace("\x00", "").strip()[:4000]
    if state != FindingState.open and len(text) < MIN_NOTE:
        raise GuardError(
            "a decision about an officer needs a note",
            message_id=f"Temuan tentang petugas perlu catatan minimal {MIN_NOTE} huruf.",
            details={"missing": [{"code": "note", "findings": [finding.code]}]},
        )
    finding.state, finding.decision_note = FindingState(state), text or None
    finding.decided_by_id, finding.decided_at = caller.actor_id, now()
    finding.decided_hash = finding.evidence_hash
    session.flush()
    facts = {"findingId": finding.id, "code": finding.code, "officerId": finding.subject_id}
    audit.record(session, caller.actor_id, f"finding.{state}", project.actee_id, facts)
    return finding
