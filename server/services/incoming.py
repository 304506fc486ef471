"""An upload with everything that is known about it before anything is written: form, version, what is stored already.

Belongs here: reading the XML's envelope and the one question to the database. Does not: what follows from it (receiving.py).
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import MissingFieldError, SubmissionError
from forms.submission import Envelope, SubmissionDocument
from server.backends import Backends
from server.errors import (
    BadRequestError,
    BadValueError,
    CannotSubmitError,
    FormClosedError,
    MissingParameterError,
    NotFoundError,
    UnknownVersionError,
)
from server.models.form import Form, FormState, FormVersion
from server.models.project import Project
from server.models.submission import Submission, SubmissionVersion
from server.permissions import Caller
from server.services import form_cache
from server.uploads import SubmissionUpload

MAX_ID = 255


@dataclass(frozen=True)
class Door:
    """The address that an upload came to.

    form_id: the form that it names; None = any of the project, as the XML says. is_draft: test data of the form's draft.
    names_instances: gives an id to an XML that has none.
    """

    form_id: str | None = None
    is_draft: bool = False
    names_instances: bool = False


PHONE = Door()


@dataclass(frozen=True)
class Known:
    """What is stored under an instanceID."""

    submission_id: int
    version_id: int
    digest: bytes
    is_current: bool
    """False when the submission was edited since."""
    deleted_at: datetime | None


@dataclass(frozen=True)
class Incoming:
    """An upload that may be stored: its form is open, its caller may send (None: whoever has the draft's test address)."""

    upload: SubmissionUpload
    document: SubmissionDocument
    envelope: Envelope
    instance_id: str
    deprecated_id: str | None
    project_id: int
    form_id: int
    form_actee_id: str
    project_actee_id: str
    form_version_id: int
    has_sensitive: bool
    definition: FormDefinition
    digest: bytes
    caller: Caller | None
    known: Known | None
    is_draft: bool = False

    @property
    def actor_id(self) -> int | None:
        """Who sends."""
        return self.caller.actor_id if self.caller is not None else None


def read_incoming(
    session: Session,
    backends: Backends,
    upload: SubmissionUpload,
    *,
    project_id: int,
    caller: Caller | None,
    door: Door = PHONE,
) -> Incoming:
    """Reads the envelope and finds out what it is about.

    Of a draft the version that the XML names and the form's state do not count, and the right is asked by its door.
    Raises: BadRequestError, MissingParameterError, BadValueError (another form than the address says), NotFoundError (form,
    project), UnknownVersionError, FormClosedError, CannotSubmitError.
    """
    try:
        document = SubmissionDocument(upload.xml)
        envelope = document.envelope
    except MissingFieldError as error:
        raise MissingParameterError(str(error), details={"field": error.field}) from error
    except SubmissionError as error:
        raise BadRequestError(str(error)) from error
    _require_form(door, envelope)
    instance_id = _instance_id(door, envelope)
    place = (
        session.connection()
        .execute(
            _DRAFT_PLACE if door.is_draft else _PLACE,
            {
                "project": project_id,
                "form": envelope.form_id,
                **({} if door.is_draft else {"version": envelope.version}),
                "instance": instance_id,
            },
        )
        .first()
    )
    _refuse(place, envelope, caller, is_draft=door.is_draft)
    if not instance_id:
        raise MissingParameterError("the submission has no instanceID", details={"field": "instanceID"})
    assert place is not None
    return Incoming(
        upload=upload,
        document=document,
        envelope=envelope,
        instance_id=instance_id,
        deprecated_id=envelope.deprecated_id,
        project_id=project_id,
        form_id=place.form_id,
        form_actee_id=place.form_actee_id,
        project_actee_id=place.project_actee_id,
        form_version_id=place.form_version_id,
        has_sensitive=place.has_sensitive,
        definition=form_cache.definition_by_stamp(
            session, place.form_version_id, place.sha256, place.version_created_at
        ),
        digest=xml_digest(backends, upload.xml),
        caller=caller,
        known=_known(place) if place.known_id is not None else None,
        is_draft=door.is_draft,
    )


def _require_form(door: Door, envelope: Envelope) -> None:
    if door.form_id is not None and envelope.form_id != door.form_id:
        raise BadValueError(
            "the submission is for another form than the address",
            details={
                "field": "form ID",
                "value": envelope.form_id,
                "reason": f"did not match the form ID in the URL, {door.form_id}",
            },
        )


def _instance_id(door: Door, envelope: Envelope) -> str:
    found = (envelope.instance_id or "").strip()[:MAX_ID]
    if not found and door.names_instances and not envelope.encrypted:
        return str(uuid.uuid4())
    return found


def find_known(session: Session, form_id: int, instance_id: str, *, is_draft: bool = False) -> Known | None:
    """What is stored under an instanceID of this form; None when nothing is. Test data of drafts is apart."""
    values = {"form_id": form_id, "instance": instance_id, "is_draft": is_draft}
    row = session.connection().execute(_KNOWN, values).first()
    return None if row is None else _known(row)


def xml_digest(backends: Backends, xml: bytes) -> bytes:
    """What two XMLs are compared by: keyed, so that it tells nothing about sealed answers."""
    return backends.seal.keyed_hash(hashlib.sha256(xml).hexdigest())


def _refuse(place: Any, envelope: Envelope, caller: Caller | None, *, is_draft: bool) -> None:
    """Raises what stands in the way, the first of the table first."""
    if place is None:
        raise NotFoundError("there is no such project", message_id="Kegiatan ini tidak ada di server.")
    if place.form_id is None:
        raise NotFoundError(
            "there is no such form", message_id="Formulir ini tidak ada di server. Perbarui daftar formulir."
        )
    if is_draft:
        if place.form_version_id is None:
            raise NotFoundError("the form has no draft")
        return
    if place.form_version_id is None:
        raise UnknownVersionError(
            f"form {envelope.form_id!r} has no published version {envelope.version!r}",
            details={"formVersion": envelope.version},
        )
    if place.state == FormState.closed:
        raise FormClosedError()
    if caller is None:
        raise CannotSubmitError()
    caller.require_submit(place.form_actee_id, place.project_actee_id)


def _known(row: Any) -> Known:
    return Known(
        submission_id=row.submission_id,
        version_id=row.known_id,
        digest=row.xml_digest,
        is_current=row.current_version_id == row.known_id,
        deleted_at=row.deleted_at,
    )


_project, _form, _version = Project.__table__.c, Form.__table__.c, FormVersion.__table__.c
_stored, _submission = SubmissionVersion.__table__.c, Submission.__table__.c
"""Tables, not models: the question is the same at every request and needs no objects."""

_KNOWN_COLUMNS = (
    _stored.id.label("known_id"),
    _stored.submission_id,
    _stored.xml_digest,
    _submission.current_version_id,
    _submission.deleted_at,
)
_KNOWN = (
    select(*_KNOWN_COLUMNS)
    .join_from(SubmissionVersion.__table__, Submission.__table__, _submission.id == _stored.submission_id)
    .where(
        _stored.form_id == bindparam("form_id"),
        _stored.is_draft == bindparam("is_draft"),
        _stored.instance_id == bindparam("instance"),
    )
)


def _place_query(form_version: ColumnElement[bool], *, is_draft: bool) -> Select[*tuple[Any, ...]]:
    """One row: the campaign, with the form, its version and the stored submission where there are any."""
    is_stored = and_(
        _stored.form_id == _form.id,
        _stored.is_draft.is_(is_draft),
        _stored.instance_id == bindparam("instance"),
    )
    return (
        select(
            _project.actee_id.label("project_actee_id"),
            _form.id.label("form_id"),
            _form.actee_id.label("form_actee_id"),
            _form.state,
            _version.id.label("form_version_id"),
            _version.has_sensitive,
            _version.sha256,
            _version.created_at.label("version_created_at"),
            *_KNOWN_COLUMNS,
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
        .outerjoin(FormVersion.__table__, form_version)
        .outerjoin(SubmissionVersion.__table__, is_stored)
        .outerjoin(Submission.__table__, _submission.id == _stored.submission_id)
        .where(_project.id == bindparam("project"), _project.deleted_at.is_(None))
    )


_PLACE = _place_query(
    and_(
        _version.form_id == _form.id,
        _version.version == bindparam("version"),
        _version.published_at.is_not(None),
    ),
    is_draft=False,
)
_DRAFT_PLACE = _place_query(_version.id == _form.draft_version_id, is_draft=True)
