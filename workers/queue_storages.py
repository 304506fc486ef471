"""huey's storages as this program wants them: made at first use, quick, and no wait for ever.

Belongs here: connections and tables of each back end, and which exceptions mean that one is down. Does not:
jobs.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from huey.storage import PostgresStorage, SqliteStorage

CONNECT_TIMEOUT_S = 5
SILENCE_TIMEOUT_MS = 10_000
# Any number, the same in every process: who makes the tables holds this lock meanwhile.
_TABLES_LOCK = 0x5151_0001

try:
    from redis.exceptions import RedisError

    FAILURES: tuple[type[Exception], ...] = (sqlite3.Error, psycopg.Error, OSError, RedisError)
except ImportError:
    FAILURES = (sqlite3.Error, psycopg.Error, OSError)


class LazySqliteStorage(SqliteStorage):
    """A file in WAL mode with synchronous=normal: never corrupt, and a message does not wait for the disk.

    When the file is deleted or replaced while it is open, the next use makes or opens the one that is there now: sender and
    receiver would else go on with different files for ever.
    """

    _inode = -1

    def __init__(self, name: str, filename: str, **options: Any) -> None:
        super().__init__(name, filename=filename, create_tables=False, **options)

    def _create_connection(self) -> sqlite3.Connection:
        Path(self.filename).parent.mkdir(parents=True, exist_ok=True)
        connection: sqlite3.Connection = super()._create_connection()
        connection.execute("pragma synchronous=normal")
        for statement in self.ddl:
            connection.execute(statement)
        self._inode = _inode_of(self.filename)
        return connection

    @contextmanager
    def db(self, commit: bool = False, close: bool = False) -> Iterator[sqlite3.Cursor]:
        """As huey's, on the file that has the name now."""
        if self._conn is not None and _inode_of(self.filename) != self._inode:
            self.close()
        with super().db(commit, close) as cursor:
            yield cursor


def _inode_of(filename: str) -> int:
    """The number of the file with this name; 0 when there is none."""
    try:
        return Path(filename).stat().st_ino
    except FileNotFoundError:
        return 0


class LazyPostgresStorage(PostgresStorage):
    """Tables huey_… in the database: SKIP LOCKED to share the messages, LISTEN and NOTIFY to wake at once."""

    def __init__(self, name: str, dsn: str, **options: Any) -> None:
        self._has_tables = False
        super().__init__(
            name,
            dsn=dsn,
            create_tables=False,
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=SILENCE_TIMEOUT_MS,
            application_name=f"{name} queue",
            **options,
        )

    def _connect(self) -> "psycopg.Connection[Any]":
        connection: psycopg.Connection[Any] = super()._connect()
        if not self._has_tables:
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(%s)", (_TABLES_LOCK,))
                for statement in self.ddl:
                    connection.execute(statement)
            self._has_tables = True
        return connection

    _create_connection = _connect
