"""Entities. Source: the REST specification, "Datasets and entities" and "GeoJSON"."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import ColumnElement

from server.api.bodies import MAX_ENTITIES_BYTES
from server.api.call import Call
from server.api.entity_shapes import (
    ActOnEntity,
    ActsQuery,
    ChangeQuery,
    CountShape,
    EntityChanges,
    EntityShape,
    ExtendedEntity,
    ExtendedListedEntity,
    FilterQuery,
    HistoricVersionShape,
    Ids,
    ListedEntity,
    MapQuery,
    NewEntities,
    TrashQuery,
    VersionQuery,
)
from server.api.routes import File, Many, Table
from server.api.shapes import ActorShape
from server.db import session_scope
from server.models.actor import Actor
from server.models.entity import Entity, EntityList
from server.problems import NotSupportedError
from server.services import (
    entity_bodies,
    entity_bulk,
    entity_edits,
    entity_geo,
    entity_history,
    entity_lists,
    entity_reading,
)
from server.services.entities import Origin
from server.services.entity_history import EntityAct, HistoricVersion
from server.services.entity_reading import EntityView
from server.services.serving import disposition

table = Table("Entities")
LIST = "/projects/<project_id>/datasets/<dataset>"
ALL = f"{LIST}/entities"
ONE = f"{ALL}/<uuid>"
NEW = ("400.2", "400.8", "400.28", "400.31", "409.19")


@table.get(
    ALL,
    right="entity.list",
    query=TrashQuery,
    gives=Many(ListedEntity),
    extended=Many(ExtendedListedEntity),
)
def list_entities(call: Call) -> list[EntityView]:
    """The entities of the caller's areas, newest first, without their values."""
    return entity_reading.list_entities(
        call.session, call.entity_list, call.areas, deleted=call.query["deleted"], extended=call.extended
    )


@table.post(
    ALL,
    right="entity.create",
    takes=NewEntities,
    gives=EntityShape,
    problems=(*NEW, "400.36", "400.37"),
    max_bytes=MAX_ENTITIES_BYTES,
)
def create_entities(call: Call) -> object:
    """A new entity, or many at once: all or none. Many are answered with success."""
    if "entities" not in call.body and "source" not in call.body:
        known = entity_lists.list_properties(call.session, call.entity_list)
        change = entity_bodies.read_new(call.body, known)
        made = entity_edits.create_entity(call.session, call.entity_list, call.areas, change, _origin(call))
        return _view(call, made.uuid)
    bodies = entity_bodies.read_list(call.body)
    entity_bulk.create_many(
        call.session,
        call.entity_list,
        call.areas,
        bodies,
        entity_bodies.read_source(call.body.get("source")),
        actor_id=call.actor_id,
        user_agent=_user_agent(),
    )
    return jsonify(success=True)


@table.post(f"{ALL}/bulk-delete", right="entity.delete", takes=Ids, gives=CountShape, problems=("400.2",))
def delete_entities(call: Call) -> object:
    """Into the trash; those that are not there are passed over."""
    ids = entity_bodies.read_ids(call.body.get("ids"))
    count = entity_edits.delete_entities(
        call.session, call.entity_list, call.areas, ids, actor_id=call.actor_id
    )
    return {"count": count}


@table.post(f"{ALL}/bulk-restore", right="entity.restore", takes=Ids, gives=CountShape, problems=("400.2",))
def restore_entities(call: Call) -> object:
    """Out of the trash; those that are not there are passed over."""
    ids = entity_bodies.read_ids(call.body.get("ids"))
    count = entity_edits.restore_entities(
        call.session, call.entity_list, call.areas, ids, actor_id=call.actor_id
    )
    return {"count": count}


@table.get(f"{ALL}/creators", right="entity.list", gives=Many(ActorShape))
def list_creators(call: Call) -> list[Actor]:
    """Who made the entities."""
    return entity_reading.list_creators(call.session, call.entity_list, call.areas)


@table.get(
    f"{LIST}/entities.csv",
    right="entity.list",
    query=FilterQuery,
    gives=File("text/csv"),
    problems=("501.1",),
)
def get_csv(call: Call) -> Response:
    """All entities of the caller's areas with their values, as CSV; its ETag changes with the list."""
    where = _where(call)
    etag = entity_lists.list_revision_hash(call.session, call.entity_list, call.areas)
    if where is None and request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(_stream_csv(call, where), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = disposition(f"{call.entity_list.name}.csv")
    if where is None:
        response.set_etag(etag)
    return response


@table.get(
    f"{LIST}/entities.geojson",
    right="entity.list",
    query=MapQuery,
    gives=File("application/json"),
    problems=("400.22", "501.1"),
)
def get_map(call: Call) -> Response:
    """The entities whose property `geometry` is a place, as GeoJSON."""
    return Response(_stream_map(call, _where(call), call.query["limit"]), content_type="application/json")


@table.get(ONE, right="entity.read", gives=EntityShape, extended=ExtendedEntity)
def get_entity(call: Call) -> EntityView:
    """One entity with its values."""
    return _view(call, _uuid(call))


@table.patch(
    ONE,
    right="entity.update",
    takes=EntityChanges,
    query=ChangeQuery,
    gives=EntityShape,
    extended=ExtendedEntity,
    problems=("400.8", "400.22", "400.28", "400.31", "400.32", "409.15"),
)
def update_entity(call: Call) -> EntityView:
    """A new version on top of baseVersion, or of whatever there is with force; ?resolve=true ends a conflict."""
    uuid = _uuid(call)
    entity_reading.find_entity(call.session, call.entity_list, call.areas, uuid)
    known = entity_lists.list_properties(call.session, call.entity_list)
    resolve = call.query["resolve"]
    change = entity_bodies.read_changes(call.body, uuid, known, may_be_empty=resolve)
    entity_edits.change_entity(
        call.session,
        call.entity_list,
        call.areas,
        uuid,
        change,
        origin=_origin(call),
        base_version=call.query["base_version"],
        force=call.query["force"],
        resolve=resolve,
    )
    return _view(call, uuid)


@table.delete(ONE, right="entity.delete")
def delete_entity(call: Call) -> None:
    """Into the trash; phones drop it."""
    entity_edits.delete_entity(
        call.session, call.entity_list, call.areas, _uuid(call), actor_id=call.actor_id
    )


@table.post(f"{ONE}/restore", right="entity.restore")
def restore_entity(call: Call) -> None:
    """Out of the trash."""
    entity_edits.restore_entity(
        call.session, call.entity_list, call.areas, _uuid(call), actor_id=call.actor_id
    )


@table.get(f"{ONE}/versions", right="entity.read", query=VersionQuery, gives=Many(HistoricVersionShape))
def list_versions(call: Call) -> list[HistoricVersion]:
    """All versions, oldest first, with what they conflict with."""
    return entity_history.list_versions(
        call.session,
        call.entity_list,
        _find(call),
        relevant_to_conflict=call.query["relevant_to_conflict"],
    )


@table.get(f"{ONE}/diffs", right="entity.read", gives=File("application/json"))
def list_diffs(call: Call) -> Response:
    """What each version changed of the one before it."""
    return jsonify(entity_history.list_steps(call.session, call.entity_list, _find(call)))


@table.get(
    f"{ONE}/audits", right="entity.read", query=ActsQuery, gives=Many(ActOnEntity), problems=("400.22",)
)
def list_audits(call: Call) -> list[EntityAct]:
    """What was done to an entity, newest first."""
    return entity_history.list_acts(call.session, call.entity_list, _find(call), **call.query)


@table.get(f"{ONE}/geojson", right="entity.read", gives=File("application/json"))
def get_place(call: Call) -> Response:
    """One entity as GeoJSON; no feature when its `geometry` is no place."""
    return Response(_stream_map(call, Entity.id == _find(call).id, None), content_type="application/json")


def _uuid(call: Call) -> str:
    return entity_bodies.read_uuid(call.path["uuid"])


def _find(call: Call) -> Entity:
    return entity_reading.find_entity(call.session, call.entity_list, call.areas, _uuid(call))


def _view(call: Call, uuid: str) -> EntityView:
    return entity_reading.view_entity(call.session, call.entity_list, call.areas, uuid)


def _user_agent() -> str:
    return request.headers.get("User-Agent", "")


def _origin(call: Call) -> Origin:
    return Origin(call.actor_id, _user_agent()[:255])


def _where(call: Call) -> ColumnElement[bool] | None:
    """What $filter and $search ask of Entity; None = nothing.

    Raises: NotSupportedError (501.1): filters come with OData, and a list that looked filtered would be a lie.
    """
    for name in ("filter", "search"):
        if call.query[name]:
            raise NotSupportedError(f"${name} is not offered here", details={"feature": f"${name}"})
    return None


def _stream_csv(call: Call, where: ColumnElement[bool] | None) -> Iterator[bytes]:
    """In a transaction of its own, which lives as long as the answer."""
    list_id, areas, sessions = call.entity_list.id, call.areas, call.backends.sessions
    with session_scope(sessions, read_only=True) as session:
        yield from entity_reading.render_csv(
            session, session.get_one(EntityList, list_id), areas, where=where
        )


def _stream_map(call: Call, where: Any, limit: int | None) -> Iterator[bytes]:
    list_id, areas, sessions = call.entity_list.id, call.areas, call.backends.sessions
    with session_scope(sessions, read_only=True) as session:
        listed = session.get_one(EntityList, list_id)
        before = b'{"type":"FeatureCollection","features":['
        for feature in entity_geo.iter_features(session, listed, areas, limit=limit, where=where):
            yield before + json.dumps(feature, separators=(",", ":")).encode()
            before = b","
        yield b"]}" if before == b"," else before + b"]}"
