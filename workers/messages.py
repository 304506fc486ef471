"""What a message of the queue looks like on the wire: JSON, never pickle.

Belongs here: huey's few value classes to JSON and back. Does not: queues, jobs.
Who can write into the queue's tables can therefore start a registered job with other ids, but run no code of
his own.
"""

import json
from datetime import datetime
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer
from huey.utils import SKIPPED, Error

MAX_MESSAGE_BYTES = 100_000


class BadMessageError(ValueError):
    """A job was given what is no id, or stored bytes are no message of ours."""


class JsonSerializer(Serializer):
    """Messages as JSON: None, bool, int, float, str, datetime, lists, and dicts with text keys without '$'.

    Tuples come back as lists. Anything else (a model, a session, bytes) is BadMessageError when it is sent,
    not when it is received: jobs take ids.
    """

    def _serialize(self, data: object) -> bytes:
        text = json.dumps(_pack(data), separators=(",", ":"), allow_nan=False)
        if len(text) > MAX_MESSAGE_BYTES:
            raise BadMessageError(f"a message of {len(text)} bytes; send ids in batches")
        return text.encode()

    def _deserialize(self, data: bytes) -> object:
        try:
            return _unpack(json.loads(bytes(data)))
        except (ValueError, TypeError, KeyError) as error:
            raise BadMessageError("no message of ours; left by another version or program") from error


def _pack(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, Message):
        return {"$message": {name: _pack(part) for name, part in value._asdict().items() if part is not None}}
    if isinstance(value, Error):
        return {"$error": _pack(value.metadata)}
    if value is SKIPPED:
        return {"$skipped": True}
    if isinstance(value, list | tuple):
        return [_pack(item) for item in value]
    if isinstance(value, dict):
        return {_check_name(name): _pack(item) for name, item in value.items()}
    raise BadMessageError(f"jobs take ids and plain values, not {type(value).__name__}")


def _check_name(name: object) -> str:
    if not isinstance(name, str) or name.startswith("$"):
        raise BadMessageError(f"not a name: {name!r:.40}")
    return name


def _unpack(value: Any) -> object:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$at" in value:
        return datetime.fromisoformat(value["$at"])
    if "$message" in value:
        return _unpack_message(value["$message"])
    if "$error" in value:
        return Error(_unpack(value["$error"]))
    if "$skipped" in value:
        return SKIPPED
    return {name: _unpack(item) for name, item in value.items()}


def _unpack_message(parts: dict[str, Any]) -> Message:
    """huey adds to `args` with +, so they must be a tuple again."""
    fields: dict[str, Any] = {name: _unpack(part) for name, part in parts.items()}
    return Message(**fields | {"args": tuple(fields.get("args", ()))})
