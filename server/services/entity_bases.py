"""What an update builds on, and whether others changed the entity in the meantime.

Belongs here: base versions, offline branches, conflicts. Does not: writing versions (entities.py).
Source: the OpenRosa specification, 6.2 and 6.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from server.errors import SisirError
from server.models.entity import Entity, EntityVersion


class EntityProblem(SisirError):
    """An entity action that cannot be done; the submission stays, the problem is logged. `code` is Central's."""

    def __init__(self, code: str, message: str, *, details: Mapping[str, object] | None = None) -> None:
        self.code = code
        super().__init__(message, details=details)


class BaseMissingError(Exception):
    """The version that an offline update builds on has not arrived yet: hold the submission."""

    def __init__(self, uuid: str, branch_id: str, base_version: int) -> None:
        self.uuid, self.branch_id, self.base_version = uuid, branch_id, base_version
        super().__init__(f"entity {uuid} waits for version {base_version} of its branch")


@dataclass(frozen=True)
class Change:
    """What a submission wants of one entity. properties: only those it sent, '' where it sent an empty node."""

    uuid: str
    label: str | None
    properties: Mapping[str, str]
    base_version: int | None = None
    trunk_version: int | None = None
    branch_id: str | None = None


@dataclass(frozen=True)
class Base:
    """The version that a change builds on. data, label: as they were then."""

    version: int
    data: Mapping[str, str]
    label: str


def base_of(session: Session, entity: Entity, change: Change, *, forced: bool) -> Base:
    """The version that the phone's data were changed from."""
    if change.trunk_version is not None and change.trunk_version > entity.version:
        raise EntityProblem("404.9", "trunkVersion is newer than the entity")
    if change.base_version is None:
        raise EntityProblem("400.2", "baseVersion is empty")
    found = _find_base(session, entity, change)
    if found is not None:
        return found
    if forced:
        return _newest(entity)
    if change.branch_id is not None:
        raise BaseMissingError(entity.uuid, change.branch_id, change.base_version)
    raise EntityProblem("404.9", f"the entity has no version {change.base_version}")


def _newest(entity: Entity) -> Base:
    return Base(entity.version, entity.data, entity.label)


def _find_base(session: Session, entity: Entity, change: Change) -> Base | None:
    number = change.base_version
    if change.branch_id is None or number in (1, change.trunk_version):
        if number == entity.version:
            return _newest(entity)
        found = session.scalar(versions_of(entity.id, EntityVersion.version == number))
    else:
        found = session.scalar(
            versions_of(
                entity.id,
                EntityVersion.branch_id == change.branch_id,
                EntityVersion.branch_base_version == (number or 0) - 1,
            )
        )
    return None if found is None else Base(found.version, found.data, found.label)


def changed_by_others(session: Session, entity: Entity, base: Base, change: Change) -> list[str] | None:
    """None = nobody else changed it since; else the properties that both sides set, to different values (may be none)."""
    if base.version == entity.version:
        return [] if _others_in_branch(session, entity, change) else None
    mine = {**change.properties, **new_label(change)}
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


def versions_of(entity_id: int, *conditions: ColumnElement[bool]) -> Select[EntityVersion]:
    """The query for the versions of an entity that meet the conditions."""
    return select(EntityVersion).where(EntityVersion.entity_id == entity_id, *conditions)


def new_label(change: Change) -> dict[str, str]:
    """The label that a change sets; {} when it is absent or blank, which keeps the old one."""
    label = (change.label or "").strip()
    return {"label": label} if label else {}
