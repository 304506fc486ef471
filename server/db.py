"""The database: declarative base, column types, engine, transactions.

Belongs here: what every model and service shares. Does not: tables (models/), queries (services/).
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from server.errors import UnavailableError

LOCK_WAIT_S = 20
TRUSTED_S = 2.0
"""How long a PostgreSQL connection may lie unused before it is asked whether it still works."""
CONNECT_WAIT_S = 5
SILENCE_S = 30
"""How long a connection to PostgreSQL may hear nothing from the other machine before it counts as broken."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, stored as UTC with microseconds; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite stores the clock time without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone reached the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")


def code_text(length: int) -> String:
    """A text column for codes and paths: compared byte by byte, so that a prefix search can use its index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id = Annotated[int, mapped_column(BigId, primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(UtcDateTime)]
MaybeTime = Annotated[datetime | None, mapped_column(UtcDateTime, default=None)]


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}


Sessions = sessionmaker[Session]


def open_database(url: str) -> tuple[Engine, Sessions]:
    """An engine and its session factory for SQLite or PostgreSQL. Connects lazily.

    SQLite: WAL, foreign keys on, synchronous FULL (a commit is on disk when it returns), writers begin IMMEDIATE.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            connect_args={"timeout": LOCK_WAIT_S},
            pool_size=16,
            max_overflow=32,
            hide_parameters=True,
            json_deserializer=_read_json,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            parsed,
            connect_args=_postgres_arguments(parsed.query),
            pool_size=8,
            max_overflow=24,
            pool_timeout=LOCK_WAIT_S,
            hide_parameters=True,
            json_deserializer=_read_json,
        )
        event.listen(engine, "connect", _prepare_postgres)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _test_when_idle)
    return engine, sessionmaker(engine, expire_on_commit=False)


_scan_json = cast(Any, json.JSONDecoder()).scan_once


def _read_json(text: str | bytes) -> Any:
    """json.loads without its guesses about encoding and white space, which databases leave no doubt about: thrice as fast."""
    return _scan_json(text.decode() if isinstance(text, bytes) else text, 0)[0]


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={LOCK_WAIT_S * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("sisir_read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgres_arguments(given: Mapping[str, object]) -> dict[str, int]:
    """Limits on waiting for a machine that is gone; what the URL says goes first."""
    ours = {
        "connect_timeout": CONNECT_WAIT_S,
        "keepalives_idle": SILENCE_S // 2,
        "keepalives_interval": SILENCE_S // 6,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENCE_S * 1000,
    }
    return {name: value for name, value in ours.items() if name not in given}


def _prepare_postgres(connection: Any, _record: Any) -> None:
    """The database, too, notices soon that our machine is gone: locks of a worker that lost its power are then free."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
    connection.execute(f"SET tcp_keepalives_idle = {SILENCE_S // 2}")
    connection.execute(f"SET tcp_keepalives_interval = {SILENCE_S // 6}")
    connection.execute("SET tcp_keepalives_count = 3")
    connection.commit()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _test_when_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """As pool_pre_ping, but only after a pause: asking at every request costs as much as what it asks for.

    A database that was restarted within that time makes one request fail; SQLAlchemy then drops the whole pool.
    """
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < TRUSTED_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


@contextmanager
def session_scope(sessions: Sessions, *, read_only: bool = False) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises.

    read_only: on SQLite the transaction takes no write lock; writing in it fails late, so do not.
    Raises: UnavailableError when the database does not answer or stays locked past LOCK_WAIT_S.
    """
    options = {"sisir_read_only": True} if read_only else {}
    with _transaction(sessions(), options) as session:
        yield session


@contextmanager
def single_reads(sessions: Sessions) -> Iterator[Session]:
    """A session for a few small questions of which each may see a later state than the one before.

    PostgreSQL then needs no transaction around them, which would cost as much as two more questions. Nothing may be written,
    and no result be read in pieces. Raises: as session_scope.
    """
    session = sessions()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    options = {"sisir_read_only": True} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
    with _transaction(session, options, writes=False):
        yield session


@contextmanager
def _transaction(session: Session, options: dict[str, Any], *, writes: bool = True) -> Iterator[Session]:
    try:
        if options:
            session.connection(execution_options=options)
        yield session
        if not writes:
            return
        session.commit()
    except (DBAPIError, PoolTimeoutError) as error:
        session.rollback()
        if not _is_down(error):
            raise
        cause = type(getattr(error, "orig", error)).__name__
        raise UnavailableError(f"the database does not answer: {cause}") from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def _is_down(error: Exception) -> bool:
    """Whether the database, not the statement, is at fault: no answer, no room, no connection left, locked too long."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
        return error.connection_invalidated
    return True


def insert_for(session: Session, table: Any) -> Any:
    """An INSERT of this session's database that knows ON CONFLICT (both of ours do, each in its own dialect class)."""
    dialect = session.get_bind().dialect.name
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def insert_new(
    dialect: str, table: Table, pointer: Column[Any] | None = None, to: Table | None = None
) -> Any:
    """INSERT … ON CONFLICT DO NOTHING RETURNING id, made once for each table: its values are parameters at execution.

    A statement with its values inside costs more to build than to run. pointer: a column that gets the id of a row of the
    table `to` which is to be inserted next, and is returned too; it stays NULL where ids cannot be reserved (SQLite).
    """
    kind: Any = sqlite if dialect == "sqlite" else postgresql
    statement = kind.insert(table).on_conflict_do_nothing()
    if pointer is None or to is None:
        return statement.returning(table.c.id)
    if dialect != "sqlite":
        statement = statement.values({pointer.name: func.nextval(f"{to.name}_id_seq")})
    return statement.returning(table.c.id, pointer)


def among(session: Session, column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a text column is one of many values, handed over as one parameter: thousands cost no more."""
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(list(values))).table_valued("value").c.value))
    return column == any_(literal(list(values), ARRAY(String)))


class _Values(TypeDecorator[Any]):
    """A list of ids or texts as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """ARRAY or text."""
        if dialect.name == "sqlite":
            return String()
        return ARRAY(BigInteger() if self.numbers else String())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """The list itself, or its JSON."""
        return json.dumps(value) if dialect.name == "sqlite" else value


class one_of(FunctionElement[bool]):
    """The condition that a column of ids or texts is one of many values.

    As column.in_(values), but one parameter however many there are: the statement is built, parsed and planned once and not
    at every batch, which costs more than running it. NULLs among the values are left out. values: or a bindparam, which gets a
    list of them at execution, for statements that are made once.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, values: Iterable[Any] | BindParameter[Any]) -> None:
        kind = _Values(numbers=isinstance(column.type, Integer))
        if isinstance(values, BindParameter):
            super().__init__(column, bindparam(values.key, type_=kind))
            return
        given = cast(Iterable[Any], values)
        super().__init__(column, literal([value for value in given if value is not None], kind))


@compiles(one_of)
def _render_one_of(element: one_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(one_of, "sqlite")
def _render_one_of_on_sqlite(element: one_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are rendered by SQLAlchemy


def now() -> datetime:
    """The present time, aware, UTC."""
    return datetime.now(UTC)
