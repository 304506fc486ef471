"""What submissions owe to entity lists: done in order of arrival, held when they come too early, forced after five days.

Belongs here: which submissions, which of their actions, what becomes of those that fail. Does not: entities themselves
(entities.py), waiting (entity_holds.py).
Source: the OpenRosa specification, 6.2 (processing) and 6.3 (offline branches).
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.entities import Attribute, EntityAction, Fault, read_entity_actions
from forms.errors import FormsError
from server.backends import Backends
from server.models.entity import Entity, EntityList, EntityVersion
from server.models.form import Form
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.services import audit, entity_holds, entity_lists, form_cache
from server.services.answers import Reader
from server.services.entities import (
    BaseMissingError,
    Change,
    EntityProblem,
    Origin,
    create_entity,
    create_late,
    find_entity,
    lock_entity,
    update_entity,
    was_forced,
)

LOG = logging.getLogger("sisir.entities")
LARGEST = 2**31 - 1
FINISHED = (EntityState.done, EntityState.failed)


@dataclass(frozen=True)
class _Job:
    """One submission whose entities are due."""

    submission: Submission
    version: SubmissionVersion
    definition: FormDefinition
    forced: bool


class _ApprovalMissingError(Exception):
    """The list takes new entities only from approved submissions, and this one is not approved."""


def apply_entities(
    session: Session, backends: Backends, submission: Submission, reader: Reader | None = None
) -> None:
    """Does what a submission asks of entity lists, then whatever was held back for it.

    Effects: entity versions; submission.entity_state says done, held or failed; a failure is logged as entity.error and
    never touches the submission. All entities of one submission succeed or none. A repeat does nothing; an edit does
    nothing to an entity that an earlier version of the submission made or changed.
    """
    _apply(session, reader or Reader(backends), submission, forced=False)


def lock_entities(session: Session, submissions: Iterable[Submission], reader: Reader) -> None:
    """Keeps other workers off the entities of these submissions, in one order, so that none waits for ever."""
    uuids: set[str] = set()
    for submission in submissions:
        version = session.get_one(SubmissionVersion, submission.current_version_id)
        definition = form_cache.definition_of(session, version.form_version_id)
        document = reader.document(session, version.id) if definition.entities else None
        if document is not None:
            actions = read_entity_actions(document, definition)
            uuids |= {action.entity_id.value for action in actions if action.entity_id.value}
    for uuid in sorted(uuids):
        lock_entity(session, uuid)


def force_held(session: Session, backends: Backends, *, limit: int = 100) -> int:
    """Applies submissions that were held for five days as well as it goes. Returns: how many."""
    reader, done = Reader(backends), 0
    for submission in entity_holds.list_overdue(session, limit):
        if submission.entity_state != EntityState.held:
            continue  # released a moment ago by one before it
        audit.record(session, None, "submission.backlog.force", None, entity_holds.ids_of(submission))
        _apply(session, reader, submission, forced=True)
        done += 1
    return done


def _apply(session: Session, reader: Reader, submission: Submission, *, forced: bool) -> None:
    waiting = deque([(submission, forced)])
    while waiting:
        due, by_force = waiting.popleft()
        if due.entity_state in FINISHED:
            continue
        changed = _apply_one(session, reader, due, forced=by_force)
        waiting.extend((released, False) for released in entity_holds.release(session, changed))


def _apply_one(session: Session, reader: Reader, submission: Submission, *, forced: bool) -> list[str]:
    """Returns: the uuids that were changed."""
    version = session.get_one(SubmissionVersion, submission.current_version_id)
    definition = form_cache.definition_of(session, version.form_version_id)
    try:
        actions = _actions(session, reader, version, definition)
        for uuid in sorted({action.entity_id.value for action in actions if action.entity_id.value}):
            lock_entity(session, uuid)
        with session.begin_nested():
            changed = _act_all(session, _Job(submission, version, definition, forced), actions)
    except BaseMissingError as missing:
        entity_holds.hold(session, submission, missing)
        return []
    except _ApprovalMissingError:
        submission.entity_state = EntityState.held
        return []
    except EntityProblem as problem:
        _fail(session, submission, problem)
        return []
    entity_holds.drop(session, submission)
    submission.entity_state, submission.entity_error = EntityState.done, None
    return changed


def _actions(
    session: Session, reader: Reader, version: SubmissionVersion, definition: FormDefinition
) -> tuple[EntityAction, ...]:
    """Those that create or update; none in encrypted submissions. Raises: EntityProblem for XML that cannot be read."""
    if not definition.entities:
        return ()
    document = reader.document(session, version.id)
    if document is None:
        raise EntityProblem("400.25", "the submission cannot be opened")
    try:
        return tuple(item for item in read_entity_actions(document, definition) if item.create or item.update)
    except FormsError as error:
        raise EntityProblem("400.25", str(error)) from error


def _act_all(session: Session, job: _Job, actions: Sequence[EntityAction]) -> list[str]:
    """All or none. Raises: EntityProblem, 400.43 around it when there are several entities."""
    try:
        return [uuid for action in actions if (uuid := _act(session, job, action))]
    except EntityProblem as problem:
        if len(actions) == 1:
            raise
        raise EntityProblem(
            "400.43", f"{len(actions)} entities, none was changed: {problem.message}"
        ) from problem


def _act(session: Session, job: _Job, action: EntityAction) -> str | None:
    """Returns: the uuid; None when an earlier version of the submission did it already."""
    listed = entity_lists.find_list(session, job.submission.project_id, action.dataset)
    if listed is None:
        raise EntityProblem("404.7", f"there is no entity list {action.dataset!r}")
    _check_permitted(action, job.definition)
    uuid = _read(action.entity_id, "id")
    if uuid is None:
        raise EntityProblem("400.2", "the entity has no id")
    if _was_done(session, job.submission, uuid):
        return None
    change = Change(
        uuid=uuid,
        label=action.label,
        properties=action.properties,
        base_version=_number(action.base_version, "baseVersion"),
        trunk_version=_number(action.trunk_version, "trunkVersion"),
        branch_id=_read(action.branch_id, "branchId"),
    )
    if action.update:
        _update(session, listed, change, action, job)
    else:
        _create(session, listed, change, job)
    return uuid


def _was_done(session: Session, submission: Submission, uuid: str) -> bool:
    """True when a version of this submission made or changed the entity before."""
    query = (
        select(EntityVersion.id)
        .join(Entity, Entity.id == EntityVersion.entity_id)
        .join(SubmissionVersion, SubmissionVersion.id == EntityVersion.submission_version_id)
        .where(Entity.uuid == uuid, SubmissionVersion.submission_id == submission.id)
        .limit(1)
    )
    return session.scalar(query) is not None


def _create(session: Session, listed: EntityList, change: Change, job: _Job) -> None:
    if listed.approval_required and job.submission.review_state != "approved":
        raise _ApprovalMissingError
    origin = _origin(session, job)
    known = find_entity(session, change.uuid, listed.id)
    if known is not None and known.deleted_at is None and was_forced(session, known):
        create_late(session, listed, change, origin, known)
    else:
        create_entity(session, listed, change, origin)


def _update(session: Session, listed: EntityList, change: Change, action: EntityAction, job: _Job) -> None:
    """An upsert creates when there is no entity, or no base; an update without entity is made one by force."""
    exists = find_entity(session, change.uuid, listed.id) is not None
    if action.create and (not exists or change.base_version is None):
        _create(session, listed, change, job)
    elif job.forced and not exists:
        create_entity(session, listed, change, _origin(session, job), forced=True)
    else:
        update_entity(session, listed, change, _origin(session, job), forced=job.forced)


def _check_permitted(action: EntityAction, definition: FormDefinition) -> None:
    declared = next(
        (
            item
            for item in definition.entities
            if item.dataset == action.dataset and item.container == action.container
        ),
        None,
    )
    if declared is None:
        raise EntityProblem("404.7", f"the form does not declare the entity list {action.dataset!r} there")
    wanted = [name for name, on in (("create", action.create), ("update", action.update)) if on]
    permitted = [name for name, on in (("create", declared.creates), ("update", declared.updates)) if on]
    if not set(wanted) <= set(permitted):
        raise EntityProblem("403.2", f"the form does not permit {wanted}, only {permitted}")


def _origin(session: Session, job: _Job) -> Origin:
    form_id = session.get_one(Form, job.submission.form_id).xml_form_id
    return Origin(
        actor_id=job.version.submitter_id,
        user_agent=job.version.user_agent or "",
        submission_version_id=job.version.id,
        source={"submission": {"instanceId": job.submission.instance_id, "xmlFormId": form_id}},
    )


def _read(attribute: Attribute, name: str) -> str | None:
    """The attribute's value; None when it is absent or blank. Raises: EntityProblem when it is there and unreadable."""
    if attribute.fault is Fault.INVALID:
        raise EntityProblem("400.11", f"{name} is not readable: {(attribute.raw or '')[:64]!r}")
    return attribute.value


def _number(attribute: Attribute, name: str) -> int | None:
    number = None if _read(attribute, name) is None else attribute.number
    if number is not None and number > LARGEST:
        raise EntityProblem("404.9", f"there is no {name} {number}")
    return number


def _fail(session: Session, submission: Submission, problem: EntityProblem) -> None:
    entity_holds.drop(session, submission)
    submission.entity_state, submission.entity_error = EntityState.failed, f"{problem.code} {problem.message}"
    LOG.warning("entity.error", extra={"submission_id": submission.id, "code": problem.code})
    details = {
        **entity_holds.ids_of(submission),
        "errorMessage": problem.message,
        "problem": {"problemCode": float(problem.code)},
    }
    audit.record(session, None, "entity.error", None, details)
