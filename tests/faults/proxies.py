"""A proxy in front of an S3 that a test can make slow, broken or silent while everything behind it stays real."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers import S3Server, find_free_port

PASSED_ON = ("content-length", "content-type", "etag", "last-modified", "accept-ranges", "content-range")


@dataclass
class Behaviour:
    """What the proxy does now: waits so long before it passes a request on, or answers with this status itself."""

    delay_s: float = 0.0
    status: int | None = None
    cut_after_bytes: int | None = None


@contextmanager
def behind_proxy(server: S3Server) -> Iterator[tuple[S3Server, Behaviour]]:
    """The S3 as seen through the proxy, and how it behaves from now on."""
    behaviour = Behaviour()
    target = urlsplit(server.endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: object) -> None:
            """Says nothing."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(behaviour.delay_s)
            if behaviour.status is not None:
                self._answer(behaviour.status, {}, b"")
                return
            connection = http.client.HTTPConnection(target, timeout=30)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                data = answer.read()
                headers = {name: value for name, value in answer.getheaders() if name.lower() in PASSED_ON}
                self._answer(answer.status, headers, data)
            finally:
                connection.close()

        def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name in headers):
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                cut = behaviour.cut_after_bytes
                self.wfile.write(data if cut is None else data[:cut])
                self.close_connection = cut is not None

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    port = find_free_port()
    proxy = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield replace(server, endpoint=f"http://127.0.0.1:{port}"), behaviour
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
