"""How long people and phones wait when the database is full.

    SISIR_VAR=… SISIR_DATABASE=… python -m tests.benchmarks.at_scale [--rounds 20] [--only PATTERN]

Needs a database that `sisir seed` filled, with its folder. Adds a few accounts, a few sessions and --rounds submissions to it.
A web server of its own answers one request at a time; every figure is clock time, so the machine should be quiet.
Exit status 1 when the 95th percentile of anything passes LIMIT_MS.
"""

import argparse
import http.client
import os
import re
import secrets
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from server.backends import Backends, open_backends
from server.config import load_config
from server.db import session_scope
from server.models.actor import ActorArea
from server.models.area import Area
from server.models.case import Case
from server.models.entity import Entity
from server.models.form import Form
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion
from server.services import accounts, case_screening, officer_screening, processing
from tests.benchmarks.cpu import Trees
from tests.benchmarks.load import HEADERS, Request, get, submission
from tests.servers import find_free_port

LIMIT_MS = 200
PASSWORD = "measured, not kept"
MIDDLE = "990301"
"""A district in the midst of what was seeded."""
HEADS = f"{'':44} {'p50':>8} {'p95':>8} {'most':>8}"

Requests = Callable[[int], Request]
"""The request of a round."""


@dataclass(frozen=True)
class Line:
    """What one kind of request took, milliseconds, fastest first."""

    name: str
    times_ms: tuple[float, ...]

    @property
    def p95_ms(self) -> float:
        return self.times_ms[min(len(self.times_ms) - 1, int(len(self.times_ms) * 0.95))]

    def render(self) -> str:
        verdict = "" if self.p95_ms <= LIMIT_MS else "MISSED"
        middle, most = statistics.median(self.times_ms), self.times_ms[-1]
        return f"{self.name:44} {middle:8.1f} {self.p95_ms:8.1f} {most:8.1f} {verdict}".rstrip()


@dataclass(frozen=True)
class Known:
    """What is asked for: looked up once in the middle of the seeded rows."""

    project_id: int
    case_ids: tuple[int, ...]
    submission_id: int
    officer_id: int
    district: str
    villages: tuple[str, ...]
    forms: tuple[tuple[int, str], ...]
    words: tuple[str, ...]
    source_ids: tuple[str, ...]
    niks: tuple[str, ...]
    entities: tuple[str, ...]
    days: tuple[str, str]


class Web:
    """The real web server, without worker."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.port = find_free_port()
        self.environ = {**environ, "SISIR_PORT": str(self.port), "SISIR_HOST": "127.0.0.1"}
        self.environ["SISIR_URL"] = f"http://127.0.0.1:{self.port}"
        self._log = Path(environ.get("SISIR_VAR", "var")) / "at_scale.log"

    def __enter__(self) -> "Web":
        words = [sys.executable, "-m", "server", "serve", "--no-worker"]
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(words, env=self.environ, stdout=log, stderr=log)
        for _ in range(600):
            try:
                self.ask(get("/login"))
                return self
            except OSError:
                assert self._child.poll() is None, self._log.read_text()
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait(60)

    def ask(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(request.method, request.path, request.body, {**HEADERS, **request.headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        cookies = [text.split(";")[0] for text in answer.headers.get_all("Set-Cookie", [])]
        return answer.status, {**headers, "set-cookie": "; ".join(cookies)}, body

    def memory_mb(self) -> float:
        return Trees((self._child.pid,)).pss_mb()


def main() -> int:
    """Prints the table. Returns: the exit status."""
    options = _read_options()
    backends = open_backends(load_config(os.environ))
    known = _look_up(backends)
    people = {
        "admin": _make_person(backends, "admin", ()),
        "district": _make_person(backends, "supervisor", (known.district,)),
        "regency": _make_person(backends, "supervisor", (known.district[:4],)),
    }
    lines: list[Line] = []
    with Web(dict(os.environ)) as web:
        idle_mb = web.memory_mb()
        print(HEADS)
        for name, request in _all_requests(backends, web, known, people):
            if re.search(options.only, name):
                lines.append(_measure(web, name, request, options.rounds))
                print(lines[-1].render(), flush=True)
        print(f"memory of the web server: {idle_mb:.0f} MB idle, {web.memory_mb():.0f} MB after all that")
    if re.search(options.only, "work"):
        lines += _measure_work(backends, known, options.rounds)
    return 0 if all(line.p95_ms <= LIMIT_MS for line in lines) else 1


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="a pattern: only what has it in its name")
    return parser.parse_args()


def _look_up(backends: Backends) -> Known:
    with session_scope(backends.sessions, read_only=True) as session:
        district = session.scalar(select(Area.code).where(Area.code == MIDDLE)) or "990201"
        cases = session.execute(
            select(Case.id, Case.project_id, Case.officer_id, Household.source_id, Household.nik_sealed, Case.title)
            .join(Household, Household.id == Case.household_id)
            .where(Case.area_path.startswith(district), Case.officer_id.is_not(None))
            .order_by(Case.id)
            .limit(50)
        ).all()  # fmt: skip
        assert cases, "there is no seeded case here; run sisir seed first"
        officer_id = session.scalar(
            select(ActorArea.actor_id).where(ActorArea.path == district).order_by(ActorArea.actor_id)
        )
        last = session.scalar(select(func.max(Submission.visited_on)))
        assert officer_id is not None and last is not None
        return Known(
            project_id=cases[0].project_id,
            case_ids=tuple(row.id for row in cases),
            submission_id=session.scalar(select(func.max(Submission.id))) or 0,
            officer_id=officer_id,
            district=district,
            villages=tuple(
                session.scalars(
                    select(Area.code).where(
                        Area.code.startswith(district), Area.level > 6, Area.code != district
                    )
                )
            )
            or (district,),
            forms=tuple(
                (row.id, row.xml_form_id)
                for row in session.execute(select(Form.id, Form.xml_form_id).where(Form.deleted_at.is_(None)))
            ),
            words=tuple(dict.fromkeys(word.lower() for row in cases for word in row.title.split())),
            source_ids=tuple(row.source_id for row in cases),
            niks=tuple(backends.seal.open_text(row.nik_sealed) for row in cases if row.nik_sealed),
            entities=tuple(
                session.scalars(select(Entity.uuid).where(Entity.area_path.startswith(district)).limit(100))
            ),
            days=(last.replace(day=1).isoformat(), last.isoformat()),
        )


def _make_person(backends: Backends, role: str, areas: Sequence[str]) -> str:
    """A new account; returns its address."""
    email = f"ukur-{secrets.token_hex(6)}@example.org"
    with session_scope(backends.sessions) as session:
        actor = accounts.create_user(session, email=email, password=PASSWORD, name="Pengukur")
        accounts.assign(session, actor.id, role)
        accounts.set_areas(session, actor.id, areas)
    return email


def _all_requests(
    backends: Backends, web: Web, known: Known, people: dict[str, str]
) -> Iterator[tuple[str, Requests]]:
    for person, email in people.items():
        log_in = _log_in(email, web)
        yield f"{person}: log-in", lambda _, sent=log_in: sent  # type: ignore[misc]
        status, headers, _ = web.ask(log_in)
        assert status == 303, status
        cookie = headers["set-cookie"]
        for name, path in _pages(web, known, cookie, is_admin=person == "admin"):
            yield f"{person}: {name}", _page(path, cookie)
    yield from _phone(backends, web, known)


def _log_in(email: str, web: Web) -> Request:
    body = urllib.parse.urlencode({"email": email, "password": PASSWORD, "next": "/"}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://127.0.0.1:{web.port}",
    }
    return Request("POST", "/login", body, headers)


def _page(paths: Sequence[str] | str, cookie: str, **headers: str) -> Requests:
    choices = [paths] if isinstance(paths, str) else list(paths)
    return lambda turn: get(choices[turn % len(choices)], Cookie=cookie, **headers)


def _pages(
    web: Web, known: Known, cookie: str, *, is_admin: bool
) -> Iterator[tuple[str, Sequence[str] | str]]:
    base = f"/projects/{known.project_id}"

    def queue(**filters: object) -> str:
        return f"{base}/queue?{urllib.parse.urlencode(filters)}"

    yield "overview", f"{base}/"
    yield "queue", f"{base}/queue"
    yield "queue, 20 pages on", _deep(web, queue(state="todo"), cookie, rb"after=([0-9.]+)", 20)
    for state in ("confirm", "visit", "decided", "all"):
        yield f"queue, state {state}", queue(state=state)
    yield "queue, area", [queue(area=code) for code in known.villages]
    yield "queue, district", queue(area=known.district)
    yield "queue, common code", queue(code="SP03")
    yield "queue, rare code", queue(code="KP10")
    yield "queue, code that nobody has", queue(code="ZZ99")
    yield "queue, severity", queue(severity="high")
    yield "queue, officer", queue(officer=known.officer_id)
    yield "queue, form", [queue(form=number) for number, _ in known.forms]
    yield "queue, days", queue(**{"from": known.days[0], "to": known.days[1]})
    yield "queue, one day of long ago", queue(**{"from": "2001-01-01", "to": "2001-01-02"})
    yield "queue, word", [queue(q=word) for word in known.words]
    yield "queue, two words", [queue(q=f"{word} {known.words[0]}") for word in known.words]
    yield "queue, word that nobody has", queue(q="zzyzx")
    yield "queue, register id", [queue(q=number.lower()[:11]) for number in known.source_ids]
    yield "queue, NIK", _numbers(web, base, known, cookie)
    yield "case", [f"{base}/cases/{number}" for number in known.case_ids]
    yield "case, map", [f"{base}/cases/{number}/map.json" for number in known.case_ids]
    yield "case, next", [f"{base}/cases/{number}/next" for number in known.case_ids]
    yield "submissions", f"{base}/submissions"
    yield "submissions, from the middle", f"{base}/submissions?before={known.submission_id // 2}"
    yield "submissions, oldest", f"{base}/submissions?before=2000"
    yield "submissions of a form", [f"{base}/submissions?form={number}" for number, _ in known.forms]
    yield "officers' quality", f"{base}/officer-findings"
    yield "rules", f"{base}/rules"
    if is_admin:
        yield "projects", "/"
        yield "settings", f"{base}/settings"
        yield "forms", f"{base}/forms"
        yield "officers", f"{base}/officers"


def _deep(web: Web, path: str, cookie: str, pattern: bytes, pages: int) -> str:
    """The address of a page further on, found by turning pages."""
    found = path
    for _ in range(pages):
        _, _, body = web.ask(get(found, Cookie=cookie))
        cursors = re.findall(pattern, body)
        if not cursors:
            break
        found = f"{path}&after={cursors[-1].decode()}"
    return found


def _numbers(web: Web, base: str, known: Known, cookie: str) -> list[str]:
    """Addresses with the number sealed, as the search form makes them."""
    found = []
    for nik in known.niks[:10]:
        status, headers, _ = web.ask(get(f"{base}/queue?q={nik}", Cookie=cookie))
        assert status == 302, status
        found.append(headers["location"])
    return found


def _phone(backends: Backends, web: Web, known: Known) -> Iterator[tuple[str, Requests]]:
    with session_scope(backends.sessions, read_only=True) as session:
        token = accounts.officer_token(session, backends.seal, known.officer_id)
    base = f"/v1/key/{token}/projects/{known.project_id}"
    name = known.forms[0][1]
    lists = f"{base}/forms/{name}/attachments/keluarga.csv"
    status, headers, body = web.ask(get(lists))
    assert status == 200, (status, body[:200])
    yield "phone: form list", lambda _: get(f"{base}/formList")
    yield "phone: form XML", lambda _: get(f"{base}/forms/{name}.xml")
    yield "phone: manifest", lambda _: get(f"{base}/forms/{name}/manifest")
    rows = body.count(b"\n") - 1
    yield f"phone: entity CSV of {rows} rows", lambda _: get(lists)
    yield "phone: entity CSV, unchanged", lambda _: get(lists, **{"If-None-Match": headers["etag"]})
    yield "phone: integrity", lambda _: get(f"{base}/datasets/keluarga/integrity")
    asked = f"{base}/datasets/keluarga/integrity?id={','.join(known.entities)}"
    yield f"phone: integrity of {len(known.entities)}", lambda _: get(asked)
    yield "phone: may it send", lambda _: Request("HEAD", f"{base}/submission")
    visits = _visits(backends, known)
    yield "phone: submission", lambda turn: _visit(base, visits[turn % len(visits)])


def _visits(backends: Backends, known: Known) -> list[bytes]:
    """Visits of the officer as they were sent."""
    with session_scope(backends.sessions, read_only=True) as session:
        rows = session.scalars(
            select(SubmissionVersion)
            .join(Submission, Submission.current_version_id == SubmissionVersion.id)
            .where(Submission.submitter_id == known.officer_id)
            .order_by(SubmissionVersion.id.desc())
            .limit(20)
            .options(undefer(SubmissionVersion.xml))
        )
        return [backends.seal.open(row.xml) if row.is_sealed else row.xml for row in rows]


def _visit(base: str, xml: bytes) -> Request:
    """The same visit as a new one."""
    fresh = re.sub(rb"(<(?:\w+:)?instanceID>)[^<]*", rb"\1uuid:" + str(uuid.uuid4()).encode(), xml, count=1)
    return submission(f"{base}/submission", fresh)


def _measure(web: Web, name: str, request: Requests, rounds: int) -> Line:
    """After one request that does not count."""
    times = []
    for turn in range(-1, rounds):
        asked = request(turn)
        started = time.perf_counter()
        status, _, body = web.ask(asked)
        spent = time.perf_counter() - started
        moves = name.endswith(("log-in", "next"))
        assert status < 300 or (status == 304 and "unchanged" in name) or (moves and status < 400), (
            name,
            status,
            body[:500],
        )
        if turn >= 0:
            times.append(spent * 1000)
    return Line(name, tuple(sorted(times)))


def _measure_work(backends: Backends, known: Known, rounds: int) -> list[Line]:
    """What the worker does: new submissions one by one in a full database, and its periodic jobs."""
    processing.process_owed(backends)
    with session_scope(backends.sessions, read_only=True) as session:
        newest = session.scalars(
            select(Submission.id)
            .where(Submission.submitter_id == known.officer_id)
            .order_by(Submission.id.desc())
            .limit(rounds)
        ).all()
    jobs: list[tuple[str, Callable[[int], object], int]] = [
        ("work: one submission checked", lambda turn: _check(backends, newest[turn % len(newest)]), rounds),
        ("work: nothing owed", lambda _: processing.process_owed(backends), 5),
        ("work: officers of changed districts", lambda _: officer_screening.judge_due_officers(backends), 1),
        ("work: cases worked on", lambda _: case_screening.judge_owed_cases(backends), 2),
        ("work: late cases", lambda _: case_screening.judge_late_cases(backends), 2),
    ]
    lines = []
    for name, work, times in jobs:
        spent = []
        for turn in range(times):
            started = time.perf_counter()
            work(turn)
            spent.append((time.perf_counter() - started) * 1000)
        lines.append(Line(name, tuple(sorted(spent))))
        print(lines[-1].render(), flush=True)
    return [line for line in lines if "submission" in line.name]


def _check(backends: Backends, submission_id: int) -> int:
    with session_scope(backends.sessions) as session:
        session.get_one(Submission, submission_id).screened_at = None
    return processing.process_owed(backends)


if __name__ == "__main__":
    sys.exit(main())
