"""Areas: the tree of province, regency, district and village with its boundaries."""

from datetime import date
from enum import IntEnum

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from server.db import Base, BigId, CreatedAt, Id, code_text


class AreaLevel(IntEnum):
    """Digits of the Kemendagri code at each level."""

    province = 2
    regency = 4
    district = 6
    village = 10


class Area(Base):
    """An administrative area; code is the Kemendagri code without dots."""

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_level_code", "level", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(code_text(10), unique=True)
    bps_code: Mapped[str | None] = mapped_column(code_text(10), index=True)
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    parent_code: Mapped[str | None] = mapped_column(code_text(10), index=True)
    boundary: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """WKB in WGS 84, x = longitude."""
    min_lon: Mapped[float | None]
    min_lat: Mapped[float | None]
    max_lon: Mapped[float | None]
    max_lat: Mapped[float | None]
    uncertainty_m: Mapped[float | None]
    """How far the drawn line may be from the true one, metres; a property of the file."""
    legal_status: Mapped[str | None] = mapped_column(String(100))
    legal_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("area_import.id"))


class AreaImport(Base):
    """One boundary file that was read."""

    __tablename__ = "area_import"

    id: Mapped[Id]
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    uncertainty_m: Mapped[float]
    rows_read: Mapped[int]
    rows_refused: Mapped[int]
    rows_repaired: Mapped[int]
    imported_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    imported_at: Mapped[CreatedAt]
