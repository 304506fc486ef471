"""Which owed submissions this worker works on, so that no other does the same work, and entities in order of arrival.

Belongs here: taking and keeping a batch, what must be settled before it. Does not: the work (processing.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ARRAY, BigInteger, Select, func, literal, select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import one_of, session_scope
from server.models.submission import EntityState, Submission

_CLASS = 0x5153_0000_0000_0000
"""Keeps the numbers of these locks apart from those of entities."""
_SETTLING = 0x5154_0000_0000_0000


@contextmanager
def claim_owed(backends: Backends, limit: int, *, after: int = 0) -> Iterator[list[int]]:
    """Owed submissions that came in after one, oldest first, at most `limit`; nobody else gets them within the block.

    On PostgreSQL by locks of a transaction that lasts as long as the block and ends with its worker; they stop nobody from
    writing to the rows. SQLite has one worker, and two would only do the same twice.
    """
    with session_scope(backends.sessions, read_only=True) as session:
        if session.get_bind().dialect.name == "postgresql":
            yield _take(session, limit, after)
            return
        ids = list(session.scalars(owed_query().where(Submission.id > after).limit(limit)))
    yield ids


def with_earlier(session: Session, ids: Sequence[int]) -> list[int]:
    """These submissions, and before them the earlier ones whose entities are owed, though another worker has claimed them.

    Entities are changed in order of arrival: an update must not come before the submission that makes its entity, nor before
    an earlier update, only because two workers have them. Whoever comes first settles for the other, who finds it done.
    Effects: on PostgreSQL only one worker at a time settles what is owed to entities, until its transaction ends. On SQLite
    two workers have the same batches.
    """
    owed = session.scalars(
        select(Submission.id).where(one_of(Submission.id, ids), Submission.entity_state == EntityState.owed)
    ).all()
    if not owed or session.get_bind().dialect.name != "postgresql":
        return list(ids)
    session.execute(select(func.pg_advisory_xact_lock(_SETTLING)))
    earlier = owed_query().where(
        Submission.entity_state == EntityState.owed, Submission.id < max(owed), Submission.id.not_in(ids)
    )
    return sorted([*session.scalars(earlier), *ids])


def owed_query() -> Select[int]:
    """Ids of live submissions that are owed a screening, oldest first."""
    return (
        select(Submission.id)
        .where(
            Submission.screened_at.is_(None), Submission.deleted_at.is_(None), Submission.is_draft.is_(False)
        )
        .order_by(Submission.id)
    )


def _take(session: Session, limit: int, after: int) -> list[int]:
    """Tries owed submissions, a page at a time, until `limit` of them were got."""
    taken: list[int] = []
    while len(taken) < limit:
        page = list(session.scalars(owed_query().where(Submission.id > after).limit(limit - len(taken))))
        if not page:
            break
        taken += _lock(session, page)
        after = page[-1]
    return taken


def _lock(session: Session, ids: list[int]) -> list[int]:
    """Those of these submissions whose lock nobody has."""
    wanted = select(func.unnest(literal(ids, ARRAY(BigInteger))).label("id")).subquery()
    got = func.pg_try_advisory_xact_lock(_CLASS + wanted.c.id).label("got")
    return [row.id for row in session.execute(select(wanted.c.id, got)) if row.got]
