"""pyodk's own client, unchanged, against a server of its own as `sisir serve` starts it."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyodk.client import Client
from pyodk.errors import PyODKError

from forms.compile import compile_form
from tests.installation import PASSWORD, Installation, new_installation
from tests.server.api.visits import GARDEN, visit
from tests.server.api.xforms import workbook


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


def test_submissions_are_sent_edited_and_reviewed(client, installation, tmp_path):
    """Files go in chunks without a length; the server is the real one."""
    xform = compile_form(
        GARDEN.format(form_id="kebun", version="1").encode(), file_name="a.md", allow_text=True
    )
    (tmp_path / "kebun.xml").write_bytes(xform.xform)
    installation.run("form", "publish", str(tmp_path / "kebun.xml"), "--ignore-warnings")
    photo = tmp_path / "foto kebun.jpg"
    photo.write_bytes(bytes(range(256)) * 2000)
    xml = visit("kebun", "uuid:one", "<pemilik>Siti</pemilik><foto>foto kebun.jpg</foto>").decode()
    made = client.submissions.create(xml, form_id="kebun", device_id="hp:1", attachments=[photo])
    assert (made.instanceId, made.deviceId, [(file.name, file.exists) for file in made.attachments]) == (
        "uuid:one",
        "hp:1",
        [("foto kebun.jpg", True)],
    )
    path = "projects/1/forms/kebun/submissions"
    assert client.get(f"{path}/uuid:one/attachments/foto%20kebun.jpg").content == photo.read_bytes()
    changed = visit("kebun", "uuid:two", "<pemilik>Sari</pemilik>", old="uuid:one").decode()
    client.submissions.edit("uuid:one", xml=changed, form_id="kebun", comment="Nama salah")
    found = client.submissions.get("uuid:one", form_id="kebun")
    assert found.reviewState == "edited"
    assert client.get(f"{path}/uuid:one").json()["currentVersion"]["instanceId"] == "uuid:two"
    assert client.get(f"{path}/uuid:two").url.endswith("/uuid%3Aone/versions/uuid%3Atwo")
    client.submissions.review("uuid:one", "approved", form_id="kebun", comment="Baik")
    assert client.submissions.get("uuid:one", form_id="kebun").reviewState == "approved"
    comments = client.submissions.list_comments("uuid:one", form_id="kebun")
    assert [comment.body for comment in comments] == ["Baik", "Nama salah"]
    assert [item.instanceId for item in client.submissions.list(form_id="kebun")] == ["uuid:one"]
    with pytest.raises(PyODKError) as refused:
        client.submissions.create(xml, form_id="kebun")
    assert refused.value.is_central_error(409.3)
    table = client.get(f"{path}.csv").text.splitlines()
    assert "Sari" in table[1]
    with zipfile.ZipFile(io.BytesIO(client.get(f"{path}.csv.zip").content)) as archive:
        assert archive.namelist() == ["kebun.csv", "kebun-panen.csv"]
    assert client.get(f"{path}.geojson").json() == {"type": "FeatureCollection", "features": []}


def test_any_route_is_reached_with_the_clients_session(client):
    project = client.post("projects", json={"name": "Uji & coba"}).json()
    client.patch(f"projects/{project['id']}", json={"archived": True}).raise_for_status()
    assert client.projects.get(project["id"]).archived is True
    assert client.delete(f"projects/{project['id']}").json() == {"success": True}
    with pytest.raises(PyODKError) as failed:
        client.projects.get(project["id"])
    assert failed.value.is_central_error(404.1)


def test_form_is_made_from_a_workbook_with_its_files_and_published(client, tmp_path):
    book, photo = tmp_path / "kunjungan.xlsx", tmp_path / "peta.csv"
    book.write_bytes(workbook("kunjungan", file="peta.csv"))
    photo.write_bytes(b"name,label\n" + b"1,satu\n" * 50_000)
    form = client.forms.create(definition=book, attachments=[photo])
    assert (form.xmlFormId, form.version, form.state, form.enketoId) == ("kunjungan", "1", "open", None)
    assert client.get("projects/1/forms/kunjungan/attachments").json()[0]["size"] == 350_011
    assert client.get("projects/1/forms/kunjungan/attachments/peta.csv").content == photo.read_bytes()
    assert 'id="kunjungan"' in client.forms.get_xml("kunjungan")
    assert "kunjungan" in [listed.xmlFormId for listed in client.forms.list()]


def test_form_is_updated_with_a_new_version_or_new_files_only(client, tmp_path):
    book, table = tmp_path / "berubah.xlsx", tmp_path / "peta.csv"
    book.write_bytes(workbook("berubah", file="peta.csv"))
    table.write_bytes(b"name,label\n1,satu\n")
    client.forms.create(definition=book, attachments=[table])
    first = client.forms.get("berubah")
    table.write_bytes(b"name,label\n2,dua\n")
    client.forms.update("berubah", attachments=[table])
    second = client.forms.get("berubah")
    assert second.version != first.version
    assert client.get("projects/1/forms/berubah/attachments/peta.csv").content == table.read_bytes()
    client.forms.update("berubah", attachments=[table], version_updater=lambda version: "tiga & empat")
    assert client.forms.get("berubah").version == "tiga & empat"
    more = workbook("berubah", file="peta.csv", rows=("nama", "alamat"), version="lima")
    client.forms.update("berubah", definition=more)
    assert client.forms.get("berubah").version == "lima"
    assert client.get("projects/1/forms/berubah.xlsx").content == more
    with pytest.raises(PyODKError) as failed:
        client.forms.update("berubah", definition=more)
    assert failed.value.is_central_error(409.6)


def test_entity_lists_are_made_and_given_properties(client):
    made = client.entity_lists.create(entity_list_name="pohon", approval_required=False)
    assert (made.name, made.projectId, made.approvalRequired, made.properties) == ("pohon", 1, False, [])
    for name in ("jenis", "umur"):
        assert client.entity_lists.add_property(name=name, entity_list_name="pohon") is True
    found = client.entity_lists.get(entity_list_name="pohon")
    assert [item.name for item in found.properties] == ["jenis", "umur"]
    assert {"pohon", "keluarga"} <= {listed.name for listed in client.entity_lists.list()}
    with pytest.raises(PyODKError) as failed:
        client.entity_lists.create(entity_list_name="pohon")
    assert failed.value.is_central_error(409.3)


def test_entities_are_made_changed_and_deleted(client):
    client.entity_lists.create(entity_list_name="kebun")
    client.entity_lists.add_property(name="luas", entity_list_name="kebun")
    client.entities.default_entity_list_name = "kebun"
    made = client.entities.create(label="Kebun 1", data={"luas": "2"})
    assert made.currentVersion.userAgent.startswith("pyodk")
    rows = [{"label": f"Kebun {number}", "luas": str(number)} for number in range(2, 1002)]
    assert client.entities.create_many(data=rows) is True
    listed = client.entities.list()
    assert (len(listed), listed[0].currentVersion.label) == (1001, "Kebun 1001")
    changed = client.entities.update(made.uuid, data={"luas": "3"}, base_version=1)
    assert (changed.currentVersion.version, changed.currentVersion.data) == (2, {"luas": "3"})
    with pytest.raises(PyODKError) as failed:
        client.entities.update(made.uuid, label="x", base_version=1)
    assert failed.value.is_central_error(409.15)
    assert client.entities.update(made.uuid, label="x", force=True).currentVersion.version == 3
    assert client.entities.delete(made.uuid) is True
    assert len(client.entities.list()) == 1000
    with pytest.raises(PyODKError) as failed:
        client.entities.create_many(data=rows[:1], source_size="100")
    assert failed.value.is_central_error(400.11)
