"""Requests as bytes, handed to the application as a WSGI server would, without a socket: thousands a minute.

Belongs here: one request, its multipart body, its answer. Does not: which requests (attacks.py).
"""

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

BOUNDARY = b"----sisirfuzz7MA4YWxk"


@dataclass(frozen=True)
class Part:
    """A part of a multipart body. disposition: replaces the whole header when given."""

    name: str
    data: bytes
    file_name: str | None = None
    content_type: str = "image/jpeg"
    disposition: bytes | None = None


@dataclass(frozen=True)
class Request:
    """A request as it goes out. declared: what Content-Length says, if not the truth; kept: XMLs that may be stored."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    declared: str | None = None
    xml: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def render_parts(parts: Iterable[Part], boundary: bytes = BOUNDARY) -> bytes:
    """A multipart body."""
    out = io.BytesIO()
    for part in parts:
        out.write(b"--" + boundary + b"\r\n")
        if part.disposition is not None:
            out.write(b"Content-Disposition: " + part.disposition)
        else:
            out.write(
                f'Content-Disposition: form-data; name="{part.name}"'.encode("utf-8", "surrogateescape")
            )
            if part.file_name is not None:
                out.write(f'; filename="{part.file_name}"'.encode("utf-8", "surrogateescape"))
        out.write(b"\r\nContent-Type: " + part.content_type.encode() + b"\r\n\r\n" + part.data + b"\r\n")
    out.write(b"--" + boundary + b"--\r\n")
    return out.getvalue()


def call(app: Callable[..., Any], request: Request) -> Answer:
    """The application's answer, read to its end."""
    path, _, query = request.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "sisir.test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1:1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": "sisir.test",
    }
    if request.body or request.declared is not None:
        environ["CONTENT_LENGTH"] = (
            request.declared if request.declared is not None else str(len(request.body))
        )
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        started[:] = [int(status.split(" ", 1)[0]), dict(headers)]

    result = app(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return Answer(started[0], started[1], body)
