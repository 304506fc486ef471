"""`sisir form`: publishing forms."""

import sys
from pathlib import Path

import click

from forms.library import list_bundled, open_bundled
from server.cli.context import backends, project_option
from server.db import session_scope
from server.errors import FormRefusedError
from server.models.form import FormState
from server.services import projects, publishing


@click.group()
def form() -> None:
    """Forms: publish XLSForms, list them, open and close them."""


@form.command("publish")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bundled", is_flag=True, help="Publish the bundled forms: penyisiran, aset, stiker.")
@click.option("--ignore-warnings", is_flag=True, help="Publish although there are warnings.")
@project_option
def publish(files: tuple[Path, ...], bundled: bool, ignore_warnings: bool, project_id: int) -> None:
    """Compiles, checks and publishes workbooks (.xlsx, .xls) or XForms (.xml) with their rules."""
    sources = [(file.name, file.read_bytes()) for file in files]
    if bundled:
        sources += [(f"{item.name}.xlsx", open_bundled(item.name)) for item in list_bundled()]
    if not sources:
        raise click.UsageError("name at least one file, or --bundled")
    for name, data in sources:
        click.echo(f"{name}: compiling …")
        _publish_one(name, data, project_id, ignore_warnings=ignore_warnings or bundled)


def _publish_one(name: str, data: bytes, project_id: int, *, ignore_warnings: bool) -> None:
    ours = backends()
    with session_scope(ours.sessions, read_only=True) as session:
        project = projects.get_project(session, project_id)
        known = publishing.known_definitions(session, project.id)
    try:
        upload = publishing.compile_upload(
            data, file_name=name, known_forms=known, fallback_id=Path(name).stem
        )
    except FormRefusedError as error:
        click.echo(f"{name}: not published.\n{error.message}", err=True)
        sys.exit(1)
    for warning in upload.warnings:
        click.echo(f"  warning: {warning}", err=True)
    if upload.warnings and not ignore_warnings:
        click.echo(
            f"{name}: not published because of the warnings; --ignore-warnings publishes it all the same.",
            err=True,
        )
        sys.exit(1)
    with session_scope(ours.sessions) as session:
        project = projects.get_project(session, project_id)
        made, _ = publishing.save_draft(session, ours, project=project, upload=upload, actor_id=None)
        version = publishing.publish_draft(session, made, actor_id=None)
    rules = len(upload.rules.rules) if upload.rules else 0
    checked = "validated" if version.is_validated else "not validated (no Java found)"
    click.echo(f"{name}: published {made.xml_form_id} version {version.version!r}, {rules} rules, {checked}.")


@form.command("list")
@project_option
def list_forms(project_id: int) -> None:
    """Lists the forms of a campaign."""
    with session_scope(backends().sessions, read_only=True) as session:
        for row in publishing.list_with_versions(session, project_id):
            click.echo(f"{row.form_id}\t{row.version}\t{row.state}\t{row.title}")


@form.command("state")
@click.argument("form_id")
@click.argument("state", type=click.Choice([item.value for item in FormState]))
@project_option
def set_state(form_id: str, state: str, project_id: int) -> None:
    """open = listed and accepting, closing = accepting only, closed = neither."""
    with session_scope(backends().sessions) as session:
        publishing.set_state(
            session, publishing.get_form(session, project_id, form_id), FormState(state), actor_id=None
        )
    click.echo(f"{form_id} is {state}.")
