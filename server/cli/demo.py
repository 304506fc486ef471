"""`sisir demo`: an invented campaign on an empty installation, to look around in."""

import os
import sys

import click
import segno
from tqdm import tqdm

from server.backends import Backends, open_backends
from server.cli.setup import prepare
from server.config import Config, load_config
from server.db import session_scope
from server.demo import campaign
from server.errors import SetupError
from server.migrating import upgrade_database
from server.services import officers, projects

RECORD = "demo.json"


@click.command()
@click.option(
    "--if-empty",
    is_flag=True,
    help="Leave an installation that holds anything as it is, and say how to log in.",
)
def demo(if_empty: bool) -> None:
    """Puts an invented campaign in place: 12 villages, 600 households, 200 visits. Only on an empty database."""
    config = load_config(os.environ)
    prepare(config)
    backends = open_backends(config)
    upgrade_database(backends.engine)
    if campaign.is_empty(backends):
        _build(backends, config)
    elif not if_empty:
        raise SetupError(
            "the database holds accounts or projects already; the demo needs an empty one, for example SISIR_VAR=another-folder"
        )
    _show(backends, config)


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
    campaign.write_record(record, config.var / RECORD)


def _show(backends: Backends, config: Config) -> None:
    """Prints address, log-ins and the first officer's QR code, as far as they are known."""
    click.echo(f"\nSisir: {config.url}")
    record = campaign.read_record(config.var / RECORD)
    if record is None:
        click.echo(
            "Basis data sudah berisi; masuk dengan akun yang ada. / The database is in use; log in with its accounts."
        )
        return
    for person in campaign.PEOPLE:
        login: campaign.Login = getattr(record, person.key)
        click.echo(f"  {person.key:11} {login.email:26} {login.password}")
    _show_phone(backends, config, record)


def _show_phone(backends: Backends, config: Config, record: campaign.DemoRecord) -> None:
    officer = record.officers[0]
    with session_scope(backends.sessions, read_only=True) as session:
        project = projects.get_project(session, record.project_id)
        text = officers.qr_text(config.url, officer.token, project.id, project.name)
    click.echo(f"\nODK Collect, {officer.name}: pindai kode ini / scan this code")
    segno.make(text, error="l", boost_error=False).terminal(compact=True)
    click.echo(f"  {officers.server_url(config.url, officer.token, record.project_id)}")
