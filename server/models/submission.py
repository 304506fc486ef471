"""Submissions, their versions and attachments."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, UtcDateTime, code_text


class EntityState(StrEnum):
    """What became of a submission's entity actions."""

    owed = "owed"
    done = "done"
    held = "held"
    """Waits for the version it builds on (offline branch, out of order)."""
    failed = "failed"


class Submission(Base):
    """A logical submission: the first version and all its edits. `screened_at IS NULL` is the work owed."""

    __tablename__ = "submission"
    __table_args__ = (
        Index(
            "uq_submission_form_id_is_draft_instance_id", "form_id", "is_draft", "instance_id", unique=True
        ),
        Index(
            "ix_submission_owed",
            "id",
            sqlite_where=text("screened_at IS NULL"),
            postgresql_where=text("screened_at IS NULL"),
        ),
        Index("ix_submission_form_newest", "form_id", "is_draft", "created_at", "id"),
        Index("ix_submission_household_form", "household_id", "form_id", "id"),
        Index("ix_submission_project_point", "project_id", "point_key"),
        Index("ix_submission_officer", "submitter_id", "id"),
        Index("ix_submission_area", "area_path"),
        Index("ix_submission_officer_day", "submitter_id", "visited_on"),
        Index("ix_submission_form_cell", "form_id", "near_cell"),
        Index("ix_submission_officer_started", "submitter_id", "started_at"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    form_id: Mapped[int] = mapped_column(BigId, ForeignKey("form.id"))
    is_draft: Mapped[bool] = mapped_column(default=False)
    instance_id: Mapped[str] = mapped_column(String(255))
    current_version_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """submission_version.id; no foreign key, since each table would wait for the other."""
    submitter_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    """Who sent the current version: the officer of the visit, whose findings these are."""
    first_submitter_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    """Who sent the first version (Central's submitterId)."""
    device_id: Mapped[str | None] = mapped_column(String(255))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    review_state: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the last part of it (XML, edit, photo) came in."""

    screened_at: Mapped[MaybeTime]
    screening_error: Mapped[str | None]
    """Why it could not be screened; shown in the console, `sisir screen` tries again."""
    entity_state: Mapped[EntityState] = mapped_column(String(8), default=EntityState.owed)
    entity_error: Mapped[str | None]

    # What screening found out, kept for queries and for the other submissions' checks.
    household_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("household.id"))
    area_path: Mapped[str | None] = mapped_column(code_text(32))
    """Area of the household by the register; of a new family by its answer."""
    visited_on: Mapped[date | None] = mapped_column(Date)
    started_at: Mapped[MaybeTime]
    ended_at: Mapped[MaybeTime]
    active_s: Mapped[int | None]
    is_final: Mapped[bool] = mapped_column(default=False)
    """A complete interview."""
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    point_key: Mapped[str | None] = mapped_column(String(32))
    """The house point rounded to 6 decimals, 'lat,lon': equality search."""
    near_cell: Mapped[int | None] = mapped_column(BigId)
    """The square of a grid that the house point lies in (services/facts_near.py): search of what is close by."""
    relation: Mapped[str | None] = mapped_column(String(8))
    found_village: Mapped[str | None] = mapped_column(code_text(10))
    outside_m: Mapped[float | None]


class SubmissionVersion(Base):
    """One XML as a phone sent it. Unique by instanceID within the form (drafts apart)."""

    __tablename__ = "submission_version"
    __table_args__ = (
        Index(
            "uq_submission_version_form_id_is_draft_instance_id",
            "form_id",
            "is_draft",
            "instance_id",
            unique=True,
        ),
    )

    id: Mapped[Id]
    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission.id"), index=True)
    form_id: Mapped[int] = mapped_column(BigId, ForeignKey("form.id"))
    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"), index=True)
    is_draft: Mapped[bool] = mapped_column(default=False)
    instance_id: Mapped[str] = mapped_column(String(255))
    instance_name: Mapped[str | None]
    deprecated_id: Mapped[str | None] = mapped_column(String(255))
    xml: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    """The exact bytes, sealed when the form version has sensitive questions."""
    is_sealed: Mapped[bool] = mapped_column(default=False)
    xml_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Keyed hash of the plain bytes: tells a retry from another XML under the same id."""
    submitter_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    device_id: Mapped[str | None] = mapped_column(String(255))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[CreatedAt]


class Attachment(Base):
    """A file that a submission version names; blob_id is None until it arrives."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("submission_version_id", "name"),)

    id: Mapped[Id]
    submission_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission_version.id"))
    name: Mapped[str] = mapped_column(String(255))
    position: Mapped[int] = mapped_column(default=0)
    field_path: Mapped[str | None] = mapped_column(String(500))
    media: Mapped[str] = mapped_column(String(8), default="file")
    """'image', 'audio', 'video', 'file' or 'audit'."""
    role: Mapped[str | None] = mapped_column(String(16))
    """'house_photo' when the form marks it so, or it is the form's first image and none is marked."""
    is_sensitive: Mapped[bool] = mapped_column(default=False)
    blob_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("blob.id"), index=True)
    content_type: Mapped[str | None] = mapped_column(String(100))
    received_at: Mapped[MaybeTime]


class Refused(Base):
    """A submission that was refused, kept for rescue: counted, not repeated."""

    __tablename__ = "refused"
    __table_args__ = (
        UniqueConstraint("project_id", "digest", "code"),
        Index("ix_refused_actor", "actor_id", "last_at", "size_bytes"),
        Index("ix_refused_size", "size_bytes"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    code: Mapped[str] = mapped_column(String(8))
    message: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    """The XML, sealed; empty when it was too large to be kept or there was no room for more."""
    size_bytes: Mapped[int] = mapped_column(default=0)
    """Of the body, so that what a flood of refusals takes is known without reading it."""
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[CreatedAt]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Comment(Base):
    """What somebody wrote about a submission, for others of the office."""

    __tablename__ = "comment"

    id: Mapped[Id]
    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    body: Mapped[str]
    created_at: Mapped[CreatedAt]


class ChoiceSeen(Base):
    """A choice of a select multiple that some settled submission of the form held: a column of its own in exports.

    Not of sensitive questions, and not of drafts.
    """

    __tablename__ = "choice_seen"

    form_id: Mapped[int] = mapped_column(BigId, ForeignKey("form.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(500), primary_key=True)
    value: Mapped[str] = mapped_column(String(255), primary_key=True)
