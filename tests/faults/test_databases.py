"""The database stops, starts, is locked: 503 and nothing kept, then everything goes on by itself."""

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from server.backends import Backends, open_backends
from server.models.entity import Entity
from server.services import processing
from server.services.claims import claim_owed
from tests.faults import checks
from tests.faults.conftest import OpenDesk
from tests.faults.desk import Desk, next_minute
from tests.faults.senders import Visit
from tests.fuzz.office_forms import shop_xml
from tests.office import HEADERS
from tests.servers import Database, prepare_postgres


def test_postgresql_that_stops_and_starts_loses_nothing(open_desk: OpenDesk) -> None:
    with prepare_postgres(durable=True) as (server, running), ExitStack() as stack:
        url = server.plain_url()
        with running():
            desk = stack.enter_context(open_desk(SISIR_DATABASE=url, SISIR_QUEUE=url))
            with desk.working():
                assert desk.send().status == 201
        # Stopped while web and worker hold connections to it.
        desk.refused()
        assert (
            desk.target.office.client.get(desk.target.phones[0].url("formList"), headers=HEADERS).status_code
            == 503
        )
        with running(), desk.working() as consumer:
            assert desk.send().status == 201
            desk.resend()
            desk.check()
            assert consumer.scheduler.is_alive()


def test_a_worker_outlasts_postgresql_that_stops_under_it(open_desk: OpenDesk) -> None:
    with prepare_postgres() as (server, running), ExitStack() as stack:
        url = server.plain_url()
        with running():
            desk = stack.enter_context(open_desk(SISIR_DATABASE=url))
            for _ in range(20):
                assert desk.send().status == 201
            consumer = stack.enter_context(desk.working())
        desk.refused(1)
        with running():
            next_minute(consumer)
            desk.resend()
            desk.check()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits twenty seconds for a lock in a test."""
    monkeypatch.setattr("server.db.LOCK_WAIT_S", 1)


@pytest.fixture
def locked_desk(impatient: None, any_desk: Desk) -> Iterator[Desk]:
    return any_desk


class Lock:
    """Another program at the same database: a transaction that writes, or one that only reads, and does not end."""

    def __init__(self, desk: Desk, *, writes: bool) -> None:
        engine = desk.target.office.backends.engine
        if engine.dialect.name == "sqlite":
            self._other = sqlite3.connect(str(engine.url.database), isolation_level=None)
            self._other.execute("begin immediate" if writes else "begin")
            self._other.execute(
                "update project set name = name" if writes else "select count(*) from submission"
            )
        else:
            plain = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._other = psycopg.connect(plain)
            if writes:
                self._other.execute("lock table submission in exclusive mode")
            self._other.execute("select count(*) from submission")

    def release(self) -> None:
        self._other.rollback()
        self._other.close()


def test_a_long_writer_costs_503_and_nothing_is_kept(locked_desk: Desk) -> None:
    desk = locked_desk
    assert desk.send().status == 201
    lock = Lock(desk, writes=True)
    desk.refused()
    assert (
        desk.target.office.client.get(desk.target.phones[0].url("formList"), headers=HEADERS).status_code
        == 200
    )
    with desk.working():
        lock.release()
        desk.resend()
        desk.check()


def test_a_worker_waits_out_a_long_writer(locked_desk: Desk) -> None:
    desk = locked_desk
    for _ in range(5):
        assert desk.send().status == 201
    lock = Lock(desk, writes=True)
    with pytest.raises(processing.PASSING):
        processing.process_owed(desk.target.office.backends)
    lock.release()
    processing.process_owed(desk.target.office.backends)
    desk.check()


def test_a_long_reader_disturbs_nobody(locked_desk: Desk) -> None:
    desk = locked_desk
    assert desk.send().status == 201
    lock = Lock(desk, writes=False)
    with desk.working():
        for _ in range(10):
            assert desk.send().status == 201
        desk.check()
    lock.release()


def test_two_workers_on_the_same_work_do_it_once(any_desk: Desk, quick_path: Path) -> None:
    desk = any_desk
    for _ in range(60):
        assert desk.send().status == 201
    config = desk.target.office.backends.config
    both: list[Backends] = [open_backends(config), open_backends(config)]
    errors: list[BaseException] = []

    def work(backends: Backends) -> None:
        try:
            processing.process_owed(backends)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(backends,)) for backends in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    desk.target.office.work()
    desk.check()
    checks.check_as_undisturbed(desk.target, desk.visits, quick_path / "calm")
    for backends in both:
        backends.engine.dispose()


def test_an_update_waits_for_what_another_worker_has_claimed(
    postgres_database: Database, open_desk: OpenDesk
) -> None:
    url, key = postgres_database.plain_url, str(uuid.uuid4())
    with open_desk(SISIR_DATABASE=url, SISIR_QUEUE=url) as desk:
        for number, action in enumerate(
            ('create="1"', 'update="1" baseVersion="1"', 'update="1" baseVersion="2"')
        ):
            iid = f"uuid:{uuid.uuid4()}"
            xml = shop_xml(iid, key, action, f"Warung {number}", "-7.5 112.2 0 5")
            assert desk.send(Visit(iid, xml, {"warung.jpg": b"none"}, 0, True)).status == 201
        backends = desk.target.office.backends
        with claim_owed(
            backends, 1
        ) as first:  # the other worker has the submission that makes the shop, and is slow
            assert len(first) == 1
            assert processing.process_owed(backends) == 2
        assert processing.process_owed(backends) == 1
        with desk.target.office.session() as session:
            shop = session.scalars(select(Entity).where(Entity.uuid == key)).one()
            assert (shop.version, shop.label, shop.conflict) == (3, "Warung 2", None)
        desk.check()
