"""Writing findings down: upserted by (campaign, subject, code); what a person decided stays.

Belongs here: the life of a finding between two screenings. Does not: finding anything (screening.py), deciding
(reviewing.py).
Source: the house's semantics, section 2.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.orm import Session

from server.db import now
from server.models.finding import Finding, FindingState, SubjectKind

RANKS = {"info": 0, "low": 1, "medium": 2, "high": 3}
Subject = tuple[SubjectKind, int]


@dataclass(frozen=True)
class Draft:
    """A finding as screening made it. evidence is plain JSON without identity numbers in clear."""

    subject: Subject
    code: str
    kind: str
    severity: str
    outcome: str
    evidence: Mapping[str, Any]
    rule_version: str
    submission_id: int | None = None
    household_id: int | None = None
    officer_id: int | None = None
    form_id: int | None = None
    snapshot_id: int | None = None


def store_findings(
    session: Session, project_id: int, subjects: Iterable[Subject], drafts: Iterable[Draft]
) -> int:
    """Makes the stored findings of these subjects what the drafts say. Returns: how many rows changed.

    Effects: new ones are open; those that no longer hold are closed (a person's decision is kept beside it); those that
    a person decided keep their state and open again only when the severity rose. A repeat changes nothing.
    """
    known = _load(session, project_id, set(subjects))
    inserts, updates = [], []
    for draft in drafts:
        old = known.pop((*draft.subject, draft.code), None)
        values = _values(project_id, draft)
        if old is None:
            inserts.append(values | {"state": FindingState.open, "created_at": now()})
        elif change := _change(old, values):
            updates.append({"id": old.id, **change})
    updates += [close for old in known.values() if (close := _close(old))]
    if inserts:
        session.execute(insert(Finding), inserts)
    if updates:
        _update(session, updates)
    return len(inserts) + len(updates)


def _update(session: Session, rows: list[dict[str, Any]]) -> None:
    """Executemany by rows that change the same columns."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for group in by_columns.values():
        session.execute(update(Finding), group)


def _load(
    session: Session, project_id: int, subjects: set[Subject]
) -> dict[tuple[SubjectKind, int, str], Finding]:
    if not subjects:
        return {}
    pairs = [(kind.value, number) for kind, number in subjects]
    rows = session.scalars(
        select(Finding)
        .where(Finding.project_id == project_id, tuple_(Finding.subject_kind, Finding.subject_id).in_(pairs))
        .execution_options(populate_existing=True)
    )
    return {(SubjectKind(row.subject_kind), row.subject_id, row.code): row for row in rows}


def _values(project_id: int, draft: Draft) -> dict[str, Any]:
    kind, number = draft.subject
    return {
        "project_id": project_id,
        "subject_kind": kind,
        "subject_id": number,
        "code": draft.code,
        "kind": draft.kind,
        "severity": draft.severity,
        "outcome": draft.outcome,
        "evidence": dict(draft.evidence),
        "evidence_hash": hash_evidence(draft.outcome, draft.evidence),
        "rule_version": draft.rule_version,
        "submission_id": draft.submission_id,
        "household_id": draft.household_id,
        "officer_id": draft.officer_id,
        "form_id": draft.form_id,
        "snapshot_id": draft.snapshot_id,
    }


def hash_evidence(outcome: str, evidence: Mapping[str, Any]) -> str:
    """What tells "the same evidence" from "changed since"."""
    text = json.dumps([outcome, evidence], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _change(old: Finding, values: dict[str, Any]) -> dict[str, Any]:
    """The columns of a known finding that have to change; empty when nothing did."""
    change = {name: value for name, value in values.items() if getattr(old, name) != value}
    if old.state == FindingState.closed:
        change["state"] = FindingState.open
    if old.closed_at is not None:
        change["closed_at"] = None
    decided = old.state in (FindingState.confirmed, FindingState.dismissed)
    if decided and RANKS[values["severity"]] > RANKS.get(old.severity, 0):
        change["state"] = FindingState.open
    return change | {"updated_at": now()} if change else {}


def _close(old: Finding) -> dict[str, Any]:
    """No longer holds: an open finding is closed; a decided one keeps its decision and says since when it is gone."""
    if old.closed_at is not None:
        return {}
    moment = now()
    close: dict[str, Any] = {"id": old.id, "closed_at": moment, "updated_at": moment}
    if old.state == FindingState.open:
        close["state"] = FindingState.closed
    return close
