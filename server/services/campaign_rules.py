"""The rules of a campaign's forms, and the latest answers of its households that they may read.

Belongs here: reading both for a batch. Does not: evaluating (screening.py, household_rules.py).
Source: the house's semantics, section 3, "Other forms".
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.rule_terms import Level
from forms.rules import RuleSet
from forms.values import Answers
from server.db import one_of
from server.models.form import Form, FormVersion
from server.models.submission import Submission, SubmissionVersion
from server.services import form_cache
from server.services.answers import Reader


class CampaignRules:
    """The forms of a campaign as rules see them; each version's rules are looked up once."""

    def __init__(self, definitions: Mapping[str, FormDefinition]) -> None:
        self.definitions = definitions
        self._sets: dict[int, RuleSet | None] = {}
        self._forms: dict[int, frozenset[str]] = {}

    def fetch(self, session: Session, version_ids: Iterable[int]) -> None:
        """Looks the rules of these form versions up, those not known yet in one query."""
        missing = set(version_ids) - self._sets.keys()
        if missing:
            self._sets |= form_cache.rule_sets_of(session, missing, self.definitions)

    def of_version(self, session: Session, version_id: int) -> RuleSet | None:
        """The compiled rules of a form version, or None when it has none."""
        self.fetch(session, [version_id])
        return self._sets[version_id]

    def forms_read(self, session: Session, version_id: int) -> frozenset[str]:
        """The other forms that the rules of a form version read."""
        if version_id not in self._forms:
            rule_set = self.of_version(session, version_id)
            self._forms[version_id] = frozenset(
                reference.scope[0]
                for rule in (rule_set.rules if rule_set else ())
                for reference in rule.references
                if reference.scope[0]
            )
        return self._forms[version_id]

    def has_household_level(self, session: Session, version_id: int) -> bool:
        """Whether a form version has rules about households as a whole."""
        rule_set = self.of_version(session, version_id)
        return rule_set is not None and bool(rule_set.by_level[Level.HOUSEHOLD])


def load_campaign_rules(session: Session, project_id: int) -> CampaignRules:
    """The campaign's published forms; rule sets are compiled when they are asked for."""
    rows = session.execute(
        select(Form.xml_form_id, Form.current_version_id).where(
            Form.project_id == project_id, Form.deleted_at.is_(None), Form.current_version_id.is_not(None)
        )
    ).all()
    definitions = form_cache.definitions_of(session, {row.current_version_id for row in rows})
    return CampaignRules({row.xml_form_id: definitions[row.current_version_id] for row in rows})


class Latest(NamedTuple):
    """A household's latest accepted submission of one form. is_screened: its findings say what its rules say."""

    submission_id: int
    form_id: int
    xml_form_id: str
    version_id: int
    form_version_id: int
    version: str
    is_screened: bool


class LatestAnswers:
    """The latest submissions of a batch of households, by form; their answers are read when a rule needs them."""

    def __init__(
        self, session: Session, reader: Reader, project_id: int, household_ids: Iterable[int]
    ) -> None:
        self._session, self._reader = session, reader
        self._latest = latest_submissions(session, project_id, set(household_ids))
        self._definitions = form_cache.definitions_of(
            session, {item.form_version_id for forms in self._latest.values() for item in forms.values()}
        )

    def latest(self, household_id: int | None) -> Mapping[str, Latest]:
        """Form id -> the household's latest submission of it; {} for no household."""
        return self._latest.get(household_id or 0, {})

    def fetch(self, wanted: Iterable[tuple[int | None, Iterable[str]]]) -> None:
        """Reads the answers of (household, form ids) in one query."""
        versions = {
            found.version_id
            for household_id, form_ids in wanted
            for form_id in form_ids
            if (found := self.latest(household_id).get(form_id))
        }
        self._reader.fetch(self._session, versions)

    def read(self, household_id: int | None, form_ids: Iterable[str]) -> dict[str, Answers | None]:
        """Form id -> the household's latest answers, for those of these forms that it has."""
        latest = self.latest(household_id)
        return {form_id: self._answers(latest[form_id]) for form_id in form_ids if form_id in latest}

    def _answers(self, found: Latest) -> Answers | None:
        definition = self._definitions[found.form_version_id]
        return self._reader.answers(self._session, found.version_id, definition)


def latest_submissions(
    session: Session, project_id: int, household_ids: set[int]
) -> dict[int, dict[str, Latest]]:
    """Household -> form id -> its latest submission that was not rejected."""
    if not household_ids:
        return {}
    rows = session.execute(
        select(
            Submission.household_id,
            Submission.id,
            Form.id.label("form_id"),
            Form.xml_form_id,
            SubmissionVersion.id.label("version_id"),
            SubmissionVersion.form_version_id,
            FormVersion.version,
            Submission.screened_at.is_not(None) & Submission.screening_error.is_(None),
        )
        .join(Form, Form.id == Submission.form_id)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(
            Submission.project_id == project_id,
            one_of(Submission.household_id, household_ids),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            Submission.review_state.is_distinct_from("rejected"),
        )
        .order_by(Submission.id)
    )
    found: dict[Any, dict[str, Latest]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row.xml_form_id] = Latest._make(row[1:])
    return found
