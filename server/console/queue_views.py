"""The overview of a campaign and the queue of its cases."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from server.console.blueprint import blueprint
from server.console.pages import Page, reading_page, writing_page
from server.edge import backends
from server.services import case_queue, overview
from server.services.case_queue import Filters

FILTER_NAMES = ("state", "area", "officer", "code", "severity", "form", "from", "to", "q", "id")
IDENTITY_DIGITS = 16


@blueprint.get("/projects/<int:project_id>/", endpoint="overview")
def overview_page(project_id: int) -> str:
    """Where the campaign stands, in the caller's areas."""
    with reading_page(project_id, "project.read") as page:
        seen = overview.load_overview(page.session, page.caller, page.campaign)
        return render_template("overview.html", seen=seen)


@blueprint.get("/projects/<int:project_id>/queue")
def queue(project_id: int) -> str:
    """The queue; with htmx only the rows that follow."""
    with reading_page(project_id, "case.read") as page:
        filters = read_filters(page)
        found = case_queue.list_queue(
            page.session,
            page.caller,
            project_id,
            filters,
            timezone=backends().config.timezone,
            cursor=request.args.get("after"),
        )
        kept = kept_filters()
        if request.headers.get("HX-Request") and request.args.get("after"):
            return render_template("_queue_rows.html", found=found, kept=kept)
        choices = overview.filter_choices(page.session, page.caller, project_id)
        return render_template("queue.html", found=found, filters=filters, kept=kept, choices=choices)


@blueprint.post("/projects/<int:project_id>/queue/search")
def search(project_id: int) -> ResponseReturnValue:
    """Sends a search on to the queue's address; an identity number leaves only its keyed hash there."""
    with writing_page(project_id, "case.read"):
        text = request.form.get("q", "").strip()
    kept: dict[str, Any] = {
        name: value for name, value in request.form.items() if name in FILTER_NAMES and value
    }
    kept.pop("q", None)
    kept.pop("id", None)
    digits = "".join(text.split())
    if digits.isdecimal() and len(digits) == IDENTITY_DIGITS:
        kept["id"] = backends().seal.keyed_hash(digits).hex()
    elif text:
        kept["q"] = text[:100]
    return redirect(url_for("console.queue", project_id=project_id, **kept), 303)


def kept_filters() -> dict[str, Any]:
    """The filters of this request, to be carried along in addresses."""
    return {name: request.values[name] for name in FILTER_NAMES if request.values.get(name)}


def read_filters(page: Page, values: MultiDict[str, str] | None = None) -> Filters:
    """The filters in an address. What is not readable is left out; without a state it is the caller's own work."""
    source = values if values is not None else request.values
    state = source.get("state", "")
    filters = Filters(
        area=source.get("area", "").replace(".", "")[:32],
        officer_id=source.get("officer", type=int),
        code=source.get("code", "")[:16],
        severity=source.get("severity", "")[:8],
        form_id=source.get("form", type=int),
        first_on=_day(source.get("from")),
        last_on=_day(source.get("to")),
        search=source.get("q", "")[:100],
        identity=source.get("id", "")[:64],
    )
    return replace(filters, state=state if state in case_queue.STATES else default_state(page))


def default_state(page: Page) -> str:
    """What a person works on: Dinsos on proposals, everybody else on open cases."""
    return "confirm" if page.may("case.confirm") and not page.caller.is_admin else "todo"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
