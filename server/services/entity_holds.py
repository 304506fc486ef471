"""Waiting: submissions of an offline branch that came before the version they build on.

Belongs here: holding, finding who may go on, who waited too long. Does not: doing what they ask (entity_actions.py).
Source: the OpenRosa specification, 6.3.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.db import insert_for, now, one_of
from server.models.entity import Entity, EntityHold, EntityVersion
from server.models.submission import EntityState, Submission
from server.services import audit
from server.services.entity_bases import BaseMissingError

HOLD_TIME = timedelta(days=5)


def hold(session: Session, submission: Submission, missing: BaseMissingError) -> None:
    """The submission waits for its base; one that waits already goes on waiting since when it began to."""
    submission.entity_state = EntityState.held
    held = session.scalar(
        insert_for(session, EntityHold)
        .values(
            submission_id=submission.id,
            entity_uuid=missing.uuid,
            branch_id=missing.branch_id,
            branch_base_version=missing.base_version,
            held_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(EntityHold.submission_id)
    )
    if held is not None:
        audit.record(session, None, "submission.backlog.hold", None, ids_of(submission))


def release(session: Session, uuids: Sequence[str]) -> list[Submission]:
    """Held submissions whose base is there now that these entities changed, in the order of their branch.

    Effects: they are owed entities again, and screening, since their household may only be known now.
    """
    if not uuids:
        return []
    predecessor = (
        select(EntityVersion.id)
        .join(Entity, Entity.id == EntityVersion.entity_id)
        .where(
            Entity.uuid == EntityHold.entity_uuid,
            EntityVersion.branch_id == EntityHold.branch_id,
            EntityVersion.branch_base_version == EntityHold.branch_base_version - 1,
        )
    )
    rows = session.scalars(
        select(Submission)
        .join(EntityHold, EntityHold.submission_id == Submission.id)
        .where(
            one_of(EntityHold.entity_uuid, uuids),
            or_(EntityHold.branch_base_version == 1, predecessor.exists()),
        )
        .order_by(EntityHold.branch_base_version, Submission.id)
    ).all()
    for submission in rows:
        submission.entity_state, submission.screened_at = EntityState.owed, None
        audit.record(session, None, "submission.backlog.reprocess", None, ids_of(submission))
    return list(rows)


def list_overdue(session: Session, limit: int) -> list[Submission]:
    """Submissions that were held too long, in the order of their branches, taken from other workers; owed a screening."""
    rows = session.scalars(
        select(Submission)
        .join(EntityHold, EntityHold.submission_id == Submission.id)
        .where(EntityHold.held_at < now() - HOLD_TIME, Submission.deleted_at.is_(None))
        .order_by(EntityHold.branch_base_version, Submission.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Submission)
    ).all()
    for submission in rows:
        submission.screened_at = None
    return list(rows)


def is_held(session: Session, submission: Submission) -> bool:
    """True when it waits for its base, not for an approval."""
    return session.get(EntityHold, submission.id) is not None


def drop(session: Session, submission: Submission) -> None:
    """The submission waits no longer."""
    held = session.get(EntityHold, submission.id)
    if held is not None:
        session.delete(held)
        session.flush()


def ids_of(submission: Submission) -> dict[str, object]:
    """What the log says of a submission."""
    return {"submissionId": submission.id, "submissionDefId": submission.current_version_id}
