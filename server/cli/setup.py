"""`sisir init`: an empty installation made ready: folders, office key, tables, roles, the first administrator."""

import os
import secrets

import click

from server.backends import open_backends
from server.config import load_config
from server.db import session_scope
from server.migrating import upgrade_database
from server.services import accounts
from server.setting_up import prepare


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
