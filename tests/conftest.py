"""Fixtures for all tests. Servers start when the first test asks for them and serve the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, open_office
from tests.servers import (
    Database,
    PostgresServer,
    S3Server,
    fresh_database,
    run_postgres,
    run_redis,
    run_s3,
)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL cluster for the run."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[Database]:
    """An empty PostgreSQL database for this test alone."""
    with fresh_database(postgres_server) as database:
        yield database


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One S3 with one bucket for the run; a test takes a prefix of its own."""
    with run_s3() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of one Redis for the run; a test takes a database of its own."""
    with run_redis() as url:
        yield url


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An installation on the embedded defaults; jobs run when a test says `office.work()`."""
    made = open_office(tmp_path / "var", SISIR_QUEUE=f"sqlite:{tmp_path / 'queue.db'}")
    yield made
    made.backends.engine.dispose()


@pytest.fixture(params=["embedded", "grown-up"])
def any_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An installation on SQLite, disk and SqliteHuey; then on PostgreSQL, S3 and PostgresHuey."""
    if request.param == "embedded":
        variables = {"SISIR_QUEUE": f"sqlite:{tmp_path / 'queue.db'}"}
    else:
        database: Database = request.getfixturevalue("postgres_database")
        s3: S3Server = request.getfixturevalue("s3_server")
        variables = {
            "SISIR_DATABASE": database.plain_url,
            "SISIR_QUEUE": database.plain_url,
            "SISIR_MEDIA": s3.url(tmp_path.name),
        }
    made = open_office(tmp_path / "var", **variables)
    yield made
    made.backends.queue.storage.close()
    made.backends.engine.dispose()
