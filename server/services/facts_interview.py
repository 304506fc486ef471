"""Facts about the interview: when it began and ended, how long it really took, how long others take.

Belongs here: times in batches. Does not: what is usual (norms.py), judging them (workers.checks.interview).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.audit_log import MAX_LOG_BYTES, active_seconds
from media.errors import MediaError, StorageUnavailableError
from server.backends import Backends
from server.db import one_of
from server.models.blob import Blob
from server.models.submission import Attachment
from server.services.blobs import open_blob
from server.services.facts_visits import Visit
from server.services.norms import TIME, load_norms
from workers.findings import InterviewFacts

LONGEST_S = 10**9
"""What a phone's clock may claim at most: 31 years, so that the database can keep it."""


def write_active_times(session: Session, backends: Backends, visits: Sequence[Visit]) -> None:
    """Writes to the submission rows how long each interview really took: by its audit log, else the whole duration."""
    logs = _audit_logs(session, backends, [visit.version.id for visit in visits])
    for visit in visits:
        visit.submission.active_s = _active(visit, logs.get(visit.version.id))
    session.flush()


def load_interviews(session: Session, visits: Sequence[Visit]) -> dict[int, InterviewFacts]:
    """submission id -> times of the interview, beside what is usual for the form version."""
    usual = load_norms(session, {visit.version.form_version_id for visit in visits})
    return {visit.submission.id: _facts(visit, usual.get(visit.version.form_version_id)) for visit in visits}


def _facts(visit: Visit, norms: Sequence[Any] | None) -> InterviewFacts:
    complete, median_s = (norms[TIME] if norms else None) or (0, None)
    return InterviewFacts(
        started_at=visit.submission.started_at,
        ended_at=visit.submission.ended_at,
        duration_s=_duration(visit),
        active_s=visit.submission.active_s,
        finished=visit.submission.is_final if visit.answers is not None else None,
        version_median_s=median_s,
        version_visits=complete,
    )


def _duration(visit: Visit) -> int | None:
    start, end = visit.submission.started_at, visit.submission.ended_at
    if start is None or end is None:
        return None
    return min(max(0, int((end - start).total_seconds())), LONGEST_S)


def _active(visit: Visit, logged: int | None) -> int | None:
    return min(logged, LONGEST_S) if logged is not None else _duration(visit)


def _audit_logs(session: Session, backends: Backends, version_ids: Iterable[int]) -> dict[int, int | None]:
    """submission version id -> active seconds by its audit.csv, for those that sent one."""
    rows = session.execute(
        select(Attachment.submission_version_id, Blob)
        .join(Blob, Blob.id == Attachment.blob_id)
        .where(
            one_of(Attachment.submission_version_id, version_ids),
            Attachment.media == "audit",
            Blob.size_bytes <= MAX_LOG_BYTES,
        )
    )
    logs: dict[int, int | None] = {}
    for version_id, blob in rows:
        try:
            with open_blob(backends, blob) as file:
                logs[version_id] = active_seconds(file.read())
        except StorageUnavailableError:
            raise
        except (MediaError, ValueError):  # no log that anybody can read: the whole duration counts
            logs[version_id] = None
    return logs
