"""What the queue runs: a few lines each. A message only wakes a worker; the tables say what is owed.

Jobs take ids, never objects, open their own session and call a service. Sending never fails a request: when the queue is
down the periodic job finds the work within a minute.
"""

from huey import crontab

from server.backends import Backends
from server.db import session_scope
from workers.queue import wake


class Jobs:
    """The jobs of one process's queue. Web and worker each make one; the names are what they share."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._process = backends.queue.task(name="process", retries=2, retry_delay=10)(self._run_process)
        backends.queue.periodic_task(crontab(minute="*"), name="sweep")(self._run_sweep)

    def screen(self, submission_id: int) -> None:
        """A submission, an edit or a file came in: entities, photos and checks are owed."""
        wake(self._process, submission_id)

    def _run_process(self, submission_id: int) -> None:
        from server.services import processing  # noqa: PLC0415 - the web process sends jobs and never runs them

        processing.process_owed(self._backends)

    def _run_sweep(self) -> None:
        """Whatever is owed and was not done: lost messages, killed workers, held entities."""
        from server.services import accounts, entity_actions, processing  # noqa: PLC0415

        processing.process_owed(self._backends)
        with session_scope(self._backends.sessions) as session:
            entity_actions.force_held(session, self._backends)
            accounts.sweep_sessions(session)
