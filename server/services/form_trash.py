"""Forms in the trash: put there with their submissions, taken out again. Source: the REST specification, "Forms"."""

from sqlalchemy.orm import Session

from server.db import now
from server.errors import ConflictError, NotFoundError
from server.models.form import Form
from server.models.project import Project
from server.services import audit, publishing


def delete_form(session: Session, form: Form, *, actor_id: int) -> None:
    """Into the trash: nobody sees the form any more; its id can be used again, its version strings cannot."""
    form.deleted_at = now()
    audit.record(session, actor_id, "form.delete", form.actee_id)
    session.flush()


def restore_form(session: Session, project: Project, number: int, *, actor_id: int) -> None:
    """Out of the trash. Raises: NotFoundError when no such form is there; ConflictError (409.3) when its id is in use."""
    form = session.get(Form, number)
    if form is None or form.project_id != project.id or form.deleted_at is None:
        raise NotFoundError("there is no such form in the trash")
    if publishing.find_form(session, project.id, form.xml_form_id) is not None:
        raise ConflictError(
            f"the project has another form {form.xml_form_id!r}",
            details={
                "fields": ["projectId", "xmlFormId"],
                "values": [project.id, form.xml_form_id],
                "table": "forms",
            },
        )
    form.deleted_at, form.updated_at = None, now()
    audit.record(session, actor_id, "form.restore", form.actee_id)
    session.flush()
