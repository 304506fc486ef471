"""A backup while intake runs: the database as it was at one moment, and every media file that it names.

Belongs here: the order of things, and copying media. Does not: lines (backup_rows.py), files (backup_files.py), restore.

Why rows as text and no copy of the database's files: one transaction gives a moment of the whole database on SQLite and
PostgreSQL alike, without the server's own tools, which need not be there; a backup of one can be restored into the other, and
both can be compared by hashes. The media storage is read after that moment: whatever a row names was stored before the row.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import Connection, Table, case, literal, null, select, union

from media.disk import DiskStorage
from media.errors import BlobMissingError
from server.backends import Backends
from server.bulk import open_snapshot
from server.errors import SetupError
from server.migrating import is_known_revision, read_revision, tables_at
from server.services.backup_files import (
    FORMAT,
    KEY_FILE,
    MEDIA_LIST,
    README,
    FileRecord,
    LineWriter,
    Manifest,
    MediaFile,
    MediaRecord,
    TableRecord,
    find_backups,
    media_line,
    open_pool,
    read_media,
    told_plainly,
    write_manifest,
)
from server.services.backup_rows import bytewise, count_rows, iter_lines, kinds_of, read_tables

COPIES_AT_ONCE = 8
WINDOW = 64
SHOW_EVERY = 500
_WANTED = "wanted.tmp"

Progress = Callable[[str, int, int, str], object]
"""What is being done, how much of how much is done, the unit ('row', 'file')."""


@dataclass(frozen=True)
class Backup:
    """A backup that was made. altered: plain media files whose bytes are no longer those that were received."""

    folder: Path
    manifest: Manifest
    copied: int
    altered: tuple[str, ...]
    missing: tuple[str, ...]


class _Wanted(NamedTuple):
    key: str
    content_sha256: str | None


def make_backup(
    backends: Backends, target: Path, *, with_key: str | None = None, progress: Progress
) -> Backup:
    """Writes a backup into a new folder below target; media files that an earlier one has there are not copied again.

    Args: with_key is the office key as text, to be put beside the data; None leaves it out, as it should be.
    Raises: SetupError when there is nothing to back up or the place cannot be written; UnavailableError, StorageUnavailableError.
    Effects: nothing in the installation changes. Cut short, it leaves a folder without manifest, which no restore takes.
    """
    with told_plainly("the backup cannot be written"):
        earlier = find_backups(target)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        moment = backends.clock().astimezone(UTC)
        folder = target / moment.strftime("%Y-%m-%dT%H%M%S.%fZ")
        folder.mkdir(mode=0o700)
        with open_snapshot(backends.engine) as connection:
            revision = _revision(connection)
            tables = _dump(connection, folder, read_tables(connection, tables_at(revision)), progress)
        media, copied, altered, missing = _copy_media(
            backends, folder, earlier[-1] if earlier else None, progress
        )
        if with_key is not None:
            _write_private(folder / KEY_FILE, with_key + "\n")
        manifest = Manifest(
            format=FORMAT,
            made_at=moment.isoformat(timespec="seconds"),
            sisir=version("sisir"),
            revision=revision,
            database=backends.engine.dialect.name,
            key_id=backends.seal.key_id.hex(),
            has_key=with_key is not None,
            url=backends.config.url,
            timezone=backends.config.timezone.key,
            tables=tuple(tables),
            media=media,
        )
        (folder / README).write_text(_README.format(key_id=manifest.key_id), encoding="utf-8")
        write_manifest(folder, manifest, backends.seal)
    return Backup(folder, manifest, copied, altered, missing)


def _revision(connection: Connection) -> str:
    revision = read_revision(connection)
    if revision is None:
        raise SetupError("there is nothing to back up: this database has no tables; is SISIR_DATABASE right?")
    if not is_known_revision(revision):
        raise SetupError(
            f"the database (schema {revision}) was made by a newer Sisir; back it up with that one"
        )
    return revision


def _dump(connection: Connection, folder: Path, tables: list[Table], progress: Progress) -> list[TableRecord]:
    """Writes every table and the list of media files that they name, all of one moment."""
    total, done = sum(count_rows(connection, table) for table in tables), 0
    records = []
    for table in tables:
        kinds = kinds_of(table)
        writer = LineWriter(folder, f"tables/{table.name}.jsonl.gz")
        for line in iter_lines(connection, table, list(kinds)):
            writer.write(line)
            done += 1
            if done % SHOW_EVERY == 0:
                progress("tables", done, total, "row")
        record = writer.close()
        records.append(TableRecord(table.name, kinds, writer.rows, writer.sha256, record))
    progress("tables", done, total, "row")
    _list_wanted(connection, folder, {table.name: table for table in tables})
    return records


def _list_wanted(connection: Connection, folder: Path, tables: dict[str, Table]) -> None:
    """The keys of all media files that rows name, with the hash of the content where the stored bytes are the content."""
    blob, photo = tables["blob"], tables["photo"]
    named = union(
        select(blob.c.key, case((blob.c.sealed, null()), else_=blob.c.sha256).label("content")),
        select(photo.c.thumbnail_key, literal(None)).where(photo.c.thumbnail_key.is_not(None)),
    ).subquery()
    query = select(named).order_by(named.c[0].collate(bytewise(connection)))
    with gzip.open(folder / _WANTED, "wt", compresslevel=1, encoding="ascii") as file:
        for row in connection.execute(query, execution_options={"yield_per": 1000}):
            file.write(json.dumps(list(row)) + "\n")


def _copy_media(
    backends: Backends, folder: Path, earlier: Path | None, progress: Progress
) -> tuple[MediaRecord, int, tuple[str, ...], tuple[str, ...]]:
    """Copies what the pool lacks; several files at once, listed by key."""
    with gzip.open(folder / _WANTED, "rt", encoding="ascii") as file:
        total = sum(1 for _ in file)
    pool = open_pool(folder)
    known = _Known(read_media(earlier) if earlier else iter(()))
    writer = LineWriter(folder, MEDIA_LIST)
    size, copied, files = 0, 0, 0
    altered: list[str] = []
    missing: list[str] = []
    with ExitStack() as stack:
        wanted = stack.enter_context(gzip.open(folder / _WANTED, "rt", encoding="ascii"))
        threads = stack.enter_context(ThreadPoolExecutor(COPIES_AT_ONCE))
        source = (_Wanted(*json.loads(line)) for line in wanted)
        while window := list(islice(source, WINDOW)):
            results = [(item, _begin(backends, pool, known, item, threads)) for item in window]
            for item, begun in results:
                kept = begun.result() if isinstance(begun, Future) else begun
                copied += isinstance(begun, Future) and kept.sha256 is not None
                writer.write(media_line(kept))
                size += kept.size_bytes
                files += kept.sha256 is not None
                if kept.sha256 is None:
                    missing.append(item.key)
                elif item.content_sha256 not in (None, kept.sha256):
                    altered.append(item.key)
            progress("media", writer.rows, total, "file")
    (folder / _WANTED).unlink()
    record: FileRecord = writer.close()
    return MediaRecord(files, size, len(missing), record), copied, tuple(altered), tuple(missing)


class _Known:
    """The files of the earlier backup, asked for in the order of their keys."""

    def __init__(self, files: Iterator[MediaFile]) -> None:
        self._files = files
        self._current = next(files, None)

    def find(self, key: str) -> MediaFile | None:
        while self._current is not None and self._current.key < key:
            self._current = next(self._files, None)
        return self._current if self._current is not None and self._current.key == key else None


def _begin(
    backends: Backends, pool: DiskStorage, known: _Known, item: _Wanted, threads: ThreadPoolExecutor
) -> "MediaFile | Future[MediaFile]":
    """The file as the earlier backup knows it when it still lies in the pool, or a copy that is under way."""
    before = known.find(item.key)
    if (
        before is not None
        and before.sha256 is not None
        and pool.exists(item.key)
        and pool.stat(item.key).size_bytes == before.size_bytes
    ):
        return before
    return threads.submit(_copy, backends, pool, item.key)


def _copy(backends: Backends, pool: DiskStorage, key: str) -> MediaFile:
    try:
        with backends.storage.open(key) as source:
            stored = pool.put(source, key=key)
    except BlobMissingError:
        return MediaFile(key, 0, None)
    return MediaFile(key, stored.size_bytes, stored.sha256)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")


def open_media(folder: Path, file: MediaFile) -> BinaryIO:
    """A media file of a backup, to read from. Raises: BlobMissingError."""
    return open_pool(folder).open(file.key)


_README = """Ini cadangan Sisir: basis data (tables) dan foto (../media). Pulihkan dengan: sisir restore FOLDER
Kunci kantor TIDAK termasuk, kecuali ada berkas office.key. Tanpa kunci kantor (id {key_id}) cadangan ini tidak berguna:
NIK, KK dan jawaban peka tidak dapat dibuka. Simpan kunci di tempat lain, terpisah dari cadangan.

This is a backup of Sisir: database (tables) and photos (../media). Restore it with: sisir restore FOLDER
The office key is NOT in it, unless there is a file office.key. Without the office key (id {key_id}) this backup is of no use:
identity numbers and sensitive answers cannot be opened. Keep the key elsewhere, apart from the backup.
"""
