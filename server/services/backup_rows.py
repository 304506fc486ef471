"""Rows of any table as lines of text that every database reads the same, and back.

Belongs here: which kind of value a column holds, one line for a row, tables read and written as they stand in the database.
Does not: files and manifest (backup_files.py), the order of a backup (backup.py, restore.py).

A line is a JSON array in the order of the columns: numbers, texts, true and false as they are; times ISO 8601 in UTC with six
decimals and Z; dates ISO; bytes base64; JSON as a text with sorted keys, so that the database's null and JSON's null differ.
Rows stand in the order of their primary key, so equal tables have equal lines on SQLite and PostgreSQL, and equal hashes.
"""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.bulk import BATCH_ROWS
from server.errors import SetupError

_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KINDS: tuple[tuple[type, str], ...] = (
    (JSON, "json"),
    (DateTime, "time"),
    (Date, "date"),
    (LargeBinary, "bytes"),
    (Boolean, "bool"),
    (Float, "float"),
    (Integer, "int"),
    (String, "text"),
)


def read_tables(connection: Connection, names: Iterable[str]) -> list[Table]:
    """These tables as they stand in this database, also of an older schema; those that others point at come first."""
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names))
    return metadata.sorted_tables


def kinds_of(table: Table) -> dict[str, str]:
    """Column -> kind of its values, in the order of the table.

    Raises: SetupError for a type that backups do not know: a new kind of column needs a line in _KINDS.
    """
    return {column.name: _kind(table, column) for column in table.columns}


def _kind(table: Table, column: Any) -> str:
    for known, kind in _KINDS:
        if isinstance(column.type, known):
            return kind
    raise SetupError(f"backups do not know columns like {table.name}.{column.name} ({column.type!r})")


def count_rows(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    return connection.scalar(select(func.count()).select_from(table)) or 0


def iter_lines(connection: Connection, table: Table, columns: Sequence[str]) -> Iterator[bytes]:
    """The rows of a table as lines with their newline, by primary key; read in batches, never whole."""
    kinds = kinds_of(table)
    writers = [_WRITERS.get(kinds[name]) for name in columns]
    query = select(*(_selected(table.c[name], kinds[name]) for name in columns)).order_by(
        *_order(connection, table)
    )
    options = {"yield_per": BATCH_ROWS}
    with connection.execute(query, execution_options=options) as result:
        for row in result:
            values = [
                write(value) if write is not None and value is not None else value
                for write, value in zip(writers, row, strict=True)
            ]
            yield _LINE.encode(values).encode() + b"\n"


def iter_rows(lines: Iterable[bytes], kinds: Sequence[str]) -> Iterator[list[Any]]:
    """The values of lines, for `bulk.copy_rows`. Raises: ValueError when a line does not have these columns."""
    readers = [_READERS.get(kind) for kind in kinds]
    for line in lines:
        yield [
            read(value) if read is not None and value is not None else value
            for read, value in zip(readers, json.loads(line), strict=True)
        ]


def bytewise(connection: Connection) -> str:
    """The collation that orders texts by their bytes: others depend on the language of the database server."""
    return "C" if connection.dialect.name == "postgresql" else "BINARY"


def _selected(column: Any, kind: str) -> Any:
    """JSON is read as its text: only so the database's null can be told from JSON's."""
    if kind != "json":
        return column
    return cast(column, Text) if isinstance(column.type, JSONB) else type_coerce(column, Text)


def _order(connection: Connection, table: Table) -> list[Any]:
    collation = bytewise(connection)
    return [
        column.collate(collation) if isinstance(column.type, String) else column
        for column in table.primary_key
    ]


def _write_time(value: datetime) -> str:
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _write_json(value: str) -> str:
    """The same text for the same content: keys sorted, numbers as both databases give them back."""
    data = json.loads(value)
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if "e+" in written or "-0.0" in written:
        written = json.dumps(_settle(data), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return written


def _settle(data: Any) -> Any:
    """Numbers that PostgreSQL's JSON writes in another way, as it writes them: 1e+20 in full, no negative zero."""
    if isinstance(data, float) and math.isfinite(data):
        return int(data) if abs(data) >= 1e16 else data + 0.0
    if isinstance(data, dict):
        return {key: _settle(value) for key, value in data.items()}
    return [_settle(value) for value in data] if isinstance(data, list) else data


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "json": _write_json,
    "time": _write_time,
    "date": date.isoformat,
    "bytes": lambda value: b64encode(value).decode(),
    "bool": bool,
    "float": float,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": b64decode,
}
