"""Entity lists as API clients manage them: made, set up, given properties, removed.

Belongs here: changes of a list as a whole. Does not: reading lists (dataset_facts.py, dataset_uses.py), entities in them
(entity_edits.py), lists that forms and enrolment need (entity_lists.ensure_list makes those).
Source: the REST specification, "Datasets and entities".
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.db import now, one_of
from server.errors import ConflictError, NotFoundError
from server.models.entity import Entity, EntityHold, EntityList, EntityProperty, FormEntity
from server.models.form import Form
from server.models.project import Project
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.problems import (
    ListInUseError,
    NotSupportedError,
    PendingSubmissionsError,
    PropertyInUseError,
)
from server.services import audit, dataset_uses, entity_lists


def create_list(
    session: Session, project: Project, *, name: str, approval_required: bool = False, actor_id: int
) -> EntityList:
    """A new list without properties.

    Raises: BadValueError for a name that ODK does not allow, ConflictError (409.3) when it exists, ListNameError (409.16)
    when one exists that differs only by case.
    """
    if entity_lists.find_list(session, project.id, name) is not None:
        raise ConflictError(
            f"an entity list {name!r} exists",
            details={"fields": ["name", "projectId"], "values": [name, project.id], "table": "datasets"},
        )
    listed = entity_lists.ensure_list(session, project.id, name, ())
    listed.approval_required = approval_required
    audit.record(session, actor_id, "dataset.create", listed.actee_id)
    session.flush()
    return listed


def update_list(
    session: Session, listed: EntityList, changes: Mapping[str, Any], *, convert: bool | None, actor_id: int
) -> list[int]:
    """Who may make entities, and whose entities a phone shows. changes: approval_required, owner_only, access_filter.

    Args: convert = what becomes of submissions that wait for approval when none is asked for any more: True = their entities
    are made, False = they are not, None = not said.
    Returns: ids of submissions that are owed their entities now.
    Raises: PendingSubmissionsError (400.29) when some wait and convert is not said; NotSupportedError for an access filter.
    """
    if changes.get("access_filter") is not None:
        raise NotSupportedError("rows of a list are shown by areas and owner; access filters are not offered")
    owed: list[int] = []
    if listed.approval_required and changes.get("approval_required") is False:
        pending = _list_pending(session, listed)
        if pending and convert is None:
            raise PendingSubmissionsError(details={"count": len(pending)})
        if convert:
            owed = [submission.id for submission in pending]
            for submission in pending:
                submission.entity_state, submission.screened_at = EntityState.owed, None
    changed = {
        name: changes[name]
        for name in ("approval_required", "owner_only")
        if changes.get(name) is not None and changes[name] != getattr(listed, name)
    }
    for name, value in changed.items():
        setattr(listed, name, value)
    session.flush()
    if changed:
        entity_lists.count_schema_change(session, listed)
    keys = {"approval_required": "approvalRequired", "owner_only": "ownerOnly"}
    data = {keys[name]: changes[name] for name in keys if changes.get(name) is not None}
    audit.record(session, actor_id, "dataset.update", listed.actee_id, {"data": data})
    return owed


def delete_list(session: Session, listed: EntityList, *, actor_id: int) -> None:
    """Into the trash, with its entities. Raises: ListInUseError (409.21) while a form writes to it or reads it."""
    uses = dataset_uses.uses_of(session, listed)
    if uses.all_forms:
        raise ListInUseError(
            details={
                key: [form.as_json() for form in forms]
                for key, forms in (
                    ("linkedForms", uses.linked),
                    ("sourceForms", uses.sources),
                    ("draftLinkedForms", uses.draft_linked),
                    ("draftSourceForms", uses.draft_sources),
                )
            }
        )
    listed.deleted_at = now()
    audit.record(session, actor_id, "dataset.delete", listed.actee_id)
    session.flush()


def add_property(session: Session, listed: EntityList, name: str, *, actor_id: int) -> None:
    """One more property. Raises: BadValueError for a bad name; ConflictError (409.3) when it exists in any case."""
    for known in entity_lists.list_properties(session, listed):
        if known.lower() == name.lower():
            raise ConflictError(
                f"a property {known!r} exists",
                details={
                    "fields": ["name", "datasetId"],
                    "values": [name, listed.id],
                    "table": "ds_properties",
                },
            )
    entity_lists.add_properties(session, listed, [name])
    audit.record(session, actor_id, "dataset.update", listed.actee_id, {"properties": [name]})


def delete_property(session: Session, listed: EntityList, name: str, *, actor_id: int) -> None:
    """Removes a property that nothing uses; phones lose the column.

    Raises: NotFoundError; PropertyInUseError (409.22) while a form writes it or an entity has a value.
    """
    if name not in entity_lists.list_properties(session, listed):
        raise NotFoundError(f"the list has no property {name!r}")
    writers = [form.as_json() for form in dataset_uses.uses_of(session, listed).writers_of(name)]
    filled = session.scalar(
        select(Entity.uuid)
        .where(Entity.entity_list_id == listed.id, Entity.data[name].as_string() != "")
        .limit(1)
    )
    if writers or filled is not None:
        prerequisites = {"forms": writers, "hasValues": filled is not None}
        raise PropertyInUseError(details={"propertyName": name, "prerequisites": prerequisites})
    session.execute(
        delete(EntityProperty).where(EntityProperty.entity_list_id == listed.id, EntityProperty.name == name)
    )
    entity_lists.count_schema_change(session, listed)
    audit.record(session, actor_id, "dataset.update", listed.actee_id, {"propertyDeleted": name})


def _list_pending(session: Session, listed: EntityList) -> list[Submission]:
    """Submissions whose new entities of this list wait for an approval, in order of arrival."""
    creating = select(FormEntity.form_version_id).where(
        FormEntity.entity_list_id == listed.id, FormEntity.creates
    )
    ids = session.scalars(
        select(Submission.id)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .outerjoin(EntityHold, EntityHold.submission_id == Submission.id)
        .where(
            Submission.entity_state == EntityState.held,
            EntityHold.submission_id.is_(None),
            SubmissionVersion.form_version_id.in_(creating),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            Form.deleted_at.is_(None),
        )
    ).all()
    return list(session.scalars(select(Submission).where(one_of(Submission.id, ids)).order_by(Submission.id)))
