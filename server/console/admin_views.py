"""What the office may look up and change: rules and checks in force, settings."""

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import Page, reading_page, writing_page
from server.edge import backends
from server.errors import BadValueError
from server.scope import covers_any
from server.services import catalogue, settings


@blueprint.get("/projects/<int:project_id>/rules")
def rules(project_id: int) -> str:
    """Every check and rule in force."""
    with reading_page(project_id, "case.read") as page:
        groups = catalogue.list_rule_groups(page.session, project_id, page.language)
        return render_template("rules.html", groups=groups)


@blueprint.get("/projects/<int:project_id>/settings")
def show_settings(project_id: int) -> str:
    """The office's thresholds with the values that hold where and since when."""
    with reading_page(project_id, "setting.write") as page:
        return _show(page)


@blueprint.post("/projects/<int:project_id>/settings")
def set_setting(project_id: int) -> ResponseReturnValue:
    """A value from a day on, for an area or the whole office."""
    try:
        with writing_page(project_id, "setting.write") as page:
            _require_own_area(page, request.form.get("area", "").split(" ")[0])
            settings.set_value(
                page.session,
                request.form.get("name", ""),
                request.form.get("value", ""),
                from_on=_day(request.form.get("from_on", "")),
                area_code=request.form.get("area", "").split(" ")[0],
                actor_id=page.caller.actor_id,
            )
    except BadValueError as error:
        with reading_page(project_id, "setting.write") as page:
            return _show(page, refused=error), error.status
    notify(gettext("The value was saved. It holds for visits from that day on."))
    name = request.form.get("name", "")
    return redirect(url_for("console.show_settings", project_id=project_id, _anchor=f"setting-{name}"), 303)


def _require_own_area(page: Page, area: str) -> None:
    """A value for the whole office, or for an area outside one's own, is for those who see everything."""
    if page.caller.areas is not None and not covers_any(page.caller.areas, area.replace(".", "")):
        raise BadValueError(
            "this area is not yours",
            message_id="Anda hanya dapat mengatur wilayah Anda sendiri; pilih wilayahnya.",
        )


def _show(page: Page, *, refused: BadValueError | None = None) -> str:
    lines = catalogue.list_settings(page.session, page.language)
    ours = backends()
    today = ours.clock().astimezone(ours.config.timezone).date()
    return render_template("settings.html", lines=lines, refused=refused, today=today)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadValueError("the day is not readable", message_id="Tanggal mulai tidak benar.") from error
