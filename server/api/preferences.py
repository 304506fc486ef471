"""What clients keep for a person, and the settings that everybody may read. Source: the REST specification, "Users and the rest"."""

from flask import Response, jsonify
from marshmallow import fields

from server.api.call import Call
from server.api.routes import ANYBODY, Table
from server.api.shapes import Shape
from server.errors import NotAllowedError
from server.models.actor import ActorKind
from server.services import preferences

table = Table("Preferences")


class PreferenceValue(Shape):
    """Any JSON value."""

    property_value = fields.Raw(required=True, allow_none=True)


class PublicConfig(Shape):
    """Settings that everybody may read: none."""


@table.put("/user-preferences/site/<key>", right=ANYBODY, takes=PreferenceValue)
def keep_on_site(call: Call) -> None:
    """Keeps a value for the caller."""
    preferences.set_preference(call.session, _person(call), call.path["key"], call.body["property_value"])


@table.delete("/user-preferences/site/<key>", right=ANYBODY)
def drop_on_site(call: Call) -> None:
    """Forgets a value of the caller."""
    preferences.drop_preference(call.session, _person(call), call.path["key"])


@table.put("/user-preferences/project/<project_id>/<key>", right="project.read", takes=PreferenceValue)
def keep_in_project(call: Call) -> None:
    """Keeps a value for the caller in one project."""
    preferences.set_preference(
        call.session,
        _person(call),
        call.path["key"],
        call.body["property_value"],
        project_id=call.project.id,
    )


@table.delete("/user-preferences/project/<project_id>/<key>", right="project.read")
def drop_in_project(call: Call) -> None:
    """Forgets a value of the caller in one project."""
    preferences.drop_preference(call.session, _person(call), call.path["key"], project_id=call.project.id)


@table.get("/config/public", right=ANYBODY, is_open=True, gives=PublicConfig)
def public_config(call: Call) -> Response:
    """Settings that everybody may read."""
    return jsonify({})


def _person(call: Call) -> int:
    if call.caller.kind != ActorKind.user:
        raise NotAllowedError("only people have preferences")
    return call.actor_id
