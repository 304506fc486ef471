"""What an expression reads while it runs: the environment, and typed reading of answers, facts and rows.

Belongs here: "not asked" against "not known" (from the nodes present in the XML), walking the rows of
repeats. Does not: which names exist (rules_names.py), operators (rules_values.py).
Source: docs/semantics, section 3, "Not asked and not known".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

from forms.rules_types import Type
from forms.rules_values import NA, UNKNOWN, to_number
from forms.values import Answers, Row

WESTERN_INDONESIA = timezone(timedelta(hours=7), "WIB")

# A place where answers stand: ('', '') the root of the form itself, ('aset', '') that of another form,
# ('', '/g/art') the rows of a repeat.
Scope: TypeAlias = tuple[str, str]
ROOT: Scope = ("", "")

# Rows by their places from 1, outermost first; None stands for rows of which nobody knows how many there are.
Place: TypeAlias = tuple[int, ...] | None
Places: TypeAlias = frozenset[Place]


class Environment:
    """What one evaluation sees.

    `rows` holds the row bound to each scope now; a scope without a row is unknown.
    """

    __slots__ = ("facts", "rows", "settings", "today", "tzinfo")

    def __init__(
        self,
        answers: Answers | None,
        others: Mapping[str, Answers | None],
        facts: Mapping[str, object],
        settings: Mapping[str, object],
        today: date,
        zone: tzinfo,
    ) -> None:
        self.rows: dict[Scope, Row | None] = {
            (name, ""): other.root for name, other in others.items() if other
        }
        self.rows[ROOT] = answers.root if answers else None
        self.facts = facts
        self.settings = settings
        self.today = today
        self.tzinfo = zone


# Values are typed by the checker, not by Python: int, Decimal, Interval, str, date, datetime, frozenset,
# bool, Missing.
Run: TypeAlias = Callable[[Environment], Any]


def local_date(value: Any, zone: tzinfo) -> Any:
    """The local day of a date or datetime; Missing stays as it is."""
    if not isinstance(value, datetime):
        return value
    try:
        return value.astimezone(zone).date() if value.tzinfo else value.date()
    except OverflowError:
        return UNKNOWN


def _to_text(value: object, environment: Environment) -> Any:
    return value if isinstance(value, str) else UNKNOWN


def _to_number(value: object, environment: Environment) -> Any:
    return to_number(value)


def _to_date(value: object, environment: Environment) -> Any:
    return local_date(value, environment.tzinfo) if isinstance(value, date) else UNKNOWN


def _to_datetime(value: object, environment: Environment) -> Any:
    if not isinstance(value, datetime):
        return UNKNOWN
    return value if value.tzinfo else value.replace(tzinfo=environment.tzinfo)


def _to_set(value: object, environment: Environment) -> Any:
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(map(str, value)) if isinstance(value, Iterable) else UNKNOWN


def _to_boolean(value: object, environment: Environment) -> Any:
    return value if isinstance(value, bool) else UNKNOWN


def _to_calculated(value: object, environment: Environment) -> Any:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal | date) else UNKNOWN


_READERS: Mapping[Type, Callable[[object, Environment], Any]] = {
    Type.TEXT: _to_text,
    Type.NUMBER: _to_number,
    Type.DATE: _to_date,
    Type.DATETIME: _to_datetime,
    Type.SET: _to_set,
    Type.BOOLEAN: _to_boolean,
    Type.CALCULATED: _to_calculated,
    Type.POINT: lambda value, environment: value,
}

# Values of these classes need no conversion.
_USUAL: Mapping[Type, type] = {Type.TEXT: str, Type.CALCULATED: str, Type.SET: frozenset}


def read_question(scope: Scope, path: str, kind: Type) -> Run:
    """Reads a question from the row bound to its scope, as a value of this type, NA or UNKNOWN.

    A text that is not of its type (Unreadable) is UNKNOWN, as is an empty node, and a node in a group that is
    absent.
    """
    convert, usual = _READERS[kind], _USUAL.get(kind)
    parent = path.rpartition("/")[0]

    def read(environment: Environment) -> Any:
        row = environment.rows.get(scope)
        if row is None:
            return UNKNOWN
        value = row.values.get(path)
        if type(value) is usual:
            return value
        if value is not None:
            return convert(value, environment)
        return NA if path not in row.present and _has_group(row, parent) else UNKNOWN

    return read


def _has_group(row: Row, path: str) -> bool:
    return path == row.path or path in row.present


def read_fact(name: str, kind: Type, choices: frozenset[str] | None) -> Run:
    """Reads a fact of the situation; UNKNOWN when None, absent, of another type or no choice."""
    convert = _READERS[kind]

    def read(environment: Environment) -> Any:
        value = environment.facts.get(name)
        if value is None or (isinstance(value, str) and choices is not None and value not in choices):
            return UNKNOWN
        return convert(value, environment)

    return read


def read_setting(name: str) -> Run:
    """Reads a setting, always a number; UNKNOWN when the office has not set it."""
    return lambda environment: to_number(environment.settings.get(name))


def each_row(environment: Environment, chain: tuple[Scope, ...]) -> Iterator[Place]:
    """Binds the rows of a repeat one after the other and yields their places, from 1: (3,), nested (2, 1).

    Args: chain the scopes of nested repeats from the outermost; outer ones that are bound already stay as
    they are, the innermost is always walked. Yields None, with nothing bound, for rows of which nobody knows
    how many there are. Effects: the binding before is put back at the end.
    """
    if not chain:
        yield ()
        return
    scope, rest = chain[0], chain[1:]
    bound = environment.rows.get(scope)
    if bound is not None and rest:
        for place in each_row(environment, rest):
            yield None if place is None else (bound.index + 1, *place)
        return
    yield from _walk(environment, scope, rest, bound)


def _walk(
    environment: Environment, scope: Scope, rest: tuple[Scope, ...], bound: Row | None
) -> Iterator[Place]:
    rows = _rows_of(environment, scope)
    if rows is None:
        yield None
        return
    try:
        for row in rows:
            environment.rows[scope] = row
            for place in each_row(environment, rest):
                yield None if place is None else (row.index + 1, *place)
    finally:
        environment.rows[scope] = bound


def _rows_of(environment: Environment, scope: Scope) -> tuple[Row, ...] | None:
    form, path = scope
    owner = _owner(environment, form, path)
    if owner is None:
        return None
    rows = owner.repeats.get(path)
    if rows:
        return rows
    return () if _has_group(owner, path.rpartition("/")[0]) else None


def _owner(environment: Environment, form: str, path: str) -> Row | None:
    """The row to which the repeat belongs: of the nearest repeat around it that is bound, else the root."""
    above = path.rpartition("/")[0]
    while above:
        row = environment.rows.get((form, above))
        if row is not None:
            return row
        above = above.rpartition("/")[0]
    return environment.rows.get((form, ""))
