"""`sisir serve` as an office runs it, for tests that kill it: started, found, killed, started again.

Belongs here: processes. Does not: what is stored (checks.py), what is sent (senders.py).
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

START_S = 60


class Served:
    """A running `sisir serve` with its children; `environ` as of the installation."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self.environ, self._log = environ, log
        self.process = self._start()

    @property
    def url(self) -> str:
        return self.environ["SISIR_URL"]

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "server", "serve"], env=self.environ, stdout=output, stderr=output
            )

    def wait_until_up(self) -> None:
        """Until the web server answers."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                requests.get(self.url, timeout=5)
                return
            except requests.RequestException:
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)

    def kill(self, what: str, chance: random.Random) -> None:
        """SIGKILL of 'web', 'worker', 'both' or 'all'; what the supervisor does not start again is started here."""
        web, workers = self.children()
        victims = {"web": web, "worker": workers, "both": [*web, *workers], "all": [self.process.pid]}[what]
        if what == "web" and len(victims) > 1:
            victims = [chance.choice(victims)]
        for pid in victims:
            _kill(pid)
        if what == "all":
            self.process.wait()
            self.wait_until_gone([*web, *workers])
            self.process = self._start()

    def children(self) -> tuple[list[int], list[int]]:
        """Processes of the web server, then of the worker."""
        web, workers = [], []
        for pid in _descendants(self.process.pid):
            command = _command_of(pid)
            if "granian" in command:
                web.append(pid)
            elif "worker" in command:
                workers.append(pid)
        return web, workers

    def wait_until_gone(self, pids: list[int]) -> None:
        """Until none of these processes runs: they end with their supervisor."""
        deadline = time.monotonic() + START_S
        while any(_is_running(pid) for pid in pids):
            assert time.monotonic() < deadline, "processes outlived their supervisor"
            time.sleep(0.02)

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.terminate()
        self.process.wait(60)

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


@contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[Served]:
    """A running installation."""
    served = Served(environ, log)
    try:
        served.wait_until_up()
        yield served
    finally:
        served.stop()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield int(child)
        yield from _descendants(int(child))


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
