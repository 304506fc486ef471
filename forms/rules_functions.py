"""The functions of the rule language, except those over rows: what each accepts and what it gives.

Belongs here: the table of functions and their closures.
Does not: sum, count, min, max, rows (rules_rows.py), operators (rules_check.py).
Source: the ODK XForms specification, "XPath functions", for those it knows; docs/semantics, section 3.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from forms.rules_compare import check_choice
from forms.rules_expression import (
    Expression,
    coerce,
    constant,
    joined_choices,
    parse_date,
    parse_number,
    unify,
)
from forms.rules_grammar import ExpressionError
from forms.rules_names import Names, nearest
from forms.rules_read import Environment, Run
from forms.rules_regex import PatternError, compile_pattern
from forms.rules_rows import ROW_FUNCTIONS, build_row_function
from forms.rules_types import Type
from forms.rules_values import NA, UNKNOWN, Exact, Interval, Missing, Truth, hull, map_number, opposite

Arguments: TypeAlias = list[Expression]


def build_call(name: str, arguments: Arguments, at: int, names: Names) -> Expression:
    """The expression of a function call.

    Raises: ExpressionError for an unknown function, a wrong number of arguments or one of the wrong type.
    """
    if name not in _ARITY:
        guess = nearest(name, _ARITY, "{}()")
        raise ExpressionError(f"the rule language has no function {name}().{guess}", at)
    _check_count(name, len(arguments), at)
    if name in ROW_FUNCTIONS:
        return build_row_function(name, arguments[0], at, names)
    return replace(_FUNCTIONS[name](arguments, at), at=at)


def _check_count(name: str, count: int, at: int) -> None:
    low, high = _ARITY[name]
    if not low <= count <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise ExpressionError(f"{name}() takes {wanted} value{'s' * (wanted != '1')}, not {count}", at)


def _strict(kind: Type, function: Callable[..., Any], arguments: Arguments, *, if_na: Any = NA) -> Expression:
    """A function of known values: `if_na` when one is NA, else UNKNOWN when one is or there is no result."""
    runs = tuple(argument.run for argument in arguments)

    def call(environment: Environment) -> Any:
        values = [run(environment) for run in runs]
        if NA in values:
            return if_na
        if UNKNOWN in values:
            return UNKNOWN
        try:
            return function(*values)
        except ArithmeticError:
            return UNKNOWN

    return arguments[0].derive(kind, call, *arguments[1:])


def _predicate(function: Callable[..., Any], arguments: Arguments) -> Expression:
    """As a comparison: false for what was not asked."""
    return _strict(Type.BOOLEAN, function, arguments, if_na=False)


def _typed(arguments: Arguments, *kinds: Type) -> Arguments:
    return [coerce(argument, kind) for argument, kind in zip(arguments, kinds, strict=False)]


def _not(arguments: Arguments, at: int) -> Expression:
    run = coerce(arguments[0], Type.BOOLEAN).run

    return arguments[0].derive(Type.BOOLEAN, lambda environment: opposite(run(environment)))


def _selected(arguments: Arguments, at: int) -> Expression:
    answer, choice = arguments[0], coerce(arguments[1], Type.TEXT)
    if isinstance(choice.literal, str):
        if choice.literal == "" or len(choice.literal.split()) != 1:
            raise ExpressionError("selected() asks for one choice", choice.at)
        check_choice(answer, choice.literal, choice.at)
    return _predicate(lambda chosen, one: one in chosen, [coerce(answer, Type.SET), choice])


def _count_selected(arguments: Arguments, at: int) -> Expression:
    return _strict(Type.NUMBER, len, _typed(arguments, Type.SET))


def _string_length(arguments: Arguments, at: int) -> Expression:
    return _strict(Type.NUMBER, len, _typed(arguments, Type.TEXT))


def _substr(arguments: Arguments, at: int) -> Expression:
    def cut(text: str, *ends: Exact | Interval) -> Any:
        exact = [int(end) for end in ends if not isinstance(end, Interval)]
        return (
            text[slice(*exact) if len(exact) == 2 else slice(exact[0], None)]
            if len(exact) == len(ends)
            else UNKNOWN
        )

    return _strict(Type.TEXT, cut, _typed(arguments, Type.TEXT, Type.NUMBER, Type.NUMBER))


def _starts_with(arguments: Arguments, at: int) -> Expression:
    return _predicate(str.startswith, _typed(arguments, Type.TEXT, Type.TEXT))


def _contains(arguments: Arguments, at: int) -> Expression:
    return _predicate(lambda text, part: part in text, _typed(arguments, Type.TEXT, Type.TEXT))


def _regex(arguments: Arguments, at: int) -> Expression:
    pattern = arguments[1].literal
    if not isinstance(pattern, str):
        raise ExpressionError("the pattern of regex() must be written out in quotes", arguments[1].at)
    try:
        matches = compile_pattern(pattern)
    except PatternError as error:
        raise ExpressionError(str(error), arguments[1].at) from None

    def test(text: str) -> Truth:
        answer = matches(text)
        return UNKNOWN if answer is None else answer

    return _predicate(test, _typed(arguments[:1], Type.TEXT))


def _number(arguments: Arguments, at: int) -> Expression:
    if arguments[0].type in (Type.NUMBER, Type.CALCULATED):
        return coerce(arguments[0], Type.NUMBER)
    return _strict(Type.NUMBER, parse_number, _typed(arguments, Type.TEXT))


def _int(arguments: Arguments, at: int) -> Expression:
    return _strict(Type.NUMBER, lambda number: map_number(int, number), _typed(arguments, Type.NUMBER))


_MAX_PLACES = 9


def _round(arguments: Arguments, at: int) -> Expression:
    places = arguments[1].literal if len(arguments) == 2 else 0
    if not isinstance(places, int) or abs(places) > _MAX_PLACES:
        raise ExpressionError(
            f"round() takes a written whole number of places, at most {_MAX_PLACES}", arguments[-1].at
        )
    unit = Decimal(1).scaleb(-places)

    def rounded(number: Exact) -> Exact:
        # Half away from zero. Units above 1 (places < 0) are put back to a plain notation.
        whole = (Decimal(number) / unit).quantize(Decimal(1), ROUND_HALF_UP)
        return int(whole * unit) if places <= 0 else whole * unit

    return _strict(
        Type.NUMBER, lambda number: map_number(rounded, number), _typed(arguments[:1], Type.NUMBER)
    )


def _today(arguments: Arguments, at: int) -> Expression:
    return Expression(Type.DATE, lambda environment: environment.today, at)


def _date(arguments: Arguments, at: int) -> Expression:
    literal = arguments[0].literal
    if literal is None:
        return coerce(arguments[0], Type.DATE)
    day = parse_date(str(literal))
    if not isinstance(day, date) or len(str(literal)) != 10:
        raise ExpressionError(f"date() takes a day such as '2026-01-31', not {literal!r}", arguments[0].at)
    return constant(Type.DATE, day, at)


def _days_between(arguments: Arguments, at: int) -> Expression:
    return _strict(Type.NUMBER, lambda a, b: (b - a).days, _typed(arguments, Type.DATE, Type.DATE))


def _if(arguments: Arguments, at: int) -> Expression:
    condition = coerce(arguments[0], Type.BOOLEAN)
    yes, no = unify(arguments[1:])
    run = _choosing(condition.run, yes.run, no.run)
    return replace(yes.derive(yes.type, run, condition, no), choices=joined_choices([yes, no]))


def _choosing(condition: Run, yes: Run, no: Run) -> Run:
    def choose(environment: Environment) -> Any:
        truth = condition(environment)
        if truth is UNKNOWN:
            return _either_of(yes(environment), no(environment))
        return yes(environment) if truth else no(environment)

    return choose


def _either_of(a: Any, b: Any) -> Any:
    """What is certain when nobody knows which of two values it is."""
    if a == b:
        return a
    if all(isinstance(value, int | Decimal | Interval) and not isinstance(value, bool) for value in (a, b)):
        return hull(a, b)
    return UNKNOWN


def _coalesce(arguments: Arguments, at: int) -> Expression:
    parts = unify(arguments)
    runs = [part.run for part in parts]

    def first(environment: Environment) -> Any:
        missing: Any = NA
        for run in runs:
            value = run(environment)
            if not isinstance(value, Missing):
                return value
            missing = UNKNOWN if value is UNKNOWN else missing
        return missing

    return replace(parts[0].derive(parts[0].type, first, *parts[1:]), choices=joined_choices(parts))


_FUNCTIONS: Mapping[str, Callable[[Arguments, int], Expression]] = {
    "not": _not,
    "true": lambda arguments, at: constant(Type.BOOLEAN, True, at),
    "false": lambda arguments, at: constant(Type.BOOLEAN, False, at),
    "selected": _selected,
    "count-selected": _count_selected,
    "if": _if,
    "coalesce": _coalesce,
    "today": _today,
    "date": _date,
    "days-between": _days_between,
    "string-length": _string_length,
    "substr": _substr,
    "starts-with": _starts_with,
    "contains": _contains,
    "regex": _regex,
    "number": _number,
    "int": _int,
    "round": _round,
}
_ARITY: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("true", "false", "today"), (0, 0)),
    **dict.fromkeys(
        ("not", "count-selected", "date", "string-length", "number", "int", *ROW_FUNCTIONS), (1, 1)
    ),
    **dict.fromkeys(("selected", "days-between", "starts-with", "contains", "regex"), (2, 2)),
    "if": (3, 3),
    "substr": (2, 3),
    "round": (1, 2),
    "coalesce": (2, 9),
}
