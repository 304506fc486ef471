"""The queue is deleted, emptied, stopped: every submission is answered 201, and checked when the next minute begins at the latest."""

import time
from contextlib import ExitStack
from pathlib import Path

import redis

from tests.faults.conftest import OpenDesk
from tests.faults.desk import Desk, next_minute
from tests.servers import prepare_redis


def test_a_deleted_queue_file_is_made_again_and_no_work_is_lost(desk: Desk, quick_path: Path) -> None:
    assert desk.send().status == 201
    delete_queue(quick_path)  # with a message in it; the web process has it open
    with desk.working() as consumer:
        desk.check()  # the first minute of a worker begins when it starts
        delete_queue(quick_path)  # both have it open
        assert desk.send().status == 201
        desk.check(seconds=20)  # woken by the message in the new file
        assert (quick_path / "queue.db").exists()
        assert consumer.scheduler.is_alive()


def delete_queue(folder: Path) -> None:
    for path in folder.glob("queue.db*"):
        path.unlink()


def test_a_lost_message_costs_a_minute_and_no_submission(desk: Desk, quick_path: Path) -> None:
    with desk.working() as consumer:
        desk.target.office.app.extensions["sisir_jobs"].screen = lambda _id: (
            None
        )  # the message is lost on its way
        assert desk.send().status == 201
        next_minute(consumer)
        desk.check(seconds=20)


def test_a_queue_that_cannot_be_written_costs_nobody_the_answer(desk: Desk, quick_path: Path) -> None:
    delete_queue(quick_path)
    (quick_path / "queue.db").mkdir()  # nothing can be opened there
    started = time.monotonic()
    for _ in range(5):
        assert desk.send().status == 201
    assert time.monotonic() - started < 10, "who sends must not wait for the queue each time"
    (quick_path / "queue.db").rmdir()
    with desk.working():
        desk.check()


def test_a_redis_that_is_flushed_loses_no_work(redis_server: str, open_desk: OpenDesk) -> None:
    with redis.Redis.from_url(redis_server) as client, open_desk(SISIR_QUEUE=redis_server) as desk:
        client.flushall()
        assert desk.send().status == 201
        deadline = time.monotonic() + 10
        while client.zcard("huey.redis.sisir") != 1:  # sent with others of the same half second
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client.flushall()
        with desk.working() as consumer:
            desk.check()
            client.flushall()
            assert desk.send().status == 201
            desk.check(seconds=20)
            assert consumer.scheduler.is_alive()


def test_a_redis_that_stops_costs_nobody_the_answer(open_desk: OpenDesk) -> None:
    with prepare_redis() as (url, running), ExitStack() as stack:
        desk = stack.enter_context(open_desk(SISIR_QUEUE=url))
        with running():
            consumer = stack.enter_context(desk.working())
            assert desk.send().status == 201
        for _ in range(3):
            assert desk.send().status == 201, "checked later"
        with running():
            next_minute(consumer)
            desk.check()
