"""Working on entities in one transaction: locked, looked up and counted in one order, so that workers do not block each other.

Belongs here: locks, lookups, counting what phones must fetch again. Does not: what is done to an entity (entities.py).
"""

import uuid as uuids_
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, BigInteger, func, literal, select
from sqlalchemy.orm import Session

from server.db import one_of
from server.models.entity import Entity
from server.services import entity_lists

_WORK = "entities.work"


@dataclass
class _Work:
    """What one transaction does to entities: those it locked, None for uuids that nothing has; changes not counted yet."""

    entities: dict[str, Entity | None] = field(default_factory=dict)
    touched: list[tuple[int, str]] = field(default_factory=list)


def find_entity(session: Session, uuid: str, list_id: int | None = None) -> Entity | None:
    """The entity with this uuid, deleted ones included, or None; of one list when list_id is given."""
    work: _Work | None = session.info.get(_WORK)
    if work is not None and uuid in work.entities:
        entity = work.entities[uuid]
    else:
        query = select(Entity).where(Entity.uuid == uuid).execution_options(populate_existing=True)
        entity = session.scalar(query)
    return entity if entity is None or list_id in (None, entity.entity_list_id) else None


def lock_entity(session: Session, uuid: str) -> None:
    """Keeps other workers off this uuid until the transaction ends, also while the entity does not exist yet.

    SQLite has one writer at a time anyway.
    """
    work: _Work | None = session.info.get(_WORK)
    if work is None or uuid not in work.entities:
        _lock(session, [uuid])


def _lock(session: Session, uuids: Iterable[str]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        keys = sorted({uuids_.UUID(uuid).int & 0x7FFF_FFFF_FFFF_FFFF for uuid in uuids})
        wanted = select(func.unnest(literal(keys, ARRAY(BigInteger))).label("key")).subquery()
        session.execute(select(func.count(func.pg_advisory_xact_lock(wanted.c.key))))


@contextmanager
def working_on(session: Session, uuids: Iterable[str] = ()) -> Iterator[None]:
    """Within the block these entities are locked and looked up once, and changes of lists are counted at its end.

    Both happen in one order, whatever the order of the work: two workers would else wait for each other for ever. A rollback
    to a savepoint within the block must be followed by forget_entities.
    """
    if _WORK in session.info:
        yield
        return
    work = session.info[_WORK] = _Work()
    try:
        wanted = sorted(set(uuids))
        if wanted:
            _lock(session, wanted)
            query = (
                select(Entity).where(one_of(Entity.uuid, wanted)).execution_options(populate_existing=True)
            )
            found = {entity.uuid: entity for entity in session.scalars(query)}
            work.entities = {uuid: found.get(uuid) for uuid in wanted}
        yield
    finally:
        del session.info[_WORK]
    count_changes(session, work.touched)


def forget_entities(session: Session) -> None:
    """What was looked up is looked up again: some of it was rolled back."""
    if _WORK in session.info:
        session.info[_WORK].entities.clear()


def count_changes(session: Session, touched: Iterable[tuple[int, str]]) -> None:
    """Counts changes in (list, village): phones there fetch the list again."""
    villages: dict[int, list[str]] = {}
    for list_id, village in touched:
        villages.setdefault(list_id, []).append(village)
    for list_id in sorted(villages):
        entity_lists.bump_revisions(session, list_id, villages[list_id])


def touch(session: Session, entity: Entity) -> None:
    """Counts a change of an entity, at the end of the block if there is one."""
    change = (entity.entity_list_id, entity.area_path[:10])
    work: _Work | None = session.info.get(_WORK)
    if work is not None:
        work.touched.append(change)
        work.entities[entity.uuid] = entity
    else:
        count_changes(session, [change])
