"""What an XForm declares about entity lists, and what is wrong with that.

Belongs here: <entity> blocks of the primary instance and saveto binds.
Does not: entities of a submission (entities.py).
Source: ODK XForms Entities specification 2022.1 to 2025.1.
"""

import re
from collections.abc import Mapping

from forms.definition import EntityDeclaration
from forms.errors import ConversionError, Reason
from forms.xform_model import InstanceNode, Model
from forms.xform_paths import is_within, parent_of
from forms.xml import find_attribute, local_name

_VERSION = re.compile(r"20(?:22|23|24|25)\.1\.\d+")
_DATASET = re.compile(r"(?!__)[^\W\d][\w:-]*|:[\w:-]*")
_PROPERTY = re.compile(r"(?!__)[^\W\d][\w.-]*")
_RESERVED = {"name", "label"}
_SEVERAL_SINCE = "2025.1"


def read_entities(model: Model) -> tuple[EntityDeclaration, ...]:
    """The declarations in document order, () for a form without.

    Raises: ConversionError with Reason.ENTITIES naming what is missing or wrong.
    """
    nodes = [node for node in model.tree.walk() if _is_entity(node)]
    saved = {
        path: bind["saveto"].strip() for path, bind in model.binds.items() if bind.get("saveto", "").strip()
    }
    if not nodes:
        if saved:
            raise _refusal(f"the field {next(iter(saved))} is saved to an entity, but the form declares none")
        return ()
    _check_version(model, nodes)
    containers = [parent_of(parent_of(node.path)) for node in nodes]
    properties = _properties_by_container(saved, containers)
    return tuple(
        _declaration(node, container, properties[container])
        for node, container in zip(nodes, containers, strict=True)
    )


def _is_entity(node: InstanceNode) -> bool:
    return node.name == "entity" and parent_of(node.path).rpartition("/")[2] == "meta"


def _check_version(model: Model, nodes: list[InstanceNode]) -> None:
    version = model.entities_version
    if not version:
        raise _refusal("the model has no entities-version")
    if not _VERSION.fullmatch(version.strip()):
        raise _refusal(f"the entities-version {version} is not known (2022.1.0 to 2025.1.x are)")
    if version.startswith(_SEVERAL_SINCE):
        return
    if len(nodes) > 1 or parent_of(nodes[0].path) != "/meta":
        raise _refusal(
            f"entities in groups or repeats, or several of them, need entities-version 2025.1, not {version}"
        )


def _declaration(node: InstanceNode, container: str, properties: Mapping[str, str]) -> EntityDeclaration:
    element = node.element
    assert element is not None
    parent = element.getparent()
    if parent is not None and sum(local_name(child.tag) == "entity" for child in parent) > 1:
        raise _refusal(f"{parent_of(node.path)} holds more than one entity")
    dataset = (find_attribute(element, "dataset") or "").strip()
    if not dataset:
        raise _refusal("an entity has no dataset name")
    if not _DATASET.fullmatch(dataset):
        raise _refusal(
            f"the dataset name '{dataset}' is not allowed: a letter, ':' or '_' first, no dot, not '__'"
        )
    creates = find_attribute(element, "create") is not None
    updates = find_attribute(element, "update") is not None
    if not creates and not updates:
        raise _refusal(f"the entity of dataset '{dataset}' neither creates nor updates")
    return EntityDeclaration(dataset, container, creates, updates, properties)


def _properties_by_container(saved: Mapping[str, str], containers: list[str]) -> dict[str, dict[str, str]]:
    properties: dict[str, dict[str, str]] = {container: {} for container in containers}
    for path, name in saved.items():
        if not _PROPERTY.fullmatch(name) or name.lower() in _RESERVED:
            raise _refusal(f"the property name '{name}' (field {path}) is not allowed")
        enclosing = [container for container in containers if is_within(path, container)]
        if not enclosing:
            raise _refusal(f"the field {path} is saved to '{name}', but no entity encloses it")
        mine = properties[max(enclosing, key=len)]
        if name in mine:
            raise _refusal(f"the fields {mine[name]} and {path} are both saved to the property '{name}'")
        mine[name] = path
    return properties


def _refusal(message: str) -> ConversionError:
    return ConversionError(f"entities: {message}", reason=Reason.ENTITIES)
