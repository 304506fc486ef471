"""Why a finding stands there: its label, one sentence, what was looked at, and where the rule comes from.

Belongs here: finding the rule or check behind a finding and letting it speak. Does not: judging (forms.rules,
workers.checks), pages (console).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import FormsError
from forms.facts_catalog import find_fact
from forms.rules import Rule, RuleSet
from forms.rules_explain import pick_text, render_explanation
from forms.settings_catalog import SETTINGS
from server.errors import NotFoundError
from server.models.finding import Finding
from server.models.form import Form
from server.models.household import Snapshot
from server.services import form_cache, publishing
from workers.findings import CATALOG, explain_check

HIDDEN_KEYS = ("peer_ids", "reason", "claimed_name")
MAX_DETAILS = 24


@dataclass(frozen=True)
class Explanation:
    """What a page says about a finding.

    sentence: why it fires; of an unknown, why nobody could look. details: (name, value) of what was read; expression: the
    rule as its author wrote it, '' for a check. origin: 'penyisiran 2026112401' or 'check SP03 v1'.
    """

    label: str
    sentence: str
    details: tuple[tuple[str, str], ...]
    expression: str
    source: str
    origin: str
    snapshot: str


@dataclass(frozen=True)
class _FormRules:
    definition: FormDefinition
    rules: RuleSet | None


class Explainer:
    """Explains the findings of one campaign in one language; reads each rule set once."""

    def __init__(self, session: Session, project_id: int, language: str) -> None:
        self._session = session
        self._language = language
        self._others = publishing.known_definitions(session, project_id)
        self._forms: dict[int, _FormRules | None] = {}
        self._snapshots: dict[int, str] = {}

    def explain(self, finding: Finding) -> Explanation:
        """Label, sentence and origin of one finding, also when its rule is gone: then its code speaks."""
        check = CATALOG.get(finding.code)
        if "values" not in finding.evidence and check is not None:
            return self._explanation(
                finding,
                label=pick_text(check.label, self._language),
                sentence=explain_check(check, finding.evidence, self._language),
                details=_check_details(finding.evidence),
                source=check.source,
            )
        form = self._form(finding)
        rule = _find_rule(form, finding)
        values = finding.evidence.get("values") or {}
        return self._explanation(
            finding,
            label=(pick_text(rule.labels, self._language) or rule.name) if rule else finding.code,
            sentence=self._rule_sentence(finding, rule, form, values),
            details=tuple(
                (self._name(key, form), _say(value)) for key, value in list(values.items())[:MAX_DETAILS]
            ),
            source=str(finding.evidence.get("source") or ""),
        )

    def _explanation(
        self,
        finding: Finding,
        *,
        label: str,
        sentence: str,
        details: tuple[tuple[str, str], ...],
        source: str,
    ) -> Explanation:
        return Explanation(
            label=label,
            sentence=sentence,
            details=details,
            expression=str(finding.evidence.get("expression") or ""),
            source=source,
            origin=finding.rule_version,
            snapshot=self._snapshot(finding.snapshot_id),
        )

    def _rule_sentence(
        self, finding: Finding, rule: Rule | None, form: _FormRules | None, values: Mapping[str, Any]
    ) -> str:
        if finding.outcome == "unknown":
            return ", ".join(self._name(key, form) for key in finding.evidence.get("unknown", ()))
        return render_explanation(rule, values, self._language) if rule else ""

    def _name(self, key: str, form: _FormRules | None) -> str:
        """What a key of the evidence stands for: a question's label, a fact's or setting's description."""
        if key == "$rows":
            return "#"
        if not key.startswith("$"):
            return _question(form.definition if form else None, key, self._language)
        name = key.lstrip("$")
        if "." in name:
            form_id, _, question = name.partition(".")
            return f"{_question(self._others.get(form_id), question, self._language)} ({form_id})"
        if name in SETTINGS:
            return pick_text(SETTINGS[name].label, self._language)
        fact = find_fact(name)
        return pick_text(fact.description, self._language) if fact else name

    def _form(self, finding: Finding) -> _FormRules | None:
        """The form version that made the finding; the form's current one when that is gone."""
        version_id = finding.evidence.get("form_version_id")
        if not isinstance(version_id, int):
            version_id = self._session.scalar(
                select(Form.current_version_id).where(Form.id == finding.form_id)
            )
        if version_id is None:
            return None
        if version_id not in self._forms:
            self._forms[version_id] = self._load(version_id)
        return self._forms[version_id]

    def _load(self, version_id: int) -> _FormRules | None:
        try:
            definition = form_cache.definition_of(self._session, version_id)
            return _FormRules(definition, form_cache.rules_of(self._session, version_id, self._others))
        except (FormsError, NotFoundError):
            return None

    def _snapshot(self, snapshot_id: int | None) -> str:
        if snapshot_id is None:
            return ""
        if snapshot_id not in self._snapshots:
            found = self._session.get(Snapshot, snapshot_id)
            self._snapshots[snapshot_id] = found.name if found else ""
        return self._snapshots[snapshot_id]


def _find_rule(form: _FormRules | None, finding: Finding) -> Rule | None:
    """The row of the sheet that decided; else one of the same name and severity."""
    if form is None or form.rules is None:
        return None
    named = [rule for rule in form.rules.rules if rule.name == finding.code]
    exact = [rule for rule in named if rule.row == finding.evidence.get("row")]
    same = [rule for rule in named if rule.severity.value == finding.severity]
    return next(iter([*exact, *same, *named]), None)


def _question(definition: FormDefinition | None, name: str, language: str) -> str:
    for field in definition.by_name.get(name, ()) if definition else ():
        if label := pick_text(field.labels, language):
            return label
    return name


def _check_details(evidence: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The evidence's plain values; nested ones and ids are for machines."""
    return tuple(_plain_items(evidence))[:MAX_DETAILS]


def _plain_items(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in evidence.items():
        nested = isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(v, dict) for v in value)
        )
        if not nested and name not in HIDDEN_KEYS:
            yield name.replace("_", " "), _say(value)


def _say(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item) for item in value)
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "—" if value is None else str(value)
