"""The tree of areas: paths of households, lookups by code, boundaries for whoever measures.

Belongs here: reading areas and making area paths. Does not: reading boundary files (area_import.py), narrowing queries
(server/scope.py), geometry (workers.geography).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import among
from server.errors import NotFoundError
from server.models.area import Area, AreaLevel
from server.scope import AreaPaths, covers, village_paths, within_areas

_NUMBER = re.compile(r"[0-9]+")
UNKNOWN_RW = "000"


@lru_cache(maxsize=4096)
def normal_rt(text: str) -> str:
    """An RT or RW as three digits: '3', '03', 'RT 3' and '3.0' are '003'; '' for none, 0 or anything else."""
    found = _NUMBER.search(text)
    if found is None:
        return ""
    number = int(found[0])
    return f"{number:03d}" if 0 < number < 1000 else ""


@lru_cache(maxsize=65536)
def area_path(village_code: str, rw: str = "", rt: str = "") -> str:
    """'3517012001/003/002': village, RW, RT, as far down as they are known.

    Args: village_code as 10 digits; rw and rt as anybody writes them. Where a village has no RW, its RT stand below RW
    '000', so that an officer can be given one RT of it: '3517012001/000/002'.
    """
    rw, rt = normal_rt(rw), normal_rt(rt)
    if not rt:
        return f"{village_code}/{rw}" if rw else village_code
    return f"{village_code}/{rw or UNKNOWN_RW}/{rt}"


def get_area(session: Session, code: str) -> Area:
    """The area with this code, dotted or plain. Raises: NotFoundError."""
    found = session.scalar(select(Area).where(Area.code == code.replace(".", "")))
    if found is None:
        raise NotFoundError(f"there is no area {code!r}", message_id=f"Wilayah {code!r} tidak dikenal.")
    return found


def list_children(session: Session, code: str | None = None, *, areas: AreaPaths = None) -> list[Area]:
    """The areas right below one, by code; the topmost ones when code is None. Only those that `areas` touch."""
    query = (
        select(Area).where(Area.parent_code == (code.replace(".", "") if code else None)).order_by(Area.code)
    )
    return [
        area
        for area in session.scalars(query)
        if areas is None or any(_touches(path, area.code) for path in areas)
    ]


def list_villages(session: Session, paths: AreaPaths) -> list[Area]:
    """The villages that these paths touch, by code: those below a district, and that of an RT."""
    query = select(Area).where(Area.level == AreaLevel.village, within_areas(Area.code, village_paths(paths)))
    return list(session.scalars(query.order_by(Area.code)))


def area_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Code -> name of the areas among these codes that are known; unknown ones are left out."""
    rows = session.execute(select(Area.code, Area.name).where(among(session, Area.code, codes)))
    return {code: name for code, name in rows}


def _touches(path: str, code: str) -> bool:
    """Whether an area is in the path or above it."""
    return covers(path, code) or path.startswith(code)
