"""The files of a backup: manifest, tables, media. What a backup is on disk.

    TARGET/media/ab/cd/<sha256>…          every file of the media storage, once for all backups in TARGET; sealed ones stay sealed
    TARGET/2026-11-24T080000Z/            one backup
        manifest.json  manifest.seal      what is in it; a keyed hash of that, made with the office key
        tables/<table>.jsonl.gz           its rows (backup_rows.py)
        media.jsonl.gz                    its media files with size and SHA-256, by key
        LESSME.txt                        what this folder is, for whoever finds it
        office.key                        only when asked for

The manifest is written last: a folder without one is a backup that was cut short, and is none.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from media.disk import DiskStorage
from media.sealing import Seal
from server.errors import SetupError, UnavailableError

FORMAT = 1
MANIFEST, SIGNATURE, README, KEY_FILE, MEDIA_LIST, POOL = (
    "manifest.json",
    "manifest.seal",
    "LESSME.txt",
    "office.key",
    "media.jsonl.gz",
    "media",
)
_COMPRESSION = 1
"""Most bytes are sealed answers, which do not get smaller; trying harder only costs time."""


class BackupRefusedError(SetupError):
    """A backup cannot be used: cut short, altered, or of another office; the message says what and what to do."""


@dataclass(frozen=True)
class FileRecord:
    """One file of a backup: path below its folder, what it must hash to."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class TableRecord:
    """One table: columns with the kinds of their values, number of rows, SHA-256 of its lines before compression."""

    name: str
    columns: dict[str, str]
    rows: int
    sha256: str
    file: FileRecord


@dataclass(frozen=True)
class MediaRecord:
    """The media of a backup. missing: files that the database names and the media storage did not have any more."""

    files: int
    size_bytes: int
    missing: int
    file: FileRecord


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. revision: the last migration of its database; key_id: which office key it needs."""

    format: int
    made_at: str
    sisir: str
    revision: str
    database: str
    key_id: str
    has_key: bool
    url: str
    timezone: str
    tables: tuple[TableRecord, ...]
    media: MediaRecord


@dataclass(frozen=True)
class MediaFile:
    """A media file of a backup; sha256 of the bytes as stored, None when they were missing."""

    key: str
    size_bytes: int
    sha256: str | None


def open_pool(folder: Path) -> DiskStorage:
    """The media files that all backups beside `folder` share."""
    return DiskStorage(folder.parent / POOL)


def find_backups(target: Path) -> list[Path]:
    """The complete backups in a folder, oldest first."""
    return sorted(path.parent for path in target.glob(f"*/{MANIFEST}")) if target.is_dir() else []


def find_backup(source: Path) -> Path:
    """The backup that a path means: itself, or the newest in it.

    Raises: BackupRefusedError when there is none, or only some that were cut short.
    """
    if (source / MANIFEST).is_file():
        return source
    if found := find_backups(source):
        return found[-1]
    if any(source.glob("tables/*.gz")) or any(source.glob("*/tables/*.gz")):
        raise BackupRefusedError(
            f"the backup in {source} was cut short: it has no {MANIFEST}; take an earlier one"
        )
    raise BackupRefusedError(f"there is no backup in {source}; give the folder that `sisir backup` wrote to")


def write_manifest(folder: Path, manifest: Manifest, seal: Seal) -> None:
    """Writes the manifest and its keyed hash, durable; with it the backup is complete."""
    data = (json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n").encode()
    _write_durable(folder / SIGNATURE, seal.keyed_hash(data.decode()).hex().encode() + b"\n")
    _write_durable(folder / MANIFEST, data)


def read_manifest(folder: Path, seal: Seal | None = None) -> Manifest:
    """The manifest; with a seal, also checked to be the one that was written, and of this office.

    Raises: BackupRefusedError.
    """
    data = _read(folder / MANIFEST)
    try:
        manifest = _parse_manifest(json.loads(data))
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefusedError(
            f"{folder / MANIFEST} is damaged or was altered; take another backup"
        ) from error
    if manifest.format > FORMAT:
        raise BackupRefusedError(
            "this backup was written by a newer Sisir; install that one, then restore with it"
        )
    if seal is not None:
        if manifest.key_id != seal.key_id.hex():
            raise BackupRefusedError(
                f"this backup needs another office key (its id is {manifest.key_id}, the one in use here has "
                f"{seal.key_id.hex()}); put the key that was in use when the backup was made into SISIR_KEY or the key file"
            )
        if _read(folder / SIGNATURE).decode(errors="replace").strip() != seal.keyed_hash(data.decode()).hex():
            raise BackupRefusedError(
                f"{folder / MANIFEST} was altered after it was written; take another backup"
            )
    return manifest


def _parse_manifest(data: dict[str, Any]) -> Manifest:
    tables = tuple(
        TableRecord(**{**table, "file": FileRecord(**table["file"])}) for table in data.pop("tables")
    )
    media = data.pop("media")
    return Manifest(
        **data, tables=tables, media=MediaRecord(**{**media, "file": FileRecord(**media["file"])})
    )


def check_files(folder: Path, manifest: Manifest) -> None:
    """Nothing, when every file of the backup (media apart) is there as it was written.

    Raises: BackupRefusedError naming the first that is missing, cut short or altered.
    """
    for record in (*(table.file for table in manifest.tables), manifest.media.file):
        path = folder / record.path
        if not path.is_file():
            raise BackupRefusedError(f"{path} is missing; the backup is not complete: take another one")
        size = path.stat().st_size
        if size < record.size_bytes:
            raise BackupRefusedError(
                f"{path} was cut short ({size} of {record.size_bytes} bytes); take another backup"
            )
        if size != record.size_bytes or hash_file(path) != record.sha256:
            raise BackupRefusedError(f"{path} was altered after it was written; take another backup")


class LineWriter:
    """A compressed file of lines that counts and hashes what goes into it."""

    def __init__(self, folder: Path, path: str) -> None:
        self._folder, self._path = folder, path
        (folder / path).parent.mkdir(mode=0o700, exist_ok=True)
        self._digest, self.rows = hashlib.sha256(), 0
        self._raw = (folder / path).open("xb")
        self._file = gzip.GzipFile("", "wb", _COMPRESSION, self._raw, mtime=0)

    def write(self, line: bytes) -> None:
        """One line with its newline."""
        self._file.write(line)
        self._digest.update(line)
        self.rows += 1

    @property
    def sha256(self) -> str:
        """Of the lines so far, before compression."""
        return self._digest.hexdigest()

    def close(self) -> FileRecord:
        """Closes the file, durable. Returns: what it is as a file."""
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        path = self._folder / self._path
        return FileRecord(self._path, path.stat().st_size, hash_file(path))


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a compressed file. Raises: BackupRefusedError when it is cut short or damaged."""
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise BackupRefusedError(
            f"{path} cannot be read to its end ({type(error).__name__}); take another backup"
        ) from error


def media_line(file: MediaFile) -> bytes:
    """A line of the media list."""
    return json.dumps([file.key, file.size_bytes, file.sha256]).encode() + b"\n"


def read_media(folder: Path) -> Iterator[MediaFile]:
    """The media files of a backup, by key."""
    for line in read_lines(folder / MEDIA_LIST):
        yield MediaFile(*json.loads(line))


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_lines(lines: Iterable[bytes]) -> tuple[int, str]:
    """How many lines there are, and the SHA-256 of all."""
    digest, count = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        count += 1
    return count, digest.hexdigest()


@contextmanager
def told_plainly(what: str) -> Iterator[None]:
    """Turns a failing disk or database into a sentence. Raises: SetupError, UnavailableError."""
    try:
        yield
    except OperationalError as error:
        raise UnavailableError(
            f"{what}: the database does not answer ({type(error.orig).__name__})"
        ) from error
    except OSError as error:
        raise SetupError(f"{what}: {error.strerror or error} ({error.filename or 'disk'})") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackupRefusedError(
            f"{path} cannot be read: {error.strerror}; the backup is not complete"
        ) from error


def _write_durable(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
