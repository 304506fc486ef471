"""How fast submissions of the bundled forms are taken in and screened, against bare durable commits of the same bytes.

    python -m tests.benchmarks.bench_screening [--houses 70] [--photos] [--database sqlite|postgresql] [--each]

Everything is measured in this run on the same database with fsync on. Raw: each XML is inserted into a table of its own in
a transaction of its own. Intake: the same XMLs through the whole WSGI application, one request each. Screening: the worker,
in batches; with --each after every submission, as in an office where one phone sends now and then. Prints milliseconds
per submission, processor and clock, and the ratio of the raw commits to intake and screening together.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert
from werkzeug.test import EnvironBuilder

from server.demo.drawing import draw_photo
from tests.office import HEADERS, Office, open_office
from tests.servers import fresh_database, run_postgres
from tests.sweep import Sent, Sweep, open_sweep

RAW = Table("bench_raw", MetaData(), Column("id", Integer, primary_key=True), Column("xml", LargeBinary))


@dataclass
class Spent:
    """Seconds of the processor and of the clock."""

    processor_s: float = 0.0
    clock_s: float = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Adds what the block takes."""
        clock, processor = time.perf_counter(), time.process_time()
        yield
        self.clock_s += time.perf_counter() - clock
        self.processor_s += time.process_time() - processor


def main() -> int:
    """Runs the benchmark. Returns: the exit status."""
    options = _read_options()
    with tempfile.TemporaryDirectory(prefix="sisir-bench-") as folder, _database(options.database) as url:
        queue = f"sqlite:{folder}/queue.db"
        office = open_office(
            Path(folder) / "var", SISIR_QUEUE=queue, **({"SISIR_DATABASE": url} if url else {})
        )
        sweep = open_sweep(office)
        _warm_up(sweep)
        sent = _fill(sweep, options.houses, photos=options.photos)
        raw = _commit_raw(office, sent)
        intake, screening = _play(sweep, sent, each=options.each)
        _tell(len(sent), raw, intake, screening)
        office.backends.engine.dispose()
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--houses", type=int, default=70, help="three submissions each")
    parser.add_argument("--photos", action="store_true", help="two photos for each house")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--each", action="store_true", help="screen after every submission")
    return parser.parse_args()


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with run_postgres(durable=True) as server, fresh_database(server) as database:
        yield database.plain_url


def _fill(sweep: Sweep, houses: int, *, photos: bool) -> list[Sent]:
    sent = []
    for house in sweep.add_houses(houses):
        photo = draw_photo(f"rumah {house.number}", f"foto {house.number}") if photos else None
        sent += sweep.fill(house, photo=photo, cars=house.number % 7 == 0, is_poor=house.number % 3 == 0)
    return sent


def _warm_up(sweep: Sweep) -> None:
    """Imports, prepared statements, definitions and rules are there before the clock runs."""
    for house in sweep.add_houses(2):
        sweep.send(sweep.fill(house))
    sweep.office.work()


def _commit_raw(office: Office, sent: Sequence[Sent]) -> Spent:
    spent = Spent()
    RAW.create(office.backends.engine)
    for item in sent:
        with spent.measured(), office.backends.engine.begin() as connection:
            connection.execute(insert(RAW).values(xml=item.xml))
    return spent


def _play(sweep: Sweep, sent: Sequence[Sent], *, each: bool) -> tuple[Spent, Spent]:
    intake, screening = Spent(), Spent()
    for item in sent:
        request = _request(sweep, item)
        with intake.measured():
            request()
        if each:
            with screening.measured():
                sweep.office.work()
    with screening.measured():
        sweep.office.work()
    return intake, screening


def _request(sweep: Sweep, item: Sent) -> Callable[[], None]:
    """A POST that is encoded already: only the server's side is measured."""
    files = {"xml_submission_file": (io.BytesIO(item.xml), "a.xml", "text/xml")}
    files |= {name: (io.BytesIO(data), name, "image/jpeg") for name, data in item.files.items()}
    environ = EnvironBuilder(
        sweep.phone.url("submission"), method="POST", data=files, headers=HEADERS
    ).get_environ()

    def run() -> None:
        statuses: list[str] = []
        body = sweep.office.app(environ, lambda status, _headers, _error=None: statuses.append(status))
        b"".join(body)
        assert statuses[0].startswith("201"), statuses

    return run


def _tell(count: int, raw: Spent, intake: Spent, screening: Spent) -> None:
    rows = {"raw commits": raw, "intake": intake, "screening": screening}
    sys.stdout.write(f"{count} submissions; milliseconds each\n")
    for name, spent in rows.items():
        processor, clock = (seconds / count * 1000 for seconds in (spent.processor_s, spent.clock_s))
        sys.stdout.write(f"{name:12} processor {processor:7.2f}  clock {clock:7.2f}\n")
    both = Spent(intake.processor_s + screening.processor_s, intake.clock_s + screening.clock_s)
    sys.stdout.write(
        f"together     processor {both.processor_s / count * 1000:7.2f}  clock {both.clock_s / count * 1000:7.2f}"
        f"  raw/ours {raw.clock_s / both.clock_s:.3f}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
