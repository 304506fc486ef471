"""The files that a form version expects: what stands in each slot, filling and emptying those of a draft.

Source: the REST specification, "Drafts", the slot object.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now
from server.errors import NotFoundError
from server.models.blob import Blob
from server.models.entity import EntityList
from server.models.form import Form, FormFile, FormVersion
from server.problems import NotAFileSlotError
from server.scope import AreaPaths
from server.services import audit, entity_lists
from server.services.blobs import keep_blob


@dataclass(frozen=True)
class Slot:
    """One expected file. hash: MD5 of what a download would give; size None for an entity list."""

    name: str
    type: str
    hash: str | None
    exists: bool
    blob_exists: bool
    dataset_exists: bool
    updated_at: datetime | None
    size: int | None


def list_slots(session: Session, version: FormVersion, areas: AreaPaths) -> list[Slot]:
    """The slots of a form version, by name; hashes of entity lists are those of what the areas show."""
    rows = session.execute(
        select(FormFile, Blob)
        .outerjoin(Blob, Blob.id == FormFile.blob_id)
        .where(FormFile.form_version_id == version.id)
        .order_by(FormFile.name, FormFile.kind)
    )
    return [_slot(session, slot, blob, areas) for slot, blob in rows]


def find_slot(session: Session, version: FormVersion, name: str) -> FormFile:
    """The slot of this name. Raises: NotFoundError when the form expects no such file."""
    found = session.scalar(
        select(FormFile).where(FormFile.form_version_id == version.id, FormFile.name == name)
    )
    if found is None:
        raise NotFoundError(f"the form expects no file {name!r}")
    return found


def fill_slot(
    session: Session,
    backends: Backends,
    form: Form,
    draft: FormVersion,
    *,
    name: str,
    source: BinaryIO,
    content_type: str,
    actor_id: int,
) -> Slot:
    """Puts a file into a slot of the draft; the same file again changes nothing and leaves no line in the audit log."""
    slot = find_slot(session, draft, name)
    blob = keep_blob(session, backends, source)
    if slot.blob_id != blob.id or slot.content_type != content_type:
        slot.blob_id, slot.content_type, slot.entity_list_id = blob.id, content_type[:100], None
        _changed(session, form, slot, actor_id)
    return _slot(session, slot, blob, None)


def clear_slot(session: Session, form: Form, draft: FormVersion, *, name: str, actor_id: int) -> None:
    """Empties a slot of the draft. Raises: NotFoundError when it is empty."""
    slot = find_slot(session, draft, name)
    if slot.blob_id is None and slot.entity_list_id is None:
        raise NotFoundError(f"the slot {name!r} is empty")
    slot.blob_id = slot.content_type = slot.entity_list_id = None
    _changed(session, form, slot, actor_id)


def link_slot(
    session: Session,
    form: Form,
    draft: FormVersion,
    *,
    name: str,
    linked: bool,
    areas: AreaPaths,
    actor_id: int,
) -> Slot:
    """Links a slot X.csv to the entity list X, or takes the link away; a file in it goes.

    Raises: NotFoundError for no such slot or list; NotAFileSlotError for pictures and the like.
    """
    slot = find_slot(session, draft, name)
    if slot.kind != "file":
        raise NotAFileSlotError()
    if linked:
        listed = entity_lists.find_list(session, form.project_id, _list_name(name))
        if listed is None:
            raise NotFoundError(f"there is no entity list {_list_name(name)!r}")
        slot.entity_list_id, slot.blob_id, slot.content_type = listed.id, None, None
    else:
        slot.entity_list_id = None
    _changed(session, form, slot, actor_id)
    blob = session.get(Blob, slot.blob_id) if slot.blob_id else None
    return _slot(session, slot, blob, areas)


def _list_name(file_name: str) -> str:
    return file_name[:-4] if file_name.lower().endswith(".csv") else file_name


def _changed(session: Session, form: Form, slot: FormFile, actor_id: int) -> None:
    slot.updated_at = now()
    details = {"formVersionId": slot.form_version_id, "name": slot.name}
    audit.record(session, actor_id, "form.attachment.update", form.actee_id, details)
    session.flush()


def _slot(session: Session, slot: FormFile, blob: Blob | None, areas: AreaPaths) -> Slot:
    digest = blob.md5 if blob else None
    if slot.entity_list_id is not None and blob is None:
        listed = session.get_one(EntityList, slot.entity_list_id)
        digest = entity_lists.list_revision_hash(session, listed, areas)
    return Slot(
        name=slot.name,
        type=slot.kind,
        hash=digest,
        exists=digest is not None,
        blob_exists=blob is not None,
        dataset_exists=slot.entity_list_id is not None,
        updated_at=slot.updated_at,
        size=blob.size_bytes if blob else None,
    )
