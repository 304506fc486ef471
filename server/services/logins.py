"""Logging in, in three steps: read what is stored, compare (passwords.py, outside of any transaction), write what came of it.

Belongs here: the two steps that need rows: the lock of an account, failures, web sessions. Does not: comparing passwords,
the order of the steps (server/auth.py), making accounts (accounts.py).
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.db import now
from server.models.actor import Account, Actor
from server.services import audit

MAX_FAILURES = 5
LOCK_TIME = timedelta(minutes=15)


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with. password_hash None: nobody, a locked account, or one without password."""

    actor_id: int | None
    password_hash: str | None


def find_credentials(session: Session, email: str) -> Credentials:
    """What is stored for an address; reads only. A locked account is known, but no password fits it."""
    row = session.execute(
        select(Account.actor_id, Account.password_hash, Account.locked_until)
        .join(Actor, Actor.id == Account.actor_id)
        .where(Account.email == email.strip().lower(), Actor.deleted_at.is_(None))
    ).first()
    if row is None:
        return Credentials(None, None)
    locked = row.locked_until is not None and row.locked_until > now()
    return Credentials(row.actor_id, None if locked else row.password_hash)


def needs_clearing(session: Session, checked: Credentials) -> bool:
    """Whether an account whose password fitted has failures to be forgotten. Reads only."""
    account = session.get(Account, checked.actor_id)
    return account is not None and (account.failed_logins > 0 or account.locked_until is not None)


def accept(session: Session, checked: Credentials) -> Account | None:
    """The account whose password fitted, its failures forgotten.

    Returns: None when it was locked, deleted or given another password while the password was compared.
    """
    account = session.scalar(
        select(Account)
        .join(Actor, Actor.id == Account.actor_id)
        .where(Account.actor_id == checked.actor_id, Actor.deleted_at.is_(None))
        .with_for_update(of=Account)
    )
    if account is None or account.password_hash != checked.password_hash:
        return None
    if account.locked_until is not None and account.locked_until > now():
        return None
    if account.failed_logins or account.locked_until is not None:
        account.failed_logins, account.locked_until = 0, None
    return account


def count_failure(session: Session, checked: Credentials) -> None:
    """A wrong password: counted in the row itself, so that guesses at the same time all count; the last one locks.

    Effects: after MAX_FAILURES the account is locked for LOCK_TIME. A locked account counts nothing.
    """
    moment = now()
    failures = session.scalar(
        update(Account)
        .where(
            Account.actor_id == checked.actor_id,
            (Account.locked_until.is_(None)) | (Account.locked_until <= moment),
        )
        .values(failed_logins=Account.failed_logins + 1)
        .returning(Account.failed_logins)
        .execution_options(synchronize_session=False)
    )
    if failures is None or failures < MAX_FAILURES:
        return
    session.execute(
        update(Account)
        .where(Account.actor_id == checked.actor_id)
        .values(failed_logins=0, locked_until=moment + LOCK_TIME)
        .execution_options(synchronize_session=False)
    )
    audit.record(session, checked.actor_id, "user.lock")
