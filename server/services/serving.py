"""What phones fetch: the form list, manifests, media; each for one caller.

Belongs here: which forms and files a caller gets and their hashes. Does not: XML (forms.openrosa), HTTP.
"""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forms.openrosa import (
    APPROVAL_ENTITY_LIST,
    ENTITY_LIST,
    FormListEntry,
    IntegrityState,
    ManifestEntry,
    encode_segment,
)
from server.errors import NotAllowedError, NotFoundError
from server.models.blob import Blob
from server.models.entity import Entity, EntityList
from server.models.form import Form, FormFile, FormState, FormVersion
from server.models.project import Project
from server.permissions import Caller
from server.services import entity_lists, publishing


def list_for_phone(
    session: Session, project: Project, caller: Caller, *, base_url: str, form_id: str | None = None
) -> list[FormListEntry]:
    """The open forms of a campaign that the caller may read, by title. base_url ends with /v1/key/… or /v1."""
    query = (
        select(
            Form.xml_form_id,
            Form.actee_id,
            FormVersion.title,
            FormVersion.version,
            FormVersion.md5,
            exists().where(FormFile.form_version_id == FormVersion.id).label("has_media"),
        )
        .join(FormVersion, FormVersion.id == Form.current_version_id)
        .where(Form.project_id == project.id, Form.state == FormState.open, Form.deleted_at.is_(None))
    )
    if form_id is not None:
        query = query.where(Form.xml_form_id == form_id)
    entries = []
    for row in session.execute(query):
        if not _may_read(caller, FormState.open, row.actee_id, project.actee_id):
            continue
        address = f"{base_url}/projects/{project.id}/forms/{encode_segment(row.xml_form_id)}"
        entries.append(
            FormListEntry(
                form_id=row.xml_form_id,
                name=row.title or row.xml_form_id,
                version=row.version,
                md5=row.md5,
                download_url=f"{address}.xml",
                manifest_url=f"{address}/manifest" if row.has_media else None,
            )
        )
    return sorted(entries, key=lambda entry: (entry.name, entry.form_id))


def form_for_phone(
    session: Session, project: Project, caller: Caller, form_id: str, version: str | None = None
) -> FormVersion:
    """The published version that the caller may read: the current one, or the one with this version string.

    Raises: NotFoundError, NotAllowedError.
    """
    form = publishing.get_form(session, project.id, form_id)
    if not _may_read(caller, form.state, form.actee_id, project.actee_id):
        raise NotAllowedError()
    if form.current_version_id is None:
        raise NotAllowedError("this form was never published")
    if version is None:
        return session.get_one(FormVersion, form.current_version_id)
    found = publishing.find_form_version(session, form, version)
    if found is None:
        raise NotFoundError("this form has no such version")
    return found


@dataclass(frozen=True)
class MediaFile:
    """A file of a form: a stored blob, or an entity list made for the caller."""

    name: str
    content_type: str
    etag: str
    blob: Blob | None = None
    entity_list: EntityList | None = None


def media_for_phone(session: Session, version: FormVersion, caller: Caller, name: str) -> MediaFile:
    """The file behind a slot. Raises: NotFoundError when the form does not expect it or it is empty."""
    for slot in _slots(session, version):
        if slot.name == name:
            found = _media_file(session, slot, caller)
            if found is not None:
                return found
    raise NotFoundError("this form has no such file", message_id="Berkas ini belum diunggah oleh kantor.")


def manifest_for_phone(
    session: Session, project: Project, version: FormVersion, caller: Caller, *, base_url: str
) -> list[ManifestEntry]:
    """The filled slots of a form version with what this caller would download. Builds no list."""
    form = session.get_one(Form, version.form_id)
    address = f"{base_url}/projects/{project.id}"
    entries = []
    for slot in _slots(session, version):
        media = _media_file(session, slot, caller)
        if media is None:
            continue
        listed = media.entity_list
        entries.append(
            ManifestEntry(
                filename=slot.name,
                md5=media.etag,
                download_url=f"{address}/forms/{encode_segment(form.xml_form_id)}/attachments/{encode_segment(slot.name)}",
                type=_manifest_type(listed),
                integrity_url=f"{address}/datasets/{encode_segment(listed.name)}/integrity"
                if listed
                else None,
            )
        )
    return entries


def integrity_for_phone(
    session: Session, project: Project, caller: Caller, list_name: str, uuids: list[str] | None
) -> list[IntegrityState]:
    """Whether they are gone for this caller, of the entities asked for, or of all; unknown ones are left out.

    Raises: NotFoundError for no such list; NotAllowedError when the caller may read no form that uses it.
    """
    listed = entity_lists.find_list(session, project.id, list_name)
    if listed is None:
        raise NotFoundError("there is no such entity list")
    if not _may_use_list(session, project, caller, listed):
        raise NotAllowedError()
    visible = entity_lists.visible_entities(listed, caller.areas)
    query = select(Entity.uuid, Entity.deleted_at, visible.label("visible")).where(
        Entity.entity_list_id == listed.id
    )
    if uuids is not None:
        query = query.where(Entity.uuid.in_(uuids))
    return [
        IntegrityState(row.uuid, row.deleted_at is not None or not row.visible)
        for row in session.execute(query.order_by(Entity.id))
    ]


def _may_use_list(session: Session, project: Project, caller: Caller, listed: EntityList) -> bool:
    if caller.may("entity.list", listed.actee_id, project.actee_id):
        return True
    forms = session.scalars(
        select(Form)
        .join(FormFile, FormFile.form_version_id == Form.current_version_id)
        .where(FormFile.entity_list_id == listed.id, Form.deleted_at.is_(None))
    )
    return any(_may_read(caller, form.state, form.actee_id, project.actee_id) for form in forms)


def _may_read(caller: Caller, state: str, *actees: str) -> bool:
    if caller.may("form.read", *actees):
        return True
    return state != FormState.closed and caller.may("open_form.read", *actees)


def _slots(session: Session, version: FormVersion) -> list[FormFile]:
    return list(
        session.scalars(
            select(FormFile).where(FormFile.form_version_id == version.id).order_by(FormFile.name)
        )
    )


def _media_file(session: Session, slot: FormFile, caller: Caller) -> MediaFile | None:
    if slot.blob_id is not None:
        blob = session.get_one(Blob, slot.blob_id)
        return MediaFile(slot.name, slot.content_type or guess_type(slot.name), blob.md5, blob=blob)
    if slot.entity_list_id is not None:
        listed = session.get_one(EntityList, slot.entity_list_id)
        digest = entity_lists.list_revision_hash(session, listed, caller.areas)
        return MediaFile(slot.name, "text/csv; charset=utf-8", digest, entity_list=listed)
    return None


def _manifest_type(listed: EntityList | None) -> str | None:
    if listed is None:
        return None
    return APPROVAL_ENTITY_LIST if listed.approval_required else ENTITY_LIST


def guess_type(name: str) -> str:
    """The content type of a form's file by its ending, where none was given at upload."""
    ending = name.lower().rpartition(".")[2]
    return {"csv": "text/csv", "geojson": "application/geo+json"}.get(ending, "application/octet-stream")


def disposition(name: str, kind: str = "attachment") -> str:
    """A Content-Disposition that old and new clients read. Source: RFC 6266; the OpenRosa specification, section 3."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "-"
        for letter in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
