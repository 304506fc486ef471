"""Entities by the thousand, as an API client sends them: all or none, in a few statements.

Belongs here: checking and writing many new entities. Does not: single ones (entity_edits.py), enrolment of the register
(enrolment.py).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, cast

import psycopg
from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.bulk import copy_rows
from server.db import among, now
from server.errors import ConflictError
from server.models.audit import Audit
from server.models.entity import Entity, EntityList, EntityVersion
from server.problems import EntityDeletedError
from server.scope import AreaPaths
from server.services import entity_lists, new_households
from server.services.audit import NOTES
from server.services.entities import Change
from server.services.entity_bodies import read_new
from server.services.entity_edits import require_area, taken

LOOKUP_ROWS = 5000
_ENTITY = ("id", "entity_list_id", "uuid", "label", "data", "version", "household_id", "area_path",
           "creator_id", "created_at")  # fmt: skip
_VERSION = ("id", "entity_id", "version", "label", "data", "data_received", "creator_id", "user_agent", "source",
            "created_at")  # fmt: skip


def create_many(
    session: Session,
    listed: EntityList,
    areas: AreaPaths,
    bodies: Sequence[Any],
    source: dict[str, Any],
    *,
    actor_id: int,
    user_agent: str,
) -> int:
    """New entities, all or none. bodies: JSON as entity_bodies.read_new takes it; source: name and size.

    Raises: what read_new raises for the first bad one; ConflictError (409.3), EntityDeletedError (409.19),
    NotAllowedError when one stands outside of the areas.
    """
    known = frozenset(entity_lists.list_properties(session, listed))
    changes = [new_households.masked(listed, read_new(body, known)) for body in bodies]
    _require_new(session, [change.uuid for change in changes])
    rows = [((change.label or "").strip(), dict(change.properties)) for change in changes]
    places = new_households.place_many(session, listed, rows)
    for path in {path for path, _ in places}:
        require_area(areas, path)
    moment, source = now(), {**source, "count": len(changes)}
    session.flush()
    try:
        _write(session, listed.id, changes, rows, places, source, moment, actor_id, user_agent)
    except (IntegrityError, psycopg.errors.UniqueViolation) as error:
        raise ConflictError("another request made an entity with one of these uuids just now") from error
    entity_lists.bump_revisions(session, listed.id, [path[:10] for path, _ in places])
    session.add(
        Audit(
            actor_id=actor_id,
            action="entity.bulk.create",
            actee_id=listed.actee_id,
            details={"source": source},
            notes=session.info.get(NOTES),
            logged_at=moment,
        )
    )
    session.flush()
    return len(changes)


def _require_new(session: Session, uuids: list[str]) -> None:
    seen: set[str] = set()
    for uuid in uuids:
        if uuid in seen:
            raise taken(uuid, is_deleted=False)
        seen.add(uuid)
    deleted: list[str] = []
    for start in range(0, len(uuids), LOOKUP_ROWS):
        query = select(Entity.uuid, Entity.deleted_at).where(
            among(session, Entity.uuid, uuids[start : start + LOOKUP_ROWS])
        )
        for uuid, deleted_at in session.execute(query):
            if deleted_at is None:
                raise taken(uuid, is_deleted=False)
            deleted.append(uuid)
    if deleted:
        raise EntityDeletedError(details={"entityUuids": deleted})


def _write(
    session: Session,
    list_id: int,
    changes: Sequence[Change],
    rows: Sequence[tuple[str, dict[str, str]]],
    places: Sequence[tuple[str, int | None]],
    source: dict[str, Any],
    moment: datetime,
    actor_id: int,
    user_agent: str,
) -> None:
    """Two streams of rows whose ids were reserved before, so that versions know their entities."""
    count, encode = len(changes), json.JSONEncoder(ensure_ascii=False).encode
    ids, version_ids = _reserve_ids(session, Entity, count), _reserve_ids(session, EntityVersion, count)
    data = [encode(values) for _, values in rows]
    received = [
        f'{text_[:-1]}{", " if values else ""}"label": {encode(label)}}}'
        for text_, (label, values) in zip(data, rows, strict=True)
    ]
    connection = session.connection()
    copy_rows(
        connection,
        "entity",
        _ENTITY,
        (
            (number, list_id, change.uuid, label, values, 1, household_id, path, actor_id, moment)
            for number, change, (label, _), values, (path, household_id) in zip(
                ids, changes, rows, data, places, strict=True
            )
        ),
    )
    origin = encode(source)
    copy_rows(
        connection,
        "entity_version",
        _VERSION,
        (
            (key, number, 1, label, values, sent, actor_id, user_agent[:255], origin_, moment)
            for key, number, (label, _), values, sent, origin_ in zip(
                version_ids, ids, rows, data, received, repeat(origin, count), strict=True
            )
        ),
    )


def _reserve_ids(session: Session, model: type[Any], count: int) -> Sequence[int]:
    """Ids that nobody else gets: of the sequence, or, as SQLite has one writer at a time, the next ones."""
    table = cast(Table, model.__table__)
    if session.get_bind().dialect.name == "sqlite":
        last = session.scalar(select(func.max(table.c.id))) or 0
        return range(last + 1, last + 1 + count)
    statement = text(f"SELECT nextval('{table.name}_id_seq') FROM generate_series(1, :count)")  # noqa: S608 - our own name
    return session.scalars(statement, {"count": count}).all()
