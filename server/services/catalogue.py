"""The catalogue for people: checks of the program, rules of the forms in force, settings with their values.

Belongs here: gathering. Does not: what holds where (settings.py), judging (forms.rules, workers.checks).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.rules import Rule
from forms.rules_explain import pick_text
from forms.settings_catalog import SETTINGS
from server.models.form import Form, FormVersion
from server.models.setting import Setting
from server.services import finding_codes, form_cache, publishing
from workers.findings import CATALOG


@dataclass(frozen=True)
class RuleLine:
    """A rule or check in force. knobs: names of the settings that change it; count: findings that fire and are open,
    counted to MOST_COUNTED."""

    code: str
    kind: str
    severity: str
    label: str
    expression: str
    source: str
    knobs: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class RuleGroup:
    """The rules of one form version, or the program's own checks (form_id None)."""

    title: str
    form_id: str | None
    version: str
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True)
class SettingLine:
    """A setting with its default and the values that were set, newest first: (area code, from day, value)."""

    name: str
    label: str
    unit: str
    default: str
    source: str
    rules: tuple[str, ...]
    values: tuple[tuple[str, date, str], ...]


def list_rule_groups(session: Session, project_id: int, language: str) -> list[RuleGroup]:
    """The checks, then the rules of each published form of the campaign."""
    counts = finding_codes.count_open(session, project_id)
    groups = [RuleGroup("", None, "", tuple(_check_lines(counts, language)))]
    others = publishing.known_definitions(session, project_id)
    rows = session.execute(
        select(Form.xml_form_id, FormVersion.id, FormVersion.title, FormVersion.version)
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(Form.xml_form_id)
    ).all()
    for form_id, version_id, title, version in rows:
        rules = form_cache.rules_of(session, version_id, others)
        lines = tuple(_rule_line(rule, counts, language) for rule in rules.rules) if rules else ()
        groups.append(RuleGroup(title, form_id, version, lines))
    return groups


def list_settings(session: Session, language: str) -> list[SettingLine]:
    """The settings of rules, then the knobs of checks, each with the values that were set."""
    rows = session.scalars(select(Setting).order_by(Setting.from_on.desc(), Setting.area_code))
    values: dict[str, list[tuple[str, date, str]]] = {}
    for row in rows:
        values.setdefault(row.name, []).append((row.area_code, row.from_on, row.value))
    lines = [
        SettingLine(
            name=item.name,
            label=pick_text(item.label, language),
            unit=item.unit,
            default="" if item.default is None else str(item.default),
            source=item.source,
            rules=item.rules,
            values=tuple(values.get(item.name, ())),
        )
        for item in SETTINGS.values()
    ]
    return lines + _knob_lines(values, language)


def _check_lines(counts: dict[str, int], language: str) -> list[RuleLine]:
    return [
        RuleLine(
            code=check.code,
            kind=check.kind.value,
            severity=check.severity.value,
            label=pick_text(check.label, language),
            expression="",
            source=check.source,
            knobs=tuple(knob.shared or f"{check.code}.{name}" for name, knob in check.settings.items()),
            count=counts.get(check.code, 0),
        )
        for check in sorted(CATALOG.values(), key=lambda check: check.code)
    ]


def _rule_line(rule: Rule, counts: dict[str, int], language: str) -> RuleLine:
    return RuleLine(
        code=rule.name,
        kind=rule.kind.value,
        severity=rule.severity.value,
        label=pick_text(rule.labels, language) or rule.name,
        expression=rule.expression,
        source=rule.source,
        knobs=tuple(
            sorted(ref.key.lstrip("$") for ref in rule.references if ref.key.lstrip("$") in SETTINGS)
        ),
        count=counts.get(rule.name, 0),
    )


def _knob_lines(values: dict[str, list[tuple[str, date, str]]], language: str) -> list[SettingLine]:
    return [
        SettingLine(
            name=f"{check.code}.{knob.name}",
            label=f"{check.code} {pick_text(check.label, language)}: {_lower(pick_text(knob.label, language))}",
            unit=knob.unit,
            default=f"{knob.default:g}" if isinstance(knob.default, int | float) else knob.default,
            source=check.source,
            rules=(check.code,),
            values=tuple(values.get(f"{check.code}.{knob.name}", ())),
        )
        for check in sorted(CATALOG.values(), key=lambda check: check.code)
        for knob in check.settings.values()
        if not knob.shared
    ]


def _lower(label: str) -> str:
    """A label within a label; capitals stay capitals ('KK')."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def count_rules(groups: Sequence[RuleGroup]) -> int:
    """How many rules and checks stand in these groups."""
    return sum(len(group.rules) for group in groups)
