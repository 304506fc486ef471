"""What extended metadata says of projects: how many forms, app users and lists, and when something last came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from server.models.actor import Actor, ActorKind, AuthSession
from server.models.entity import Entity, EntityList
from server.models.form import Form
from server.models.project import Project
from server.models.submission import Submission
from server.permissions import Caller
from server.services.roles import verbs_on


@dataclass(frozen=True)
class ProjectView:
    """A project as one caller sees it. form_list and dataset_list stay None unless asked for."""

    id: int
    name: str
    description: str | None
    archived: bool | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    verbs: Sequence[str] = ()
    forms: int = 0
    app_users: int = 0
    datasets: int = 0
    last_submission: datetime | None = None
    last_entity: datetime | None = None
    key_id: int | None = None
    form_list: list[Any] | None = field(default=None)
    dataset_list: list[Any] | None = field(default=None)


def view_projects(
    session: Session, caller: Caller, rows: Sequence[Project], *, extended: bool = False
) -> list[ProjectView]:
    """The same projects, in the same order, with what the caller may do there; extended: also what else is known."""
    facts = _facts(session, [row.id for row in rows]) if extended else {}
    return [
        ProjectView(
            id=row.id,
            name=row.name,
            description=row.description,
            archived=row.archived,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            verbs=verbs_on(caller, row.actee_id),
            **{name: values[row.id] for name, values in facts.items() if row.id in values},
        )
        for row in rows
    ]


def _facts(session: Session, ids: list[int]) -> dict[str, dict[int, Any]]:
    """Field of ProjectView -> project id -> value; projects without any are left out."""
    active = exists().where(AuthSession.actor_id == Actor.id)
    phone = (Actor.kind == ActorKind.field_key, Actor.deleted_at.is_(None), active)
    last_sent = func.max(Submission.created_at)
    last_entity = (
        select(EntityList.project_id, func.max(Entity.created_at))
        .join(Entity, Entity.entity_list_id == EntityList.id)
        .where(EntityList.project_id.in_(ids))
        .group_by(EntityList.project_id)
    )
    return {
        "forms": _by_project(session, Form, ids, func.count(), Form.deleted_at.is_(None)),
        "app_users": _by_project(session, Actor, ids, func.count(), *phone),
        "datasets": _by_project(session, EntityList, ids, func.count(), EntityList.deleted_at.is_(None)),
        "last_submission": _by_project(session, Submission, ids, last_sent, ~Submission.is_draft),
        "last_entity": {project_id: found for project_id, found in session.execute(last_entity)},
    }


def _by_project(session: Session, table: Any, ids: list[int], value: Any, *conditions: Any) -> dict[int, Any]:
    query: Select[Any] = (
        select(table.project_id, value)
        .select_from(table)
        .where(table.project_id.in_(ids), *conditions)
        .group_by(table.project_id)
    )
    return {project_id: found for project_id, found in session.execute(query)}
