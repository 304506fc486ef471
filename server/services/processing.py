"""Doing what submissions are owed: photos looked at, entities changed, checks run. Called by jobs and the command line.

Belongs here: claiming owed submissions and their order. This module owns its transactions, since each batch is one.
"""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now, session_scope
from server.models.submission import EntityState, Submission
from server.services import entity_actions, photo_looks, screening

LOG = logging.getLogger("sisir.processing")
BATCH = 50


def process_owed(backends: Backends, *, limit: int | None = None) -> int:
    """Works off owed submissions in order of arrival until none is left. Returns: how many were done.

    Effects: each batch is one transaction; a worker that dies leaves its batch owed. A submission that cannot be
    screened is marked with its error and shown, so that it never blocks the others.
    """
    done = 0
    while limit is None or done < limit:
        photo_looks.look_at_photos(backends)
        count = _process_batch(backends)
        if count == 0:
            break
        done += count
    return done


def _process_batch(backends: Backends) -> int:
    try:
        with session_scope(backends.sessions) as session:
            ids = _claim(session, BATCH)
            _process(session, backends, ids)
        return len(ids)
    except Exception:  # one bad submission must not block the rest: each by itself
        LOG.exception("processing.batch_failed")
        return _process_singly(backends)


def _process_singly(backends: Backends) -> int:
    with session_scope(backends.sessions, read_only=True) as session:
        ids = _owed(session, BATCH)
    for submission_id in ids:
        try:
            with session_scope(backends.sessions) as session:
                _process(session, backends, [submission_id])
        except Exception as error:
            LOG.exception("processing.failed", extra={"submission_id": submission_id})
            with session_scope(backends.sessions) as session:
                submission = session.get_one(Submission, submission_id)
                submission.screened_at, submission.screening_error = now(), f"{type(error).__name__}"
    return len(ids)


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


def _claim(session: Session, limit: int) -> list[int]:
    """Owed submissions that no other worker holds, oldest first."""
    query = _owed_query(limit).with_for_update(skip_locked=True)
    return list(session.scalars(query))


def _owed(session: Session, limit: int) -> list[int]:
    return list(session.scalars(_owed_query(limit)))


def _owed_query(limit: int):  # type: ignore[no-untyped-def]
    return (
        select(Submission.id)
        .where(
            Submission.screened_at.is_(None), Submission.deleted_at.is_(None), Submission.is_draft.is_(False)
        )
        .order_by(Submission.id)
        .limit(limit)
    )
