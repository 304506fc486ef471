"""Entity lists as API clients see them: one in full with its forms and properties, all of a project with counts.

Belongs here: reading lists. Does not: changing them (datasets.py), which forms use them (dataset_uses.py).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from server.models.audit import Audit
from server.models.entity import Entity, EntityList, EntityProperty
from server.scope import AreaPaths, village_paths, within_areas
from server.services import dataset_uses
from server.services.dataset_uses import UsingForm
from server.services.entity_lists import AREA_LIST

_NOT_ODATA = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class DatasetView:
    """An entity list with how many live entities the caller sees and how many of them are in conflict. id: of the list."""

    name: str
    project_id: int
    created_at: datetime
    approval_required: bool
    owner_only: bool
    deleted_at: datetime | None
    entities: int
    last_entity: datetime | None
    conflicts: int
    id: int = 0


@dataclass(frozen=True)
class PropertyView:
    """A property. odata_name: as OData and its clients spell it; forms: that write it."""

    name: str
    odata_name: str
    published_at: datetime | None
    forms: tuple[UsingForm, ...]


@dataclass(frozen=True)
class FullDataset:
    """An entity list with everything around it."""

    name: str
    project_id: int
    approval_required: bool
    owner_only: bool
    created_at: datetime
    deleted_at: datetime | None
    last_update: datetime | None
    linked_forms: tuple[UsingForm, ...]
    source_forms: tuple[UsingForm, ...]
    draft_linked_forms: tuple[UsingForm, ...]
    draft_source_forms: tuple[UsingForm, ...]
    properties: tuple[PropertyView, ...]


def list_datasets(
    session: Session, project_id: int, areas: AreaPaths, *, deleted: bool = False
) -> list[DatasetView]:
    """The entity lists of a project, by name, with counts of what the areas show; those in the trash when deleted."""
    rows = session.execute(
        select(
            EntityList,
            func.count(Entity.id),
            func.max(Entity.created_at),
            func.count(case((Entity.conflict.is_not(None), 1))),
        )
        .outerjoin(
            Entity,
            and_(Entity.entity_list_id == EntityList.id, Entity.deleted_at.is_(None), _visible(areas)),
        )
        .where(
            EntityList.project_id == project_id,
            EntityList.deleted_at.is_not(None) if deleted else EntityList.deleted_at.is_(None),
        )
        .group_by(EntityList.id)
        .order_by(EntityList.name, EntityList.id)
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
            listed.id,
        )
        for listed, entities, last, conflicts in rows
    ]


def _visible(areas: AreaPaths) -> ColumnElement[bool]:
    """entity_lists.visible_entities over several lists at once."""
    if areas is None:
        return within_areas(Entity.area_path, None)
    return or_(
        within_areas(Entity.area_path, areas, allow_empty=True),
        and_(EntityList.name == AREA_LIST, within_areas(Entity.area_path, village_paths(areas))),
    )


def view_dataset(session: Session, listed: EntityList) -> FullDataset:
    """One list in full. last_update: when the log last says something of it."""
    uses = dataset_uses.uses_of(session, listed)
    last = session.scalar(
        select(Audit.logged_at).where(Audit.actee_id == listed.actee_id).order_by(Audit.id.desc()).limit(1)
    )
    return FullDataset(
        name=listed.name,
        project_id=listed.project_id,
        approval_required=listed.approval_required,
        owner_only=listed.owner_only,
        created_at=listed.created_at,
        deleted_at=listed.deleted_at,
        last_update=last or listed.created_at,
        linked_forms=uses.linked,
        source_forms=uses.sources,
        draft_linked_forms=uses.draft_linked,
        draft_source_forms=uses.draft_sources,
        properties=tuple(
            PropertyView(
                row.name,
                odata_name(row.name),
                row.published_at,
                tuple(
                    {form.xml_form_id: form for form in uses.sources if row.name in form.properties}.values()
                ),
            )
            for row in _properties(session, listed)
        ),
    )


def odata_name(name: str) -> str:
    """A property as OData spells it: 'luas.ha' -> 'luas_ha'."""
    return _NOT_ODATA.sub("_", name)


def _properties(session: Session, listed: EntityList) -> list[Any]:
    return list(
        session.execute(
            select(EntityProperty.name, EntityProperty.published_at)
            .where(EntityProperty.entity_list_id == listed.id, EntityProperty.published_at.is_not(None))
            .order_by(EntityProperty.published_at, EntityProperty.id)
        )
    )
