"""Entity lists, entities and their versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, UtcDateTime, code_text


class EntityList(Base):
    """An entity list (Central's dataset) of a project."""

    __tablename__ = "entity_list"
    __table_args__ = (
        Index(
            "uq_entity_list_project_id_name_live",
            "project_id",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    actee_id: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    approval_required: Mapped[bool] = mapped_column(default=False)
    owner_only: Mapped[bool] = mapped_column(default=False)
    schema_revision: Mapped[int] = mapped_column(default=0)
    """Counts changes of properties and access rules."""
    created_at: Mapped[CreatedAt]
    published_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]


class EntityListArea(Base):
    """How often the list changed in one village ('' = entities without area); the hash phones compare is made of these."""

    __tablename__ = "entity_list_area"

    entity_list_id: Mapped[int] = mapped_column(BigId, ForeignKey("entity_list.id"), primary_key=True)
    village_code: Mapped[str] = mapped_column(code_text(10), primary_key=True)
    revision: Mapped[int] = mapped_column(BigId, default=0)


class EntityProperty(Base):
    """A property of an entity list; columns are written in the order of publishing."""

    __tablename__ = "entity_property"
    __table_args__ = (UniqueConstraint("entity_list_id", "name"),)

    id: Mapped[Id]
    entity_list_id: Mapped[int] = mapped_column(BigId, ForeignKey("entity_list.id"))
    name: Mapped[str] = mapped_column(String(100))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FormEntity(Base):
    """What a form version does to an entity list: which actions, which properties it writes."""

    __tablename__ = "form_entity"
    __table_args__ = (UniqueConstraint("form_version_id", "entity_list_id", "container"),)

    id: Mapped[Id]
    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"))
    entity_list_id: Mapped[int] = mapped_column(BigId, ForeignKey("entity_list.id"), index=True)
    container: Mapped[str] = mapped_column(String(500), default="")
    creates: Mapped[bool]
    updates: Mapped[bool]
    properties: Mapped[list[Any]]


class Entity(Base):
    """An entity with its current data; the rows of entity_version are its history."""

    __tablename__ = "entity"
    __table_args__ = (
        Index("ix_entity_list_area", "entity_list_id", "area_path", "id"),
        Index("ix_entity_household", "household_id", "entity_list_id"),
        Index(
            "ix_entity_trash",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL AND purged_at IS NULL"),
            postgresql_where=text("deleted_at IS NOT NULL AND purged_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    entity_list_id: Mapped[int] = mapped_column(BigId, ForeignKey("entity_list.id"))
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    """Lower case, unique over the whole installation, deleted ones included."""
    label: Mapped[str]
    data: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    conflict: Mapped[str | None] = mapped_column(String(8))
    """None, 'soft' or 'hard'."""
    household_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("household.id"))
    area_path: Mapped[str] = mapped_column(code_text(32), default="")
    """Whose phones get it; from the register, '' = no area: everyone who may read the list."""
    creator_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]
    purged_at: Mapped[MaybeTime]
    """When its values and versions were removed for good; the row stays, so that the uuid is never used again."""


class EntityVersion(Base):
    """One version of an entity, with what was received and where it came from."""

    __tablename__ = "entity_version"
    __table_args__ = (
        UniqueConstraint("entity_id", "version"),
        Index("ix_entity_version_branch", "entity_id", "branch_id", "branch_base_version"),
    )

    id: Mapped[Id]
    entity_id: Mapped[int] = mapped_column(BigId, ForeignKey("entity.id"))
    version: Mapped[int]
    label: Mapped[str]
    data: Mapped[dict[str, Any]]
    data_received: Mapped[dict[str, Any]]
    base_version: Mapped[int | None]
    branch_id: Mapped[str | None] = mapped_column(String(36))
    trunk_version: Mapped[int | None]
    branch_base_version: Mapped[int | None]
    conflicting_properties: Mapped[list[Any] | None]
    conflict: Mapped[str | None] = mapped_column(String(8))
    creator_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    user_agent: Mapped[str] = mapped_column(String(255), default="")
    source: Mapped[dict[str, Any]]
    submission_version_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("submission_version.id"), index=True
    )
    created_at: Mapped[CreatedAt]


class EntityHold(Base):
    """A submission whose entity update waits for the version of its offline branch that comes before it."""

    __tablename__ = "entity_hold"

    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission.id"), primary_key=True)
    entity_uuid: Mapped[str] = mapped_column(String(36), index=True)
    branch_id: Mapped[str] = mapped_column(String(36))
    branch_base_version: Mapped[int]
    held_at: Mapped[CreatedAt]
