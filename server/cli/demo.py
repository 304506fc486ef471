"""`sisir demo`: an invented campaign on an empty installation, to look around in."""

import os

import click

from server.config import Config, load_config
from server.demo.record import FILE_NAME, read_record, show_record
from server.errors import SetupError
from server.schema import look_at_schema


@click.command()
@click.option(
    "--if-empty",
    is_flag=True,
    help="Leave an installation that holds anything as it is, and say how to log in.",
)
def demo(if_empty: bool) -> None:
    """Puts an invented campaign in place: 12 villages, 600 households, 200 visits. Only on an empty database."""
    config = load_config(os.environ)
    if not place_demo(config) and not if_empty:
        raise SetupError(
            "the database holds accounts or projects already; the demo needs an empty one, for example SISIR_VAR=another-folder"
        )
    show_demo(config)


def place_demo(config: Config) -> bool:
    """The demo in place, unless the installation holds anything. Returns: whether it was made now.

    An installation that clearly holds one is left alone at a glance: a start does not wait for more. A database of an earlier
    version is brought up to date.
    """
    schema = look_at_schema(config.database)
    if read_record(config.var / FILE_NAME) is not None and schema is not None and schema.is_current:
        return False
    from server.demo.placing import place  # the whole application: only the first start needs it here

    return place(config)


def show_demo(config: Config) -> None:
    """Prints address, log-ins and the first officer's QR code, as far as they are known."""
    click.echo(f"\nSisir: {config.url}")
    record = read_record(config.var / FILE_NAME)
    if record is None:
        click.echo(
            "Basis data sudah berisi; masuk dengan akun yang ada. / The database is in use; log in with its accounts."
        )
        return
    show_record(record, config.url)
