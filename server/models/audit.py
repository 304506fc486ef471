"""The audit log: who did what, when."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id


class Audit(Base):
    """One act. Details hold ids and codes, never names, identity numbers, answers or coordinates."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_action_id", "action", "id"),
        Index("ix_audit_actee", "actee_id", "id"),
        Index(
            "ix_audit_submission",
            "submission_id",
            "id",
            sqlite_where=text("submission_id IS NOT NULL"),
            postgresql_where=text("submission_id IS NOT NULL"),
        ),
        Index(
            "ix_audit_entity",
            "entity_id",
            sqlite_where=text("entity_id IS NOT NULL"),
            postgresql_where=text("entity_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    action: Mapped[str] = mapped_column(String(64))
    actee_id: Mapped[str | None] = mapped_column(String(36))
    submission_id: Mapped[int | None] = mapped_column(BigId)
    """The submission that it was about, also one that is gone: details["submissionId"] where it can be looked up."""
    details: Mapped[dict[str, Any]]
    notes: Mapped[str | None]
    entity_id: Mapped[int | None] = mapped_column(BigId)
    """entity.id, of acts on one entity; no foreign key, the log outlives what it tells of."""
    logged_at: Mapped[CreatedAt]
