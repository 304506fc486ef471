"""Which entities a filled form creates or updates, by its submission XML and its save_to binds."""

import itertools
import re
from dataclasses import dataclass

from lxml import etree

from tests.collect.blank_forms import XForm

UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class FormEntity:
    """One active entity element; properties of questions that were not asked are absent."""

    dataset: str
    id: str
    label: str
    creates: bool
    updates: bool
    properties: dict[str, str]


def read_form_entities(form: XForm, submission: bytes) -> list[FormEntity]:
    """The entities that count on the phone: an action is active and the id is a version 4 uuid."""
    root = etree.fromstring(submission)
    homes = {_path(node, form.instance) for node in _entity_elements(form.instance)}
    owners = [(_owner(path, homes), path, name) for path, name in form.save_tos]
    found = []
    for node in _entity_elements(root):
        home = _path(node, root)
        fields = [(path, name) for owner, path, name in owners if owner == home]
        found.append(_form_entity(node, fields, home))
    return [entity for entity in found if (entity.creates or entity.updates) and UUID_V4.fullmatch(entity.id)]


def _entity_elements(root: etree._Element) -> list[etree._Element]:
    return [node for node in root.iter("{*}entity") if _name(node.getparent()) == "meta"]


def _form_entity(node: etree._Element, fields: list[tuple[str, str]], home: str) -> FormEntity:
    holder = _holder(node)
    labels = [child.text or "" for child in node if _name(child) == "label"]
    values = {name: _value(holder, path[len(home) :]) for path, name in fields}
    return FormEntity(
        dataset=node.get("dataset", ""),
        id=node.get("id", ""),
        label=labels[0] if labels else "",
        creates=node.get("create") in ("1", "true"),
        updates=node.get("update") in ("1", "true"),
        properties={name: value for name, value in values.items() if value is not None},
    )


def _value(holder: etree._Element, relative: str) -> str | None:
    node: etree._Element | None = holder
    for step in relative.strip("/").split("/"):
        node = next((child for child in node if _name(child) == step), None) if node is not None else None
    return None if node is None else node.text or ""


def _path(entity: etree._Element, root: etree._Element) -> str:
    """The path of the group that an entity element belongs to: two levels up, past meta."""
    holder = _holder(entity)
    outer = list(root.iterancestors())
    steps = [_name(node) for node in [holder, *holder.iterancestors()] if node not in outer]
    return "/" + "/".join(reversed(steps))


def _holder(entity: etree._Element) -> etree._Element:
    return next(itertools.islice(entity.iterancestors(), 1, None))


def _owner(path: str, homes: set[str]) -> str | None:
    enclosing = [home for home in homes if path.startswith(home + "/")]
    return max(enclosing, key=len, default=None)


def _name(node: etree._Element | None) -> str:
    return "" if node is None or not isinstance(node.tag, str) else etree.QName(node).localname
