"""What people of the office say about a submission: its review state, and comments.

Source: the REST specification, "Submissions over REST"; the OpenRosa specification, 6.2 (approval).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError
from server.models.actor import Actor
from server.models.form import Form
from server.models.submission import Comment, EntityState, Submission
from server.services import audit, entity_holds

REVIEW_STATES = (None, "edited", "hasIssues", "rejected", "approved")
APPROVED = "approved"


@dataclass(frozen=True)
class CommentView:
    """A comment, and who wrote it."""

    body: str
    actor_id: int | None
    created_at: datetime
    actor: Actor | None


def set_review_state(
    session: Session, form: Form, submission: Submission, state: str | None, *, actor_id: int
) -> bool:
    """Says what the office thinks of a submission. Returns: whether its entities are owed now, for the edge's job.

    Effects: an approval lets a submission go on that waited for it with new entities.
    Raises: BadValueError.
    """
    if state not in REVIEW_STATES:
        raise BadValueError(
            f"{state!r} is no review state",
            details={"field": "reviewState", "value": state, "reason": "not one of the review states"},
        )
    submission.review_state, submission.updated_at = state, now()
    waits = submission.entity_state == EntityState.held and not entity_holds.is_held(session, submission)
    is_due = state == APPROVED and waits and not submission.is_draft
    if is_due:
        submission.entity_state, submission.screened_at = EntityState.owed, None
    audit.record(
        session,
        actor_id,
        "submission.update",
        form.actee_id,
        {
            "instanceId": submission.instance_id,
            "submissionId": submission.id,
            "submissionDefId": submission.current_version_id,
            "reviewState": state,
        },
    )
    session.flush()
    return is_due


def list_comments(session: Session, submission: Submission) -> list[CommentView]:
    """The comments on a submission, newest first."""
    rows = session.execute(
        select(Comment, Actor)
        .outerjoin(Actor, Actor.id == Comment.actor_id)
        .where(Comment.submission_id == submission.id)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
    )
    return [CommentView(comment.body, comment.actor_id, comment.created_at, actor) for comment, actor in rows]


def add_comment(session: Session, submission: Submission, body: str, *, actor_id: int) -> CommentView:
    """One more comment."""
    made = Comment(submission_id=submission.id, actor_id=actor_id, body=body, created_at=now())
    session.add(made)
    session.flush()
    return CommentView(made.body, actor_id, made.created_at, session.get(Actor, actor_id))
