"""A phone with the real form engine against the running server: fetch, fill, send, fetch again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from server.models.submission import Attachment, Submission
from tests.collect.blank_forms import md5_hex
from tests.collect.entity_store import Origin
from tests.collect.instances import InstanceState
from tests.collect.syncing import FormState
from tests.collect_phone import CollectPhone
from tests.javarosa.engine import Engine
from tests.office import Office, open_office

VISIT = b"""
| survey | | | | | | | |
| | type | name | label | required | calculation | relevant | save_to |
| | start | start | | | | | |
| | audit | audit | | | | | |
| | select_one apa | jenis | Jenis | yes | | | |
| | select_one_from_file warga.csv | warga | Warga | yes | | ${jenis} = 'lama' | |
| | calculate | baru | | | once(uuid()) | | |
| | calculate | id_w | | | if(${jenis} = 'baru', ${baru}, ${warga}) | | |
| | text | rt | RT | yes | | | rt |
| | image | foto | Foto | yes | | | |
| | image | foto2 | Foto | yes | | | |
| choices | | | |
| | list_name | name | label |
| | apa | lama | Lama |
| | apa | baru | Baru |
| settings | | | |
| | form_id | form_title | version |
| | datang | Datang | 1 |
| entities | | | | | |
| | list_name | entity_id | create_if | update_if | label |
| | warga | ${id_w} | ${jenis} = 'baru' | ${jenis} = 'lama' | concat('W ', ${rt}) |
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """The application on a real socket, a thread a request."""
    http = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    port = free_port()
    queue = f"sqlite:{tmp_path / 'queue.db'}"
    made = open_office(tmp_path / "var", SISIR_URL=f"http://127.0.0.1:{port}", SISIR_QUEUE=queue)
    made.publish(VISIT)
    with serving(made.app, port):
        yield made
    made.backends.engine.dispose()


@pytest.fixture
def phone(office: Office, tmp_path: Path, engine: Engine) -> Iterator[CollectPhone]:
    address = office.backends.config.url + office.phone().base
    with CollectPhone(address, folder=tmp_path / "phone", engine=engine) as ready:
        report = ready.sync()
        assert (report.shown, report.problems) == (None, [])
        yield ready


def test_second_fetch_changes_nothing_and_repeats_no_bytes(phone: CollectPhone) -> None:
    phone.connection.log.clear()
    report = phone.sync()
    assert (report.shown, report.problems, report.deleted) == (None, [], [])
    assert report.states == {"datang": FormState.MEDIA_UPDATE}
    assert [
        exchange.status for exchange in phone.connection.log if exchange.url.split("?")[0].endswith(".xml")
    ] == [304]


def test_sent_visit_is_stored_with_every_file(office: Office, phone: CollectPhone) -> None:
    visit = phone.fill("datang", 1, {"jenis": "baru"})
    result = phone.send(visit)
    assert (result.shown, result.state, result.statuses) == ("Success", InstanceState.SENT, (201,))
    with office.session() as session:
        names = set(session.scalars(select(Attachment.name)))
    assert names == {path.name for path in visit.attachments}
    assert len(names) == 3


def test_answer_lost_on_the_way_does_no_harm(office: Office, phone: CollectPhone) -> None:
    visit = phone.fill("datang", 1, {"jenis": "baru"})
    assert [phone.send(visit).shown for _ in range(3)] == ["Success"] * 3
    with office.session() as session:
        assert len(session.scalars(select(Submission)).all()) == 1


def test_changed_copy_of_a_sent_visit_is_refused_with_a_sentence(phone: CollectPhone) -> None:
    visit = phone.fill("datang", 1, {"jenis": "baru"})
    phone.send(visit)
    visit.xml.write_bytes(visit.submission.replace(b"<rt>", b"<rt>9"))
    result = phone.send(visit)
    assert (result.state, result.statuses) == (InstanceState.FAILED, (409,))
    assert 10 < len(result.shown) < 200


def test_resident_created_and_revisited_offline_comes_back_from_the_server(
    office: Office, phone: CollectPhone
) -> None:
    created = phone.fill("datang", 1, {"jenis": "baru", "rt": "1"}).entities[0]
    phone.fill("datang", 2, {"jenis": "lama", "warga": created.id, "rt": "2"})
    assert {result.state for result in phone.send_pending()} == {InstanceState.SENT}
    office.work()
    assert phone.sync().problems == []
    row = phone.entities("warga")[0]
    assert (row.id, row.origin, row.version, row.properties) == (created.id, Origin.ONLINE, 2, {"rt": "2"})


def test_other_phone_sees_the_resident_too(office: Office, phone: CollectPhone, tmp_path: Path) -> None:
    created = phone.fill("datang", 1, {"jenis": "baru", "rt": "1"}).entities[0]
    phone.send_pending()
    office.work()
    address = office.backends.config.url + office.phone("Rekan").base
    with CollectPhone(address, folder=tmp_path / "other", device_id="collect:fedcba9876543210") as other:
        assert other.sync().problems == []
        assert [row.id for row in other.entities("warga")] == [created.id]
        assert other.forms["datang"].md5 == md5_hex(phone.forms["datang"].body)
