"""What a phone sends, taken off the wire: parts go to temporary files, limits are kept, names are only names.

Belongs here: the request class and its limits. Does not: what an upload means (services/receiving.py).
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, BinaryIO, cast

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from media.blobs import Digests
from media.errors import is_lacking
from server.config import MAX_FILE_BYTES, MAX_FILES
from server.errors import BrokenUploadError, MissingPartError, TooLargeError, UnavailableError

XML_PART = "xml_submission_file"
INCOMPLETE_PART = "*isIncomplete*"
MAX_XML_BYTES = 10_000_000
SPOOL_BYTES = 256 * 1024
SMALL_REQUEST_BYTES = 2_000_000
"""A request up to this size stays in memory as a whole: an XML with a few photos is then written to the disk once."""


class PhoneRequest(Request):
    """Flask's request with parts streamed to temporary files; Werkzeug's limits stay on."""

    max_form_memory_size = MAX_XML_BYTES
    max_form_parts = 1000

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        is_small = total_content_length is not None and total_content_length <= SMALL_REQUEST_BYTES
        return cast(IO[bytes], Spool(SMALL_REQUEST_BYTES if is_small else SPOOL_BYTES))


class Spool:
    """A part as it comes in: kept in memory up to a size, then in a temporary file; hashed while it passes."""

    def __init__(self, max_bytes: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=max_bytes)  # noqa: SIM115 - closed with the part
        self._sha256, self._md5, self._size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0

    def write(self, data: bytes) -> int:
        """Appends."""
        self._sha256.update(data)
        self._md5.update(data)
        self._size += len(data)
        return self._file.write(data)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def size_bytes(self) -> int:
        """How much was written so far."""
        return self._size

    def digests(self) -> Digests:
        """Of all that was written."""
        return Digests(self._sha256.hexdigest(), self._md5.hexdigest(), self._size)

    def __getattr__(self, name: str) -> Any:
        """Everything else as the file has it: read, seek, close."""
        return getattr(self._file, name)


@dataclass(frozen=True)
class UploadedFile:
    """One attachment: its name as the form says it (the part's name), its bytes in a temporary file, their digests."""

    name: str
    content_type: str
    file: BinaryIO
    digests: Digests


@dataclass(frozen=True)
class SubmissionUpload:
    """A POST of a submission. is_incomplete: the phone said that more files follow."""

    xml: bytes
    files: tuple[UploadedFile, ...]
    device_id: str | None
    user_agent: str | None
    received_at: datetime
    is_incomplete: bool = False


@contextmanager
def read_upload(request: Request, received_at: datetime) -> Iterator[SubmissionUpload]:
    """The upload in a multipart request; its temporary files live as long as the block.

    Raises: BrokenUploadError (no or broken multipart), MissingPartError (no XML part), TooLargeError, UnavailableError (no
    room for temporary files).
    Source: the OpenRosa specification, "The POST".
    """
    if request.mimetype != "multipart/form-data":
        raise BrokenUploadError("the body is not multipart/form-data")
    with ExitStack() as stack:
        parts = _parts(request, stack)
        xml = _xml(request, parts)
        files = tuple(_file(name, part) for name, part in parts if name != XML_PART)
        yield SubmissionUpload(
            xml=xml,
            files=files,
            device_id=_short(request.args.get("deviceID")),
            user_agent=_short(_client(request)),
            received_at=received_at,
            is_incomplete=request.form.get(INCOMPLETE_PART, "").lower() == "yes",
        )


def read_xml_body(request: Request, received_at: datetime) -> SubmissionUpload:
    """The upload in a request whose whole body is the XML. Raises: TooLargeError."""
    try:
        xml = request.stream.read(MAX_XML_BYTES + 1)
    except RequestEntityTooLarge as error:
        raise TooLargeError("the XML is larger than 10 MB") from error
    if len(xml) > MAX_XML_BYTES:
        raise TooLargeError("the XML is larger than 10 MB")
    return SubmissionUpload(
        xml=xml,
        files=(),
        device_id=_short(request.args.get("deviceID")),
        user_agent=_short(_client(request)),
        received_at=received_at,
    )


@contextmanager
def read_file_body(request: Request) -> Iterator[UploadedFile]:
    """The file in a request whose whole body it is, chunked or not, whatever its encoding; it lives as long as the block.

    Raises: TooLargeError.
    """
    with Spool(SPOOL_BYTES) as spool:
        try:
            while piece := request.stream.read(SPOOL_BYTES):
                spool.write(piece)
                if spool.size_bytes > MAX_FILE_BYTES:
                    raise TooLargeError("the file is larger than 50 MB")
        except RequestEntityTooLarge as error:
            raise TooLargeError() from error
        content_type = (request.mimetype or "").replace("\x00", "")[:100]
        yield UploadedFile(
            "", content_type or "application/octet-stream", cast(BinaryIO, spool), spool.digests()
        )


def _parts(request: Request, stack: ExitStack) -> list[tuple[str, FileStorage]]:
    try:
        parts = list(request.files.items(multi=True))
        request.form  # noqa: B018 - parsed with the files; errors come out here
    except RequestEntityTooLarge as error:
        raise TooLargeError() from error
    except (HTTPException, ValueError, OSError) as error:
        if is_lacking(error):
            raise UnavailableError("no room for the temporary files of an upload") from error
        raise BrokenUploadError(f"the multipart body is broken: {type(error).__name__}") from error
    for _, part in parts:
        stack.callback(part.close)
    if not parts and not request.form:
        raise BrokenUploadError("the multipart body has no parts, or its boundary is broken")
    if len(parts) > MAX_FILES + 1:
        raise TooLargeError(f"more than {MAX_FILES} files in one request")
    return parts


def _xml(request: Request, parts: list[tuple[str, FileStorage]]) -> bytes:
    for name, part in parts:
        if name == XML_PART:
            xml = part.stream.read(MAX_XML_BYTES + 1)
            break
    else:
        text = request.form.get(XML_PART)
        if text is None:
            raise MissingPartError(f"the part {XML_PART} is missing", details={"field": XML_PART})
        if (
            "\ufffd" in text
        ):  # what Werkzeug puts in place of bytes that are no UTF-8: they must not be kept changed
            raise BrokenUploadError("the XML came as a form field and is not UTF-8; send it as a file")
        xml = text.encode()
    if len(xml) > MAX_XML_BYTES:
        raise TooLargeError("the XML is larger than 10 MB")
    return xml


def _file(name: str, part: FileStorage) -> UploadedFile:
    digests = cast(Spool, part.stream).digests()
    if digests.size_bytes > MAX_FILE_BYTES:
        raise TooLargeError("one file is larger than 50 MB")
    content_type = (part.mimetype or "").replace("\x00", "")[:100]
    return UploadedFile(
        name, content_type or "application/octet-stream", cast(BinaryIO, part.stream), digests
    )


def _client(request: Request) -> str | None:
    agent, client = request.headers.get("User-Agent"), request.headers.get("odk-client")
    return " ".join(part for part in (client, agent) if part) or None


def _short(text: str | None) -> str | None:
    """At most 255 characters, as they are stored; blank = None."""
    clean = (text or "").replace("\x00", "").strip()
    return clean[:255] or None
