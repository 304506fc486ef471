"""An installation as an admin has it: the real command `sisir` in processes of its own, the real server, a folder."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.servers import find_free_port

PASSWORD = "not a secret at all"


@dataclass(frozen=True)
class Installation:
    """A folder and the environment that points at it."""

    var: Path
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return self.environ["SISIR_URL"]

    def run(self, *words: str, may_fail: bool = False) -> str:
        """What `sisir WORDS` prints. Raises: RuntimeError with its messages when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "server", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=None if sys.stderr.isatty() else subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode and not may_fail:
            raise RuntimeError(f"sisir {' '.join(words)} failed: {done.stdout} {done.stderr or ''}")
        return done.stdout

    @contextmanager
    def serving(self, *options: str, port: int | None = None) -> Iterator[None]:
        """The web server and its worker, as `sisir serve` starts them; on another port than the address says if given."""
        log = (self.var / f"serve{port or ''}.log").open("wb")
        environ = self.environ if port is None else {**self.environ, "SISIR_PORT": str(port)}
        server = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", *options], env=environ, stdout=log, stderr=log
        )
        try:
            self.wait_for_page(server, port)
            yield
        finally:
            server.terminate()
            server.wait(60)
            log.close()

    def wait_for_page(self, server: "subprocess.Popen[bytes]", port: int | None = None) -> None:
        """Until the web server answers. Raises: RuntimeError with its messages when it ends or takes too long."""
        url = f"http://127.0.0.1:{port or self.environ['SISIR_PORT']}/login"
        for _ in range(300):
            if server.poll() is not None:
                break
            try:
                requests.get(url, timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.1)
        log = self.var / f"serve{port or ''}.log"
        raise RuntimeError("the server did not start: " + (log.read_text() if log.exists() else ""))

    def wait_until_checked(self, seconds: float = 1800) -> None:
        """Until no submission is owed a screening; those that others point at are screened again, so it can take a while."""
        started = time.monotonic()
        while (owed := int(self.run("screen", "--count").strip())) > 0:
            if time.monotonic() - started > seconds:
                raise RuntimeError(f"{owed} submissions were still not checked")
            time.sleep(1)


def new_installation(var: Path, **variables: str) -> Installation:
    """An empty installation with its administrator and one campaign, number 1."""
    port = find_free_port()
    environ = {
        **os.environ,
        "SISIR_VAR": str(var),
        "SISIR_PORT": str(port),
        "SISIR_HOST": "127.0.0.1",
        "SISIR_URL": f"http://127.0.0.1:{port}",
        **variables,
    }
    made = Installation(var, environ)
    made.run("init", "--admin", "admin@office.test", "--password", PASSWORD)
    made.run("project", "add", "Penyisiran")
    return made
