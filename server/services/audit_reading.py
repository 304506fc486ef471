"""The audit log as clients read it: filtered, newest first, with who did it to what.

Belongs here: reading. Does not: writing (audit.py).
Source: the REST specification, "Audits".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, select
from sqlalchemy.orm import Session

from server.models.actor import Actor
from server.models.audit import Audit
from server.models.entity import EntityList
from server.models.form import Form, FormVersion
from server.models.project import Project
from server.permissions import Caller
from server.services import form_facts

GROUPS = ("user", "project", "form", "field_key", "public_link", "submission", "dataset", "entity", "config")
NONVERBOSE = "nonverbose"
DAILY = (
    "entity.bulk.create",
    "entity.bulk.delete",
    "entity.bulk.restore",
    "entity.create",
    "entity.delete",
    "entity.error",
    "entity.restore",
    "entity.update.resolve",
    "entity.update.version",
    "submission.attachment.update",
    "submission.backlog.force",
    "submission.backlog.hold",
    "submission.backlog.reprocess",
    "submission.create",
    "submission.delete",
    "submission.restore",
    "submission.update",
    "submission.update.version",
)
ABOVE_AREAS = ("user", "project", "form", "field_key", "public_link", "dataset", "config")
"""Groups of acts on things that stand in no area; the rest names submissions, entities, cases, households."""


@dataclass(frozen=True)
class Act:
    """One line of the log. actor and actee are for extended metadata; actee is a project, form, list or actor."""

    actor_id: int | None
    action: str
    actee_id: str | None
    details: dict[str, Any] | None
    notes: str | None
    logged_at: datetime
    actor: Actor | None = None
    actee: Any = None


def list_acts(
    session: Session,
    caller: Caller,
    *,
    action: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int | None = None,
    offset: int = 0,
    extended: bool = False,
) -> list[Act]:
    """Lines of the log, newest first; action exact or a group; start inclusive, end exclusive.

    Whoever sees certain areas only gets what stands in no area, and their own acts.
    """
    query = select(Audit).where(_narrowed(caller)).order_by(Audit.logged_at.desc(), Audit.id.desc())
    if action is not None:
        query = query.where(_matches(action))
    if start is not None:
        query = query.where(Audit.logged_at >= start)
    if end is not None:
        query = query.where(Audit.logged_at < end)
    rows = session.scalars(query.limit(limit).offset(offset)).all()
    actors = _actors(session, rows) if extended else {}
    actees = _actees(session, {row.actee_id for row in rows if row.actee_id}) if extended else {}
    return [
        Act(
            row.actor_id,
            row.action,
            row.actee_id,
            row.details or None,
            row.notes,
            row.logged_at,
            actors.get(row.actor_id or 0),
            actees.get(row.actee_id or ""),
        )
        for row in rows
    ]


def _in_group(group: str) -> ColumnElement[bool]:
    return Audit.action.startswith(f"{group}.", autoescape=True)


def _matches(action: str) -> ColumnElement[bool]:
    if action == NONVERBOSE:
        return not_(Audit.action.in_(DAILY))
    return _in_group(action) if action in GROUPS else Audit.action == action


def _narrowed(caller: Caller) -> ColumnElement[bool]:
    if caller.areas is None:
        return not_(false())
    return or_(Audit.actor_id == caller.actor_id, *(_in_group(group) for group in ABOVE_AREAS))


def _actors(session: Session, rows: Iterable[Audit]) -> dict[int, Actor]:
    ids = {row.actor_id for row in rows if row.actor_id is not None}
    return {actor.id: actor for actor in session.scalars(select(Actor).where(Actor.id.in_(ids)))}


def _actees(session: Session, ids: set[str]) -> dict[str, Any]:
    """Actee id -> the thing, also when it was deleted."""
    found: dict[str, Any] = {}
    found.update(
        {row.actee_id: row for row in session.scalars(select(Project).where(Project.actee_id.in_(ids)))}
    )
    found.update(
        {row.actee_id: row for row in session.scalars(select(EntityList).where(EntityList.actee_id.in_(ids)))}
    )
    found.update({row.actee_id: row for row in session.scalars(select(Actor).where(Actor.actee_id.in_(ids)))})
    pairs = session.execute(
        select(Form, FormVersion)
        .join(FormVersion, and_(FormVersion.id.in_((Form.current_version_id, Form.draft_version_id))))
        .where(Form.actee_id.in_(ids))
        .order_by(FormVersion.published_at.is_(None).desc())
    ).all()
    for form, version in pairs:
        found[form.actee_id] = form_facts.view_form(session, form, version)
    return found
