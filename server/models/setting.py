"""Settings: dated values, per area."""

from datetime import date

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, code_text


class Setting(Base):
    """A value that holds in an area from a day on; the smallest area that has one wins."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("name", "area_code", "from_on"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(64))
    area_code: Mapped[str] = mapped_column(code_text(10), default="")
    """'' = the whole office."""
    from_on: Mapped[date] = mapped_column(Date)
    value: Mapped[str] = mapped_column(String(200))
    """As text; its type stands in the catalogue."""
    set_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    created_at: Mapped[CreatedAt]
