"""What the queue runs: a few lines each. A message only wakes a worker; the tables say what is owed.

Jobs take ids, never objects, open their own session and call a service. Sending never fails a request: when the queue is
down the periodic job finds the work within a minute.

Imports stand inside the functions here: the web process sends jobs and never runs them, so its start does not wait for the
checks, and not for the queue before the first job.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from server.backends import Backends
from server.db import session_scope

if TYPE_CHECKING:
    from huey.api import TaskWrapper


class Jobs:
    """The jobs of one process's queue. Web and worker each make one; the names are what they share."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def register(self) -> None:
        """Makes the jobs known to this process's queue: what a worker does before it starts."""
        _ = self._process

    def screen(self, submission_id: int) -> None:
        """A submission, an edit or a file came in: entities, photos and checks are owed."""
        from workers.queue import wake

        wake(self._process, submission_id)

    @cached_property
    def _process(self) -> TaskWrapper:
        from huey import crontab

        queue = self._backends.queue
        queue.periodic_task(crontab(minute="*"), name="sweep")(self._run_sweep)
        return queue.task(name="process", retries=2, retry_delay=10)(self._run_process)

    def _run_process(self, submission_id: int) -> None:
        from server.services import processing

        processing.process_owed(self._backends)

    def _run_sweep(self) -> None:
        """Whatever is owed and was not done: lost messages, killed workers, held entities."""
        from server.services import accounts, entity_actions, processing

        processing.process_owed(self._backends)
        with session_scope(self._backends.sessions) as session:
            entity_actions.force_held(session, self._backends)
            accounts.sweep_sessions(session)
        self._backends.storage.sweep()
