import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from huey import Huey

from tests.servers import Database, find_free_port
from workers.messages import BadMessageError, JsonSerializer
from workers.queue import (
    BadQueueUrlError,
    QueueUnavailableError,
    check_queue,
    drain,
    make_consumer,
    open_queue,
    pending_count,
    wake,
)


@pytest.fixture
def memory() -> Huey:
    return open_queue("memory:")


def test_memory_runs_jobs_inside_the_call(memory: Huey) -> None:
    seen: list[int] = []

    @memory.task()
    def note(value: int) -> None:
        seen.append(value)

    assert wake(note, 7)
    assert seen == [7]
    assert pending_count(memory) == 0
    check_queue(memory)


def test_immediate_never_touches_the_place_the_url_names(tmp_path: Path) -> None:
    queue = open_queue(f"sqlite:{tmp_path / 'queue.db'}", immediate=True)
    check_queue(queue)
    assert list(tmp_path.iterdir()) == []


def test_jobs_for_later_can_be_drained_in_memory(memory: Huey) -> None:
    seen: list[int] = []

    @memory.task()
    def note(value: int) -> None:
        seen.append(value)

    note.schedule((1,), delay=-1)
    assert seen == [1]
    note.schedule((2,), delay=3600)
    assert pending_count(memory) == 1
    assert drain(memory) == 0


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, {1: "x"}, {"$at": "x"}, float("nan")])
def test_what_is_no_id_is_refused_when_sent_also_in_memory(
    memory: Huey, value: object, tmp_path: Path
) -> None:
    for queue in (memory, open_queue(f"sqlite:{tmp_path / 'q.db'}")):

        @queue.task()
        def note(value: object) -> None:
            raise AssertionError("must not run")

        with pytest.raises(ValueError, match=r"."):
            wake(note, value)  # type: ignore[arg-type]
        assert pending_count(queue) == 0
        queue.storage.close()


def test_a_message_is_bounded(memory: Huey) -> None:
    @memory.task()
    def note(values: list[int]) -> None: ...

    with pytest.raises(BadMessageError, match="batches"):
        note(list(range(100_000)))


def test_messages_are_json_and_come_back_equal() -> None:
    serializer = JsonSerializer()
    value = {"ids": [1, 2, None, True, "x", 1.5], "at": datetime(2026, 11, 24, tzinfo=UTC)}
    data = serializer.serialize(value)
    assert data.startswith(b'{"ids":[1,2,null,true,"x",1.5]')
    assert serializer.deserialize(data) == value


def test_pickled_messages_are_not_loaded() -> None:
    with pytest.raises(BadMessageError):
        JsonSerializer().deserialize(b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.")


def test_pipelines_and_error_handlers_survive_the_wire(tmp_path: Path) -> None:
    queue = open_queue(f"sqlite:{tmp_path / 'q.db'}")
    seen: list[object] = []

    @queue.task()
    def add(a: int, b: int) -> int:
        return a + b

    @queue.task()
    def note(value: object) -> None:
        seen.append(value)

    queue.enqueue(add.s(1, 2).then(add, 10).then(note))
    assert drain(queue, raise_errors=True) == 3
    assert seen == [13]
    queue.storage.close()


@pytest.mark.parametrize(
    "url", ["", "sqlite:", "sqlite:///var/queue.db", "mysql://x", "postgresql:x", "memory:x", "var/queue.db"]
)
def test_what_is_no_queue_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadQueueUrlError, match=r"sqlite:var/queue\.db"):
        open_queue(url)


def test_redis_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(BadQueueUrlError, match="pip install redis"):
        open_queue("redis://127.0.0.1:6379/0")


def unreachable(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "file").write_bytes(b"")
    yield f"sqlite:{tmp_path / 'file' / 'queue.db'}"
    (tmp_path / "garbage").write_bytes(b"this is no database" * 100)
    yield f"sqlite:{tmp_path / 'garbage'}"
    yield f"postgresql://postgres@127.0.0.1:{find_free_port()}/x"


def test_a_queue_that_is_down_can_be_opened_and_says_so(tmp_path: Path) -> None:
    for url in unreachable(tmp_path):
        queue = open_queue(url)

        @queue.task()
        def note(value: int) -> None: ...

        assert wake(note, 1) is False
        for call in (check_queue, pending_count, drain):
            with pytest.raises(QueueUnavailableError):
                call(queue)


def test_a_sqlite_queue_makes_its_folder_and_uses_wal(tmp_path: Path) -> None:
    queue = open_queue(f"sqlite:{tmp_path / 'new' / 'folder' / 'queue.db'}")
    check_queue(queue)
    assert queue.storage.sql("pragma journal_mode", results=True) == [("wal",)]
    assert queue.storage.sql("pragma synchronous", results=True) == [(1,)]
    queue.storage.close()


def test_sqlalchemy_urls_are_understood(postgres_database: Database) -> None:
    queue = open_queue(postgres_database.url)
    check_queue(queue)
    queue.storage.close()


def test_a_connection_that_the_server_closed_is_made_anew(postgres_database: Database) -> None:
    queue = open_queue(postgres_database.plain_url)

    @queue.task()
    def note(value: int) -> None: ...

    assert wake(note, 1)
    cut_connections(postgres_database)
    assert wake(note, 2)
    assert pending_count(queue) == 2
    queue.storage.close()


def test_a_consumer_goes_on_after_its_connections_were_cut(postgres_database: Database) -> None:
    queue = open_queue(postgres_database.plain_url)
    done = threading.Event()

    @queue.task()
    def note() -> None:
        done.set()

    consumer = make_consumer(queue, 2, signals=False)
    consumer.start()
    try:
        cut_connections(postgres_database)
        assert wake(note)
        assert done.wait(20)
    finally:
        consumer.stop(graceful=True)
        queue.storage.close()


def cut_connections(database: Database) -> None:
    """Ends every other connection to the database, as a restart of the server would."""
    with psycopg.connect(database.plain_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )


def test_an_immediate_queue_needs_no_consumer(memory: Huey) -> None:
    consumer = make_consumer(memory, 1, signals=False)
    with pytest.raises(Exception, match="immediate"):
        consumer.start()
