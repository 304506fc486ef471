"""Entities: what submissions and the server itself do to them. Every change is a version; conflicts are marked, not hidden.

Belongs here: creating and updating one entity. Does not: bases and conflicts (entity_bases.py), reading actions out of a
submission's XML (forms.entities), which submissions are due (entity_actions.py), lists and CSV (entity_lists.py).
Source: the OpenRosa specification, 6.2 and 6.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from server.db import now
from server.models.entity import Entity, EntityList, EntityVersion
from server.services import audit, new_households
from server.services.entity_bases import (
    BaseMissingError,
    Change,
    EntityProblem,
    base_of,
    changed_by_others,
    new_label,
    versions_of,
)
from server.services.entity_work import find_entity, lock_entity, touch

__all__ = ["BaseMissingError", "Change", "EntityProblem", "Origin", "find_entity"]


@dataclass(frozen=True)
class Origin:
    """Where a change comes from."""

    actor_id: int | None
    user_agent: str = ""
    submission_version_id: int | None = None
    source: Mapping[str, object] = field(default_factory=dict)


def create_entity(
    session: Session, listed: EntityList, change: Change, origin: Origin, *, forced: bool = False
) -> Entity:
    """A new entity with its first version.

    Args: forced = it stands for an offline update whose entity never arrived.
    Raises: EntityProblem 409.3 when the uuid is taken, 409.19 when by a deleted entity, 400.2 without a label.
    Effects: a new family in `keluarga` becomes a household of its own until the register has it.
    """
    change = new_households.masked(listed, change)
    lock_entity(session, change.uuid)
    known = find_entity(session, change.uuid)
    if known is not None:
        raise EntityProblem(*(_DELETED if known.deleted_at else _TAKEN))
    label = (change.label or "").strip() or ("auto generated" if forced else "")
    if not label:
        raise EntityProblem("400.2", "the entity has no label")
    entity = Entity(
        entity_list_id=listed.id,
        uuid=change.uuid,
        label=label,
        data=dict(change.properties),
        version=1,
        creator_id=origin.actor_id,
        created_at=now(),
    )
    new_households.place_entity(session, listed, entity)
    session.add(entity)
    session.flush()
    session.add(_first_version(entity, change, origin, forced=forced))
    _record(session, "entity.create", listed, entity, origin)
    touch(session, entity)
    return entity


def _record(session: Session, action: str, listed: EntityList, entity: Entity, origin: Origin) -> None:
    details: dict[str, object] = {
        "entityId": entity.id,
        "entity": {"uuid": entity.uuid, "dataset": listed.name},
        "version": entity.version,
    }
    if origin.submission_version_id is not None:
        details["submissionDefId"] = origin.submission_version_id
    audit.record(session, origin.actor_id, action, listed.actee_id, details, entity_id=entity.id)


_TAKEN = ("409.3", "an entity with this uuid exists")
_DELETED = ("409.19", "the uuid belongs to a deleted entity")


def _first_version(entity: Entity, change: Change, origin: Origin, *, forced: bool) -> EntityVersion:
    """A forced one keeps its place in the branch, so that what comes after finds it; see `was_forced`."""
    return EntityVersion(
        entity_id=entity.id,
        version=1,
        label=entity.label,
        data=entity.data,
        data_received={**change.properties, "label": entity.label},
        branch_id=change.branch_id if forced else None,
        trunk_version=change.trunk_version if forced else None,
        branch_base_version=change.base_version if forced else None,
        creator_id=origin.actor_id,
        user_agent=origin.user_agent,
        source=dict(origin.source),
        submission_version_id=origin.submission_version_id,
        created_at=entity.created_at,
    )


def was_forced(session: Session, entity: Entity) -> bool:
    """True when the entity was made of an offline update because its create had not arrived after five days."""
    first = session.scalar(versions_of(entity.id, EntityVersion.version == 1))
    return first is not None and first.branch_id is not None


def create_late(
    session: Session, listed: EntityList, change: Change, origin: Origin, entity: Entity
) -> Entity:
    """The create of an entity that was made by force before: a further version, and a conflict to be looked at.

    Effects: the household of a new family is made now when the forced version could not make it.
    """
    change = new_households.masked(listed, change)
    mine = {**change.properties, **new_label(change)}
    theirs = {**entity.data, "label": entity.label}
    conflicting = sorted(name for name, value in mine.items() if theirs.get(name, value) != value)
    changed = _add_version(
        session,
        entity,
        change,
        origin,
        base_version=1,
        conflict="hard" if conflicting else "soft",
        conflicting=conflicting or None,
    )
    _record(session, "entity.update.version", listed, changed, origin)
    if changed.household_id is None and not changed.area_path:
        new_households.place_entity(session, listed, changed)
        session.flush()
        touch(session, changed)
    return changed


def update_entity(
    session: Session, listed: EntityList, change: Change, origin: Origin, *, forced: bool = False
) -> Entity:
    """A further version of an entity; a conflict with changes of others is marked on it.

    Raises: EntityProblem 404.8 (no entity), 404.11 (deleted), 404.9 (base version unknown), 400.2 (no base version);
    BaseMissingError when an offline branch arrives out of order, unless forced: then the newest version is the base.
    """
    if change.trunk_version is not None and change.branch_id is None:
        raise EntityProblem("400.2", "trunkVersion without branchId")
    change = new_households.masked(listed, change)
    lock_entity(session, change.uuid)
    entity = find_entity(session, change.uuid, listed.id)
    if entity is None:
        if change.branch_id and not forced and change.base_version is not None:
            raise BaseMissingError(change.uuid, change.branch_id, change.base_version)
        raise EntityProblem("404.8", "there is no such entity")
    if entity.deleted_at is not None:
        raise EntityProblem("404.11", "the entity was deleted")
    base = base_of(session, entity, change, forced=forced)
    conflicting = changed_by_others(session, entity, base, change)
    conflict = None if conflicting is None else ("hard" if conflicting else "soft")
    changed = _add_version(
        session,
        entity,
        change,
        origin,
        base_version=base.version,
        conflict=conflict,
        conflicting=conflicting or None,
    )
    _record(session, "entity.update.version", listed, changed, origin)
    return changed


def edit_entity(
    session: Session, listed: EntityList, entity: Entity, change: Change, origin: Origin
) -> Entity:
    """A further version on top of the newest one, by somebody who has seen that; also when nothing differs.

    Effects: a conflict that is marked stays marked. The entity must be locked and live.
    """
    change = new_households.masked(listed, change)
    changed = _add_version(
        session, entity, change, origin, base_version=entity.version, conflict=None, conflicting=None
    )
    _record(session, "entity.update.version", listed, changed, origin)
    return changed


def update_by_server(
    session: Session,
    entity: Entity,
    data: Mapping[str, str],
    *,
    source: Mapping[str, object],
    actor_id: int | None = None,
) -> Entity:
    """Columns that the server writes (task, decision). Nothing happens when all of them have these values already."""
    lock_entity(session, entity.uuid)
    session.refresh(entity)
    if all(entity.data.get(name, "") == value for name, value in data.items()):
        return entity
    change = Change(entity.uuid, None, data)
    return _add_version(
        session,
        entity,
        change,
        Origin(actor_id, source=source),
        base_version=entity.version,
        conflict=None,
        conflicting=None,
    )


def _add_version(
    session: Session,
    entity: Entity,
    change: Change,
    origin: Origin,
    *,
    base_version: int,
    conflict: str | None,
    conflicting: list[str] | None,
) -> Entity:
    label = new_label(change).get("label", entity.label)
    received = {**change.properties, **({"label": change.label} if change.label is not None else {})}
    entity.data = {**entity.data, **change.properties}
    entity.label, entity.version, entity.updated_at = label, entity.version + 1, now()
    if conflict is not None and entity.conflict != "hard":
        entity.conflict = conflict
    session.add(
        EntityVersion(
            entity_id=entity.id,
            version=entity.version,
            label=label,
            data=entity.data,
            data_received=received,
            base_version=base_version,
            branch_id=change.branch_id,
            trunk_version=change.trunk_version,
            branch_base_version=change.base_version if change.branch_id else None,
            conflict=conflict,
            conflicting_properties=conflicting,
            creator_id=origin.actor_id,
            user_agent=origin.user_agent,
            source=dict(origin.source),
            submission_version_id=origin.submission_version_id,
            created_at=entity.updated_at,
        )
    )
    touch(session, entity)
    return entity
