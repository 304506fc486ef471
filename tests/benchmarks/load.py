"""Phones that send as fast as they are answered: a bounded number of connections to 127.0.0.1, each in a thread.

Belongs here: sending prepared requests and counting answers. Does not: measuring the server (cpu.py). The threads' own CPU
is the benchmark's, which nobody measures.
"""

import http.client
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BOUNDARY = b"sisirbench0000000000000000000000"
HEADERS = {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2026.1 bench"}


@dataclass(frozen=True)
class Request:
    """One request, encoded before the clock runs."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Answers:
    """What came back: statuses, and seconds of the clock from first to last."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    bytes_read: int = 0
    last_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 400)


def get(path: str, **headers: str) -> Request:
    return Request("GET", path, headers=headers)


def submission(path: str, xml: bytes, files: Mapping[str, bytes] | None = None) -> Request:
    """A POST as Collect sends it."""
    parts = [("xml_submission_file", "a.xml", "text/xml", xml)]
    parts += [(name, name, "image/jpeg", data) for name, data in (files or {}).items()]
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s\r\n'
        % (BOUNDARY, name.encode(), file_name.encode(), kind.encode(), data)
        for name, file_name, kind, data in parts
    )
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    return Request("POST", path, body + b"--%s--\r\n" % BOUNDARY, {"Content-Type": kind})


def send_all(port: int, requests: Iterable[Request], concurrency: int) -> Answers:
    """Sends them all over so many connections, each request once."""
    waiting, lock, answers = iter(requests), threading.Lock(), Answers()
    threads = [
        threading.Thread(target=_send, args=(port, waiting, lock, answers)) for _ in range(concurrency)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.seconds = time.perf_counter() - started
    return answers


def _send(port: int, waiting: Iterator[Request], lock: threading.Lock, answers: Answers) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        with lock:
            request = next(waiting, None)
        if request is None:
            connection.close()
            return
        connection.request(request.method, request.path, request.body, {**HEADERS, **request.headers})
        answer = connection.getresponse()
        body = answer.read()
        with lock:
            answers.statuses[answer.status] += 1
            answers.bytes_read += len(body)
            answers.last_headers = dict(answer.getheaders())


def new_instance_id() -> str:
    return f"uuid:{uuid.uuid4()}"
