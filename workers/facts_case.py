"""Facts about a case: what the office did with it, and when.

Belongs here: the value classes. Does not: reading cases (server.services.case_screening), judging (workers.checks.workflow).
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class HighFinding:
    """A high finding of the case that holds. open: nobody decided it; since: the local day from which it waits;
    note: what a person wrote when deciding it."""

    code: str
    open: bool
    since: date
    note: str = ""


@dataclass(frozen=True)
class CaseFacts:
    """One case on one local day.

    state: open, proposed, returned, decided. proposal: keep, revisit, graduation, removal, correction or None.
    high: findings of severity high that fire and hold, those of the workflow apart. has_picture: a photo or letter of the
    household has arrived; None when nobody looked. proposed_on, decided_on: local days.
    """

    case_id: int
    today: date
    state: str
    proposal: str | None = None
    proposal_note: str = ""
    decision_note: str = ""
    proposed_on: date | None = None
    decided_on: date | None = None
    high: tuple[HighFinding, ...] | None = None
    has_picture: bool | None = None
