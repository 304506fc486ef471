"""Writing findings down: upserted by (campaign, subject, code); what a person decided stays.

Belongs here: the life of a finding between two screenings. Does not: finding anything (screening.py), deciding
(reviewing.py).
Source: the house's semantics, section 2.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, Update, bindparam, insert, select, update
from sqlalchemy.orm import Session

from server.db import now, one_of
from server.models.finding import Finding, FindingState, SubjectKind
from workers.findings import Finding as CheckFinding

RANKS = {"info": 0, "low": 1, "medium": 2, "high": 3}
FIRES = "fires"
PEERS_KEY = "peer_ids"
DECIDED = (FindingState.confirmed, FindingState.dismissed)
_COMPARED = (
    "kind", "severity", "outcome", "evidence_hash", "rule_version", "submission_id", "household_id", "officer_id",
    "form_id", "snapshot_id",
)  # fmt: skip
Subject = tuple[SubjectKind, int]
_TABLE = cast(Table, Finding.__table__)
_KEPT = [_TABLE.c[name] for name in ("id", "subject_id", "code", "state", "closed_at", *_COMPARED)]


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


def evidence_of(found: CheckFinding) -> dict[str, Any]:
    """What is kept of a check's answer: its evidence, the settings in force, the peers."""
    evidence: dict[str, Any] = dict(found.evidence)
    if found.parameters:
        evidence["settings"] = dict(found.parameters)
    if found.peers:
        evidence[PEERS_KEY] = list(found.peers)
    return evidence


@dataclass(frozen=True)
class Stored:
    """What storing did. changed: rows written; opened: findings that are open now and were not before."""

    changed: int
    opened: tuple[Draft, ...]


def store_findings(
    session: Session,
    project_id: int,
    subjects: Iterable[Subject],
    drafts: Iterable[Draft],
    *,
    case_of: Callable[[Draft], int | None] = lambda _draft: None,
) -> Stored:
    """Makes the stored findings of these subjects what the drafts say.

    Args: case_of: the case that a new finding belongs to, where it is known already; cases.refresh_cases ties the others.
    Effects: new ones are open; those that no longer hold are closed (a person's decision is kept beside it); those that
    a person decided keep their state and open again only when the severity rose. A repeat changes nothing. Of several
    drafts of one code about one subject the gravest counts, what fires before what is unknown.
    """
    known = _load(session, project_id, set(subjects))
    inserts, updates, opened = [], [], []
    for draft in _gravest(drafts):
        old = known.pop((*draft.subject, draft.code), None)
        values = _values(project_id, draft)
        change = {} if old is None else _change(old, values)
        if old is None:
            inserts.append(
                values | {"case_id": case_of(draft), "state": FindingState.open, "created_at": now()}
            )
        elif change:
            updates.append({"id": old.id, **change})
        if old is None or change.get("state") == FindingState.open:
            opened.append(draft)
    updates += [close for old in known.values() if (close := _close(old))]
    if inserts:
        session.connection().execute(insert(_TABLE), inserts)
    if updates:
        _update(session, updates)
    return Stored(len(inserts) + len(updates), tuple(opened))


def _gravest(drafts: Iterable[Draft]) -> Iterable[Draft]:
    chosen: dict[tuple[Subject, str], Draft] = {}
    for draft in drafts:
        key = (draft.subject, draft.code)
        if key not in chosen or _weight(draft.outcome, draft.severity) > _weight(
            chosen[key].outcome, chosen[key].severity
        ):
            chosen[key] = draft
    return chosen.values()


def _weight(outcome: str, severity: str) -> int:
    """How grave it is; what is only unknown weighs less than anything that fires."""
    return RANKS[severity] if outcome == FIRES else -1


def _update(session: Session, rows: list[dict[str, Any]]) -> None:
    """Executemany by rows that change the same columns."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for group in by_columns.values():
        session.connection().execute(_by_id(group[0]), [{**row, "row": row["id"]} for row in group])


def _by_id(row: Mapping[str, Any]) -> Update:
    columns: dict[str, Any] = {name: bindparam(name) for name in row if name != "id"}
    return update(_TABLE).where(_TABLE.c.id == bindparam("row")).values(columns)


def _load(
    session: Session, project_id: int, subjects: set[Subject]
) -> dict[tuple[SubjectKind, int, str], Any]:
    """Rows without their evidence: its hash is enough."""
    found: dict[tuple[SubjectKind, int, str], Any] = {}
    for kind in sorted({kind for kind, _ in subjects}):
        rows = session.execute(
            select(*_KEPT).where(
                _TABLE.c.project_id == project_id,
                _TABLE.c.subject_kind == kind,
                one_of(_TABLE.c.subject_id, [number for of_kind, number in subjects if of_kind == kind]),
            )
        )
        found |= {(kind, row.subject_id, row.code): row for row in rows}
    return found


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


def _change(old: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The columns of a known finding that have to change; empty when nothing did."""
    change = {name: values[name] for name in _COMPARED if getattr(old, name) != values[name]}
    if "evidence_hash" in change:
        change["evidence"] = values["evidence"]
    if old.closed_at is not None:
        change["closed_at"] = None
    if old.state == FindingState.closed or (old.state in DECIDED and _is_graver(old, values)):
        change["state"] = FindingState.open
    return change | {"updated_at": now()} if change else {}


def _is_graver(old: Any, values: Mapping[str, Any]) -> bool:
    """A person decided about something less: a lower severity, or that nobody could know."""
    return _weight(values["outcome"], values["severity"]) > _weight(old.outcome, old.severity)


def _close(old: Any) -> dict[str, Any]:
    """No longer holds: an open finding is closed; a decided one keeps its decision and says since when it is gone."""
    if old.closed_at is not None:
        return {}
    moment = now()
    close: dict[str, Any] = {"id": old.id, "closed_at": moment, "updated_at": moment}
    if old.state == FindingState.open:
        close["state"] = FindingState.closed
    return close
