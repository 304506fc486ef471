"""Submissions as a list for people, newest first, within the caller's areas."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from server.errors import NotFoundError
from server.models.case import Case
from server.models.form import Form
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion
from server.permissions import Caller
from server.scope import within_areas
from server.services.case_queue import names_of, village_names

PAGE_SIZE = 50


@dataclass(frozen=True)
class SubmissionLine:
    """One line. case_id: the case it belongs to, once it was screened."""

    submission: Submission
    name: str
    form_id: str
    officer: str
    village: str
    case_id: int | None


def list_submissions(
    session: Session,
    caller: Caller,
    project_id: int,
    *,
    form_id: int | None = None,
    before: int | None = None,
) -> tuple[list[SubmissionLine], int | None]:
    """A page of submissions and the id that the next page begins before (None at the end)."""
    query = (
        select(
            Submission, func.coalesce(SubmissionVersion.instance_name, Household.head_name), Form.xml_form_id
        )
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .outerjoin(Household, Household.id == Submission.household_id)
        .where(_visible(caller, project_id))
        .order_by(Submission.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if form_id is not None:
        query = query.where(Submission.form_id == form_id)
    if before is not None:
        query = query.where(Submission.id < before)
    rows = session.execute(query).all()
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    found = [row[0] for row in rows]
    officers = names_of(session, [submission.submitter_id for submission in found])
    villages = village_names(session, [submission.area_path or "" for submission in found])
    cases = _cases(session, project_id, found)
    lines = [
        SubmissionLine(
            submission=submission,
            name=name or submission.instance_id,
            form_id=xml_form_id,
            officer=officers.get(submission.submitter_id or 0, ""),
            village=villages.get((submission.area_path or "")[:10], ""),
            case_id=cases.get(submission.id),
        )
        for submission, name, xml_form_id in rows
    ]
    return lines, found[-1].id if more else None


def get_submission(session: Session, caller: Caller, project_id: int, submission_id: int) -> Submission:
    """A submission of the caller's areas. Raises: NotFoundError."""
    found = session.scalar(
        select(Submission).where(Submission.id == submission_id, _visible(caller, project_id))
    )
    if found is None:
        raise NotFoundError(
            "there is no such submission", message_id="Kiriman ini tidak ada di wilayah Anda."
        )
    return found


def find_case_id(session: Session, submission: Submission) -> int | None:
    """The case that a submission belongs to, or None while it was not screened."""
    return _cases(session, submission.project_id, [submission]).get(submission.id)


def _visible(caller: Caller, project_id: int) -> ColumnElement[bool]:
    return (
        (Submission.project_id == project_id)
        & Submission.deleted_at.is_(None)
        & Submission.is_draft.is_(False)
        & within_areas(Submission.area_path, caller.areas)
    )


def _cases(session: Session, project_id: int, submissions: list[Submission]) -> dict[int, int]:
    by_household = dict(
        session.execute(
            select(Case.household_id, Case.id).where(
                Case.project_id == project_id,
                Case.household_id.in_([s.household_id for s in submissions if s.household_id]),
            )
        ).all()
    )
    alone = dict(
        session.execute(
            select(Case.submission_id, Case.id).where(
                Case.project_id == project_id, Case.submission_id.in_([s.id for s in submissions])
            )
        ).all()
    )
    found = {s.id: by_household.get(s.household_id) or alone.get(s.id) for s in submissions}
    return {key: case_id for key, case_id in found.items() if case_id is not None}
