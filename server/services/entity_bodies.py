"""Entities as API clients write them: JSON to changes, with Central's mistakes.

Belongs here: reading. Does not: doing it (entity_edits.py, entity_bulk.py).
Source: the REST specification, "Datasets and entities".
"""

import re
import uuid as uuids
from collections.abc import Collection, Mapping
from typing import Any

from server.errors import BadTypeError, BadValueError, MissingParameterError
from server.problems import EntityDataError, UnexpectedKeysError
from server.services.entity_bases import Change

ONE_KEYS = ("uuid", "label", "data")
MANY_KEYS = ("entities", "source")
_UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def read_uuid(text: object, field: str = "uuid") -> str:
    """A v4 uuid, bare and in lower case. Raises: BadTypeError (400.11)."""
    bare = text.strip().lower().removeprefix("uuid:") if isinstance(text, str) else ""
    if not _UUID_V4.fullmatch(bare):
        raise BadTypeError(
            f"{field} must be a version 4 UUID",
            details={"field": field, "value": text, "expected": "valid version 4 UUID"},
        )
    return bare


def read_new(body: object, properties: Collection[str]) -> Change:
    """What a new entity is to be; a uuid is made when none is given.

    Raises: UnexpectedKeysError (400.31), MissingParameterError (400.2), BadValueError (400.8), BadTypeError (400.11),
    EntityDataError (400.28).
    """
    if not isinstance(body, Mapping):
        raise BadTypeError(
            "an entity must be an object", details={"value": _shown(body), "expected": "object"}
        )
    _require_keys(body, ONE_KEYS)
    given = body.get("uuid")
    uuid = str(uuids.uuid4()) if given is None else read_uuid(given)
    label = body.get("label")
    if label is None:
        raise MissingParameterError("an entity needs a label", details={"field": "label"})
    return Change(uuid, _label(label), _data(body.get("data", {}), properties))


def read_changes(
    body: Mapping[str, Any], uuid: str, properties: Collection[str], *, may_be_empty: bool
) -> Change | None:
    """What is to change of an entity; None for an empty body that may be empty. A uuid in it is passed over.

    Raises: as read_new; EntityDataError (400.28) when there is neither label nor data.
    """
    if not body and may_be_empty:
        return None
    _require_keys(body, ONE_KEYS)
    label, data = body.get("label"), body.get("data")
    if label is None and data is None:
        raise EntityDataError(
            "there is neither label nor data", details={"reason": "No entity data or label provided."}
        )
    return Change(
        uuid,
        None if label is None else _label(label),
        _data({} if data is None else data, properties),
    )


def read_source(source: object) -> dict[str, Any]:
    """Where many entities come from: name and, if given, size in bytes.

    Raises: MissingParameterError (400.2) without source or name, BadTypeError (400.11), UnexpectedKeysError (400.31).
    """
    if source is None:
        raise MissingParameterError("source is missing", details={"field": "source"})
    if not isinstance(source, Mapping):
        raise BadTypeError(
            "source must be an object",
            details={"field": "source", "value": _shown(source), "expected": "object"},
        )
    _require_keys(source, ("name", "size"))
    name, size = source.get("name"), source.get("size")
    if name is None or name == "":
        raise MissingParameterError("source.name is missing", details={"field": "source.name"})
    if not isinstance(name, str):
        raise BadTypeError(
            "source.name must be text",
            details={"field": "source.name", "value": _shown(name), "expected": "string"},
        )
    if size is not None and (isinstance(size, bool) or not isinstance(size, int | float)):
        raise BadTypeError(
            "source.size must be a number",
            details={"field": "source.size", "value": _shown(size), "expected": "number"},
        )
    return {"name": name, "size": size}


def read_list(body: Mapping[str, Any]) -> list[Any]:
    """The entities of a body that holds many. Raises: UnexpectedKeysError (400.31) for none, or no list."""
    _require_keys(body, MANY_KEYS)
    found = body.get("entities")
    if not isinstance(found, list) or not found:
        raise UnexpectedKeysError(
            "entities must be a list that is not empty",
            details={"expected": ["entities: [...]", "source: {...}"], "actual": sorted(body)},
        )
    return found


def read_ids(ids: object) -> list[str]:
    """The uuids of {"ids": [...]}, each once. Raises: MissingParameterError (400.2), BadTypeError (400.11)."""
    if ids is None:
        raise MissingParameterError("ids is missing", details={"field": "ids"})
    if not isinstance(ids, list):
        raise BadTypeError(
            "ids must be a list", details={"field": "ids", "value": _shown(ids), "expected": "array"}
        )
    return list(dict.fromkeys(read_uuid(item, "ids") for item in ids))


def _require_keys(body: Mapping[str, Any], expected: tuple[str, ...]) -> None:
    for key in body:
        if key not in expected:
            raise UnexpectedKeysError(
                f"the key {key!r} is not expected here",
                details={"expected": list(expected), "actual": sorted(body)},
            )


def _label(label: object) -> str:
    if not isinstance(label, str):
        raise BadTypeError(
            "the label must be text",
            details={"field": "label", "value": _shown(label), "expected": "string"},
        )
    if not label.strip():
        raise BadValueError(
            "the label is blank",
            details={"field": "label", "value": label, "reason": "Label cannot be blank."},
        )
    return label


def _data(data: object, properties: Collection[str]) -> dict[str, str]:
    if not isinstance(data, Mapping):
        raise BadTypeError(
            "data must be an object", details={"field": "data", "value": _shown(data), "expected": "object"}
        )
    for name, value in data.items():
        if name not in properties:
            reason = f"You specified the dataset property [{name}] which does not exist."
            raise EntityDataError(f"there is no property {name!r}", details={"reason": reason})
        if not isinstance(value, str):
            raise BadTypeError(
                f"the value of {name} must be text",
                details={"field": name, "value": _shown(value), "expected": "string"},
            )
    return dict(data)


def _shown(value: object) -> object:
    """What a mistake repeats of a value: small ones only."""
    return value if isinstance(value, int | float | bool) or value is None else str(value)[:100]
