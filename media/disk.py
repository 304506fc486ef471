"""Blobs in a folder of this machine, or of a shared file system.

A put writes a temporary file in the same file system, syncs it, renames it over the key and syncs the folder.
Temporary files live in '.incoming', which no key can name; what a crash left there is swept by `sweep`.
"""

import errno
import hashlib
import io
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from media.blobs import MAX_BLOB_BYTES, BlobInfo, Storage, StoredBlob, is_key, iter_chunks, validate_key
from media.errors import BadKeyError, BlobMissingError, BlobTooLargeError, StorageUnavailableError

INCOMING = ".incoming"
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskStorage(Storage):
    """Storage in a folder, which is made at the first put.

    Symbolic links inside that lead outside are refused.
    """

    def __init__(self, root: Path, *, max_bytes: int = MAX_BLOB_BYTES) -> None:
        super().__init__(max_bytes=max_bytes)
        self.root = root.absolute()

    def __repr__(self) -> str:
        return f"DiskStorage({str(self.root)!r})"

    def put(
        self,
        source: BinaryIO | Path,
        *,
        key: str,
        content_type: str = "application/octet-stream",
        sha256: str | None = None,
    ) -> StoredBlob:
        """See Storage. Two syncs a put: the file's and its folder's; one more for each new folder."""
        target = self._path(key)
        if isinstance(source, Path):
            with source.open("rb") as file:
                return self._put(file, target, key, sha256)
        return self._put(source, target, key, sha256)

    def _put(self, source: BinaryIO, target: Path, key: str, known_sha256: str | None) -> StoredBlob:
        temporary = self._new_temporary()
        try:
            sha256, size = self._fill(temporary, source, known_sha256)
            with _unavailable_when_failing(target):
                _make_folder(target.parent)
                temporary.replace(target)
                _sync_folder(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return StoredBlob(key, sha256, size)

    def _new_temporary(self) -> Path:
        with _unavailable_when_failing(self.root):
            _make_folder(self.root / INCOMING)
            handle, name = tempfile.mkstemp(dir=self.root / INCOMING)
            os.close(handle)
        return Path(name)

    def _fill(self, temporary: Path, source: BinaryIO, known_sha256: str | None) -> tuple[str, int]:
        """Copies and syncs. Only writing is our failure: an error while reading the source passes through."""
        digest, size = hashlib.sha256(), 0
        with io.FileIO(temporary, "w") as file:
            for chunk in iter_chunks(source):
                size += len(chunk)
                if size > self.max_bytes:
                    raise BlobTooLargeError(f"more than {self.max_bytes} bytes")
                if known_sha256 is None:
                    digest.update(chunk)
                with _unavailable_when_failing(temporary):
                    _write_all(file, chunk)
            with _unavailable_when_failing(temporary):
                os.fchmod(file.fileno(), 0o640)
                os.fsync(file.fileno())
        return known_sha256 or digest.hexdigest(), size

    def open(self, key: str) -> BinaryIO:
        """See Storage. The file is seekable."""
        path = self._path(key)
        with _unavailable_when_failing(path, key):
            return path.open("rb")

    def stat(self, key: str) -> BlobInfo:
        """See Storage."""
        path = self._path(key)
        with _unavailable_when_failing(path, key):
            if not path.is_file():
                raise BlobMissingError(key)
            return _info(key, path.stat())

    def exists(self, key: str) -> bool:
        """See Storage."""
        path = self._path(key)
        with _unavailable_when_failing(path):
            return path.is_file()

    def delete(self, key: str) -> None:
        """See Storage. Folders that become empty stay."""
        path = self._path(key)
        with _unavailable_when_failing(path):
            if path.is_file():
                path.unlink(missing_ok=True)
                _sync_folder(path.parent)

    def iter_keys(self, prefix: str = "") -> Iterator[BlobInfo]:
        """See Storage. Only the folders that the prefix names are walked."""
        parent = prefix.rpartition("/")[0]
        if "/" in prefix and not is_key(parent):
            return
        folder = self.root / parent
        if self._is_inside(folder):
            yield from (info for info in self._walk(folder) if info.key.startswith(prefix))

    def _walk(self, folder: Path) -> Iterator[BlobInfo]:
        for path in _list_folder(folder):
            if path.name.startswith(".") or path.is_symlink():
                continue
            if path.is_dir():
                yield from self._walk(path)
                continue
            try:
                yield _info(path.relative_to(self.root).as_posix(), path.stat())
            except FileNotFoundError:
                continue

    def check(self) -> None:
        """See Storage."""
        key, data = f"check-{secrets.token_hex(8)}", b"sisir"
        self.put(io.BytesIO(data), key=key)
        try:
            if self.read(key) != data:
                raise StorageUnavailableError(f"{self.root} gives back other bytes than were written")
        finally:
            self.delete(key)

    def sweep(self, older_than: timedelta = timedelta(days=1)) -> int:
        """How many temporary files of interrupted puts were deleted."""
        limit, count = datetime.now(UTC) - older_than, 0
        for path in _list_folder(self.root / INCOMING):
            with _unavailable_when_failing(path):
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) <= limit:
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    def _path(self, key: str) -> Path:
        path = self.root / validate_key(key)
        if not self._is_inside(path):
            raise BadKeyError(f"the key {key!r} leads outside the storage")
        return path

    def _is_inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))


@contextmanager
def _unavailable_when_failing(path: Path, key: str | None = None) -> Iterator[None]:
    """Turns errors of the operating system into ours; with a key, an absent file into BlobMissingError."""
    try:
        yield
    except OSError as error:
        if key is not None and isinstance(error, _ABSENT):
            raise BlobMissingError(key) from error
        advice = "the disk is full; make room" if error.errno in _FULL else "check disk and permissions"
        reason = error.strerror or str(error)
        raise StorageUnavailableError(f"cannot use {path}: {reason}; {advice}") from error


def _write_all(file: io.FileIO, chunk: bytes) -> None:
    """Writes all of it: a raw write may take only a part when the disk fills up; the next one fails aloud."""
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) or 0 :]


def _make_folder(folder: Path) -> None:
    """Makes a folder and those above it, each synced into its parent so that it survives a power cut."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o750, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _list_folder(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing when it is not there."""
    with _unavailable_when_failing(folder):
        try:
            return sorted(folder.iterdir())
        except _ABSENT:
            return []


def _info(key: str, status: os.stat_result) -> BlobInfo:
    return BlobInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
