"""The database stops, starts, is locked: 503 and nothing kept, then everything goes on by itself."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from server.backends import Backends, open_backends
from server.services import processing
from tests.faults import checks
from tests.faults.conftest import OpenDesk
from tests.faults.desk import Desk, next_minute
from tests.office import HEADERS
from tests.servers import prepare_postgres


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
