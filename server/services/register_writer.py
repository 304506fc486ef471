"""Writing households in bulk: one prepared statement, rows in the driver's own form.

Belongs here: the upsert and the encoding of its rows. Does not: which rows are due (register.py).
SQLAlchemy makes the statement and knows how each column is stored; for a hundred thousand rows its work per value would
take longer than the database does, so values are encoded here, with what repeats encoded once.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Dialect, column, select, table
from sqlalchemy.orm import Session

from media.sealing import Seal
from server.db import insert_for, now
from server.models.household import Household
from server.services.identity import kk_columns, nik_columns
from server.services.register_rows import HouseholdRow

_PLAIN = HouseholdRow._fields[: HouseholdRow._fields.index("head_born_on")]
_COLUMNS = (
    *_PLAIN,
    "head_born_on",
    "programmes",
    "extra",
    "nik_sealed",
    "nik_hash",
    "nik_mask",
    "manager_nik_sealed",
    "manager_nik_hash",
    "kk_sealed",
    "kk_hash",
    "kk_mask",
    "row_hash",
    "snapshot_id",
    "created_at",
)
_TABLE: Any = Household.__table__
_STAGE = table("register_stage", *map(column, _COLUMNS))
_SQLITE_PRAGMAS = ("cache_size=-65536", "wal_autocheckpoint=8000")
"""For the connection that imports: its indexes in memory (64 MiB), the log carried over every 32 MB only."""
_KEPT_ON_UPDATE = ("source_id", "created_at")
_CACHED = 1 << 15


Encoded = tuple[Any, ...]
Rows = Iterable[tuple[HouseholdRow, bytes]]


class HouseholdWriter:
    """Inserts households that are not there, and replaces what the register says of those that are."""

    def __init__(self, dialect: Dialect, seal: Seal, snapshot_id: int) -> None:
        self._seal = seal.in_bulk()
        self._write = _insert_in_sqlite if dialect.name == "sqlite" else _copy_to_postgres
        self._date = _cached(_encoder(dialect, "head_born_on"))
        self._programmes = _cached(_encoder(dialect, "programmes"), list)
        self._extra = _cached(_encoder(dialect, "extra"), dict)
        self._rest = (snapshot_id, _encoder(dialect, "created_at")(now()))

    def write(self, session: Session, *, new: Rows, changed: Rows) -> None:
        """Writes rows with their hashes, each source id at most once. Of those that were there created_at stays, and
        updated_at says when.
        """
        encoded = [[self._encode(row, row_hash) for row, row_hash in rows] for rows in (new, changed)]
        self._write(session, *encoded)

    def _encode(self, row: HouseholdRow, row_hash: bytes) -> Encoded:
        seal = self._seal
        return (
            *row[: len(_PLAIN)],
            self._date(row.head_born_on),
            self._programmes(row.programmes),
            self._extra(row.extra),
            *nik_columns(seal, row.nik),
            *nik_columns(seal, row.manager_nik)[:2],
            *kk_columns(seal, row.kk),
            row_hash,
            *self._rest,
        )


def _insert_in_sqlite(session: Session, new: list[Encoded], changed: list[Encoded]) -> None:
    """There is one writer at a time, so what was new is new; there an upsert takes twice as long as an insert."""
    insert = insert_for(session, _TABLE)
    connection = session.connection()
    for pragma in _SQLITE_PRAGMAS:
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    for statement, rows in ((insert, new), (_or_replace(insert), changed)):
        if rows:
            compiled = statement.compile(dialect=connection.dialect, column_keys=_COLUMNS)
            in_order = itemgetter(*map(_COLUMNS.index, compiled.positiontup))
            connection.exec_driver_sql(str(compiled), [in_order(row) for row in rows])


def _copy_to_postgres(session: Session, new: list[Encoded], changed: list[Encoded]) -> None:
    """COPY into a table of this transaction, then one INSERT; what another import wrote meanwhile is replaced."""
    if not new and not changed:
        return
    connection, names = session.connection(), ", ".join(_COLUMNS)
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE {_STAGE.name} ON COMMIT DROP AS SELECT {names} FROM {_TABLE.name} WITH NO DATA"  # noqa: S608
    )
    with (
        cast(Any, connection.connection.cursor()) as cursor,
        cursor.copy(f"COPY {_STAGE.name} ({names}) FROM STDIN") as copy,
    ):
        for row in chain(new, changed):
            copy.write_row(row)
    insert = insert_for(session, _TABLE).from_select(_COLUMNS, select(_STAGE), include_defaults=False)
    connection.execute(_or_replace(insert))


def _or_replace(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in _COLUMNS if name not in _KEPT_ON_UPDATE}
    return insert.on_conflict_do_update(
        index_elements=["source_id"], set_={**changed, "updated_at": insert.excluded.created_at}
    )


def _encoder(dialect: Dialect, name: str) -> Callable[[Any], Any]:
    """How this database's driver takes values of a column."""
    process = _TABLE.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
    return process if process is not None else lambda value: value


def _cached(
    encode: Callable[[Any], Any], prepare: Callable[[Any], Any] | None = None
) -> Callable[[Any], Any]:
    @lru_cache(maxsize=_CACHED)
    def encoded(value: Any) -> Any:
        return encode(value if prepare is None else prepare(value))

    return encoded
