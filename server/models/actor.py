"""Actors: people at the console, officers' phones, and what they may do and see."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, Json, MaybeTime, UtcDateTime, code_text


class ActorKind(StrEnum):
    """Central's actor types."""

    user = "user"
    field_key = "field_key"
    public_link = "public_link"
    single_use = "singleUse"


class Actor(Base):
    """Anybody who can do something: a person with a log-in, an officer's phone, a link."""

    __tablename__ = "actor"

    id: Mapped[Id]
    kind: Mapped[ActorKind] = mapped_column(String(16))
    actee_id: Mapped[str] = mapped_column(String(36), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    project_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("project.id"), index=True)
    """The campaign of an officer or link; None for people."""
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    properties: Mapped[dict[str, Any] | None]
    """What an API client noted about an app user, by the names of ActorProperty; texts."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]


class ActorProperty(Base):
    """A property that the app users of a project may have."""

    __tablename__ = "actor_property"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[CreatedAt]


class PublicLink(Base):
    """The form that a public link (an actor of that kind) opens."""

    __tablename__ = "public_link"

    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"), primary_key=True)
    form_id: Mapped[int] = mapped_column(BigId, ForeignKey("form.id"), index=True)
    once: Mapped[bool]
    """The page behind it lets one browser answer once."""


class Preference(Base):
    """What a client keeps for a person: on the site (project_id 0) or in a project."""

    __tablename__ = "preference"

    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=True)


class Account(Base):
    """What a person needs to log in: mail address and password. One for each actor of kind user."""

    __tablename__ = "account"

    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    """Lower case."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="id")
    last_login_at: Mapped[MaybeTime]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[MaybeTime]


class AuthSession(Base):
    """A token: of a web session, an officer's phone or a link. Only its hash can be looked up."""

    __tablename__ = "auth_session"

    id: Mapped[Id]
    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The token itself under the office key, kept for phones only, so that a QR code can be shown again."""
    csrf: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[MaybeTime]


class Role(Base):
    """A named set of verbs. Ids 1 (admin) and 2 (app-user) are part of the API contract."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    system: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    verbs: Mapped[list[Any]]
    created_at: Mapped[CreatedAt]


class Assignment(Base):
    """A role granted to an actor on the whole site ('*'), a project or a form (their actee_id)."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_actee_id_role_id", "actee_id", "role_id"),)

    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), primary_key=True)
    actee_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[CreatedAt]


class ActorArea(Base):
    """An area that an actor may see: path '3517', '3517012001/003/002'; covers everything below it."""

    __tablename__ = "actor_area"
    __table_args__ = (UniqueConstraint("actor_id", "path"),)

    id: Mapped[Id]
    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("actor.id"))
    path: Mapped[str] = mapped_column(code_text(32))
