"""Functions over the rows of a repeat: sum, count, min, max, rows.

Belongs here: which rows they walk, and what unknown rows leave certain.
Does not: rules that are evaluated row by row (rules_evaluate.py).
Source: docs/semantics, section 3, "Repeats".
"""

from collections.abc import Callable, Mapping
from typing import Any

from forms.rules_expression import Expression, coerce
from forms.rules_grammar import ExpressionError
from forms.rules_names import Names, common_chain
from forms.rules_read import Environment, Run, Scope, each_row
from forms.rules_types import Type
from forms.rules_values import NA, UNKNOWN, Interval, Missing, arithmetic, bounds, interval


def build_row_function(name: str, argument: Expression, at: int, names: Names) -> Expression:
    """The expression of sum, count, min, max or rows over the repeat that its argument reads.

    Raises: ExpressionError when the argument reads no repeat, or two that are not nested, or is of the wrong
    type.
    """
    if argument.type is Type.ANY:
        return argument
    if argument.aggregates:
        raise ExpressionError(f"{name}() cannot hold another sum, count, min, max or rows", at)
    repeats = sorted(scope for scope in argument.scopes if scope[1])
    if not repeats:
        raise ExpressionError(f"{name}() reads a question of a repeat; there is none here", at)
    argument, kind = _typed(name, argument)
    run = _over_rows(argument.run, common_chain(repeats, names, at), _REDUCTIONS[name])
    return Expression(kind, run, at, aggregates=True)


def _typed(name: str, argument: Expression) -> tuple[Expression, Type]:
    """The argument as the function wants it, and the type of the result."""
    if name == "count":
        return argument, Type.NUMBER
    if name == "rows":
        return coerce(argument, Type.BOOLEAN), Type.NUMBER
    if name in ("min", "max") and argument.type in (Type.DATE, Type.DATETIME):
        return argument, argument.type
    return coerce(argument, Type.NUMBER), Type.NUMBER


def _over_rows(run: Run, chain: tuple[Scope, ...], reduction: Callable[[list[Any], int], Any]) -> Run:
    def evaluate(environment: Environment) -> Any:
        known: list[Any] = []
        unknown = 0
        countable = True
        for place in each_row(environment, chain):
            if place is None:
                countable = False
                continue
            value = run(environment)
            if not isinstance(value, Missing):
                known.append(value)
            elif value is UNKNOWN:
                unknown += 1
        return reduction(known, unknown) if countable else UNKNOWN

    return evaluate


_PLUS = arithmetic("+")


def _sum(known: list[Any], unknown: int) -> Any:
    total: Any = 0
    for value in known:
        total = _PLUS(total, value)
    return UNKNOWN if unknown else total


def _count(known: list[Any], unknown: int) -> Any:
    return interval(len(known), len(known) + unknown)


def _rows(known: list[Any], unknown: int) -> Any:
    sure = known.count(True)
    return interval(sure, sure + unknown)


def _extreme(known: list[Any], unknown: int, pick: Callable[..., Any]) -> Any:
    if unknown:
        return UNKNOWN
    if not known:
        return NA
    if not any(isinstance(value, Interval) for value in known):
        return pick(known)
    lows, highs = zip(*map(bounds, known), strict=True)
    return interval(pick(lows), pick(highs))


_REDUCTIONS: Mapping[str, Callable[[list[Any], int], Any]] = {
    "sum": _sum,
    "count": _count,
    "rows": _rows,
    "min": lambda known, unknown: _extreme(known, unknown, min),
    "max": lambda known, unknown: _extreme(known, unknown, max),
}
ROW_FUNCTIONS = frozenset(_REDUCTIONS)
