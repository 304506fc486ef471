"""Writing households in bulk: one prepared statement, rows in the driver's own form.

Belongs here: the upsert and the encoding of its rows. Does not: which rows are due (register.py).
SQLAlchemy makes the statement and knows how each column is stored; for a hundred thousand rows its work per value would
take longer than the database does, so values are encoded here, with what repeats encoded once.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect
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
_KEPT_ON_UPDATE = ("source_id", "created_at")
_CACHED = 1 << 15


class HouseholdWriter:
    """Inserts households that are not there, and replaces what the register says of those that are."""

    def __init__(self, dialect: Dialect, seal: Seal, snapshot_id: int) -> None:
        self._seal = seal
        self._is_alone = dialect.name == "sqlite"
        self._date = _cached(_encoder(dialect, "head_born_on"))
        self._programmes = _cached(_encoder(dialect, "programmes"), list)
        self._extra = _cached(_encoder(dialect, "extra"), dict)
        self._rest = (snapshot_id, _encoder(dialect, "created_at")(now()))

    def insert(self, session: Session, rows: Iterable[tuple[HouseholdRow, bytes]]) -> None:
        """Writes new households with the hashes of their rows, each source id at most once.

        On PostgreSQL another import may have written one in the meantime: it is replaced. SQLite has one writer at a time,
        and there an upsert takes twice as long as an insert.
        """
        insert = insert_for(session, Household.__table__)
        self._write(session, insert if self._is_alone else _upsert(insert), rows)

    def replace(self, session: Session, rows: Iterable[tuple[HouseholdRow, bytes]]) -> None:
        """Writes households that may be there, by source id; created_at stays, updated_at says when."""
        self._write(session, _upsert(insert_for(session, Household.__table__)), rows)

    def _write(self, session: Session, statement: Any, rows: Iterable[tuple[HouseholdRow, bytes]]) -> None:
        encoded = [self._encode(row, row_hash) for row, row_hash in rows]
        if not encoded:
            return
        connection = session.connection()
        compiled = statement.compile(dialect=connection.dialect, column_keys=_COLUMNS)
        if compiled.positiontup is None:
            connection.exec_driver_sql(
                str(compiled), [dict(zip(_COLUMNS, row, strict=True)) for row in encoded]
            )
        else:
            in_order = itemgetter(*map(_COLUMNS.index, compiled.positiontup))
            connection.exec_driver_sql(str(compiled), [in_order(row) for row in encoded])

    def _encode(self, row: HouseholdRow, row_hash: bytes) -> tuple[Any, ...]:
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


def _upsert(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in _COLUMNS if name not in _KEPT_ON_UPDATE}
    return insert.on_conflict_do_update(
        index_elements=["source_id"], set_={**changed, "updated_at": insert.excluded.created_at}
    )


def _encoder(dialect: Dialect, column: str) -> Callable[[Any], Any]:
    """How this database's driver takes values of a column."""
    process = Household.__table__.columns[column].type.dialect_impl(dialect).bind_processor(dialect)
    return process if process is not None else lambda value: value


def _cached(
    encode: Callable[[Any], Any], prepare: Callable[[Any], Any] | None = None
) -> Callable[[Any], Any]:
    @lru_cache(maxsize=_CACHED)
    def encoded(value: Any) -> Any:
        return encode(value if prepare is None else prepare(value))

    return encoded
