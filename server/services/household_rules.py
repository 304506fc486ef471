"""Rules about a household as a whole: after all its submissions were judged, over all its forms.

Belongs here: the household level of the rule language, and the household's latest answers for rules of any form.
Source: the house's semantics, section 3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.rule_terms import Level, Outcome
from forms.rules import RuleSet
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from forms.values import Answers
from server.backends import Backends
from server.models.finding import Finding, SubjectKind
from server.models.form import Form, FormVersion
from server.models.submission import Submission, SubmissionVersion
from server.services import facts_people, form_cache
from server.services.answers import read_answers
from server.services.finding_store import Draft
from server.services.publishing import known_definitions
from server.services.settings import SettingTable
from workers.findings import register_values


@dataclass(frozen=True)
class CampaignRules:
    """The forms of a campaign as rules see them."""

    definitions: Mapping[str, FormDefinition]

    def of_version(self, session: Session, version_id: int) -> RuleSet | None:
        """The compiled rules of a form version, or None when it has none."""
        return form_cache.rules_of(session, version_id, self.definitions)


def load_campaign_rules(session: Session, project_id: int) -> CampaignRules:
    """The campaign's published forms; rule sets are compiled when they are asked for."""
    return CampaignRules(known_definitions(session, project_id))


@dataclass(frozen=True)
class Latest:
    """A household's latest submission of one form."""

    submission_id: int
    form_id: int
    xml_form_id: str
    version_id: int
    form_version_id: int
    version: str


class LatestAnswers(Mapping[str, Answers | None]):
    """form id -> the household's latest answers of that form; read when a rule asks for them."""

    def __init__(
        self, session: Session, backends: Backends, project_id: int, household_id: int | None
    ) -> None:
        self._session, self._backends = session, backends
        self._project_id, self._household_id = project_id, household_id
        self._latest: dict[str, Latest] | None = None
        self._read: dict[str, Answers | None] = {}

    def latest(self) -> dict[str, Latest]:
        """The latest submission by form id."""
        if self._latest is None:
            self._latest = latest_submissions(self._session, self._project_id, self._household_id)
        return self._latest

    def __getitem__(self, form_id: str) -> Answers | None:
        if form_id not in self._read:
            found = self.latest()[form_id]
            version = self._session.get_one(SubmissionVersion, found.version_id)
            self._read[form_id] = read_answers(self._session, self._backends, version)
        return self._read[form_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.latest())

    def __len__(self) -> int:
        return len(self.latest())


def latest_submissions(session: Session, project_id: int, household_id: int | None) -> dict[str, Latest]:
    """form id -> the household's latest submission of it that was not rejected."""
    if household_id is None:
        return {}
    rows = session.execute(
        select(
            Submission.id,
            Form.id.label("form_id"),
            Form.xml_form_id,
            SubmissionVersion.id.label("version_id"),
            SubmissionVersion.form_version_id,
            FormVersion.version,
        )
        .join(Form, Form.id == Submission.form_id)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(
            Submission.project_id == project_id,
            Submission.household_id == household_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            Submission.review_state.is_distinct_from("rejected"),
        )
        .order_by(Submission.id)
    )
    return {row.xml_form_id: Latest(*row) for row in rows}


def evaluate(
    session: Session,
    backends: Backends,
    project_id: int,
    household_ids: Sequence[int],
    settings: SettingTable,
    rules: CampaignRules,
) -> list[Draft]:
    """Findings of the household-level rules of all forms that these households have submissions of."""
    if not household_ids:
        return []
    registers = facts_people.load_register(session, backends.seal, household_ids)
    drafts: list[Draft] = []
    for household_id in household_ids:
        answers = LatestAnswers(session, backends, project_id, household_id)
        sets = {
            latest: rules.of_version(session, latest.form_version_id) for latest in answers.latest().values()
        }
        if not any(found and found.by_level[Level.HOUSEHOLD] for found in sets.values()):
            continue
        fires = _fires(session, sets)
        register = registers[household_id]
        for latest, rule_set in sets.items():
            if rule_set is None or not rule_set.by_level[Level.HOUSEHOLD]:
                continue
            submission = session.get_one(Submission, latest.submission_id)
            day = submission.visited_on or submission.created_at.date()
            situation = Situation(
                answers=answers[latest.xml_form_id],
                visited_on=day,
                facts={**register_values(register), **fires},
                other_answers=answers,
                settings=settings.values_at(submission.area_path, day),
                tzinfo=backends.config.timezone,
            )
            results = evaluate_rules(rule_set, situation, level=Level.HOUSEHOLD)
            drafts += [
                _draft(result, latest, household_id)
                for result in results
                if result.outcome in (Outcome.FIRES, Outcome.UNKNOWN)
            ]
    return drafts


def _fires(session: Session, sets: Mapping[Latest, RuleSet | None]) -> dict[str, object]:
    """$fires_CODE of every submission rule of the household's forms, and the counts; a form not yet filled in is absent."""
    names = {
        alternatives[0].name
        for found in sets.values()
        if found
        for alternatives in found.by_level[Level.SUBMISSION]
    }
    rows = session.execute(
        select(Finding.code, Finding.kind, Finding.severity, Finding.outcome).where(
            Finding.subject_kind == SubjectKind.submission,
            Finding.subject_id.in_([latest.submission_id for latest in sets]),
            Finding.closed_at.is_(None),
        )
    ).all()
    values: dict[str, object] = {f"fires_{name}": False for name in names}
    values |= {f"fires_{row.code}": None for row in rows if row.outcome == "unknown"}
    values |= {f"fires_{row.code}": True for row in rows if row.outcome == "fires"}
    firing = [row for row in rows if row.outcome == "fires"]
    for severity in ("high", "medium", "low", "info"):
        values[f"count_{severity}_ineligible"] = sum(
            1 for row in firing if row.kind == "ineligible" and row.severity == severity
        )
    values["count_protect"] = sum(1 for row in firing if row.kind == "protect")
    return values


def _draft(result: RuleResult, latest: Latest, household_id: int) -> Draft:
    return Draft(
        subject=(SubjectKind.household, household_id),
        code=result.name,
        kind=result.rule.kind.value,
        severity=result.rule.severity.value,
        outcome=result.outcome.value,
        evidence=rule_evidence(result, latest.xml_form_id, latest.form_version_id),
        rule_version=f"{latest.xml_form_id} {latest.version}",
        household_id=household_id,
        form_id=latest.form_id,
    )


def rule_evidence(result: RuleResult, form_id: str, form_version_id: int) -> dict[str, Any]:
    """What a person needs to follow a rule's outcome: values read, the rule's text, its source, where it stands."""
    return {
        "values": dict(result.evidence),
        "unknown": list(result.unknown),
        "expression": result.rule.expression,
        "source": result.rule.source,
        "form": form_id,
        "form_version_id": form_version_id,
        "row": result.rule.row,
    }
