"""What the queue can be filtered by: the areas, officers, codes and forms that occur among the caller's cases.

Belongs here: finding them without reading all cases. Does not: the queue itself (case_queue.py).
Values that occur are found by leaping from one to the next in an index, so that a million rows cost as much as their values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from server.models.actor import Actor, ActorKind
from server.models.area import Area
from server.models.case import Case
from server.models.form import Form, FormVersion
from server.permissions import Caller
from server.scope import LEVEL_DIGITS, VILLAGE_DIGITS, within_areas
from server.services import finding_codes

MANY = 400
"""Villages, and officers, that a list offers; of more villages only those of the district that was chosen."""
_DISTRICT_DIGITS = LEVEL_DIGITS[2]
_LAST = "~"
"""Sorts behind every digit and '/'."""


@dataclass(frozen=True)
class Choices:
    """What the queue's filters offer: (value, label)."""

    areas: tuple[tuple[str, str], ...]
    officers: tuple[tuple[int, str], ...]
    codes: tuple[str, ...]
    forms: tuple[tuple[int, str], ...]


def list_choices(
    session: Session, caller: Caller, project_id: int, *, area: str = "", officer_id: int | None = None
) -> Choices:
    """What there is to choose. area, officer_id: what is chosen now, and is offered in any case."""
    forms = session.execute(
        select(Form.id, FormVersion.title)
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(FormVersion.title)
    )
    return Choices(
        areas=tuple(_areas(session, caller, project_id, area)),
        officers=tuple(_officers(session, caller, project_id, officer_id)),
        codes=tuple(finding_codes.list_codes(session, project_id)),
        forms=tuple((row[0], row[1]) for row in forms),
    )


def _areas(session: Session, caller: Caller, project_id: int, chosen: str) -> list[tuple[str, str]]:
    """Districts and villages with cases, each district before its villages."""
    mine = (Case.project_id == project_id, within_areas(Case.area_path, caller.areas))
    villages = _prefixes(session, mine, VILLAGE_DIGITS, MANY)
    if len(villages) < MANY:
        wanted = {*villages, *(code[:_DISTRICT_DIGITS] for code in villages)}
    else:
        wanted = set(_prefixes(session, mine, _DISTRICT_DIGITS, 10 * MANY))
        district = chosen.replace(".", "")[:_DISTRICT_DIGITS]
        if len(district) == _DISTRICT_DIGITS:
            here = within_areas(Case.area_path, (district,))
            wanted |= set(_prefixes(session, (*mine, here), VILLAGE_DIGITS, MANY))
    names = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(wanted))).all())
    return [(code, names.get(code, code)) for code in sorted(wanted)]


def _prefixes(session: Session, mine: Sequence[ColumnElement[bool]], digits: int, most: int) -> Sequence[str]:
    """The first so many beginnings of the area paths of these cases, in order."""
    first = select(func.min(Case.area_path)).where(*mine, Case.area_path > "").scalar_subquery()
    path = select(first.label("value")).cte("path", recursive=True)
    behind = func.substr(path.c.value, 1, digits) + _LAST
    following = select(func.min(Case.area_path)).where(*mine, Case.area_path > behind)
    path = path.union_all(select(following.scalar_subquery()).where(path.c.value.is_not(None)))
    return session.scalars(
        select(func.substr(path.c.value, 1, digits)).where(path.c.value.is_not(None)).limit(most)
    ).all()


def _officers(session: Session, caller: Caller, project_id: int, chosen: int | None) -> list[tuple[int, str]]:
    """Those with a case, by name, the first MANY and the one that is chosen."""
    # "+ 0": SQLite would otherwise look among all cases of the campaign. The limit: PostgreSQL would read all cases first.
    with_case = (
        select(Case.id)
        .where(
            Case.officer_id == Actor.id,
            Case.project_id + 0 == project_id,
            within_areas(Case.area_path, caller.areas),
        )
        .limit(1)
        .correlate(Actor)
        .scalar_subquery()
        .is_not(None)
    )
    query = select(Actor.id, Actor.display_name).order_by(Actor.display_name, Actor.id)
    ours = or_(Actor.project_id == project_id, Actor.kind == ActorKind.user)
    found: list[Any] = list(session.execute(query.where(ours, with_case).limit(MANY)))
    if chosen is not None and chosen not in {row.id for row in found}:
        found += session.execute(query.where(Actor.id == chosen, with_case))
    return [(row.id, row.display_name) for row in found]
