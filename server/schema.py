"""Which schema a database has, and which one this program needs: known before anything heavy is loaded.

Belongs here: a look that costs a start nothing, so no SQLAlchemy and no Alembic. Does not: changing it (migrating.py).
"""

import contextlib
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

VERSIONS = Path(__file__).parent / "migrations" / "versions"
CONNECT_TIMEOUT_S = 3
_QUERY = "SELECT version_num FROM alembic_version"
_REVISION = re.compile(r"""^(revision|down_revision)(?:: [^=]+)? = (?:["']([^"']+)["']|None)""", re.MULTILINE)


@dataclass(frozen=True)
class SchemaState:
    """The schema of a database beside the one that this program needs. found None: it has none of our tables."""

    found: str | None
    wanted: str
    is_known: bool

    @property
    def is_current(self) -> bool:
        """True when server and worker may start."""
        return self.found == self.wanted


def look_at_schema(database: str) -> SchemaState | None:
    """The state of the database with this URL; None when it does not answer now. Makes nothing, not even an empty file."""
    revisions, newest = list_revisions()
    try:
        found = _read_sqlite(database) if database.startswith("sqlite") else _read_postgres(database)
    except ConnectionError:
        return None
    return SchemaState(found, newest, found in revisions)


def list_revisions() -> tuple[frozenset[str], str]:
    """All migrations that this program has, and the last one: that which none comes after."""
    found: set[str] = set()
    followed: set[str] = set()
    for path in VERSIONS.glob("*.py"):
        names = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        if "revision" not in names:
            continue
        found.add(names["revision"])
        followed.add(names.get("down_revision", ""))
    return frozenset(found), max(found - followed)


def _read_sqlite(database: str) -> str | None:
    path = Path(database.partition("///")[2].partition("?")[0])
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            return _first(connection.execute(_QUERY).fetchone())
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise ConnectionError from error
    except sqlite3.DatabaseError as error:
        raise ConnectionError from error


def _read_postgres(database: str) -> str | None:
    import psycopg

    plain = "postgresql://" + database.partition("://")[2]
    try:
        with psycopg.connect(plain, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            return _first(connection.execute(_QUERY).fetchone())
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.Error as error:
        raise ConnectionError from error


def _first(row: tuple[str] | None) -> str | None:
    return row[0] if row else None
