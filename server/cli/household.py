"""`sisir household`: the register of families, and enrolling them in a campaign."""

import gc
import sys
from pathlib import Path

import click

from server.cli.context import backends, project_option
from server.cli.progress import progress_bar
from server.db import session_scope
from server.services import projects
from server.services.enrolment import EnrolReport, enrol_areas, enrol_households
from server.services.register_import import import_register
from server.services.register_mapping import load_mapping


@click.group()
def household() -> None:
    """Households: import the register, enrol families in a campaign."""


@household.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--name", help="What the office calls this snapshot, for example DTSEN-2026-T3; default the file's name."
)
@click.option("--mapping", "mapping_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help='TOML: canonical = "column"; needed only for unusual names.')  # fmt: skip
@click.option("--sheet", help="Worksheet of an .xlsx file; the first one by default.")
@click.option("--refused", "refusals", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write refused rows (line, reason, id); default FILE.refused.csv in this folder.")  # fmt: skip
def import_file(
    file: Path, name: str | None, mapping_file: Path | None, sheet: str | None, refusals: Path | None
) -> None:
    """Imports a register: CSV or XLSX, gzipped or not. Exit status 1 when rows were refused.

    Importing again is harmless: rows are known by the register's own id, unchanged ones are skipped.
    """
    refusals = refusals or Path(f"{file.name}.refused.csv")
    gc.freeze()  # rows come and go; what was loaded for this command stays
    with progress_bar(file.name) as bar:
        report = import_register(
            backends(),
            file,
            name=name or file.name.partition(".")[0],
            mapping=load_mapping(mapping_file) if mapping_file else None,
            sheet=sheet,
            refusals=refusals,
            progress=bar.show,
        )
    click.echo(
        f"{file.name}: {report.rows} rows, {report.created} families new, {report.updated} changed, "
        f"{report.unchanged} unchanged, {report.refused} refused; {report.absent} of earlier snapshots are not in it."
    )
    if report.other_columns:
        click.echo(
            f"Columns that Sisir does not know, kept but not read: {', '.join(report.other_columns)}. "
            "If one of them is the programmes, the NIK or the like, say so in a mapping file (--mapping).",
            err=True,
        )
    if report.refused:
        click.echo(f"The refused rows, with reasons: {refusals}", err=True)
        sys.exit(1)


@household.command("enrol")
@click.option("--area", "codes", multiple=True, required=True,
              help="Area: 35.17, 3517012001 or 3517012001/003/002; repeat for more.")  # fmt: skip
@project_option
def enrol(codes: tuple[str, ...], project_id: int) -> None:
    """Puts villages and families of these areas on the phones of a campaign; a repeat brings them up to date."""
    paths = tuple(code.replace(".", "") for code in codes)
    with progress_bar("keluarga") as bar, session_scope(backends().sessions) as session:
        projects.get_project(session, project_id)
        villages = enrol_areas(session, project_id, paths)
        families = enrol_households(session, project_id, area_paths=paths, progress=bar.show)
    for label, report in (("villages", villages), ("families", families)):
        click.echo(_line(label, report))


def _line(label: str, report: EnrolReport) -> str:
    return f"{report.total} {label}: {report.created} enrolled, {report.updated} updated, {report.unchanged} unchanged"
