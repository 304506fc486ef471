"""Where a campaign stands: counts for the first page, and what the queue can be filtered by.

Belongs here: counting, within the caller's areas. Does not: the queue itself (case_queue.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from server.models.actor import Actor, ActorKind
from server.models.area import Area
from server.models.case import Case
from server.models.entity import Entity, EntityList
from server.models.finding import Finding, FindingState
from server.models.form import Form, FormVersion
from server.models.project import Project
from server.models.submission import Submission
from server.permissions import Caller
from server.scope import within_areas
from server.services.case_queue import STATES, count_states
from server.services.new_households import HOUSEHOLD_LIST

MAX_VILLAGES = 400
SEVERITIES = {
    "high": Case.open_high,
    "medium": Case.open_medium,
    "low": Case.open_low,
    "protect": Case.open_protect,
}
"""What the open findings are told by; 'low' holds those that only inform too."""


@dataclass(frozen=True)
class VillageLine:
    """One village: families to visit, families visited, cases to work on, those with open high findings."""

    code: str
    name: str
    families: int
    visited: int
    todo: int
    high: int


@dataclass(frozen=True)
class FormLine:
    """One form: submissions and when the last one came."""

    id: int
    xml_form_id: str
    title: str
    submissions: int
    last_at: datetime | None


@dataclass(frozen=True)
class Overview:
    """The first page of a campaign."""

    states: dict[str, int]
    severities: dict[str, int]
    villages: tuple[VillageLine, ...]
    forms: tuple[FormLine, ...]
    owed: int
    families: int
    visited: int


@dataclass(frozen=True)
class Choices:
    """What the queue's filters offer: (value, label)."""

    areas: tuple[tuple[str, str], ...]
    officers: tuple[tuple[int, str], ...]
    codes: tuple[str, ...]
    forms: tuple[tuple[int, str], ...]


def load_overview(session: Session, caller: Caller, project: Project) -> Overview:
    """Counts of a campaign within the caller's areas."""
    families = _families(session, caller, project.id)
    cases = _cases(session, caller, project.id)
    totals = [sum(counts) for counts in zip(*(found.severities for found in cases.values()), strict=True)]
    return Overview(
        states=count_states(session, caller, project.id),
        severities=dict.fromkeys(SEVERITIES, 0) | dict(zip(SEVERITIES, totals, strict=False)),
        villages=_villages(session, families, cases),
        forms=tuple(_forms(session, caller, project.id)),
        owed=_owed(session, project.id),
        families=sum(families.values()),
        visited=sum(found.visited for found in cases.values()),
    )


def filter_choices(session: Session, caller: Caller, project_id: int) -> Choices:
    """Areas, officers, codes and forms that occur among the caller's cases."""
    mine = (Case.project_id == project_id, within_areas(Case.area_path, caller.areas))
    codes = session.scalars(
        select(Finding.code)
        .where(
            Finding.project_id == project_id,
            Finding.state.in_([FindingState.open, FindingState.confirmed]),
            Finding.outcome == "fires",
        )
        .distinct()
        .order_by(Finding.code)
    )
    officers = session.execute(
        select(Actor.id, Actor.display_name)
        .where(Actor.id.in_(select(Case.officer_id).where(*mine).distinct()))
        .order_by(Actor.display_name)
    )
    forms = session.execute(
        select(Form.id, FormVersion.title)
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(FormVersion.title)
    )
    return Choices(
        areas=tuple(_areas(session, mine)),
        officers=tuple((row[0], row[1]) for row in officers),
        codes=tuple(codes),
        forms=tuple((row[0], row[1]) for row in forms),
    )


def _areas(session: Session, mine: Sequence[object]) -> list[tuple[str, str]]:
    """Districts and villages with cases, each district before its villages."""
    village = func.substr(Case.area_path, 1, 10)
    codes = {code for code in session.scalars(select(village).where(*mine).distinct()) if code}  # type: ignore[arg-type]
    wanted = codes | {code[:6] for code in codes}
    names = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(wanted))).all())
    return [(code, names.get(code, code)) for code in sorted(wanted)]


def _families(session: Session, caller: Caller, project_id: int) -> dict[str, int]:
    """Village code -> families on its list."""
    rows = session.execute(
        select(func.substr(Entity.area_path, 1, 10).label("village"), func.count())
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .where(
            EntityList.project_id == project_id,
            EntityList.name == HOUSEHOLD_LIST,
            EntityList.deleted_at.is_(None),
            Entity.deleted_at.is_(None),
            within_areas(Entity.area_path, caller.areas),
        )
        .group_by(text("village"))
    )
    return {code: count for code, count in rows if code}


@dataclass(frozen=True)
class _Cases:
    """What the cases of one village add up to."""

    visited: int = 0
    todo: int = 0
    high: int = 0
    severities: tuple[int, ...] = (0,) * len(SEVERITIES)


def _cases(session: Session, caller: Caller, project_id: int) -> dict[str, _Cases]:
    """Village code -> its cases, '' for those without village; in one pass, however many findings there are."""
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
        .where(Case.project_id == project_id, within_areas(Case.area_path, caller.areas))
        .group_by(text("village"))
    )
    return {
        row[0] or "": _Cases(int(row[1]), int(row[2]), int(row[3]), tuple(int(count) for count in row[4:]))
        for row in rows
    }


def _villages(
    session: Session, families: Mapping[str, int], cases: Mapping[str, _Cases]
) -> tuple[VillageLine, ...]:
    """The villages with most to do first, MAX_VILLAGES at most."""
    nothing = _Cases()
    found = {code: cases.get(code, nothing) for code in {*families, *cases} if code}
    order = sorted(found, key=lambda code: (-found[code].high, -found[code].todo, code))[:MAX_VILLAGES]
    names = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(order))).all())
    return tuple(
        VillageLine(
            code,
            names.get(code, ""),
            families.get(code, 0),
            found[code].visited,
            found[code].todo,
            found[code].high,
        )
        for code in order
    )


def _forms(session: Session, caller: Caller, project_id: int) -> list[FormLine]:
    counted = (
        select(
            Submission.form_id, func.count().label("count"), func.max(Submission.created_at).label("last_at")
        )
        .where(
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            within_areas(Submission.area_path, caller.areas),
        )
        .group_by(Submission.form_id)
        .subquery()
    )
    rows = session.execute(
        select(Form.id, Form.xml_form_id, FormVersion.title, counted.c.count, counted.c.last_at)
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .outerjoin(counted, counted.c.form_id == Form.id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(Form.xml_form_id)
    )
    return [FormLine(row[0], row[1], row[2], row[3] or 0, row[4]) for row in rows]


def _owed(session: Session, project_id: int) -> int:
    query = select(func.count()).where(
        Submission.project_id == project_id,
        Submission.screened_at.is_(None),
        Submission.deleted_at.is_(None),
        Submission.is_draft.is_(False),
    )
    return session.scalar(query) or 0


def count_officers(session: Session, project_id: int) -> int:
    """Officers of a campaign, also those without access."""
    query = select(func.count()).where(Actor.project_id == project_id, Actor.kind == ActorKind.field_key)
    return session.scalar(query) or 0
