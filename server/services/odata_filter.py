"""$filter of OData as a condition of SQL: parsed by odata-query, limited to what the interface offers.

Belongs here: the expressions. Does not: which fields there are (submission_filter.py and the like name them).
Source: the REST specification, "OData for submissions" ($filter).
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from odata_query import ast
from odata_query.exceptions import ArgumentCountException, ODataException, UnknownFunctionException
from odata_query.grammar import ODataLexer, ODataParser
from sqlalchemy import ColumnElement, and_, extract, false, func, not_, or_, true
from sqlalchemy.orm import Session

from server.db import now
from server.problems import ExpressionUnsupportedError, FilterError, FilterFieldUnsupportedError

TEXT, NUMBER, TIME = "text", "number", "time"
PARTS = ("year", "month", "day", "hour", "minute", "second")
MAX_CHARS = 10_000
MAX_DEPTH = 50
ROOT = "root__"
LARGEST = 2**63 - 1
_TICK = timedelta(milliseconds=1)
_QUOTED_OR_ROOT = re.compile(r"'(?:[^']|'')*'|\$root/Submissions/")


@dataclass(frozen=True)
class FilterField:
    """A field that may be filtered by. kind: TEXT, NUMBER or TIME."""

    column: Any
    kind: str


@dataclass(frozen=True)
class Filter:
    """A condition, and the names of the fields that it reads."""

    condition: ColumnElement[bool]
    names: frozenset[str]


@dataclass(frozen=True)
class _Value:
    """One side of a comparison: an SQL expression or a plain value (None = null). kind '' of a literal: not known yet."""

    kind: str
    sql: Any = None
    plain: Any = None


def parse_filter(
    session: Session, text: str, fields: Mapping[str, FilterField], *, only_root: bool = False
) -> Filter:
    """The condition that a $filter says.

    Args: fields by name, '__system/submissionDate'; each may also be written '$root/Submissions/…', with only_root (tables of
    repeats) in no other way.
    Raises: FilterError (400.18), ExpressionUnsupportedError (501.4), FilterFieldUnsupportedError (501.5).
    """
    if len(text) > MAX_CHARS:
        raise FilterError(details={"reason": "the filter is too long"})
    reader = _Reader(session, fields, only_root)
    condition = reader.condition(_parse(text), 0)
    return Filter(condition, frozenset(reader.names))


def _parse(text: str) -> Any:
    rooted = _QUOTED_OR_ROOT.sub(lambda found: found[0] if found[0][0] == "'" else f"{ROOT}/", text.strip())
    try:
        return ODataParser().parse(ODataLexer().tokenize(rooted))
    except UnknownFunctionException as error:
        raise ExpressionUnsupportedError(
            details={"at": 0, "type": "MethodCallExpression", "text": error.function_name}
        ) from error
    except (ODataException, ArgumentCountException, RecursionError, ValueError) as error:
        raise FilterError(details={"reason": str(error)[:500]}) from error


class _Reader:
    """Turns the tree of one filter into SQL."""

    def __init__(self, session: Session, fields: Mapping[str, FilterField], only_root: bool) -> None:
        self._is_postgres = session.get_bind().dialect.name == "postgresql"
        self._fields, self._only_root = fields, only_root
        self.names: set[str] = set()

    def condition(self, node: Any, depth: int) -> ColumnElement[bool]:
        """Of a node that is true or false."""
        if depth > MAX_DEPTH:
            raise FilterError(details={"reason": "the filter is nested too deeply"})
        if isinstance(node, ast.BoolOp):
            join = and_ if isinstance(node.op, ast.And) else or_
            return join(self.condition(node.left, depth + 1), self.condition(node.right, depth + 1))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not_(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.Compare) and type(node.comparator) in _COMPARISONS:
            return self._compare(node)
        if isinstance(node, ast.Boolean):
            return true() if node.py_val else false()
        raise _unsupported(node)

    def _compare(self, node: ast.Compare) -> ColumnElement[bool]:
        left, right = self._value(node.left), self._value(node.right)
        kind = left.kind or right.kind
        comparator = type(node.comparator)
        if left.sql is None and right.sql is not None:
            left, right, comparator = right, left, _MIRRORED[comparator]
        compare = _COMPARISONS[comparator]
        if left.sql is None:
            return true() if _holds(comparator, left.plain, right.plain) else false()
        if right.sql is not None:
            return compare(left.sql, right.sql)
        if right.plain is None:
            return _with_null(comparator, left.sql)
        value = _fit(right.plain, kind)
        if kind == TIME:
            return _compare_time(comparator, left.sql, value)
        return compare(left.sql, value)

    def _value(self, node: Any) -> _Value:
        if isinstance(node, ast.Identifier | ast.Attribute):
            return self._field(_name(node))
        if isinstance(node, ast.Null):
            return _Value("")
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._value(node.operand)
            if isinstance(inner.plain, int | float):
                return _Value("", plain=-inner.plain)
        if isinstance(node, ast.Integer | ast.Float | ast.String | ast.DateTime | ast.Date):
            return _Value("", plain=_plain(node))
        if isinstance(node, ast.GUID):
            return _Value("", plain=node.val)
        raise _unsupported(node)

    def _field(self, written: str) -> _Value:
        name = written.removeprefix(f"{ROOT}/")
        is_rooted = name != written
        field = self._fields.get(name)
        if field is None or (self._only_root and not is_rooted):
            shown = written.replace(f"{ROOT}/", "$root/Submissions/")
            raise FilterFieldUnsupportedError(
                f"{shown} cannot be filtered by", details={"at": 0, "text": shown}
            )
        self.names.add(name)
        return _Value(field.kind, sql=field.column)

    def _call(self, node: ast.Call) -> _Value:
        name = node.func.name.lower()
        if name == "now" and not node.args:
            return _Value("", plain=now())
        if name not in PARTS or len(node.args) != 1:
            raise _unsupported(node)
        inner = self._value(node.args[0])
        if inner.kind == TIME and inner.sql is not None:
            part = extract(name, inner.sql)
            return _Value(NUMBER, sql=func.floor(part) if self._is_postgres else part)
        if inner.sql is not None:
            raise FilterError(details={"reason": f"{name} needs a time"})
        if inner.plain is None:
            return _Value("")
        return _Value("", plain=getattr(_fit(inner.plain, TIME), name))


def _name(node: Any) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.owner)}/{node.attr}"
    return str(node.full_name())


def _plain(node: Any) -> Any:
    try:
        value = node.py_val
    except ValueError as error:
        raise FilterError(details={"reason": str(error)}) from error
    if isinstance(node, ast.Date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(node, ast.DateTime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value


def _fit(value: Any, kind: str) -> Any:
    """A literal as the column that it is compared with needs it. Raises: FilterError."""
    if kind == TIME:
        if isinstance(value, str):
            value = _time_of(value)
        if isinstance(value, datetime):
            return value
    elif kind == NUMBER:
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)
        if isinstance(value, int | float) and abs(value) <= LARGEST:
            return value
    elif isinstance(value, str | int | float):
        return str(value)
    raise FilterError(details={"reason": f"{value!s} cannot be compared with a {kind}"})


def _time_of(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise FilterError(details={"reason": f"{text!r} is no time"}) from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _equal(left: Any, right: Any) -> ColumnElement[bool]:
    """Null equals nothing else, also inside of `not`."""
    if isinstance(right, ColumnElement):
        return left.is_not_distinct_from(right)
    return and_(left == right, left.is_not(None))


def _unequal(left: Any, right: Any) -> ColumnElement[bool]:
    if isinstance(right, ColumnElement):
        return left.is_distinct_from(right)
    return or_(left != right, left.is_(None))


_COMPARISONS: Mapping[type[Any], Callable[[Any, Any], ColumnElement[bool]]] = {
    ast.Eq: _equal,
    ast.NotEq: _unequal,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
_MIRRORED = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


def _with_null(comparator: type[Any], column: Any) -> ColumnElement[bool]:
    if comparator is ast.Eq:
        return column.is_(None)
    return column.is_not(None) if comparator is ast.NotEq else false()


def _compare_time(comparator: type[Any], column: Any, value: datetime) -> ColumnElement[bool]:
    """Clients see milliseconds where microseconds are stored: what reads the same is the same."""
    start = value.replace(microsecond=value.microsecond // 1000 * 1000)
    try:
        end = start + _TICK
    except OverflowError as error:
        raise FilterError(details={"reason": "the time is out of range"}) from error
    same = and_(column >= start, column < end, column.is_not(None))
    conditions: dict[type[Any], ColumnElement[bool]] = {
        ast.Eq: same,
        ast.NotEq: not_(same),
        ast.Lt: column < start,
        ast.LtE: column < end,
        ast.Gt: column >= end,
        ast.GtE: column >= start,
    }
    return conditions[comparator]


def _holds(comparator: type[Any], left: Any, right: Any) -> bool:
    """Two literals."""
    if comparator is ast.Eq:
        return bool(left == right)
    if comparator is ast.NotEq:
        return bool(left != right)
    orders: dict[type[Any], Callable[[Any, Any], bool]] = {
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
    }
    try:
        return orders[comparator](left, right)
    except TypeError as error:
        raise FilterError(details={"reason": "values of different types are compared"}) from error


def _unsupported(node: Any) -> ExpressionUnsupportedError:
    name = node.func.name if isinstance(node, ast.Call) else type(node).__name__
    return ExpressionUnsupportedError(
        f"the expression {name} is not supported in filters",
        details={"at": 0, "type": type(node).__name__, "text": name},
    )
