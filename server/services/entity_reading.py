"""Entities as API clients read them: lists, single ones, who made them, the CSV with its system columns.

Belongs here: reading what is current, narrowed to the caller's areas. Does not: versions (entity_history.py), what phones
download (entity_lists.render_entity_csv).
Source: the REST specification, "Datasets and entities".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.orm import Session

from server.db import one_of
from server.errors import NotFoundError
from server.models.actor import Actor
from server.models.entity import Entity, EntityList, EntityVersion
from server.scope import AreaPaths
from server.services.entity_lists import list_properties, row_renderer, visible_entities

CHUNK_CHARACTERS = 1 << 16
FETCH_ROWS = 1000
NOBODY = 0
"""Whose number stands where the server itself made something, from the register: clients such as pyodk want one."""


@dataclass(frozen=True)
class VersionView:
    """One version of an entity. data: its values as far as the list still has these properties."""

    label: str
    current: bool
    version: int
    base_version: int | None
    created_at: datetime
    creator_id: int
    user_agent: str
    data: dict[str, str]
    data_received: dict[str, str]
    conflicting_properties: list[str] | None
    branch_id: str | None
    trunk_version: int | None
    branch_base_version: int | None
    creator: Actor | None = field(default=None, compare=False)


@dataclass(frozen=True)
class EntityView:
    """An entity with its current version."""

    uuid: str
    creator_id: int
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    conflict: str | None
    current_version: VersionView
    creator: Actor | None = field(default=None, compare=False)


def in_trash() -> ColumnElement[bool]:
    """The condition that an entity was deleted and can be restored."""
    return and_(Entity.deleted_at.is_not(None), Entity.purged_at.is_(None))


def list_entities(
    session: Session, listed: EntityList, areas: AreaPaths, *, deleted: bool = False, extended: bool = False
) -> list[EntityView]:
    """The entities that the areas show, newest first; those in the trash when deleted."""
    gone = in_trash() if deleted else Entity.deleted_at.is_(None)
    query = _current().where(Entity.entity_list_id == listed.id, gone, visible_entities(listed, areas))
    rows = session.execute(query.order_by(Entity.id.desc())).all()
    actors = _actors(session, rows) if extended else {}
    known = frozenset(list_properties(session, listed))
    return [_view(entity, version, known, actors) for entity, version in rows]


def find_entity(
    session: Session, listed: EntityList, areas: AreaPaths, uuid: str, *, deleted: bool = False
) -> Entity:
    """The entity itself. Raises: NotFoundError (404.1) when it is not there, or not in these areas, or (not) deleted."""
    found = session.scalar(
        select(Entity)
        .where(
            Entity.uuid == uuid,
            Entity.entity_list_id == listed.id,
            in_trash() if deleted else Entity.deleted_at.is_(None),
            visible_entities(listed, areas),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError("there is no such entity")
    return found


def view_entity(session: Session, listed: EntityList, areas: AreaPaths, uuid: str) -> EntityView:
    """One entity with its data. Raises: NotFoundError."""
    found = find_entity(session, listed, areas, uuid)
    rows = session.execute(_current().where(Entity.id == found.id)).all()
    known = frozenset(list_properties(session, listed))
    entity, version = rows[0]
    return _view(entity, version, known, _actors(session, rows))


def list_creators(session: Session, listed: EntityList, areas: AreaPaths) -> list[Actor]:
    """Who made the live entities that the areas show, by name."""
    made = select(Entity.creator_id).where(
        Entity.entity_list_id == listed.id, Entity.deleted_at.is_(None), visible_entities(listed, areas)
    )
    return list(
        session.scalars(select(Actor).where(Actor.id.in_(made)).order_by(Actor.display_name, Actor.id))
    )


def iter_rows(
    session: Session,
    listed: EntityList,
    areas: AreaPaths,
    *columns: Any,
    where: ColumnElement[bool] | None = None,
) -> Iterator[Any]:
    """These columns of the live entities that the areas show, newest first, fetched in pieces.

    Args: where = a further condition on Entity: what a $filter or $search asks.
    """
    query = (
        select(*columns)
        .outerjoin(Actor, Actor.id == Entity.creator_id)
        .where(
            Entity.entity_list_id == listed.id,
            Entity.deleted_at.is_(None),
            visible_entities(listed, areas),
            true() if where is None else where,
        )
        .order_by(Entity.id.desc())
        .execution_options(yield_per=FETCH_ROWS)
    )
    for rows in session.execute(query).partitions():
        yield from rows


def render_csv(
    session: Session, listed: EntityList, areas: AreaPaths, *, where: ColumnElement[bool] | None = None
) -> Iterator[bytes]:
    """The list as a spreadsheet reads it, in pieces. Columns: __id, label, properties, then who and when."""
    names = list_properties(session, listed)
    system = ["__createdAt", "__creatorId", "__creatorName", "__updates", "__updatedAt", "__version"]
    render = row_renderer(2 + len(names) + len(system))
    pieces, size = [render(["__id", "label", *names, *system])], 0
    columns = (
        Entity.uuid,
        Entity.label,
        Entity.data,
        Entity.created_at,
        Entity.creator_id,
        Actor.display_name,
        Entity.version,
        Entity.updated_at,
    )
    for uuid, label, data, created_at, creator_id, creator, version, updated_at in iter_rows(
        session, listed, areas, *columns, where=where
    ):
        line = render(
            [
                uuid,
                label,
                *[data.get(name, "") for name in names],
                _time(created_at),
                "" if creator_id is None else str(creator_id),
                creator or "",
                str(version - 1),
                _time(updated_at),
                str(version),
            ]
        )
        pieces.append(line)
        size += len(line)
        if size > CHUNK_CHARACTERS:
            yield "".join(pieces).encode()
            pieces, size = [], 0
    if pieces:
        yield "".join(pieces).encode()


def view_version(
    entity: Entity, version: EntityVersion, known: Collection[str], actors: Mapping[int, Actor]
) -> VersionView:
    """A version; known = the list's properties."""
    return VersionView(
        label=version.label,
        current=version.version == entity.version,
        version=version.version,
        base_version=version.base_version,
        created_at=version.created_at,
        creator_id=version.creator_id or NOBODY,
        user_agent=version.user_agent,
        data={name: value for name, value in version.data.items() if name in known},
        data_received=version.data_received,
        conflicting_properties=version.conflicting_properties,
        branch_id=version.branch_id,
        trunk_version=version.trunk_version,
        branch_base_version=version.branch_base_version,
        creator=actors.get(version.creator_id or 0),
    )


def actors_of(session: Session, ids: Iterable[int | None]) -> dict[int, Actor]:
    """Actor id -> actor, deleted ones too."""
    wanted = sorted({number for number in ids if number is not None})
    return {actor.id: actor for actor in session.scalars(select(Actor).where(one_of(Actor.id, wanted)))}


def _current() -> Select[Entity, EntityVersion]:
    return select(Entity, EntityVersion).join(
        EntityVersion,
        and_(EntityVersion.entity_id == Entity.id, EntityVersion.version == Entity.version),
    )


def _view(
    entity: Entity, version: EntityVersion, known: Collection[str], actors: Mapping[int, Actor]
) -> EntityView:
    return EntityView(
        uuid=entity.uuid,
        creator_id=entity.creator_id or NOBODY,
        created_at=entity.created_at,
        updated_at=entity.updated_at,
        deleted_at=entity.deleted_at,
        conflict=entity.conflict,
        current_version=view_version(entity, version, known, actors),
        creator=actors.get(entity.creator_id or 0),
    )


def _actors(session: Session, rows: Iterable[Any]) -> dict[int, Actor]:
    return actors_of(session, (number for entity, v in rows for number in (entity.creator_id, v.creator_id)))


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
