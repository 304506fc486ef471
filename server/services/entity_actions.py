"""What submissions owe to entity lists: done in order of arrival, held when they come too early, forced after five days.

Belongs here: which of their actions, in which order, what becomes of those that fail. Does not: entities themselves
(entities.py), reading what submissions ask (entity_desk.py), waiting (entity_holds.py).
Source: the OpenRosa specification, 6.2 (processing) and 6.3 (offline branches).
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.entities import Attribute, EntityAction, Fault
from server.backends import Backends
from server.models.entity import EntityList
from server.models.submission import EntityState, Submission
from server.services import audit, entity_holds
from server.services.answers import Reader
from server.services.entities import (
    BaseMissingError,
    Change,
    EntityProblem,
    create_entity,
    create_late,
    update_entity,
    was_forced,
)
from server.services.entity_desk import EntityDesk, Job
from server.services.entity_work import find_entity, forget_entities, lock_entity, working_on

LOG = logging.getLogger("sisir.entities")
LARGEST = 2**31 - 1
FINISHED = (EntityState.done, EntityState.failed)


class _ApprovalMissingError(Exception):
    """The list takes new entities only from approved submissions, and this one is not approved."""


def apply_entities(
    session: Session, backends: Backends, submissions: Iterable[Submission], reader: Reader | None = None
) -> None:
    """Does what submissions ask of entity lists, in this order, then whatever was held back for it.

    Effects: entity versions; submission.entity_state says done, held or failed; a failure is logged as entity.error and
    never touches the submission. All entities of one submission succeed or none. A repeat does nothing; an edit does
    nothing to an entity that an earlier version of the submission made or changed.
    """
    due = [submission for submission in submissions if submission.entity_state not in FINISHED]
    _apply(session, reader or Reader(backends), due, forced=False)


def force_held(session: Session, backends: Backends, *, limit: int = 100) -> int:
    """Applies submissions that were held for five days as well as it goes. Returns: how many."""
    overdue = entity_holds.list_overdue(session, limit)
    return _apply(session, Reader(backends), overdue, forced=True)


def _apply(session: Session, reader: Reader, submissions: Sequence[Submission], *, forced: bool) -> int:
    """Returns: how many of these were done; what follows them is not counted, and is not forced."""
    if not submissions:
        return 0
    desk, count = EntityDesk(session, reader), 0
    desk.load(submissions)
    with working_on(session, desk.uuids):
        for submission in submissions:
            if forced and submission.entity_state != EntityState.held:
                continue  # released a moment ago by one before it
            if forced:
                details = entity_holds.ids_of(submission)
                audit.record(session, None, "submission.backlog.force", None, details)
            _apply_with_followers(session, desk, submission, forced=forced)
            count += 1
    session.flush()
    return count


def _apply_with_followers(
    session: Session, desk: EntityDesk, submission: Submission, *, forced: bool
) -> None:
    waiting = deque([(submission, forced)])
    while waiting:
        due, by_force = waiting.popleft()
        changed = _apply_one(session, desk, due, forced=by_force)
        released = entity_holds.release(session, changed) if desk.waits_for(changed) else []
        desk.load(released)
        waiting.extend((follower, False) for follower in released)


def _apply_one(session: Session, desk: EntityDesk, submission: Submission, *, forced: bool) -> list[str]:
    """Returns: the uuids that were changed."""
    try:
        changed = _act_all(session, desk, desk.job(submission, forced=forced))
    except BaseMissingError as missing:
        desk.held.add(submission.id)
        desk.waited_for.add(missing.uuid)
        entity_holds.hold(session, submission, missing)
        return []
    except _ApprovalMissingError:
        submission.entity_state = EntityState.held
        return []
    except EntityProblem as problem:
        _finish(session, desk, submission)
        _fail(session, submission, problem)
        return []
    _finish(session, desk, submission)
    submission.entity_state, submission.entity_error = EntityState.done, None
    return changed


def _finish(session: Session, desk: EntityDesk, submission: Submission) -> None:
    if submission.id in desk.held:
        entity_holds.drop(session, submission)


def _act_all(session: Session, desk: EntityDesk, job: Job) -> list[str]:
    """All or none. Raises: EntityProblem, 400.43 around it when there are several entities."""
    actions = desk.actions_of(job)
    if len(actions) < 2:
        return [uuid for action in actions if (uuid := _act(session, desk, job, action))]
    try:
        with session.begin_nested():
            return [uuid for action in actions if (uuid := _act(session, desk, job, action))]
    except EntityProblem as problem:
        forget_entities(session)
        message = f"{len(actions)} entities, none was changed: {problem.message}"
        failed = {"code": float(problem.code), "message": problem.message}
        details = {"count": 1, "total": len(actions), "errors": [failed]}
        raise EntityProblem("400.43", message, details=details) from problem
    except BaseException:
        forget_entities(session)
        raise


def _act(session: Session, desk: EntityDesk, job: Job, action: EntityAction) -> str | None:
    """Returns: the uuid; None when an earlier version of the submission did it already."""
    listed = desk.find_list(job.submission.project_id, action.dataset)
    if listed is None:
        raise EntityProblem("404.7", f"there is no entity list {action.dataset!r}")
    _check_permitted(action, job.definition)
    uuid = _read(action.entity_id, "id")
    if uuid is None:
        raise EntityProblem("400.2", "the entity has no id")
    if (job.submission.id, uuid) in desk.done_before:
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


def _create(session: Session, listed: EntityList, change: Change, job: Job) -> None:
    if listed.approval_required and job.submission.review_state != "approved":
        raise _ApprovalMissingError
    lock_entity(session, change.uuid)
    known = find_entity(session, change.uuid, listed.id)
    if known is not None and known.deleted_at is None and was_forced(session, known):
        create_late(session, listed, change, job.origin, known)
    else:
        create_entity(session, listed, change, job.origin)


def _update(session: Session, listed: EntityList, change: Change, action: EntityAction, job: Job) -> None:
    """An upsert creates when there is no entity, or no base; an update without entity is made one by force.

    A step of an offline branch waits for the create before it, also when it could create: that create is on its way.
    """
    lock_entity(session, change.uuid)
    exists = find_entity(session, change.uuid, listed.id) is not None
    waits = change.branch_id is not None and change.base_version is not None and not job.forced
    if action.create and (change.base_version is None or not (exists or waits)):
        _create(session, listed, change, job)
    elif job.forced and not exists:
        create_entity(session, listed, change, job.origin, forced=True)
    else:
        update_entity(session, listed, change, job.origin, forced=job.forced)


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
    submission.entity_state, submission.entity_error = EntityState.failed, f"{problem.code} {problem.message}"
    LOG.warning("entity.error", extra={"submission_id": submission.id, "code": problem.code})
    told: dict[str, object] = {"problemCode": float(problem.code)}
    if problem.details:
        told["problemDetails"] = problem.details
    details = {**entity_holds.ids_of(submission), "errorMessage": problem.message, "problem": told}
    audit.record(session, None, "entity.error", None, details)
