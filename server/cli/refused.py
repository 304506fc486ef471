"""`sisir refused`: submissions that were refused and are kept for rescue."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server.cli.context import backends, project_option
from server.db import session_scope
from server.errors import SisirError
from server.services import projects, rescue
from server.services.rescue import RefusedLine


@click.group()
def refused() -> None:
    """Submissions that were refused: look at them, take them in once the cause is mended, or throw them away."""


@refused.command("list")
@project_option
def list_refused(project_id: int) -> None:
    """Lists what is kept: number, when, how often, whose, problem code and reason."""
    ours = backends()
    with session_scope(ours.sessions, read_only=True) as session:
        projects.get_project(session, project_id)
        lines = rescue.list_refused(session, project_id)
    for line in lines:
        click.echo(_line(line, ours.config.timezone))
    if not lines:
        click.echo("Nothing was refused.")


def _line(line: RefusedLine, timezone: ZoneInfo) -> str:
    when = line.last_at.astimezone(timezone).strftime("%Y-%m-%d %H:%M")
    kept = "" if line.size_bytes else "  (XML not kept)"
    return f"{line.id}\t{when}\t{line.times}x\t{line.officer or '-'}\t{line.code}\t{line.message}{kept}"


@refused.command("show")
@click.argument("refused_id", type=int)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write the XML to; it holds answers in clear, so delete it afterwards.",
)
def show(refused_id: int, target: Path) -> None:
    """Writes the XML of one of them to a file, as its phone sent it."""
    ours = backends()
    with session_scope(ours.sessions) as session:
        xml = rescue.read_refused(session, ours, refused_id)
    target.touch(mode=0o600)
    target.write_bytes(xml)
    click.echo(f"{len(xml)} bytes written to {target}")


@refused.command("take")
@click.argument("refused_ids", type=int, nargs=-1, required=True)
def take(refused_ids: tuple[int, ...]) -> None:
    """Takes them in, as if their phones sent them now. Those that are still refused stay kept; exit status 1 then."""
    ours = backends()
    failed = 0
    for number in refused_ids:
        try:
            with session_scope(ours.sessions) as session:
                receipt = rescue.take_in(session, ours, number)
            click.echo(
                f"{number}: taken in as submission {receipt.submission_id}; it is checked within a minute"
            )
        except SisirError as error:
            failed += 1
            click.echo(f"{number}: still refused, {error.code} {error.message}", err=True)
    if failed:
        raise SystemExit(1)


@refused.command("drop")
@click.argument("refused_ids", type=int, nargs=-1, required=True)
@click.confirmation_option(prompt="Throw these away for good?")
def drop(refused_ids: tuple[int, ...]) -> None:
    """Throws them away for good."""
    with session_scope(backends().sessions) as session:
        for number in refused_ids:
            rescue.throw_away(session, number)
    click.echo(f"{len(refused_ids)} thrown away.")
