"""Fixtures of the console's tests: one stage for a module, people who are logged in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD
from tests.stage import Stage, open_stage

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Visitor:
    """A person at the console, in the first campaign."""

    client: FlaskClient
    csrf: str

    def get(self, path: str, **options: object) -> TestResponse:
        return self.client.get(f"/projects/1/{path}", **options)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        return self.client.post(f"/projects/1/{path}", data={"csrf": self.csrf, **(data or {})}, **options)  # type: ignore[arg-type]

    def revision(self, case_id: int) -> str:
        found = re.search(r'name="revision" value="(\d+)"', self.get(f"cases/{case_id}").text)
        assert found, "nothing can be done on this case"
        return found[1]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = open_stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.office.backends.engine.dispose()


@pytest.fixture
def visit(stage: Stage) -> Callable[[str], Visitor]:
    """Logs a person of the stage in."""

    def log_in(name: str) -> Visitor:
        client = stage.office.client
        done = client.post("/login", data={"email": f"{name.lower()}@dinsos.test", "password": PASSWORD})
        assert done.status_code == 303, done.text
        found = CSRF.search(client.get("/projects/1/").text)
        assert found
        return Visitor(client, found[1])

    return log_in
