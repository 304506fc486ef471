"""Roles and who holds them on the site, a project or a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import ConflictError, NotAllowedError, NotFoundError
from server.models.actor import Actor, Assignment, Role
from server.models.form import Form
from server.permissions import SITE, Caller
from server.services import audit


@dataclass(frozen=True)
class Grant:
    """One actor holding one role; xml_form_id where a list covers several forms."""

    actor: Actor
    role_id: int
    xml_form_id: str | None = None

    @property
    def actor_id(self) -> int:
        """The holder's id."""
        return self.actor.id


def list_roles(session: Session) -> list[Role]:
    """All roles, by id."""
    return list(session.scalars(select(Role).order_by(Role.id)))


def get_role(session: Session, ref: str) -> Role:
    """The role with this number or system name. Raises: NotFoundError."""
    known = Role.id == int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 10 else Role.system == ref
    role = session.scalar(select(Role).where(known))
    if role is None:
        raise NotFoundError("there is no such role")
    return role


def list_grants(session: Session, actee_id: str = SITE, *, role: str | None = None) -> list[Grant]:
    """Who holds which role on one thing, by name. Raises: NotFoundError for no such role."""
    return [Grant(actor, role_id) for actor, role_id in session.execute(_grants(session, role, actee_id))]


def list_form_grants(session: Session, project_id: int, *, role: str | None = None) -> list[Grant]:
    """Who holds which role on the live forms of a project. Raises: NotFoundError for no such role."""
    query = (
        _grants(session, role)
        .add_columns(Form.xml_form_id)
        .join(Form, Form.actee_id == Assignment.actee_id)
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
    )
    return [Grant(actor, role_id, form_id) for actor, role_id, form_id in session.execute(query)]


def grant(session: Session, caller: Caller, *, ref: str, holder_id: int, actees: Sequence[str] = ()) -> None:
    """Gives a role on the first of these things (form before project), or on the site.

    Raises: NotFoundError for no such role or actor; NotAllowedError unless the caller has every verb of the role there;
    ConflictError (409.3) when it is held already.
    """
    role, holder = _role_and_holder(session, caller, ref, holder_id, actees)
    actee_id = actees[0] if actees else SITE
    if session.get(Assignment, (holder.id, role.id, actee_id)) is not None:
        raise ConflictError(
            "this actor holds this role already",
            details={
                "fields": ["actorId", "roleId", "acteeId"],
                "values": [holder.id, role.id, actee_id],
                "table": "assignments",
            },
        )
    session.add(Assignment(actor_id=holder.id, role_id=role.id, actee_id=actee_id, created_at=now()))
    _record(session, caller, "create", holder, role, actee_id)


def revoke(session: Session, caller: Caller, *, ref: str, holder_id: int, actees: Sequence[str] = ()) -> None:
    """Takes a role away. Raises: as `grant`; NotFoundError when it was not held."""
    role, holder = _role_and_holder(session, caller, ref, holder_id, actees)
    actee_id = actees[0] if actees else SITE
    held = session.get(Assignment, (holder.id, role.id, actee_id))
    if held is None:
        raise NotFoundError("this actor does not hold this role here")
    session.delete(held)
    _record(session, caller, "delete", holder, role, actee_id)


def verbs_on(caller: Caller, *actees: str) -> list[str]:
    """Everything that the caller may do on a thing (or, without one, on the site), sorted."""
    return sorted({verb for actee in (*actees, SITE) for verb in caller.grants.get(actee, ())})


def _grants(session: Session, role: str | None, actee_id: str | None = None) -> Any:
    query = (
        select(Actor, Assignment.role_id)
        .join(Assignment, Assignment.actor_id == Actor.id)
        .where(Actor.deleted_at.is_(None))
        .order_by(Actor.display_name, Actor.id, Assignment.role_id)
    )
    if actee_id is not None:
        query = query.where(Assignment.actee_id == actee_id)
    if role is not None:
        query = query.where(Assignment.role_id == get_role(session, role).id)
    return query


def _role_and_holder(
    session: Session, caller: Caller, ref: str, holder_id: int, actees: Sequence[str]
) -> tuple[Role, Actor]:
    role, holder = get_role(session, ref), session.get(Actor, holder_id)
    if holder is None or holder.deleted_at is not None:
        raise NotFoundError("there is no such actor")
    if not all(caller.may(verb, *actees) for verb in role.verbs):
        raise NotAllowedError("a role can be given or taken only by somebody who has all its rights")
    return role, holder


def _record(session: Session, caller: Caller, verb: str, holder: Actor, role: Role, actee_id: str) -> None:
    details = {"roleId": role.id, "grantedActeeId": actee_id, "grantedVerbs": list(role.verbs)}
    if verb == "delete":
        details = {"roleId": role.id, "revokedActeeId": actee_id}
    audit.record(session, caller.actor_id, f"{holder.kind}.assignment.{verb}", holder.actee_id, details)
    session.flush()
