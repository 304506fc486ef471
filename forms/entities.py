"""What a submission asks to be done to entities, one action per <entity> element.

Belongs here: reading the elements and their properties, with errors as values.
Does not: declarations of a form (xform_entities.py), doing anything to an entity, conflicts, branches
(server).
Source: ODK XForms Entities specification 2022.1 to 2025.1; the server's OpenRosa notes, section 6.1.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from lxml import etree

from forms.definition import EntityDeclaration, FormDefinition
from forms.submission import SubmissionDocument
from forms.xml import find_child, local_name, text_of

_UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)
_ACTIVE = {"1", "true"}


class Fault(Enum):
    """What is wrong with an attribute: absent or blank, or there but unreadable."""

    MISSING = "missing"
    INVALID = "invalid"


@dataclass(frozen=True)
class Attribute:
    """An attribute of <entity>: its text as sent (None when absent) and what was read from it.

    value: bare lower-case uuid, or the digits of a version; None with a fault.
    """

    raw: str | None = None
    value: str | None = None
    fault: Fault | None = Fault.MISSING

    @property
    def number(self) -> int | None:
        """A version as a number; None with a fault."""
        return int(self.value) if self.value is not None and _INTEGER.fullmatch(self.value) else None


@dataclass(frozen=True)
class EntityAction:
    """One <entity> element of a submission.

    container and rows say where: the declaration's container and the index, from 0, of each enclosing
    repeat's instance. dataset is as sent, '' when absent. label: None when the element is absent, '' when it
    is empty. properties: texts as sent; a property whose node is absent is not in it, one whose node is empty
    is ''.
    """

    dataset: str
    entity_id: Attribute
    create: bool
    update: bool
    label: str | None
    base_version: Attribute = field(default_factory=Attribute)
    trunk_version: Attribute = field(default_factory=Attribute)
    branch_id: Attribute = field(default_factory=Attribute)
    properties: Mapping[str, str] = field(default_factory=dict)
    container: str = ""
    rows: tuple[int, ...] = ()


def read_entity_actions(document: SubmissionDocument, definition: FormDefinition) -> tuple[EntityAction, ...]:
    """The actions in document order, also those that neither create nor update.

    () for a form without entities and for encrypted submissions. The root element may have any name.
    Raises: MissingFieldError('id') when the document has no form id.
    """
    if not definition.entities or document.envelope.encrypted:
        return ()
    repeats = frozenset(item.path for item in definition.fields if item.type == "repeat")
    declarations = {item.container: item for item in definition.entities}
    return tuple(_actions(document.root, "", (), repeats, declarations))


def normalise_uuid(text: str) -> str | None:
    """The bare lower-case form of a v4 uuid, with or without 'uuid:' before it; None when it is none."""
    bare = text.strip().lower().removeprefix("uuid:")
    return bare if _UUID_V4.fullmatch(bare) else None


def _actions(
    element: etree._Element,
    path: str,
    rows: tuple[int, ...],
    repeats: frozenset[str],
    declarations: Mapping[str, EntityDeclaration],
) -> Iterator[EntityAction]:
    counts: dict[str, int] = {}
    for child in element:
        if not len(child):
            continue
        name = local_name(child.tag)
        if name == "meta":
            yield from _of_meta(child, element, path, rows, declarations.get(path))
            continue
        inner, child_path = rows, f"{path}/{name}"
        if child_path in repeats:
            counts[child_path] = counts.get(child_path, -1) + 1
            inner = (*rows, counts[child_path])
        yield from _actions(child, child_path, inner, repeats, declarations)


def _of_meta(
    meta: etree._Element,
    container: etree._Element,
    path: str,
    rows: tuple[int, ...],
    declaration: EntityDeclaration | None,
) -> Iterator[EntityAction]:
    properties = _properties(container, path, declaration) if declaration is not None else {}
    for element in meta:
        if local_name(element.tag) == "entity":
            label = find_child(element, "label")
            yield EntityAction(
                dataset=(element.get("dataset") or "").strip(),
                entity_id=_uuid(element.get("id")),
                create=_is_active(element.get("create")),
                update=_is_active(element.get("update")),
                label=None if label is None else text_of(label),
                base_version=_version(element.get("baseVersion")),
                trunk_version=_version(element.get("trunkVersion")),
                branch_id=_uuid(element.get("branchId")),
                properties=properties,
                container=path,
                rows=rows,
            )


def _is_active(text: str | None) -> bool:
    return text is not None and text in _ACTIVE


def _uuid(raw: str | None) -> Attribute:
    if raw is None or not raw.strip():
        return Attribute(raw)
    value = normalise_uuid(raw)
    return Attribute(raw, value, None if value else Fault.INVALID)


def _version(raw: str | None) -> Attribute:
    if raw is None or not raw.strip():
        return Attribute(raw)
    text = raw.strip()
    return Attribute(raw, text, None) if _INTEGER.fullmatch(text) else Attribute(raw, None, Fault.INVALID)


def _properties(container: etree._Element, path: str, declaration: EntityDeclaration) -> dict[str, str]:
    """Texts of the declared fields that are present; of a field in a repeat below the container the first row counts."""
    found = {}
    for name, field_path in declaration.properties.items():
        node = _descend(container, field_path.removeprefix(path).split("/")[1:])
        if node is not None:
            found[name] = text_of(node)
    return found


def _descend(element: etree._Element, steps: list[str]) -> etree._Element | None:
    node: etree._Element | None = element
    for step in steps:
        node = find_child(node, step) if node is not None else None
    return node
