"""An office under test for faults: phones that send through the real application, a worker that runs as in `sisir worker`.

Belongs here: sending one visit, a consumer in this process, what must be true afterwards. Does not: any particular fault.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from huey.consumer import Consumer
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.backends import open_backends
from server.jobs import Jobs
from server.models.blob import Blob
from server.models.submission import Attachment, Submission, SubmissionVersion
from tests.faults import checks
from tests.faults.senders import Visit, Visits
from tests.fuzz.office_forms import Target
from tests.office import HEADERS
from workers.queue import make_consumer

EVERYTHING = (Submission, SubmissionVersion, Attachment, Blob)


def next_minute(consumer: Consumer) -> None:
    """What the consumer's scheduler does when the next minute begins, without waiting for it."""
    consumer._create_scheduler().enqueue_periodic_tasks(datetime.now(UTC) + timedelta(minutes=1))


@dataclass
class Desk:
    """A target with the visits that were sent to it."""

    target: Target
    visits: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._drawn = Visits(1, self.target, 0)

    def send(self, visit: Visit | None = None) -> TestResponse:
        """Sends a visit, a new one by default."""
        visit = visit or self._drawn.draw()
        if visit not in self.visits:
            self.visits.append(visit)
        parts = {name: (io.BytesIO(data), name, "image/jpeg") for name, data in visit.files.items()}
        answer = self.target.office.client.post(
            self.target.phones[visit.phone].url("submission?deviceID=collect%3Aabc"),
            data={"xml_submission_file": (io.BytesIO(visit.xml), "a.xml", "text/xml"), **parts},
            content_type="multipart/form-data",
            headers=HEADERS,
        )
        visit.thanked = visit.thanked or answer.status_code == 201
        return answer

    def refused(self, count: int = 2) -> None:
        """Visits that get 503 with a sentence for the officer, and of which nothing is kept."""
        before = self.counts()
        for _ in range(count):
            answer = self.send()
            assert answer.status_code == 503, answer.data
            assert answer.headers["Retry-After"] == "60"
            assert "Isian tetap aman di HP".encode() in answer.data
        if before is not None:
            assert self.counts() == before

    def counts(self) -> list[int] | None:
        """Rows of everything that a submission makes; None while the database does not answer."""
        try:
            with self.target.office.session() as session:
                return [session.scalar(select(func.count()).select_from(table)) or 0 for table in EVERYTHING]
        except Exception:  # the fault under test
            return None

    def resend(self) -> None:
        """What got no 201 is sent again and gets one."""
        for visit in self.visits:
            if not visit.thanked:
                answer = self.send(visit)
                assert answer.status_code == 201, answer.data

    @contextmanager
    def working(self) -> Iterator[Consumer]:
        """A consumer with backends of its own, as the process of `sisir worker` has it."""
        backends = open_backends(self.target.office.backends.config)
        Jobs(backends).register()
        consumer = make_consumer(backends.queue, 1, signals=False)
        consumer.start()
        try:
            yield consumer
        finally:
            consumer.stop(graceful=True)
            backends.queue.storage.close()
            backends.engine.dispose()

    def check(self, *, seconds: float = 60) -> None:
        """All that was thanked for is there, whole, checked, its entities applied once."""
        checks.wait_until_checked(self.target.office, seconds)
        checks.check_thanked_is_stored(self.target.office, self.visits)
        checks.check_entities_once(self.target.office, self.visits)
        assert checks.findings_of(self.target.office)
