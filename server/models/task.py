"""Tasks: a household given to an officer."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime


class TaskKind(StrEnum):
    """What has to be done there."""

    visit = "visit"
    revisit = "revisit"
    correction = "correction"


class TaskState(StrEnum):
    """open, done by a later submission, or dropped."""

    open = "open"
    done = "done"
    dropped = "dropped"


class Task(Base):
    """A task of a campaign; it reaches the phone as columns of the keluarga entity at the next sync."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_household", "project_id", "household_id", "state"),)

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    household_id: Mapped[int] = mapped_column(BigId, ForeignKey("household.id"))
    case_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("campaign_case.id"))
    officer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"), index=True)
    """None: any officer of the area."""
    kind: Mapped[TaskKind] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[TaskState] = mapped_column(String(12), default=TaskState.open)
    lease_until: Mapped[MaybeTime]
    given_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    done_by_submission_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("submission.id"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[MaybeTime]
