"""Screening: facts in, findings out, cases up to date. Idempotent; in batches; the caller commits once.

Belongs here: the order of things: submission checks and rules, then the household's, then cases, then the peers.
Does not: gathering facts (facts.py), the checks (workers.checks), the life of a finding (finding_store.py), who else must
be screened again (peers.py, settling.py).
Source: the house's semantics, sections 2 and 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.rule_terms import Level, Outcome
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from server.backends import Backends
from server.db import one_of
from server.models.case import Case, CaseState
from server.models.finding import SubjectKind
from server.models.task import Task, TaskState
from server.services import cases, facts_days, household_rules, peers, tasks
from server.services.answers import Reader
from server.services.campaign_rules import CampaignRules, LatestAnswers, load_campaign_rules
from server.services.entity_work import working_on
from server.services.facts import Visit, load_visits
from server.services.finding_store import FIRES, Draft, evidence_of, store_findings
from server.services.settings import SettingTable, knobs_of, load_settings
from workers.findings import CATALOG, VISIT_SUBJECTS, Subject, Tuned, fact_values, run_tuned, tune_checks
from workers.findings import Finding as CheckFinding

Checks = Mapping[Subject, tuple[Tuned, ...]]
_CHECKS = {
    subject: tuple(check for check in CATALOG.values() if check.subject is subject)
    for subject in VISIT_SUBJECTS
}
WEIGHTY = ("high", "medium")


def screen_submissions(
    session: Session,
    backends: Backends,
    ids: Sequence[int],
    reader: Reader | None = None,
    later: set[int] | None = None,
) -> int:
    """Runs every check and rule over these submissions and stores what they say. Returns: how many were screened.

    Args: reader has what was read of them before, if anything; later: see peers.owe.
    Effects: findings upserted or closed, cases made and counted, peers that must know of it owed a screening,
    screened_at set. The same submissions again give the same findings.
    """
    reader = reader or Reader(backends)
    visits = load_visits(session, backends, ids, reader)
    for project_id in sorted({visit.submission.project_id for visit in visits}):
        ours = [visit for visit in visits if visit.submission.project_id == project_id]
        owed = _Campaign(session, backends, project_id, ours, reader).screen()
        peers.owe(session, owed, later)
    session.flush()
    return len(visits)


class _Settings:
    """The settings of a batch, looked up once for each area and day; checks are tuned once for settings that are alike."""

    def __init__(self, table: SettingTable) -> None:
        self.table = table
        self._known: dict[tuple[str | None, date], tuple[Mapping[str, Decimal], Checks]] = {}
        self._tuned: dict[frozenset[tuple[str, Decimal]], Checks] = {}

    def at(self, area_path: str | None, day: date) -> tuple[Mapping[str, Decimal], Checks]:
        """(values for rules, checks with their settings)."""
        key = (area_path, day)
        if key not in self._known:
            values = self.table.values_at(area_path, day)
            self._known[key] = values, self._tune(values)
        return self._known[key]

    def _tune(self, values: Mapping[str, Decimal]) -> Checks:
        key = frozenset(values.items())
        if key not in self._tuned:
            knobs = knobs_of(values)
            self._tuned[key] = {subject: tune_checks(knobs, checks) for subject, checks in _CHECKS.items()}
        return self._tuned[key]


class _Campaign:
    """The visits of one campaign in a batch, on their way from facts to cases."""

    def __init__(
        self, session: Session, backends: Backends, project_id: int, visits: list[Visit], reader: Reader
    ) -> None:
        self._session, self._backends, self._project_id = session, backends, project_id
        self._visits = visits
        self._settings = _Settings(load_settings(session))
        self._rules: CampaignRules = load_campaign_rules(session, project_id)
        self._answers = LatestAnswers(
            session, reader, project_id, {visit.household_id for visit in visits if visit.household_id}
        )
        self._case_ids: Mapping[cases.CaseKey, int] = {}
        self._fetch()

    def _fetch(self) -> None:
        """Rules, and the answers of other forms that they read, in one query each."""
        self._rules.fetch(self._session, {visit.version.form_version_id for visit in self._visits})
        self._answers.fetch((visit.household_id, self._forms_read(visit)) for visit in self._visits)

    def _forms_read(self, visit: Visit) -> frozenset[str]:
        return self._rules.forms_read(self._session, visit.version.form_version_id)

    def screen(self) -> set[int]:
        """Findings of submissions, then of households; then cases and tasks. Returns: peers to be screened again."""
        keys = {_case_key(visit.household_id, visit.submission.id) for visit in self._visits}
        self._case_ids = cases.ensure_cases(self._session, self._project_id, keys)
        drafts: list[Draft] = []
        of_households: dict[int, list[Draft]] = {}
        for visit in self._visits:
            own, about_household = self._check(visit)
            drafts += [*own, *self._apply_rules(visit)]
            if visit.household_id is not None:
                of_households[visit.household_id] = about_household
        submission_ids = [visit.submission.id for visit in self._visits]
        named_before = peers.stored_peers(self._session, submission_ids)
        opened = self._store(SubjectKind.submission, submission_ids, drafts)
        opened += self._screen_households(of_households)
        self._update_cases(opened)
        self._complete_tasks()
        return peers.find_disagreeing(
            self._session, submission_ids, drafts, named_before
        ) | facts_days.find_outdated(self._session, self._beside(), submission_ids)

    def _beside(self) -> dict[int, frozenset[int]]:
        """The officers' visits next to these in time, each with those next to it."""
        return {number: around for visit in self._visits for number, around in visit.beside.items()}

    def _screen_households(self, own_findings: dict[int, list[Draft]]) -> list[Draft]:
        registers = {
            visit.household_id: visit.facts.register
            for visit in self._visits
            if visit.household_id is not None and visit.facts is not None and visit.facts.register is not None
        }
        batch = household_rules.Batch(
            registers=registers,
            own_findings=own_findings,
            screened={visit.submission.id for visit in self._visits},
            settings=self._settings.table,
        )
        drafts = [draft for found in own_findings.values() for draft in found]
        drafts += household_rules.evaluate(self._session, self._backends, self._rules, self._answers, batch)
        return self._store(SubjectKind.household, own_findings, drafts)

    def _store(self, kind: SubjectKind, ids: Iterable[int], drafts: Iterable[Draft]) -> list[Draft]:
        subjects = [(kind, number) for number in ids]
        stored = store_findings(self._session, self._project_id, subjects, drafts, case_of=self._case_of)
        return list(stored.opened)

    def _case_of(self, draft: Draft) -> int | None:
        return self._case_ids.get(_case_key(draft.household_id, draft.submission_id))

    def _check(self, visit: Visit) -> tuple[list[Draft], list[Draft]]:
        """(drafts about the submission, drafts about its household)."""
        if visit.facts is None:
            return [], []
        _, checks = self._settings.at(visit.area_path, _day(visit))
        own = run_tuned(visit.facts, checks[Subject.SUBMISSION])
        # What is said about the household must not depend on which of its visits is looked at: its latest day decides.
        latest = visit.facts.history and visit.facts.history.last_visited_on
        _, checks = self._settings.at(visit.area_path, latest or _day(visit))
        about = run_tuned(visit.facts, checks[Subject.HOUSEHOLD])
        return [_draft(visit, item) for item in own], [_household_draft(visit, item) for item in about]

    def _apply_rules(self, visit: Visit) -> list[Draft]:
        """The submission-level rules of the submission's own form version."""
        rule_set = self._rules.of_version(self._session, visit.version.form_version_id)
        if rule_set is None or visit.answers is None or visit.facts is None:
            return []
        values, _ = self._settings.at(visit.area_path, _day(visit))
        situation = Situation(
            answers=visit.answers,
            visited_on=_day(visit),
            facts=fact_values(visit.facts),
            other_answers=self._answers.read(visit.household_id, self._forms_read(visit)),
            settings=values,
            tzinfo=self._backends.config.timezone,
        )
        results = evaluate_rules(rule_set, situation, level=Level.SUBMISSION)
        return [
            rule_draft(result, visit, (SubjectKind.submission, visit.submission.id))
            for result in results
            if result.outcome in (Outcome.FIRES, Outcome.UNKNOWN)
        ]

    def _update_cases(self, opened: Iterable[Draft]) -> None:
        cases.refresh_cases(self._session, self._project_id, self._case_ids)
        weighty = {
            _case_key(draft.household_id, draft.submission_id)
            for draft in opened
            if draft.outcome == FIRES and draft.severity in WEIGHTY
        }
        if weighty:
            cases.reopen_cases(self._session, self._project_id, weighty)
        at_home = [visit.submission.id for visit in self._visits if visit.household_id is not None]
        cases.drop_untouched(self._session, self._project_id, at_home)

    def _complete_tasks(self) -> None:
        """The tasks that these visits answer; entity lists are counted once, at the end."""
        waiting = _waiting_households(self._session, self._project_id, [v.household_id for v in self._visits])
        with working_on(self._session):
            for visit in self._visits:
                if visit.household_id in waiting and visit.submission.is_final:
                    tasks.complete_tasks(self._session, visit.submission, visit.form.xml_form_id)


def _day(visit: Visit) -> date:
    return visit.visited_on or visit.submission.created_at.date()


def _case_key(household_id: int | None, submission_id: int | None) -> cases.CaseKey:
    if household_id is not None:
        return cases.CaseKey(household_id=household_id)
    return cases.CaseKey(submission_id=submission_id)


def _waiting_households(session: Session, project_id: int, ids: Iterable[int | None]) -> set[int | None]:
    """Those of these households that an open task or a case waits for."""
    households = {number for number in ids if number is not None}
    if not households:
        return set()
    tasked = select(Task.household_id).where(
        Task.project_id == project_id, one_of(Task.household_id, households), Task.state == TaskState.open
    )
    proposed = select(Case.household_id).where(
        Case.project_id == project_id, one_of(Case.household_id, households), Case.state == CaseState.proposed
    )
    return set(session.scalars(tasked.union_all(proposed)))


def _draft(visit: Visit, found: CheckFinding) -> Draft:
    return Draft(
        subject=(SubjectKind.submission, visit.submission.id),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
        submission_id=visit.submission.id,
        household_id=visit.household_id,
        officer_id=visit.submission.submitter_id,
        form_id=visit.form.id,
        snapshot_id=visit.home.snapshot_id if visit.home else None,
    )


def _household_draft(visit: Visit, found: CheckFinding) -> Draft:
    number = visit.household_id or 0
    return Draft(
        subject=(SubjectKind.household, number),
        code=found.code,
        kind=found.kind.value,
        severity=found.severity.value,
        outcome=found.outcome.value,
        evidence=evidence_of(found),
        rule_version=f"check {found.code} v{found.version}",
        household_id=number,
        snapshot_id=visit.home.snapshot_id if visit.home else None,
    )


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
        snapshot_id=visit.home.snapshot_id if visit.home else None,
    )
