"""Findings: one answer of one check or rule about one subject."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime


class SubjectKind(StrEnum):
    """What a finding is about."""

    submission = "submission"
    household = "household"
    officer = "officer"
    group = "group"
    case = "case"


class FindingState(StrEnum):
    """open; confirmed or dismissed by a person; closed when it no longer holds."""

    open = "open"
    confirmed = "confirmed"
    dismissed = "dismissed"
    closed = "closed"


class Finding(Base):
    """Upserted by (campaign, subject, code); what a person decided stays."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("project_id", "subject_kind", "subject_id", "code"),
        Index("ix_finding_case", "case_id", "state", "code"),
        Index("ix_finding_submission", "submission_id"),
        Index("ix_finding_code", "project_id", "code", "state", "outcome"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    subject_kind: Mapped[SubjectKind] = mapped_column(String(12))
    subject_id: Mapped[int] = mapped_column(BigId)
    code: Mapped[str] = mapped_column(String(64))
    """Of a check, or the name that the author gave to the rule."""
    kind: Mapped[str] = mapped_column(String(12))
    severity: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[str] = mapped_column(String(8))
    """'fires' or 'unknown'."""
    evidence: Mapped[dict[str, Any]]
    """Values, threshold, source; for unknown the reason. No identity numbers in clear."""
    evidence_hash: Mapped[str] = mapped_column(String(32))
    rule_version: Mapped[str] = mapped_column(String(300))
    """'check SP03 v1' or 'penyisiran 2026112401'."""
    case_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("campaign_case.id"))
    submission_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("submission.id"))
    """The submission it rests on; None for findings about a household as a whole."""
    household_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("household.id"))
    officer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    form_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("form.id"))
    snapshot_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("snapshot.id"))
    state: Mapped[FindingState] = mapped_column(String(12), default=FindingState.open)
    decided_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    decided_at: Mapped[MaybeTime]
    decision_note: Mapped[str | None]
    decided_hash: Mapped[str | None] = mapped_column(String(32))
    """evidence_hash when it was decided; differs from evidence_hash when the evidence changed since."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    closed_at: Mapped[MaybeTime]
