"""Who visited a case last and when, and where it stands: what the queue shows besides counts.

Belongs here: reading it for a batch of cases. Does not: writing it (cases.py).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.db import one_of
from server.models.household import Household
from server.models.submission import Submission

LONGEST_WAIT = timedelta(days=366)
"""Between a visit and its arrival here. A phone's clock that says otherwise is not believed."""


def latest_visits(
    session: Session, project_id: int, households: Mapping[int, int], submissions: Mapping[int, int]
) -> dict[int, dict[str, Any]]:
    """case id -> officer_id and visited_at of its latest visit, area_path of the household, or else of the submission.

    Args: household id -> case id; submission id -> case id.
    """
    found: dict[int, dict[str, Any]] = {}
    if households:
        for row in session.execute(
            _visits(project_id).where(one_of(Submission.household_id, list(households)))
        ):
            _take(found, households[row.household_id], row)
        paths = select(Household.id, Household.area_path).where(one_of(Household.id, list(households)))
        for household_id, area_path in session.execute(paths):
            found.setdefault(households[household_id], {})["area_path"] = area_path
    if submissions:
        for row in session.execute(_visits(project_id).where(one_of(Submission.id, list(submissions)))):
            _take(found, submissions[row.id], row)
            found[submissions[row.id]]["area_path"] = row.area_path or ""
    return found


def visit_time(started_at: datetime | None, received_at: datetime) -> datetime:
    """When the visit was: by the phone's clock where that can be true, else when it came in."""
    if started_at is None or not received_at - LONGEST_WAIT <= started_at <= received_at:
        return received_at
    return started_at


def _visits(project_id: int) -> Select[*tuple[Any, ...]]:
    """Live submissions of a campaign in order of arrival."""
    return (
        select(
            Submission.id,
            Submission.household_id,
            Submission.submitter_id,
            Submission.started_at,
            Submission.created_at,
            Submission.area_path,
        )
        .where(
            Submission.project_id == project_id,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .order_by(Submission.id)
    )


def _take(found: dict[int, dict[str, Any]], case_id: int, row: Any) -> None:
    known, moment = found.setdefault(case_id, {}), visit_time(row.started_at, row.created_at)
    if "visited_at" not in known or known["visited_at"] <= moment:
        known |= {"officer_id": row.submitter_id, "visited_at": moment}
