"""Forms: taking in a workbook or XForm, drafting it, publishing it.

Belongs here: versions, slots, what publishing does to entity lists. Does not: reading forms for phones (serving.py),
converting (forms.compile).
"""

import hashlib
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.compile import CompiledForm, compile_form
from forms.definition import FormDefinition
from forms.errors import CompilerUnavailableError, FormError
from forms.rules import RuleSet, compile_rules
from server.backends import Backends
from server.db import now
from server.errors import (
    BadValueError,
    NotFoundError,
    UnavailableError,
    VersionReusedError,
)
from server.models.blob import Blob
from server.models.entity import EntityList, FormEntity
from server.models.form import Form, FormFile, FormState, FormVersion
from server.models.project import Project
from server.services import accounts, audit, entity_lists, form_cache
from server.services.blobs import keep_blob
from server.services.form_changes import refusal_of, require_compatible


@dataclass(frozen=True)
class Upload:
    """A form file that compiled, with its rules, ready to be saved as a draft."""

    compiled: CompiledForm
    rules: RuleSet | None
    source: bytes

    @property
    def warnings(self) -> list[str]:
        """What the author should know and may ignore."""
        return [*self.compiled.warnings, *(self.rules.warnings if self.rules else ())]


def compile_upload(
    data: bytes,
    *,
    file_name: str,
    known_forms: dict[str, FormDefinition],
    fallback_id: str | None = None,
    allow_text: bool = False,
) -> Upload:
    """The form in a file, compiled and checked, with its rules.

    Takes seconds (a child process, ODK Validate): call it outside a transaction.
    Args: known_forms = the campaign's other forms by id, for rules that read `$form.question`; allow_text = take
    Markdown and CSV too.
    Raises: FormRefusedError, its details listing every mistake with sheet, row and column; UnavailableError when the
    compiler itself failed.
    """
    try:
        compiled = compile_form(data, file_name=file_name, fallback_id=fallback_id, allow_text=allow_text)
        rules = None
        if compiled.rules_sheet is not None:
            rules = compile_rules(compiled.rules_sheet, compiled.definition, known_forms)
    except FormError as error:
        raise refusal_of(error) from error
    except CompilerUnavailableError as error:
        raise UnavailableError(str(error), message_id=f"Formulir tidak dapat diperiksa: {error}") from error
    return Upload(compiled, rules, data)


def known_definitions(session: Session, project_id: int) -> dict[str, FormDefinition]:
    """Form id -> definition of the published forms of a campaign."""
    rows = session.execute(
        select(Form.xml_form_id, Form.current_version_id).where(
            Form.project_id == project_id, Form.deleted_at.is_(None), Form.current_version_id.is_not(None)
        )
    )
    return {
        form_id: form_cache.definition_of(session, version_id)
        for form_id, version_id in rows
        if version_id is not None
    }


def save_draft(
    session: Session, backends: Backends, *, project: Project, upload: Upload, actor_id: int | None
) -> tuple[Form, FormVersion]:
    """The form with this upload as its draft; makes the form when the campaign has none of this id.

    Effects: an earlier draft is replaced; nothing reaches the phones before publish.
    """
    definition = upload.compiled.definition
    form = find_form(session, project.id, definition.form_id) or _new_form(
        session, project, definition.form_id, actor_id
    )
    require_compatible(session, form, definition)
    token, inherited = _replaced_draft(session, form)
    version = _new_version(session, backends, form, upload, actor_id)
    version.draft_token = token or version.draft_token
    _make_slots(session, form, version, definition, inherited)
    if upload.compiled.itemsets is not None:
        _fill_slot(
            session,
            version,
            "itemsets.csv",
            keep_blob(session, backends, io.BytesIO(upload.compiled.itemsets)),
        )
    form.draft_version_id, form.updated_at = version.id, now()
    audit.record(session, actor_id, "form.update.draft.set", form.actee_id, {"formVersionId": version.id})
    session.flush()
    return form, version


def publish_draft(
    session: Session, form: Form, *, actor_id: int | None, notes: str | None = None
) -> FormVersion:
    """Makes the draft the version that phones get.

    Effects: entity lists and properties that the form declares come into being; the earlier version stays for
    submissions already filled in. Submissions of the form are owed a new screening when the rules changed.
    Raises: NotFoundError without a draft; VersionReusedError when this version string was published before.
    """
    locked = session.get(Form, form.id, with_for_update=True)
    if locked is None or locked.draft_version_id is None:
        raise NotFoundError(
            "the form has no draft", message_id="Formulir ini tidak punya rancangan untuk diterbitkan."
        )
    version = session.get_one(FormVersion, locked.draft_version_id)
    taken = session.scalar(
        select(FormVersion.id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(
            Form.project_id == locked.project_id,
            Form.xml_form_id == locked.xml_form_id,
            FormVersion.version == version.version,
            FormVersion.published_at.is_not(None),
        )
    )
    if taken is not None:
        raise VersionReusedError(
            f"version {version.version!r} of {locked.xml_form_id!r} was published before",
            details={"xmlFormId": locked.xml_form_id, "version": version.version},
        )
    version.published_at, version.published_by_id, version.notes, version.draft_token = (
        now(),
        actor_id,
        notes,
        None,
    )
    locked.current_version_id, locked.draft_version_id, locked.updated_at = version.id, None, now()
    session.flush()
    _declare_entities(session, locked, version)
    audit.record(session, actor_id, "form.update.publish", locked.actee_id, {"newDefId": version.id})
    return version


def find_form(session: Session, project_id: int, xml_form_id: str) -> Form | None:
    """The live form of a campaign with this form id, or None."""
    return session.scalar(
        select(Form).where(
            Form.project_id == project_id, Form.xml_form_id == xml_form_id, Form.deleted_at.is_(None)
        )
    )


def get_form(session: Session, project_id: int, xml_form_id: str) -> Form:
    """As find_form. Raises: NotFoundError when there is none."""
    form = find_form(session, project_id, xml_form_id)
    if form is None:
        raise NotFoundError(
            "there is no such form", message_id="Formulir ini tidak ada di server. Perbarui daftar formulir."
        )
    return form


def list_forms(session: Session, project_id: int) -> list[Form]:
    """The live forms of a campaign, by form id."""
    return list(
        session.scalars(
            select(Form)
            .where(Form.project_id == project_id, Form.deleted_at.is_(None))
            .order_by(Form.xml_form_id)
        )
    )


def find_form_version(session: Session, form: Form, version: str) -> FormVersion | None:
    """The published version of a form with this version string, or None."""
    return session.scalar(
        select(FormVersion).where(
            FormVersion.form_id == form.id,
            FormVersion.version == version,
            FormVersion.published_at.is_not(None),
        )
    )


def attach_file(
    session: Session,
    backends: Backends,
    form: Form,
    *,
    name: str,
    data: bytes,
    content_type: str,
    actor_id: int | None,
) -> None:
    """Fills a slot of the draft, or of the published version when there is no draft, with a file.

    Raises: NotFoundError when the form does not expect a file of this name.
    """
    version_id = form.draft_version_id or form.current_version_id
    slot = session.scalar(
        select(FormFile).where(FormFile.form_version_id == version_id, FormFile.name == name)
    )
    if slot is None:
        raise NotFoundError(
            f"the form expects no file {name!r}", message_id=f"Formulir ini tidak memakai berkas {name}."
        )
    slot.blob_id = keep_blob(session, backends, io.BytesIO(data)).id
    slot.content_type, slot.entity_list_id, slot.updated_at = content_type, None, now()
    audit.record(session, actor_id, "form.attachment.update", form.actee_id, {"formVersionId": version_id})


def _new_form(session: Session, project: Project, xml_form_id: str, actor_id: int | None) -> Form:
    if "/" in xml_form_id:
        raise BadValueError(
            "a form id cannot contain '/'", message_id="form_id tidak boleh memakai garis miring (/)."
        )
    form = Form(project_id=project.id, actee_id=str(uuid.uuid4()), xml_form_id=xml_form_id, created_at=now())
    session.add(form)
    session.flush()
    audit.record(session, actor_id, "form.create", form.actee_id)
    return form


def _new_version(
    session: Session, backends: Backends, form: Form, upload: Upload, actor_id: int | None
) -> FormVersion:
    compiled = upload.compiled
    source: Blob | None = None
    if compiled.kind != "xml":
        source = keep_blob(session, backends, io.BytesIO(upload.source))
    version = FormVersion(
        form_id=form.id,
        version=compiled.definition.version,
        title=compiled.definition.title or form.xml_form_id,
        xml=compiled.xform,
        md5=compiled.md5,
        sha1=hashlib.sha1(compiled.xform, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(compiled.xform).hexdigest(),
        source_blob_id=source.id if source else None,
        source_kind=compiled.kind,
        definition=form_cache.definition_json(compiled.definition),
        rules=upload.rules.to_json() if upload.rules else None,
        warnings=[*upload.warnings, *compiled.notices],
        is_validated=compiled.validated,
        has_sensitive=any(item.sensitive for item in compiled.definition.fields),
        draft_token=accounts.new_token(),
        created_by_id=actor_id,
        created_at=now(),
    )
    session.add(version)
    session.flush()
    return version


def _replaced_draft(session: Session, form: Form) -> tuple[str | None, list[FormFile]]:
    """The token that testers have, and the slots whose files a new draft takes over: the earlier draft's, else the
    published version's. Effects: the earlier draft is gone.
    """
    shown = form.draft_version_id or form.current_version_id
    slots = list(session.scalars(select(FormFile).where(FormFile.form_version_id == shown)))
    if form.draft_version_id is None:
        return None, slots
    token = session.get_one(FormVersion, form.draft_version_id).draft_token
    drop_draft(session, form)
    return token, slots


def _make_slots(
    session: Session,
    form: Form,
    version: FormVersion,
    definition: FormDefinition,
    inherited: Iterable[FormFile],
) -> None:
    """Slots for every expected file: filled as before, else linked to the entity list of that name."""
    before = {(slot.name, slot.kind): slot for slot in inherited}
    for media in definition.media:
        old = before.get((media.name, media.kind))
        slot = FormFile(form_version_id=version.id, name=media.name, kind=media.kind)
        if old is not None:
            slot.blob_id, slot.content_type, slot.entity_list_id = (
                old.blob_id,
                old.content_type,
                old.entity_list_id,
            )
            slot.updated_at = old.updated_at
        session.add(slot)
    session.flush()
    entity_lists.link_empty_slots(session, form.project_id)


def _fill_slot(session: Session, version: FormVersion, name: str, blob: Blob) -> None:
    slot = session.scalar(
        select(FormFile).where(FormFile.form_version_id == version.id, FormFile.name == name)
    )
    if slot is not None:
        slot.blob_id, slot.content_type, slot.updated_at = blob.id, "text/csv", now()


def drop_draft(session: Session, form: Form) -> None:
    """Removes the draft of a form with its slots; the form must have one."""
    draft = session.get_one(FormVersion, form.draft_version_id)
    form.draft_version_id = None
    session.flush()
    for slot in session.scalars(select(FormFile).where(FormFile.form_version_id == draft.id)):
        session.delete(slot)
    session.flush()
    session.delete(draft)
    session.flush()


def _declare_entities(session: Session, form: Form, version: FormVersion) -> None:
    definition = form_cache.definition_of(session, version.id)
    for declaration in definition.entities:
        entity_list: EntityList = entity_lists.ensure_list(
            session, form.project_id, declaration.dataset, list(declaration.properties)
        )
        session.add(
            FormEntity(
                form_version_id=version.id,
                entity_list_id=entity_list.id,
                container=declaration.container,
                creates=declaration.creates,
                updates=declaration.updates,
                properties=list(declaration.properties),
            )
        )
    session.flush()
    entity_lists.link_empty_slots(session, form.project_id)


@dataclass(frozen=True)
class FormLine:
    """A form in a list; version and title of what is published, else of the draft."""

    form_id: str
    title: str
    version: str
    state: str
    is_published: bool
    has_draft: bool


def list_with_versions(session: Session, project_id: int) -> list[FormLine]:
    """The live forms of a campaign with what is current, by title."""
    rows = session.execute(
        select(Form, FormVersion)
        .join(FormVersion, FormVersion.id == func.coalesce(Form.current_version_id, Form.draft_version_id))
        .where(Form.project_id == project_id, Form.deleted_at.is_(None))
        .order_by(FormVersion.title, Form.xml_form_id)
    )
    return [
        FormLine(
            form.xml_form_id,
            version.title,
            version.version,
            form.state,
            form.current_version_id is not None,
            form.draft_version_id is not None,
        )
        for form, version in rows
    ]


def set_state(session: Session, form: Form, state: FormState, *, actor_id: int | None) -> None:
    """Opens or closes a form."""
    form.state, form.updated_at = state, now()
    audit.record(session, actor_id, "form.update", form.actee_id, {"data": {"state": state}})
