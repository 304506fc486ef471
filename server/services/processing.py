"""Doing what submissions are owed: photos looked at, entities changed, checks run. Called by jobs and the command line.

Belongs here: claiming owed submissions and their order. This module owns its transactions, since each batch is one.
"""

import logging

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now, session_scope
from server.models.submission import EntityState, Submission
from server.services import entity_actions, photo_looks, screening

LOG = logging.getLogger("sisir.processing")
BATCH = 50


def process_owed(backends: Backends, *, limit: int | None = None) -> int:
    """Works off owed submissions in order of arrival until none is left. Returns: how many were done.

    Photos are looked at first, outside of any transaction; a submission whose photo came in after that waits for the next
    round. Effects: each batch is one transaction; a worker that dies leaves its batch owed. A submission that cannot be
    screened is marked with its error and shown, so that it never blocks the others.
    """
    done, after = 0, 0
    while limit is None or done < limit:
        ids = _find_owed(backends, after)
        if not ids:
            break
        photo_looks.look_at_photos(backends, ids)
        count = _process_batch(backends, ids)
        after = after if count else ids[-1]
        done += count
    return done


def _find_owed(backends: Backends, after: int) -> list[int]:
    with session_scope(backends.sessions, read_only=True) as session:
        return list(session.scalars(_owed_query().where(Submission.id > after).limit(BATCH)))


def _process_batch(backends: Backends, ids: list[int]) -> int:
    """Returns: how many of them were done; those that another worker holds are left to it."""
    try:
        with session_scope(backends.sessions) as session:
            ready = _claim(session, ids)
            _process(session, backends, ready)
        return len(ready)
    except Exception:  # one bad submission must not block the rest: each by itself
        LOG.exception("processing.batch_failed")
        return sum(_process_alone(backends, submission_id) for submission_id in ids)


def _process_alone(backends: Backends, submission_id: int) -> int:
    try:
        with session_scope(backends.sessions) as session:
            ready = _claim(session, [submission_id])
            _process(session, backends, ready)
        return len(ready)
    except Exception as error:
        LOG.exception("processing.failed", extra={"submission_id": submission_id})
        with session_scope(backends.sessions) as session:
            submission = session.get_one(Submission, submission_id)
            submission.screened_at, submission.screening_error = now(), f"{type(error).__name__}"
        return 1


def _process(session: Session, backends: Backends, ids: list[int]) -> None:
    owed = session.scalars(
        select(Submission)
        .where(Submission.id.in_(ids), Submission.entity_state == EntityState.owed)
        .order_by(Submission.id)
    ).all()
    for submission in owed:
        entity_actions.apply_entities(session, backends, submission)
    session.flush()
    screening.screen_submissions(session, backends, ids)


def _claim(session: Session, ids: list[int]) -> list[int]:
    """Those that are still owed, that no other worker holds and whose photos were all looked at, oldest first."""
    query = _owed_query().where(Submission.id.in_(ids)).with_for_update(skip_locked=True)
    claimed = list(session.scalars(query))
    waiting = photo_looks.with_unseen_photos(session, claimed)
    return [number for number in claimed if number not in waiting]


def _owed_query() -> Select[int]:
    return (
        select(Submission.id)
        .where(
            Submission.screened_at.is_(None), Submission.deleted_at.is_(None), Submission.is_draft.is_(False)
        )
        .order_by(Submission.id)
    )
