"""App users: officers' phones. Source: the REST specification, "App users, assignments, roles, public links"."""

from marshmallow import fields

from server.api.call import Call
from server.api.routes import Many, Table
from server.api.shapes import ActorShape, Shape, Text, Time
from server.services import app_users, officer_areas
from server.services.app_users import AppUser

table = Table("App users")
ONE = "/projects/<project_id>/app-users/<app_user_id>"


class AppUserShape(ActorShape):
    """An app user; token null when it was revoked."""

    project_id = fields.Integer()
    token = fields.String()


class ExtendedAppUser(AppUserShape):
    """The same with who made it, when it last sent something, and what is noted about it."""

    created_by = fields.Nested(ActorShape)
    last_used = Time()
    properties = fields.Dict()


class NewAppUser(Shape):
    """The name that the office sees."""

    display_name = Text(required=True, max_chars=200)


class AppUserChanges(Shape):
    """What is noted about it, by the names of the project's actor properties."""

    properties = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class AreasShape(Shape):
    """Areas as paths: 3517, 3517012001, 3517012001/003/002."""

    areas = fields.List(fields.String())


class NewAreas(Shape):
    """The areas from now on."""

    areas = fields.List(Text(max_chars=40), required=True)


class NewProperty(Shape):
    """A property that app users of the project may have."""

    name = Text(required=True, max_chars=100)


class PropertyShape(Shape):
    """A property that app users of the project may have."""

    name = fields.Function(lambda name: name)


@table.get(
    "/projects/<project_id>/app-users",
    right="field_key.list",
    gives=Many(AppUserShape),
    extended=Many(ExtendedAppUser),
)
def list_app_users(call: Call) -> list[AppUser]:
    """The app users of the caller's areas and those without area, newest first, revoked ones last."""
    return app_users.list_app_users(call.session, call.backends.seal, call.project.id, call.areas)


@table.post(
    "/projects/<project_id>/app-users", right="field_key.create", takes=NewAppUser, gives=AppUserShape
)
def create_app_user(call: Call) -> AppUser:
    """A new app user with its token. It sees no form until a role is assigned, and no household until it has areas."""
    return app_users.create_app_user(
        call.session,
        call.backends.seal,
        project=call.project,
        name=call.body["display_name"],
        actor_id=call.actor_id,
    )


@table.get(ONE, right="field_key.list", gives=AppUserShape, extended=ExtendedAppUser)
def get_app_user(call: Call) -> AppUser:
    """One app user."""
    return _find(call)


@table.patch(
    ONE,
    right="field_key.update",
    takes=AppUserChanges,
    gives=AppUserShape,
    extended=ExtendedAppUser,
    problems=("400.33",),
)
def update_app_user(call: Call) -> AppUser:
    """Notes properties about an app user."""
    app_users.set_properties(call.session, _find(call), call.body["properties"])
    return _find(call)


@table.delete(ONE, right="field_key.delete")
def delete_app_user(call: Call) -> None:
    """Removes an app user and its token; what it sent stays."""
    app_users.delete_app_user(call.session, _find(call), actor_id=call.actor_id)


@table.get(f"{ONE}/areas", right="officer.manage", gives=AreasShape)
def list_areas(call: Call) -> object:
    """The areas whose households the phone gets. Ours: Central has no areas."""
    return {"areas": officer_areas.list_areas(call.session, _find(call).id)}


@table.put(f"{ONE}/areas", right="officer.manage", takes=NewAreas, gives=AreasShape, problems=("400.8",))
def give_areas(call: Call) -> object:
    """Replaces the areas of the phone, inside of the caller's own: 35.17, 3517012001 or 3517012001/003/002."""
    found = _find(call)
    officer_areas.give_areas(
        call.session, found.id, call.body["areas"], within=call.areas, actor_id=call.actor_id
    )
    return {"areas": officer_areas.list_areas(call.session, found.id)}


@table.get("/projects/<project_id>/actor-properties", right="field_key.list", gives=Many(PropertyShape))
def list_properties(call: Call) -> list[str]:
    """The properties that app users of the project may have."""
    return app_users.list_property_names(call.session, call.project.id)


@table.post(
    "/projects/<project_id>/actor-properties", right="project.update", takes=NewProperty, problems=("409.3",)
)
def add_property(call: Call) -> None:
    """One more property."""
    app_users.add_property(call.session, call.project, call.body["name"], actor_id=call.actor_id)


def _find(call: Call) -> AppUser:
    return app_users.get_app_user(
        call.session, call.backends.seal, call.project.id, call.path["app_user_id"], call.areas
    )
