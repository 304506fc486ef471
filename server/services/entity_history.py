"""The history of an entity as API clients read it: versions with their conflicts, steps, the log.

Belongs here: reading. Does not: making versions (entities.py), what is current (entity_reading.py).
Source: the REST specification, "Datasets and entities" and "More examples".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.models.actor import Actor
from server.models.audit import Audit
from server.models.entity import Entity, EntityList, EntityVersion
from server.models.submission import Submission, SubmissionVersion
from server.services.entity_bases import versions_of
from server.services.entity_lists import list_properties
from server.services.entity_reading import VersionView, actors_of, view_version

RESOLVED = "entity.update.resolve"
BULK = ("entity.bulk.create", "entity.bulk.delete", "entity.bulk.restore")


@dataclass(frozen=True)
class HistoricVersion(VersionView):
    """A version within its history.

    source: {} for the API, name, size and count of a bulk upload, or submission and event. base_diff, server_diff: what it
    sent that differs from its base, and from the version before it. last_good_version: the last one before what is unresolved.
    """

    source: Mapping[str, Any] | None = None
    conflict: str | None = None
    resolved: bool = False
    last_good_version: bool = False
    relevant_to_conflict: bool = False
    base_diff: tuple[str, ...] = ()
    server_diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntityAct:
    """One line of the log about an entity."""

    actor_id: int | None
    action: str
    actee_id: str | None
    details: Mapping[str, Any] | None
    notes: str | None
    logged_at: datetime
    actor: Actor | None


def list_versions(
    session: Session, listed: EntityList, entity: Entity, *, relevant_to_conflict: bool = False
) -> list[HistoricVersion]:
    """The versions, oldest first; only those that somebody who resolves the conflict must see when relevant_to_conflict."""
    rows = session.scalars(versions_of(entity.id).order_by(EntityVersion.version)).all()
    actors = actors_of(session, (row.creator_id for row in rows))
    known = frozenset(list_properties(session, listed))
    sources = _sources(session, rows, actors)
    resolved_at = session.scalar(
        select(func.max(Audit.logged_at)).where(Audit.entity_id == entity.id, Audit.action == RESOLVED)
    )
    by_number = {row.version: row for row in rows}
    found = [
        HistoricVersion(
            **vars(view_version(entity, row, known, actors)),
            source=sources[row.id],
            conflict=row.conflict,
            resolved=row.conflict is not None and resolved_at is not None and resolved_at >= row.created_at,
            base_diff=_differing(row, by_number.get(row.base_version or 0)),
            server_diff=_differing(row, by_number.get(row.version - 1)),
        )
        for row in rows
    ]
    marked = _mark_relevant(found)
    return [item for item in marked if item.relevant_to_conflict] if relevant_to_conflict else marked


def _mark_relevant(versions: Sequence[HistoricVersion]) -> list[HistoricVersion]:
    """From the last version that nobody disputes on, and the bases of those that are disputed."""
    open_ones = [item for item in versions if item.conflict is not None and not item.resolved]
    if not open_ones:
        return list(versions)
    last_good = open_ones[0].version - 1
    bases = {item.base_version for item in open_ones}
    return [
        replace(
            item,
            last_good_version=item.version == last_good,
            relevant_to_conflict=item.version >= last_good or item.version in bases,
        )
        for item in versions
    ]


def _differing(version: EntityVersion, other: EntityVersion | None) -> tuple[str, ...]:
    if other is None:
        return ()
    before = {**other.data, "label": other.label}
    return tuple(name for name, value in version.data_received.items() if before.get(name) != value)


def _sources(
    session: Session, rows: Sequence[EntityVersion], actors: Mapping[int, Actor]
) -> dict[int, Mapping[str, Any]]:
    """Version id -> where it came from; submissions with their event."""
    sent = {row.submission_version_id for row in rows if row.submission_version_id is not None}
    query = (
        select(SubmissionVersion, Submission)
        .join(Submission, Submission.id == SubmissionVersion.submission_id)
        .where(SubmissionVersion.id.in_(sent))
    )
    submissions = {version.id: (version, submission) for version, submission in session.execute(query)}
    found: dict[int, Mapping[str, Any]] = {}
    for row in rows:
        pair = submissions.get(row.submission_version_id or 0)
        found[row.id] = dict(row.source) if pair is None else _of_submission(row, *pair, actors)
    return found


def _of_submission(
    row: EntityVersion, version: SubmissionVersion, submission: Submission, actors: Mapping[int, Actor]
) -> Mapping[str, Any]:
    told = dict((row.source or {}).get("submission") or {})
    is_edit = version.deprecated_id is not None
    return {
        "submission": {
            **told,
            "instanceId": submission.instance_id,
            "submitterId": version.submitter_id,
            "deviceId": version.device_id,
            "userAgent": version.user_agent,
            "reviewState": submission.review_state,
            "createdAt": submission.created_at,
            "updatedAt": submission.updated_at,
            "currentVersion": {
                "instanceId": version.instance_id,
                "instanceName": version.instance_name,
                "createdAt": version.created_at,
            },
        },
        "event": {
            "action": "submission.update.version" if is_edit else "submission.create",
            "actorId": version.submitter_id,
            "actor": actors.get(version.submitter_id or 0),
            "loggedAt": version.created_at,
        },
    }


def list_steps(session: Session, listed: EntityList, entity: Entity) -> list[list[dict[str, str]]]:
    """What each version changed of the one before it: [[{"propertyName", "old", "new"}]]; no old for what was not there."""
    rows = session.scalars(versions_of(entity.id).order_by(EntityVersion.version)).all()
    known = frozenset(list_properties(session, listed))
    states = [
        {"label": row.label, **{name: value for name, value in row.data.items() if name in known}}
        for row in rows
    ]
    return [_step(before, after) for before, after in pairwise(states)]


def _step(before: dict[str, str], after: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"propertyName": name, **({"old": before[name]} if name in before else {}), "new": value}
        for name, value in after.items()
        if before.get(name) != value or name not in before
    ]


def list_acts(
    session: Session, listed: EntityList, entity: Entity, *, limit: int | None = None, offset: int = 0
) -> list[EntityAct]:
    """What the log says of an entity, newest first; the upload, deletion or restoring of many counts for each of them."""
    together = [
        number
        for number, action, details, logged_at in session.execute(
            select(Audit.id, Audit.action, Audit.details, Audit.logged_at).where(
                Audit.actee_id == listed.actee_id, Audit.action.in_(BULK)
            )
        )
        if entity.uuid in details.get("uuids", ()) or (action == BULK[0] and logged_at == entity.created_at)
    ]
    rows = session.scalars(
        select(Audit)
        .where(or_(Audit.entity_id == entity.id, Audit.id.in_(together)))
        .order_by(Audit.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    actors = actors_of(session, (row.actor_id for row in rows))
    return [
        EntityAct(
            row.actor_id,
            row.action,
            row.actee_id,
            row.details or None,
            row.notes,
            row.logged_at,
            actors.get(row.actor_id or 0),
        )
        for row in rows
    ]
