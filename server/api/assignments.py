"""Who holds which role on the site, a project or a form.

Source: the REST specification, "App users, assignments, roles, public links".
"""

from marshmallow import fields

from server.api.call import Call
from server.api.routes import Many, Table
from server.api.shapes import ActorShape, Shape
from server.models.actor import Actor
from server.permissions import SITE
from server.services import roles
from server.services.roles import Grant

table = Table("Assignments")
LEVELS = ("", "/projects/<project_id>", "/projects/<project_id>/forms/<form_id>")


class AssignmentShape(Shape):
    """An actor holding a role."""

    actor_id = fields.Integer()
    role_id = fields.Integer()


class ExtendedAssignment(AssignmentShape):
    """The same with the actor."""

    actor = fields.Nested(ActorShape)


class FormAssignmentShape(AssignmentShape):
    """An actor holding a role on a form."""

    xml_form_id = fields.String()


class ExtendedFormAssignment(FormAssignmentShape):
    """The same with the actor."""

    actor = fields.Nested(ActorShape)


@table.get(
    "/projects/<project_id>/assignments/forms",
    right="assignment.list",
    gives=Many(FormAssignmentShape),
    extended=Many(ExtendedFormAssignment),
)
def list_of_forms(call: Call) -> list[Grant]:
    """Every role held on a form of the project."""
    return roles.list_form_grants(call.session, call.project.id)


@table.get(
    "/projects/<project_id>/assignments/forms/<role>",
    right="assignment.list",
    gives=Many(FormAssignmentShape),
    extended=Many(ExtendedFormAssignment),
)
def list_of_forms_by_role(call: Call) -> list[Grant]:
    """Who holds one role on which form of the project."""
    return roles.list_form_grants(call.session, call.project.id, role=call.path["role"])


def list_assignments(call: Call) -> list[Grant]:
    """Who holds which role here."""
    return roles.list_grants(call.session, _actee(call))


def list_holders(call: Call) -> list[Actor]:
    """The actors that hold one role here; the role by number or system name."""
    return [held.actor for held in roles.list_grants(call.session, _actee(call), role=call.path["role"])]


def assign(call: Call) -> None:
    """Gives a role here; whoever gives it must have every right of it."""
    roles.grant(
        call.session,
        call.caller,
        ref=call.path["role"],
        holder_id=call.path["actor_id"],
        actees=call.targets.actees,
    )


def unassign(call: Call) -> None:
    """Takes a role away here; whoever takes it must have every right of it."""
    roles.revoke(
        call.session,
        call.caller,
        ref=call.path["role"],
        holder_id=call.path["actor_id"],
        actees=call.targets.actees,
    )


for _level in LEVELS:
    _path = f"{_level}/assignments"
    table.get(_path, right="assignment.list", gives=Many(AssignmentShape), extended=Many(ExtendedAssignment))(
        list_assignments
    )
    table.get(f"{_path}/<role>", right="assignment.list", gives=Many(ActorShape))(list_holders)
    table.post(f"{_path}/<role>/<actor_id>", right="assignment.create", problems=("409.3",))(assign)
    table.delete(f"{_path}/<role>/<actor_id>", right="assignment.delete")(unassign)


def _actee(call: Call) -> str:
    return call.targets.actees[0] if call.targets.actees else SITE
