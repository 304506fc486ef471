"""The demo on an installation as a command finds it: folders, key and tables made, progress shown."""

import sys

import click
from tqdm import tqdm

from server.backends import Backends, open_backends
from server.config import Config
from server.demo import campaign
from server.demo.record import FILE_NAME, write_record
from server.migrating import upgrade_database
from server.setting_up import prepare


def place(config: Config) -> bool:
    """Builds the demo when the database is empty; its schema is brought up to date in any case. Returns: whether it did."""
    prepare(config)
    backends = open_backends(config)
    try:
        upgrade_database(backends.engine)
        if not campaign.is_empty(backends):
            return False
        _build(backends, config)
        return True
    finally:
        backends.engine.dispose()


def _build(backends: Backends, config: Config) -> None:
    with tqdm(
        total=campaign.STEPS, file=sys.stderr, bar_format="{desc:26}{bar:30} {percentage:3.0f}% {elapsed}"
    ) as bar:

        def advance(text: str, steps: int) -> None:
            bar.set_description_str(text, refresh=False)
            bar.update(min(steps, campaign.STEPS - bar.n))

        try:
            record = campaign.build_demo(backends, advance)
        except BaseException:
            click.echo(
                f"\nThe demo was cut short. Remove {config.var} and the database, then start again.", err=True
            )
            raise
        advance("Selesai", campaign.STEPS)
    write_record(record, config.var / FILE_NAME)
