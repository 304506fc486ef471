"""Template filters: how times, places, numbers and programmes are written."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from flask_babel import format_date, format_datetime, gettext, ngettext

from server.console import texts
from server.db import now
from server.services.case_queue import COUNT_LIMIT


def local_time(value: datetime | None) -> str:
    """A moment in the office's time zone: 24 Nov 2026 14.05."""
    return format_datetime(value, "d MMM yyyy HH:mm") if value is not None else ""


def local_day(value: date | datetime | None) -> str:
    """A day: 24 Nov 2026."""
    if value is None:
        return ""
    return (
        format_datetime(value, "d MMM yyyy")
        if isinstance(value, datetime)
        else format_date(value, "d MMM yyyy")
    )


def age(value: datetime | None) -> str:
    """How long ago, in the largest whole unit."""
    if value is None:
        return ""
    days = (now() - value).days
    if days < 1:
        return gettext("today")
    return ngettext("%(num)d day", "%(num)d days", days)


def area_code(path: str | None) -> str:
    """'3517012001/003/002' as 35.17.01.2001 RW 003 RT 002."""
    code, _, rest = (path or "").partition("/")
    parts = [code[:2], code[2:4], code[4:6], code[6:10]]
    dotted = ".".join(part for part in parts if part)
    names = [f"{kind} {value}" for kind, value in zip(("RW", "RT"), rest.split("/"), strict=False) if value]
    return " ".join([dotted, *names])


def metres(value: float | None) -> str:
    """Metres without decimals, kilometres from 10 km."""
    if value is None:
        return ""
    return f"{value / 1000:.1f} km" if value >= 10_000 else f"{value:.0f} m"


def programme(code: str) -> str:
    """A programme as people write it."""
    return texts.PROGRAMMES.get(code.lower(), code)


def number(value: int) -> str:
    """Thousands with a thin space, which both languages read."""
    return f"{value:,}".replace(",", "\u202f")


def at_most(value: int, limit: int = COUNT_LIMIT) -> str:
    """A count that was not continued past the limit."""
    return f"{number(value)}+" if value >= limit else number(value)


FILTERS: Mapping[str, Callable[..., str]] = {
    "local_time": local_time,
    "local_day": local_day,
    "age": age,
    "area_code": area_code,
    "metres": metres,
    "programme": programme,
    "number": number,
    "at_most": at_most,
}
