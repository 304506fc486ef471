"""Projects: campaigns."""

import uuid
from typing import Any

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError, MissingParameterError, NotFoundError
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
    """The campaigns that the caller may read, archived ones last, by name."""
    rows = session.scalars(
        select(Project)
        .where(Project.deleted_at.is_(None))
        .order_by(func.coalesce(Project.archived, false()), Project.name, Project.id)
    )
    return [project for project in rows if caller.may("project.read", project.actee_id)]


def update_project(session: Session, project: Project, changes: dict[str, Any], *, actor_id: int) -> None:
    """Changes name, description or archived; keys that are not there stay. Raises: MissingParameterError for a blank name."""
    if "name" in changes and not (changes["name"] or "").strip():
        raise MissingParameterError("the project needs a name", details={"field": "name"})
    for name in ("name", "description", "archived"):
        if name in changes:
            setattr(project, name, changes[name])
    project.updated_at = now()
    audit.record(session, actor_id, "project.update", project.actee_id, {"data": _named(changes)})
    session.flush()


def _named(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: changes[name] for name in ("name", "description", "archived") if name in changes}


def delete_project(session: Session, project: Project, *, actor_id: int) -> None:
    """Takes a campaign away from everybody; its data stays in the database."""
    project.deleted_at = now()
    audit.record(session, actor_id, "project.delete", project.actee_id)
    session.flush()


def all_projects(session: Session) -> list[Project]:
    """Every campaign that was not deleted, by id: for the command line."""
    return list(session.scalars(select(Project).where(Project.deleted_at.is_(None)).order_by(Project.id)))
