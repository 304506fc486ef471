"""The audit log. Source: the REST specification, "Audits"."""

from typing import Any

from marshmallow import fields

from server.api.call import Call
from server.api.form_shapes import FormShape
from server.api.projects import ProjectShape
from server.api.routes import Many, Table
from server.api.shapes import ActorShape, PageQuery, Shape, Time
from server.models.actor import Actor
from server.models.entity import EntityList
from server.models.project import Project
from server.services import audit_reading
from server.services.audit_reading import Act
from server.services.form_facts import FormView

table = Table("Audit log")


class ListName(Shape):
    """An entity list, as far as the log shows it."""

    name = fields.String()
    project_id = fields.Integer()
    created_at = Time()
    approval_required = fields.Boolean()
    owner_only = fields.Boolean()
    deleted_at = Time()


ACTEES: dict[type, type[Shape]] = {
    Project: ProjectShape,
    FormView: FormShape,
    EntityList: ListName,
    Actor: ActorShape,
}


class ActShape(Shape):
    """One act: who did what to what."""

    actor_id = fields.Integer()
    action = fields.String()
    actee_id = fields.String()
    details = fields.Raw()
    notes = fields.String()
    logged_at = Time()


class ExtendedAct(ActShape):
    """The same with the actor, and the thing it was done to (also a deleted one)."""

    actor = fields.Nested(ActorShape)
    actee = fields.Method("show_actee")

    def show_actee(self, act: Act) -> Any:
        """A project, form, entity list or actor by its own schema."""
        shape = ACTEES.get(type(act.actee))
        return shape().dump(act.actee) if shape else None


class ActQuery(PageQuery):
    """action: exact, or a group (user, project, form, field_key, public_link, submission, dataset, entity, config, nonverbose)."""

    action = fields.String(load_default=None)
    start = Time(load_default=None)
    end = Time(load_default=None)


@table.get("/audits", right="audit.read", query=ActQuery, gives=Many(ActShape), extended=Many(ExtendedAct))
def list_acts(call: Call) -> list[Act]:
    """What was done, newest first; from start, before end."""
    return audit_reading.list_acts(call.session, call.caller, extended=call.extended, **call.query)
