"""Refused submissions, kept for an administrator to rescue, within bounds: whoever sends rubbish cannot fill the disk.

Belongs here: what is kept of a refusal, and for how long. Does not: refusing (receiving.py).
"""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import insert_for, now
from server.errors import SisirError
from server.models.project import Project
from server.models.submission import Refused
from server.services.incoming import xml_digest
from server.uploads import SubmissionUpload

MAX_BODY_BYTES = 1_000_000
"""The largest bundled form, fully answered, has 60 KB."""
MAX_OF_ACTOR = 200
MAX_BYTES_OF_ACTOR = 20_000_000
MAX_BYTES = 1_000_000_000
"""Of all refusals of the installation together; from then on only their codes are kept."""


def keep_refused(
    session: Session,
    backends: Backends,
    upload: SubmissionUpload,
    error: SisirError,
    *,
    project_id: int,
    actor_id: int | None,
) -> None:
    """Keeps the XML of a refused submission, sealed, for an administrator to rescue; a resend only counts.

    Effects: one row per content and code; its own transaction, after the refusal rolled the other one back. A body over
    MAX_BODY_BYTES is not kept, nor any when the installation is full of them. Of one sender only the newest stay. Nothing for a campaign that does not exist.
    """
    if session.get(Project, project_id) is None:
        return
    digest, moment = xml_digest(backends, upload.xml), now()
    body = backends.seal.seal(upload.xml) if _has_room(session, len(upload.xml)) else b""
    session.execute(
        insert_for(session, Refused)
        .values(
            project_id=project_id,
            digest=digest,
            code=error.code,
            message=error.message[:1000],
            actor_id=actor_id,
            body=body,
            size_bytes=len(body),
            times=1,
            first_at=moment,
            last_at=moment,
        )
        .on_conflict_do_update(
            index_elements=["project_id", "digest", "code"],
            set_={"times": Refused.times + 1, "last_at": moment},
        )
    )
    _forget_oldest(session, actor_id)


def _has_room(session: Session, size_bytes: int) -> bool:
    if size_bytes > MAX_BODY_BYTES:
        return False
    kept = session.scalar(select(func.coalesce(func.sum(Refused.size_bytes), 0))) or 0
    return kept + size_bytes <= MAX_BYTES


def _forget_oldest(session: Session, actor_id: int | None) -> None:
    """Deletes the sender's refusals that are beyond his share, the oldest first."""
    mine = Refused.actor_id.is_(None) if actor_id is None else Refused.actor_id == actor_id
    newest_first = (
        select(Refused.id, Refused.size_bytes).where(mine).order_by(Refused.last_at.desc(), Refused.id.desc())
    )
    total, gone = 0, []
    for place, (number, size_bytes) in enumerate(session.execute(newest_first)):
        total += size_bytes
        if place >= MAX_OF_ACTOR or total > MAX_BYTES_OF_ACTOR:
            gone.append(number)
    if gone:
        session.execute(delete(Refused).where(Refused.id.in_(gone)))
