"""pyodk's own client, unchanged, against a server of its own as `sisir serve` starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyodk.client import Client
from pyodk.errors import PyODKError

from tests.installation import PASSWORD, Installation, new_installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = new_installation(tmp_path_factory.mktemp("pyodk") / "var")
    made.run("form", "publish", "--bundled")
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def client(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("pyodk-config")
    with Client(config_path=_config(folder, installation), cache_path=folder / "cache.toml") as opened:
        yield opened


def _config(folder: Path, installation: Installation) -> Path:
    path = folder / "config.toml"
    path.write_text(
        "[central]\n"
        f'base_url = "{installation.url}"\n'
        'username = "admin@office.test"\n'
        f'password = "{PASSWORD}"\n'
        "default_project_id = 1\n"
    )
    return path


def test_token_is_kept_and_used_again(client, installation, tmp_path):
    config = _config(tmp_path, installation)
    for _ in range(2):
        with Client(config_path=config, cache_path=tmp_path / "cache.toml") as again:
            assert again.projects.get().name == "Penyisiran"
            token = again.session.headers["Authorization"]
    with Client(config_path=config, cache_path=tmp_path / "cache.toml") as third:
        assert third.session.headers["Authorization"] == token


def test_projects_are_listed(client):
    assert [(project.id, project.name) for project in client.projects.list()] == [(1, "Penyisiran")]


def test_app_users_are_made_with_their_forms(client):
    made = client.projects.create_app_users(
        display_names=["Siti", "Budi"], forms=["aset", "stiker"], project_id=1
    )
    assert [user.displayName for user in made] == ["Siti", "Budi"]
    again = client.projects.create_app_users(display_names=["Siti", "Tono"], forms=["aset"], project_id=1)
    assert [user.displayName for user in again] == ["Tono"]
    listed = client.get(f"projects/1/key-does-not-exist/{made[0].id}")
    assert (listed.status_code, listed.json()["code"]) == (404, 404.1)
    phone = client.get(f"key/{made[0].token}/projects/1/formList", headers={"X-OpenRosa-Version": "1.0"})
    assert [name in phone.text for name in ("aset", "stiker", "penyisiran")] == [True, True, False]


def test_any_route_is_reached_with_the_clients_session(client):
    project = client.post("projects", json={"name": "Uji & coba"}).json()
    client.patch(f"projects/{project['id']}", json={"archived": True}).raise_for_status()
    assert client.projects.get(project["id"]).archived is True
    assert client.delete(f"projects/{project['id']}").json() == {"success": True}
    with pytest.raises(PyODKError) as failed:
        client.projects.get(project["id"])
    assert failed.value.is_central_error(404.1)
