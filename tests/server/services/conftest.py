"""Fixtures of the services' tests: a small sweep with the bundled forms."""

import pytest

from tests.office import Office
from tests.sweep import Sweep, open_sweep


@pytest.fixture
def sweep(office: Office) -> Sweep:
    """The bundled forms in an office on the embedded defaults."""
    return open_sweep(office)


@pytest.fixture
def any_sweep(any_office: Office) -> Sweep:
    """The bundled forms in an office of either kind."""
    return open_sweep(any_office)
