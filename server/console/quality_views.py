"""The page of findings about officers, and deciding them."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import reading_page, writing_page
from server.errors import BadValueError, GuardError, SisirError, StaleError
from server.services import officer_screening


@blueprint.get("/projects/<int:project_id>/officer-findings")
def officer_findings(project_id: int) -> str:
    """Officers of the caller's areas with what stands about their work."""
    return _show(project_id)


@blueprint.post("/projects/<int:project_id>/officer-findings/<int:finding_id>")
def decide_officer_finding(project_id: int, finding_id: int) -> ResponseReturnValue:
    """Confirms, dismisses or opens a finding again; back to the list."""
    try:
        with writing_page(project_id, "case.propose") as page:
            officer_screening.decide_finding(
                page.session,
                page.caller,
                page.campaign,
                finding_id,
                state=request.form.get("decision", ""),
                note=request.form.get("note", ""),
                stamp=request.form.get("stamp", ""),
            )
    except (StaleError, GuardError, BadValueError) as error:
        return _show(project_id, finding_id=finding_id, refused=error), error.status
    notify(gettext("The decision was saved."))
    target = url_for("console.officer_findings", project_id=project_id, _anchor=f"finding-{finding_id}")
    return redirect(target, 303)


def _show(project_id: int, *, finding_id: int | None = None, refused: SisirError | None = None) -> str:
    """The list; after a refusal with the reason and what was typed, so that nothing is lost."""
    with reading_page(project_id, "case.read") as page:
        judged = officer_screening.list_judged(page.session, page.caller, project_id, page.language)
        note = request.form.get("note", "") if refused else ""
        return render_template(
            "officer_findings.html", judged=judged, refused=refused, refused_id=finding_id, note=note
        )
