"""Doing what submissions are owed: photos looked at, entities changed, checks run. Called by jobs and the command line.

Belongs here: the order of the work on a batch, and what becomes of a submission that cannot be worked on. This module owns
its transactions. Does not: which worker gets which batch (claims.py).
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.orm import Session

from media.errors import StorageUnavailableError
from server.backends import Backends
from server.db import now, session_scope
from server.errors import UnavailableError
from server.models.submission import Submission
from server.services import photo_looks, screening, settling
from server.services.answers import Reader
from server.services.claims import claim_owed, owed_query

LOG = logging.getLogger("sisir.processing")
BATCH = 50
TRIES = 3
PASSING = (UnavailableError, StorageUnavailableError)
"""Not the submission's fault: it stays owed."""

_Step = Callable[[Session, Backends, Sequence[int], Reader], int | None]


def process_owed(backends: Backends, *, limit: int | None = None) -> int:
    """Works off owed submissions in order of arrival until none is left. Returns: how many were done.

    A batch goes through three steps. Photos are looked at outside of any transaction; households and places are written in
    one; checks are run in another. A submission whose photo came in during that waits for the next round.
    Effects: a worker that dies leaves its batch owed. A submission that cannot be worked on is marked with its error and
    shown, so that it never blocks the others.
    Raises: UnavailableError, StorageUnavailableError when database or media do not answer; everything stays owed.
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
    """Returns: how many of them are done."""
    photo_looks.look_at_photos(backends, ids)
    reader = Reader(backends)
    good = _run(backends, _settle, ids, reader)
    bad = len(ids) - len(good)
    screened = _run(backends, _screen, good, reader)
    return bad + sum(screened.values()) + len(good) - len(screened)


def _run(backends: Backends, step: _Step, ids: Sequence[int], reader: Reader) -> dict[int, int]:
    """One step for all of them in one transaction; when that fails each by itself, and those that fail alone are marked.

    Returns: id -> whether it was done (0 or 1) of those that did not fail.
    """
    raise NotImplementedError
