"""`make bench`: what each kind of request costs, beside what the machine could do at best in the same run.

    python -m tests.benchmarks [row ...] [--database postgresql|sqlite|both] [--requests 2000]

Rows: intake photos again formlist manifest csv rescreen csvzip entities places memory; all without names. Every figure is CPU time of web
server, worker and database processes together, for each request; that of the senders is left out. Trust it on a busy
machine, where clock time says nothing. Exit status 1 when a figure that the issue names is missed on PostgreSQL.
"""

import argparse
import sys

from tests.benchmarks.limits import fixed_work_ms
from tests.benchmarks.rows_entities import measure_bulk_create
from tests.benchmarks.rows_exports import measure_csv_zip
from tests.benchmarks.rows_intake import measure_again, measure_intake, measure_photos
from tests.benchmarks.rows_lists import measure_csv, measure_form_list, measure_manifest
from tests.benchmarks.rows_places import measure_places
from tests.benchmarks.rows_screening import measure_memory, measure_rescreening
from tests.benchmarks.table import Figure, render_figures
from tests.benchmarks.world import open_world

ROWS = {
    "formlist": measure_form_list,
    "manifest": measure_manifest,
    "csv": measure_csv,
    "intake": measure_intake,
    "again": measure_again,
    "photos": measure_photos,
    "rescreen": measure_rescreening,
    "csvzip": measure_csv_zip,
    "entities": measure_bulk_create,
    "memory": measure_memory,
}
APART = {"places": measure_places}
"""Rows that need no installation."""


def main() -> int:
    """Runs rows and prints them. Returns: the exit status."""
    options = _read_options()
    chosen = options.rows or [*APART, *ROWS]
    figures: list[Figure] = []
    for name in [name for name in chosen if name in APART]:
        figures += _print(APART[name]())
    for kind in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        rows = [name for name in chosen if name in ROWS]
        found = _run(kind, rows, options.requests) if rows else []
        figures += found if kind == "postgresql" else []
    return 0 if all(figure.is_met for figure in figures) else 1


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", choices=[*APART, *ROWS, []], metavar="row")
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--requests", type=int, default=2000)
    return parser.parse_args()


def _run(kind: str, rows: list[str], requests: int) -> list[Figure]:
    with open_world(kind, requests) as world:
        print(f"\n{kind}, {requests} requests a row; CPU of web, worker and database together")
        print(f"(a fixed piece of Python work takes {fixed_work_ms():.1f} ms now: compare runs by it)")
        idle = Figure("memory of web and worker, idle", world.server.pss_mb(), "MB", 250)
        figures = _print([idle] if "memory" in rows else [])
        for name in rows:
            figures += _print(ROWS[name](world))
        return figures


def _print(figures: list[Figure]) -> list[Figure]:
    if figures:
        print(render_figures(figures), flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
