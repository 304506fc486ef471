"""People who log in, as API clients see and change them.

Belongs here: reading, finding, changing, removing users. Does not: passwords and tokens (accounts.py, password_links.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError, ConflictError, NotFoundError
from server.models.actor import Account, Actor, ActorArea, ActorKind, Assignment, AuthSession
from server.permissions import Caller
from server.services import audit

CHANGEABLE = ("email", "display_name")


@dataclass(frozen=True)
class User:
    """A person with their mail address. verbs and preferences: for extended metadata of the caller."""

    id: int
    kind: str
    display_name: str
    email: str | None
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    actee_id: str
    verbs: tuple[str, ...] = ()
    preferences: dict[str, Any] | None = None


def get_user(session: Session, user_id: int) -> User:
    """The person with this id. Raises: NotFoundError when there is none, or it is no person."""
    found = _select(session, Actor.id == user_id)
    if not found:
        raise NotFoundError("there is no such user")
    return found[0]


def list_users(session: Session, caller: Caller, *, sought: str | None = None) -> list[User]:
    """Everybody for those who may list users, narrowed by name or address; others find only an exact address."""
    text = (sought or "").strip()
    if caller.kind != ActorKind.user:
        return []
    if not caller.may("user.list"):
        return _select(session, Account.email == text.lower()) if text else []
    if not text:
        return _select(session)
    words = [
        or_(
            Account.email.icontains(word, autoescape=True),
            Actor.display_name.icontains(word, autoescape=True),
        )
        for word in text.split()[:10]
    ]
    return _select(session, *words)


def update_user(session: Session, user_id: int, changes: dict[str, str], *, actor_id: int) -> User:
    """Changes address or name. Raises: NotFoundError, ConflictError (409.3), BadValueError for no address."""
    account, actor = session.get(Account, user_id), session.get(Actor, user_id)
    if account is None or actor is None or actor.deleted_at is not None:
        raise NotFoundError("there is no such user")
    wanted = {name: text.strip() for name, text in changes.items() if name in CHANGEABLE and text}
    if "email" in wanted:
        account.email = _free_address(session, wanted["email"], user_id)
    if wanted.get("display_name"):
        actor.display_name = wanted["display_name"]
    actor.updated_at = now()
    audit.record(session, actor_id, "user.update", actor.actee_id, {"fields": sorted(wanted)})
    session.flush()
    return get_user(session, user_id)


def delete_user(session: Session, user_id: int, *, actor_id: int) -> None:
    """Removes a person: no more log-in, rights or areas; the address is free again, what they did stays under their name."""
    user = get_user(session, user_id)
    actor = session.get_one(Actor, user_id)
    for table in (AuthSession, Assignment, ActorArea, Account):
        session.execute(delete(table).where(table.actor_id == user_id))
    actor.deleted_at = now()
    audit.record(session, actor_id, "user.delete", user.actee_id)
    session.flush()
    session.expire_all()


def _free_address(session: Session, email: str, user_id: int) -> str:
    address = email.lower()
    if "@" not in address.strip("@") or len(address) > 320:
        raise BadValueError(
            "this is no mail address", details={"field": "email", "value": email, "reason": "no mail address"}
        )
    taken = session.scalar(
        select(Account.actor_id).where(Account.email == address, Account.actor_id != user_id)
    )
    if taken is not None:
        raise ConflictError(
            "an account with this address exists",
            details={"fields": ["email"], "values": [address], "table": "users"},
        )
    return address


def _select(session: Session, *conditions: ColumnElement[bool]) -> list[User]:
    rows = session.execute(
        select(Actor, Account.email, Account.last_login_at)
        .join(Account, Account.actor_id == Actor.id)
        .where(Actor.deleted_at.is_(None), *conditions)
        .order_by(Account.email)
    )
    return [
        User(
            actor.id,
            actor.kind,
            actor.display_name,
            email,
            last_login_at,
            actor.created_at,
            actor.updated_at,
            actor.deleted_at,
            actor.actee_id,
        )
        for actor, email, last_login_at in rows
    ]
