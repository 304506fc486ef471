"""JSON bodies off the wire: size, encoding, and text that no column could hold.

Belongs here: bytes to JSON values. Does not: what they mean (schemas).
Source: the REST specification, "Conventions".
"""

import json
import zlib
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from flask import Request

from server.errors import BadRequestError
from server.problems import BodyEncodingError, BodyTooLargeError

MAX_JSON_BYTES = 250_000
MAX_ENTITIES_BYTES = 100_000_000
WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def read_json(request: Request, *, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """The JSON object or array of a request; {} when it carries none.

    Raises: BadRequestError (400.1, not parsable), BodyTooLargeError (400.36), BodyEncodingError (400.37).
    """
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(parse_qsl(_read(request, max_bytes).decode("utf-8", "replace")))
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        return {}
    data = _read(request, max_bytes)
    if not data.strip():
        return {}
    try:
        found = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _not_json(data) from error
    if not isinstance(found, dict | list):
        raise _not_json(data)
    if b"\\u" in data or b"\x00" in data:
        _refuse_unfit(found, data)
    return found


def _read(request: Request, max_bytes: int) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", *WINDOW):
        raise BodyEncodingError(f"the encoding {encoding!r} is not supported")
    data = request.stream.read(max_bytes + 1)
    if encoding in WINDOW:
        inflate = zlib.decompressobj(WINDOW[encoding])
        try:
            data = inflate.decompress(data, max_bytes + 1)
        except zlib.error as error:
            raise BadRequestError(
                "the body cannot be inflated", details={"format": encoding, "rawLength": len(data)}
            ) from error
    if len(data) > max_bytes:
        raise BodyTooLargeError(f"the body is larger than {max_bytes} bytes")
    return data


def _not_json(data: bytes) -> BadRequestError:
    return BadRequestError(
        "the body is not valid JSON",
        details={"format": "json", "rawLength": len(data.decode("utf-8", "replace"))},
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unfit(found: Any, data: bytes) -> None:
    """NUL and lone surrogates are JSON, but no text: no database takes them."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _not_json(data) from error
    if _holds_nul(found):
        raise _not_json(data)


def _holds_nul(found: Any) -> bool:
    if isinstance(found, str):
        return "\x00" in found
    if isinstance(found, dict):
        return any(_holds_nul(part) for pair in found.items() for part in pair)
    return isinstance(found, list) and any(_holds_nul(part) for part in found)
