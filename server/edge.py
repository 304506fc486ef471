"""What every edge needs from the request: the backends, a transaction, the caller."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, request
from sqlalchemy.orm import Session

from server.auth import require_caller, take_password
from server.backends import Backends
from server.db import session_scope, single_reads
from server.jobs import Jobs
from server.permissions import Caller


def backends() -> Backends:
    """The backends of the running application."""
    found: Backends = current_app.extensions["sisir"]
    return found


def jobs() -> Jobs:
    """The jobs of the running application; called after the transaction."""
    found: Jobs = current_app.extensions["sisir_jobs"]
    return found


@contextmanager
def reading() -> Iterator[tuple[Session, Caller]]:
    """A read-only transaction and the caller. Raises: NotAuthenticatedError when nobody is there."""
    take_password(request, backends())
    with session_scope(backends().sessions, read_only=True) as session:
        yield session, require_caller(request, backends(), session)


@contextmanager
def asking() -> Iterator[tuple[Session, Caller]]:
    """As reading, for a few small questions without a transaction around them (db.single_reads)."""
    take_password(request, backends())
    with single_reads(backends().sessions) as session:
        yield session, require_caller(request, backends(), session)


@contextmanager
def writing() -> Iterator[tuple[Session, Caller]]:
    """A writing transaction and the caller; the edge sends its jobs after the block."""
    take_password(request, backends())
    with session_scope(backends().sessions) as session:
        yield session, require_caller(request, backends(), session)
