"""Many rows at once, and one moment of the whole database: what backup, restore and seeding need beneath them.

Belongs here: the few statements that SQLite and PostgreSQL do not share for this. Does not: what the rows mean.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, text

BATCH_ROWS = 2000


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it was at one moment, however long it reads; writers are not held up.

    SQLite: one read transaction over the write-ahead log. PostgreSQL: one REPEATABLE READ, read-only transaction.
    """
    with engine.connect() as opened:
        connection = opened.execution_options(sisir_read_only=True)
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Writes rows in one stream: COPY on PostgreSQL, prepared INSERTs on SQLite. Returns: how many.

    Args: rows in the order of columns; values are None, bool, int, float, str, bytes, date, aware datetime; JSON as its text.
    PostgreSQL checks foreign keys when the last row is in, so rows of one table may point at later ones; on SQLite call
    `defer_foreign_keys` first.
    """
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column) for column in columns)
    if connection.dialect.name == "postgresql":
        count = 0
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        with cursor, cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return count
    statement = f"INSERT INTO {quote(table)} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names
    return sum(_insert(connection, statement, batch) for batch in _batches(rows))


def _insert(connection: Connection, statement: str, batch: list[Sequence[Any]]) -> int:
    connection.exec_driver_sql(statement, [tuple(map(_plain, row)) for row in batch])
    return len(batch)


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH_ROWS)):
        yield batch


def _plain(value: Any) -> Any:
    """A value as SQLAlchemy would have stored it in SQLite: times are UTC text with microseconds."""
    convert = _PLAIN.get(type(value))
    return convert(value) if convert else value


_PLAIN: dict[type, Callable[[Any], Any]] = {
    datetime: lambda value: value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
    date: date.isoformat,
}


def defer_foreign_keys(connection: Connection) -> None:
    """Lets rows of this transaction point at rows that come later; all is checked at its commit (SQLite)."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Lets the next id of each table follow its largest one. SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for table in tables:
        for column in table.primary_key:
            if isinstance(column.type, Integer):
                largest = f"(SELECT max({quote(column.name)}) FROM {quote(table.name)})"  # noqa: S608 - our own names
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence(:table, :column), coalesce({largest}, 1), {largest} IS NOT NULL)"
                        " WHERE pg_get_serial_sequence(:table, :column) IS NOT NULL"
                    ),
                    {"table": quote(table.name), "column": column.name},
                )


@contextmanager
def without_indexes(connection: Connection, tables: Iterable[str]) -> Iterator[None]:
    """Takes foreign keys and plain indexes of these tables away and makes them again when the block ends, in one transaction.

    On PostgreSQL only, where building an index at once costs a fraction of keeping it up row by row; the keys are checked
    when they are made again. Others wait for the tables meanwhile. SQLite keeps its indexes.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    names = list(tables)
    keys = connection.execute(text(_FOREIGN_KEYS), {"names": names}).all()
    indexes = connection.execute(text(_INDEXES), {"names": names}).all()
    for table, key, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
    for index, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index}")
    yield
    for _, definition in indexes:
        connection.exec_driver_sql(definition)
    for table, key, definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {key} {definition}")


_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(:names)
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid::regclass::text = ANY(:names) AND NOT EXISTS
        (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
"""
