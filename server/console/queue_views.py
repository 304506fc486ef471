"""The overview of a campaign and the queue of its cases."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from server.console import searching
from server.console.blueprint import blueprint
from server.console.pages import Page, reading_page, row_id, writing_page
from server.console.typed_numbers import may_be_number
from server.edge import backends
from server.services import case_queue, overview, queue_choices
from server.services.case_queue import Filters

MAX_LENGTH = 500
FIRST_YEAR, LAST_YEAR = 1900, 2999
FILTER_NAMES = ("state", "area", "officer", "code", "severity", "form", "from", "to", "q", "s")


@blueprint.get("/projects/<int:project_id>/", endpoint="overview")
def overview_page(project_id: int) -> str:
    """Where the campaign stands, in the caller's areas."""
    with reading_page(project_id, "project.read") as page:
        seen = overview.load_overview(page.session, page.caller, page.campaign)
        return render_template("overview.html", seen=seen)


@blueprint.get("/projects/<int:project_id>/queue")
def queue(project_id: int) -> ResponseReturnValue:
    """The queue; with htmx only the rows that follow. A number in the address is taken out of it at once."""
    if may_be_number(request.args.get("q", "")):
        return redirect(url_for("console.queue", project_id=project_id, **kept_filters()))
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
        choices = queue_choices.list_choices(
            page.session, page.caller, project_id, area=filters.area, officer_id=filters.officer_id
        )
        return render_template("queue.html", found=found, filters=filters, kept=kept, choices=choices)


@blueprint.post("/projects/<int:project_id>/queue/search")
def search(project_id: int) -> ResponseReturnValue:
    """Sends a search on to the queue's address; what may be an identity number stands there sealed."""
    with writing_page(project_id, "case.read"):
        return redirect(url_for("console.queue", project_id=project_id, **kept_filters()), 303)


def kept_filters() -> dict[str, Any]:
    """The filters of this request, to be carried along in addresses; a number that was searched only sealed."""
    kept: dict[str, Any] = {
        name: request.values[name][:MAX_LENGTH] for name in FILTER_NAMES if request.values.get(name)
    }
    text = kept.get("q", "").strip()
    if "q" in kept:
        del kept["q"]
        kept.pop("s", None)
    if may_be_number(text):
        kept["s"] = searching.seal_search(backends().seal, text)
    elif text:
        kept["q"] = text[: searching.MAX_TEXT]
    return kept


def read_filters(page: Page, values: MultiDict[str, str] | None = None) -> Filters:
    """The filters in an address. What is not readable is left out; without a state it is the caller's own work."""
    source = values if values is not None else request.values
    state = source.get("state", "")
    seal, hidden = backends().seal, source.get("s", "")
    text = searching.open_search(seal, hidden[:MAX_LENGTH]) if hidden else source.get("q", "")
    filters = Filters(
        area=source.get("area", "").replace(".", "")[:32],
        officer_id=row_id(source.get("officer")),
        code=source.get("code", "")[:16],
        severity=source.get("severity", "")[:8],
        form_id=row_id(source.get("form")),
        first_on=_day(source.get("from")),
        last_on=_day(source.get("to")),
        search=text[: searching.MAX_TEXT],
        identity=searching.identity_hash(seal, text),
    )
    return replace(filters, state=state if state in case_queue.STATES else default_state(page))


def default_state(page: Page) -> str:
    """What a person works on: Dinsos on proposals, everybody else on open cases."""
    return "confirm" if page.may("case.confirm") and not page.caller.is_admin else "todo"


def _day(text: str | None) -> date | None:
    """A day that a visit can have been on; the ends of the calendar have no day after them in every time zone."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
