"""`sisir serve`: the web server with its worker; `sisir worker`: a worker alone, on as many machines as wanted."""

import gc
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

import click

from server.cli.demo import place_demo, show_demo
from server.cli.schema import require_schema
from server.config import Config, load_config
from server.errors import SetupError
from server.processes import allow_open_files, end_with_parent

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

STOP_WAIT_S = 30
WORKER_DELAY_S = 1.0
FIRST_S = 5.0
RESTART_DELAY_S = 0.5
HEAD_LIMIT_MS = 20_000
CONNECTIONS = 2048


@click.command()
@click.option("--no-worker", is_flag=True, help="Start the web server only; workers run elsewhere.")
@click.option("--processes", default=1, show_default=True, help="Web processes.")
@click.option(
    "--demo", "with_demo", is_flag=True, help="First put the demo campaign in place if nothing is there yet."
)
def serve(no_worker: bool, processes: int, with_demo: bool) -> None:
    """Starts the web server and, beside it, one worker. Ends both on Ctrl-C or SIGTERM."""
    config = load_config(os.environ)
    _require_free(config.host, config.port)
    if with_demo:
        place_demo(config)
        show_demo(config)
    require_schema(config)
    if config.key is None and not config.key_file.exists():
        raise SetupError(
            f"there is no office key; run `sisir init` (it makes {config.key_file}) or set SISIR_KEY"
        )
    click.echo(f"Sisir: {config.url} (listening on port {config.port}; Ctrl-C ends it)")
    programs = {"web": lambda: _start_web(config, processes)}
    if not no_worker:
        programs["work"] = _start_worker
    sys.exit(_supervise(programs))


def _require_free(host: str, port: int) -> None:
    """Raises: ClickException when something listens there: two servers on one port would share its phones at random."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} is taken, perhaps by another Sisir; stop that one or choose another with SISIR_PORT"
            ) from error


class _Child(Protocol):
    """What is supervised: a process of either kind."""

    def poll(self) -> int | None:
        """The exit status, None while it runs."""

    def end(self, wait_s: float) -> None:
        """Asks it to end; after wait_s seconds kills it."""

    def ask(self) -> None:
        """Asks it to end."""


class _Forked:
    """A process that began as a copy of this one: no interpreter has to be started anew."""

    def __init__(self, target: Callable[[], None]) -> None:
        self._process = multiprocessing.get_context("fork").Process(target=target)
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def ask(self) -> None:
        self._process.terminate()

    def end(self, wait_s: float) -> None:
        self._process.join(wait_s)
        if self._process.exitcode is None:
            self._process.kill()


class _Started:
    """A process with an interpreter of its own."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, preexec_fn=end_with_parent)  # noqa: S603 - our own; one thread

    def poll(self) -> int | None:
        return self._process.poll()

    def ask(self) -> None:
        self._process.terminate()

    def end(self, wait_s: float) -> None:
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _start_web(config: Config, processes: int) -> _Child:
    return _Forked(lambda: _run_web(config, processes))


def _run_web(config: Config, processes: int) -> None:
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    web_server(
        "server.wsgi:app",
        host=config.host,
        port=config.port,
        threads=config.threads,
        processes=processes,
    ).serve()


def web_server(app: str, *, host: str, port: int, threads: int, processes: int = 1) -> "AbstractServer[Any]":
    """The web server with our limits, not started. No access log: addresses of phones hold their tokens."""
    from granian import Granian  # the supervisor needs none of it
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    return Granian(
        app,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_LIMIT_MS),
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=RESTART_DELAY_S,
        log_level=LogLevels.error,
        log_access=False,
    )


def _start_worker() -> _Child:
    return _Started([sys.executable, "-m", "server", "worker"])


def _supervise(programs: dict[str, Callable[[], _Child]]) -> int:
    """Runs web server and worker until a signal comes; a child that dies is started again. Returns: exit status.

    The worker starts a moment later, so that the first page does not share the processor with it. A child that gives up by
    itself in its first seconds will do so again: the installation is at fault, and its message says why. One that was killed
    is none of that.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    allow_open_files()
    children = {"web": programs["web"]()}
    started = time.monotonic()
    status = 0
    while not stopping.wait(0.2):
        age_s = time.monotonic() - started
        if "work" in programs and "work" not in children and age_s > WORKER_DELAY_S:
            children["work"] = programs["work"]()
        for name, child in list(children.items()):
            code = child.poll()
            if code is None:
                continue
            if age_s < FIRST_S and code > 0:
                click.echo(f"sisir: the {name} process did not start; see the message above", err=True)
                status = code
                stopping.set()
                break
            stopping.wait(RESTART_DELAY_S)
            children[name] = programs[name]()
    for child in children.values():
        child.ask()
    for child in children.values():
        child.end(STOP_WAIT_S)
    return status


@click.command()
@click.option("--workers", default=1, show_default=True, help="Threads of this worker.")
def worker(workers: int) -> None:
    """Runs jobs from the queue until it is stopped."""
    from server.cli.context import backends
    from server.jobs import Jobs
    from server.logs import set_up_logging
    from workers.queue import make_consumer

    set_up_logging()
    ours = backends()
    require_schema(ours.config)
    Jobs(ours).register()
    gc.collect()
    gc.freeze()  # as in the web process
    make_consumer(ours.queue, workers=workers).run()
