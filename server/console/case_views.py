"""The page of a case, and what people do on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import Page, reading_page, row_id, writing_page
from server.console.queue_views import kept_filters, read_filters
from server.edge import backends
from server.errors import BadValueError, GuardError, NotAllowedError, SisirError, StaleError
from server.models.case import Case, Proposal
from server.models.finding import FindingState
from server.services import audit, case_map, case_queue, case_reading, reviewing

MIN_PURPOSE = 10


@dataclass(frozen=True)
class Refusal:
    """Why an act was not done, with what the person typed, so that nothing is lost."""

    error: SisirError
    act: str
    note: str
    proposal: str
    officer_id: str
    revision: int
    finding_id: int | None = None


@blueprint.get("/projects/<int:project_id>/cases/<int:case_id>")
def case(project_id: int, case_id: int) -> str:
    """A case with all that is known about it."""
    with reading_page(project_id, "case.read") as page:
        return _show(page, case_id)


@blueprint.get("/projects/<int:project_id>/cases/<int:case_id>/<any(next,previous):step>")
def neighbour(project_id: int, case_id: int, step: str) -> ResponseReturnValue:
    """The case after or before this one in the same filter; the queue when there is none."""
    with reading_page(project_id, "case.read") as page:
        found = reviewing.find_case(page.session, page.caller, project_id, case_id)
        target = case_queue.find_neighbour(
            page.session,
            page.caller,
            found,
            read_filters(page),
            timezone=backends().config.timezone,
            forward=step == "next",
        )
    if target is None:
        notify(gettext("No further case in this filter."))
        return redirect(url_for("console.queue", project_id=project_id, **kept_filters()))
    return redirect(_address(project_id, target))


@blueprint.get("/projects/<int:project_id>/cases/<int:case_id>/map.json")
def map_data(project_id: int, case_id: int) -> dict[str, object]:
    """What stands on the map of a case."""
    with reading_page(project_id, "case.read") as page:
        found = reviewing.find_case(page.session, page.caller, project_id, case_id)
        return case_map.load_map(page.session, page.caller, found)


@blueprint.post("/projects/<int:project_id>/cases/<int:case_id>/findings/<int:finding_id>")
def decide_finding(project_id: int, case_id: int, finding_id: int) -> ResponseReturnValue:
    """Confirms, dismisses or opens a finding again; back to the case."""
    wanted = request.form.get("decision", "")

    def act(page: Page, found: Case) -> None:
        if wanted not in ("open", "confirmed", "dismissed"):
            raise BadValueError("no such state")
        reviewing.decide_finding(
            page.session,
            page.caller,
            found,
            finding_id,
            state=FindingState(wanted),
            note=request.form.get("note", ""),
            expected_revision=_revision(),
            together=[number for text in request.form.getlist("together")[:50] if (number := row_id(text))],
            seen=request.form.get("seen"),
        )

    refused = _act(project_id, case_id, "finding", act, finding_id=finding_id)
    if refused is not None:
        return refused
    if request.headers.get("HX-Request"):
        return case(project_id, case_id)
    target = _address(project_id, case_id)
    return redirect(f"{target}#finding-{finding_id}", 303)


@blueprint.post("/projects/<int:project_id>/cases/<int:case_id>/proposal")
def propose(project_id: int, case_id: int) -> ResponseReturnValue:
    """Puts a proposal on the case and goes on to the next one."""

    def act(page: Page, found: Case) -> None:
        wanted = request.form.get("proposal", "")
        if wanted not in set(Proposal):
            raise BadValueError("no proposal was chosen", message_id="Pilih satu usul.")
        reviewing.propose(
            page.session,
            page.caller,
            found,
            proposal=Proposal(wanted),
            note=request.form.get("note", ""),
            officer_id=row_id(request.form.get("officer_id")),
            expected_revision=_revision(),
            seen=request.form.get("seen"),
        )

    return _act(project_id, case_id, "propose", act) or _go_on(
        project_id, case_id, gettext("Proposed: %(name)s.")
    )


@blueprint.post("/projects/<int:project_id>/cases/<int:case_id>/confirm")
def confirm(project_id: int, case_id: int) -> ResponseReturnValue:
    """Dinsos confirms the proposal and goes on."""

    def act(page: Page, found: Case) -> None:
        ours = backends()
        reviewing.confirm(
            page.session,
            page.caller,
            found,
            note=request.form.get("note", ""),
            expected_revision=_revision(),
            on=ours.clock().astimezone(ours.config.timezone).date(),
            seen=request.form.get("seen"),
        )

    return _act(project_id, case_id, "decide", act, verb="case.confirm") or _go_on(
        project_id, case_id, gettext("Confirmed: %(name)s.")
    )


@blueprint.post("/projects/<int:project_id>/cases/<int:case_id>/return")
def return_case(project_id: int, case_id: int) -> ResponseReturnValue:
    """Dinsos returns the proposal and goes on."""

    def act(page: Page, found: Case) -> None:
        reviewing.return_case(
            page.session,
            page.caller,
            found,
            note=request.form.get("note", ""),
            expected_revision=_revision(),
            seen=request.form.get("seen"),
        )

    return _act(project_id, case_id, "decide", act, verb="case.confirm") or _go_on(
        project_id, case_id, gettext("Returned: %(name)s.")
    )


@blueprint.post("/projects/<int:project_id>/cases/<int:case_id>/unmask")
def unmask(project_id: int, case_id: int) -> ResponseReturnValue:
    """The case with sensitive answers in clear, once; who looked and why is in the audit log."""
    purpose = " ".join(request.form.get("purpose", "").split())[:500]
    with writing_page(project_id, "identity.unmask") as page:
        if len(purpose) < MIN_PURPOSE:
            notify(gettext("Write what you need it for, at least 10 characters."), "error")
            return redirect(_address(project_id, case_id), 303)
        found = reviewing.find_case(page.session, page.caller, project_id, case_id)
        audit.record(
            page.session,
            page.caller.actor_id,
            "identity.unmask",
            page.campaign.actee_id,
            {"caseId": found.id},
            notes=purpose,
        )
    with reading_page(project_id, "identity.unmask") as page:
        return _show(page, case_id, reveal=True)


def _act(
    project_id: int,
    case_id: int,
    name: str,
    act: Callable[[Page, Case], None],
    *,
    verb: str = "case.propose",
    finding_id: int | None = None,
) -> ResponseReturnValue | None:
    """None when it was done; else the case as it stands now, with the reason and the text that was typed."""
    try:
        with writing_page(project_id, verb) as page:
            act(page, reviewing.find_case(page.session, page.caller, project_id, case_id))
        return None
    except (StaleError, GuardError, BadValueError) as error:
        refusal = Refusal(
            error=error,
            act=name,
            note=request.form.get("note", ""),
            proposal=request.form.get("proposal", ""),
            officer_id=request.form.get("officer_id", ""),
            revision=row_id(request.form.get("revision")) or 0,
            finding_id=finding_id,
        )
    with reading_page(project_id, "case.read") as page:
        return _show(page, case_id, refusal=refusal), refusal.error.status


def _show(page: Page, case_id: int, *, reveal: bool = False, refusal: Refusal | None = None) -> str:
    found = reviewing.find_case(page.session, page.caller, page.campaign.id, case_id)
    seen = case_reading.get_case(
        page.session, backends(), page.caller, found, language=page.language, reveal=reveal
    )
    changes = []
    if refusal is not None and isinstance(refusal.error, StaleError):
        changes = reviewing.list_events(page.session, found, after_revision=refusal.revision)
    return render_template(
        "case.html", seen=seen, case=found, kept=kept_filters(), refusal=refusal, changes=changes
    )


def _go_on(project_id: int, case_id: int, message: str) -> ResponseReturnValue:
    """To the next case of the same filter, saying what was done."""
    with reading_page(project_id, "case.read") as page:
        found = reviewing.find_case(page.session, page.caller, project_id, case_id)
        notify(message % {"name": found.title})
    step: dict[str, Any] = {"project_id": project_id, "case_id": case_id, "step": "next", **kept_filters()}
    return redirect(url_for("console.neighbour", **step), 303)


def _address(project_id: int, case_id: int) -> str:
    """The page of a case, the filters of the queue kept."""
    values: dict[str, Any] = {"project_id": project_id, "case_id": case_id, **kept_filters()}
    return url_for("console.case", **values)


def _revision() -> int:
    revision = row_id(request.form.get("revision"))
    if revision is None:
        raise NotAllowedError("the revision is missing", message_id="Muat ulang halaman lalu coba lagi.")
    return revision
