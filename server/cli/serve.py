"""`sisir serve`: the web server with its worker; `sisir worker`: a worker alone, on as many machines as wanted."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

import click

from server.config import load_config
from server.processes import allow_open_files, end_with_parent

STOP_WAIT_S = 30
WORKER_DELAY_S = 1.0
FIRST_S = 5.0
RESTART_DELAY_S = 0.5
HEAD_LIMIT_MS = 20_000
CONNECTIONS = 2048


@click.command()
@click.option("--no-worker", is_flag=True, help="Start the web server only; workers run elsewhere.")
@click.option("--processes", default=1, show_default=True, help="Web processes.")
def serve(no_worker: bool, processes: int) -> None:
    """Starts the web server and, beside it, one worker. Ends both on Ctrl-C or SIGTERM."""
    config = load_config(os.environ)
    _require_free(config.host, config.port)
    click.echo(f"Sisir: {config.url} (listening on port {config.port}; Ctrl-C ends it)")
    web = _web_command(config.host, config.port, config.threads, processes)
    sys.exit(_supervise(web, None if no_worker else [sys.executable, "-m", "server", "worker"]))


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


def _web_command(host: str, port: int, threads: int, processes: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(processes), "--blocking-threads", str(threads), "--no-ws", "--http", "1",
        "--backlog", str(CONNECTIONS), "--backpressure", str(CONNECTIONS), "--http1-header-read-timeout", str(HEAD_LIMIT_MS),
        "--respawn-failed-workers", "--respawn-interval", str(RESTART_DELAY_S), "--log-level", "error", "server.wsgi:app",
    ]  # fmt: skip


def _supervise(web: list[str], work: list[str] | None) -> int:
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
    started = time.monotonic()
    children, commands = {"web": _start(web)}, {"web": web}
    status = 0
    while not stopping.wait(0.2):
        age_s = time.monotonic() - started
        if work is not None and "work" not in children and age_s > WORKER_DELAY_S:
            commands["work"], children["work"] = work, _start(work)
        for name, child in list(children.items()):
            if child.poll() is None:
                continue
            if age_s < FIRST_S and child.returncode > 0:
                click.echo(f"sisir: the {name} process did not start; see the message above", err=True)
                status = child.returncode
                stopping.set()
                break
            stopping.wait(RESTART_DELAY_S)
            children[name] = _start(commands[name])
    _end(list(children.values()))
    return status


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    """A child that ends with this process, so that nobody else keeps the port when this one is killed."""
    return subprocess.Popen(command, preexec_fn=end_with_parent)  # noqa: S603 - our own command; one thread


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            child.kill()


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
    Jobs(ours).register()
    make_consumer(ours.queue, workers=workers).run()
