"""From the text of an XForm node to a typed value, and back.

Belongs here: parse_value, render_value and the syntax of each type. Does not: where the text stands
(submission.py).
Source: the ODK XForms specification, "Data types".
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from forms.definition import Field
from forms.values import GeoPoint, Unreadable, Value

# Lengths are bounded so that '1E999999999' or a megabyte of digits costs nothing.
_INTEGER = re.compile(r"([+-]?[0-9]{1,30})(?:\.0{1,30})?", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?", re.ASCII
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATETIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)",
    re.ASCII,
)


def parse_value(text: str, field: Field) -> Value:
    """The typed value of a field's text, which must not be blank; Unreadable when it is not of the field's
    type.

    int -> int, decimal -> Decimal, date -> date, dateTime -> aware datetime, geopoint -> GeoPoint,
    select multiple -> frozenset of choice names. All else is text: times, lines and areas, ranks, file names
    (trimmed), choices of select one (trimmed), strings (exactly as sent).
    """
    if field.select == "multiple":
        return frozenset(text.split())
    if field.select == "one":
        return text.strip()
    reader = _READERS.get(field.type)
    return reader(text) if reader else text


def _integer(text: str) -> Value:
    match = _INTEGER.fullmatch(text.strip())
    return int(match.group(1)) if match else Unreadable(text)


def _decimal(text: str) -> Value:
    trimmed = text.strip()
    return Decimal(trimmed) if _DECIMAL.fullmatch(trimmed) else Unreadable(text)


def _date(text: str) -> Value:
    trimmed = text.strip()
    if not _DATE.fullmatch(trimmed):
        return Unreadable(text)
    try:
        return date.fromisoformat(trimmed)
    except ValueError:
        return Unreadable(text)


def _datetime(text: str) -> Value:
    """Old clients write the offset as '+07'; a text without offset names no moment and is unreadable."""
    match = _DATETIME.fullmatch(text.strip())
    if not match:
        return Unreadable(text)
    try:
        return datetime.fromisoformat(match.group(1) + match.group(2))
    except ValueError:
        return Unreadable(text)


def _geopoint(text: str) -> Value:
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not all(_DECIMAL.fullmatch(part) for part in parts):
        return Unreadable(text)
    numbers = [float(part) for part in parts]
    return GeoPoint(*numbers)


_READERS: Mapping[str, Callable[[str], Value]] = {
    "int": _integer,
    "integer": _integer,
    "long": _integer,
    "short": _integer,
    "decimal": _decimal,
    "double": _decimal,
    "float": _decimal,
    "date": _date,
    "dateTime": _datetime,
    "geopoint": _geopoint,
    "binary": str.strip,
}


def render_value(value: Value | float | bool) -> str:
    """The text of a value as a phone would write it; sets are sorted, an Unreadable gives back its text."""
    if isinstance(value, Unreadable):
        return value.text
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    if isinstance(value, GeoPoint):
        return _render_point(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _render_point(point: GeoPoint) -> str:
    parts: list[float | None] = [point.lat, point.lon, point.altitude_m, point.accuracy_m]
    while parts[-1] is None:
        parts.pop()
    return " ".join(repr(float(part or 0.0)) for part in parts)
