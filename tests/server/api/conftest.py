"""Fixtures of the API's tests: an office with an administrator, a manager of one project and somebody without rights."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.models.project import Project
from server.services import accounts
from tests.office import Office, open_office
from tests.servers import fresh_database

PASSWORDS = {
    "alice": "password4alice",
    "bob": "password4bob",
    "chelsea": "password4chelsea",
    "dinsos": "password4dinsos",
}
FORM = b"""
| survey | | | |
| | type | name | label |
| | text | nama | Nama |
| | image | foto | Foto |
| settings | | |
| | form_id | form_title | version |
| | kunjungan | Kunjungan | 1 |
"""


@dataclass
class Client:
    """Somebody who is logged in, or nobody; paths begin after /v1."""

    flask: FlaskClient
    headers: dict[str, str]

    def call(self, method: str, path: str, **options: object) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}  # type: ignore[dict-item]
        return self.flask.open(f"/v1{path}", method=method, headers=headers, **options)  # type: ignore[arg-type]

    def get(self, path: str, *, extended: bool = False, **options: object) -> TestResponse:
        sent: dict[str, str] = options.pop("headers", {})  # type: ignore[assignment]
        headers = {**sent, **({"X-Extended-Metadata": "true"} if extended else {})}
        return self.call("GET", path, headers=headers, **options)

    def post(self, path: str, json: object = None, **options: object) -> TestResponse:
        return self.call("POST", path, json=json, **options)

    def patch(self, path: str, json: object = None, **options: object) -> TestResponse:
        return self.call("PATCH", path, json=json, **options)

    def put(self, path: str, json: object = None, **options: object) -> TestResponse:
        return self.call("PUT", path, json=json, **options)

    def delete(self, path: str, **options: object) -> TestResponse:
        return self.call("DELETE", path, **options)


@dataclass
class Service:
    """The office and who is in it: name -> actor id."""

    office: Office
    ids: dict[str, int]

    def login(self, name: str) -> Client:
        """A session of its own for one of the people."""
        done = self.office.client.post(
            "/v1/sessions", json={"email": f"{name}@getodk.org", "password": PASSWORDS[name]}
        )
        assert done.status_code == 200, done.text
        return Client(self.browser(), {"Authorization": f"Bearer {done.json['token']}"})

    def browser(self) -> FlaskClient:
        """A client that keeps no cookies."""
        return self.office.app.test_client(use_cookies=False)

    @property
    def nobody(self) -> Client:
        return Client(self.browser(), {})


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One office a database for all tests of the API; each makes what it counts."""
    folder = tmp_path_factory.mktemp("api")
    if request.param == "sqlite":
        yield from _open(folder)
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        yield from _open(folder, SISIR_DATABASE=database.url)


def _open(folder: Path, **variables: str) -> Iterator[Service]:
    office = open_office(folder, **variables)
    with office.session() as session:
        ids = {}
        for name, password in PASSWORDS.items():
            actor = accounts.create_user(
                session, email=f"{name}@getodk.org", password=password, name=name.title()
            )
            ids[name] = actor.id
        project = session.get_one(Project, office.project_id)
        accounts.assign(session, ids["alice"], "admin")
        accounts.assign(session, ids["bob"], "manager", project.actee_id)
        accounts.assign(session, ids["dinsos"], "dinsos", project.actee_id)
    office.publish(FORM)
    yield Service(office, ids)
    office.backends.engine.dispose()


@pytest.fixture(scope="session")
def alice(service: Service) -> Client:
    """The administrator."""
    return service.login("alice")


@pytest.fixture(scope="session")
def bob(service: Service) -> Client:
    """The manager of project 1."""
    return service.login("bob")


@pytest.fixture(scope="session")
def chelsea(service: Service) -> Client:
    """Somebody who may nothing."""
    return service.login("chelsea")


@pytest.fixture(scope="session")
def nobody(service: Service) -> Client:
    """Without log-in."""
    return service.nobody


@pytest.fixture(scope="session")
def garden(service: Service) -> str:
    """A published form with a place, choices, a photo, a group and a repeat in it."""
    from tests.server.api import visits

    return visits.publish(service)


@pytest.fixture
def form(service: Service, garden: str) -> str:
    """The same, without any submission."""
    from tests.server.api import visits

    visits.empty(service, garden)
    return garden
