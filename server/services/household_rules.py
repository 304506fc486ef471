"""Rules about a household as a whole: after all its submissions were judged, over all its forms.

Belongs here: the household level of the rule language. Does not: rules about one submission (screening.py), reading rules
and answers (campaign_rules.py).
Source: the house's semantics, section 3.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.rule_terms import Level, Outcome
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from server.backends import Backends
from server.db import one_of
from server.models.finding import Finding, SubjectKind
from server.models.submission import Submission
from server.services.campaign_rules import CampaignRules, Latest, LatestAnswers
from server.services.finding_store import Draft
from server.services.settings import SettingTable
from workers.findings import CATALOG, VISIT_SUBJECTS, RegisterFacts, Subject, register_values

SEVERITIES = ("high", "medium", "low", "info")
_CODES_OF_VISITS = frozenset(code for code, check in CATALOG.items() if check.subject in VISIT_SUBJECTS)
_CODES_OF_HOUSEHOLDS = frozenset(
    code for code, check in CATALOG.items() if check.subject is Subject.HOUSEHOLD
)


@dataclass(frozen=True)
class Batch:
    """What is known about the households of a batch. screened: submissions that were judged in this very batch."""

    registers: Mapping[int, RegisterFacts]
    own_findings: Mapping[int, Collection[Draft]]
    """Household -> what checks say about it as a whole."""
    screened: Collection[int]
    settings: SettingTable


def evaluate(
    session: Session, backends: Backends, rules: CampaignRules, answers: LatestAnswers, batch: Batch
) -> list[Draft]:
    """Findings of the household-level rules of all forms that these households have submissions of."""
    concerned = _concerned(session, rules, answers, batch)
    found = _stored(session, [latest.submission_id for _, latest, _ in concerned])
    places = _places(session, [latest.submission_id for _, latest, _ in concerned])
    answers.fetch(
        (household_id, {latest.xml_form_id, *rules.forms_read(session, latest.form_version_id)})
        for household_id, latest, judged in concerned
        if judged
    )
    fires = {
        household_id: _fires(
            session, rules, answers.latest(household_id).values(), found, batch, household_id
        )
        for household_id in {household_id for household_id, _, judged in concerned if judged}
    }
    drafts: list[Draft] = []
    for household_id, latest, judged in concerned:
        if judged:
            area_path, day = places[latest.submission_id]
            situation = Situation(
                answers=answers.read(household_id, [latest.xml_form_id])[latest.xml_form_id],
                visited_on=day,
                facts={**register_values(batch.registers[household_id]), **fires[household_id]},
                other_answers=answers.read(household_id, rules.forms_read(session, latest.form_version_id)),
                settings=batch.settings.values_at(area_path, day),
                tzinfo=backends.config.timezone,
            )
            drafts += _judge(session, rules, latest, situation, household_id)
    return drafts


def _concerned(
    session: Session, rules: CampaignRules, answers: LatestAnswers, batch: Batch
) -> list[tuple[int, Latest, bool]]:
    """(household, latest submission, whether its form has household rules), for households with any such form."""
    latest = {household_id: answers.latest(household_id).values() for household_id in sorted(batch.registers)}
    rules.fetch(session, {item.form_version_id for items in latest.values() for item in items})
    concerned = []
    for household_id, items in latest.items():
        judged = [
            (household_id, item, rules.has_household_level(session, item.form_version_id)) for item in items
        ]
        if any(has_rules for _, _, has_rules in judged):
            concerned += judged
    return concerned


def _stored(session: Session, submission_ids: Collection[int]) -> dict[int, list[Any]]:
    """Submission -> what its findings say now."""
    rows = session.execute(
        select(Finding.subject_id, Finding.code, Finding.kind, Finding.severity, Finding.outcome).where(
            one_of(Finding.submission_id, submission_ids),
            Finding.subject_kind == SubjectKind.submission,
            Finding.closed_at.is_(None),
        )
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.subject_id, []).append(row)
    return found


def _places(session: Session, submission_ids: Collection[int]) -> dict[int, tuple[str | None, date]]:
    """Submission -> area and day of the visit."""
    rows = session.execute(
        select(Submission.id, Submission.area_path, Submission.visited_on, Submission.created_at).where(
            one_of(Submission.id, submission_ids)
        )
    )
    return {row.id: (row.area_path, row.visited_on or row.created_at.date()) for row in rows}


def _fires(
    session: Session,
    rules: CampaignRules,
    latest: Iterable[Latest],
    found: Mapping[int, list[Any]],
    batch: Batch,
    household_id: int,
) -> dict[str, object]:
    """$fires_CODE and the counts. False for what was judged and is clear; absent, so unknown, for what was not judged."""
    judged = [item for item in latest if item.is_screened or item.submission_id in batch.screened]
    rows = [row for item in judged for row in found.get(item.submission_id, ())]
    rows += list(batch.own_findings.get(household_id, ()))
    names = set(_CODES_OF_VISITS if judged else _CODES_OF_HOUSEHOLDS)
    for item in judged:
        rule_set = rules.of_version(session, item.form_version_id)
        levels = rule_set.by_level[Level.SUBMISSION] if rule_set else ()
        names |= {alternatives[0].name for alternatives in levels}
    values: dict[str, object] = {f"fires_{name}": False for name in names}
    values |= {f"fires_{row.code}": None for row in rows if row.outcome == "unknown"}
    firing = [row for row in rows if row.outcome == "fires"]
    values |= {f"fires_{row.code}": True for row in firing}
    for severity in SEVERITIES:
        values[f"count_{severity}_ineligible"] = sum(
            1 for row in firing if row.kind == "ineligible" and row.severity == severity
        )
    values["count_protect"] = sum(1 for row in firing if row.kind == "protect")
    return values


def _judge(
    session: Session, rules: CampaignRules, latest: Latest, situation: Situation, household_id: int
) -> list[Draft]:
    rule_set = rules.of_version(session, latest.form_version_id)
    if rule_set is None:
        return []
    return [
        _draft(result, latest, household_id)
        for result in evaluate_rules(rule_set, situation, level=Level.HOUSEHOLD)
        if result.outcome in (Outcome.FIRES, Outcome.UNKNOWN)
    ]


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
