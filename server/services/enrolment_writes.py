"""Writing many entities at once, each with its version, and telling which columns others have written.

Belongs here: bulk statements for enrolment. Does not: deciding what to write (enrolment.py).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from server.db import among, now
from server.models.entity import Entity, EntityVersion

REGISTER_SOURCE: dict[str, Any] = {"register": True}
"""EntityVersion.source of everything that enrolment writes."""
_CONFLICT = {"conflict": None, "conflicting_properties": None, "branch_id": None, "trunk_version": None,
             "branch_base_version": None, "submission_version_id": None}  # fmt: skip


class NewEntity(NamedTuple):
    """An entity to be."""

    uuid: str
    label: str
    data: dict[str, str]
    household_id: int | None
    area_path: str


class Refreshed(NamedTuple):
    """An entity with what changes. version is the one it has now; received: only the columns that change."""

    id: int
    version: int
    label: str
    data: dict[str, str]
    received: dict[str, str]
    area_path: str
    old_area_path: str


def insert_entities(
    session: Session, entity_list_id: int, rows: Sequence[NewEntity], *, actor_id: int | None
) -> None:
    """New entities with their first versions; columns without a value are left out."""
    if not rows:
        return
    moment = now()
    filled = [row._replace(data={name: value for name, value in row.data.items() if value}) for row in rows]
    session.execute(
        insert(Entity.__table__),  # type: ignore[arg-type]
        [
            {
                "entity_list_id": entity_list_id,
                "uuid": row.uuid,
                "label": row.label,
                "data": row.data,
                "version": 1,
                "household_id": row.household_id,
                "area_path": row.area_path,
                "creator_id": actor_id,
                "created_at": moment,
            }
            for row in filled
        ],
    )
    query = select(Entity.uuid, Entity.id).where(among(session, Entity.uuid, [row.uuid for row in filled]))
    ids = {row.uuid: row.id for row in session.execute(query)}
    received = [
        (ids[row.uuid], 1, row.label, row.data, {**row.data, "label": row.label}, None) for row in filled
    ]
    _insert_versions(session, received, actor_id, moment)


def refresh_entities(session: Session, rows: Sequence[Refreshed], *, actor_id: int | None) -> None:
    """A further version of each; a version that appeared meanwhile makes the transaction fail, nothing is overwritten."""
    if not rows:
        return
    moment = now()
    table: Any = Entity.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("b_id"))
        .values(
            label=bindparam("b_label"),
            data=bindparam("b_data"),
            version=bindparam("b_version"),
            area_path=bindparam("b_area"),
            updated_at=moment,
        )
    )
    changes = [
        {
            "b_id": row.id,
            "b_label": row.label,
            "b_data": row.data,
            "b_version": row.version + 1,
            "b_area": row.area_path,
        }
        for row in rows
    ]
    session.flush()
    session.execute(statement, changes)
    session.expire_all()
    versions = [
        (row.id, row.version + 1, row.label, row.data, {**row.received, "label": row.label}, row.version)
        for row in rows
    ]
    _insert_versions(session, versions, actor_id, moment)


def written_by_others(session: Session, entity_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Entity id -> columns ('label' too) that a form, a decision or a person wrote, in any version."""
    found: dict[int, frozenset[str]] = {}
    for start in range(0, len(entity_ids), 500):
        query = select(EntityVersion.entity_id, EntityVersion.data_received, EntityVersion.source).where(
            EntityVersion.entity_id.in_(entity_ids[start : start + 500]), EntityVersion.version > 1
        )
        for entity_id, received, source in session.execute(query):
            if source != REGISTER_SOURCE:
                found[entity_id] = found.get(entity_id, frozenset()) | frozenset(received)
    return found


def _insert_versions(
    session: Session,
    rows: Sequence[tuple[int, int, str, dict[str, str], dict[str, str], int | None]],
    actor_id: int | None,
    moment: Any,
) -> None:
    session.execute(
        insert(EntityVersion.__table__),  # type: ignore[arg-type]
        [
            {
                "entity_id": entity_id,
                "version": version,
                "label": label,
                "data": data,
                "data_received": received,
                "base_version": base,
                "creator_id": actor_id,
                "user_agent": "",
                "source": REGISTER_SOURCE,
                "created_at": moment,
                **_CONFLICT,
            }
            for entity_id, version, label, data, received, base in rows
        ],
    )
