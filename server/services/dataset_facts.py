"""Entity lists with counts, as a list of projects shows them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from server.models.entity import Entity, EntityList


@dataclass(frozen=True)
class DatasetView:
    """An entity list with how many live entities it has and how many of them are in conflict."""

    name: str
    project_id: int
    created_at: datetime
    approval_required: bool
    owner_only: bool
    deleted_at: datetime | None
    entities: int
    last_entity: datetime | None
    conflicts: int


def list_datasets(session: Session, project_id: int) -> list[DatasetView]:
    """The live entity lists of a project, by name."""
    rows = session.execute(
        select(
            EntityList,
            func.count(Entity.id),
            func.max(Entity.created_at),
            func.count(case((Entity.conflict.is_not(None), 1))),
        )
        .outerjoin(Entity, (Entity.entity_list_id == EntityList.id) & Entity.deleted_at.is_(None))
        .where(EntityList.project_id == project_id, EntityList.deleted_at.is_(None))
        .group_by(EntityList.id)
        .order_by(EntityList.name)
    )
    return [
        DatasetView(
            listed.name,
            listed.project_id,
            listed.created_at,
            listed.approval_required,
            listed.owner_only,
            listed.deleted_at,
            entities,
            last,
            conflicts,
        )
        for listed, entities, last, conflicts in rows
    ]
