"""An office under test for faults: phones that send through the real application, a worker that runs as in `sisir worker`.

Belongs here: sending one visit, a consumer in this process, what must be true afterwards. Does not: any particular fault.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from huey.consumer import Consumer
from sqlalchemy import func, select

from server.backends import open_backends
from server.jobs import Jobs
from server.models.blob import Blob
from server.models.submission import Attachment, Submission, SubmissionVersion
from tests.faults import checks
from tests.faults.senders import Visit, Visits
from tests.fuzz.office_forms import Target
from tests.fuzz.wire import BOUNDARY, Answer, Part, Request, call, render_parts
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

    def send(self, visit: Visit | None = None) -> Answer:
        """Sends a visit, a new one by default."""
        visit = visit or self.draw()
        if visit not in self.visits:
            self.visits.append(visit)
        parts = [Part(name, data, name) for name, data in visit.files.items()]
        body = render_parts([Part("xml_submission_file", visit.xml, "a.xml", "text/xml"), *parts])
        address = self.target.phones[visit.phone].url("submission?deviceID=collect%3Aabc")
        headers = {**HEADERS, "Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
        answer = call(self.target.office.app.wsgi_app, Request("POST", address, headers, body))
        visit.thanked = visit.thanked or answer.status == 201
        return answer

    def refused(self, count: int = 2) -> None:
        """Visits that get 503 with a sentence for the officer, and of which nothing is kept."""
        before = self.counts()
        for _ in range(count):
            self.refused_one(self.draw())
        if before is not None:
            assert self.counts() == before

    def refused_one(self, visit: Visit) -> None:
        """This visit gets 503."""
        answer = self.send(visit)
        assert answer.status == 503, answer.body
        assert answer.headers["Retry-After"] == "60"
        assert b"Isian tetap aman di HP" in answer.body

    def draw(self) -> Visit:
        """A visit that was not sent yet."""
        return self._drawn.draw()

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
                assert answer.status == 201, answer.body

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
