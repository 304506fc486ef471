"""Writing a submission as a phone would, from answers.

Belongs here: render_instance, for the demo, the scorer and tests. Does not: reading submissions
(submission.py).
Source: ODK XForms specification, "Instance", "Metadata", and the Entities specification.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from forms.definition import FormDefinition
from forms.value_text import render_value
from forms.values import Value
from forms.xform_paths import parent_of
from forms.xml import JAVAROSA, OPENROSA_XFORMS, find_child


@dataclass(frozen=True)
class EntityElement:
    """The <entity> of a `meta`; texts are written as they stand, None leaves the attribute or label out."""

    dataset: str
    entity_id: str
    create: bool = False
    update: bool = False
    label: str | None = None
    base_version: str | int | None = None
    trunk_version: str | int | None = None
    branch_id: str | None = None


Answer: TypeAlias = Value | float | EntityElement | Sequence["AnswerMap"] | None
AnswerMap: TypeAlias = Mapping[str, Answer]

_ENTITY = "/meta/entity"


def render_instance(
    definition: FormDefinition,
    answers: AnswerMap,
    *,
    instance_id: str | None,
    deprecated_id: str | None = None,
    instance_name: str | None = None,
    audit: str | None = None,
    entity: EntityElement | None = None,
    version: str | None = None,
) -> bytes:
    """The XML of one submission in the form's order, as UTF-8 with a declaration.

    answers: path -> value; None or '' writes an empty node, a path that is not given writes none (not asked).
    A repeat's path -> list of such mappings, one per row, whose keys are full paths or names relative to the
    row ('/panen/ton' or 'ton'). A group is written when it or anything in it is given; give it None to write
    it empty. entity: of the root's meta; for one in a group or row give an EntityElement at
    '<container>/meta/entity'. version: in place of the form's own. Values are written by render_value.

    Raises: ValueError for a path that the form lacks, or a text with characters that XML has no place for.
    """
    root = etree.Element(definition.root, nsmap={"jr": JAVAROSA, "orx": OPENROSA_XFORMS})
    root.set("id", definition.form_id)
    root.set("version", definition.version if version is None else version)
    given: dict[str, Answer] = {
        "/meta/instanceID": instance_id,
        "/meta/deprecatedID": deprecated_id,
        "/meta/instanceName": instance_name,
        "/meta/audit": audit,
    }
    given = {path: text for path, text in given.items() if text is not None}
    if entity is not None:
        given[_ENTITY] = entity
    _write(root, "", {**_resolved(answers, ""), **given}, _Shape(definition))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


class _Shape:
    """The children of every node, in order."""

    def __init__(self, definition: FormDefinition) -> None:
        self.types = {item.path: item.type for item in definition.fields}
        self.children: dict[str, list[str]] = {}
        for item in definition.fields:
            self.children.setdefault(parent_of(item.path), []).append(item.path)


def _resolved(answers: AnswerMap, container: str) -> dict[str, Answer]:
    return {key if key.startswith("/") else f"{container}/{key}": value for key, value in answers.items()}


def _write(parent: etree._Element, container: str, answers: Mapping[str, Answer], shape: _Shape) -> None:
    """The nodes of one row: the root's or a repeat's, whose path is `container`."""
    _check(answers, container, shape)
    wanted = set(answers)
    for path in answers:
        while len(path := parent_of(path)) > len(container):
            wanted.add(path)
    _write_children(parent, container, answers, wanted, shape)
    if not container:
        _write_meta(parent, answers, shape)


def _check(answers: Mapping[str, Answer], container: str, shape: _Shape) -> None:
    for path in answers:
        known = path in shape.types or path.startswith("/meta/")
        if not known or not path.startswith(f"{container}/"):
            raise ValueError(f"the form has no node {path} in {container or 'its root'}")


def _write_children(
    parent: etree._Element, container: str, answers: Mapping[str, Answer], wanted: set[str], shape: _Shape
) -> None:
    for path in shape.children.get(container, ()):
        if path not in wanted:
            continue
        name = path.rpartition("/")[2]
        value = answers.get(path)
        if isinstance(value, EntityElement):
            _write_entity(parent, value)
        elif shape.types[path] == "repeat":
            for row in _rows(path, value):
                _write(etree.SubElement(parent, name), path, _resolved(row, path), shape)
        elif shape.types[path] == "structure":
            _write_children(etree.SubElement(parent, name), path, answers, wanted, shape)
        else:
            _write_leaf(parent, path, name, value)


def _rows(path: str, value: Answer) -> Sequence[AnswerMap]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{path} is a repeat: give it a list of rows")
    return [row for row in value if isinstance(row, Mapping)]


def _write_leaf(parent: etree._Element, path: str, name: str, value: Answer) -> None:
    if isinstance(value, EntityElement) or (isinstance(value, Sequence) and not isinstance(value, str)):
        raise ValueError(f"{path} takes one value")
    node = etree.SubElement(parent, name)
    if value is not None and value != "":
        node.text = render_value(value)


def _write_entity(parent: etree._Element, entity: EntityElement) -> None:
    node = etree.SubElement(parent, "entity", dataset=entity.dataset, id=entity.entity_id)
    attributes = {
        "create": "1" if entity.create else None,
        "update": "1" if entity.update else None,
        "baseVersion": entity.base_version,
        "trunkVersion": entity.trunk_version,
        "branchId": entity.branch_id,
    }
    for name, value in attributes.items():
        if value is not None:
            node.set(name, str(value))
    if entity.label is not None:
        etree.SubElement(node, "label").text = entity.label


def _write_meta(root: etree._Element, answers: Mapping[str, Answer], shape: _Shape) -> None:
    """Phones add nodes to meta that the form's model lacks: deprecatedID, and meta itself in odd forms."""
    for path, value in answers.items():
        if path.startswith("/meta/") and path not in shape.types:
            meta = find_child(root, "meta")
            meta = meta if meta is not None else etree.SubElement(root, "meta")
            if isinstance(value, EntityElement):
                _write_entity(meta, value)
            else:
                _write_leaf(meta, path, path.rpartition("/")[2], value)
