"""Projects: Central's word for a campaign."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, CreatedAt, Id, MaybeTime


class Project(Base):
    """A campaign: its forms, entity lists, officers and submissions."""

    __tablename__ = "project"

    id: Mapped[Id]
    actee_id: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None]
    archived: Mapped[bool | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[MaybeTime]
    deleted_at: Mapped[MaybeTime]
