"""Households of the office's register, and the snapshots they came with."""

from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, code_text


class Snapshot(Base):
    """One import of the register, kept whole (sealed) with its hash."""

    __tablename__ = "snapshot"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32))
    """'register'."""
    name: Mapped[str] = mapped_column(String(100))
    """As the office calls it: 'DTSEN-2026-T3'."""
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    blob_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("blob.id"))
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_refused: Mapped[int] = mapped_column(default=0)
    number_ends: Mapped[dict[str, Any] | None]
    """'nik', 'nik_pengurus', 'no_kk' -> [numbers of 16 digits in the file, those of them that end in 0]."""
    imported_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("actor.id"))
    imported_at: Mapped[CreatedAt]


class Household(Base):
    """A family, across campaigns. Identity numbers are sealed; the hashes beside them answer "the same?"."""

    __tablename__ = "household"
    __table_args__ = (Index("ix_household_area_path_id", "area_path", "id"),)

    id: Mapped[Id]
    source_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    """The register's own id; None for a family that a visit found and the register lacks."""
    snapshot_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("snapshot.id"), index=True)
    area_path: Mapped[str] = mapped_column(code_text(32))
    """'3517012001/003/002' = village / RW / RT, from the register; RT and RW may be missing."""
    village_code: Mapped[str] = mapped_column(code_text(10), index=True)
    rt: Mapped[str] = mapped_column(String(8), default="")
    rw: Mapped[str] = mapped_column(String(8), default="")
    address: Mapped[str] = mapped_column(String(500), default="")
    head_name: Mapped[str] = mapped_column(String(200))
    manager_name: Mapped[str] = mapped_column(String(200), default="")
    head_sex: Mapped[str | None] = mapped_column(String(1))
    """'l' or 'p', as the forms write it."""
    head_born_on: Mapped[date | None] = mapped_column(Date)
    nik_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    nik_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    nik_mask: Mapped[str] = mapped_column(String(20), default="")
    manager_nik_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    manager_nik_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    kk_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    kk_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    kk_mask: Mapped[str] = mapped_column(String(20), default="")
    members: Mapped[int | None]
    desil: Mapped[int | None]
    programmes: Mapped[list[Any]]
    """Programmes received according to the snapshot, as the register spells them: ['PKH', 'BPNT']."""
    finding_text: Mapped[str] = mapped_column(String(500), default="")
    """`temuan`: the reason from the centre."""
    is_inactive: Mapped[bool] = mapped_column(default=False)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    point_source: Mapped[str | None] = mapped_column(String(32))
    """'survei', 'kantor_desa', 'dibulatkan'."""
    extra: Mapped[dict[str, Any]]
    """Further columns of the register, as text, without identity numbers."""
    row_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Keyed hash of the register row: an import skips rows that did not change."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
