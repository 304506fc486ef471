"""Facts about the interview: when it began and ended, how long it really took, how long others take.

Belongs here: times and medians in batches. Does not: judging them (workers.checks.interview).
"""

from collections.abc import Iterable, Sequence
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.audit_log import MAX_LOG_BYTES, active_seconds
from media.errors import MediaError, StorageUnavailableError
from server.backends import Backends
from server.db import one_of
from server.models.blob import Blob
from server.models.submission import Attachment, Submission, SubmissionVersion
from server.services.blobs import open_blob
from server.services.facts_visits import Visit
from workers.findings import InterviewFacts

MEDIAN_OF = 1000
LONGEST_S = 10**9
"""What a phone's clock may claim at most: 31 years, so that the database can keep it."""


def load_interviews(
    session: Session, backends: Backends, visits: Sequence[Visit]
) -> dict[int, InterviewFacts]:
    """submission id -> times of the interview.

    Effects: writes the active time to the submission rows, from which the medians are made.
    """
    logs = _audit_logs(session, backends, [visit.version.id for visit in visits])
    for visit in visits:
        visit.submission.active_s = _active(visit, logs.get(visit.version.id))
    session.flush()
    usual = {
        version_id: _usual(session, version_id) for version_id in {v.version.form_version_id for v in visits}
    }
    facts = {}
    for visit in visits:
        times = usual[visit.version.form_version_id]
        facts[visit.submission.id] = InterviewFacts(
            started_at=visit.submission.started_at,
            ended_at=visit.submission.ended_at,
            duration_s=_duration(visit),
            active_s=visit.submission.active_s,
            finished=visit.submission.is_final if visit.answers is not None else None,
            version_median_s=median(times) if times else None,
            version_visits=len(times),
        )
    return facts


def _duration(visit: Visit) -> int | None:
    start, end = visit.submission.started_at, visit.submission.ended_at
    if start is None or end is None:
        return None
    return min(max(0, int((end - start).total_seconds())), LONGEST_S)


def _active(visit: Visit, logged: int | None) -> int | None:
    return min(logged, LONGEST_S) if logged is not None else _duration(visit)


def _usual(session: Session, form_version_id: int) -> list[int]:
    """Active seconds of the latest complete interviews with this form version."""
    return list(
        session.scalars(
            select(Submission.active_s)
            .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
            .where(
                SubmissionVersion.form_version_id == form_version_id,
                Submission.is_final.is_(True),
                Submission.active_s.is_not(None),
                Submission.deleted_at.is_(None),
                Submission.is_draft.is_(False),
            )
            .order_by(Submission.id.desc())
            .limit(MEDIAN_OF)
        )
    )


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
