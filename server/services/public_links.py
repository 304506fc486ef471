"""Public links: an address under which anybody may answer one form, until it is revoked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from media.sealing import Seal
from server.db import now
from server.errors import NotFoundError
from server.models.actor import Actor, ActorKind, PublicLink
from server.models.form import Form
from server.services import accounts, app_users, audit


@dataclass(frozen=True)
class Link:
    """A public link; token None when it was revoked."""

    id: int
    kind: str
    display_name: str
    once: bool
    token: str | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    created_by: Actor | None


def list_links(session: Session, seal: Seal, form: Form) -> list[Link]:
    """The links of a form, newest first, revoked ones last."""
    found = _select(session, seal, PublicLink.form_id == form.id)
    return sorted(found, key=lambda link: (link.token is None, -link.id))


def get_link(session: Session, seal: Seal, form: Form, link_id: int) -> Link:
    """One link of a form. Raises: NotFoundError."""
    found = _select(session, seal, PublicLink.form_id == form.id, Actor.id == link_id)
    if not found:
        raise NotFoundError("there is no such public link")
    return found[0]


def create_link(session: Session, seal: Seal, *, form: Form, name: str, once: bool, actor_id: int) -> Link:
    """A new link that may submit to the form at once."""
    made = accounts.new_actor(
        session, ActorKind.public_link, name.strip(), project_id=form.project_id, created_by_id=actor_id
    )
    session.add(PublicLink(actor_id=made.id, form_id=form.id, once=once))
    accounts.give_token(session, seal, made.id)
    accounts.assign(session, made.id, "pub-link", form.actee_id)
    audit.record(session, actor_id, "public_link.create", made.actee_id, {"formId": form.id})
    session.flush()
    return get_link(session, seal, form, made.id)


def rename_link(session: Session, link: Link, name: str, *, actor_id: int) -> None:
    """Another name for a link; its address stays."""
    actor = session.get_one(Actor, link.id)
    actor.display_name, actor.updated_at = name.strip(), now()
    audit.record(session, actor_id, "public_link.update", actor.actee_id)
    session.flush()


def delete_link(session: Session, link: Link, *, actor_id: int) -> None:
    """Removes a link; what came in through it stays."""
    app_users.remove_key(session, link.id, "public_link.delete", actor_id=actor_id)


def _select(session: Session, seal: Seal, *conditions: ColumnElement[bool]) -> list[Link]:
    rows = session.execute(
        select(Actor, PublicLink.once)
        .join(PublicLink, PublicLink.actor_id == Actor.id)
        .where(Actor.kind == ActorKind.public_link, Actor.deleted_at.is_(None), *conditions)
    ).all()
    tokens = app_users.open_tokens(session, seal, [actor.id for actor, _ in rows])
    makers = {
        actor.id: actor
        for actor in session.scalars(
            select(Actor).where(Actor.id.in_({actor.created_by_id for actor, _ in rows}))
        )
    }
    return [
        Link(
            id=actor.id,
            kind=actor.kind,
            display_name=actor.display_name,
            once=once,
            token=tokens.get(actor.id),
            created_at=actor.created_at,
            updated_at=actor.updated_at,
            deleted_at=actor.deleted_at,
            created_by=makers.get(actor.created_by_id or 0),
        )
        for actor, once in rows
    ]
