"""How fast the register is imported, against a raw executemany of the same rows into the same table.

    python -m tests.benchmarks.bench_import [--rows 100000] [--rounds 3] [--database sqlite|postgresql]

Both are measured in this run, in turns, each into a fresh database with the same schema, indexes and settings. The raw side
gets the finished rows (numbers sealed, JSON written) as the import left them and only inserts them, in one transaction. The
import reads and checks the CSV, seals two numbers a row, looks for changes, commits batch by batch and keeps the file.
Prints rows per second of both, medians, and the ratio; exit status 1 when the ratio is below --least.
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import text

import server.models.all  # noqa: F401
from media.sealing import new_key
from server.backends import Backends, open_backends
from server.config import load_config
from server.db import Base, session_scope
from server.services.register_import import import_register
from tests.server.factories import add_village, register_row, write_csv
from tests.servers import fresh_database, run_postgres

VILLAGES = 300
LEAST = 1 / 3


def main() -> int:
    """Runs the benchmark. Returns: the exit status."""
    options = _read_options()
    gc.freeze()  # as the command does
    with (
        tempfile.TemporaryDirectory(prefix="sisir-bench-") as folder,
        _databases(options.database) as new_url,
    ):
        file = _write_register(Path(folder) / "register.csv.gz", options.rows)
        imported, raw = [], []
        for number in range(options.rounds):
            with _office(Path(folder) / f"a{number}", new_url) as office:
                imported.append(_time_import(office, file))
                table, rows = _finished_rows(office)
            with _office(Path(folder) / f"b{number}", new_url) as office:
                raw.append(_time_raw(office, table, rows))
    return _tell(options, statistics.median(imported), statistics.median(raw))


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--least", type=float, default=LEAST)
    return parser.parse_args()


def _tell(options: argparse.Namespace, imported_s: float, raw_s: float) -> int:
    ratio = raw_s / imported_s
    print(f"{options.database}: {options.rows} households, median of {options.rounds} rounds")
    print(f"  import           {imported_s:8.2f} s {options.rows / imported_s:10.0f} rows/s")
    print(f"  raw executemany  {raw_s:8.2f} s {options.rows / raw_s:10.0f} rows/s")
    print(f"  ratio            {ratio:8.2f}   (at least {options.least:.2f})")
    return 0 if ratio >= options.least else 1


def _write_register(path: Path, rows: int) -> Path:
    return write_csv(path, (register_row(number, **_varied(number, rows)) for number in range(rows)))


def _varied(number: int, rows: int) -> dict[str, str]:
    """Numbers that all differ, villages one after the other, as a register has them."""
    scattered = number * 7_919 % 900_000
    return {
        "village_code": _village(number * VILLAGES // rows),
        "nik_head": f"3517{number % 21:02d}{scattered // 9000 % 28 + 1:02d}{scattered % 12 + 1:02d}{scattered:06d}",
        "no_kk": f"3517{number % 21:02d}0101{scattered:06d}",
        "dob_head": f"19{40 + scattered % 60}-{scattered % 12 + 1:02d}-{scattered % 28 + 1:02d}",
        "registered_lat": f"-7.{scattered:07d}",
        "registered_lon": f"112.{scattered:07d}",
        "rt": f"{number % 30 + 1:03d}",
    }


def _village(number: int) -> str:
    return f"3517{number // 15 + 1:02d}{2001 + number % 15}"


@contextmanager
def _databases(kind: str) -> Iterator[Any]:
    """A function that gives a context with the URL of a fresh database, for a folder."""
    if kind == "sqlite":
        yield _sqlite
        return
    with run_postgres(durable=True) as postgres:

        @contextmanager
        def on_postgres(_folder: Path) -> Iterator[str]:
            with fresh_database(postgres) as database:
                yield database.url

        yield on_postgres


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'sisir.db'}"


@contextmanager
def _office(folder: Path, new_url: Any) -> Iterator[Backends]:
    folder.mkdir()
    with new_url(folder) as url:
        environ = {
            "SISIR_VAR": str(folder),
            "SISIR_DATABASE": url,
            "SISIR_QUEUE": "memory:",
            "SISIR_KEY": new_key(),
            "SISIR_URL": "http://127.0.0.1:8000",
        }
        office = open_backends(load_config(environ))
        Base.metadata.create_all(office.engine)
        with session_scope(office.sessions) as session:
            for number in range(VILLAGES):
                add_village(session, _village(number))
        yield office
        office.engine.dispose()


def _time_import(office: Backends, file: Path) -> float:
    start = time.perf_counter()
    report = import_register(office, file, name="bench")
    taken = time.perf_counter() - start
    assert report.refused == 0
    return taken


def _finished_rows(office: Backends) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The rows of the table in the driver's own form, without what only the database of the import has."""
    connection = office.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("select * from household order by id")
    names = [column[0] for column in cursor.description]
    keep = [at for at, name in enumerate(names) if name not in ("id", "snapshot_id")]
    rows = [tuple(_as_parameter(row[at]) for at in keep) for row in cursor.fetchall()]
    connection.close()
    return [names[at] for at in keep], rows


def _as_parameter(value: Any) -> Any:
    """psycopg reads JSON as objects, and wants them wrapped to write them."""
    if isinstance(value, dict | list):
        return Jsonb(value)
    return value


def _time_raw(office: Backends, names: list[str], rows: list[tuple[Any, ...]]) -> float:
    mark = "?" if office.engine.dialect.name == "sqlite" else "%s"
    statement = f"insert into household ({', '.join(names)}) values ({', '.join([mark] * len(names))})"
    with office.engine.begin() as connection:
        connection.execute(text("select 1"))
        cursor = connection.connection.cursor()
        start = time.perf_counter()
        cursor.executemany(statement, rows)
        connection.commit()
        return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
