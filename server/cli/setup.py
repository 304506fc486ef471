"""`sisir init`: an empty installation made ready: folders, office key, tables, roles, the first administrator."""

import os
import secrets

import click

from media.sealing import new_key
from server.backends import open_backends
from server.config import Config, load_config
from server.db import session_scope
from server.migrating import upgrade_database
from server.services import accounts


@click.command()
@click.option(
    "--admin",
    "email",
    default="admin@sisir.local",
    show_default=True,
    help="Mail address of the first administrator.",
)
@click.option("--password", default=None, help="Password; without it one is made and printed once.")
def init(email: str, password: str | None) -> None:
    """Makes folders, office key, tables and the first administrator. An existing installation is only upgraded."""
    config = load_config(os.environ)
    prepare(config)
    backends = open_backends(config)
    upgrade_database(backends.engine)
    with session_scope(backends.sessions) as session:
        accounts.seed_roles(session)
        if accounts.has_users(session):
            click.echo("The database is up to date; its accounts were left as they are.")
            return
        chosen = password or secrets.token_urlsafe(12)
        admin = accounts.create_user(session, email=email, password=chosen, name="Administrator")
        accounts.assign(session, admin.id, "admin")
    click.echo(f"Administrator: {email}  password: {chosen}")


def prepare(config: Config) -> None:
    """Folders and office key. An existing key is never replaced."""
    config.var.mkdir(parents=True, exist_ok=True)
    if config.key is None and not config.key_file.exists():
        descriptor = os.open(config.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
