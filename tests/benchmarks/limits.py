"""What no program can beat on this machine in this run: one durable commit, bytes copied and synced, one shapely test."""

import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
import shapely

from tests.benchmarks.cpu import Trees

COMMITS = 500
COPIES = 100
ROUNDS = 4
"""The lowest counts: a limit is what the machine could do, and others use it too."""
TESTS = 20_000


@dataclass
class Limits:
    """Each limit is measured when it is first asked for. In CPU milliseconds of client and database together."""

    kind: str
    url: str
    database: Trees
    folder: Path

    @cached_property
    def commit_ms(self) -> float:
        """One row of 4 KB inserted and committed durably through the bare driver."""
        return self._cpu_ms(
            self._commit_sqlite() if self.kind == "sqlite" else self._commit_postgres(), COMMITS
        )

    @cached_property
    def copy_600_kb_ms(self) -> float:
        """600 KB written to a new file and synced."""
        data = os.urandom(600_000)

        def copy() -> None:
            path = self.folder / "copy"
            with path.open("wb") as file:
                file.write(data)
                os.fsync(file.fileno())

        return self._cpu_ms(copy, COPIES)

    def _cpu_ms(self, work: Callable[[], object], count: int) -> float:
        return min(self._round_ms(work, count) for _ in range(ROUNDS))

    def _round_ms(self, work: Callable[[], object], count: int) -> float:
        before = time.process_time() + self.database.cpu_s()
        for _ in range(count):
            work()
        return (time.process_time() + self.database.cpu_s() - before) / count * 1000

    def _commit_sqlite(self) -> Callable[[], object]:
        connection = sqlite3.connect(self.folder / "raw.db", isolation_level=None)
        for statement in (
            "pragma journal_mode=wal",
            "pragma synchronous=full",
            "create table raw (body blob)",
        ):
            connection.execute(statement)
        return lambda: connection.execute("insert into raw values (?)", (b"x" * 4096,))

    def _commit_postgres(self) -> Callable[[], object]:
        connection = psycopg.connect(self.url, autocommit=True)
        connection.execute("create table raw (body bytea)")
        return lambda: connection.execute("insert into raw values (%s)", (b"x" * 4096,))


def shapely_test_us(polygon: shapely.Geometry, points: list[tuple[float, float]]) -> list[float]:
    """Microseconds of each of many tests of one prepared polygon, sorted."""
    shapely.prepare(polygon)
    times = []
    for lon, lat in points:
        started = time.perf_counter_ns()
        shapely.intersects_xy(polygon, lon, lat)
        times.append((time.perf_counter_ns() - started) / 1000)
    return sorted(times)


def fixed_work_ms() -> float:
    """CPU milliseconds of a loop that never changes: how fast this machine is at the moment, others on it or not."""
    started = time.process_time()
    sum(number * number % 7 for number in range(1_000_000))
    return (time.process_time() - started) * 1000
