"""Forms, their versions and the files they expect."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, UtcDateTime


class FormState(StrEnum):
    """open: listed and accepting; closing: accepting only; closed: neither."""

    open = "open"
    closing = "closing"
    closed = "closed"


class Form(Base):
    """A form of a project; what phones get is its current version."""

    __tablename__ = "form"
    __table_args__ = (
        Index(
            "uq_form_project_id_xml_form_id_live",
            "project_id",
            "xml_form_id",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    actee_id: Mapped[str] = mapped_column(String(36), unique=True)
    xml_form_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[FormState] = mapped_column(String(16), default=FormState.open)
    current_version_id: Mapped[int | None] = mapped_column(BigId)
    """form_version.id; no foreign key, since each table would wait for the other."""
    draft_version_id: Mapped[int | None] = mapped_column(BigId)
    webforms_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]


class FormVersion(Base):
    """One version of a form: the XForm's bytes exactly as served, and what was read from them."""

    __tablename__ = "form_version"
    __table_args__ = (
        Index(
            "uq_form_version_form_id_version_published",
            "form_id",
            "version",
            unique=True,
            sqlite_where=text("published_at IS NOT NULL"),
            postgresql_where=text("published_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    form_id: Mapped[int] = mapped_column(BigId, ForeignKey("form.id"), index=True)
    version: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255))
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    md5: Mapped[str] = mapped_column(String(32))
    sha1: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    source_blob_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("blob.id"))
    source_kind: Mapped[str] = mapped_column(String(8))
    """xlsx, xls or xml."""
    definition: Mapped[dict[str, Any]]
    rules: Mapped[dict[str, Any] | None]
    warnings: Mapped[list[Any]]
    is_validated: Mapped[bool] = mapped_column(default=False)
    """False when ODK Validate could not run because no Java was found."""
    has_sensitive: Mapped[bool] = mapped_column(default=False)
    """True when a question is marked sisir:sensitive: the submissions of this version are kept encrypted."""
    draft_token: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    created_at: Mapped[CreatedAt]
    published_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notes: Mapped[str | None]


class FormFile(Base):
    """A file slot that a form version expects: filled by a blob, by an entity list, or empty."""

    __tablename__ = "form_file"
    __table_args__ = (UniqueConstraint("form_version_id", "name", "kind"),)

    id: Mapped[Id]
    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"))
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(8))
    blob_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("blob.id"))
    content_type: Mapped[str | None] = mapped_column(String(100))
    entity_list_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("entity_list.id"), index=True)
    updated_at: Mapped[MaybeTime]
