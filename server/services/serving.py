"""What phones fetch: the form list, manifests, media; each for one caller.

Belongs here: which forms and files a caller gets and their hashes. Does not: XML (forms.openrosa), HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import String, and_, bindparam, exists, or_, select
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
    session: Session, project_id: int, caller: Caller, *, base_url: str, form_id: str | None = None
) -> list[FormListEntry]:
    """The open forms of a campaign that the caller may read, by title. base_url ends with /v1/key/… or /v1.

    Raises: NotFoundError when there is no such campaign.
    """
    entries = []
    for row in _require_project(session.connection().execute(_OPEN_FORMS, {"project": project_id}).all()):
        if row.xml_form_id is None or form_id not in (None, row.xml_form_id):
            continue
        if not _may_read(caller, FormState.open, row.actee_id, row.project_actee_id):
            continue
        address = f"{base_url}/projects/{project_id}/forms/{encode_segment(row.xml_form_id)}"
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


_project, _form, _version = Project.__table__.c, Form.__table__.c, FormVersion.__table__.c
_file, _blob, _list = FormFile.__table__.c, Blob.__table__.c, EntityList.__table__.c
"""Tables, not models: phones ask the same all day, and need no objects."""

_OPEN_FORMS = (
    select(
        _project.actee_id.label("project_actee_id"),
        _form.xml_form_id,
        _form.actee_id,
        _version.title,
        _version.version,
        _version.md5,
        exists().where(_file.form_version_id == _version.id).label("has_media"),
    )
    .select_from(Project.__table__)
    .outerjoin(
        Form.__table__,
        and_(
            _form.project_id == _project.id,
            _form.state == FormState.open,
            _form.deleted_at.is_(None),
            _form.current_version_id.is_not(None),
        ),
    )
    .outerjoin(FormVersion.__table__, _version.id == _form.current_version_id)
    .where(_project.id == bindparam("project"), _project.deleted_at.is_(None))
)
"""A row for each open form; one without form when the campaign has none."""


def _require_project(rows: Sequence[Any]) -> Sequence[Any]:
    if not rows:
        raise NotFoundError("there is no such project", message_id="Kegiatan ini tidak ada di server.")
    return rows


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
    blob_id: int | None = None
    list_id: int | None = None
    list_name: str = ""
    needs_approval: bool = False
    owner_id: int | None = None
    """Only entities that this actor made."""


def media_for_phone(
    session: Session, project_id: int, caller: Caller, form_id: str, version: str | None, name: str
) -> MediaFile:
    """The file behind a slot. Raises: NotFoundError when the form does not expect it or it is empty; NotAllowedError."""
    for item in _files_for_phone(session, project_id, caller, form_id, version, name):
        return item
    raise NotFoundError("this form has no such file", message_id="Berkas ini belum diunggah oleh kantor.")


def manifest_for_phone(
    session: Session, project_id: int, caller: Caller, form_id: str, version: str | None, *, base_url: str
) -> list[ManifestEntry]:
    """The filled slots of a form version with what this caller would download. Builds no list.

    Raises: NotFoundError, NotAllowedError.
    """
    address = f"{base_url}/projects/{project_id}"
    form = f"{address}/forms/{encode_segment(form_id)}"
    return [
        ManifestEntry(
            filename=item.name,
            md5=item.etag,
            download_url=f"{form}/attachments/{encode_segment(item.name)}",
            type=_manifest_type(item),
            integrity_url=f"{address}/datasets/{encode_segment(item.list_name)}/integrity"
            if item.list_id
            else None,
        )
        for item in _files_for_phone(session, project_id, caller, form_id, version)
    ]


def _files_for_phone(
    session: Session,
    project_id: int,
    caller: Caller,
    form_id: str,
    version: str | None,
    name: str | None = None,
) -> list[MediaFile]:
    """The filled slots of a version, or the one of this name, by name. Raises: NotFoundError, NotAllowedError."""
    rows = _require_project(
        session.connection()
        .execute(_SLOTS, {"project": project_id, "form": form_id, "version": version})
        .all()
    )
    _require_version(rows[0], caller, version)
    rows = [row for row in rows if row.name is not None and name in (None, row.name)]
    owners = {row.list_id: _owner(row, caller) for row in rows if row.list_id is not None}
    lists = {
        row.list_id: (entity_lists.hashed_name(row.list_actee_id, owners[row.list_id]), row.schema_revision)
        for row in rows
        if row.list_id is not None
    }
    digests = entity_lists.revision_hashes(session, lists, caller.areas)
    files = [_media_file(row, digests, owners) for row in sorted(rows, key=lambda row: row.name)]
    return [item for item in files if item is not None]


def _require_version(row: Any, caller: Caller, version: str | None) -> None:
    if row.form_id is None:
        raise NotFoundError(
            "there is no such form", message_id="Formulir ini tidak ada di server. Perbarui daftar formulir."
        )
    if not _may_read(caller, row.state, row.form_actee_id, row.project_actee_id):
        raise NotAllowedError()
    if row.current_version_id is None:
        raise NotAllowedError("this form was never published")
    if row.version_id is None:
        raise NotFoundError("this form has no such version")


_SLOTS = (
    select(
        _project.actee_id.label("project_actee_id"),
        _form.id.label("form_id"),
        _form.actee_id.label("form_actee_id"),
        _form.state,
        _form.current_version_id,
        _version.id.label("version_id"),
        _file.name,
        _file.content_type,
        _file.blob_id,
        _blob.md5,
        _list.id.label("list_id"),
        _list.name.label("list_name"),
        _list.actee_id.label("list_actee_id"),
        _list.schema_revision,
        _list.approval_required,
        _list.owner_only,
    )
    .select_from(Project.__table__)
    .outerjoin(
        Form.__table__,
        and_(
            _form.project_id == _project.id,
            _form.xml_form_id == bindparam("form"),
            _form.deleted_at.is_(None),
        ),
    )
    .outerjoin(
        FormVersion.__table__,
        and_(
            _version.form_id == _form.id,
            or_(
                and_(bindparam("version", type_=String).is_(None), _version.id == _form.current_version_id),
                and_(_version.version == bindparam("version"), _version.published_at.is_not(None)),
            ),
        ),
    )
    .outerjoin(FormFile.__table__, _file.form_version_id == _version.id)
    .outerjoin(Blob.__table__, _blob.id == _file.blob_id)
    .outerjoin(EntityList.__table__, _list.id == _file.entity_list_id)
    .where(_project.id == bindparam("project"), _project.deleted_at.is_(None))
)
"""A row for each slot of the version asked for, with blob or list; one without slot where form or version has none."""


def _owner(row: Any, caller: Caller) -> int | None:
    actees = (row.list_actee_id, row.project_actee_id)
    return entity_lists.owner_of(caller, owner_only=row.owner_only, actees=actees)


def _media_file(row: Any, digests: Mapping[int, str], owners: Mapping[int, int | None]) -> MediaFile | None:
    """None for a slot that nobody filled."""
    if row.blob_id is not None:
        return MediaFile(row.name, row.content_type or guess_type(row.name), row.md5, blob_id=row.blob_id)
    if row.list_id is None:
        return None
    return MediaFile(
        row.name,
        "text/csv; charset=utf-8",
        digests[row.list_id],
        list_id=row.list_id,
        list_name=row.list_name,
        needs_approval=row.approval_required,
        owner_id=owners[row.list_id],
    )


def integrity_for_phone(
    session: Session, project: Project, caller: Caller, list_name: str, uuids: list[str] | None
) -> list[IntegrityState]:
    """Whether they are gone for this caller, of the entities asked for, or of all in its areas; unknown ones are left out.

    Raises: NotFoundError for no such list; NotAllowedError when the caller may read no form that uses it.
    """
    listed = entity_lists.find_list(session, project.id, list_name)
    if listed is None:
        raise NotFoundError("there is no such entity list")
    if not _may_use_list(session, project, caller, listed):
        raise NotAllowedError()
    actees = (listed.actee_id, project.actee_id)
    owner_id = entity_lists.owner_of(caller, owner_only=listed.owner_only, actees=actees)
    visible = entity_lists.visible_entities(listed, caller.areas, owner_id)
    query = select(Entity.uuid, Entity.deleted_at, visible.label("visible")).where(
        Entity.entity_list_id == listed.id
    )
    query = query.where(Entity.uuid.in_(uuids) if uuids is not None else visible)
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


def _manifest_type(item: MediaFile) -> str | None:
    if item.list_id is None:
        return None
    return APPROVAL_ENTITY_LIST if item.needs_approval else ENTITY_LIST


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
