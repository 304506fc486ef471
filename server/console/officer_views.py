"""Officers: the list, a new one with areas, the QR code for the phone, the printed card, taking access away."""

import io
import re

import segno
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import or_, select

from server import phone_code
from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import Page, reading_page, writing_page
from server.edge import backends
from server.errors import BadValueError, NotFoundError
from server.models.actor import Actor
from server.models.area import Area
from server.services import accounts, officer_areas, officers
from server.services.officers import Officer

MAX_AREAS = 20
CODE = re.compile(r"(?<![^\s,;])[0-9][0-9.]+(?:/[0-9]+){0,2}")


@blueprint.get("/projects/<int:project_id>/officers")
def list_officers(project_id: int) -> str:
    """The officers of the campaign, and the form for a new one."""
    with reading_page(project_id, "officer.manage") as page:
        return _show_list(page)


@blueprint.post("/projects/<int:project_id>/officers")
def create_officer(project_id: int) -> ResponseReturnValue:
    """A new officer with areas; on to the QR code."""
    name = request.form.get("name", "")
    areas = read_areas(request.form.getlist("area"))
    try:
        with writing_page(project_id, "officer.manage") as page:
            officer_areas.require_areas_to_give(page.session, areas, page.caller.areas)
            found, _ = accounts.create_officer(
                page.session,
                backends().seal,
                project=page.campaign,
                name=name,
                areas=areas,
                created_by_id=page.caller.actor_id,
            )
            officer_id = found.id
    except BadValueError as error:
        with reading_page(project_id, "officer.manage") as page:
            return _show_list(
                page, refused=error, name=name, areas=request.form.getlist("area")
            ), error.status
    notify(gettext("The officer was made. Let the phone scan this code."))
    return redirect(url_for("console.officer", project_id=project_id, officer_id=officer_id), 303)


@blueprint.get("/projects/<int:project_id>/officers/<int:officer_id>")
def officer(project_id: int, officer_id: int) -> str:
    """One officer: areas, code, access."""
    with reading_page(project_id, "officer.manage") as page:
        found = _find(page, officer_id)
        return render_template("officer.html", officer=found, places=_area_names(page, found.areas))


@blueprint.post("/projects/<int:project_id>/officers/<int:officer_id>/areas")
def set_officer_areas(project_id: int, officer_id: int) -> ResponseReturnValue:
    """Replaces the officer's areas; the phone's lists follow at its next sync."""
    areas = read_areas(request.form.getlist("area"))
    with writing_page(project_id, "officer.manage") as page:
        found = _find(page, officer_id)
        officer_areas.give_areas(
            page.session, found.id, areas, within=page.caller.areas, actor_id=page.caller.actor_id
        )
    notify(gettext("The areas were saved."))
    return redirect(url_for("console.officer", project_id=project_id, officer_id=officer_id), 303)


@blueprint.post("/projects/<int:project_id>/officers/<int:officer_id>/revoke")
def revoke_officer(project_id: int, officer_id: int) -> ResponseReturnValue:
    """Takes the phone's access away."""
    with writing_page(project_id, "officer.manage") as page:
        found = _find(page, officer_id)
        actor = page.session.get_one(Actor, found.id)
        accounts.revoke_officer(page.session, actor, actor_id=page.caller.actor_id)
    notify(gettext("Access was taken away. What the phone sent stays."))
    return redirect(url_for("console.officer", project_id=project_id, officer_id=officer_id), 303)


@blueprint.get("/projects/<int:project_id>/officers/<int:officer_id>/qr.svg")
def officer_qr(project_id: int, officer_id: int) -> Response:
    """The code that sets ODK Collect up."""
    with reading_page(project_id, "officer.manage") as page:
        actor = officers.get_officer(page.session, _find(page, officer_id).id)
        token = officers.get_token(page.session, backends().seal, actor)
        text = phone_code.qr_text(backends().config.url, token, project_id, page.campaign.name)
    image = io.BytesIO()
    segno.make(text, error="l", mode="byte", micro=False).save(
        image, kind="svg", scale=4, border=4, light="white"
    )
    response = Response(image.getvalue(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/projects/<int:project_id>/officers/cards")
def officer_cards(project_id: int) -> str:
    """Cards to print, one a page: of one officer (?officer=), else of all with access."""
    wanted = request.args.get("officer", type=int)
    with reading_page(project_id, "officer.manage") as page:
        found = [
            item
            for item in officers.list_with_areas(page.session, project_id, page.caller.areas)
            if item.is_active
        ]
        shown = [item for item in found if wanted in (None, item.id)]
        names = dict(_area_names(page, tuple({path for item in shown for path in item.areas})))
        return render_template("cards.html", officers=shown, names=names, address=backends().config.url)


@blueprint.get("/projects/<int:project_id>/areas")
def area_options(project_id: int) -> str:
    """Areas whose name or code begins so, as options for a field."""
    text = " ".join(next(iter(request.args.values()), "").split())
    with reading_page(project_id, "project.read") as page:
        found: list[tuple[Area, str]] = []
        if len(text) >= 2:
            code = text.replace(".", "")
            rows = page.session.scalars(
                select(Area)
                .where(
                    or_(
                        Area.name.istartswith(text, autoescape=True),
                        Area.code.startswith(code, autoescape=True),
                    )
                )
                .order_by(Area.code)
                .limit(20)
            ).all()
            parents = _names(page, [row.code[:6] for row in rows])
            found = [(row, parents.get(row.code[:6], "")) for row in rows]
        return render_template("_area_options.html", areas=found)


def read_areas(texts: list[str]) -> list[str]:
    """Area paths from fields that hold '35.17.01.2001 Bandung, Diwek' or several paths; a text without code as it is."""
    found = []
    for text in texts[:MAX_AREAS]:
        found += CODE.findall(text) or [text.strip()] * bool(text.strip())
    return found


def _find(page: Page, officer_id: int) -> Officer:
    for item in officers.list_with_areas(page.session, page.campaign.id, page.caller.areas):
        if item.id == officer_id:
            return item
    raise NotFoundError("there is no such officer", message_id="Petugas ini tidak ada.")


def _area_names(page: Page, paths: tuple[str, ...]) -> list[tuple[str, str]]:
    names = _names(page, [path.partition("/")[0] for path in paths])
    return [(path, names.get(path.partition("/")[0], "")) for path in paths]


def _names(page: Page, codes: list[str]) -> dict[str, str]:
    return dict(page.session.execute(select(Area.code, Area.name).where(Area.code.in_(codes))).all())


def _show_list(
    page: Page, *, refused: BadValueError | None = None, name: str = "", areas: list[str] | None = None
) -> str:
    found = officers.list_with_areas(page.session, page.campaign.id, page.caller.areas)
    places = dict(_area_names(page, tuple({path for item in found for path in item.areas})))
    return render_template(
        "officers.html", officers=found, places=places, refused=refused, name=name, areas=areas or [""]
    )
