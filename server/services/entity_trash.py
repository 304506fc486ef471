"""The trash of entities is emptied: what was deleted 30 days ago loses its values and versions.

Belongs here: purging. Does not: deleting and restoring (entity_edits.py).
Source: the REST specification, "Datasets and entities".
"""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.db import now, one_of
from server.models.entity import Entity, EntityList, EntityVersion
from server.services import audit

KEPT_FOR = timedelta(days=30)
BATCH_ROWS = 2000


def purge_entities(session: Session) -> int:
    """Empties the oldest of what was deleted 30 days ago or more; the rest comes next time. Returns: how many.

    Effects: uuids stay taken; phones that ask for one of them still hear that it is gone.
    """
    rows = session.execute(
        select(Entity.id, Entity.uuid, EntityList.actee_id)
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .where(Entity.deleted_at < now() - KEPT_FOR, Entity.purged_at.is_(None))
        .order_by(Entity.deleted_at)
        .limit(BATCH_ROWS)
        .with_for_update(skip_locked=True, of=Entity)
    ).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    session.execute(delete(EntityVersion).where(one_of(EntityVersion.entity_id, ids)))
    session.execute(
        update(Entity)
        .where(one_of(Entity.id, ids))
        .values(purged_at=now(), label="", data={}, conflict=None)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    by_list: dict[str, list[str]] = {}
    for row in rows:
        by_list.setdefault(row.actee_id, []).append(row.uuid)
    for actee_id, uuids in by_list.items():
        audit.record(session, None, "entity.purge", actee_id, {"uuids": uuids})
    return len(rows)
