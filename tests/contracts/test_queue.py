"""What every queue does, tried on SQLite, PostgreSQL and Redis: messages, schedules, periodic jobs, consumers."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from huey import Huey

from workers.queue import (
    check_queue,
    drain,
    make_consumer,
    open_queue,
    pending_count,
    wake,
)


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'var' / 'queue.db'}"
    if request.param == "redis":
        address = str(request.getfixturevalue("redis_server"))
        with redis.Redis.from_url(address) as client:
            client.flushall()
        return address
    return str(request.getfixturevalue("postgres_database").plain_url)


@pytest.fixture
def open_it(url: str) -> Iterator[Callable[[], Huey]]:
    """Opens the same queue as often as asked, as several processes would."""
    opened: list[Huey] = []

    def open_one() -> Huey:
        opened.append(open_queue(url))
        return opened[-1]

    yield open_one
    for queue in opened:
        queue.storage.close()


@pytest.fixture
def queue(open_it: Callable[[], Huey]) -> Huey:
    return open_it()


def register(queue: Huey, seen: list[object]) -> Callable[..., None]:
    """A job 'note' that records its argument; its name is the same in every queue, as in every process."""

    @queue.task(name="note")
    def note(value: object) -> None:
        seen.append(value)

    return note


def wait_for(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_what_is_sent_waits_and_runs_once_in_order(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    for number in range(5):
        assert wake(note, number)
    assert pending_count(queue) == 5
    assert seen == []
    assert drain(queue) == 5
    assert seen == [0, 1, 2, 3, 4]
    assert pending_count(queue) == 0
    assert drain(queue) == 0


def test_draining_stops_at_the_limit(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    for number in range(5):
        note(number)
    assert drain(queue, 2) == 2
    assert pending_count(queue) == 3


def test_draining_runs_what_jobs_send(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)

    @queue.task()
    def first() -> None:
        note("from the first")

    first()
    assert drain(queue) == 2
    assert seen == ["from the first"]


def test_another_process_finds_what_was_sent(open_it: Callable[[], Huey]) -> None:
    seen: list[object] = []
    register(open_it(), [])("message")
    other = open_it()
    register(other, seen)
    assert drain(other) == 1
    assert seen == ["message"]


def test_queues_with_other_names_do_not_mix(url: str) -> None:
    one, two = open_queue(url, name="one"), open_queue(url, name="two")
    register(one, [])("x")
    register(two, [])
    assert (pending_count(one), pending_count(two)) == (1, 0)
    one.storage.close()
    two.storage.close()


def test_higher_priority_goes_first(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    queue.enqueue(note.s("export", priority=-1))
    queue.enqueue(note.s("normal"))
    queue.enqueue(note.s("urgent", priority=5))
    drain(queue)
    assert seen == ["urgent", "normal", "export"]


def test_a_job_for_later_runs_when_it_is_due(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    note.schedule(("later",), eta=datetime.now(UTC) + timedelta(hours=1))
    note.schedule(("soon",), delay=0.2)
    assert drain(queue) == 2, "both are looked at and put aside"
    assert seen == []
    assert pending_count(queue) == 2
    time.sleep(0.3)
    assert drain(queue) == 1
    assert seen == ["soon"]
    assert pending_count(queue) == 1


def test_a_failing_job_is_tried_again_and_does_not_stop_the_others(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    tries: list[int] = []

    @queue.task(retries=2)
    def fragile() -> None:
        tries.append(1)
        raise ValueError("not today")

    fragile()
    note("after")
    assert drain(queue) == 4
    assert (len(tries), seen) == (3, ["after"])


def test_draining_for_a_test_raises_the_error_of_a_job(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)

    @queue.task()
    def broken() -> None:
        raise ValueError("a bug")

    broken()
    note("still")
    with pytest.raises(ValueError, match="a bug"):
        drain(queue, raise_errors=True)
    assert seen == ["still"]


def test_results_do_not_pile_up(queue: Huey) -> None:
    @queue.task()
    def answer() -> int:
        return 42

    answer()
    drain(queue)
    assert queue.result_count() == 0


def test_a_message_nobody_knows_is_dropped_and_the_rest_runs(open_it: Callable[[], Huey]) -> None:
    sender, seen = open_it(), []
    note = register(sender, [])

    @sender.task()
    def from_an_older_version() -> None: ...

    from_an_older_version()
    sender.storage.enqueue(b"\x80\x04\x95garbage")
    note("good")
    receiver = open_it()
    register(receiver, seen)
    assert drain(receiver) == 1
    assert seen == ["good"]


def test_many_at_once_run_each_message_exactly_once(open_it: Callable[[], Huey]) -> None:
    seen: list[object] = []
    queues = [open_it() for _ in range(4)]
    notes = [register(queue, seen) for queue in queues]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda number: wake(notes[number % 4], number), range(200)))
        ran = sum(pool.map(drain, queues))
    assert ran == 200
    assert sorted(seen) == list(range(200))  # type: ignore[type-var]


def test_tables_made_by_many_at_once_are_made(url: str) -> None:
    queues = [open_queue(url) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(check_queue, queues))
    for queue in queues:
        queue.storage.close()


def test_check_passes_and_leaves_nothing(queue: Huey) -> None:
    check_queue(queue)
    assert queue.result_count() == 0


def test_a_consumer_runs_messages_soon_and_stops_cleanly(queue: Huey) -> None:
    seen: list[object] = []
    note = register(queue, seen)
    consumer = make_consumer(queue, 2, periodic=False, signals=False)
    consumer.start()
    try:
        wait_for(lambda: consumer.scheduler.is_alive())
        sent_at = time.monotonic()
        note("hello")
        wait_for(lambda: seen == ["hello"])
        assert time.monotonic() - sent_at < 3
    finally:
        consumer.stop(graceful=True)
    assert not any(thread.is_alive() for _, thread in consumer.worker_threads)


def test_stopping_a_consumer_lets_a_running_job_finish(queue: Huey) -> None:
    started, finished = threading.Event(), threading.Event()

    @queue.task()
    def slow() -> None:
        started.set()
        time.sleep(0.5)
        finished.set()

    consumer = make_consumer(queue, 1, periodic=False, signals=False)
    consumer.start()
    slow()
    assert started.wait(10)
    consumer.stop(graceful=True)
    assert finished.is_set()


def test_two_consumers_send_a_periodic_job_once_a_minute(open_it: Callable[[], Huey]) -> None:
    seen: list[object] = []
    consumers = []
    for queue in (open_it(), open_it()):

        @queue.periodic_task(lambda moment: True, name="every_minute")
        def every_minute() -> None:
            seen.append(datetime.now(UTC).minute)

        consumers.append(make_consumer(queue, 1, periodic=True, signals=False))
    started_at = datetime.now(UTC).minute
    for consumer in consumers:
        consumer.start()
    wait_for(lambda: len(seen) > 0)
    time.sleep(1.5)
    for consumer in consumers:
        consumer.stop(graceful=True)
    assert len(seen) == len(set(seen)) <= 1 + (datetime.now(UTC).minute - started_at) % 60


def test_claims_of_past_minutes_do_not_pile_up(queue: Huey) -> None:
    @queue.periodic_task(lambda moment: True, name="every_minute")
    def every_minute() -> None: ...

    scheduler = make_consumer(queue, 1, signals=False)._create_scheduler()
    moment = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    for minute in range(30):
        scheduler.enqueue_periodic_tasks(moment + timedelta(minutes=minute))
        scheduler.enqueue_periodic_tasks(moment + timedelta(minutes=minute, seconds=40))
    assert queue.result_count() <= 10
    assert pending_count(queue) == 30


def test_a_clock_that_was_set_back_does_not_keep_periodic_jobs_waiting(
    open_it: Callable[[], Huey], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedulers = []
    for queue in (open_it(), open_it()):

        @queue.periodic_task(lambda moment: True, name="every_minute")
        def every_minute() -> None: ...

        schedulers.append(make_consumer(queue, 1, signals=False)._create_scheduler())
    present = [1000.0]
    monkeypatch.setattr("workers.queue.time.monotonic", lambda: present[0])
    moment = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    for step in (0, 1, 2, -2, -1, 0, 1):  # minutes on the clock on the wall; the clock was set back by five
        for scheduler in schedulers:
            scheduler.enqueue_periodic_tasks(moment + timedelta(minutes=step))
        present[0] += 60
    assert pending_count(schedulers[0].huey) == 7, "once in every minute that passed, whatever the clock said"
