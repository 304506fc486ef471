"""The installation that is measured: the real `sisir` web server and worker over PostgreSQL or SQLite, durable, filled.

Belongs here: starting, filling, waiting, measuring a stretch of work. Does not: the single rows (rows_*.py).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from server.app import create_app
from server.backends import open_backends
from server.config import load_config
from server.models.submission import Submission
from server.services import claims
from tests.benchmarks import filling, form
from tests.benchmarks.cpu import Trees
from tests.benchmarks.limits import Limits
from tests.installation import Installation, new_installation
from tests.office import Office, Phone
from tests.servers import fresh_database, run_postgres

START_S = 60


@dataclass
class Spent:
    """CPU seconds within a block, by 'web', 'worker' and 'database'."""

    parts: dict[str, float] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        return sum(self.parts.values())

    def shares(self, count: int) -> str:
        """Milliseconds each, for the last column."""
        return " ".join(f"{name} {seconds / count * 1000:.2f}" for name, seconds in self.parts.items())


@dataclass
class World:
    """One running installation."""

    kind: str
    office: Office
    installation: Installation
    houses: list[filling.House]
    phones: list[Phone]
    database_pid: int | None
    requests: int
    limits: Limits
    _children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    worker_mb: float = 0.0
    """Most memory that a worker had before it was stopped."""
    _used: int = 0

    @property
    def port(self) -> int:
        return int(self.installation.environ["SISIR_PORT"])

    @property
    def server(self) -> Trees:
        """Web server and worker."""
        return Trees(tuple(child.pid for child in self._children.values()))

    @property
    def database(self) -> Trees:
        return Trees((self.database_pid,) if self.database_pid else ())

    @contextmanager
    def measured(self) -> Iterator[Spent]:
        """What web server, worker and database spend within the block."""
        trees = {name: Trees((child.pid,)) for name, child in self._children.items()} | {
            "database": self.database
        }
        spent, before = Spent(), {name: tree.cpu_s() for name, tree in trees.items()}
        yield spent
        spent.parts = {name: tree.cpu_s() - before[name] for name, tree in trees.items()}

    @contextmanager
    def working(self) -> Iterator[Spent]:
        """What this process, doing the worker's work itself, and the database spend within the block."""
        spent, own_s, database_s = Spent(), time.process_time(), self.database.cpu_s()
        yield spent
        spent.parts = {"worker": time.process_time() - own_s, "database": self.database.cpu_s() - database_s}

    def numbers(self, count: int) -> range:
        """Numbers of filled forms that were not used before."""
        self._used += count
        return range(self._used - count, self._used)

    def most_memory_mb(self) -> float:
        """Of the web server now, and of the worker when it had most."""
        web, worker = (Trees((self._children[name].pid,)).pss_mb() for name in ("web", "worker"))
        return web + max(worker, self.worker_mb)

    def start(self, name: str) -> None:
        """'web' or 'worker'."""
        words = {"web": ("serve", "--no-worker"), "worker": ("worker",)}[name]
        with (self.installation.var / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", "server", *words],
                env=self.installation.environ,
                stdout=log,
                stderr=log,
            )

    def stop(self, name: str) -> None:
        child = self._children.pop(name)
        if name == "worker":
            self.worker_mb = max(self.worker_mb, Trees((child.pid,)).pss_mb())
        child.terminate()
        child.wait(60)

    def stop_all(self) -> None:
        for name in list(self._children):
            self.stop(name)

    def wait_until_idle(self, *, seconds: float = 600) -> None:
        """Until no submission is owed a screening."""
        deadline = time.monotonic() + seconds
        while self.owed():
            assert time.monotonic() < deadline, f"{self.owed()} submissions were not screened in {seconds} s"
            time.sleep(0.25)

    def owed(self) -> int:
        with self.office.session() as session:
            return session.scalar(select(func.count()).select_from(claims.owed_query().subquery())) or 0

    def stored(self) -> int:
        with self.office.session() as session:
            return session.scalar(select(func.count()).select_from(Submission)) or 0


@contextmanager
def open_world(kind: str, requests: int) -> Iterator[World]:
    """An installation on 'postgresql' or 'sqlite' with 7,000 households, the form, eight phones; web and worker running."""
    with tempfile.TemporaryDirectory(prefix="sisir-bench-") as folder, _database(kind) as (variables, pid):
        installation = new_installation(Path(folder) / "var", **variables)
        backends = open_backends(load_config(installation.environ))
        office = Office(backends, create_app(backends), 1)
        office.publish(form.workbook(), "ukur.md")
        houses = filling.fill(office)
        phones = [office.phone(f"Petugas {number}", filling.DISTRICT) for number in range(8)]
        limits = Limits(kind, variables.get("SISIR_DATABASE", ""), Trees((pid,) if pid else ()), Path(folder))
        world = World(kind, office, installation, houses, phones, pid, requests, limits)
        try:
            world.start("web")
            world.start("worker")
            installation.wait_for_page(world._children["web"])
            time.sleep(3)
            yield world
        finally:
            world.stop_all()
            backends.engine.dispose()


@contextmanager
def _database(kind: str) -> Iterator[tuple[dict[str, str], int | None]]:
    if kind == "sqlite":
        yield {}, None
        return
    with run_postgres(durable=True) as server, fresh_database(server) as database:
        pid = int((server.folder / "postmaster.pid").read_text().split()[0])
        yield {"SISIR_DATABASE": database.plain_url, "SISIR_QUEUE": database.plain_url}, pid
