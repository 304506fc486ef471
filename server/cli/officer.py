"""`sisir officer`: officers' phones and their QR codes."""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import click
import segno
from sqlalchemy.orm import Session

from server import phone_code
from server.cli.context import backends, project_option
from server.db import session_scope
from server.services import accounts, officers, projects
from server.services.areas import area_names
from server.services.csv_lines import csv_line


@click.group()
def officer() -> None:
    """Officers: an officer is a phone with a token, a campaign and areas."""


@officer.command("add")
@click.argument("name")
@click.option(
    "--area",
    "areas",
    multiple=True,
    required=True,
    help="Area: 3517012001 or 3517012001/003/002; repeat for more.",
)
@click.option(
    "--png", type=click.Path(dir_okay=False, path_type=Path), help="Write the QR code to this file too."
)
@project_option
def add(name: str, areas: tuple[str, ...], png: Path | None, project_id: int) -> None:
    """Adds an officer and prints the server address and the QR code for ODK Collect."""
    ours = backends()
    with session_scope(ours.sessions) as session:
        campaign = projects.get_project(session, project_id)
        actor, token = accounts.create_officer(session, ours.seal, project=campaign, name=name, areas=areas)
        click.echo(f"Officer {actor.id}: {actor.display_name}  areas: {', '.join(areas)}")
        warn_of_unknown_areas(session, areas)
        show(ours.config.url, token, campaign.id, campaign.name, png)


def warn_of_unknown_areas(session: Session, paths: Iterable[str]) -> None:
    """Says on stderr which of these areas no boundary file has named yet: nothing will be found there."""
    codes = {path.replace(".", "").partition("/")[0] for path in paths}
    for code in sorted(codes - set(area_names(session, codes))):
        click.echo(f"Note: no area {code} is known yet; `sisir area list` shows those that are.", err=True)


@officer.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@project_option
def import_officers(file: TextIO, project_id: int) -> None:
    """Adds officers from a CSV with the columns name and areas (parted by spaces); prints id, name and token as CSV."""
    ours = backends()
    sys.stdout.write(csv_line(("id", "name", "token")))
    with session_scope(ours.sessions) as session:
        campaign = projects.get_project(session, project_id)
        for line in csv.DictReader(file):
            areas = (line.get("areas") or "").split()
            actor, token = accounts.create_officer(
                session, ours.seal, project=campaign, name=line.get("name") or "", areas=areas
            )
            sys.stdout.write(csv_line((actor.id, actor.display_name, token)))


@officer.command("qr")
@click.argument("officer_id", type=int)
@click.option(
    "--png", type=click.Path(dir_okay=False, path_type=Path), help="Write the QR code to this file too."
)
def qr(officer_id: int, png: Path | None) -> None:
    """Prints an officer's QR code again."""
    ours = backends()
    with session_scope(ours.sessions, read_only=True) as session:
        actor = officers.get_officer(session, officer_id)
        token = officers.get_token(session, ours.seal, actor)
        campaign = projects.get_project(session, actor.project_id or 0)
        show(ours.config.url, token, campaign.id, campaign.name, png)


@officer.command("list")
@project_option
def list_officers(project_id: int) -> None:
    """Lists the officers of a campaign with their areas."""
    with session_scope(backends().sessions, read_only=True) as session:
        for row in officers.list_with_areas(session, project_id):
            click.echo(
                f"{row.id}\t{row.name}\t{','.join(row.areas)}\t{'active' if row.is_active else 'revoked'}"
            )


@officer.command("revoke")
@click.argument("officer_id", type=int)
def revoke(officer_id: int) -> None:
    """Takes a phone's access away for good; what it sent stays."""
    with session_scope(backends().sessions) as session:
        accounts.revoke_officer(session, officers.get_officer(session, officer_id), actor_id=None)
    click.echo("The phone has no access any more.")


def show(url: str, token: str, project_id: int, project_name: str, png: Path | None = None) -> None:
    """Prints the address and the settings QR code of a phone."""
    text = phone_code.qr_text(url, token, project_id, project_name)
    code = segno.make(text, error="l", boost_error=False)
    click.echo(f"Server URL for ODK Collect: {phone_code.server_url(url, token, project_id)}")
    if png is not None:
        code.save(str(png), scale=6)
    if sys.stdout.isatty():
        code.terminal(compact=True)
