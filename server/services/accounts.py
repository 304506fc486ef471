"""Accounts: people who log in, officers' phones, their tokens, roles and areas."""

import base64
import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Select, Text, bindparam, cast, delete, select, update
from sqlalchemy.orm import Session

from media.sealing import Seal
from server.db import now
from server.errors import BadValueError, ConflictError, NotFoundError
from server.models.actor import Account, Actor, ActorArea, ActorKind, Assignment, AuthSession, Role
from server.models.project import Project
from server.permissions import ROLES, SITE, Caller, narrowest_areas
from server.services import audit
from server.services.passwords import hash_password

FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
SESSION_TIME = timedelta(hours=24)
AREA_PATH = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}(/[0-9]{3}(/[0-9]{3})?)?")


@dataclass(frozen=True)
class Login:
    """What a fresh session hands out; the token is not stored in clear."""

    actor_id: int
    token: str
    csrf: str
    expires_at: datetime


def new_token() -> str:
    """64 characters of A-Z a-z 0-9 ! $ from 48 random bytes. Source: the OpenRosa specification, "Tokens"."""
    return base64.b64encode(secrets.token_bytes(48)).decode().replace("/", "!").replace("+", "$")


def token_hash(token: str) -> bytes:
    """What a token is found by; tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def seed_roles(session: Session) -> None:
    """Writes the roles of permissions.ROLES; a repeat brings names and verbs up to date."""
    for definition in ROLES:
        session.merge(
            Role(
                id=definition.id,
                system=definition.system,
                name=definition.name,
                verbs=list(definition.verbs),
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    session.flush()


def create_user(
    session: Session, *, email: str, password: str | None, name: str = "", created_by_id: int | None = None
) -> Actor:
    """A person who can log in; without role and area until they are given, without password until they choose one.

    Raises: ConflictError when the address is taken; BadValueError for a bad password or no mail address.
    """
    address = email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise BadValueError(
            "this is no mail address", message_id="Alamat surel tidak benar, contoh: nama@dinsos.go.id"
        )
    if session.scalar(select(Account).where(Account.email == address)) is not None:
        raise ConflictError(
            "an account with this address exists",
            message_id="Alamat surel ini sudah terdaftar.",
            details={"fields": ["email"], "values": [address], "table": "users"},
        )
    actor = new_actor(session, ActorKind.user, name.strip() or address, created_by_id=created_by_id)
    hashed = hash_password(password) if password else None
    session.add(Account(actor_id=actor.id, email=address, password_hash=hashed, language="id"))
    audit.record(session, created_by_id, "user.create", actor.actee_id)
    session.flush()
    return actor


def set_password(
    session: Session,
    actor_id: int,
    password: str,
    *,
    keep_session_id: int | None = None,
    changed_by_id: int | None = None,
) -> None:
    """A new password; all sessions of the person end, but for the one that is to be kept.

    Raises: NotFoundError for no such account; BadValueError as require_good_password.
    """
    account = session.get(Account, actor_id)
    if account is None:
        raise NotFoundError("no such account")
    account.password_hash = hash_password(password)
    account.failed_logins, account.locked_until = 0, None
    others = delete(AuthSession).where(AuthSession.actor_id == actor_id)
    session.execute(others.where(AuthSession.id != keep_session_id) if keep_session_id else others)
    actee_id = session.get_one(Actor, actor_id).actee_id
    audit.record(session, changed_by_id, "user.update", actee_id, {"fields": ["password"]})


def start_session(session: Session, account: Account) -> Login:
    """A web session of 24 hours for somebody whose password was checked."""
    moment = now()
    login = Login(account.actor_id, new_token(), new_token(), moment + SESSION_TIME)
    session.add(
        AuthSession(
            actor_id=account.actor_id,
            token_hash=token_hash(login.token),
            csrf=login.csrf,
            created_at=moment,
            expires_at=login.expires_at,
        )
    )
    account.last_login_at = moment
    actee_id = session.get_one(Actor, account.actor_id).actee_id
    audit.record(session, account.actor_id, "user.session.create", actee_id)
    return login


def log_out(session: Session, session_id: int) -> None:
    """Ends one session; a repeat changes nothing."""
    session.execute(delete(AuthSession).where(AuthSession.id == session_id))


def create_officer(
    session: Session,
    seal: Seal,
    *,
    project: Project,
    name: str,
    areas: Iterable[str],
    created_by_id: int | None = None,
) -> tuple[Actor, str]:
    """An officer's phone of a campaign and its token: an app user with areas and the right to all forms of the campaign.

    Raises: BadValueError for an empty name or an area path that is none.
    """
    if not name.strip():
        raise BadValueError("the officer needs a name", message_id="Nama petugas wajib diisi.")
    officer = new_actor(
        session, ActorKind.field_key, name.strip(), project_id=project.id, created_by_id=created_by_id
    )
    token = give_token(session, seal, officer.id)
    assign(session, officer.id, "app-user", project.actee_id)
    set_areas(session, officer.id, areas)
    audit.record(session, created_by_id, "field_key.create", officer.actee_id, {"projectId": project.id})
    session.flush()
    return officer, token


def give_token(session: Session, seal: Seal, actor_id: int) -> str:
    """A token that never expires, for a phone or a link; kept sealed, so that it can be shown again."""
    token = new_token()
    session.add(
        AuthSession(
            actor_id=actor_id,
            token_hash=token_hash(token),
            token_sealed=seal.seal_text(token),
            created_at=now(),
            expires_at=FOREVER,
        )
    )
    return token


def officer_token(session: Session, seal: Seal, officer_id: int) -> str | None:
    """The token of an officer's phone, or None when it was revoked."""
    sealed = session.scalar(
        select(AuthSession.token_sealed)
        .where(AuthSession.actor_id == officer_id)
        .order_by(AuthSession.id.desc())
    )
    return seal.open_text(sealed) if sealed is not None else None


def revoke_officer(session: Session, officer: Actor, *, actor_id: int | None) -> None:
    """Takes the phone's token away for good; what it sent stays."""
    session.execute(delete(AuthSession).where(AuthSession.actor_id == officer.id))
    officer.updated_at = now()
    audit.record(session, actor_id, "field_key.session.end", officer.actee_id)


def assign(session: Session, actor_id: int, role: str, actee_id: str = SITE) -> None:
    """Gives a role on the site, a project or a form; a repeat changes nothing. Raises: NotFoundError for no such role."""
    role_id = session.scalar(select(Role.id).where(Role.system == role))
    if role_id is None:
        raise NotFoundError(f"there is no role {role!r}")
    if session.get(Assignment, (actor_id, role_id, actee_id)) is None:
        session.add(Assignment(actor_id=actor_id, role_id=role_id, actee_id=actee_id, created_at=now()))
        session.flush()


def set_areas(session: Session, actor_id: int, paths: Iterable[str]) -> None:
    """Replaces the areas of an actor. Dotted codes are taken too. Raises: BadValueError naming the path that is none."""
    clean = sorted({path.strip().replace(".", "") for path in paths if path.strip()})
    for path in clean:
        if not AREA_PATH.fullmatch(path):
            raise BadValueError(
                f"{path!r} is no area; write 35.17, 3517012001 or 3517012001/003/002",
                message_id=f"Wilayah {path!r} tidak benar. Contoh: 35.17, 3517012001 atau 3517012001/003/002.",
            )
    session.execute(delete(ActorArea).where(ActorArea.actor_id == actor_id))
    session.add_all(ActorArea(actor_id=actor_id, path=path) for path in clean)
    session.flush()


def load_caller(
    session: Session, actor: Actor, auth_session: AuthSession | None, *, key_prefix: str = ""
) -> Caller:
    """The caller that an actor is: grants and areas read from the database."""
    rows = session.execute(
        select(Assignment.actee_id, Role.verbs)
        .join(Role, Role.id == Assignment.role_id)
        .where(Assignment.actor_id == actor.id)
    ).all()
    grants: dict[str, frozenset[str]] = {}
    for actee_id, verbs in rows:
        grants[actee_id] = grants.get(actee_id, frozenset()) | frozenset(verbs)
    paths = tuple(
        session.scalars(select(ActorArea.path).where(ActorArea.actor_id == actor.id).order_by(ActorArea.path))
    )
    account = session.get(Account, actor.id) if actor.kind == ActorKind.user else None
    return Caller(
        actor_id=actor.id,
        kind=actor.kind,
        name=actor.display_name,
        grants=grants,
        areas=narrowest_areas(grants.get(SITE, frozenset()), paths),
        project_id=actor.project_id,
        session_id=auth_session.id if auth_session else None,
        csrf=auth_session.csrf if auth_session else None,
        language=account.language if account else "id",
        key_prefix=key_prefix,
        email=account.email if account else None,
    )


_token, _actor, _account = AuthSession.__table__.c, Actor.__table__.c, Account.__table__.c
_assignment, _role, _area = Assignment.__table__.c, Role.__table__.c, ActorArea.__table__.c
_BY_TOKEN = (
    select(
        _token.id,
        _token.csrf,
        _token.actor_id,
        _actor.kind,
        _actor.display_name,
        _actor.project_id,
        _assignment.actee_id,
        cast(_role.verbs, Text).label("verbs"),
        _area.path,
        _account.language,
        _account.email,
    )
    .join_from(AuthSession.__table__, Actor.__table__, _actor.id == _token.actor_id)
    .outerjoin(Account.__table__, _account.actor_id == _actor.id)
    .outerjoin(Assignment.__table__, _assignment.actor_id == _actor.id)
    .outerjoin(Role.__table__, _role.id == _assignment.role_id)
    .outerjoin(ActorArea.__table__, _area.actor_id == _actor.id)
    .where(
        _token.token_hash == bindparam("digest"),
        _token.expires_at > bindparam("moment"),
        _actor.deleted_at.is_(None),
    )
)
"""A row for each role and area of the token's actor."""


def find_caller(session: Session, token: str, *, key_prefix: str = "") -> Caller | None:
    """Whom a token stands for and what they may do now; None when it is unknown, revoked or expired.

    One question for everything, at every request: nothing is remembered that could be revoked meanwhile.
    """
    rows = session.connection().execute(_BY_TOKEN, {"digest": token_hash(token), "moment": now()}).all()
    if not rows:
        return None
    first = rows[0]
    grants: dict[str, frozenset[str]] = {}
    for actee_id, verbs in {(row.actee_id, row.verbs) for row in rows if row.verbs is not None}:
        grants[actee_id] = grants.get(actee_id, frozenset()) | _verbs(verbs)
    paths = tuple(sorted({row.path for row in rows if row.path is not None}))
    return Caller(
        actor_id=first.actor_id,
        kind=first.kind,
        name=first.display_name,
        grants=grants,
        areas=narrowest_areas(grants.get(SITE, frozenset()), paths),
        project_id=first.project_id,
        session_id=first.id,
        csrf=first.csrf,
        language=first.language or "id",
        key_prefix=key_prefix,
        email=first.email,
    )


@lru_cache(maxsize=64)
def _verbs(text: str) -> frozenset[str]:
    """The verbs in a role's JSON: the same text is always the same set."""
    return frozenset(json.loads(text))


def find_session(session: Session, token: str) -> tuple[AuthSession, Actor] | None:
    """The live session of a token with its actor, or None when unknown, revoked or expired."""
    row = session.execute(
        select(AuthSession, Actor)
        .join(Actor, Actor.id == AuthSession.actor_id)
        .where(AuthSession.token_hash == token_hash(token), Actor.deleted_at.is_(None))
    ).first()
    if row is None or row[0].expires_at <= now():
        return None
    return row[0], row[1]


def sweep_sessions(session: Session) -> None:
    """Removes expired sessions."""
    session.execute(delete(AuthSession).where(AuthSession.expires_at <= now()))


def set_language(session: Session, actor_id: int, language: str) -> None:
    """The language of a person's pages: 'id' or 'en'."""
    session.execute(update(Account).where(Account.actor_id == actor_id).values(language=language))


def new_actor(
    session: Session,
    kind: ActorKind,
    name: str,
    *,
    project_id: int | None = None,
    created_by_id: int | None = None,
) -> Actor:
    """A new actor of any kind, with neither token nor rights."""
    actor = Actor(
        kind=kind,
        actee_id=str(uuid.uuid4()),
        display_name=name,
        project_id=project_id,
        created_by_id=created_by_id,
        created_at=now(),
    )
    session.add(actor)
    session.flush()
    return actor


def has_users(session: Session) -> bool:
    """True when anybody can log in already."""
    return session.scalar(select(Account.actor_id).limit(1)) is not None


def get_account(session: Session, email: str) -> Account:
    """The account with this address. Raises: NotFoundError when there is none."""
    account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if account is None:
        raise NotFoundError(f"nobody has the address {email!r}")
    return account


@dataclass(frozen=True)
class Person:
    """Somebody who can log in, for lists."""

    id: int
    email: str
    name: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]


def list_users(session: Session) -> list[Person]:
    """Everybody who can log in, by address."""
    rows = session.execute(
        select(Actor, Account.email)
        .join(Account, Account.actor_id == Actor.id)
        .where(Actor.deleted_at.is_(None))
        .order_by(Account.email)
    ).all()
    roles = _gather(
        session, select(Assignment.actor_id, Role.system).join(Role, Role.id == Assignment.role_id)
    )
    areas = _gather(session, select(ActorArea.actor_id, ActorArea.path).order_by(ActorArea.path))
    return [
        Person(actor.id, email, actor.display_name, roles.get(actor.id, ()), areas.get(actor.id, ()))
        for actor, email in rows
    ]


def _gather(session: Session, query: Select[int, str]) -> dict[int, tuple[str, ...]]:
    gathered: dict[int, tuple[str, ...]] = {}
    for key, value in session.execute(query):
        gathered[key] = (*gathered.get(key, ()), value)
    return gathered


def list_officers(session: Session, project_id: int) -> list[Actor]:
    """The officers' phones of a campaign, newest first."""
    return list(
        session.scalars(
            select(Actor)
            .where(
                Actor.project_id == project_id, Actor.kind == ActorKind.field_key, Actor.deleted_at.is_(None)
            )
            .order_by(Actor.id.desc())
        )
    )
