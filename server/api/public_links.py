"""Public links of a form. Source: the REST specification, "App users, assignments, roles, public links"."""

from marshmallow import fields

from server.api.call import Call
from server.api.routes import Many, Table
from server.api.shapes import ActorShape, Shape, Text
from server.services import public_links
from server.services.public_links import Link

table = Table("Public links")
ALL = "/projects/<project_id>/forms/<form_id>/public-links"
ONE = f"{ALL}/<link_id>"


class LinkShape(ActorShape):
    """A public link; token null when it was revoked."""

    once = fields.Boolean()
    token = fields.String()


class ExtendedLink(LinkShape):
    """The same with who made it."""

    created_by = fields.Nested(ActorShape)


class NewLink(Shape):
    """Its name in the office; once: one answer a browser."""

    display_name = Text(required=True, max_chars=200)
    once = fields.Boolean(load_default=False)


class LinkChanges(Shape):
    """Another name."""

    display_name = Text(required=True, max_chars=200)


@table.get(ALL, right="public_link.list", gives=Many(LinkShape), extended=Many(ExtendedLink))
def list_links(call: Call) -> list[Link]:
    """The links of a form, newest first, revoked ones last."""
    return public_links.list_links(call.session, call.backends.seal, call.form)


@table.post(ALL, right="public_link.create", takes=NewLink, gives=LinkShape)
def create_link(call: Call) -> Link:
    """A new link; whoever has it may answer the form at once."""
    return public_links.create_link(
        call.session,
        call.backends.seal,
        form=call.form,
        name=call.body["display_name"],
        once=bool(call.body["once"]),
        actor_id=call.actor_id,
    )


@table.get(ONE, right="public_link.read", gives=LinkShape, extended=ExtendedLink)
def get_link(call: Call) -> Link:
    """One link."""
    return _find(call)


@table.patch(ONE, right="public_link.update", takes=LinkChanges, gives=LinkShape, extended=ExtendedLink)
def update_link(call: Call) -> Link:
    """Another name for a link."""
    public_links.rename_link(call.session, _find(call), call.body["display_name"], actor_id=call.actor_id)
    return _find(call)


@table.delete(ONE, right="public_link.delete")
def delete_link(call: Call) -> None:
    """Removes a link; what came in through it stays."""
    public_links.delete_link(call.session, _find(call), actor_id=call.actor_id)


def _find(call: Call) -> Link:
    return public_links.get_link(call.session, call.backends.seal, call.form, call.path["link_id"])
