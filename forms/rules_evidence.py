"""The evidence of a finding: what a rule read, as plain JSON values, with masks for sensitive answers.

Belongs here: collecting values and unknown names for one rule.
Does not: outcomes (rules_evaluate.py), sentences (rules_explain.py).
Source: docs/semantics, sections 2 and 7.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from forms.rules import Rule
from forms.rules_names import Reference
from forms.rules_read import Environment, Places, each_row
from forms.rules_values import UNKNOWN, Missing

ROWS_KEY = "$rows"
HIDDEN = "***"
_MAX_ROWS = 50
_IDENTITY_NUMBER = re.compile(r"[0-9]{16}", re.ASCII)


def collect_evidence(rule: Rule, places: Places, environment: Environment) -> dict[str, object]:
    """Key -> value of everything the rule reads; lists for repeats, of at most 50 rows.

    places: the rows that decided, for a rule that is evaluated row by row.
    """
    evidence = {reference.key: _shown(reference, rule, places, environment) for reference in rule.references}
    if rule.program.chain:
        known = sorted(place for place in places if place is not None)
        evidence[ROWS_KEY] = [_row_name(place) for place in known[:_MAX_ROWS]]
    return evidence


def list_unknown(rule: Rule, places: Places, environment: Environment) -> list[str]:
    """Keys of what the rule reads and nobody knows, in the rows that decided."""
    applies = rule.applies_program.references if rule.applies_program else ()
    return [
        reference.key
        for reference in (*applies, *rule.program.references)
        if UNKNOWN in list(_values(reference, rule, places, environment))
    ]


def _values(reference: Reference, rule: Rule, places: Places, environment: Environment) -> Iterator[Any]:
    """The values of a reference: one, or one per row (of the rule's own repeat: per deciding row)."""
    chain = rule.program.chain
    if not reference.chain:
        yield reference.run(environment)
        return
    by_row = reference.chain == chain[: len(reference.chain)]
    for place in each_row(environment, chain if by_row else reference.chain):
        if not by_row or place in places:
            yield reference.run(environment)


def _shown(reference: Reference, rule: Rule, places: Places, environment: Environment) -> object:
    if not reference.chain:
        return _plain(reference.run(environment), reference.sensitive)
    values = list(_values(reference, rule, places, environment))
    return [_plain(value, reference.sensitive) for value in values[:_MAX_ROWS]]


def _plain(value: Any, sensitive: bool) -> object:
    if isinstance(value, Missing):
        return None
    if sensitive:
        return mask(value)
    if isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else HIDDEN


def mask(value: object) -> str:
    """What evidence holds of a sensitive answer: first 6 and last 4 of an identity number, else nothing."""
    if isinstance(value, str) and _IDENTITY_NUMBER.fullmatch(value):
        return f"{value[:6]}******{value[-4:]}"
    return HIDDEN


def _row_name(place: tuple[int, ...]) -> int | str:
    return place[0] if len(place) == 1 else ".".join(map(str, place))
