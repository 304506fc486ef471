"""Owing submissions another screening: after new rules, boundaries, settings, a new register; after a review, an approval
or a deletion.

Belongs here: who is owed. Does not: doing it (processing.py). Whoever calls this wakes a worker after the commit.
"""

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from server.models.finding import SubjectKind
from server.models.submission import EntityState, Submission
from server.scope import within_areas
from server.services import cases, entity_holds, facts_days, peers, publishing, settling
from server.services.finding_store import store_findings
from server.services.visit_digests import forget_digests


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
        .execution_options(synchronize_session=False)
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


def owe_reviewed(session: Session, submission: Submission) -> None:
    """After submission.review_state changed: a rejected visit no longer speaks for its household, and new entities of a
    list that asks for approval are made once it is approved."""
    session.flush()
    waits = submission.entity_state == EntityState.held and not entity_holds.is_held(session, submission)
    if submission.review_state == "approved" and waits:
        submission.entity_state = EntityState.owed
    submission.screened_at = None
    if submission.household_id is not None:
        settling.refresh_left(session, submission.project_id, {submission.household_id})


def withdraw(session: Session, submission: Submission) -> None:
    """After a submission was deleted (deleted_at set): its findings are closed, and those that it stood beside are owed.

    Effects: look-alikes that name it, other visits to its household and those that it stood between in its officer's day
    are owed a screening; its case is counted again.
    """
    session.flush()
    named = peers.stored_peers(session, [submission.id])
    store_findings(session, submission.project_id, [(SubjectKind.submission, submission.id)], [])
    beside = facts_days.find_beside(session, [facts_days.moment_of(submission)])
    peers.owe(session, {peer for found in named.values() for peer in found} | beside)
    if submission.household_id is not None:
        settling.refresh_left(session, submission.project_id, {submission.household_id})
    else:
        keys = {cases.CaseKey(submission_id=submission.id)}
        found = cases.find_cases(session, submission.project_id, keys)
        cases.refresh_cases(session, submission.project_id, found)
    peers.owe(session, forget_digests(session, [submission]))
