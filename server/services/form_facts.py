"""Forms as API clients see them: one flat record of a form and the version shown, and what extended metadata says.

Belongs here: reading forms for the API. Does not: changing them (publishing.py), serving phones (serving.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from server.models.actor import Actor, ActorKind, AuthSession, PublicLink
from server.models.entity import FormEntity
from server.models.form import Form, FormFile, FormState, FormVersion
from server.models.project import Project
from server.models.submission import Submission
from server.permissions import Caller

EXCEL_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
}
REVIEW_STATES = ("received", "hasIssues", "edited")


@dataclass(frozen=True)
class FormView:
    """A form with one of its versions: the published one, else the draft. The last eight are for extended metadata."""

    project_id: int
    xml_form_id: str
    name: str
    version: str
    state: str
    hash: str
    sha: str
    sha256: str
    draft_token: str | None
    webforms_enabled: bool
    created_at: datetime
    updated_at: datetime | None
    published_at: datetime | None
    id: int
    version_id: int
    deleted_at: datetime | None = None
    key_id: int | None = None
    enketo_id: str | None = None
    enketo_once_id: str | None = None
    submissions: int = 0
    review_states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REVIEW_STATES, 0))
    last_submission: datetime | None = None
    excel_content_type: str | None = None
    created_by: Actor | None = None
    entity_related: bool = False
    public_links: int = 0
    publish_notes: str | None = None


def list_views(
    session: Session, caller: Caller, project: Project, *, extended: bool = False, deleted: bool = False
) -> list[FormView]:
    """The forms of a project that the caller may list, by name; drafts never published only for editors.

    deleted: those in the trash instead.
    """
    shown = func.coalesce(Form.current_version_id, Form.draft_version_id)
    trashed = Form.deleted_at.is_not(None) if deleted else Form.deleted_at.is_(None)
    rows = session.execute(
        select(Form, FormVersion)
        .join(FormVersion, FormVersion.id == shown)
        .where(Form.project_id == project.id, trashed)
        .order_by(FormVersion.title, Form.xml_form_id, Form.id)
    )
    seen = [(form, version) for form, version in rows if _may_list(caller, form, project)]
    return view_forms(session, seen, extended=extended)


def view_forms(
    session: Session, rows: Iterable[tuple[Form, FormVersion]], *, extended: bool = False
) -> list[FormView]:
    """The same forms, in the same order."""
    pairs = list(rows)
    facts = _facts(session, pairs) if extended else {}
    return [
        _view(form, version, {n: v[form.id] for n, v in facts.items() if form.id in v})
        for form, version in pairs
    ]


def view_form(session: Session, form: Form, version: FormVersion, *, extended: bool = False) -> FormView:
    """One form with this version."""
    return view_forms(session, [(form, version)], extended=extended)[0]


def _view(form: Form, version: FormVersion, facts: dict[str, Any]) -> FormView:
    is_draft = version.published_at is None
    return FormView(
        project_id=form.project_id,
        xml_form_id=form.xml_form_id,
        name=version.title,
        version=version.version,
        state=form.state,
        hash=version.md5,
        sha=version.sha1,
        sha256=version.sha256,
        draft_token=version.draft_token if is_draft else None,
        webforms_enabled=form.webforms_enabled,
        created_at=form.created_at,
        updated_at=form.updated_at,
        published_at=version.published_at,
        id=form.id,
        version_id=version.id,
        deleted_at=form.deleted_at,
        publish_notes=version.notes,
        excel_content_type=EXCEL_TYPES.get(version.source_kind),
        **facts,
    )


def _may_list(caller: Caller, form: Form, project: Project) -> bool:
    actees = (form.actee_id, project.actee_id)
    if form.current_version_id is None:
        return caller.may("form.update", *actees)
    if caller.may("form.list", *actees):
        return True
    return form.state != FormState.closed and caller.may("open_form.list", *actees)


def _facts(session: Session, pairs: Sequence[tuple[Form, FormVersion]]) -> dict[str, dict[int, Any]]:
    """Field of FormView -> form id -> value; forms without any are left out."""
    ids = [form.id for form, _ in pairs]
    live = (Submission.form_id.in_(ids), ~Submission.is_draft, Submission.deleted_at.is_(None))
    found: dict[str, dict[int, Any]] = {"submissions": {}, "last_submission": {}, "review_states": {}}
    for form_id, state, number, last in session.execute(
        select(Submission.form_id, Submission.review_state, func.count(), func.max(Submission.created_at))
        .where(*live)
        .group_by(Submission.form_id, Submission.review_state)
    ):
        found["submissions"][form_id] = found["submissions"].get(form_id, 0) + number
        found["last_submission"][form_id] = max(last, found["last_submission"].get(form_id, last))
        states = found["review_states"].setdefault(form_id, dict.fromkeys(REVIEW_STATES, 0))
        if (state or "received") in states:
            states[state or "received"] = number
    found["public_links"] = dict(
        session.execute(
            select(PublicLink.form_id, func.count())
            .join(Actor, Actor.id == PublicLink.actor_id)
            .where(PublicLink.form_id.in_(ids), Actor.deleted_at.is_(None))
            .where(Actor.kind == ActorKind.public_link, exists().where(AuthSession.actor_id == Actor.id))
            .group_by(PublicLink.form_id)
        ).all()
    )
    return found | _makers(session, pairs) | _entity_related(session, pairs)


def _makers(session: Session, pairs: Sequence[tuple[Form, FormVersion]]) -> dict[str, dict[int, Any]]:
    """Who made each form: whoever uploaded its first version."""
    first = (
        select(func.min(FormVersion.id))
        .where(FormVersion.form_id.in_([form.id for form, _ in pairs]))
        .group_by(FormVersion.form_id)
    )
    rows = session.execute(
        select(FormVersion.form_id, Actor)
        .join(Actor, Actor.id == FormVersion.created_by_id)
        .where(FormVersion.id.in_(first))
    )
    return {"created_by": {form_id: actor for form_id, actor in rows}}


def _entity_related(session: Session, pairs: Sequence[tuple[Form, FormVersion]]) -> dict[str, dict[int, Any]]:
    by_version = {version.id: form.id for form, version in pairs}
    writes: ColumnElement[bool] = FormEntity.form_version_id.in_(by_version)
    reads = FormFile.form_version_id.in_(by_version) & FormFile.entity_list_id.is_not(None)
    versions = {
        *session.scalars(select(FormEntity.form_version_id).where(writes)),
        *session.scalars(select(FormFile.form_version_id).where(reads)),
    }
    return {"entity_related": {by_version[version_id]: True for version_id in versions}}
