"""`sisir screen`: runs the checks again."""

import click
from tqdm import tqdm

from server.cli.context import backends, project_option
from server.db import session_scope
from server.services import processing, rescreening


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every submission of the campaign.")
@click.option("--form", "form_id", help="Submissions of one form.")
@click.option("--area", help="Submissions of households in one area, e.g. 35.17.01.")
@click.option("--count", is_flag=True, help="Only print how many submissions are owed a screening.")
@project_option
def screen(everything: bool, form_id: str | None, area: str | None, count: bool, project_id: int) -> None:
    """Screens submissions again: after new rules, boundaries, settings or a new register. Decisions of people stay."""
    if count:
        with session_scope(backends().sessions, read_only=True) as session:
            click.echo(rescreening.count_owed(session, project_id))
        return
    if not (everything or form_id or area):
        raise click.UsageError("say which: --all, --form ID or --area CODE")
    ours = backends()
    with session_scope(ours.sessions) as session:
        owed = rescreening.owe(session, project_id, form_id=form_id, area=area)
    with tqdm(total=owed, unit=" submissions") as bar:
        while done := processing.process_owed(ours, limit=1):
            bar.update(done)
    click.echo(f"{owed} submissions were screened.")
