"""`sisir export`: tables for other programs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from sqlalchemy.orm import Session
from tqdm import tqdm

from server.cli.context import backends, project_option
from server.db import session_scope
from server.services import exports, projects


@click.group()
def export() -> None:
    """Tables for other programs."""


_output = click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default standard output.",
)


@export.command("findings")
@_output
@project_option
def findings(output: Path | None, project_id: int) -> None:
    """Every finding of a campaign as CSV: source_id, submission, form, officer, code, …, evidence as JSON, at."""
    _write(exports.iter_findings_csv, output, project_id)


@export.command("visits")
@_output
@project_option
def visits(output: Path | None, project_id: int) -> None:
    """Every submission of a campaign as CSV: source_id, submission, form, officer, place and relation to the village."""
    _write(exports.iter_visits_csv, output, project_id)


@export.command("households")
@_output
@project_option
def households(output: Path | None, project_id: int) -> None:
    """The campaign's households as CSV: the register's id, the entity's uuid on the phones, area."""
    _write(exports.iter_households_csv, output, project_id)


def _write(
    table: Callable[[Session, int, tuple[str, ...] | None], Iterator[str]],
    output: Path | None,
    project_id: int,
) -> None:
    target = output.open("w", encoding="utf-8", newline="") if output else sys.stdout
    try:
        with session_scope(backends().sessions, read_only=True) as session:
            projects.get_project(session, project_id)
            for line in tqdm(
                table(session, project_id, None), unit=" rows", disable=output is None, file=sys.stderr
            ):
                target.write(line)
    finally:
        if output:
            target.close()
