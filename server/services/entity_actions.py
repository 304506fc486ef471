"""What submissions owe to entity lists: done in order of arrival, held when they come too early, forced after five days.

Source: the OpenRosa specification, 6.2 (processing) and 6.3 (offline branches).
"""

import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.entities import Attribute, EntityAction, Fault, read_entity_actions
from forms.errors import FormsError
from forms.submission import SubmissionDocument
from server.backends import Backends
from server.db import insert_for, now
from server.models.entity import EntityHold, EntityList
from server.models.form import Form
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.services import audit, entity_lists, form_cache
from server.services.answers import read_document
from server.services.entities import (
    BaseMissingError,
    Change,
    EntityProblem,
    Origin,
    create_entity,
    find_entity,
    update_entity,
)

LOG = logging.getLogger("sisir.entities")
HOLD_TIME = timedelta(days=5)


def apply_entities(session: Session, backends: Backends, submission: Submission) -> None:
    """Does what a submission asks of entity lists, then whatever was held back for it.

    Effects: entity versions; submission.entity_state says done, held or failed; a failure is logged as entity.error and
    never touches the submission. All entities of one submission succeed or none. A repeat does nothing.
    """
    waiting = [submission]
    while waiting:
        due = waiting.pop(0)
        if due.entity_state in (EntityState.done, EntityState.failed):
            continue
        applied = _apply_one(session, backends, due, forced=False)
        waiting.extend(_released(session, applied))


def force_held(session: Session, backends: Backends, *, limit: int = 100) -> int:
    """Applies submissions that were held for five days as well as it goes. Returns: how many."""
    rows = session.scalars(
        select(Submission)
        .join(EntityHold, EntityHold.submission_id == Submission.id)
        .where(EntityHold.held_at < now() - HOLD_TIME)
        .order_by(EntityHold.branch_base_version, Submission.id)
        .limit(limit)
    ).all()
    for submission in rows:
        audit.record(session, None, "submission.backlog.force", None, _ids(submission))
        applied = _apply_one(session, backends, submission, forced=True)
        for later in _released(session, applied):
            apply_entities(session, backends, later)
    return len(rows)


def _apply_one(session: Session, backends: Backends, submission: Submission, *, forced: bool) -> list[str]:
    """Returns: the uuids that were changed."""
    version = session.get_one(SubmissionVersion, submission.current_version_id)
    definition = form_cache.definition_of(session, version.form_version_id)
    _release(session, submission)
    try:
        actions = _actions(backends, version, definition)
        with session.begin_nested():
            for action in actions:
                _act(session, submission, version, action, definition, forced=forced)
    except BaseMissingError as missing:
        _hold(session, submission, missing)
        return []
    except EntityProblem as problem:
        _fail(session, submission, problem)
        return []
    submission.entity_state, submission.entity_error = EntityState.done, None
    return [action.entity_id.value for action in actions if action.entity_id.value]


def _actions(
    backends: Backends, version: SubmissionVersion, definition: FormDefinition
) -> tuple[EntityAction, ...]:
    if not definition.entities:
        return ()
    try:
        document: SubmissionDocument = read_document(backends, version)
        if document.envelope.encrypted:
            return ()
        return read_entity_actions(document, definition)
    except FormsError as error:
        raise EntityProblem("400.25", str(error)) from error


def _act(
    session: Session,
    submission: Submission,
    version: SubmissionVersion,
    action: EntityAction,
    definition: FormDefinition,
    *,
    forced: bool,
) -> None:
    if not (action.create or action.update):
        return
    listed = entity_lists.find_list(session, submission.project_id, action.dataset)
    if listed is None:
        raise EntityProblem("404.7", f"there is no entity list {action.dataset!r}")
    _check_permitted(action, definition)
    uuid = _read(action.entity_id, "id")
    if uuid is None:
        raise EntityProblem("400.2", "the entity has no id")
    change = Change(
        uuid=uuid,
        label=action.label,
        properties=action.properties,
        base_version=_number(action.base_version, "baseVersion"),
        trunk_version=_number(action.trunk_version, "trunkVersion"),
        branch_id=_read(action.branch_id, "branchId"),
    )
    _change(session, listed, change, action, _origin(session, submission, version), forced=forced)


def _change(
    session: Session,
    listed: EntityList,
    change: Change,
    action: EntityAction,
    origin: Origin,
    *,
    forced: bool,
) -> None:
    if not action.update:
        if forced and find_entity(session, change.uuid, listed.id) is not None:
            update_entity(session, listed, change, origin, forced=True)
        else:
            create_entity(session, listed, change, origin)
        return
    exists = find_entity(session, change.uuid, listed.id) is not None
    if action.create and (not exists or change.base_version is None):
        create_entity(session, listed, change, origin)
    elif forced and not exists:
        create_entity(session, listed, change, origin, forced=True)
    else:
        update_entity(session, listed, change, origin, forced=forced)


def _check_permitted(action: EntityAction, definition: FormDefinition) -> None:
    declared = next((item for item in definition.entities if item.dataset == action.dataset), None)
    if declared is None:
        raise EntityProblem("404.7", f"the form does not declare the entity list {action.dataset!r}")
    wanted = [name for name, on in (("create", action.create), ("update", action.update)) if on]
    permitted = [name for name, on in (("create", declared.creates), ("update", declared.updates)) if on]
    if not set(wanted) <= set(permitted):
        raise EntityProblem("403.2", f"the form does not permit {wanted}, only {permitted}")


def _origin(session: Session, submission: Submission, version: SubmissionVersion) -> Origin:
    form_id = session.scalar(select(Form.xml_form_id).where(Form.id == submission.form_id))
    return Origin(
        actor_id=version.submitter_id,
        user_agent=version.user_agent or "",
        submission_version_id=version.id,
        source={"submission": {"instanceId": submission.instance_id, "xmlFormId": form_id}},
    )


def _read(attribute: Attribute, name: str) -> str | None:
    """The attribute's value; None when it is absent or blank. Raises: EntityProblem when it is there and unreadable."""
    if attribute.fault is Fault.INVALID:
        raise EntityProblem("400.11", f"{name} is not readable: {(attribute.raw or '')[:64]!r}")
    return attribute.value


def _number(attribute: Attribute, name: str) -> int | None:
    return None if _read(attribute, name) is None else attribute.number


def _hold(session: Session, submission: Submission, missing: BaseMissingError) -> None:
    submission.entity_state = EntityState.held
    session.execute(
        insert_for(session, EntityHold)
        .values(
            submission_id=submission.id,
            entity_uuid=missing.uuid,
            branch_id=missing.branch_id,
            branch_base_version=missing.base_version,
            held_at=now(),
        )
        .on_conflict_do_nothing()
    )
    audit.record(session, None, "submission.backlog.hold", None, _ids(submission))


def _released(session: Session, uuids: list[str]) -> list[Submission]:
    """Held submissions that may go on now that these entities changed, in the order of their branch."""
    if not uuids:
        return []
    rows = session.scalars(
        select(Submission)
        .join(EntityHold, EntityHold.submission_id == Submission.id)
        .where(EntityHold.entity_uuid.in_(uuids))
        .order_by(EntityHold.branch_base_version, Submission.id)
    ).all()
    for submission in rows:
        submission.entity_state = EntityState.owed
        audit.record(session, None, "submission.backlog.reprocess", None, _ids(submission))
    return list(rows)


def _release(session: Session, submission: Submission) -> None:
    hold = session.get(EntityHold, submission.id)
    if hold is not None:
        session.delete(hold)
        session.flush()


def _fail(session: Session, submission: Submission, problem: EntityProblem) -> None:
    submission.entity_state, submission.entity_error = EntityState.failed, f"{problem.code} {problem.message}"
    LOG.warning("entity.error", extra={"submission_id": submission.id, "code": problem.code})
    details = {
        **_ids(submission),
        "errorMessage": problem.message,
        "problem": {"problemCode": float(problem.code)},
    }
    audit.record(session, None, "entity.error", None, details)


def _ids(submission: Submission) -> dict[str, object]:
    return {"submissionId": submission.id, "submissionDefId": submission.current_version_id}
