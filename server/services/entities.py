"""Entities: what submissions and the server itself do to them. Every change is a version; conflicts are marked, not hidden.

Belongs here: creating and updating one entity. Does not: reading actions out of a submission's XML (forms.entities),
which submissions are due (entity_jobs.py), lists and CSV (entity_lists.py).
Source: the OpenRosa specification, 6.2 and 6.3.
"""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server.db import now
from server.errors import SisirError
from server.models.entity import Entity, EntityList, EntityVersion
from server.services import entity_lists, new_households


class EntityProblem(SisirError):
    """An entity action that cannot be done; the submission stays, the problem is logged. `code` is Central's."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class BaseMissingError(Exception):
    """The version that an offline update builds on has not arrived yet: hold the submission."""

    def __init__(self, uuid: str, branch_id: str, base_version: int) -> None:
        self.uuid, self.branch_id, self.base_version = uuid, branch_id, base_version
        super().__init__(f"entity {uuid} waits for version {base_version} of its branch")


@dataclass(frozen=True)
class Origin:
    """Where a change comes from."""

    actor_id: int | None
    user_agent: str = ""
    submission_version_id: int | None = None
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What a submission wants of one entity. properties: only those it sent, '' where it sent an empty node."""

    uuid: str
    label: str | None
    properties: Mapping[str, str]
    base_version: int | None = None
    trunk_version: int | None = None
    branch_id: str | None = None


def create_entity(
    session: Session, listed: EntityList, change: Change, origin: Origin, *, forced: bool = False
) -> Entity:
    """A new entity with its first version.

    Raises: EntityProblem 409.3 when the uuid is taken, 400.2 without a label.
    Effects: a new family in `keluarga` becomes a household of its own until the register has it.
    """
    lock_entity(session, change.uuid)
    if find_entity(session, change.uuid) is not None:
        raise EntityProblem("409.3", "an entity with this uuid exists")
    label = (change.label or "").strip() or ("auto generated" if forced else "")
    if not label:
        raise EntityProblem("400.2", "the entity has no label")
    data = dict(change.properties)
    moment = now()
    entity = Entity(
        entity_list_id=listed.id,
        uuid=change.uuid,
        label=label,
        data=data,
        version=1,
        creator_id=origin.actor_id,
        created_at=moment,
    )
    new_households.place_entity(session, listed, entity)
    session.add(entity)
    session.flush()
    session.add(
        EntityVersion(
            entity_id=entity.id,
            version=1,
            label=label,
            data=data,
            data_received={**change.properties, "label": label},
            branch_id=change.branch_id if forced else None,
            trunk_version=change.trunk_version if forced else None,
            branch_base_version=change.base_version if forced else None,
            creator_id=origin.actor_id,
            user_agent=origin.user_agent,
            source=dict(origin.source),
            submission_version_id=origin.submission_version_id,
            created_at=moment,
        )
    )
    _touch(session, entity)
    return entity


def update_entity(
    session: Session, listed: EntityList, change: Change, origin: Origin, *, forced: bool = False
) -> Entity:
    """A further version of an entity; a conflict with changes of others is marked on it.

    Raises: EntityProblem 404.8 (no entity), 404.11 (deleted), 404.9 (base version unknown), 400.2 (no base version);
    BaseMissingError when an offline branch arrives out of order, unless forced: then the newest version is the base.
    """
    lock_entity(session, change.uuid)
    entity = find_entity(session, change.uuid, listed.id)
    if entity is None:
        if change.branch_id and not forced and change.base_version is not None:
            raise BaseMissingError(change.uuid, change.branch_id, change.base_version)
        raise EntityProblem("404.8", "there is no such entity")
    if entity.deleted_at is not None:
        raise EntityProblem("404.11", "the entity was deleted")
    base = _base_of(session, entity, change, forced=forced)
    conflicting = _changed_by_others(session, entity, base, change)
    conflict = None if conflicting is None else ("hard" if conflicting else "soft")
    return _add_version(
        session,
        entity,
        change,
        origin,
        base_version=base.version,
        conflict=conflict,
        conflicting=conflicting or None,
    )


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


def find_entity(session: Session, uuid: str, list_id: int | None = None) -> Entity | None:
    """The entity with this uuid, deleted ones included, or None; of one list when list_id is given."""
    query = select(Entity).where(Entity.uuid == uuid)
    return session.scalar(query if list_id is None else query.where(Entity.entity_list_id == list_id))


def lock_entity(session: Session, uuid: str) -> None:
    """Keeps other workers off this uuid until the transaction ends, also while the entity does not exist yet.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = uuids.UUID(uuid).int & 0x7FFF_FFFF_FFFF_FFFF
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _base_of(session: Session, entity: Entity, change: Change, *, forced: bool) -> EntityVersion:
    """The stored version that the phone's data were changed from."""
    if change.trunk_version is not None and change.branch_id is None:
        raise EntityProblem("400.2", "trunkVersion without branchId")
    if change.trunk_version is not None and change.trunk_version > entity.version:
        raise EntityProblem("404.9", "trunkVersion is newer than the entity")
    if change.base_version is None:
        raise EntityProblem("400.2", "baseVersion is empty")
    found = _find_base(session, entity, change)
    if found is not None:
        return found
    if forced:
        return session.scalars(_versions(entity.id, EntityVersion.version == entity.version)).one()
    if change.branch_id is not None:
        raise BaseMissingError(entity.uuid, change.branch_id, change.base_version)
    raise EntityProblem("404.9", f"the entity has no version {change.base_version}")


def _find_base(session: Session, entity: Entity, change: Change) -> EntityVersion | None:
    number = change.base_version
    starts_branch = change.branch_id is None or number in (1, change.trunk_version)
    if starts_branch:
        return session.scalar(_versions(entity.id, EntityVersion.version == number))
    return session.scalar(
        _versions(
            entity.id,
            EntityVersion.branch_id == change.branch_id,
            EntityVersion.branch_base_version == (number or 0) - 1,
        )
    )


def _changed_by_others(
    session: Session, entity: Entity, base: EntityVersion, change: Change
) -> list[str] | None:
    """None = nobody else changed it since; else the properties that both sides set, to different values (may be none)."""
    if base.version == entity.version:
        return [] if _others_in_branch(session, entity, change) else None
    mine = {**change.properties, **({"label": change.label} if change.label else {})}
    theirs = {**entity.data, "label": entity.label}
    before = {**base.data, "label": base.label}
    return sorted(
        name
        for name, value in mine.items()
        if theirs.get(name) != before.get(name) and theirs.get(name, "") != value
    )


def _others_in_branch(session: Session, entity: Entity, change: Change) -> bool:
    """True when a version after the branch's trunk is not of this branch: changed by another in between."""
    if change.branch_id is None or change.trunk_version is None:
        return False
    count = session.scalar(
        select(func.count()).where(
            EntityVersion.entity_id == entity.id,
            EntityVersion.version > change.trunk_version,
            func.coalesce(EntityVersion.branch_id, "") != change.branch_id,
        )
    )
    return bool(count)


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
    label = change.label.strip() if change.label and change.label.strip() else entity.label
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
    session.flush()
    _touch(session, entity)
    return entity


def _versions(entity_id: int, *conditions: object):  # type: ignore[no-untyped-def]
    return select(EntityVersion).where(EntityVersion.entity_id == entity_id, *conditions)  # type: ignore[arg-type]


def _touch(session: Session, entity: Entity) -> None:
    entity_lists.bump_revision(session, entity.entity_list_id, entity.area_path[:10])
