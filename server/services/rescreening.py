"""Owing submissions another screening: after new rules, boundaries, settings or a new register."""

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from server.models.submission import Submission
from server.scope import within_areas
from server.services import publishing


def owe(session: Session, project_id: int, *, form_id: str | None = None, area: str | None = None) -> int:
    """Marks submissions as owed. Returns: how many. Raises: NotFoundError when the form is not there."""
    query = (
        update(Submission)
        .where(
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .values(screened_at=None, screening_error=None)
    )
    if form_id is not None:
        query = query.where(Submission.form_id == publishing.get_form(session, project_id, form_id).id)
    if area is not None:
        query = query.where(within_areas(Submission.area_path, (area.replace(".", ""),)))
    result = session.execute(query)
    return result.rowcount if isinstance(result, CursorResult) else 0


def count_owed(session: Session, project_id: int) -> int:
    """How many submissions of a campaign wait for their screening."""
    query = select(func.count()).where(
        Submission.project_id == project_id,
        Submission.screened_at.is_(None),
        Submission.deleted_at.is_(None),
        Submission.is_draft.is_(False),
    )
    return session.scalar(query) or 0
