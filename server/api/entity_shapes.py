"""Schemas of entities and their versions."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from server.api.shapes import ActorShape, Flag, PageQuery, Shape, Text, Time, Whole
from server.api.shapes import render_time as shown_time
from server.errors import BadTypeError
from server.models.actor import Actor


class EntityVersionShape(Shape):
    """The current version of an entity, without its values."""

    label = fields.String()
    current = fields.Boolean()
    version = fields.Integer()
    base_version = fields.Integer()
    created_at = Time()
    creator_id = fields.Integer()
    user_agent = fields.String()
    conflicting_properties = fields.List(fields.String())
    branch_id = fields.String()
    trunk_version = fields.Integer()
    branch_base_version = fields.Integer()


class ExtendedEntityVersion(EntityVersionShape):
    """The same with who made it."""

    creator = fields.Nested(ActorShape)


class FullVersion(EntityVersionShape):
    """The same with its values, and what was sent."""

    data = fields.Dict()
    data_received = fields.Dict()


class ExtendedFullVersion(FullVersion):
    """The same with who made it."""

    creator = fields.Nested(ActorShape)


class EntityBase(Shape):
    """What is the same of all versions of an entity."""

    uuid = fields.String()
    creator_id = fields.Integer()
    created_at = Time()
    updated_at = Time()
    deleted_at = Time()
    conflict = fields.String()


class ListedEntity(EntityBase):
    """An entity in a list."""

    current_version = fields.Nested(EntityVersionShape)


class ExtendedListedEntity(EntityBase):
    """The same with who made it."""

    current_version = fields.Nested(ExtendedEntityVersion)
    creator = fields.Nested(ActorShape)


class EntityShape(EntityBase):
    """An entity with its values."""

    current_version = fields.Nested(FullVersion)


class ExtendedEntity(EntityBase):
    """The same with who made it."""

    current_version = fields.Nested(ExtendedFullVersion)
    creator = fields.Nested(ActorShape)


class HistoricVersionShape(FullVersion):
    """A version within its history. baseDiff, serverDiff: what it sent that differs from its base, and from the one before."""

    source = fields.Method("show_source")
    conflict = fields.String()
    resolved = fields.Boolean()
    last_good_version = fields.Boolean()
    relevant_to_conflict = fields.Boolean()
    base_diff = fields.List(fields.String())
    server_diff = fields.List(fields.String())
    creator = fields.Nested(ActorShape)

    def show_source(self, version: Any) -> Any:
        """Times and actors within it as everywhere."""
        return _shown(version.source)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shown(part) for key, part in value.items()}
    if isinstance(value, Actor):
        return ActorShape().dump(value)
    return shown_time(value) if hasattr(value, "astimezone") else value


class ActOnEntity(Shape):
    """One act on an entity."""

    actor_id = fields.Integer()
    action = fields.String()
    actee_id = fields.String()
    details = fields.Raw()
    notes = fields.String()
    logged_at = Time()
    actor = fields.Nested(ActorShape)


class AsItCame(Shape):
    """A body that its service checks, with mistakes of its own; the fields are for the description."""

    def load(self, data: Any, **_: Any) -> Any:
        """The object itself. Raises: BadTypeError (400.11) when it is none."""
        if not isinstance(data, Mapping):
            raise BadTypeError("the body must be an object", details={"field": "body", "expected": "object"})
        return data


class SourceShape(Shape):
    """Where many entities come from."""

    name = Text()
    size = fields.Float()


class NewEntity(Shape):
    """A new entity."""

    uuid = Text()
    label = Text()
    data = fields.Dict()


class NewEntities(AsItCame):
    """One entity (uuid, label, data), or many (entities, source)."""

    uuid = Text()
    label = Text()
    data = fields.Dict()
    entities = fields.List(fields.Nested(NewEntity))
    source = fields.Nested(SourceShape)


class EntityChanges(AsItCame):
    """What is to change; other values stay."""

    label = Text()
    data = fields.Dict()


class Ids(AsItCame):
    """uuids of entities."""

    ids = fields.List(fields.String())


class CountShape(Shape):
    """How many."""

    count = fields.Integer()


class TrashQuery(Shape):
    """?deleted=true: those in the trash."""

    deleted = Flag(load_default=False)


class ChangeQuery(Shape):
    """The version that the change builds on, or force; resolve ends a conflict."""

    base_version = Whole(in_query=True, load_default=None)
    force = Flag(load_default=False)
    resolve = Flag(load_default=False)


class VersionQuery(Shape):
    """?relevantToConflict=true: what somebody who resolves the conflict must see."""

    relevant_to_conflict = Flag(load_default=False)


class FilterQuery(Shape):
    """$filter and $search as in OData."""

    filter = fields.String(data_key="$filter", load_default=None)
    search = fields.String(data_key="$search", load_default=None)


class MapQuery(FilterQuery):
    """The same with a limit."""

    limit = Whole(in_query=True, least=0, load_default=None)


class ActsQuery(PageQuery):
    """Paging."""
