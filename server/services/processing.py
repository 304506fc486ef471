"""Doing what submissions are owed: photos looked at, entities changed, checks run. Called by jobs and the command line.

Belongs here: the order of the work on a batch, and what becomes of a submission that cannot be worked on. This module owns
its transactions. Does not: which worker gets which batch (claims.py).
"""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from media.errors import StorageUnavailableError
from server.backends import Backends
from server.db import now, one_of, session_scope
from server.errors import UnavailableError
from server.models.submission import EntityState, Submission
from server.services import peers, photo_looks, screening, settling
from server.services.answers import Reader
from server.services.claims import claim_owed, owed_query, with_earlier

LOG = logging.getLogger("sisir.processing")
BATCH = 200
TRIES = 3
PASSING = (UnavailableError, StorageUnavailableError)
"""Not the submission's fault: it stays owed."""

_Step = Callable[[Session, Sequence[int]], Sequence[int]]
"""Works on submissions in a transaction. Returns: those that it did."""


def process_owed(backends: Backends, *, limit: int | None = None) -> int:
    """Works off owed submissions in order of arrival until none is left. Returns: how many were done.

    A batch goes through three steps. Photos are looked at outside of any transaction; households and places are written in
    one; checks are run in another. A submission whose photo or edit came in during that waits for the next round.
    Effects: a worker that dies leaves its batch owed. A submission that cannot be worked on is marked with its error and
    shown, so that it never blocks the others.
    Raises: UnavailableError, StorageUnavailableError when database or media do not answer; all the rest stays owed.
    """
    done, after = 0, 0
    while limit is None or done < limit:
        with claim_owed(backends, BATCH, after=after) as ids:
            if not ids:
                break
            count = _process(backends, ids)
        after = after if count else ids[-1]
        done += count
    return done


def _process(backends: Backends, ids: list[int]) -> int:
    """Returns: how many of them are owed nothing any more."""
    reader, later = Reader(backends), set[int]()

    def settle(session: Session, batch: Sequence[int]) -> Sequence[int]:
        # One that failed with its batch is settled alone: the others must not fail with it again.
        all_of_them = with_earlier(session, batch) if batch is ids else batch
        settling.settle_submissions(session, backends, all_of_them, reader, later)
        return batch

    def screen(session: Session, batch: Sequence[int]) -> Sequence[int]:
        ready = _still_owed(session, batch)
        screening.screen_submissions(session, backends, ready, reader, later)
        return ready

    photo_looks.look_at_photos(backends, ids)
    failed: list[int] = []
    settled = _do(backends, ids, settle, failed)
    screened = _do(backends, settled, screen, failed)
    if later:
        with session_scope(backends.sessions) as session:
            peers.owe(session, later)
    return len(screened) + len(failed)


def _still_owed(session: Session, ids: Sequence[int]) -> list[int]:
    """Those that nothing new came in for, their rows locked until what they are owed is written."""
    query = owed_query().where(one_of(Submission.id, ids), Submission.entity_state != EntityState.owed)
    ready = list(session.scalars(query.with_for_update(key_share=True)))
    waiting = photo_looks.with_unseen_photos(session, ready)
    return [number for number in ready if number not in waiting]


def _do(backends: Backends, ids: Sequence[int], step: _Step, failed: list[int]) -> list[int]:
    """One step for all of them in one transaction; when that fails, each by itself. Returns: those that it did.

    Effects: those that fail by themselves are marked and added to `failed`.
    """
    try:
        with session_scope(backends.sessions) as session:
            return list(step(session, ids))
    except PASSING as error:  # two workers may wait for each other; by themselves they do not
        LOG.warning("processing.batch_put_off", extra={"error": str(error)})
    except Exception:  # one bad submission must not block the rest: each by itself
        LOG.exception("processing.batch_failed")
    done: list[int] = []
    for submission_id in ids:
        try:
            done += _do_alone(backends, submission_id, step)
        except PASSING:
            raise
        except Exception as error:
            LOG.exception("processing.failed", extra={"submission_id": submission_id})
            _mark(backends, submission_id, error)
            failed.append(submission_id)
    return done


def _do_alone(backends: Backends, submission_id: int, step: _Step, tries: int = TRIES) -> Sequence[int]:
    """A deadlock between two workers passes; a database that is down does not."""
    try:
        with session_scope(backends.sessions) as session:
            return step(session, [submission_id])
    except UnavailableError:
        if tries == 1:
            raise
        return _do_alone(backends, submission_id, step, tries - 1)


def _mark(backends: Backends, submission_id: int, error: Exception) -> None:
    with session_scope(backends.sessions) as session:
        submission = session.get_one(Submission, submission_id)
        submission.screened_at, submission.screening_error = now(), type(error).__name__
