"""Connections that stand still are ended, so that phones that lost their signal do not keep every thread.

The web server hands a request over once its head is there; reading its body, and sending the answer, then hold a thread for
as long as the other side takes. A phone that drives out of the village in the middle of a photo takes for ever.

Belongs here: noticing who waits for the network, and ending connections that move (almost) nothing meanwhile. Does not: limits
on size (uploads.py), slow heads (the web server's own time limit). Linux only; elsewhere nothing is ended.
"""

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

LOG = logging.getLogger("sisir.connections")
WINDOW_S = 60.0
MIN_BYTES = 3000
"""Within a window; the slowest mobile network that is of any use moves ten times as much."""
_DESCRIPTORS = Path("/proc/self/fd")
_INFO_BYTES = 136
_MOVED_AT = 120
"""In Linux's struct tcp_info: bytes_acked, then bytes_received, 64 bits each."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class _Wait:
    """A thread that waits for the network: for whom, at which port of ours, since when (monotonic)."""

    peer: str
    port: int
    since: float


class StandstillGuard:
    """WSGI middleware: watches bodies being read and answers being sent; a thread of its own ends what stands still."""

    def __init__(self, app: WsgiApp, *, window_s: float = WINDOW_S, min_bytes: int = MIN_BYTES) -> None:
        self.app = app
        self._window_s, self._min_bytes = window_s, min_bytes
        self._waits: dict[int, _Wait] = {}
        self._moved: dict[int, list[tuple[float, int]]] = {}
        self._starting = threading.Lock()
        self._watcher: threading.Thread | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serves the request as it is; only notes who is waited for."""
        if self._watcher is None:
            self._start()
        who = (str(environ.get("REMOTE_ADDR", "")), int(environ.get("SERVER_PORT") or 0))
        environ["wsgi.input"] = _Input(environ["wsgi.input"], self, who)
        return _Output(self.app(environ, start_response), self, who)

    @contextmanager
    def waiting(self, who: tuple[str, int]) -> Iterator[None]:
        """Within the block this thread waits for the other side."""
        self.begin(who)
        try:
            yield
        finally:
            self.end()

    def begin(self, who: tuple[str, int]) -> None:
        """This thread waits from now on."""
        self._waits[threading.get_ident()] = _Wait(*who, time.monotonic())

    def end(self) -> None:
        """This thread waits no longer."""
        self._waits.pop(threading.get_ident(), None)

    def _start(self) -> None:
        with self._starting:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="standstill", daemon=True)
                self._watcher.start()

    def _watch(self) -> None:
        while True:
            time.sleep(self._window_s / 6)
            try:
                self._look()
            except OSError:
                LOG.exception("connections.look_failed")

    def _look(self) -> None:
        """Ends connections to those who are waited for and that moved too little for a window."""
        now = time.monotonic()
        waits = list(self._waits.values())
        late = {(wait.peer, wait.port) for wait in waits if now - wait.since > self._window_s / 3}
        if not late:
            self._moved.clear()
            return
        seen: dict[int, list[tuple[float, int]]] = {}
        for inode, connection in _connections():
            with connection:
                if (_peer(connection), connection.getsockname()[1]) not in late:
                    continue
                earlier = [item for item in self._moved.get(inode, ()) if now - item[0] <= self._window_s]
                seen[inode] = samples = [*earlier, (now, _moved(connection))]
                is_watched_long_enough = now - samples[0][0] >= self._window_s * 2 / 3
                if is_watched_long_enough and samples[-1][1] - samples[0][1] < self._min_bytes:
                    LOG.warning("connections.ended_standstill", extra={"window_s": self._window_s})
                    connection.shutdown(socket.SHUT_RDWR)
        self._moved = seen


class _Input:
    """A request's body; while it is read its sender is waited for."""

    def __init__(self, body: BinaryIO, guard: StandstillGuard, who: tuple[str, int]) -> None:
        self._body, self._guard, self._who = body, guard, who

    def read(self, *size: int) -> bytes:
        with self._guard.waiting(self._who):
            return self._body.read(*size)

    def readline(self, *size: int) -> bytes:
        with self._guard.waiting(self._who):
            return self._body.readline(*size)

    def readlines(self, *hint: int) -> list[bytes]:
        with self._guard.waiting(self._who):
            return self._body.readlines(*hint)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


class _Output:
    """An answer; between its pieces its receiver is waited for."""

    def __init__(self, pieces: Iterable[bytes], guard: StandstillGuard, who: tuple[str, int]) -> None:
        self._pieces, self._next = pieces, iter(pieces).__next__
        self._guard, self._who = guard, who

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._guard.end()
        piece = self._next()
        self._guard.begin(self._who)
        return piece

    def close(self) -> None:
        """Ends the answer; nobody is waited for any more."""
        self._guard.end()
        if hasattr(self._pieces, "close"):
            self._pieces.close()


def _connections() -> Iterator[tuple[int, socket.socket]]:
    """This process's TCP connections with the inodes of their sockets, as duplicates for the caller to close."""
    if not _DESCRIPTORS.is_dir():
        return
    for descriptor in list(_DESCRIPTORS.iterdir()):
        copy = _duplicate(descriptor)
        if copy is None:
            continue
        is_tcp = copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM
        if is_tcp and _peer(copy):
            yield os.fstat(copy.fileno()).st_ino, copy
        else:
            copy.close()


def _duplicate(descriptor: Path) -> socket.socket | None:
    """A second handle on the socket with this descriptor; None when it is no socket, or closed in the meantime."""
    try:
        if not str(descriptor.readlink()).startswith("socket:"):
            return None
        copied = os.dup(int(descriptor.name))
    except OSError:
        return None
    try:
        return socket.socket(fileno=copied)
    except OSError:
        os.close(copied)
        return None


def _peer(connection: socket.socket) -> str:
    """The address at the other end; '' when there is none."""
    try:
        return str(connection.getpeername()[0]).removeprefix("::ffff:")
    except OSError:
        return ""


def _moved(connection: socket.socket) -> int:
    """Bytes that arrived here and there since the connection began."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    acknowledged, received = struct.unpack_from("=QQ", info, _MOVED_AT)
    return int(acknowledged) + int(received)
