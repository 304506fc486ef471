"""Fixtures of the tests of faults: folders of several kinds."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.faults.desk import Desk
from tests.fuzz.office_forms import Target, copy_target, open_target

MEMORY = Path("/dev/shm")
ROOM_BYTES = 500_000_000


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is room for it: what is killed here are processes, not the machine's power."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="sisir-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """An office on SQLite to be copied."""
    made = open_target(tmp_path_factory.mktemp("prepared") / "var")
    made.office.backends.engine.dispose()
    return made


OpenDesk = Callable[..., AbstractContextManager[Desk]]


@pytest.fixture
def open_desk(quick_path: Path, prepared: Target) -> OpenDesk:
    """Opens an office with variables as in the environment; on SQLite and disk where they say nothing."""

    @contextmanager
    def opened(**variables: str) -> Iterator[Desk]:
        given = {"SISIR_QUEUE": f"sqlite:{quick_path / 'queue.db'}", **variables}
        is_embedded = not variables.get("SISIR_DATABASE", "").startswith("postgres")
        folder = quick_path / "office"
        target = copy_target(prepared, folder, **given) if is_embedded else open_target(folder, **given)
        try:
            yield Desk(target)
        finally:
            target.office.backends.queue.storage.close()
            target.office.backends.engine.dispose()

    return opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Iterator[Desk]:
    """An office on the embedded defaults."""
    with open_desk() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def any_desk(request: pytest.FixtureRequest, open_desk: OpenDesk) -> Iterator[Desk]:
    """An office on SQLite, then on PostgreSQL."""
    variables = {}
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database").plain_url
        variables = {"SISIR_DATABASE": url, "SISIR_QUEUE": url}
    with open_desk(**variables) as opened:
        yield opened
