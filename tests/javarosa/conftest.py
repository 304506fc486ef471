"""The running JavaRosa, shared by the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.javarosa.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One process for the run; a test loads its own form."""
    with Engine() as running:
        yield running
