"""What API clients do to single entities and to several: make, change, resolve, delete, restore.

Belongs here: the rules of that door: base versions, areas, the audit log. Does not: versions and conflicts (entities.py),
reading JSON (entity_bodies.py), thousands at once (entity_bulk.py).
Source: the REST specification, "Datasets and entities".
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.db import among, now, one_of
from server.errors import ConflictError, NotAllowedError, StaleError
from server.models.entity import Entity, EntityList
from server.problems import EntityDeletedError, NoConflictError
from server.scope import AreaPaths, covers_any
from server.services import audit, entities, entity_lists, entity_reading
from server.services.entities import Change, Origin
from server.services.entity_work import find_entity, lock_entity, touch


def create_entity(
    session: Session, listed: EntityList, areas: AreaPaths, change: Change, origin: Origin
) -> Entity:
    """A new entity. Raises: ConflictError (409.3), EntityDeletedError (409.19), NotAllowedError outside of the areas."""
    lock_entity(session, change.uuid)
    known = find_entity(session, change.uuid)
    if known is not None:
        raise taken(change.uuid, is_deleted=known.deleted_at is not None)
    made = entities.create_entity(session, listed, change, origin)
    require_area(areas, made.area_path)
    session.flush()
    return made


def taken(uuid: str, *, is_deleted: bool) -> ConflictError:
    """The mistake that a uuid is in use already."""
    if is_deleted:
        return EntityDeletedError(details={"entityUuids": [uuid]})
    return ConflictError(
        "an entity with this uuid exists",
        details={"fields": ["uuid"], "values": [uuid], "table": "entities"},
    )


def require_area(areas: AreaPaths, path: str) -> None:
    """Raises: NotAllowedError when a new entity would stand outside of what the caller may see."""
    if path and not covers_any(areas, path):
        raise NotAllowedError("the entity would stand outside of your areas")


def change_entity(
    session: Session,
    listed: EntityList,
    areas: AreaPaths,
    uuid: str,
    change: Change | None,
    *,
    origin: Origin,
    base_version: int | None,
    force: bool,
    resolve: bool,
) -> Entity:
    """A further version of an entity, and the end of its conflict; change None = only that.

    Raises: NotFoundError; StaleError (409.15) unless base_version is the newest one, or force; NoConflictError (400.32).
    """
    lock_entity(session, uuid)
    entity = entity_reading.find_entity(session, listed, areas, uuid)
    if resolve and entity.conflict is None:
        raise NoConflictError()
    if change is not None:
        if not force and base_version != entity.version:
            raise StaleError(
                f"the entity is at version {entity.version}",
                details={"current": entity.version, "provided": base_version},
            )
        entities.edit_entity(session, listed, entity, change, origin)
    if resolve:
        entity.conflict, entity.updated_at = None, now()
        touch(session, entity)
        session.flush()
        _record(session, "entity.update.resolve", listed, entity, origin.actor_id)
    session.flush()
    return entity


def delete_entity(
    session: Session, listed: EntityList, areas: AreaPaths, uuid: str, *, actor_id: int
) -> None:
    """Into the trash; phones drop it. Raises: NotFoundError."""
    lock_entity(session, uuid)
    entity = entity_reading.find_entity(session, listed, areas, uuid)
    entity.deleted_at = now()
    touch(session, entity)
    _record(session, "entity.delete", listed, entity, actor_id)
    session.flush()


def restore_entity(
    session: Session, listed: EntityList, areas: AreaPaths, uuid: str, *, actor_id: int
) -> None:
    """Out of the trash. Raises: NotFoundError when it is not there."""
    lock_entity(session, uuid)
    entity = entity_reading.find_entity(session, listed, areas, uuid, deleted=True)
    entity.deleted_at = None
    touch(session, entity)
    _record(session, "entity.restore", listed, entity, actor_id)
    session.flush()


def delete_entities(
    session: Session, listed: EntityList, areas: AreaPaths, uuids: Sequence[str], *, actor_id: int
) -> int:
    """As delete_entity for several; those that are not there are passed over. Returns: how many."""
    return _set_deleted(session, listed, areas, uuids, now(), "entity.bulk.delete", actor_id)


def restore_entities(
    session: Session, listed: EntityList, areas: AreaPaths, uuids: Sequence[str], *, actor_id: int
) -> int:
    """As restore_entity for several. Returns: how many."""
    return _set_deleted(session, listed, areas, uuids, None, "entity.bulk.restore", actor_id)


def _set_deleted(
    session: Session,
    listed: EntityList,
    areas: AreaPaths,
    uuids: Sequence[str],
    moment: datetime | None,
    action: str,
    actor_id: int,
) -> int:
    rows: Sequence[Any] = session.execute(
        select(Entity.id, Entity.uuid, Entity.area_path)
        .where(
            Entity.entity_list_id == listed.id,
            among(session, Entity.uuid, uuids),
            entity_reading.in_trash() if moment is None else Entity.deleted_at.is_(None),
            entity_lists.visible_entities(listed, areas),
        )
        .order_by(Entity.id)
        .with_for_update()
    ).all()
    if not rows:
        return 0
    session.execute(
        update(Entity)
        .where(one_of(Entity.id, [row.id for row in rows]))
        .values(deleted_at=moment)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    entity_lists.bump_revisions(session, listed.id, [row.area_path[:10] for row in rows])
    audit.record(session, actor_id, action, listed.actee_id, {"uuids": [row.uuid for row in rows]})
    return len(rows)


def _record(session: Session, action: str, listed: EntityList, entity: Entity, actor_id: int | None) -> None:
    details = {"entityId": entity.id, "entity": {"uuid": entity.uuid, "dataset": listed.name}}
    audit.record(session, actor_id, action, listed.actee_id, details, entity_id=entity.id)
