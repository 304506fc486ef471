"""`sisir area`: boundaries of villages and the tree of areas above them."""

import sys
from pathlib import Path

import click

from server.cli.context import backends
from server.cli.progress import progress_bar
from server.db import session_scope
from server.services import areas
from server.services.area_import import AreaReport, import_boundaries
from workers.area_codes import dotted_code
from workers.boundary_files import ColumnMapping, describe_boundaries, guess_columns
from workers.errors import BoundaryFileError

COLUMNS = ("code", "name", "district", "regency", "province", "legal_status")
SHOWN = 20


@click.group()
def area() -> None:
    """Areas: import village boundaries, list the tree."""


@area.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--uncertainty", "uncertainty_m", type=click.FloatRange(min=0), required=True, metavar="METRES",
              help="How far the drawn lines may be from the true ones. Lines simplified to about 10 m: 11.")  # fmt: skip
@click.option("--column", "columns", multiple=True, metavar="WHAT=COLUMN",
              help=f"Which column holds what ({', '.join(COLUMNS)}); needed only for unusual names.")  # fmt: skip
@click.option("--layer", help="Layer of the file; the first one by default.")
@click.option("--legal-status", help="For files without such a column: 'indikatif', 'penegasan'.")
def import_file(
    file: Path, uncertainty_m: float, columns: tuple[str, ...], layer: str | None, legal_status: str | None
) -> None:
    """Imports GeoJSON, GeoPackage, FlatGeobuf, Shapefile or zipped Shapefile. Exit status 1 when rows were refused."""
    mapping = _mapping(file, columns, layer)
    with progress_bar(file.name) as bar, session_scope(backends().sessions) as session:
        report = import_boundaries(
            session,
            file,
            uncertainty_m=uncertainty_m,
            mapping=mapping,
            layer=layer,
            legal_status=legal_status,
            progress=bar.show,
        )
    _print(report)
    sys.exit(1 if report.refused else 0)


@area.command("list")
@click.argument("code", required=False)
def list_areas(code: str | None) -> None:
    """Lists the areas right below one (35.17), or the topmost ones."""
    with session_scope(backends().sessions, read_only=True) as session:
        for row in areas.list_children(session, code):
            click.echo(f"{dotted_code(row.code)}\t{row.name}")


def _mapping(file: Path, columns: tuple[str, ...], layer: str | None) -> ColumnMapping | None:
    """The known names, with the given ones over them; None when none was given."""
    if not columns:
        return None
    given = dict(item.partition("=")[::2] for item in columns)
    wrong = [name for name, column in given.items() if name not in COLUMNS or not column]
    if wrong:
        raise click.UsageError(
            f"--column {wrong[0]}: write WHAT=COLUMN with WHAT one of {', '.join(COLUMNS)}"
        )
    try:
        found = describe_boundaries(file, layer=layer).columns
        guessed = (
            {name: getattr(guess_columns(found), name) for name in COLUMNS} if "code" not in given else {}
        )
    except BoundaryFileError as error:
        raise click.UsageError(str(error)) from error
    return ColumnMapping(**{**guessed, **given})


def _print(report: AreaReport) -> None:
    click.echo(
        f"{report.file_name}: {report.rows} rows, {report.created} villages new, {report.updated} updated, "
        f"{report.parents} areas above them new, {len(report.repaired)} boundaries repaired, {len(report.refused)} refused. "
        f"The lines count as true within {report.uncertainty_m:g} m."
    )
    for row, code, note in report.repaired[:SHOWN]:
        click.echo(f"  row {row} {code}: {note}")
    for refused in report.refused[:SHOWN]:
        click.echo(f"  row {refused.row} {refused.code} refused: {refused.reason}", err=True)
    hidden = max(len(report.repaired) - SHOWN, 0) + max(len(report.refused) - SHOWN, 0)
    if hidden:
        click.echo(f"  … and {hidden} more")
