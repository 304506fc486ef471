"""How work waits: one queue over SQLite, PostgreSQL, Redis or memory, and how its consumer is made.

Belongs here: opening a queue by URL, sending, checking, draining, consumers. Does not: the jobs themselves;
they are registered on an opened queue with huey's `@queue.task()` and `@queue.periodic_task(crontab(...))`
(hours in UTC).

The queue only wakes workers; the database knows what is owed. So messages hold ids, results are not kept,
and a message that is lost costs a minute.
"""

import importlib.util
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from huey import Huey
from huey.api import Task, TaskWrapper
from huey.consumer import Consumer, Scheduler
from huey.exceptions import HueyException
from huey.signals import SIGNAL_ERROR
from huey.storage import BaseStorage, MemoryStorage, PriorityRedisStorage

from workers.messages import BadMessageError, JsonSerializer
from workers.queue_storages import FAILURES, LazyPostgresStorage, LazySqliteStorage

EXAMPLES = (
    "write sqlite:var/queue.db, postgresql://user:password@host/database, redis://host:6379/0 or memory:"
)
BUSY_TIMEOUT_S = 3
MUTE_S = 5.0
"""How long nothing is sent to a queue that did not take a message: who sends must not wait for it again and again."""
MAX_IDLE_S = 1.0
STALE_CLAIM_S = 55.0
CLAIM_MEMORY_S = 7200.0
STOP_TIMEOUT_S = 30
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_logger = logging.getLogger("sisir.queue")


class QueueError(Exception):
    """Root of what this module raises on purpose."""


class BadQueueUrlError(QueueError):
    """The URL of the queue cannot be read, or needs a package that is not there; the message says which."""


class QueueUnavailableError(QueueError):
    """The queue does not work now. No work is lost by that: the periodic job finds what is owed."""


class Queue(Huey):
    """A huey that keeps no results, and refuses arguments that are no ids also when it runs jobs at once."""

    def __init__(
        self, name: str, storage_class: type[BaseStorage], *, immediate: bool, **options: Any
    ) -> None:
        super().__init__(
            name,
            results=False,
            utc=True,
            immediate=immediate,
            serializer=JsonSerializer(),
            storage_class=storage_class,
            **options,
        )

        self.muted_until = 0.0
        """Monotonic; see wake."""

    def enqueue(self, task: Task) -> None:
        """Sends a job, or runs it here and now. Raises: BadMessageError before anything happened."""
        if self.immediate and isinstance(task, Task):
            self.serialize_task(task)
        super().enqueue(task)


def open_queue(url: str, *, name: str = "sisir", immediate: bool = False) -> Huey:
    """The queue that a URL names. Its tables are made at first use: a queue that is down can be opened.

    Args: 'sqlite:var/queue.db' (the folder is made), 'postgresql://…' (also as SQLAlchemy writes it),
    'redis://…', 'memory:'. name keeps several queues in one place apart. immediate: a job runs inside the
    call that sends it, in this process, and nothing is stored; memory: is always so. It is for tests.
    Raises: BadQueueUrlError.
    """
    scheme, _, rest = url.partition(":")
    if immediate or url == "memory:":
        return Queue(name, MemoryStorage, immediate=True)
    if scheme == "sqlite":
        filename = str(_read_path(rest))
        return Queue(name, LazySqliteStorage, immediate=False, filename=filename, timeout=BUSY_TIMEOUT_S)
    if scheme in _POSTGRES and rest.startswith("//"):
        return Queue(name, LazyPostgresStorage, immediate=False, dsn=f"postgresql:{rest}")
    if scheme in ("redis", "rediss"):
        _require_redis()
        return Queue(name, PriorityRedisStorage, immediate=False, url=_with_timeouts(url))
    raise BadQueueUrlError(f"no queue begins with {scheme[:20]!r}; {EXAMPLES}")


def wake(task: TaskWrapper, *args: int | str, **kwargs: int | str) -> bool:
    """Whether the message was taken; False when the queue is down, which is logged and costs a minute, no
    data; for some seconds the next ones are not even tried.

    Args: task is what @queue.task() made of a function; args are ids. For edges, after their commit. A
    connection that broke while idle is made anew once.
    Raises: BadMessageError for anything that is no id.
    """
    queue = task.huey
    if time.monotonic() < getattr(queue, "muted_until", 0.0):
        return False
    for is_last in (False, True):
        try:
            task(*args, **kwargs)
            return True
        except FAILURES as error:
            if is_last:
                queue.muted_until = time.monotonic() + MUTE_S
                _logger.warning(
                    "queue_unavailable task=%s error=%s", task.func.__name__, type(error).__name__
                )
    return False


def check_queue(queue: Huey) -> None:
    """Nothing, after a value was written to the queue's store, read back and deleted.

    Raises: QueueUnavailableError that says what is wrong. For `sisir doctor` and readiness.
    """
    key, written = f"check:{time.time_ns()}", time.time_ns()
    with _translated():
        queue.put(key, written)
        if queue.get(key) != written:
            raise QueueUnavailableError("the queue gives back other values than were written")


def pending_count(queue: Huey) -> int:
    """How many messages wait, those for later included. Raises: QueueUnavailableError."""
    with _translated():
        return int(queue.pending_count() + queue.scheduled_count())


def drain(queue: Huey, limit: int = 1000, *, raise_errors: bool = False) -> int:
    """How many jobs ran in this process: what is due and what those jobs sent, until nothing is or at the
    limit.

    Args: raise_errors raises the first job's error again after all have run; else errors are logged, as by a
    worker.
    Raises: QueueUnavailableError.
    """
    errors: list[Exception] = []

    def note(_signal: str, _task: Task, error: Exception) -> None:
        errors.append(error)

    queue.signal(SIGNAL_ERROR)(note)
    try:
        count = _run_due(queue, limit)
    finally:
        queue.disconnect_signal(note, SIGNAL_ERROR)
    if raise_errors and errors:
        raise errors[0]
    return count


def make_consumer(queue: Huey, workers: int, *, periodic: bool = True, signals: bool = True) -> Consumer:
    """A consumer with so many threads and a scheduler, not started yet. It outlasts a queue that is down for
    a while.

    `run()` works until SIGTERM (running jobs are finished, for at most 30 s) or SIGINT (they are left; jobs
    may be repeated). With signals=False it leaves signals alone: `start()` returns at once and the caller
    ends it with `stop(graceful=True)`; for a consumer inside another program.
    periodic=True may be set for every consumer on every machine: the periodic jobs of a minute are sent
    once, by whichever comes first.
    """
    consumer_class = _Consumer if signals else _SilentConsumer
    return consumer_class(
        queue,
        workers=workers,
        periodic=periodic,
        max_delay=MAX_IDLE_S,
        shutdown_timeout=STOP_TIMEOUT_S,
        graceful_signal="TERM",
    )


class _Scheduler(Scheduler):
    """Sends the periodic jobs of a minute that no other consumer has claimed.

    A clock that was set back meets minutes that were claimed before: their claims were seen a while ago and do not count.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen: dict[str, float] = {}
        """Claims of minutes -> when they were first met (monotonic)."""

    def enqueue_periodic_tasks(self, now: datetime | None) -> None:
        moment = now or datetime.now(UTC)
        try:
            is_ours = self._claim(_minute_key(moment))
            self.huey.delete(_minute_key(moment - timedelta(minutes=10)))
        except FAILURES:
            self._logger.exception("Error claiming the minute of the periodic tasks.")
            return
        if is_ours:
            super().enqueue_periodic_tasks(now)

    def _claim(self, key: str) -> bool:
        claim, present = secrets.token_hex(8), time.monotonic()
        self._seen = {name: at for name, at in self._seen.items() if present - at < CLAIM_MEMORY_S}
        if self.huey.put_if_empty(key, claim):
            self._seen[claim] = present
            return True
        standing = str(self.huey.get(key, peek=True))
        if present - self._seen.setdefault(standing, present) < STALE_CLAIM_S:
            return False
        self.huey.put(key, claim)
        self._seen[claim] = present
        return True


class _Consumer(Consumer):
    scheduler_class = _Scheduler


class _SilentConsumer(_Consumer):
    def _set_signal_handlers(self) -> None:
        """Leaves the signals to the program that this consumer lives in."""


def _minute_key(moment: datetime) -> str:
    return f"periodic:{moment:%Y%m%d%H%M}"


def _run_due(queue: Huey, limit: int) -> int:
    count = 0
    while count < limit and (task := _take(queue)) is not None:
        queue.execute(task)
        count += 1
    return count


def _take(queue: Huey) -> Task | None:
    """The next job that is due, taken from the queue; what cannot be read is logged and dropped."""
    with _translated():
        for task in queue.read_schedule():
            queue.storage.enqueue(queue.serialize_task(task), task.priority)
        while queue.pending_count():
            try:
                return queue.dequeue()
            except (HueyException, BadMessageError):
                _logger.exception("unreadable_message")
    return None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise QueueUnavailableError(f"the queue does not answer: {type(error).__name__}: {error}") from error


def _read_path(rest: str) -> Path:
    if not rest or rest.startswith("//"):
        raise BadQueueUrlError(f"sqlite: takes a path and no slashes before it; {EXAMPLES}")
    return Path(rest).absolute()


def _with_timeouts(url: str) -> str:
    """The URL with limits on waiting for a Redis that is gone, unless it has its own."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    ours = {"socket_connect_timeout": "5", "socket_timeout": "10", "socket_keepalive": "yes"}
    return parts._replace(query=urlencode({**ours, **given})).geturl()


def _require_redis() -> None:
    if importlib.util.find_spec("redis") is None:
        raise BadQueueUrlError("a redis: queue needs a package that is not installed; run: pip install redis")
