"""A checked expression: its type, its closure, what it reads; and fitting one type to another.

Belongs here: Expression, conversions between types, joining the types of two branches.
Does not: what operators and functions accept (rules_check.py, rules_functions.py).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from forms.rules_grammar import ExpressionError
from forms.rules_names import Reference
from forms.rules_read import Environment, Run, Scope, local_date
from forms.rules_types import Type
from forms.rules_values import UNKNOWN, Exact, Missing, Number


@dataclass(frozen=True)
class Expression:
    """Part of a rule after checking.

    at: character in the text, from 1. scopes: where the questions stand that it reads outside sum, count,
    min, max, rows. choices: the texts it can yield, None when open. literal: its value when it is written in
    the rule. reference: set when it is nothing but a name. aggregates: holds sum, count, min, max or rows.
    """

    type: Type
    run: Run
    at: int
    scopes: frozenset[Scope] = frozenset()
    choices: frozenset[str] | None = None
    literal: str | Exact | None = None
    reference: Reference | None = None
    aggregates: bool = False

    @property
    def possible(self) -> frozenset[str] | None:
        """The texts it can yield, a literal's own text among them; None when open."""
        return frozenset({self.literal}) if isinstance(self.literal, str) else self.choices

    def derive(self, kind: Type, run: Run, *others: "Expression") -> "Expression":
        """What is calculated from this expression and others: their scopes together, no literal, no name."""
        parts = (self, *others)
        return Expression(
            kind,
            run,
            self.at,
            frozenset().union(*(part.scopes for part in parts)),
            aggregates=any(part.aggregates for part in parts),
        )


def broken(at: int) -> Expression:
    """Stands where a mistake was found; nothing more is said about it."""
    return Expression(Type.ANY, lambda environment: UNKNOWN, at)


def constant(kind: Type, value: Any, at: int, literal: str | Exact | None = None) -> Expression:
    """A value that is the same for every submission."""
    return Expression(kind, lambda environment: value, at, literal=literal)


def coerce(expression: Expression, kind: Type) -> Expression:
    """The expression as a value of this type.

    A calculated value becomes what it meets, a date and time its local day, a choice a set of one.
    Raises: ExpressionError when the one type cannot stand for the other.
    """
    if kind in (expression.type, Type.ANY) or expression.type is Type.ANY:
        return expression
    convert = _CONVERSIONS.get((expression.type, kind))
    if convert is None:
        raise ExpressionError(
            f"a {kind.value} is needed here, this is a {expression.type.value}", expression.at
        )
    run = expression.run

    def converted(environment: Environment) -> Any:
        value = run(environment)
        return value if isinstance(value, Missing) else convert(value, environment)

    return replace(expression, type=kind, run=converted)


_NUMBER = re.compile(r"\s*(-?)([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})\s*")


def parse_number(text: str) -> Number:
    """The number a text writes, as in XPath's number(); UNKNOWN for anything else."""
    if _NUMBER.fullmatch(text) is None:
        return UNKNOWN
    return Decimal(text.strip()) if "." in text else int(text)


def parse_date(text: str) -> date | Missing:
    """The day a text begins with, '2026-05-01' or '2026-05-01T…'; UNKNOWN for anything else."""
    try:
        return date.fromisoformat(text[:10]) if text[10:11] in ("", "T") else UNKNOWN
    except ValueError:
        return UNKNOWN


def _parse_datetime(text: str, environment: Environment) -> datetime | Missing:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return UNKNOWN
    return value if value.tzinfo else value.replace(tzinfo=environment.tzinfo)


_CONVERSIONS: dict[tuple[Type, Type], Callable[[Any, Environment], Any]] = {
    (Type.CALCULATED, Type.TEXT): lambda value, environment: value,
    (Type.CALCULATED, Type.NUMBER): lambda value, environment: parse_number(value),
    (Type.CALCULATED, Type.DATE): lambda value, environment: parse_date(value),
    (Type.CALCULATED, Type.DATETIME): _parse_datetime,
    (Type.CALCULATED, Type.SET): lambda value, environment: frozenset(value.split()),
    (Type.TEXT, Type.SET): lambda value, environment: frozenset(value.split()),
    (Type.DATETIME, Type.DATE): lambda value, environment: local_date(value, environment.tzinfo),
}


def unify(expressions: list[Expression]) -> list[Expression]:
    """The expressions as values of one type, the branches of if() and coalesce() for instance.

    Raises: ExpressionError when they have no type in common.
    """
    kinds = {expression.type for expression in expressions} - {Type.ANY}
    for kind in (Type.SET, Type.DATE, Type.DATETIME, Type.NUMBER, Type.BOOLEAN, Type.TEXT, Type.CALCULATED):
        if kind in kinds:
            return [coerce(expression, kind) for expression in expressions]
    return expressions


def joined_choices(expressions: list[Expression]) -> frozenset[str] | None:
    """The texts that one of several expressions can yield; None when one of them is open."""
    sets = [expression.possible for expression in expressions]
    known = [item for item in sets if item is not None]
    return frozenset().union(*known) if len(known) == len(sets) else None
