"""Bringing a backup back into an empty place, and proving that it came back: rows and media are read again and compared.

Belongs here: refusals, the order of things, comparing. Does not: making a backup (backup.py), the files (backup_files.py).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, inspect, select

import server.models.all  # noqa: F401
from media.blobs import Storage, digest_file
from media.errors import StorageError
from media.sealing import Seal
from server.bulk import copy_rows, defer_foreign_keys, set_sequences
from server.db import Base, open_database
from server.errors import SetupError
from server.migrating import (
    is_known_revision,
    newest_revision,
    read_revision,
    tables_at,
    upgrade_database,
)
from server.services.backup import SHOW_EVERY, Progress, open_media
from server.services.backup_files import (
    BackupRefusedError,
    Manifest,
    MediaFile,
    TableRecord,
    check_files,
    hash_lines,
    read_lines,
    read_manifest,
    read_media,
    told_plainly,
)
from server.services.backup_rows import iter_lines, iter_rows, kinds_of, read_tables


@dataclass(frozen=True)
class Restored:
    """What came back. missing: media files that the installation lacked already when the backup was made; skipped: files of
    the backup that were damaged. upgraded_from: the schema of the backup when it was older than this program's."""

    manifest: Manifest
    rows: int
    files: int
    missing: tuple[str, ...]
    skipped: tuple[str, ...]
    upgraded_from: str | None


def restore_backup(
    folder: Path,
    *,
    engine: Engine,
    storage: Storage,
    seal: Seal,
    skip_damaged: bool = False,
    progress: Progress,
) -> Restored:
    """Restores a backup into an empty database and a media storage, and compares what is there afterwards with the backup.

    Args: folder holds a manifest. skip_damaged leaves damaged or missing media files out instead of refusing.
    Raises: BackupRefusedError for a backup that is cut short, altered, of another office key or of a newer Sisir, before
    anything is written; SetupError when the database is not empty, or a media file of other content stands in the way.
    Effects: media first, then all rows in one transaction: cut short, it can simply be run again.
    """
    manifest = _require_usable(folder, seal)
    with told_plainly("the database cannot be used"):
        _require_empty(engine, manifest.revision)
    check_files(folder, manifest)
    missing, damaged = check_media(folder, manifest, progress)
    if damaged and not skip_damaged:
        raise BackupRefusedError(
            f"{len(damaged)} media files of the backup are missing or altered, for example {damaged[0]}; take another backup, "
            "or restore everything else with --skip-damaged"
        )
    files = _put_media(folder, storage, frozenset((*damaged, *missing)), manifest, progress)
    with told_plainly("the backup cannot be restored"):
        rows = restore_tables(folder, manifest, engine, progress)
    upgraded = manifest.revision if manifest.revision != newest_revision() else None
    upgrade_database(engine)
    return Restored(manifest, rows, files, missing, damaged, upgraded)


def try_backup(folder: Path, *, seal: Seal, progress: Progress) -> Restored:
    """A trial: the backup restored into a temporary SQLite database, compared and upgraded, every media file hashed.

    Raises: BackupRefusedError, as restore_backup would.
    """
    manifest = _require_usable(folder, seal)
    check_files(folder, manifest)
    missing, damaged = check_media(folder, manifest, progress)
    if damaged:
        raise BackupRefusedError(
            f"{len(damaged)} media files of the backup are missing or altered, for example {damaged[0]}; "
            "delete those files there and make the backup again"
        )
    with tempfile.TemporaryDirectory(prefix="sisir-trial-") as place:
        engine, _ = open_database(f"sqlite:///{place}/trial.db")
        try:
            rows = restore_tables(folder, manifest, engine, progress)
            upgrade_database(engine)
        finally:
            engine.dispose()
    return Restored(manifest, rows, manifest.media.files, missing, (), None)


def restore_tables(folder: Path, manifest: Manifest, engine: Engine, progress: Progress) -> int:
    """Makes the schema that the backup had, loads all rows in one transaction, reads them again and compares.

    Returns: the number of rows. Raises: BackupRefusedError when a row does not fit or something differs; nothing stays then.
    """
    upgrade_database(engine, manifest.revision)
    total, done = sum(table.rows for table in manifest.tables), 0
    with engine.begin() as connection:
        tables = {table.name: table for table in read_tables(connection, tables_at(manifest.revision))}
        _require_same_schema(manifest, tables)
        defer_foreign_keys(connection)
        for table in reversed(tables.values()):
            connection.execute(table.delete())
        for record in manifest.tables:
            done = _load(connection, folder, record, done, total, progress)
        set_sequences(connection, tables.values())
        _compare(connection, manifest, tables, progress)
    return done


def _load(
    connection: Connection, folder: Path, record: TableRecord, done: int, total: int, progress: Progress
) -> int:
    def shown() -> Iterator[bytes]:
        nonlocal done
        for line in read_lines(folder / record.file.path):
            yield line
            done += 1
            if done % SHOW_EVERY == 0:
                progress("tables", done, total, "row")

    try:
        copy_rows(
            connection, record.name, list(record.columns), iter_rows(shown(), list(record.columns.values()))
        )
    except ValueError as error:
        raise BackupRefusedError(
            f"a row of {record.name} cannot be read: the backup was altered; take another"
        ) from error
    return done


def _compare(
    connection: Connection, manifest: Manifest, tables: dict[str, Table], progress: Progress
) -> None:
    for place, record in enumerate(manifest.tables, start=1):
        found = hash_lines(iter_lines(connection, tables[record.name], list(record.columns)))
        if found != (record.rows, record.sha256):
            raise BackupRefusedError(
                f"table {record.name} is not as it was: {record.rows} rows were backed up, {found[0]} came back"
                + ("" if found[0] != record.rows else " with other values")
            )
        progress("compared", place, len(manifest.tables), "table")


def _require_usable(folder: Path, seal: Seal) -> Manifest:
    manifest = read_manifest(folder, seal)
    if not is_known_revision(manifest.revision):
        raise BackupRefusedError(
            f"this backup (schema {manifest.revision}) is of a newer Sisir; install that one, then restore with it"
        )
    return manifest


def _require_same_schema(manifest: Manifest, tables: dict[str, Table]) -> None:
    expected = {record.name: set(record.columns.items()) for record in manifest.tables}
    if {name: set(kinds_of(table).items()) for name, table in tables.items()} != expected:
        raise BackupRefusedError("the tables of this backup are not those of its schema; take another backup")


def _require_empty(engine: Engine, wanted: str) -> None:
    """Raises: SetupError when any of our tables holds a row, or when they are of another schema than the backup's."""
    with engine.connect() as connection:
        present = set(inspect(connection).get_table_names()) & set(Base.metadata.tables)
        filled = [
            name
            for name in sorted(present)
            if connection.scalar(select(func.count()).select_from(Base.metadata.tables[name]))
        ]
        revision = read_revision(connection)
    if filled:
        raise SetupError(
            f"the database is not empty ({', '.join(filled[:3])} …); restore only into an empty place: name another with "
            "SISIR_DATABASE or SISIR_VAR. Nothing was changed."
        )
    if revision not in (None, wanted):
        raise SetupError(
            f"the database has empty tables of another schema ({revision}) than the backup ({wanted}); name a new, empty one "
            "with SISIR_DATABASE or SISIR_VAR"
        )


def check_media(
    folder: Path, manifest: Manifest, progress: Progress
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of media files that the backup never had, and of those that are missing now or altered; every file is read."""
    missing: list[str] = []
    damaged: list[str] = []
    for place, file in enumerate(read_media(folder), start=1):
        if file.sha256 is None:
            missing.append(file.key)
        elif not _is_whole(folder, file):
            damaged.append(file.key)
        progress("checked", place, manifest.media.files + manifest.media.missing, "file")
    return tuple(missing), tuple(damaged)


def _is_whole(folder: Path, file: MediaFile) -> bool:
    try:
        with open_media(folder, file) as source:
            return digest_file(source).sha256 == file.sha256
    except StorageError:
        return False


def _put_media(
    folder: Path, storage: Storage, without: frozenset[str], manifest: Manifest, progress: Progress
) -> int:
    """Puts the files and reads each again. A file that is there with the same bytes is left alone.

    Raises: SetupError when a file of other content is in the way, or what was put reads otherwise.
    """
    is_fresh = next(storage.iter_keys(), None) is None
    count = 0
    for file in read_media(folder):
        if file.key in without:
            continue
        if is_fresh or not storage.exists(file.key):
            with open_media(folder, file) as source:
                storage.put(source, key=file.key)
        with storage.open(file.key) as stored:
            if digest_file(stored).sha256 != file.sha256:
                raise SetupError(
                    f"the media storage holds other bytes under {file.key}; restore into an empty one (SISIR_MEDIA)"
                )
        count += 1
        progress("media", count, manifest.media.files, "file")
    return count
