"""Judges one rule of the bundled workbooks over answers as phones send them."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from forms.rule_terms import Outcome
from forms.rules import RuleSet, compile_rules
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from forms.settings_catalog import default_settings
from tests.forms.bundled import NAMES, compiled, table
from tests.forms.families import Group, answers_of

FIRES, CLEAR, UNKNOWN, NOT = Outcome.FIRES, Outcome.CLEAR, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
RECIPIENT: Mapping[str, object] = {"programmes": {"pkh"}, "desil": 2, "visits": 1}


def codes() -> set[str]:
    return {row["name"] for name in NAMES for row in table(name, "rules")}


@cache
def rules_of(form: str) -> RuleSet:
    others = {name: compiled(name).definition for name in NAMES if name != form}
    sheet = compiled(form).rules_sheet
    assert sheet is not None
    return compile_rules(sheet, compiled(form).definition, others, codes=codes())


def form_of(code: str) -> str:
    return next(name for name in NAMES if any(rule.name == code for rule in rules_of(name).rules))


def judge(
    code: str, answers: Group, others: Mapping[str, Group] | None = None, **facts: object
) -> RuleResult:
    """The result of one rule for a family on PKH in decile 2; facts overrule, None makes one unknown."""
    form = form_of(code)
    situation = Situation(
        answers=answers_of(form, answers),
        visited_on=date(2026, 3, 2),
        facts={**RECIPIENT, **facts},
        other_answers={name: answers_of(name, other) for name, other in (others or {}).items()},
        settings=default_settings(),
    )
    rule_set = rules_of(form)
    level = next(rule.level for rule in rule_set.rules if rule.name == code)
    return next(result for result in evaluate_rules(rule_set, situation, level=level) if result.name == code)
