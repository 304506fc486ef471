"""Sending one instance: preflight, splitting, the multipart body, and what the enumerator reads afterwards.

Source: spec of the OpenRosa wire behaviour, sections 5.1, 5.2 and 5.5.
"""

import mimetypes
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.collect.connection import Connection, NetworkFailure, Reply
from tests.collect.documents import read_message
from tests.collect.instances import Instance, InstanceState

DEFAULT_LENGTH_BYTES = 10_000_000
MOST_FILES = 100
SERVER_SUCCESS = "full submission upload was successful!"
BLOCK_BYTES = 1 << 16


@dataclass(frozen=True)
class SendResult:
    """What the phone shows after one attempt; `statuses` are those of the POSTs, in order."""

    shown: str
    state: InstanceState
    statuses: tuple[int, ...] = ()


class _Refused(Exception):
    """This attempt is over; the text is shown."""


def send_instance(connection: Connection, server_url: str, instance: Instance) -> SendResult:
    """One attempt to send everything; sets the instance's state. A split upload stops at a failure."""
    statuses: list[int] = []
    try:
        url, length = _preflight(connection, server_url.rstrip("/") + "/submission")
        shown = _post_all(connection, url, length, instance, statuses)
        instance.state = InstanceState.SENT
    except (_Refused, NetworkFailure) as failure:
        shown = str(failure)
        instance.state = InstanceState.FAILED
    return SendResult(shown, instance.state, tuple(statuses))


def _preflight(connection: Connection, url: str) -> tuple[str, int]:
    """Where to post and how much at once, after the HEAD that Collect sends before every instance."""
    reply = connection.head(url)
    if reply.status == 401:
        raise _Refused("invalid user name or password")
    if reply.status == 204:
        return _moved(url, reply), int(
            reply.headers.get("X-OpenRosa-Accept-Content-Length", DEFAULT_LENGTH_BYTES)
        )
    if 200 <= reply.status < 300:
        raise _Refused("unexpected answer: is this an OpenRosa endpoint?")
    return url, DEFAULT_LENGTH_BYTES


def _moved(url: str, reply: Reply) -> str:
    location = reply.headers.get("Location")
    if location is None:
        return url
    if urlsplit(location).hostname != urlsplit(url).hostname:
        raise _Refused(f"the server redirects to another host: {location}")
    return location.split("?", 1)[0]


def _post_all(connection: Connection, url: str, length: int, instance: Instance, statuses: list[int]) -> str:
    shown = ""
    chunks = split(instance.xml.stat().st_size, instance.attachments, length)
    for number, files in enumerate(chunks, start=1):
        body = MultipartBody(instance.xml, files, incomplete=number < len(chunks))
        reply = connection.post(url, body, body.content_type)
        statuses.append(reply.status)
        shown = _read_answer(reply)
    return shown


def split(xml_bytes: int, files: Sequence[Path], most_bytes: int) -> list[list[Path]]:
    """The files of each POST; at least one POST.

    A POST is closed when it holds more than 100 files or the next file would exceed the length; a file too
    big for that still gets its own.
    """
    chunks: list[list[Path]] = [[]]
    used = xml_bytes
    for path in files:
        size = path.stat().st_size
        if chunks[-1] and (len(chunks[-1]) > MOST_FILES or used + size > most_bytes):
            chunks.append([])
            used = xml_bytes
        chunks[-1].append(path)
        used += size
    return chunks


def _read_answer(reply: Reply) -> str:
    """The text of success; raises _Refused with the text of failure."""
    message = read_message(reply.body)
    if reply.status in (201, 202):
        return "Success" if message in (None, SERVER_SUCCESS) else str(message)
    if reply.status == 204:
        raise _Refused("unexpected end of the answer")
    if reply.status == 200:
        raise _Refused("network log-in required?")
    if message is not None and reply.status != 401:
        raise _Refused(message)
    if reply.status == 400:
        raise _Refused(
            "the server could not read the form; check the configuration of the form on the server"
        )
    raise _Refused(f"{reply.reason} ({reply.status}) at {reply.url}")


class MultipartBody:
    """The body of one POST, read from disk while it is sent; its length is known, so it is never chunked."""

    def __init__(self, xml: Path, files: Sequence[Path], *, incomplete: bool) -> None:
        self._boundary = str(uuid.uuid4())
        self._parts: list[tuple[bytes, Path | bytes]] = [
            self._file_part("xml_submission_file", xml, "text/xml")
        ]
        for path in files:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self._parts.append(self._file_part(path.name, path, kind))
        if incomplete:
            self._parts.append(self._part('form-data; name="*isIncomplete*"', None, b"yes", 3))

    @property
    def content_type(self) -> str:
        """The value of the request's Content-Type."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        contents = (len(c) if isinstance(c, bytes) else c.stat().st_size for _, c in self._parts)
        return sum(contents) + sum(len(head) + 2 for head, _ in self._parts) + len(self._tail())

    def __iter__(self) -> Iterator[bytes]:
        for head, content in self._parts:
            yield head
            yield from [content] if isinstance(content, bytes) else _blocks(content)
            yield b"\r\n"
        yield self._tail()

    def _tail(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _file_part(self, name: str, path: Path, kind: str) -> tuple[bytes, Path | bytes]:
        disposition = f'form-data; name="{_quoted(name)}"; filename="{_quoted(path.name)}"'
        return self._part(disposition, kind, path, path.stat().st_size)

    def _part(
        self, disposition: str, kind: str | None, content: Path | bytes, size: int
    ) -> tuple[bytes, Path | bytes]:
        lines = [f"--{self._boundary}", f"Content-Disposition: {disposition}"]
        lines += [f"Content-Type: {kind}"] if kind else []
        return ("\r\n".join([*lines, f"Content-Length: {size}"]) + "\r\n\r\n").encode(), content


def _quoted(name: str) -> str:
    """A part name as OkHttp writes it: raw UTF-8, only quotes and line ends escaped."""
    return name.replace("\n", "%0A").replace("\r", "%0D").replace('"', "%22")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
