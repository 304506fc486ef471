"""Fixtures of the server's tests: a fresh database with all tables, on SQLite and on PostgreSQL, and backends around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import server.models.all  # noqa: F401
from media.sealing import new_key
from server.backends import Backends, open_backends
from server.config import load_config
from server.db import Base
from tests.servers import fresh_database


@pytest.fixture
def sqlite_backends(tmp_path: Path) -> Iterator[Backends]:
    """Backends over a fresh SQLite file with all tables: for tests that do not depend on the database."""
    yield from _backends(tmp_path, f"sqlite:///{tmp_path / 'sisir.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def backends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backends]:
    """Backends over a fresh database with all tables; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield from _backends(tmp_path, f"sqlite:///{tmp_path / 'sisir.db'}")
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        yield from _backends(tmp_path, database.url)


@pytest.fixture
def session(backends: Backends) -> Iterator[Session]:
    """A session of `backends`; what is not committed is rolled back."""
    with backends.sessions() as opened:
        yield opened


def _backends(folder: Path, url: str) -> Iterator[Backends]:
    environ = {
        "SISIR_VAR": str(folder / "var"),
        "SISIR_DATABASE": url,
        "SISIR_MEDIA": f"file:{folder / 'media'}",
        "SISIR_QUEUE": "memory:",
        "SISIR_KEY": new_key(),
        "SISIR_URL": "http://127.0.0.1:8000",
    }
    opened = open_backends(load_config(environ))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.engine.dispose()
