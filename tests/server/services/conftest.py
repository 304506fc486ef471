"""Fixtures of the services' tests: a small sweep with the bundled forms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, open_office
from tests.servers import Database
from tests.sweep import Sweep, open_sweep


@pytest.fixture
def sweep(office: Office) -> Sweep:
    """The bundled forms in an office on the embedded defaults."""
    return open_sweep(office)


@pytest.fixture
def any_sweep(any_office: Office) -> Sweep:
    """The bundled forms in an office of either kind."""
    return open_sweep(any_office)


@pytest.fixture
def postgres_sweep(tmp_path: Path, postgres_database: Database) -> Iterator[Sweep]:
    """The bundled forms in an office on PostgreSQL with photos on disk: for several workers at once."""
    url = postgres_database.plain_url
    office = open_office(tmp_path / "var", SISIR_DATABASE=url, SISIR_QUEUE=f"sqlite:{tmp_path / 'queue.db'}")
    yield open_sweep(office)
    office.backends.engine.dispose()
