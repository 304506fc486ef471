"""Which submissions of a form a caller may see: its data or a draft's test data, within the caller's areas.

Belongs here: the one condition that every door to submissions filters by. Does not: what they see of one (masks).
Source: the house's semantics, sections 1 (claimed village), 6 and 7.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from forms import roles
from forms.definition import FormDefinition
from server.errors import NotFoundError
from server.models.actor import ActorArea
from server.models.form import Form, FormVersion
from server.models.submission import Submission
from server.permissions import Caller
from server.problems import DeadDraftLinkError
from server.scope import within_areas
from server.services import form_cache


@dataclass(frozen=True)
class Shelf:
    """The submissions of one form that a caller may see. reveals: sensitive answers and files too."""

    form: Form
    is_draft: bool
    reveals: bool
    condition: ColumnElement[bool]
    """On rows of Submission: of this form, draft or not, within the areas; deleted ones are not left out."""


def open_shelf(
    session: Session, form: Form, caller: Caller | None, *, is_draft: bool = False, reveals: bool = False
) -> Shelf:
    """The shelf of a form. Raises: NotFoundError for the draft of a form that has none.

    caller None: nobody who is known, with the test address of a draft.
    """
    if is_draft and form.draft_version_id is None:
        raise NotFoundError("the form has no draft")
    mine = and_(Submission.form_id == form.id, Submission.is_draft.is_(is_draft))
    seen = true() if is_draft or caller is None else _within(session, form, caller)
    return Shelf(form, is_draft, reveals, and_(mine, seen))


def _within(session: Session, form: Form, caller: Caller) -> ColumnElement[bool]:
    """Within the caller's areas; of a form that asks for no place also what came from somebody without areas.

    A submission without area of any other form may belong anywhere: only those who see everything see it.
    """
    inside = within_areas(Submission.area_path, caller.areas)
    if caller.areas is None or not _is_placeless(session, form):
        return inside
    beaten = exists().where(ActorArea.actor_id == Submission.submitter_id)
    return or_(inside, and_(Submission.area_path.is_(None), ~beaten))


def _is_placeless(session: Session, form: Form) -> bool:
    """Whether no version of a form asks for a household or a village."""
    versions = session.scalars(select(FormVersion.id).where(FormVersion.form_id == form.id)).all()
    return not any(map(_has_place, form_cache.definitions_of(session, versions).values()))


def _has_place(definition: FormDefinition) -> bool:
    return (
        roles.find_household_select(definition) is not None
        or roles.find_village_answer(definition) is not None
        or any(item.dataset == roles.HOUSEHOLD_LIST for item in definition.entities)
    )


def require_draft_token(session: Session, form: Form, token: str | None) -> None:
    """Raises: DeadDraftLinkError unless this is the token of the form's present draft."""
    draft = session.get(FormVersion, form.draft_version_id) if form.draft_version_id is not None else None
    if draft is None or draft.draft_token is None or draft.draft_token != token:
        raise DeadDraftLinkError()


def has_sensitive(session: Session, form: Form) -> bool:
    """Whether a version of a form has sensitive questions: who takes its data away in clear is written down."""
    query = select(FormVersion.id).where(FormVersion.form_id == form.id, FormVersion.has_sensitive)
    return session.scalar(query.limit(1)) is not None
