"""Roles: what each may do. Source: the REST specification, "App users, assignments, roles, public links"."""

from marshmallow import fields

from server.api.call import Call
from server.api.routes import ANYBODY, Many, Table
from server.api.shapes import Shape, Time
from server.models.actor import Role
from server.services import roles

table = Table("Roles")


class RoleShape(Shape):
    """A named set of verbs. 1 is admin, 2 is app-user: clients rely on these numbers."""

    id = fields.Integer()
    name = fields.String()
    system = fields.String()
    verbs = fields.List(fields.String())
    created_at = Time()
    updated_at = Time(dump_default=None)


@table.get("/roles", right=ANYBODY, is_open=True, gives=Many(RoleShape))
def list_roles(call: Call) -> list[Role]:
    """All roles, Central's and our own."""
    return roles.list_roles(call.session)


@table.get("/roles/<role>", right=ANYBODY, is_open=True, gives=RoleShape)
def get_role(call: Call) -> Role:
    """One role, by number or system name."""
    return roles.get_role(call.session, call.path["role"])
