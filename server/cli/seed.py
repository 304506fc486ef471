"""`sisir seed`: a database full of invented families and visits, to measure with."""

import os

import click

from server.backends import open_backends
from server.cli.progress import phase_bars
from server.cli.schema import require_schema
from server.cli.setup import prepare
from server.config import load_config
from server.migrating import upgrade_database
from server.schema import look_at_schema
from server.seed.seeding import seed as fill

LABELS = {
    "pattern": "contoh",
    "places": "wilayah dan petugas",
    "submissions": "kiriman",
    "indexes": "indeks",
}


@click.command()
@click.option(
    "--submissions", default=100_000, show_default=True, type=click.IntRange(1), help="How many visits."
)
@click.option(
    "--households", default=20_000, show_default=True, type=click.IntRange(1), help="How many families."
)
def seed(submissions: int, households: int) -> None:
    """Fills a database with invented families and visits, to measure with. Never on a database with real ones.

    The demo is made first and copied: other villages (region code 99), other numbers, the same kinds of visits and findings.
    Photos are named, but only a few have files. Stop the server meanwhile.
    """
    config = load_config(os.environ)
    prepare(config)
    ours = open_backends(config)
    state = look_at_schema(config.database)
    if state is not None and state.found is None:
        upgrade_database(ours.engine)
    require_schema(config)
    with phase_bars(LABELS) as bars:
        done = fill(ours, households=households, submissions=submissions, progress=bars.show)
    click.echo(
        f"{done.households} families and {done.submissions} visits, {done.rows} rows in {done.seconds:.1f} s: "
        f"{done.submissions / done.seconds:.0f} visits a second. Everything is invented (region code 99)."
    )
