"""Blobs: bytes kept once in the media storage, and what photos say."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, CreatedAt, Id, MaybeTime, UtcDateTime


class Blob(Base):
    """A file of the media storage, found by the hash of its plain content."""

    __tablename__ = "blob"

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64))
    md5: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    sealed: Mapped[bool] = mapped_column(default=False)
    """True when the stored bytes are encrypted with the office key; hashes and size are those of the plain bytes."""
    created_at: Mapped[CreatedAt]

    __table_args__ = (Index("uq_blob_sha256_sealed", "sha256", "sealed", unique=True),)


class Photo(Base):
    """What a picture's bytes say; one row for each blob that was looked at, also those that are no picture."""

    __tablename__ = "photo"

    blob_id: Mapped[int] = mapped_column(BigId, ForeignKey("blob.id"), primary_key=True)
    kind: Mapped[str | None] = mapped_column(String(16))
    """Sniffed type; None: not a picture that we can read."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    phash: Mapped[str | None] = mapped_column(String(16))
    """64-bit perceptual hash, 16 hex digits; its four 16-bit parts stand in chunk0 to chunk3 for indexed search."""
    chunk0: Mapped[int | None] = mapped_column(index=True)
    chunk1: Mapped[int | None] = mapped_column(index=True)
    chunk2: Mapped[int | None] = mapped_column(index=True)
    chunk3: Mapped[int | None] = mapped_column(index=True)
    brightness: Mapped[float | None]
    sharpness: Mapped[float | None]
    edges: Mapped[float | None]
    screen: Mapped[float | None]
    thumbnail_key: Mapped[str | None] = mapped_column(String(200))
    looked_at: Mapped[MaybeTime]
