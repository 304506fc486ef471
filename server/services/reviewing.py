"""What people do to a case: decide findings, propose, confirm, return. Every act is claimed, recorded and audited.

Belongs here: the acts and who may do them. Does not: reading a case for a page (case_reading.py), the queue's order
(case_queue.py), the conditions of a removal (guard.py).
Source: semantics, sections 1, 2 and 6.
"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError, GuardError, NotFoundError, StaleError
from server.models.case import Case, CaseEvent, CaseState, Proposal
from server.models.finding import Finding, FindingState
from server.models.project import Project
from server.models.submission import Submission, SubmissionVersion
from server.permissions import Caller
from server.scope import within_areas
from server.services import audit, cases, evidence, guard, tasks

MIN_NOTE = guard.MIN_NOTE
WORKABLE = (CaseState.open, CaseState.returned)


def find_case(session: Session, caller: Caller, project_id: int, case_id: int) -> Case:
    """The case with this id. Raises: NotFoundError when there is none in the caller's areas and this campaign."""
    case = session.scalar(
        select(Case).where(
            Case.id == case_id, Case.project_id == project_id, within_areas(Case.area_path, caller.areas)
        )
    )
    if case is None:
        raise NotFoundError("there is no such case", message_id="Kasus ini tidak ada di wilayah Anda.")
    return case


def decide_finding(
    session: Session,
    caller: Caller,
    case: Case,
    finding_id: int,
    *,
    state: FindingState,
    note: str,
    expected_revision: int,
    together: Collection[int] = (),
    seen: str | None = None,
) -> Finding:
    """Confirms, dismisses or opens again one finding of a case.

    Args: together: other findings of the same code that were shown with it as one; they get the same decision.
    seen: evidence.digest_of of what was shown, None = not compared.
    Raises: StaleError when somebody changed the case since, or the evidence is another; GuardError for an own visit, a high finding without note of
    MIN_NOTE characters, a case that waits for Dinsos or is decided.
    Effects: the case's counts follow.
    """
    _require(session, caller, case, "case.propose")
    _claim(session, case, expected_revision)
    findings = evidence.get_findings(session, case, finding_id, together)
    finding = findings[0]
    if state == FindingState.closed:
        raise NotFoundError("a finding is not closed by hand")
    evidence.require_seen(findings, seen)
    note = _clean(note)
    if (
        any(each.severity == "high" for each in findings)
        and state != FindingState.open
        and len(note) < MIN_NOTE
    ):
        raise GuardError(
            "a decision about a high finding needs a note",
            message_id=f"Temuan tinggi perlu catatan minimal {MIN_NOTE} huruf.",
            details={"missing": [{"code": "note", "findings": [finding.code]}]},
        )
    _require_workable(case)
    moment = now()
    for each in findings:
        each.state, each.decision_note = state, note or None
        each.decided_by_id, each.decided_at = caller.actor_id, moment
        each.decided_hash = each.evidence_hash
    session.flush()
    details: dict[str, object] = {"code": finding.code, "findingId": finding.id}
    if len(findings) > 1:
        details["findingIds"] = [each.id for each in findings]
    _write_event(session, caller, case, f"finding.{state}", note, details)
    _recount(session, case)
    return finding


def propose(
    session: Session,
    caller: Caller,
    case: Case,
    *,
    proposal: Proposal,
    note: str,
    officer_id: int | None = None,
    expected_revision: int,
    seen: str | None = None,
) -> Case:
    """Puts a proposal on a case. keep, graduation and removal wait for Dinsos; revisit and correction take effect at once.

    Args: note is the reason; of a revisit or correction it is what the officer reads. officer_id: who goes, None = any
    officer of the area. seen: evidence.digest_of of all findings that were shown, None = not compared.
    Raises: StaleError (the case or its evidence changed since); GuardError (removal guard, own visit, case not open, no note, a task without household).
    """
    _require(session, caller, case, "case.propose")
    _claim(session, case, expected_revision)
    evidence.require_seen(evidence.list_findings(session, case), seen)
    note = _clean(note)
    _require_workable(case)
    _require_note(proposal, note)
    if proposal == Proposal.removal:
        guard.require_removable(session, case, note)
    case.state, case.proposal, case.proposal_note = CaseState.proposed, proposal, note
    case.proposed_by_id, case.proposed_at = caller.actor_id, now()
    case.decision_note = case.decided_by_id = case.decided_at = None
    session.flush()
    _write_event(session, caller, case, "case.propose", note, {"proposal": proposal, "officerId": officer_id})
    if proposal in tasks.TASK_KINDS:
        _give_task(session, caller, case, proposal, note, officer_id)
    return case


def confirm(
    session: Session,
    caller: Caller,
    case: Case,
    *,
    note: str,
    expected_revision: int,
    on: date,
    seen: str | None = None,
) -> Case:
    """Dinsos takes a proposal over; the decision reaches the phones with the next sync.

    Args: on = the day of the decision, local. seen as of propose.
    Raises: StaleError; GuardError for an own proposal or visit, nothing to confirm, or a removal whose guard no longer
    holds.
    """
    _require(session, caller, case, "case.confirm")
    _claim(session, case, expected_revision)
    evidence.require_seen(evidence.list_findings(session, case), seen)
    proposal = _require_waiting(case, caller)
    if proposal == Proposal.removal:
        guard.require_removable(session, case, case.proposal_note or "")
    note = _clean(note)
    case.state, case.decision_note = CaseState.decided, note or None
    case.decided_by_id, case.decided_at = caller.actor_id, now()
    session.flush()
    _write_event(session, caller, case, "case.confirm", note, {"proposal": proposal})
    if case.household_id is not None:
        tasks.drop_tasks(session, case.project_id, case.household_id)
        columns = _decision_columns(proposal, on)
        source = {"caseId": case.id}
        tasks.tell_phones(
            session, case.project_id, case.household_id, columns, source=source, actor_id=caller.actor_id
        )
    return case


def return_case(
    session: Session,
    caller: Caller,
    case: Case,
    *,
    note: str,
    expected_revision: int,
    seen: str | None = None,
) -> Case:
    """Dinsos sends a proposal back to the supervisors, with the reason.

    Raises: StaleError; GuardError for an own proposal or visit, nothing to return, or no note of MIN_NOTE characters.
    """
    _require(session, caller, case, "case.confirm")
    _claim(session, case, expected_revision)
    evidence.require_seen(evidence.list_findings(session, case), seen)
    proposal = _require_waiting(case, caller)
    note = _clean(note)
    if len(note) < MIN_NOTE:
        raise GuardError(
            "returning a proposal needs a note",
            message_id=f"Tulis alasan pengembalian, minimal {MIN_NOTE} huruf.",
            details={"missing": [{"code": "note", "findings": []}]},
        )
    case.state, case.decision_note = CaseState.returned, note
    case.decided_by_id, case.decided_at = caller.actor_id, now()
    session.flush()
    _write_event(session, caller, case, "case.return", note, {"proposal": proposal})
    return case


def list_events(session: Session, case: Case, *, after_revision: int = 0) -> list[CaseEvent]:
    """The history of a case, oldest first; what happened after a revision when one is given."""
    rows = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id))
    return [
        event
        for event in rows
        if int(event.details.get("revision", 0)) > after_revision or not after_revision
    ]


def is_own_visit(session: Session, caller: Caller, case: Case) -> bool:
    """True when the caller sent one of the case's submissions, or any version of one."""
    query = (
        select(SubmissionVersion.id)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .where(guard.of_case(case), SubmissionVersion.submitter_id == caller.actor_id)
        .limit(1)
    )
    return session.scalar(query) is not None


def _require(session: Session, caller: Caller, case: Case, verb: str) -> None:
    project = session.get_one(Project, case.project_id)
    caller.require(verb, project.actee_id)
    find_case(session, caller, case.project_id, case.id)
    if is_own_visit(session, caller, case):
        raise GuardError(
            "nobody reviews an own visit", message_id="Anda tidak boleh memeriksa kunjungan Anda sendiri."
        )


def _require_workable(case: Case) -> None:
    if case.state not in WORKABLE:
        raise GuardError(
            f"the case is {case.state}, not open",
            message_id="Kasus ini sedang menunggu Dinsos atau petugas, atau sudah diputuskan.",
        )


def _require_waiting(case: Case, caller: Caller) -> Proposal:
    if case.state != CaseState.proposed or case.proposal is None or case.proposal in tasks.TASK_KINDS:
        raise GuardError(
            "no proposal of this case waits for a decision",
            message_id="Tidak ada usul yang menunggu keputusan di kasus ini.",
        )
    if case.proposed_by_id == caller.actor_id:
        raise GuardError(
            "nobody confirms an own proposal",
            message_id="Usul Anda sendiri harus diputuskan oleh orang lain.",
        )
    return Proposal(case.proposal)


def _require_note(proposal: Proposal, note: str) -> None:
    if proposal == Proposal.removal or len(note) >= MIN_NOTE:
        return
    if proposal != Proposal.keep:
        raise GuardError(
            "the proposal needs a note",
            message_id=f"Tulis alasan, minimal {MIN_NOTE} huruf.",
            details={"missing": [{"code": "note", "findings": []}]},
        )


def _give_task(
    session: Session, caller: Caller, case: Case, proposal: Proposal, note: str, officer_id: int | None
) -> None:
    if case.household_id is None:
        raise BadValueError(
            "a case without household cannot be given to an officer",
            message_id="Kasus ini tidak terkait keluarga di register, jadi tidak bisa ditugaskan ke petugas.",
        )
    tasks.give_task(
        session,
        project_id=case.project_id,
        household_id=case.household_id,
        kind=tasks.TASK_KINDS[proposal],
        reason=note,
        officer_id=officer_id,
        case_id=case.id,
        given_by_id=caller.actor_id,
    )


def _decision_columns(proposal: Proposal, on: date) -> dict[str, str]:
    columns = {"tugas": "selesai", "alasan_tugas": "", "status_verval": "disetujui"}
    if proposal == Proposal.graduation:
        return columns | {"status_kepesertaan": "graduasi", "tgl_graduasi": on.isoformat()}
    if proposal == Proposal.removal:
        return columns | {"status_kepesertaan": "usul_nonaktif"}
    return columns


def _claim(session: Session, case: Case, expected_revision: int) -> None:
    """Takes the next revision, or says that somebody else did. Raises: StaleError."""
    claimed = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.revision == expected_revision)
        .values(revision=expected_revision + 1)
        .execution_options(synchronize_session=False)
        .returning(Case.id)
    ).first()
    session.refresh(case)
    if claimed is None:
        raise StaleError("the case was changed by somebody else", details={"revision": case.revision})


def _write_event(
    session: Session, caller: Caller, case: Case, action: str, note: str, details: Mapping[str, object]
) -> None:
    facts = {**details, "revision": case.revision}
    session.add(
        CaseEvent(
            case_id=case.id,
            actor_id=caller.actor_id,
            action=action,
            note=note or None,
            details=facts,
            at=now(),
        )
    )
    project = session.get_one(Project, case.project_id)
    audit.record(session, caller.actor_id, action, project.actee_id, {**facts, "caseId": case.id})


def _recount(session: Session, case: Case) -> None:
    key = cases.CaseKey(
        household_id=case.household_id, submission_id=None if case.household_id else case.submission_id
    )
    session.flush()
    cases.refresh_cases(session, case.project_id, {key: case.id})
    session.refresh(case)


def _clean(note: str) -> str:
    return note.replace("\x00", "").strip()[:4000]
