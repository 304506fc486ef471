"""A database that the first migration made, with a campaign in it, becomes one of this program and works on.

files/office_at_0001.tar.gz is the backup (without photos) of the office of tests.stage as it was at migration 0001; its key
stands beside it. It is never made anew: that is the point.
"""

import io
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

import server.schema
from media.sealing import Seal, read_key
from server.app import create_app
from server.backends import Backends, open_backends
from server.bulk import open_snapshot
from server.cli import cli
from server.config import load_config
from server.db import open_database, session_scope
from server.migrating import newest_revision, read_revision
from server.models.actor import AuthSession
from server.models.case import Case
from server.models.entity import Entity
from server.models.submission import Submission
from server.services import processing
from server.services.backup_files import Manifest, read_manifest
from server.services.restore import restore_tables
from tests.factories import PASSWORD
from tests.office import HEADERS
from tests.servers import fresh_database
from tests.stage import visit_xml

FILE = Path(__file__).parent / "files" / "office_at_0001.tar.gz"


@dataclass(frozen=True)
class OldOffice:
    """An installation whose database stands at the first migration."""

    environ: dict[str, str]
    manifest: Manifest


@pytest.fixture(params=["sqlite", "postgresql"])
def old_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OldOffice]:
    with tarfile.open(FILE) as archive:
        archive.extractall(tmp_path / "backup", filter="data")
    key = (tmp_path / "backup/office.key").read_text().strip()
    environ = {
        "SISIR_VAR": str(tmp_path / "var"),
        "SISIR_KEY": key,
        "SISIR_URL": "http://sisir.test",
        "SISIR_QUEUE": "memory:",
    }
    (tmp_path / "var").mkdir()
    manifest = read_manifest(tmp_path / "backup", Seal(read_key(key)))
    if request.param == "sqlite":
        _load(tmp_path / "backup", manifest, environ)
        yield OldOffice(environ, manifest)
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        environ["SISIR_DATABASE"] = database.plain_url
        _load(tmp_path / "backup", manifest, environ)
        yield OldOffice(environ, manifest)


def _load(folder: Path, manifest: Manifest, environ: dict[str, str]) -> None:
    """Tables of migration 0001 and the rows into them."""
    engine, _ = open_database(load_config(environ).database)
    restore_tables(folder, manifest, engine, lambda *_: None)
    with open_snapshot(engine) as connection:
        assert read_revision(connection) == manifest.revision == "0001"
    engine.dispose()


def upgraded(office: OldOffice, monkeypatch: pytest.MonkeyPatch) -> Backends:
    """After the command that an admin runs."""
    for name, value in office.environ.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(cli, ["init"])
    assert done.exit_code == 0, done.output
    assert "its accounts were left as they are" in done.output
    return open_backends(load_config(office.environ))


def test_every_row_is_there_after_the_upgrade(old_office: OldOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    backends = upgraded(old_office, monkeypatch)
    with open_snapshot(backends.engine) as connection:
        assert read_revision(connection) == newest_revision()
        counts = {
            table.name: connection.scalar(text(f"SELECT count(*) FROM {table.name}"))
            for table in old_office.manifest.tables
        }
    backends.engine.dispose()
    before = {table.name: table.rows for table in old_office.manifest.tables}
    assert sum(before.values()) == 239
    assert counts.pop("role") >= before.pop("role"), "the roles are the program's own"
    assert counts == before


def test_the_upgraded_office_works_on(old_office: OldOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """People log in and see the queue; the phone of before sends a visit, which is screened; its family's case counts it."""
    backends = upgraded(old_office, monkeypatch)
    client = create_app(backends).test_client()
    answer = client.post(
        "/login",
        data={"email": "rina@dinsos.test", "password": PASSWORD},
        headers={"Origin": "http://sisir.test", "Host": "sisir.test"},
    )
    assert answer.status_code == 303
    assert (
        "Suparmi"
        in client.get("/projects/1/queue", headers={"Host": "sisir.test"}, follow_redirects=True).text
    )
    with session_scope(backends.sessions) as session:
        sealed = session.scalars(
            select(AuthSession.token_sealed).where(AuthSession.token_sealed.is_not(None))
        ).first()
        token = backends.seal.open_text(sealed or b"")
        entity = session.scalars(select(Entity.uuid).where(Entity.label == "Suparmi")).one()
        before = session.scalar(select(func.count(Submission.id))) or 0
    address = f"/v1/key/{token}/projects/1"
    assert client.get(f"{address}/formList", headers=HEADERS).text.count("<xform>") == 2
    xml = visit_xml("aset", f"uuid:{uuid.uuid4()}", entity, {"mobil": "1", "milik": "sendiri"})
    sent = client.post(
        f"{address}/submission",
        data={"xml_submission_file": (io.BytesIO(xml), "a.xml", "text/xml")},
        content_type="multipart/form-data",
        headers=HEADERS,
    )
    assert sent.status_code == 201, sent.text
    processing.process_owed(backends)
    with session_scope(backends.sessions) as session:
        rows = session.scalars(select(Submission).order_by(Submission.id)).all()
        assert len(rows) == before + 1
        assert all(row.screened_at is not None and row.screening_error is None for row in rows)
        found = session.scalars(select(Case).where(Case.title == "Suparmi")).one()
        assert found.visited_at is not None
        assert found.open_high >= 1
    backends.engine.dispose()


def test_an_old_and_a_new_database_are_not_served(
    old_office: OldOffice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Server and worker say which commands to run instead of failing at every page."""
    versions = tmp_path / "versions"
    shutil.copytree(server.schema.VERSIONS, versions)
    (versions / "9999_later.py").write_text(f'revision = "9999"\ndown_revision = "{newest_revision()}"\n')
    monkeypatch.setattr(server.schema, "VERSIONS", versions)
    for name, value in {**old_office.environ, "SISIR_PORT": "0"}.items():
        monkeypatch.setenv(name, value)
    for command in ("serve", "worker"):
        done = CliRunner().invoke(cli, [command])
        assert done.exit_code == 1
        assert "schema 0001; this one needs 9999" in done.output
        assert "`sisir backup FOLDER`, then `sisir init`" in done.output
    engine, _ = open_database(load_config(old_office.environ).database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'tomorrow'"))
    engine.dispose()
    done = CliRunner().invoke(cli, ["serve"])
    assert done.exit_code == 1
    assert "(schema tomorrow) was made by a newer Sisir" in done.output


def test_without_a_database_there_is_a_command_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SISIR_VAR", str(tmp_path / "none"))
    monkeypatch.setenv("SISIR_PORT", "0")
    done = CliRunner().invoke(cli, ["serve"])
    assert done.exit_code == 1
    assert "run `sisir init`" in done.output
    assert not (tmp_path / "none").exists()
