"""Submissions in the trash, and test data of drafts that goes with its draft.

Belongs here: what a deleted submission leaves behind. Does not: files of the storage (swept by age).
Source: the REST specification, "Submissions over REST"; the OpenRosa specification, 5.4 (drafts).
"""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.db import now
from server.models.audit import Audit
from server.models.finding import SubjectKind
from server.models.form import Form
from server.models.submission import Attachment, Comment, Submission, SubmissionVersion
from server.services import audit, cases, peers, settling
from server.services.finding_store import store_findings


def delete_submission(session: Session, form: Form, submission: Submission, *, actor_id: int) -> None:
    """Puts a submission into the trash. Its entities stay.

    Effects: its findings are closed; other visits to its household, and submissions that its findings name, are owed a
    screening.
    """
    submission.deleted_at = now()
    named = peers.stored_peers(session, [submission.id])
    session.flush()
    store_findings(session, form.project_id, [(SubjectKind.submission, submission.id)], [])
    peers.owe(session, {number for found in named.values() for number in found})
    if submission.household_id is not None:
        settling.refresh_left(session, form.project_id, [submission.household_id])
    key = cases.CaseKey(submission_id=submission.id)
    cases.refresh_cases(session, form.project_id, cases.find_cases(session, form.project_id, {key}))
    _record(session, form, submission, "submission.delete", actor_id)


def restore_submission(session: Session, form: Form, submission: Submission, *, actor_id: int) -> None:
    """Takes a submission out of the trash; it is owed a screening, which also looks at its peers."""
    submission.deleted_at, submission.screened_at = None, None
    session.flush()
    _record(session, form, submission, "submission.restore", actor_id)


def drop_draft_submissions(session: Session, form: Form) -> None:
    """Removes the test data of a form's draft for good: called when the draft is replaced, deleted or published."""
    mine = Submission.form_id == form.id, Submission.is_draft.is_(True)
    submissions = select(Submission.id).where(*mine)
    versions = select(SubmissionVersion.id).where(SubmissionVersion.submission_id.in_(submissions))
    for statement in (
        delete(Attachment).where(Attachment.submission_version_id.in_(versions)),
        delete(SubmissionVersion).where(SubmissionVersion.submission_id.in_(submissions)),
        delete(Comment).where(Comment.submission_id.in_(submissions)),
        # SQLite gives the number of a removed row to the next one: these lines must not become that one's.
        update(Audit).where(Audit.submission_id.in_(submissions)).values(submission_id=None),
        delete(Submission).where(*mine),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _record(session: Session, form: Form, submission: Submission, action: str, actor_id: int) -> None:
    details = {"instanceId": submission.instance_id, "submissionId": submission.id}
    audit.record(session, actor_id, action, form.actee_id, details)
    session.flush()
