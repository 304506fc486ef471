"""What a big campaign's overview shows of each village: counted every few minutes, since counting it takes a second."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, UtcDateTime, code_text


class VillageCount(Base):
    """One village of a campaign, '' = cases without one. All rows of a campaign are written at once."""

    __tablename__ = "village_count"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    village: Mapped[str] = mapped_column(code_text(10), primary_key=True)
    families: Mapped[int]
    visited: Mapped[int]
    todo: Mapped[int]
    high_cases: Mapped[int]
    """Cases to work on that have a high finding."""
    open_high: Mapped[int]
    open_medium: Mapped[int]
    open_low: Mapped[int]
    open_protect: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
