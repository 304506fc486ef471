"""Where a campaign stands: counts for the first page.

Belongs here: gathering them, within the caller's areas. Does not: counting villages (village_counts.py), the queue itself
(case_queue.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.models.actor import Actor, ActorKind
from server.models.area import Area
from server.models.form import Form, FormVersion
from server.models.project import Project
from server.models.submission import Submission
from server.permissions import Caller
from server.scope import within_areas
from server.services import village_counts
from server.services.case_queue import COUNT_LIMIT, count_states, count_up_to
from server.services.claims import owed_query
from server.services.village_counts import SEVERITIES, VillageTotals


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
    """One form: submissions, counted to COUNT_LIMIT, and when the last one came."""

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
    counted_at: datetime | None
    """When the villages were counted; None = now."""


def load_overview(session: Session, caller: Caller, project: Project) -> Overview:
    """Counts of a campaign within the caller's areas."""
    counts = village_counts.load_counts(session, caller, project.id)
    return Overview(
        states=count_states(session, caller, project.id),
        severities=dict(zip(SEVERITIES, counts.total.severities, strict=True)),
        villages=_villages(session, counts.villages),
        forms=tuple(_forms(session, caller, project.id)),
        owed=_owed(session, project.id),
        families=counts.total.families,
        visited=counts.total.visited,
        counted_at=counts.counted_at,
    )


def _villages(session: Session, counts: Mapping[str, VillageTotals]) -> tuple[VillageLine, ...]:
    names = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(counts))).all())
    return tuple(
        VillageLine(code, names.get(code, ""), found.families, found.visited, found.todo, found.high)
        for code, found in counts.items()
    )


def _forms(session: Session, caller: Caller, project_id: int) -> list[FormLine]:
    rows = session.execute(
        select(Form.id, Form.xml_form_id, FormVersion.title)
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(Form.xml_form_id)
    ).all()
    lines = []
    for row in rows:
        mine = _of_form(caller, row.id)
        count = count_up_to(session, mine)
        last_at = _last_arrival(session, caller, mine, count)
        lines.append(FormLine(row.id, row.xml_form_id, row.title, count, last_at))
    return lines


def _of_form(caller: Caller, form_id: int) -> Select[int]:
    return select(Submission.form_id).where(
        Submission.form_id == form_id,
        Submission.deleted_at.is_(None),
        Submission.is_draft.is_(False),
        within_areas(Submission.area_path, caller.areas),
    )


def _last_arrival(session: Session, caller: Caller, mine: Select[int], count: int) -> datetime | None:
    """When the last one came. Of a form that has many everywhere one is among the newest: they are looked at from the end,
    which would be slow for one that has few, or in one place."""
    if caller.areas is None and count >= COUNT_LIMIT:
        latest = mine.with_only_columns(Submission.created_at).order_by(Submission.id.desc()).limit(1)
        return session.scalar(latest)
    return session.scalar(mine.with_only_columns(func.max(Submission.created_at))) if count else None


def _owed(session: Session, project_id: int) -> int:
    """Counted to COUNT_LIMIT."""
    return count_up_to(session, owed_query().where(Submission.project_id == project_id).order_by(None))


def count_officers(session: Session, project_id: int) -> int:
    """Officers of a campaign, also those without access."""
    query = select(func.count()).where(Actor.project_id == project_id, Actor.kind == ActorKind.field_key)
    return session.scalar(query) or 0
