"""Exports as files: one CSV of the root table, or a zip with all tables, media and audit logs, streamed.

Belongs here: names, order and form of the files. Does not: rows (csv_rows.py), who may ask.
Source: the REST specification, "CSV exports".
"""

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session
from zipstream import ZipStream

from forms.audit_log import read_log_rows
from forms.flat_tables import FlatReader, FlatTable
from server.backends import Backends
from server.db import session_scope
from server.models.blob import Blob
from server.models.submission import Attachment, Submission
from server.services import blobs
from server.services.csv_rows import SYSTEM_COLUMNS, CsvOptions, FlatSubmission, iter_flat, make_reader
from server.services.submission_shelf import Shelf

CHUNK_CHARS = 1 << 16
LEVEL = 1
"""Of deflate: texts of a survey shrink to a fifth at level 1, and to a sixth at three times the cost at level 6."""
AUDIT_COLUMNS = (
    "event", "node", "start", "end", "latitude", "longitude", "accuracy", "old-value", "new-value", "user", "change-reason",
)  # fmt: skip
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


def iter_csv(
    backends: Backends, shelf: Shelf, options: CsvOptions, condition: ColumnElement[bool]
) -> Generator[bytes, None, None]:
    """The root table, in a transaction that lives as long as the answer."""
    with session_scope(backends.sessions, read_only=True) as session:
        reader = make_reader(session, backends, shelf, options)
        yield from _root_table(reader, iter_flat(session, backends, reader, condition), [])


def iter_archive(
    backends: Backends, shelf: Shelf, options: CsvOptions, condition: ColumnElement[bool]
) -> Generator[bytes, None, None]:
    """A zip of all tables, media and audit logs, in a transaction that lives as long as the answer.

    Rows of repeats wait in temporary files for the end of the root table; the zip's own list of its files is all that grows
    in memory.
    """
    name = safe_name(shelf.form.xml_form_id)
    archive = ZipStream(compress_type=ZIP_DEFLATED, compress_level=LEVEL)
    with ExitStack() as stack:
        session = stack.enter_context(session_scope(backends.sessions, read_only=True))
        archive.add(
            _tables(session, backends, shelf, options, condition, stack, archive, name), f"{name}.csv"
        )
        yield from archive.all_files()
        if options.attachments:
            yield from _media(session, backends, shelf, condition, archive)
        if session.execute(_logs(shelf, condition).limit(1)).first() is not None:
            archive.add(_audit_table(session, backends, shelf, condition), f"{name} - audit.csv")
        yield from archive.finalize()


def safe_name(name: str) -> str:
    """The name as any file system takes it."""
    return _UNSAFE.sub("", name).strip(" .") or "_"


def _tables(
    session: Session,
    backends: Backends,
    shelf: Shelf,
    options: CsvOptions,
    condition: ColumnElement[bool],
    stack: ExitStack,
    archive: ZipStream,
    name: str,
) -> Iterator[bytes]:
    """The root table; while it runs, the tables of repeats are written beside it, and added to the archive at its end."""
    reader = make_reader(session, backends, shelf, options)
    sides = [_SideTable(stack, table) for table in reader.tables[1:]]
    yield from _root_table(reader, iter_flat(session, backends, reader, condition), sides)
    for side, file_name in zip(sides, table_names(name, reader.tables[1:]), strict=True):
        archive.add(side.read_back(), file_name)


class _SideTable:
    """The table of a repeat, written to a temporary file while the root table goes out."""

    def __init__(self, stack: ExitStack, table: FlatTable) -> None:
        self._file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        self._buffer = io.StringIO()
        self.write = csv.writer(self._buffer, lineterminator="\n").writerow
        self.write((*table.header, "PARENT_KEY", "KEY"))

    def spill(self) -> None:
        """To the file what was written since."""
        self._file.write(_taken(self._buffer))

    def read_back(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        self.spill()
        self._file.seek(0)
        while piece := self._file.read(CHUNK_CHARS):
            yield piece


def _root_table(
    reader: FlatReader, submissions: Iterable[FlatSubmission], sides: Sequence[_SideTable]
) -> Iterator[bytes]:
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\n").writerow
    others = [side.write for side in sides]
    write(("SubmissionDate", *reader.tables[0].header, *SYSTEM_COLUMNS))
    for item in submissions:
        write((item.before, *item.cells, *item.after))
        if others:
            for number, cells, parent, key in item.rows:
                cells.append(parent)
                cells.append(key)
                others[number - 1](cells)
        if buffer.tell() > CHUNK_CHARS:
            yield _taken(buffer)
            for side in sides:
                side.spill()
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data


def table_names(name: str, tables: Iterable[FlatTable]) -> list[str]:
    """A file a repeat; repeats of one name are numbered from 1."""
    listed = list(tables)
    often = Counter(table.name for table in listed)
    counts: Counter[str] = Counter()
    names = []
    for table in listed:
        counts[table.name] += 1
        number = f"~{counts[table.name]}" if often[table.name] > 1 else ""
        names.append(f"{name}-{safe_name(table.name)}{number}.csv")
    return names


def _files(shelf: Shelf, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Files of current versions that have arrived; sensitive ones only where they may be revealed."""
    query = (
        select(Submission.instance_id, Attachment.name, Blob.key, Blob.sealed)
        .join(Attachment, Attachment.submission_version_id == Submission.current_version_id)
        .join(Blob, Blob.id == Attachment.blob_id)
        .where(condition)
    )
    return query if shelf.reveals else query.where(Attachment.is_sensitive.is_(False))


def _logs(shelf: Shelf, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    found = _files(shelf, condition).where(Attachment.media == "audit")
    return found.order_by(Submission.created_at, Submission.id)


def _media(
    session: Session, backends: Backends, shelf: Shelf, condition: ColumnElement[bool], archive: ZipStream
) -> Iterator[bytes]:
    """Files of the submissions, not packed again; of another submission's file of the same name both are there."""
    query = _files(shelf, condition).where(Attachment.media != "audit")
    query = query.order_by(Submission.created_at.desc(), Submission.id.desc(), Attachment.position)
    names: Counter[str] = Counter()
    rows = session.execute(query, execution_options={"yield_per": 200})
    for _, name, key, sealed in rows:
        safe = safe_name(name)
        names[safe] += 1
        if names[safe] > 1:
            stem, dot, ending = safe.rpartition(".")
            safe = f"{stem or ending}~{names[safe]}{dot}{ending if stem else ''}"
        archive.add(
            blobs.iter_blob(backends, Blob(key=key, sealed=sealed)),
            f"media/{safe}",
            size=None,
            compress_type=ZIP_STORED,
        )
        yield from archive.all_files()


def _audit_table(
    session: Session, backends: Backends, shelf: Shelf, condition: ColumnElement[bool]
) -> Iterator[bytes]:
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\n").writerow
    write(("instance ID", *AUDIT_COLUMNS))
    for instance_id, _, key, sealed in session.execute(
        _logs(shelf, condition), execution_options={"yield_per": 200}
    ):
        with blobs.open_blob(backends, Blob(key=key, sealed=sealed)) as file:
            for row in read_log_rows(file.read(), AUDIT_COLUMNS):
                write((instance_id, *row))
        if buffer.tell() > CHUNK_CHARS:
            yield _taken(buffer)
    yield _taken(buffer)
