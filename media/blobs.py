"""The contract of a blob storage: what every back end promises, and how bytes are counted and named.

Belongs here: Storage, its value classes, digests, keys. Does not: any particular back end, encryption,
pictures.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from media.errors import BadKeyError, BlobTooLargeError

CHUNK_BYTES = 1 << 20
MAX_KEY_LENGTH = 512
MAX_BLOB_BYTES = 5 * (1 << 30)
MAX_READ_BYTES = 64 * (1 << 20)
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Digests:
    """What a run of bytes is known by: SHA-256 and MD5 as lower-case hex, and its length."""

    sha256: str
    md5: str
    size_bytes: int


@dataclass(frozen=True)
class StoredBlob:
    """What a put kept.

    sha256 (hex) and size_bytes are those of the bytes as stored, sealed ones if they were sealed.
    """

    key: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class BlobInfo:
    """One blob of a listing. modified_at is aware UTC, the time of the last put."""

    key: str
    size_bytes: int
    modified_at: datetime


class Storage(ABC):
    """Blobs under keys, in one place. Safe to use from many threads; processes may share the place.

    A key is 1 to 512 characters: parts of A-Z a-z 0-9 . _ - joined by '/', no part beginning with a dot.
    Anything else is BadKeyError, from every method that takes a key. Every method may raise
    StorageUnavailableError. No key may continue another as a folder: with 'a/b' kept, 'a/b/c' is refused by
    some back ends.
    """

    def __init__(self, *, max_bytes: int = MAX_BLOB_BYTES) -> None:
        self.max_bytes = max_bytes

    @abstractmethod
    def put(
        self,
        source: BinaryIO | Path,
        *,
        key: str,
        content_type: str = "application/octet-stream",
        sha256: str | None = None,
    ) -> StoredBlob:
        """The blob as kept: durable when this returns, whole or not at all.

        Args: source is a file's path, or an open file that is read from where it stands to its end, in
        pieces; it is not closed. content_type is a hint for people who look into the storage; no code reads
        it back. sha256: of these very bytes, when the caller has hashed them: they are not hashed again.
        Effects: a blob that had this key is replaced in one step, so that a repeat is harmless and of
        several puts at once one wins whole. Readers that opened the earlier blob are not disturbed.
        Raises: BlobTooLargeError over max_bytes, StorageUnavailableError when it cannot be kept (disk full,
        no answer); nothing is left behind either way. Errors of `source` pass through as they are.
        """

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The blob as a file to read from, streamed; the caller closes it. It may not be seekable.

        Raises: BlobMissingError. Reading from it may raise StorageUnavailableError.
        """

    @abstractmethod
    def stat(self, key: str) -> BlobInfo:
        """Size and time of one blob. Raises: BlobMissingError."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Whether a blob has this key."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Nothing; afterwards no blob has this key. Deleting what is not there is no error."""

    @abstractmethod
    def iter_keys(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Every blob whose key begins with these characters ('' for all), in no promised order, as they are
        found.

        Blobs put or deleted meanwhile may or may not be among them.
        """

    @abstractmethod
    def check(self) -> None:
        """Nothing, after a small blob was written, read back and deleted.

        Raises: StorageUnavailableError that says what is wrong and what to do. For `sisir doctor` and
        readiness.
        """

    def sweep(self, older_than: timedelta = timedelta(days=1)) -> int:
        """How many leftovers of interrupted puts were deleted. Back ends that leave none have nothing to do."""
        return 0

    def read(self, key: str, *, max_bytes: int = MAX_READ_BYTES) -> bytes:
        """A whole blob of at most max_bytes.

        Raises: BlobMissingError, BlobTooLargeError when it is longer.
        """
        with self.open(key) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise BlobTooLargeError(f"blob {key} has more than {max_bytes} bytes")
        return data


def is_key(text: str) -> bool:
    """Whether a text could name a blob; the rules stand in Storage."""
    return len(text) <= MAX_KEY_LENGTH and _KEY.fullmatch(text) is not None


def validate_key(key: str) -> str:
    """The same key, when it is one. Raises: BadKeyError."""
    if not is_key(key):
        raise BadKeyError(f"not a key: {key[:80]!r}")
    return key


def content_key(sha256: str, sealed: bool = False) -> str:
    """The key of content: 'ab/cd/<sha256>', with '.sealed' behind it when the bytes are kept sealed.

    Plain and sealed forms of the same content never share a key. Raises: BadKeyError when sha256 is not 64
    hex digits.
    """
    if not _SHA256.fullmatch(sha256):
        raise BadKeyError(f"not a SHA-256 in lower-case hex: {sha256[:80]!r}")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}" + (".sealed" if sealed else "")


def digest_file(source: BinaryIO | Path) -> Digests:
    """SHA-256, MD5 and length of a file read once in pieces; an open file from where it stands to the end."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return digest_file(file)
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for chunk in iter_chunks(source):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    return Digests(sha256.hexdigest(), md5.hexdigest(), size)


def iter_chunks(source: BinaryIO, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The rest of an open file in pieces of at most chunk_bytes; nothing for an empty one."""
    while chunk := source.read(chunk_bytes):
        yield chunk
