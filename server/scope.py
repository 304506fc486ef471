"""Areas: which rows a caller may see. The one place where a query is narrowed to areas.

An area path is '35', '3517', '351701', '3517012001', '3517012001/003' or '3517012001/003/002': province, regency,
district, village, RW, RT. A path covers itself and all below it: above the village by digits, below it by whole
segments, so '3517012001/00' covers nothing of '3517012001/003'.

Belongs here: the path, covering in Python and in SQL. Does not: who has which areas (accounts, permissions), the tree of
areas with names and boundaries (services/areas.py).
"""

import re
from collections.abc import Iterable
from os.path import commonprefix
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

VILLAGE_DIGITS = 10
LEVEL_DIGITS = (2, 4, 6, VILLAGE_DIGITS)
_DIGITS = re.compile(r"[0-9]+")
_SEPARATOR = "/"

AreaPaths = tuple[str, ...] | None
"""None = every area; () = nothing that stands in an area."""


def within_areas(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None] | ColumnElement[Any],
    paths: AreaPaths,
    *,
    allow_empty: bool = False,
) -> ColumnElement[bool]:
    """The condition that a column of area paths (or of village codes) is covered by one of the paths.

    Args: paths None = everything, () = nothing; allow_empty also takes rows without area (''), for entity lists.
    Each path is one range of the column, so an index on it is used; nothing is a LIKE pattern, so '%' and '_' are letters.
    """
    if paths is None:
        return true()
    conditions: list[ColumnElement[bool]] = [_covered_by(column, path) for path in widest_paths(paths)]
    if allow_empty:
        conditions.append(column == "")
    return or_(*conditions) if conditions else false()


def covers(path: str, area_path: str) -> bool:
    """Whether an area path lies in the area `path`; an empty path covers nothing."""
    if not path:
        return False
    if _is_above_village(path):
        return area_path.startswith(path)
    return area_path == path or area_path.startswith(path + _SEPARATOR)


def covers_any(paths: AreaPaths, area_path: str) -> bool:
    """Whether one of the paths covers it; None covers everything."""
    return paths is None or any(covers(path, area_path) for path in paths)


def widest_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """The same area with as few paths as possible, sorted: those that another one covers are left out."""
    kept: list[str] = []
    for path in sorted({path for path in paths if path}):
        if not (kept and covers(kept[-1], path)):
            kept.append(path)
    return tuple(kept)


def village_paths(paths: AreaPaths) -> AreaPaths:
    """The same paths, RW and RT cut off: for things that a whole village shares."""
    return None if paths is None else widest_paths(path.partition(_SEPARATOR)[0] for path in paths)


def common_area(paths: Iterable[str]) -> str:
    """The smallest area that covers all of these; '' when they have no province in common.

    One path is itself; two villages give their district, regency or province.
    """
    found = sorted(set(paths))
    if len(found) == 1:
        return found[0]
    codes = [path.partition(_SEPARATOR)[0] for path in found]
    shared = commonprefix(codes) if codes else ""  # noqa: RUF071 - digit by digit is how codes nest
    digits = max((level for level in LEVEL_DIGITS if level <= len(shared)), default=0)
    return shared[:digits]


def _is_above_village(path: str) -> bool:
    return len(path) < VILLAGE_DIGITS and _DIGITS.fullmatch(path) is not None


def _covered_by(column: Any, path: str) -> ColumnElement[bool]:
    """One range: '3517' to before '3518'; '3517012001' to before '35170120010', as '/' comes right before '0'.

    Between a village path and that bound stand only itself and what continues it with '/', because paths hold nothing but
    digits and '/' (services.areas.area_path makes them).
    """
    if _is_above_village(path):
        return and_(column >= path, column < path[:-1] + chr(ord(path[-1]) + 1))
    return and_(column >= path, column < path + chr(ord(_SEPARATOR) + 1))
