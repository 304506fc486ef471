"""Choosing a password by a link: invitations and lost passwords, without mail.

The office hands the link over itself (chat, paper). Behind it stands a token that can do one thing only: set that person's
password, once, within a day. Source: the REST specification, "Users and the rest" (Central mails such a token).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import NotAllowedError
from server.models.actor import Account, Actor, ActorKind, Assignment, AuthSession, Role
from server.models.audit import Audit
from server.permissions import Caller
from server.services import accounts, audit, users

LINK_TIME = timedelta(hours=24)
ASKED_TIME = timedelta(hours=1)
ROLE = "pwreset"


@dataclass(frozen=True)
class PasswordLink:
    """What is handed to the person; the token is not stored in clear."""

    token: str
    url: str
    expires_at: datetime


def make_link(session: Session, user_id: int, *, url: str, actor_id: int | None) -> PasswordLink:
    """A link for one person; an earlier one stops working. url = the public address. Raises: NotFoundError."""
    user = users.get_user(session, user_id)
    _end_links(session, user.actee_id)
    single = accounts.new_actor(
        session, ActorKind.single_use, f"Password link for {user.id}", created_by_id=actor_id
    )
    accounts.assign(session, single.id, ROLE, user.actee_id)
    token, moment = accounts.new_token(), now()
    session.add(
        AuthSession(
            actor_id=single.id,
            token_hash=accounts.token_hash(token),
            created_at=moment,
            expires_at=moment + LINK_TIME,
        )
    )
    audit.record(session, actor_id, "user.password.link", user.actee_id)
    session.flush()
    return PasswordLink(token, f"{url}/password?token={quote(token)}", moment + LINK_TIME)


def ask_for_link(session: Session, email: str) -> None:
    """Notes in the audit log that somebody lost their password; an unknown address changes nothing, nor does a repeat."""
    user = session.execute(
        select(Actor.id, Actor.actee_id)
        .join(Account, Account.actor_id == Actor.id)
        .where(Account.email == email.strip().lower(), Actor.deleted_at.is_(None))
    ).first()
    if user is None:
        return
    recent = select(Audit.id).where(
        Audit.actee_id == user.actee_id,
        Audit.action == "user.password.reset.ask",
        Audit.logged_at > now() - ASKED_TIME,
    )
    if session.scalar(recent.limit(1)) is None:
        audit.record(session, None, "user.password.reset.ask", user.actee_id)


def invalidate_password(session: Session, email: str, *, actor_id: int) -> None:
    """Takes a person's password away and ends their sessions, until they choose another by a link."""
    account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if account is None:
        return
    account.password_hash = None
    session.execute(delete(AuthSession).where(AuthSession.actor_id == account.actor_id))
    actee = session.get_one(Actor, account.actor_id).actee_id
    audit.record(session, actor_id, "user.password.invalidate", actee)


def set_by_link(session: Session, caller: Caller, password: str) -> None:
    """Sets the password of the person whose link it is; the link works no more.

    Raises: NotAllowedError for any other token; BadValueError for a bad password (the link stays).
    """
    person = session.scalar(
        select(Actor)
        .join(Assignment, Assignment.actee_id == Actor.actee_id)
        .join(Role, Role.id == Assignment.role_id)
        .where(Assignment.actor_id == caller.actor_id, Role.system == ROLE, Actor.deleted_at.is_(None))
    )
    if caller.kind != ActorKind.single_use or person is None:
        raise NotAllowedError("this token sets no password")
    accounts.set_password(session, person.id, password, changed_by_id=person.id)
    _end_links(session, person.actee_id)


def _end_links(session: Session, actee_id: str) -> None:
    links = (
        select(Assignment.actor_id)
        .join(Role, Role.id == Assignment.role_id)
        .where(Role.system == ROLE, Assignment.actee_id == actee_id)
    )
    ids = list(session.scalars(links))
    for table in (AuthSession, Assignment):
        session.execute(delete(table).where(table.actor_id.in_(ids)))
