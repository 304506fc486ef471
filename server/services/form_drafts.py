"""Drafts as API clients work with them: new forms, replaced and copied drafts, warnings, publishing under another version.

Belongs here: what happens around publishing.save_draft and publish_draft. Does not: slots (form_slots.py), trash (form_trash.py).
Source: the REST specification, "Create", "Drafts".
"""

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import FormError
from forms.xform import read_definition
from forms.xform_version import rewrite_version
from server.backends import Backends
from server.db import now
from server.errors import BadValueError, ConflictError, FormWarningsError, NotFoundError
from server.models.form import Form, FormFile, FormVersion
from server.models.project import Project
from server.problems import OnlyDraftError
from server.services import accounts, audit, form_cache, publishing
from server.services.form_changes import refusal_of
from server.services.publishing import Upload

NEWEST_ENTITIES = "2024.1.0"
NO_DRAFT = "the form has no draft"
COPIED = (
    "form_id",
    "version",
    "title",
    "xml",
    "md5",
    "sha1",
    "sha256",
    "source_blob_id",
    "source_kind",
    "definition",
    "rules",
    "warnings",
    "is_validated",
    "has_sensitive",
)


def create_form(
    session: Session,
    backends: Backends,
    *,
    project: Project,
    upload: Upload,
    publish: bool,
    actor_id: int,
    notes: str | None = None,
) -> tuple[Form, FormVersion]:
    """A new form with this upload as its draft, or published at once.

    Raises: ConflictError (409.3) when the project has a form of this id; as publishing.publish_draft.
    """
    form_id = upload.compiled.definition.form_id
    if publishing.find_form(session, project.id, form_id) is not None:
        raise ConflictError(
            f"the project has a form {form_id!r} already",
            message_id="Formulir dengan form_id ini sudah ada.",
            details={
                "fields": ["projectId", "xmlFormId"],
                "values": [project.id, form_id],
                "table": "forms",
            },
        )
    form, version = publishing.save_draft(
        session, backends, project=project, upload=upload, actor_id=actor_id
    )
    if publish:
        publishing.publish_draft(session, form, actor_id=actor_id, notes=notes)
        version.published_at = form.created_at
        form.updated_at = None
        session.flush()
    return form, version


def require_no_warnings(session: Session, project: Project, form: Form | None, upload: Upload) -> None:
    """Raises: FormWarningsError (400.16) listing what the author should know before going on."""
    definition = upload.compiled.definition
    workflow = _workflow_warnings(session, project, form, definition)
    warnings: dict[str, Any] = {}
    if upload.warnings:
        warnings["xlsFormWarnings"] = list(upload.warnings)
    if workflow:
        warnings["workflowWarnings"] = workflow
    if warnings:
        raise FormWarningsError(details={"warnings": warnings})


def require_same_id(form: Form, upload: Upload) -> None:
    """Raises: BadValueError (400.8) when an upload is another form."""
    form_id = upload.compiled.definition.form_id
    if form_id != form.xml_form_id:
        reason = "the form id of a draft must be that of its form"
        raise BadValueError(reason, details={"field": "xmlFormId", "value": form_id, "reason": reason})


def copy_published(session: Session, form: Form, *, actor_id: int) -> FormVersion:
    """A draft that is a copy of the published version, workbook and files included. Raises: NotFoundError without one."""
    if form.current_version_id is None:
        raise NotFoundError("the form was never published")
    source = session.get_one(FormVersion, form.current_version_id)
    token = None
    if form.draft_version_id is not None:
        token = session.get_one(FormVersion, form.draft_version_id).draft_token
        publishing.drop_draft(session, form)
    draft = FormVersion(
        **{name: getattr(source, name) for name in COPIED},
        draft_token=token or accounts.new_token(),
        created_by_id=actor_id,
        created_at=now(),
    )
    session.add(draft)
    session.flush()
    for slot in session.scalars(select(FormFile).where(FormFile.form_version_id == source.id)).all():
        session.add(
            FormFile(
                form_version_id=draft.id,
                name=slot.name,
                kind=slot.kind,
                blob_id=slot.blob_id,
                content_type=slot.content_type,
                entity_list_id=slot.entity_list_id,
                updated_at=slot.updated_at,
            )
        )
    form.draft_version_id, form.updated_at = draft.id, now()
    audit.record(session, actor_id, "form.update.draft.set", form.actee_id, {"formVersionId": draft.id})
    session.flush()
    return draft


def get_draft(session: Session, form: Form) -> FormVersion:
    """The draft of a form. Raises: NotFoundError without one."""
    if form.draft_version_id is None:
        raise NotFoundError(NO_DRAFT)
    return session.get_one(FormVersion, form.draft_version_id)


def publish_as(
    session: Session, form: Form, *, version: str | None, actor_id: int, notes: str | None
) -> None:
    """Publishes the draft, under another version string when one is given: bytes and hash change then, nothing else does.

    Raises: NotFoundError without a draft; VersionReusedError; FormRefusedError when the version cannot be written.
    """
    locked = session.get(Form, form.id, with_for_update=True, populate_existing=True)
    if locked is None or locked.draft_version_id is None:
        raise NotFoundError(NO_DRAFT)
    if version is not None:
        _rename(session.get_one(FormVersion, locked.draft_version_id), version)
        session.flush()
    publishing.publish_draft(session, locked, actor_id=actor_id, notes=notes)


def delete_draft(session: Session, form: Form, *, actor_id: int) -> None:
    """Removes the draft. Raises: NotFoundError without one; OnlyDraftError (409.7) when the form was never published."""
    get_draft(session, form)
    if form.current_version_id is None:
        raise OnlyDraftError()
    publishing.drop_draft(session, form)
    form.updated_at = now()
    audit.record(session, actor_id, "form.update.draft.delete", form.actee_id)
    session.flush()


def _rename(draft: FormVersion, version: str) -> None:
    try:
        xml = rewrite_version(draft.xml, version)
        definition = read_definition(xml)
    except FormError as error:
        raise refusal_of(error) from error
    draft.xml, draft.version = xml, version
    draft.md5 = hashlib.md5(xml, usedforsecurity=False).hexdigest()
    draft.sha1 = hashlib.sha1(xml, usedforsecurity=False).hexdigest()
    draft.sha256 = hashlib.sha256(xml).hexdigest()
    draft.definition = form_cache.definition_json(definition)


def _workflow_warnings(
    session: Session, project: Project, form: Form | None, definition: FormDefinition
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if form is not None and form.current_version_id is not None:
        before = form_cache.definition_of(session, form.current_version_id)
        missing = [
            item.name
            for item in before.fields
            if item.path not in definition.by_path and not _is_meta(item.path)
        ]
        if missing:
            found.append({"type": "structureChanged", "details": missing})
    trashed = select(Form.id).where(
        Form.project_id == project.id,
        Form.xml_form_id == definition.form_id,
        Form.deleted_at.is_not(None),
    )
    if form is None and session.scalar(trashed.limit(1)) is not None:
        found.append({"type": "deletedFormExists", "details": {"xmlFormId": definition.form_id}})
    old = definition.entities_version
    if definition.entities and old is not None and old < NEWEST_ENTITIES:
        found.append(
            {
                "type": "oldEntityVersion",
                "details": {"version": old},
                "reason": "Updates made offline are not ordered in this version of the entity specification.",
            }
        )
    return found


def _is_meta(path: str) -> bool:
    return "meta" in path.split("/")
