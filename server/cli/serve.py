"""`sisir serve`: the web server with its worker; `sisir worker`: a worker alone, on as many machines as wanted."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import click

from server.cli.context import backends
from server.config import load_config
from server.logs import set_up_logging

STOP_WAIT_S = 30


@click.command()
@click.option("--no-worker", is_flag=True, help="Start the web server only; workers run elsewhere.")
@click.option("--processes", default=1, show_default=True, help="Web processes.")
def serve(no_worker: bool, processes: int) -> None:
    """Starts the web server and, beside it, one worker. Ends both on Ctrl-C or SIGTERM."""
    config = load_config(os.environ)
    commands = [_web_command(config.host, config.port, config.threads, processes)]
    if not no_worker:
        commands.append([sys.executable, "-m", "server", "worker"])
    sys.exit(_supervise(commands))


def _web_command(host: str, port: int, threads: int, processes: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(processes), "--blocking-threads", str(threads), "--no-ws", "--respawn-failed-workers",
        "--log-level", "warning", "server.wsgi:app",
    ]  # fmt: skip


def _supervise(commands: list[list[str]]) -> int:
    """Runs the commands until a signal comes; a child that dies is started again. Returns: exit status."""
    children = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own commands
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    started = time.monotonic()
    while not stopping:
        time.sleep(0.2)
        for place, child in enumerate(children):
            if child.poll() is not None and not stopping:
                if time.monotonic() - started < 5:
                    click.echo("sisir: a part did not start; see the message above", err=True)
                    stop(0, None)
                    return child.returncode or 1
                children[place] = subprocess.Popen(commands[place])  # noqa: S603
    for child in children:
        try:
            child.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0


@click.command()
@click.option("--workers", default=1, show_default=True, help="Threads of this worker.")
def worker(workers: int) -> None:
    """Runs jobs from the queue until it is stopped."""
    from server.jobs import Jobs
    from workers.queue import make_consumer

    set_up_logging()
    ours = backends()
    Jobs(ours)
    make_consumer(ours.queue, workers=workers).run()
