"""`sisir project`: campaigns."""

import click

from server.cli.context import backends
from server.db import session_scope
from server.services import projects


@click.group()
def project() -> None:
    """Campaigns: a project holds forms, entity lists, officers and submissions."""


@project.command("add")
@click.argument("name")
def add(name: str) -> None:
    """Opens a campaign and prints its number."""
    with session_scope(backends().sessions) as session:
        made = projects.create_project(session, name=name)
        click.echo(f"{made.id}\t{made.name}")


@project.command("list")
def list_projects() -> None:
    """Lists the campaigns."""
    with session_scope(backends().sessions, read_only=True) as session:
        for row in projects.all_projects(session):
            click.echo(f"{row.id}\t{row.name}")
