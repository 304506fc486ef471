"""The audit log: one line for each act."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from server.db import now
from server.models.audit import Audit


def record(
    session: Session,
    actor_id: int | None,
    action: str,
    actee_id: str | None = None,
    details: Mapping[str, object] | None = None,
    notes: str | None = None,
) -> None:
    """Adds a line to the log, in the caller's transaction.

    Args: action as Central names it ('form.update.publish') or ours ('case.propose'); actor_id None = the server itself;
    details ids and codes only.
    """
    session.add(
        Audit(
            actor_id=actor_id,
            action=action,
            actee_id=actee_id,
            details=dict(details or {}),
            notes=notes,
            logged_at=now(),
        )
    )
