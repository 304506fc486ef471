"""Ending a session by its token: one's own, or that of a phone or link one manages."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import NotAllowedError, NotFoundError
from server.models.actor import Actor, ActorKind, AuthSession, PublicLink
from server.models.form import Form
from server.models.project import Project
from server.permissions import Caller
from server.services import accounts, audit


def get_session(session: Session, caller: Caller | None) -> AuthSession:
    """The session that a caller came with. Raises: NotFoundError for nobody, and for a password (Basic)."""
    number = caller.session_id if caller is not None else None
    found = session.get(AuthSession, number) if number is not None else None
    if found is None:
        raise NotFoundError("this request came without a session")
    return found


def end_own_session(session: Session, caller: Caller) -> None:
    """Ends the session that a person came with. Raises: NotFoundError without one."""
    own = get_session(session, caller)
    session.execute(delete(AuthSession).where(AuthSession.id == own.id))
    audit.record(session, caller.actor_id, "user.session.end", session.get_one(Actor, own.actor_id).actee_id)


def end_session(session: Session, caller: Caller, token: str) -> bool:
    """Ends the session of a token; a phone or link has no access any more. Returns: whether it was the caller's own.

    Raises: NotAllowedError, also for no such token.
    """
    found = accounts.find_session(session, token)
    if found is None or not _may_end(session, caller, found[1]):
        raise NotAllowedError("there is no such session that you may end")
    ended, actor = found
    session.execute(delete(AuthSession).where(AuthSession.id == ended.id))
    if actor.kind != ActorKind.user:
        actor.updated_at = now()
    audit.record(session, caller.actor_id, f"{actor.kind}.session.end", actor.actee_id)
    return ended.id == caller.session_id


def _may_end(session: Session, caller: Caller, actor: Actor) -> bool:
    """One's own (people only); else the right on the actor, the form of a link, the project of a phone."""
    if actor.id == caller.actor_id and actor.kind == ActorKind.user:
        return True
    actees = [actor.actee_id]
    if actor.kind == ActorKind.public_link:
        actees += session.scalars(
            select(Form.actee_id)
            .join(PublicLink, PublicLink.form_id == Form.id)
            .where(PublicLink.actor_id == actor.id)
        )
    if actor.project_id is not None:
        actees.append(session.get_one(Project, actor.project_id).actee_id)
    return caller.may("session.end", *actees)
