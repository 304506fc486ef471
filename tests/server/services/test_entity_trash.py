"""The trash of entities is emptied after 30 days; uuids stay taken."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.db import now
from server.errors import NotFoundError
from server.models.audit import Audit
from server.models.entity import Entity, EntityVersion
from server.problems import EntityDeletedError
from server.services import accounts, entity_edits, entity_lists, entity_reading, entity_trash
from server.services.entities import Change, Origin


def test_what_was_deleted_long_ago_loses_its_values_and_keeps_its_uuid(any_office):
    old, young = str(uuid.uuid4()), str(uuid.uuid4())
    with any_office.session() as session:
        actor_id = accounts.create_user(session, email="a@b.id", password=None, name="A").id
        listed = entity_lists.ensure_list(session, any_office.project_id, "pohon", ["umur"])
        for each, days in ((old, 31), (young, 29)):
            change = Change(each, "Mangga", {"umur": "1"})
            entity_edits.create_entity(session, listed, None, change, Origin(actor_id))
            entity_edits.delete_entity(session, listed, None, each, actor_id=actor_id)
            session.scalars(select(Entity).where(Entity.uuid == each)).one().deleted_at = now() - timedelta(
                days=days
            )
    with any_office.session() as session:
        assert entity_trash.purge_entities(session) == 1
    with any_office.session() as session:
        assert entity_trash.purge_entities(session) == 0
        purged = session.scalars(select(Entity).where(Entity.uuid == old)).one()
        assert (purged.data, purged.label, purged.purged_at is not None) == ({}, "", True)
        versions = select(func.count()).where(EntityVersion.entity_id == purged.id)
        assert session.scalar(versions) == 0
        assert [item.uuid for item in entity_reading.list_entities(session, listed, None, deleted=True)] == [
            young
        ]
        with pytest.raises(EntityDeletedError):
            entity_edits.create_entity(session, listed, None, Change(old, "x", {}), Origin(actor_id))
        with pytest.raises(NotFoundError):
            entity_edits.restore_entity(session, listed, None, old, actor_id=actor_id)
        assert entity_edits.restore_entities(session, listed, None, [old, young], actor_id=actor_id) == 1
        (logged,) = session.scalars(select(Audit).where(Audit.action == "entity.purge"))
        assert (logged.actee_id, logged.details) == (listed.actee_id, {"uuids": [old]})
