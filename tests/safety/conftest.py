"""One stage for all safety tests on SQLite, one on PostgreSQL; people who are logged in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.safety.people import Visitor, log_in
from tests.servers import PostgresServer, fresh_database
from tests.stage import Stage, open_stage


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = open_stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.office.backends.engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def any_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of a module's own that may be wrecked, on either database."""
    with ExitStack() as stack:
        variables = {}
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            variables["SISIR_DATABASE"] = stack.enter_context(fresh_database(server)).plain_url
        made = open_stage(tmp_path_factory.mktemp("stage"), **variables)
        yield made
        made.office.backends.engine.dispose()


@pytest.fixture
def visit(stage: Stage) -> Callable[[str], Visitor]:
    """Logs a person of the stage in."""
    return lambda name: log_in(stage, name)
