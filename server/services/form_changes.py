"""What stops a form: how the compiler's refusals are told, and which changes of a form would break its data.

Source: the REST specification, "Create", "Drafts", "Problem codes".
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import FormError, Reason
from server.errors import FormRefusedError
from server.models.form import Form, FormVersion
from server.problems import FieldTypeChangedError
from server.services import form_cache

CODES = {
    Reason.NO_FORM_ID: "400.2",
    Reason.FORM_ID_EXTENSION: "400.8",
    Reason.FORM_ID_TOO_LONG: "400.13",
    Reason.NO_META: "400.27",
    Reason.ENTITIES: "400.25",
}
CONTAINERS = ("structure", "repeat")


def refusal_of(error: FormError) -> FormRefusedError:
    """The refusal of an author's file, with Central's code; details list every mistake with sheet, row and column."""
    text = str(error)
    details: dict[str, object] = {
        "error": text,
        "warnings": error.warnings or None,
        "mistakes": [
            {"message": m.message, "sheet": m.sheet, "row": m.row, "column": m.column} for m in error.mistakes
        ],
    }
    if error.reason in (Reason.NO_FORM_ID, Reason.FORM_ID_EXTENSION, Reason.FORM_ID_TOO_LONG):
        details |= {"field": "formId" if error.reason == Reason.NO_FORM_ID else "xmlFormId"}
    if error.reason in (Reason.FORM_ID_EXTENSION, Reason.ENTITIES):
        details |= {"reason": text}
    refused = FormRefusedError(text, details=details)
    refused.code = CODES.get(error.reason, refused.code)
    return refused


def require_compatible(session: Session, form: Form, definition: FormDefinition) -> None:
    """Raises: FieldTypeChangedError when a field has another type than in a published version.

    Types may change towards text only; a group or repeat never becomes a field.
    """
    before = published_types(session, form)
    for item in definition.fields:
        old = before.get(item.path, item.type)
        if old != item.type and (item.type != "string" or old in CONTAINERS):
            raise FieldTypeChangedError(
                f"the field {item.path} was {old} and cannot become {item.type}",
                details={"path": item.path, "type": old},
                message_id=f"Pertanyaan {item.path} tidak boleh berganti jenis. Pakai nama lain.",
            )


def published_types(session: Session, form: Form) -> dict[str, str]:
    """Path -> type, as the latest published version that has the field says."""
    found: dict[str, str] = {}
    for version_id in published_ids(session, form):
        definition = form_cache.definition_of(session, version_id)
        found.update({item.path: item.type for item in definition.fields})
    return found


def published_ids(session: Session, form: Form) -> Sequence[int]:
    """The published versions of a form, oldest first."""
    return session.scalars(
        select(FormVersion.id)
        .where(FormVersion.form_id == form.id, FormVersion.published_at.is_not(None))
        .order_by(FormVersion.published_at, FormVersion.id)
    ).all()
