"""Cases: a household in a campaign with its findings, proposal and decision."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, UtcDateTime, code_text


class CaseState(StrEnum):
    """open: to be worked on; proposed: waits for Dinsos; returned: back with a note; decided: confirmed by Dinsos."""

    open = "open"
    proposed = "proposed"
    returned = "returned"
    decided = "decided"


class Proposal(StrEnum):
    """What a supervisor can propose."""

    keep = "keep"
    revisit = "revisit"
    graduation = "graduation"
    removal = "removal"
    correction = "correction"


class Case(Base):
    """One per household and campaign; a submission without household has a case of its own."""

    __tablename__ = "campaign_case"
    __table_args__ = (
        UniqueConstraint("project_id", "household_id"),
        UniqueConstraint("project_id", "submission_id"),
        Index("ix_case_state", "project_id", "state"),
        Index("ix_case_area", "project_id", "area_path"),
        Index("ix_case_officer", "officer_id", "area_path"),
        Index("ix_case_visited", "project_id", "visited_at"),
        Index(
            "ix_case_unjudged",
            "id",
            sqlite_where=text("judged_revision <> revision"),
            postgresql_where=text("judged_revision <> revision"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    household_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("household.id"), index=True)
    submission_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("submission.id"))
    area_path: Mapped[str] = mapped_column(code_text(32), default="")
    title: Mapped[str] = mapped_column(String(300))
    """What the queue shows: name of the head of the family, or the submission's instance name."""
    search_text: Mapped[str]
    """Lower-case name and ids, for the queue's search box."""
    state: Mapped[CaseState] = mapped_column(String(12), default=CaseState.open)
    open_high: Mapped[int] = mapped_column(default=0)
    open_medium: Mapped[int] = mapped_column(default=0)
    open_low: Mapped[int] = mapped_column(default=0)
    open_protect: Mapped[int] = mapped_column(default=0)
    open_unknown: Mapped[int] = mapped_column(default=0)
    officer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    """Who made the latest visit."""
    visited_at: Mapped[MaybeTime]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposal: Mapped[Proposal | None] = mapped_column(String(12))
    proposal_note: Mapped[str | None]
    proposed_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    proposed_at: Mapped[MaybeTime]
    decision_note: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    decided_at: Mapped[MaybeTime]
    revision: Mapped[int] = mapped_column(default=1)
    """Counts what people did to it: a page that shows an older revision cannot overwrite."""
    judged_revision: Mapped[int] = mapped_column(default=1)
    """The revision that the checks of the workflow last looked at; another one than `revision` is work owed."""
    created_at: Mapped[CreatedAt]


Index(
    "ix_case_order", Case.project_id, Case.open_high.desc(), Case.open_medium.desc(), Case.opened_at, Case.id
)


class CaseEvent(Base):
    """The history of a case, for people: who did what, when, why."""

    __tablename__ = "case_event"

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("campaign_case.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    action: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    at: Mapped[CreatedAt]
