"""Running an import of the register: many short transactions, so that phones are never kept waiting.

Belongs here: the loop that a command or job runs, and the file of refusals. Does not: what a batch does (register.py).
An import that is interrupted is simply run again: rows that are there already are skipped.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from server.backends import Backends
from server.db import session_scope
from server.scope import AreaPaths
from server.services.csv_lines import csv_line
from server.services.register import (
    BATCH_ROWS,
    ImportReport,
    Refusal,
    RegisterImport,
    close_import,
    import_batch,
    open_import,
)
from server.services.register_mapping import RegisterMapping, bind, recognise
from server.services.table_files import TableFile, TableRow, open_table

Progress = Callable[[int, int, str], None]
"""done, total, unit ('B' or 'row')."""


def import_register(
    backends: Backends,
    path: Path,
    *,
    name: str,
    mapping: RegisterMapping | None = None,
    sheet: str | None = None,
    areas: AreaPaths = None,
    actor_id: int | None = None,
    refusals: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Imports a register file in transactions of BATCH_ROWS rows.

    Args: mapping None = the columns have known names; refusals = where to write line, reason and id of refused rows, one
    CSV row each; the file is made only when there are any, and an older one is removed.
    Raises: ImportRefusedError when the file or mapping cannot be used: before anything was imported, except for a file that
    turns out to be cut short.
    """
    with open_table(path, sheet=sheet) as table, _RefusalFile(refusals) as refused:
        bound = bind(mapping or recognise(table.header), table.header)
        with session_scope(backends.sessions) as session:
            running = open_import(
                session, backends, path, bound=bound, name=name, areas=areas, actor_id=actor_id
            )
        _import_rows(backends, running, table, refused.write, progress)
        with session_scope(backends.sessions) as session:
            return close_import(session, running, actor_id=actor_id)


def _import_rows(
    backends: Backends,
    running: RegisterImport,
    table: TableFile,
    on_refused: Callable[[Iterable[Refusal]], None],
    progress: Progress | None,
) -> None:
    for rows in _batches(table.rows):
        with session_scope(backends.sessions) as session:
            refused = import_batch(session, backends.seal, running, rows)
        on_refused(refused)
        if progress is not None:
            progress(table.position(), table.total, table.unit)


def _batches(rows: Iterator[TableRow]) -> Iterator[list[TableRow]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


class _RefusalFile:
    """A CSV that exists only when a row was refused; cells that a spreadsheet would run as a formula are defused."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> "_RefusalFile":
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, refused: Iterable[Refusal]) -> None:
        """Adds lines; nothing when there is no path."""
        for refusal in refused:
            if self._path is None:
                return
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", newline="")
                self._file.write(csv_line(Refusal._fields))
            self._file.write(csv_line((refusal.line, refusal.reason, refusal.source_id)))
