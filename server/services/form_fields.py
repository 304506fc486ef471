"""The nodes of a form and what it does to entity lists, as API clients read them. Source: the REST specification, "Drafts"."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from server.models.form import Form, FormVersion
from server.services import entity_lists, form_cache

AUDIT_PATH = "/meta/audit"
_NO_LETTER = re.compile(r"^(?![A-Za-z_])")
_OTHER = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True)
class FormField:
    """One node. binary and select_multiple are True or None, never False."""

    path: str
    name: str
    type: str
    binary: bool | None
    select_multiple: bool | None


def list_fields(definition: FormDefinition, *, odata: bool = False) -> list[FormField]:
    """The nodes depth-first in document order; odata = with names that OData takes."""
    return [
        FormField(
            path="/".join(odata_name(part) for part in item.path.split("/")) if odata else item.path,
            name=odata_name(item.name) if odata else item.name,
            type=item.type,
            binary=True if item.type == "binary" or item.path == AUDIT_PATH else None,
            select_multiple=True if item.select == "multiple" else None,
        )
        for item in definition.fields
    ]


def odata_name(name: str) -> str:
    """A name as OData takes it: 'é1' -> '__1', 'a-b' -> 'a_b'; '' stays ''."""
    return _OTHER.sub("_", _NO_LETTER.sub("_", name)) if name else name


def diff_datasets(session: Session, form: Form, version: FormVersion) -> list[dict[str, Any]]:
    """What a form version does to entity lists, by name; without is_new for what is published."""
    definition = form_cache.definition_of(session, version.id)
    is_draft = version.published_at is None
    written: dict[str, set[str]] = {}
    for declaration in definition.entities:
        written.setdefault(declaration.dataset, set()).update(declaration.properties)
    found = []
    for name, properties in sorted(written.items()):
        listed = entity_lists.find_list(session, form.project_id, name)
        known = entity_lists.list_properties(session, listed) if listed is not None else []
        names = [*known, *sorted(properties - set(known))]
        entry: dict[str, Any] = {
            "name": name,
            "properties": [
                {"name": item, "in_form": item in properties}
                | ({"is_new": item not in known} if is_draft else {})
                for item in names
            ],
        }
        found.append(entry | ({"is_new": listed is None} if is_draft else {}))
    return found
