"""What the queue runs: a few lines each. A message only wakes a worker; the tables say what is owed.

Jobs take ids, never objects, open their own session and call a service. Sending never fails a request: when the queue is
down the periodic job finds the work within a minute.

Imports stand inside the functions here: the web process sends jobs and never runs them, so its start does not wait for the
checks, and not for the queue before the first job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from server.backends import Backends
from server.db import session_scope

if TYPE_CHECKING:
    from huey.api import TaskWrapper


GATHER_S = 0.5
"""How long a submission waits for others before a worker is woken."""


class Gatherer:
    """Calls `send` with the first number, once for all numbers that were noted within some seconds; from a thread of its own.

    A process that ends meanwhile sends nothing: the periodic job finds the work.
    """

    def __init__(self, send: Callable[[int], None], wait_s: float) -> None:
        self._send, self._wait_s = send, wait_s
        self._lock, self._pending = threading.Lock(), False

    def note(self, number: int) -> None:
        """Returns at once."""
        with self._lock:
            if self._pending:
                return
            self._pending = True
        timer = threading.Timer(self._wait_s, self._pass_on, [number])
        timer.daemon = True
        timer.start()

    def _pass_on(self, number: int) -> None:
        with self._lock:
            self._pending = False
        self._send(number)


class Jobs:
    """The jobs of one process's queue. Web and worker each make one; the names are what they share."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def register(self) -> None:
        """Makes the jobs known to this process's queue: what a worker does before it starts."""
        _ = self._process

    def screen(self, submission_id: int) -> None:
        """A submission, an edit or a file came in: entities, photos and checks are owed.

        Effects: one message for all that comes in within GATHER_S, so that a worker checks them together: alone each costs
        three times as much.
        """
        if self._backends.queue.immediate:
            self._send(submission_id)
        else:
            self._gatherer.note(submission_id)

    def _send(self, submission_id: int) -> None:
        from workers.queue import wake

        wake(self._process, submission_id)

    @cached_property
    def _gatherer(self) -> Gatherer:
        return Gatherer(self._send, GATHER_S)

    @cached_property
    def _process(self) -> TaskWrapper:
        from huey import crontab

        queue = self._backends.queue
        queue.periodic_task(crontab(minute="*"), name="sweep")(self._run_sweep)
        queue.periodic_task(crontab(minute="7"), name="clock")(self._run_clock)
        queue.periodic_task(crontab(minute="*/5"), name="count")(self._run_count)
        return queue.task(name="process", retries=2, retry_delay=10)(self._run_process)

    def _run_process(self, submission_id: int) -> None:
        from server.services import processing

        processing.process_owed(self._backends)

    def _run_sweep(self) -> None:
        """Whatever is owed and was not done: lost messages, killed workers, held entities."""
        from server.services import accounts, case_screening, entity_actions, officer_screening, processing

        processing.process_owed(self._backends)
        with session_scope(self._backends.sessions) as session:
            entity_actions.force_held(session, self._backends)
            accounts.sweep_sessions(session)
        officer_screening.judge_due_officers(self._backends)
        case_screening.judge_owed_cases(self._backends)
        self._backends.storage.sweep()

    def _run_clock(self) -> None:
        """What only the passing of time makes true."""
        from server.services import case_screening, entity_trash

        case_screening.judge_late_cases(self._backends)
        with session_scope(self._backends.sessions) as session:
            entity_trash.purge_entities(session)

    def _run_count(self) -> None:
        """What big campaigns show on their first page."""
        from server.services import village_counts

        village_counts.count_big_campaigns(self._backends)
