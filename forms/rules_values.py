"""Values while a rule runs: what is missing, numbers within bounds, three-valued comparison, arithmetic.

Belongs here: NA and UNKNOWN, Interval, the operators on them; all pure.
Does not: where values come from (rules_read.py), types (rules_types.py).
Source: S. C. Kleene, Introduction to Metamathematics, section 64 (three-valued connectives); docs/semantics,
section 3.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias


class Missing(Enum):
    """Why there is no value.

    NA: the question was not asked. UNKNOWN: it was, or may have been, and nobody knows.
    """

    NA = "not applicable"
    UNKNOWN = "unknown"


NA: Final = Missing.NA
UNKNOWN: Final = Missing.UNKNOWN

Truth: TypeAlias = bool | Missing
Exact: TypeAlias = int | Decimal


@dataclass(frozen=True)
class Interval:
    """A number that lies somewhere from low to high, both included: a count with unknown rows."""

    low: Exact
    high: Exact


Number: TypeAlias = Exact | Interval | Missing


def bounds(number: Exact | Interval) -> tuple[Exact, Exact]:
    """Lowest and highest possible value."""
    return (number.low, number.high) if isinstance(number, Interval) else (number, number)


def interval(low: Exact, high: Exact) -> Exact | Interval:
    """The number between the bounds; a plain number when they meet."""
    return low if low == high else Interval(low, high)


def hull(a: Exact | Interval, b: Exact | Interval) -> Exact | Interval:
    """The narrowest bounds that hold both."""
    low_a, high_a = bounds(a)
    low_b, high_b = bounds(b)
    return interval(min(low_a, low_b), max(high_a, high_b))


Comparison: TypeAlias = Callable[[Any, Any], Truth]


def _less(a: Exact | Interval, b: Exact | Interval) -> Truth:
    (low_a, high_a), (low_b, high_b) = bounds(a), bounds(b)
    if high_a < low_b:
        return True
    return False if low_a >= high_b else UNKNOWN


def _equal(a: Exact | Interval, b: Exact | Interval) -> Truth:
    (low_a, high_a), (low_b, high_b) = bounds(a), bounds(b)
    return False if high_a < low_b or high_b < low_a else UNKNOWN


def opposite(truth: Truth) -> Truth:
    """Kleene's `not`."""
    return truth if isinstance(truth, Missing) else not truth


# At least one side is an Interval here; two plain numbers never come this way.
_INTERVAL_COMPARISONS: Mapping[str, Comparison] = {
    "=": _equal,
    "!=": lambda a, b: opposite(_equal(a, b)),
    "<": _less,
    ">": lambda a, b: _less(b, a),
    "<=": lambda a, b: opposite(_less(b, a)),
    ">=": lambda a, b: opposite(_less(a, b)),
}
_PLAIN_COMPARISONS: Mapping[str, Comparison] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def comparison(sign: str) -> Comparison:
    """The comparison of two values of one type: False when either is NA, else UNKNOWN when either is."""
    plain, within = _PLAIN_COMPARISONS[sign], _INTERVAL_COMPARISONS[sign]

    def compare(a: Any, b: Any) -> Truth:
        kind = type(a)
        if (kind is int or kind is str) and type(b) is kind:
            return plain(a, b)
        if a is NA or b is NA:
            return False
        if a is UNKNOWN or b is UNKNOWN:
            return Missing.UNKNOWN
        decide = within if isinstance(a, Interval) or isinstance(b, Interval) else plain
        return decide(a, b)

    return compare


def _plus(a: Exact | Interval, b: Exact | Interval) -> Number:
    (low_a, high_a), (low_b, high_b) = bounds(a), bounds(b)
    return interval(low_a + low_b, high_a + high_b)


def _minus(a: Exact | Interval, b: Exact | Interval) -> Number:
    (low_a, high_a), (low_b, high_b) = bounds(a), bounds(b)
    return interval(low_a - high_b, high_a - low_b)


def _times(a: Exact | Interval, b: Exact | Interval) -> Number:
    corners = [x * y for x in bounds(a) for y in bounds(b)]
    return interval(min(corners), max(corners))


def _divided_by(a: Exact | Interval, b: Exact | Interval) -> Number:
    low, high = bounds(b)
    if low <= 0 <= high:
        return UNKNOWN
    corners = [Decimal(x) / Decimal(y) for x in bounds(a) for y in (low, high)]
    return interval(min(corners), max(corners))


def _modulo(a: Exact | Interval, b: Exact | Interval) -> Number:
    if isinstance(a, Interval) or isinstance(b, Interval) or b == 0:
        return UNKNOWN
    # Decimal's remainder has the sign of the dividend, as in XPath.
    return Decimal(a) % Decimal(b)


_ARITHMETIC: Mapping[str, Callable[[Exact | Interval, Exact | Interval], Number]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "div": _divided_by,
    "mod": _modulo,
}

# The same for two whole numbers, which nearly all are, in a tenth of the time.
_WHOLE: Mapping[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def arithmetic(sign: str) -> Callable[[Number, Number], Number]:
    """The operation `+ - * div mod`: NA when a side is NA, else UNKNOWN when one is or there is no result."""
    operation, whole = _ARITHMETIC[sign], _WHOLE.get(sign)

    def calculate(a: Number, b: Number) -> Number:
        if whole and type(a) is int and type(b) is int:
            return whole(a, b)
        if a is NA or b is NA:
            return NA
        if isinstance(a, Missing) or isinstance(b, Missing):
            return UNKNOWN
        try:
            return operation(a, b)
        except ArithmeticError:
            return UNKNOWN

    return calculate


def negated(number: Number) -> Number:
    """The number with the other sign."""
    if isinstance(number, Interval):
        return Interval(-number.high, -number.low)
    return number if isinstance(number, Missing) else -number


def map_number(function: Callable[[Exact], Exact], number: Exact | Interval) -> Exact | Interval:
    """A function that never falls, applied to a number or to both of its bounds."""
    if isinstance(number, Interval):
        return interval(function(number.low), function(number.high))
    return function(number)


_MAX_DIGITS = 40
_LIMIT = 10**_MAX_DIGITS


def to_number(value: object) -> Number:
    """A number of an answer or fact as int or Decimal; UNKNOWN when none, not finite or absurdly large."""
    if type(value) is int:
        return value if -_LIMIT < value < _LIMIT else UNKNOWN
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _MAX_DIGITS:
        return value
    return UNKNOWN
