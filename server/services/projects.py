"""Projects: campaigns."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError, NotFoundError
from server.models.project import Project
from server.permissions import Caller
from server.services import audit


def create_project(
    session: Session, *, name: str, description: str | None = None, actor_id: int | None = None
) -> Project:
    """A new campaign. Raises: BadValueError without a name."""
    if not name.strip():
        raise BadValueError("the project needs a name", message_id="Nama kegiatan wajib diisi.")
    project = Project(
        actee_id=str(uuid.uuid4()), name=name.strip(), description=description, created_at=now()
    )
    session.add(project)
    session.flush()
    audit.record(session, actor_id, "project.create", project.actee_id)
    return project


def get_project(session: Session, project_id: int) -> Project:
    """The campaign with this id. Raises: NotFoundError when there is none."""
    project = session.get(Project, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("there is no such project", message_id="Kegiatan ini tidak ada di server.")
    return project


def list_projects(session: Session, caller: Caller) -> list[Project]:
    """The campaigns that the caller may read, by name."""
    rows = session.scalars(
        select(Project).where(Project.deleted_at.is_(None)).order_by(Project.name, Project.id)
    )
    return [project for project in rows if caller.may("project.read", project.actee_id)]


def all_projects(session: Session) -> list[Project]:
    """Every campaign that was not deleted, by id: for the command line."""
    return list(session.scalars(select(Project).where(Project.deleted_at.is_(None)).order_by(Project.id)))
