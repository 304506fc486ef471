"""20,000 requests over every route of the phones: no 5xx, no leak, stored is what got a 201.

15,000 on SQLite, 5,000 on PostgreSQL, which costs more a request.
"""

import os
from collections import Counter
from pathlib import Path
from time import process_time

import pytest
from lxml import etree
from sqlalchemy import func, select

from server.models.blob import Blob
from server.models.submission import Attachment, Refused, Submission, SubmissionVersion
from server.services.blobs import iter_blob
from tests.fuzz.attacks import Attacker
from tests.fuzz.office_forms import Target, open_target
from tests.fuzz.wire import Answer, Request, call
from tests.servers import Database

REQUESTS = {"sqlite": 15_000, "postgresql": 5_000}
WARM = 1500
MEMORY_SLACK_KB = 40_000
DESCRIPTOR_SLACK = 4


@pytest.fixture
def target(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    variables = {"SISIR_QUEUE": f"sqlite:{tmp_path / 'queue.db'}"}
    if kind == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        variables["SISIR_DATABASE"] = database.plain_url
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    made = open_target(tmp_path / "var", **variables)
    yield made
    made.office.backends.queue.storage.close()
    made.office.backends.engine.dispose()


class Ledger:
    """What was answered 201, to be compared with what is stored."""

    def __init__(self) -> None:
        self.xmls: set[bytes] = set()
        self.bodies: list[bytes] = []
        self.statuses: Counter[int] = Counter()

    def note(self, request: Request, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status != 201:
            return
        assert request.method == "POST"
        if request.xml is not None:
            self.xmls.add(request.xml)
        else:
            self.bodies.append(request.body)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", REQUESTS)
def test_thousands_of_requests_leave_only_what_was_thanked_for(
    kind: str, target: Target, tmp_path: Path
) -> None:
    count = REQUESTS[kind]
    attacker, ledger = Attacker(20_261_124, target), Ledger()
    app = target.office.app.wsgi_app
    before, started = None, process_time()
    for number in range(count):
        if number == WARM:
            before = resources()
        request = attacker.draw()
        answer = call(app, request)
        check_answer(number, request, answer)
        ledger.note(request, answer)
    print(f"{(process_time() - started) / count * 1000:.2f} ms CPU a request", dict(ledger.statuses))
    assert ledger.statuses[201] > count / 8, "the run must store a lot, or it shows nothing"
    assert before is not None
    after = resources()
    assert after[0] <= before[0] + DESCRIPTOR_SLACK, f"descriptors {before[0]} -> {after[0]}"
    assert after[1] <= before[1] + MEMORY_SLACK_KB, f"memory {before[1]} -> {after[1]} kB"
    assert list((tmp_path / "tmp").iterdir()) == []
    check_stored(target, ledger)
    check_worked_off(target)


def check_answer(number: int, request: Request, answer: Answer) -> None:
    """No fault of the server's; on phone routes a document that a phone can read."""
    told = f"request {number}: {request.method} {request.path[:200]} {dict(request.headers)} {request.body[:300]!r}"
    assert 200 <= answer.status < 500, f"{answer.status} {answer.body[:300]!r} for {told}"
    if answer.body and answer.headers.get("Content-Type", "").startswith("text/xml"):
        etree.fromstring(answer.body)
    if answer.status == 201:
        assert b"full submission upload was successful!" in answer.body, told


def check_stored(target: Target, ledger: Ledger) -> None:
    """Every 201 is stored byte by byte, with whole photos; nothing else is."""
    office = target.office
    with office.session() as session:
        stored = {
            office.backends.seal.open(version.xml) if version.is_sealed else version.xml
            for version in session.scalars(select(SubmissionVersion))
        }
        lost = ledger.xmls - stored
        assert not lost, f"{len(lost)} were thanked for and are gone: {list(lost)[:1]}"
        odd = stored - ledger.xmls
        unthanked = [xml for xml in odd if not any(xml in body for body in ledger.bodies)]
        assert not unthanked, f"{len(unthanked)} are stored and were not thanked for: {unthanked[:1]}"
        assert all(any(xml in body for xml in stored) for body in ledger.bodies)
        current = session.scalar(select(func.count()).where(Submission.current_version_id.is_(None)))
        assert current == 0
        used = set(session.scalars(select(Attachment.blob_id).where(Attachment.blob_id.is_not(None))))
        for blob in session.scalars(select(Blob).where(Blob.id.in_(used))):
            assert sum(map(len, iter_blob(office.backends, blob))) == blob.size_bytes
        assert session.scalar(select(func.count()).select_from(Refused)) > 50


def check_worked_off(target: Target) -> None:
    """Whatever was taken can be checked: nothing stays owed, nothing is set aside for a fault of ours."""
    target.office.work()
    with target.office.session() as session:
        owed = session.scalar(select(func.count()).where(Submission.screened_at.is_(None)))
        failed = session.execute(
            select(Submission.screening_error, SubmissionVersion.xml)
            .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
            .where(Submission.screening_error.is_not(None))
        ).all()
    assert owed == 0
    assert not failed, failed[:3]


def resources() -> tuple[int, int]:
    """Open descriptors and resident kilobytes of this process."""
    status = Path("/proc/self/status").read_text()
    resident = int(status.partition("VmRSS:")[2].split()[0])
    return len(os.listdir("/proc/self/fd")), resident
