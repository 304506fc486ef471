"""Refused submissions, brought back: seen, read, taken in once what stood in their way is mended, or thrown away.

Belongs here: what an administrator does with them. Does not: keeping them (refusals.py), the decision table (receiving.py),
which decides again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now
from server.errors import ConflictError, NotFoundError
from server.models.actor import Actor
from server.models.project import Project
from server.models.submission import Refused
from server.services import accounts, audit
from server.services.receiving import Receipt, receive_submission
from server.uploads import SubmissionUpload


@dataclass(frozen=True)
class RefusedLine:
    """A refusal as a list shows it; nothing of its answers. size_bytes 0: the XML was not kept."""

    id: int
    code: str
    message: str
    officer: str
    size_bytes: int
    times: int
    first_at: datetime
    last_at: datetime


def list_refused(session: Session, project_id: int) -> Sequence[RefusedLine]:
    """The refusals of a campaign that are still kept, newest first."""
    rows = session.execute(
        select(Refused, Actor.display_name)
        .outerjoin(Actor, Actor.id == Refused.actor_id)
        .where(Refused.project_id == project_id)
        .order_by(Refused.last_at.desc(), Refused.id.desc())
    )
    return [
        RefusedLine(
            row.id, row.code, row.message, name or "", row.size_bytes, row.times, row.first_at, row.last_at
        )
        for row, name in rows
    ]


def read_refused(session: Session, backends: Backends, refused_id: int) -> bytes:
    """The XML as it was sent, sensitive answers in clear: for a file of an administrator, never for a page.

    Raises: NotFoundError when there is no such refusal or its XML was not kept.
    Effects: a line in the audit log.
    """
    found = _get(session, refused_id)
    audit.record(session, None, "refused.read", details={"refusedId": found.id, "code": found.code})
    return backends.seal.open(found.body)


def take_in(session: Session, backends: Backends, refused_id: int) -> Receipt:
    """Takes a refused submission in as if its sender sent it now; it is then refused no longer.

    Its photos come from the phone, which still holds the visit and sends them with the next try.
    Raises: NotFoundError as read_refused; ConflictError when its sender is not known; the refusals of the decision table,
    when what was wrong is still wrong: it stays kept then.
    """
    found = _get(session, refused_id)
    sender = session.get(Actor, found.actor_id) if found.actor_id is not None else None
    if sender is None:
        raise ConflictError("nobody is known to have sent it; only its officer can send it again")
    upload = SubmissionUpload(
        xml=backends.seal.open(found.body),
        files=(),
        device_id=None,
        user_agent="sisir refused",
        received_at=now(),
    )
    receipt = receive_submission(
        session,
        backends,
        upload,
        project=session.get_one(Project, found.project_id),
        caller=accounts.load_caller(session, sender, None),
    )
    details = {"refusedId": found.id, "code": found.code, "submissionId": receipt.submission_id}
    audit.record(session, None, "refused.take_in", details=details)
    session.delete(found)
    return receipt


def throw_away(session: Session, refused_id: int) -> None:
    """Forgets a refusal for good. Raises: NotFoundError."""
    found = session.get(Refused, refused_id)
    if found is None:
        raise NotFoundError(f"there is no refused submission {refused_id}")
    audit.record(session, None, "refused.delete", details={"refusedId": found.id, "code": found.code})
    session.delete(found)


def _get(session: Session, refused_id: int) -> Refused:
    found = session.get(Refused, refused_id)
    if found is None:
        raise NotFoundError(f"there is no refused submission {refused_id}")
    if not found.size_bytes:
        raise NotFoundError(
            f"the XML of refused submission {refused_id} was not kept; only its officer has it"
        )
    return found
