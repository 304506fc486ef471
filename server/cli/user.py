"""`sisir user`: people who log in at the console."""

import secrets

import click

from server.cli.context import backends
from server.cli.officer import warn_of_unknown_areas
from server.db import session_scope
from server.permissions import ROLES, SITE
from server.services import accounts, password_links

PEOPLE = [role.system for role in ROLES if role.system not in ("app-user", "pub-link", "pwreset")]


@click.group()
def user() -> None:
    """People who log in: add, list, change passwords."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(PEOPLE), required=True, help="What they may do.")
@click.option(
    "--area",
    "areas",
    multiple=True,
    help="Area they see: 35.17, 3517012001 or 3517012001/003/002; repeat for more.",
)
@click.option("--name", default="", help="Name shown to others.")
@click.option("--password", default=None, help="Password; without it one is made and printed once.")
def add(email: str, role: str, areas: tuple[str, ...], name: str, password: str | None) -> None:
    """Adds a person with a role and areas. Administrators see every area, others only those given."""
    chosen = password or secrets.token_urlsafe(12)
    with session_scope(backends().sessions) as session:
        actor = accounts.create_user(session, email=email, password=chosen, name=name)
        accounts.assign(session, actor.id, role, SITE)
        accounts.set_areas(session, actor.id, areas)
        warn_of_unknown_areas(session, areas)
    if role != "admin" and not areas:
        click.echo("Note: without --area this person sees no household.", err=True)
    click.echo(f"{email}  role {role}  password: {chosen}")


@user.command("password")
@click.argument("email")
@click.password_option()
def password(email: str, password: str) -> None:
    """Sets a new password and ends the person's sessions."""
    with session_scope(backends().sessions) as session:
        accounts.set_password(session, accounts.get_account(session, email).actor_id, password)
    click.echo("The password was changed.")


@user.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Prints a link by which a person chooses a password, once, within a day: for newcomers and lost passwords."""
    with session_scope(backends().sessions) as session:
        account = accounts.get_account(session, email)
        made = password_links.make_link(session, account.actor_id, url=backends().config.url, actor_id=None)
    click.echo(made.url)


@user.command("list")
def list_users() -> None:
    """Lists everybody who can log in."""
    with session_scope(backends().sessions, read_only=True) as session:
        for row in accounts.list_users(session):
            click.echo(f"{row.id}\t{row.email}\t{row.name}\t{','.join(row.roles)}\t{','.join(row.areas)}")
