"""Screening: facts in, findings out, cases up to date. Idempotent; in batches; the caller commits once.

Belongs here: the order of things: submission checks and rules, then the household's, then cases, then the peers.
Does not: gathering facts (facts.py), the checks (workers.checks), the life of a finding (finding_store.py).
Source: the house's semantics, sections 2 and 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forms.rule_terms import Level, Outcome
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from server.backends import Backends
from server.db import now
from server.models.finding import Finding, SubjectKind
from server.models.submission import Submission
from server.services import cases, household_rules, tasks
from server.services.facts import Visit, load_visits
from server.services.finding_store import Draft, store_findings
from server.services.household_rules import CampaignRules, load_campaign_rules
from server.services.settings import SettingTable, load_settings
from workers.findings import Finding as CheckFinding
from workers.findings import Subject, fact_values, run_checks


def screen_submissions(session: Session, backends: Backends, ids: Sequence[int]) -> int:
    """Runs every check and rule over these submissions and stores what they say. Returns: how many were screened.

    Effects: findings upserted or closed, cases made and counted, peers that must know of it owed a screening,
    screened_at set. The same submissions again give the same findings.
    """
    visits = load_visits(session, backends, ids)
    for project_id in sorted({visit.submission.project_id for visit in visits}):
        _screen_project(
            session, backends, project_id, [v for v in visits if v.submission.project_id == project_id]
        )
    session.execute(
        update(Submission).where(Submission.id.in_(ids)).values(screened_at=now(), screening_error=None)
    )
    return len(visits)


def _screen_project(session: Session, backends: Backends, project_id: int, visits: list[Visit]) -> None:
    settings = load_settings(session)
    rules = load_campaign_rules(session, project_id)
    drafts: list[Draft] = []
    shared: dict[int, list[CheckFinding]] = {}
    for visit in visits:
        own, about_household = _check(visit, settings)
        drafts += own
        drafts += _apply_rules(session, backends, visit, settings, rules)
        if visit.household_id is not None:
            shared[visit.household_id] = about_household
    peers_before = _stored_peers(session, [visit.submission.id for visit in visits])
    store_findings(
        session, project_id, [(SubjectKind.submission, visit.submission.id) for visit in visits], drafts
    )
    household_ids = sorted(shared)
    household_drafts = [
        _household_draft(found, household_id)
        for household_id in household_ids
        for found in shared[household_id]
    ]
    household_drafts += household_rules.evaluate(
        session, backends, project_id, household_ids, settings, rules
    )
    store_findings(
        session, project_id, [(SubjectKind.household, number) for number in household_ids], household_drafts
    )
    _owe_peers(session, visits, drafts, peers_before)
    keys = {
        cases.CaseKey(household_id=v.household_id)
        if v.household_id
        else cases.CaseKey(submission_id=v.submission.id)
        for v in visits
    }
    cases.refresh_cases(session, project_id, cases.ensure_cases(session, project_id, keys))
    for visit in visits:
        if visit.household_id is not None and visit.submission.is_final:
            tasks.complete_tasks(session, visit.submission, visit.form.xml_form_id)


def _check(visit: Visit, settings: SettingTable) -> tuple[list[Draft], list[CheckFinding]]:
    """(drafts about the submission, findings about its household)."""
    if visit.facts is None:
        return [], []
    values = settings.values_at(visit.area_path, visit.visited_on or visit.submission.created_at.date())
    found = run_checks(visit.facts, _knobs(values))
    own = [_draft(visit, item) for item in found if item.subject is Subject.SUBMISSION]
    return own, [item for item in found if item.subject is Subject.HOUSEHOLD]


def _knobs(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """'SP03.tolerance_m' = 200 -> {'SP03': {'tolerance_m': 200}}."""
    knobs: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        code, dot, knob = name.partition(".")
        if dot:
            knobs.setdefault(code, {})[knob] = value
    return knobs


def _draft(visit: Visit, found: CheckFinding) -> Draft:
    return Draft(
        subject=(SubjectKind.submission, visit.submission.id),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=_evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
        submission_id=visit.submission.id,
        household_id=visit.household_id,
        officer_id=visit.submission.submitter_id,
        form_id=visit.form.id,
    )


def _household_draft(found: CheckFinding, household_id: int) -> Draft:
    return Draft(
        subject=(SubjectKind.household, household_id),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=_evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
        household_id=household_id,
    )


def _evidence_of(found: CheckFinding) -> dict[str, Any]:
    evidence: dict[str, Any] = dict(found.evidence)
    if found.parameters:
        evidence["settings"] = dict(found.parameters)
    if found.peers:
        evidence["peer_ids"] = list(found.peers)
    return evidence


def _apply_rules(
    session: Session, backends: Backends, visit: Visit, settings: SettingTable, rules: CampaignRules
) -> list[Draft]:
    """The submission-level rules of the submission's own form version."""
    rule_set = rules.of_version(session, visit.version.form_version_id)
    if rule_set is None or visit.answers is None or visit.facts is None or visit.visited_on is None:
        return []
    situation = Situation(
        answers=visit.answers,
        visited_on=visit.visited_on,
        facts=fact_values(visit.facts),
        other_answers=household_rules.LatestAnswers(
            session, backends, visit.submission.project_id, visit.household_id
        ),
        settings=settings.values_at(visit.area_path, visit.visited_on),
        tzinfo=backends.config.timezone,
    )
    results = evaluate_rules(rule_set, situation, level=Level.SUBMISSION)
    return [
        rule_draft(result, visit, (SubjectKind.submission, visit.submission.id))
        for result in results
        if result.outcome in (Outcome.FIRES, Outcome.UNKNOWN)
    ]


def rule_draft(result: RuleResult, visit: Visit, subject: tuple[SubjectKind, int]) -> Draft:
    """A rule's outcome as a finding about a submission."""
    return Draft(
        subject=subject,
        code=result.name,
        kind=result.rule.kind.value,
        severity=result.rule.severity.value,
        outcome=result.outcome.value,
        evidence=household_rules.rule_evidence(result, visit.form.xml_form_id, visit.version.form_version_id),
        rule_version=f"{visit.form.xml_form_id} {visit.definition.version}",
        submission_id=visit.submission.id,
        household_id=visit.household_id,
        officer_id=visit.submission.submitter_id,
        form_id=visit.form.id,
    )


def _stored_peers(session: Session, submission_ids: list[int]) -> dict[tuple[int, str], set[int]]:
    """(submission, code) -> peers that its stored finding names."""
    rows = session.execute(
        select(Finding.subject_id, Finding.code, Finding.evidence).where(
            Finding.subject_kind == SubjectKind.submission,
            Finding.subject_id.in_(submission_ids),
            Finding.closed_at.is_(None),
        )
    )
    return {(row.subject_id, row.code): set(row.evidence.get("peer_ids", ())) for row in rows}


def _owe_peers(
    session: Session,
    visits: Iterable[Visit],
    drafts: Iterable[Draft],
    before: Mapping[tuple[int, str], set[int]],
) -> None:
    """Submissions that a finding names, or named before, must name this one back, or no longer: they are owed a screening."""
    own = {visit.submission.id for visit in visits}
    after = {(d.submission_id or 0, d.code): set(d.evidence.get("peer_ids", ())) for d in drafts}
    touched = set()
    for key in after.keys() | before.keys():
        touched |= after.get(key, set()) ^ before.get(key, set())
    others = touched - own
    if others:
        session.execute(
            update(Submission)
            .where(Submission.id.in_(others), Submission.deleted_at.is_(None))
            .values(screened_at=None)
        )
