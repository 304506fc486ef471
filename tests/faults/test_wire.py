"""The web server's own socket: senders that are slow, stall, lie about lengths or send rubbish; the others are served meanwhile.

One server for the whole file, with the options of `sisir serve`, but the patience of seconds instead of a minute.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select

from server.models.submission import SubmissionVersion
from server.processes import allow_open_files
from tests.faults.desk import Desk
from tests.faults.quick_wsgi_window import ENDLESS, WINDOW_S
from tests.faults.senders import Visit
from tests.fuzz.attacks import Attacker
from tests.fuzz.office_forms import Target, copy_target
from tests.fuzz.wire import BOUNDARY, Part, Request, render_parts
from tests.office import HEADERS
from tests.servers import find_free_port

THREADS = 8
HEAD_LIMIT_MS = 2000


@dataclass
class Web:
    """A running web server over an office."""

    desk: Desk
    port: int
    process: "subprocess.Popen[bytes]"
    thanked: list[bytes] = field(default_factory=list)
    """Bodies of other requests that got their 201."""

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, length: object, *more: str, path: str = "", method: str = "POST") -> bytes:
        """The head of a submission whose body is said to have this length."""
        path = path or self.desk.target.phones[0].url("submission?deviceID=x")
        lines = [f"{method} {path} HTTP/1.1", "Host: sisir.test", "X-OpenRosa-Version: 1.0"]
        lines += [f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}"]
        lines += [] if length is None else [f"Content-Length: {length}"]
        return "\r\n".join([*lines, *more, "", ""]).encode()

    def is_serving(self, timeout: float) -> bool:
        """Whether a well-behaved phone gets its form list in time."""
        address = f"http://127.0.0.1:{self.port}{self.desk.target.phones[1].url('formList')}"
        try:
            return requests.get(address, headers=HEADERS, timeout=timeout).status_code == 200
        except requests.RequestException:
            return False

    def worker(self) -> int:
        """The process that runs the application."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[-1])

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.worker()}/fd"))

    def resident_kb(self) -> int:
        return int(Path(f"/proc/{self.worker()}/status").read_text().partition("VmRSS:")[2].split()[0])


@pytest.fixture(scope="module")
def web(prepared: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder, port = tmp_path_factory.mktemp("web"), find_free_port()
    (folder / "tmp").mkdir()
    target = copy_target(prepared, folder / "office", SISIR_QUEUE=f"sqlite:{folder / 'queue.db'}")
    config = target.office.backends.config
    environ = {
        **os.environ,
        "SISIR_VAR": str(config.var),
        "SISIR_URL": f"http://127.0.0.1:{port}",
        "SISIR_KEY": str(config.key),
        "SISIR_QUEUE": config.queue,
        "TMPDIR": str(folder / "tmp"),
    }
    command = [sys.executable, "-m", "tests.faults.quick_server", str(port), str(THREADS), str(HEAD_LIMIT_MS)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, preexec_fn=allow_open_files)
    made = Web(Desk(target), port, process)
    try:
        deadline = time.monotonic() + 60
        while not made.is_serving(5):
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
        with ThreadPoolExecutor(THREADS * 2) as pool:  # every thread opens its connection to the database
            assert all(pool.map(made.is_serving, [30] * THREADS * 8))
        yield made
        assert list((folder / "tmp").iterdir()) == []
    finally:
        process.terminate()
        process.wait(30)
        target.office.backends.engine.dispose()


@pytest.fixture(autouse=True)
def nothing_leaks(web: Web) -> Iterator[None]:
    """After each test what was thanked for is stored, nothing else is, and no descriptor stays open."""
    before = web.descriptors()
    yield
    deadline = time.monotonic() + 20
    while web.descriptors() > before + 8:
        assert time.monotonic() < deadline, f"descriptors: {before} -> {web.descriptors()}"
        time.sleep(0.1)
    bodies = [*web.thanked, *(body_of(visit) for visit in web.desk.visits if visit.thanked)]
    with web.desk.target.office.session() as session:
        for version in session.scalars(select(SubmissionVersion)):
            xml = web.desk.target.office.backends.seal.open(version.xml) if version.is_sealed else version.xml
            assert any(xml in body for body in bodies), "stored, and nobody was thanked for it"
        stored = set(session.scalars(select(SubmissionVersion.instance_id)))
    assert {visit.iid for visit in web.desk.visits if visit.thanked} <= stored


def body_of(visit: Visit) -> bytes:
    parts = [Part(name, data, name) for name, data in visit.files.items()]
    return render_parts([Part("xml_submission_file", visit.xml, "a.xml", "text/xml"), *parts])


def answer_on(connection: socket.socket, *, has_body: bool = True) -> bytes:
    """What the server says until its answer is whole, or it stops or closes; b'' when it just closes."""
    data = b""
    with suppress(OSError):
        while piece := connection.recv(65536):
            data += piece
            head, mark, rest = data.partition(b"\r\n\r\n")
            if mark and (not has_body or is_whole(head.lower(), rest)):
                break
    return data


def is_whole(head: bytes, rest: bytes) -> bool:
    """Whether an answer with this head ends with what came after it."""
    if head[9:12] in (b"204", b"304"):
        return True
    if b"transfer-encoding: chunked" in head:
        return rest.endswith(b"0\r\n\r\n")
    return b"content-length: %d\r\n" % len(rest) in head + b"\r\n"


def test_senders_that_stall_do_not_keep_the_others_out(web: Web) -> None:
    with ExitStack() as stack:
        stalled = []
        for _ in range(THREADS * 3):
            connection = stack.enter_context(web.connect())
            body = body_of(web.desk.draw())
            connection.sendall(web.head(len(body)) + body[: len(body) // 2])
            stalled.append(connection)
        assert not web.is_serving(1), "all threads wait for the stalled, or this test shows nothing"
        started = time.monotonic()
        while not web.is_serving(5):
            assert time.monotonic() - started < WINDOW_S * 10, "stalled senders keep the threads"
        for connection in stalled:
            connection.settimeout(WINDOW_S * 10)
            answer_on(connection)  # ends: each of them is cut off


def test_a_sender_that_is_slow_but_moves_is_waited_for(web: Web) -> None:
    visit = web.desk.draw()
    body = body_of(visit)
    steps = int(WINDOW_S * 2.5 / 0.25)
    with web.connect() as connection:
        connection.sendall(web.head(len(body)))
        size = len(body) // steps + 1
        assert size * 4 * WINDOW_S > 3000
        for start in range(0, len(body), size):
            connection.sendall(body[start : start + size])
            time.sleep(0.25)
        assert answer_on(connection).startswith(b"HTTP/1.1 201"), "a slow phone must get through"
    visit.thanked = True
    web.desk.visits.append(visit)


def test_a_receiver_that_stalls_is_ended(web: Web) -> None:
    with web.connect() as connection:
        connection.sendall(web.head(None, path=ENDLESS, method="GET"))
        connection.recv(1000)
        deadline = time.monotonic() + WINDOW_S * 10
        with pytest.raises(OSError, match=r"reset|Broken"):
            while time.monotonic() < deadline:
                connection.send(b"x")  # fails when the other side has closed
                time.sleep(0.2)


def test_a_head_that_never_ends_is_ended(web: Web) -> None:
    with web.connect() as connection:
        connection.sendall(b"POST /v1/projects/1/submission HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        connection.settimeout(HEAD_LIMIT_MS / 1000 * 5)
        assert b" 2" not in answer_on(connection)[:15]


def test_a_thousand_idle_connections_keep_nobody_out(web: Web) -> None:
    allow_open_files()
    with ExitStack() as stack:
        for _ in range(1200):
            stack.enter_context(web.connect())
        assert web.is_serving(10)


@pytest.mark.parametrize("more", [[], ["Expect: 100-continue"]])
def test_two_hundred_megabytes_are_refused_by_the_head_alone(web: Web, more: list[str]) -> None:
    with web.connect() as connection:
        connection.sendall(web.head(200_000_000, *more))
        answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"paling banyak 100 berkas, tiap foto paling besar 50 MB" in answer


def test_who_is_not_known_cannot_make_us_read_megabytes(web: Web) -> None:
    token = web.desk.target.phones[0].token
    for path in ("/login", web.desk.target.phones[0].url("submission").replace(token, "z" * 64)):
        with web.connect() as connection:
            connection.sendall(web.head(100_000_000, path=path))
            assert answer_on(connection)[9:12] in (b"401", b"403", b"413")


def test_a_photo_of_sixty_megabytes_is_refused_and_never_in_memory(web: Web) -> None:
    visit = web.desk.draw()
    start, end = body_of(visit).rsplit(b"--" + BOUNDARY + b"--", 1)
    start += (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="big.jpg"; filename="big.jpg"\r\n\r\n'
    )
    end = b"\r\n--" + BOUNDARY + b"--" + end
    before, piece = web.resident_kb(), os.urandom(1 << 20)
    with web.connect() as connection:
        connection.settimeout(60)
        connection.sendall(web.head(len(start) + 60 * len(piece) + len(end)) + start)
        for _ in range(60):
            connection.sendall(piece)
        during = web.resident_kb()
        connection.sendall(end)
        assert answer_on(connection).startswith(b"HTTP/1.1 413")
    assert during - before < 30_000, f"{before} -> {during} kB"


def test_a_body_in_chunks_is_taken_and_one_without_end_is_cut_off(web: Web) -> None:
    visit = web.desk.draw()
    body = body_of(visit)
    with web.connect() as connection:
        connection.sendall(web.head(None, "Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
        assert answer_on(connection).startswith(b"HTTP/1.1 201")
    visit.thanked = True
    web.desk.visits.append(visit)
    start = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="a.jpg"; filename="a.jpg"\r\n\r\n'
    chunk = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    with web.connect() as connection:
        connection.settimeout(60)
        connection.sendall(
            web.head(None, "Transfer-Encoding: chunked") + b"%x\r\n" % len(start) + start + b"\r\n"
        )
        with suppress(OSError):
            for _ in range(130):
                connection.sendall(chunk)
        assert b" 413 " in answer_on(connection)[:20] + b" 413 ", (
            "cut off at the limit, with or without an answer"
        )
    assert web.is_serving(10)


def test_uploads_that_break_off_leave_nothing(web: Web) -> None:
    chance = random.Random(5)
    for _ in range(40):
        body = body_of(web.desk.draw())
        with web.connect() as connection:
            connection.sendall(web.head(len(body)) + body[: chance.randrange(len(body))])
            if chance.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
                answer = answer_on(connection)
                assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    assert web.is_serving(10)


@pytest.mark.parametrize(
    "lengths", [["-5"], ["abc"], ["1e9"], ["5", "6"], ["0x10"], [str(10**30)], [""], ["+10"], ["10, 10"]]
)
def test_wrong_lengths_are_the_callers_mistake(web: Web, lengths: list[str]) -> None:
    body = body_of(web.desk.draw())
    with web.connect() as connection:
        with suppress(OSError):  # it may refuse before it read all
            connection.sendall(web.head(None, *(f"Content-Length: {length}" for length in lengths)) + body)
            connection.shutdown(socket.SHUT_WR)
        answer = answer_on(connection)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer


def test_rubbish_and_the_fuzz_run_over_the_wire_break_nothing(web: Web) -> None:
    attacker, chance = Attacker(7, web.desk.target), random.Random(7)
    resident = web.resident_kb()
    for number in range(400):
        request = attacker.draw()
        data = raw(request) if number % 10 else chance.randbytes(chance.randrange(1, 5000))
        with web.connect() as connection:
            with suppress(OSError):  # it may refuse before it read all
                connection.sendall(data)
                if not number % 10 or is_waited_for(request):
                    connection.shutdown(socket.SHUT_WR)
            answer = answer_on(connection, has_body=request.method != "HEAD")
        assert not answer or answer[9:10] in b"1234", (request.method, request.path, answer[:300])
        if answer[9:12] == b"201":
            web.thanked.append(request.body)
    assert len(web.thanked) > 50
    assert web.is_serving(10)
    assert web.resident_kb() < resident + 60_000


def is_waited_for(request: Request) -> bool:
    """Whether the server would wait for more than is sent."""
    declared = request.declared or ""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "")
    return chunked or (declared.isascii() and declared.isdigit() and int(declared) > len(request.body))


def raw(request: Request) -> bytes:
    """A request of the fuzz run as bytes on the wire, headers as they come."""
    headers = {"Host": "sisir.test", **request.headers}
    if request.body or request.declared is not None:
        headers["Content-Length"] = (
            request.declared if request.declared is not None else str(len(request.body))
        )
    path = urlsplit(request.path)
    target = path.path + (f"?{path.query}" if path.query else "")
    lines = [
        f"{request.method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + request.body
