"""The audit log: one line for each act."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from server.db import now
from server.models.audit import Audit

NOTES = "action_notes"
"""Key of session.info: what the caller says about all acts of this transaction (Central's X-Action-Notes)."""


def record(
    session: Session,
    actor_id: int | None,
    action: str,
    actee_id: str | None = None,
    details: Mapping[str, object] | None = None,
    notes: str | None = None,
    *,
    entity_id: int | None = None,
) -> None:
    """Adds a line to the log, in the caller's transaction.

    Args: action as Central names it ('form.update.publish') or ours ('case.propose'); actor_id None = the server itself;
    details ids and codes only; notes None = what the transaction's caller said, session.info[NOTES];
    entity_id = of an act on one entity, whose history shows it.
    """
    session.add(
        Audit(
            actor_id=actor_id,
            action=action,
            actee_id=actee_id,
            submission_id=_submission_in(details or {}),
            details=dict(details or {}),
            notes=notes if notes is not None else session.info.get(NOTES),
            entity_id=entity_id,
            logged_at=now(),
        )
    )


def record_now(
    session: Session, actor_id: int | None, action: str, actee_id: str, details: Mapping[str, object]
) -> None:
    """As record, written at once: for acts by the thousand. What they refer to must be in the database already."""
    row = {
        "actor_id": actor_id,
        "action": action,
        "actee_id": actee_id,
        "submission_id": _submission_in(details),
        "details": dict(details),
        "notes": session.info.get(NOTES),
        "logged_at": now(),
    }
    session.connection().execute(_INSERT, row)


def _submission_in(details: Mapping[str, object]) -> int | None:
    """The submission that an act is about, for the log of that submission."""
    found = details.get("submissionId")
    return found if isinstance(found, int) else None


_INSERT = insert(cast(Table, Audit.__table__))
