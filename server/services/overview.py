"""Where a campaign stands: counts for the first page, and what the queue can be filtered by.

Belongs here: counting, within the caller's areas. Does not: the queue itself (case_queue.py).
"""

from collections.abc import Iterable, Sequence
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
    villages = _villages(session, caller, project.id)
    return Overview(
        states=count_states(session, caller, project.id),
        severities=_severities(session, caller, project.id),
        villages=tuple(villages),
        forms=tuple(_forms(session, caller, project.id)),
        owed=_owed(session, project.id),
        families=sum(line.families for line in villages),
        visited=sum(line.visited for line in villages),
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


def _severities(session: Session, caller: Caller, project_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Finding.severity, func.count())
        .join(Case, Case.id == Finding.case_id)
        .where(
            Case.project_id == project_id,
            within_areas(Case.area_path, caller.areas),
            Finding.state == FindingState.open,
            Finding.outcome == "fires",
        )
        .group_by(Finding.severity)
    )
    return dict.fromkeys(("high", "medium", "low", "info"), 0) | dict(rows.all())


def _villages(session: Session, caller: Caller, project_id: int) -> list[VillageLine]:
    families = _by_village(
        session.execute(
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
    )
    visited = _by_village(
        session.execute(
            select(
                func.substr(Submission.area_path, 1, 10).label("village"),
                func.count(Submission.household_id.distinct()),
            )
            .where(
                Submission.project_id == project_id,
                Submission.deleted_at.is_(None),
                Submission.is_draft.is_(False),
                within_areas(Submission.area_path, caller.areas),
            )
            .group_by(text("village"))
        )
    )
    cases = _cases_by_village(session, caller, project_id)
    codes = sorted(set(families) | set(visited) | set(cases))[:MAX_VILLAGES]
    names = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(codes))).all())
    lines = [
        VillageLine(
            code, names.get(code, ""), families.get(code, 0), visited.get(code, 0), *cases.get(code, (0, 0))
        )
        for code in codes
    ]
    return sorted(lines, key=lambda line: (-line.high, -line.todo, line.code))


def _by_village(rows: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    return {code: count for code, count in rows if code}


def _cases_by_village(session: Session, caller: Caller, project_id: int) -> dict[str, tuple[int, int]]:
    todo = STATES["todo"]
    rows = session.execute(
        select(
            func.substr(Case.area_path, 1, 10).label("village"),
            func.sum(case((todo, 1), else_=0)),
            func.sum(case((todo & (Case.open_high > 0), 1), else_=0)),
        )
        .where(Case.project_id == project_id, within_areas(Case.area_path, caller.areas))
        .group_by(text("village"))
    )
    return {code: (int(open_cases), int(high)) for code, open_cases, high in rows if code}


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
