"""Families, visits and open findings of each village: counted when they are asked for, of a big campaign every few minutes.

Belongs here: counting, keeping the counts of big campaigns. Does not: what is shown of them (overview.py).
Counting 200,000 cases takes a second. Who sees fewer than LIVE_CASES gets what holds now; who sees more gets what the worker
counted last, and is told when.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, insert, select, text
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now, session_scope
from server.models.case import Case
from server.models.entity import Entity, EntityList
from server.models.project import Project
from server.models.village_count import VillageCount
from server.permissions import Caller
from server.scope import AreaPaths, within_areas
from server.services.case_queue import STATES, count_up_to
from server.services.new_households import HOUSEHOLD_LIST

LIVE_CASES = 10_000
MAX_VILLAGES = 400
SEVERITIES = {
    "high": Case.open_high,
    "medium": Case.open_medium,
    "low": Case.open_low,
    "protect": Case.open_protect,
}
"""What the open findings are told by; 'low' holds those that only inform too."""


_COLUMNS = ("families", "visited", "todo", "high_cases", *(f"open_{name}" for name in SEVERITIES))


@dataclass(frozen=True)
class VillageTotals:
    """One village: families on its list, families visited, cases to work on, those with open high findings; open findings
    by severity in the order of SEVERITIES."""

    families: int = 0
    visited: int = 0
    todo: int = 0
    high: int = 0
    severities: tuple[int, ...] = (0,) * len(SEVERITIES)


@dataclass(frozen=True)
class Counts:
    """total: of all villages and the cases without one; villages: those with most to do first, MAX_VILLAGES at most.

    counted_at: None = now.
    """

    total: VillageTotals
    villages: Mapping[str, VillageTotals]
    counted_at: datetime | None = None


def load_counts(session: Session, caller: Caller, project_id: int) -> Counts:
    """The villages of the caller's areas that have a family or a case."""
    if _is_wide(session, caller.areas, project_id):
        kept = _kept(session, caller.areas, project_id)
        if kept is not None:
            return kept
    found = _count(session, caller.areas, project_id)
    total = _totals(sum(numbers) for numbers in zip(*map(_numbers, found.values()), strict=True))
    named = [code for code in found if code]
    order = sorted(named, key=lambda code: (-found[code].high, -found[code].todo, code))[:MAX_VILLAGES]
    return Counts(total, {code: found[code] for code in order})


def count_big_campaigns(backends: Backends, *, big: int = LIVE_CASES) -> int:
    """Counts the villages of every campaign with so many cases anew. Returns: campaigns counted.

    Effects: each in a transaction of its own, that reads for about a second at a million submissions.
    """
    with session_scope(backends.sessions, read_only=True) as session:
        projects = session.scalars(select(Project.id).where(Project.deleted_at.is_(None))).all()
        wide = [number for number in projects if _has_cases(session, None, number, big)]
    for project_id in wide:
        with session_scope(backends.sessions, read_only=True) as session:
            found = _count(session, None, project_id)
        with session_scope(backends.sessions) as session:
            _keep(session, project_id, found)
    return len(wide)


def _is_wide(session: Session, areas: AreaPaths, project_id: int) -> bool:
    """Whether the caller sees whole villages, and too many cases to count them now."""
    whole = areas is None or not any("/" in path for path in areas)
    return whole and _has_cases(session, areas, project_id, LIVE_CASES)


def _has_cases(session: Session, areas: AreaPaths, project_id: int, number: int) -> bool:
    query = select(Case.id).where(Case.project_id == project_id, within_areas(Case.area_path, areas))
    return count_up_to(session, query, number) >= number


def _kept(session: Session, areas: AreaPaths, project_id: int) -> Counts | None:
    """None when nobody has counted this campaign yet."""
    mine = (VillageCount.project_id == project_id, within_areas(VillageCount.village, areas))
    columns = [getattr(VillageCount, name) for name in _COLUMNS]
    sums = session.execute(
        select(func.min(VillageCount.counted_at), *(func.sum(column) for column in columns)).where(*mine)
    ).one()
    if sums[0] is None:
        return None
    rows = session.execute(
        select(VillageCount.village, *columns)
        .where(*mine, VillageCount.village != "")
        .order_by(VillageCount.high_cases.desc(), VillageCount.todo.desc(), VillageCount.village)
        .limit(MAX_VILLAGES)
    )
    return Counts(_totals(sums[1:]), {row[0]: _totals(row[1:]) for row in rows}, sums[0])


def _keep(session: Session, project_id: int, villages: Mapping[str, VillageTotals]) -> None:
    moment = now()
    session.execute(delete(VillageCount).where(VillageCount.project_id == project_id))
    rows = [
        {
            "project_id": project_id,
            "village": village,
            **dict(zip(_COLUMNS, _numbers(found), strict=True)),
            "counted_at": moment,
        }
        for village, found in villages.items()
    ]
    if rows:
        session.execute(insert(VillageCount), rows)


def _count(session: Session, areas: AreaPaths, project_id: int) -> dict[str, VillageTotals]:
    families = _families(session, areas, project_id)
    cases = {row[0] or "": row[1:] for row in _cases(session, areas, project_id)}
    nothing = (0,) * (3 + len(SEVERITIES))
    codes = {*families, *cases}
    return {code: _totals((families.get(code, 0), *cases.get(code, nothing))) for code in codes}


def _totals(numbers: Iterable[int]) -> VillageTotals:
    """From numbers in the order of _COLUMNS; of none at all, zeros."""
    families, visited, todo, high, *severities = [int(number) for number in numbers] or [0] * len(_COLUMNS)
    return VillageTotals(families, visited, todo, high, tuple(severities))


def _numbers(totals: VillageTotals) -> tuple[int, ...]:
    return totals.families, totals.visited, totals.todo, totals.high, *totals.severities


def _families(session: Session, areas: AreaPaths, project_id: int) -> dict[str, int]:
    """Village code -> families on its list."""
    rows = session.execute(
        select(func.substr(Entity.area_path, 1, 10).label("village"), func.count())
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .where(
            EntityList.project_id == project_id,
            EntityList.name == HOUSEHOLD_LIST,
            EntityList.deleted_at.is_(None),
            Entity.deleted_at.is_(None),
            within_areas(Entity.area_path, areas),
        )
        .group_by(text("village"))
    )
    return {code: count for code, count in rows if code}


def _cases(session: Session, areas: AreaPaths, project_id: int) -> Iterable[tuple[str, int]]:
    """Village code, cases visited, to do, with high ones, then the severities; in one pass, however many findings there are."""
    todo = STATES["todo"]
    visited = Case.household_id.is_not(None) & Case.visited_at.is_not(None)
    rows = session.execute(
        select(
            func.substr(Case.area_path, 1, 10).label("village"),
            *(
                func.sum(case((condition, 1), else_=0))
                for condition in (visited, todo, todo & (Case.open_high > 0))
            ),
            *(func.sum(column) for column in SEVERITIES.values()),
        )
        .where(Case.project_id == project_id, within_areas(Case.area_path, areas))
        .group_by(text("village"))
    )
    return map(tuple, rows)
