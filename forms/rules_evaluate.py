"""Evaluates the rules of a form over one submission or one household.

Belongs here: Situation, RuleResult, outcomes of rows and of alternatives.
Does not: compiling (rules.py), what evidence says (rules_evidence.py), storing findings
(server.services.screening). Source: docs/semantics, sections 2 and 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import NamedTuple

from forms.rule_terms import Level, Outcome
from forms.rules import Rule, RuleSet
from forms.rules_evidence import collect_evidence, list_unknown
from forms.rules_read import WESTERN_INDONESIA, Environment, Places, each_row
from forms.rules_values import UNKNOWN, Truth
from forms.values import Answers


@dataclass(frozen=True)
class Situation:
    """All that rules may look at, loaded by the caller; the same situation always gives the same results.

    answers: the submission, None when a household has none of this form. visited_on: what today() says.
    facts: name without `$` -> value (number, text, bool, date, collection of texts); None or absent is
    unknown. other_answers: form id -> the household's latest accepted submission of it, None or absent when
    there is none. settings: name without `$` -> number, of the day of the visit and the household's area;
    absent is unknown. tzinfo: the area's time zone, in which a date and time becomes a date.
    """

    answers: Answers | None
    visited_on: date
    facts: Mapping[str, object] = field(default_factory=dict)
    other_answers: Mapping[str, Answers | None] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    tzinfo: tzinfo = WESTERN_INDONESIA


@dataclass(frozen=True)
class RuleResult:
    """The outcome of one rule.

    rule: the row that decided: the gravest that fires, else the gravest that is unknown, else the first.
    evidence: what the rule read, as plain JSON values: question name, '$fact', '$form.question' -> value,
    None when there is none, a list for questions of a repeat; '$rows' -> the rows that fired (or are
    unknown), from 1. Empty unless it fires or is unknown. unknown: keys of what could not be known; empty
    when a calculation of known values has no result, such as a division by zero.
    """

    name: str
    rule: Rule
    outcome: Outcome
    evidence: Mapping[str, object]
    unknown: tuple[str, ...] = ()


def evaluate_rules(
    rule_set: RuleSet, situation: Situation, *, level: Level = Level.SUBMISSION
) -> tuple[RuleResult, ...]:
    """One result per rule of this level, in the order of the sheet.

    A rule that does not hold on the day of the visit is not applicable.
    """
    environment = Environment(
        situation.answers,
        situation.other_answers,
        situation.facts,
        situation.settings,
        situation.visited_on,
        situation.tzinfo,
    )
    return tuple(_judge(alternatives, environment) for alternatives in rule_set.by_level[level])


class _Verdict(NamedTuple):
    rule: Rule
    outcome: Outcome
    places: Places = frozenset()


def _judge(alternatives: tuple[Rule, ...], environment: Environment) -> RuleResult:
    if len(alternatives) == 1:
        return _result_of_one(_judge_row(alternatives[0], environment), environment)
    verdicts = [_judge_row(rule, environment) for rule in alternatives]
    outcomes = [verdict.outcome for verdict in verdicts]
    for outcome in (Outcome.FIRES, Outcome.UNKNOWN):
        if outcome in outcomes:
            found = [verdict for verdict in verdicts if verdict.outcome is outcome]
            return _result(max(found, key=lambda verdict: verdict.rule.severity.rank), found, environment)
    first = alternatives[0]
    outcome = Outcome.CLEAR if Outcome.CLEAR in outcomes else Outcome.NOT_APPLICABLE
    return RuleResult(first.name, first, outcome, {})


def _result_of_one(verdict: _Verdict, environment: Environment) -> RuleResult:
    """As with several, but nearly every rule has one row, and there are dozens in a form."""
    if verdict.outcome in (Outcome.FIRES, Outcome.UNKNOWN):
        return _result(verdict, [verdict], environment)
    return RuleResult(verdict.rule.name, verdict.rule, verdict.outcome, {})


def _result(verdict: _Verdict, alike: list[_Verdict], environment: Environment) -> RuleResult:
    rule = verdict.rule
    evidence = collect_evidence(rule, verdict.places, environment)
    if verdict.outcome is Outcome.FIRES:
        return RuleResult(rule.name, rule, verdict.outcome, evidence)
    unknown = [key for other in alike for key in list_unknown(other.rule, other.places, environment)]
    return RuleResult(rule.name, rule, verdict.outcome, evidence, tuple(dict.fromkeys(unknown)))


def _judge_row(rule: Rule, environment: Environment) -> _Verdict:
    if not rule.holds_on(environment.today):
        return _Verdict(rule, Outcome.NOT_APPLICABLE)
    applies = rule.applies_program.run(environment) if rule.applies_program else True
    if applies is False:
        return _Verdict(rule, Outcome.NOT_APPLICABLE)
    truth, places = _run(rule, environment)
    if truth is False:
        # Also when nobody knows whether the rule applies: it would not fire either way.
        return _Verdict(rule, Outcome.CLEAR)
    certain = truth is True and applies is True
    return _Verdict(rule, Outcome.FIRES if certain else Outcome.UNKNOWN, places)


def _run(rule: Rule, environment: Environment) -> tuple[Truth, Places]:
    """Whether the condition holds, for any row of its repeat if it reads one, and the rows that say so."""
    program = rule.program
    if not program.chain:
        return program.run(environment), frozenset()
    fired, unknown = set(), set()
    for place in each_row(environment, program.chain):
        truth = program.run(environment)
        if truth is True and place is not None:
            fired.add(place)
        elif truth is not False:
            # Rows of which nobody knows whether there are any cannot fire; but if all would be clear, so is
            # the rule.
            unknown.add(place)
    if fired:
        return True, frozenset(fired)
    return (UNKNOWN, frozenset(unknown)) if unknown else (False, frozenset())
