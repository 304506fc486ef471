"""The console's blueprint: language, security headers, what every template sees, where a visitor without log-in goes.

Belongs here: what all pages share. Does not: any page.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.console import texts
from server.console.formats import FILTERS
from server.console.frame import HEADERS, LANGUAGE_COOKIE, current_address, select_language
from server.console.notices import carry_notice, take_notice
from server.edge import backends
from server.errors import NotAuthenticatedError

blueprint = Blueprint("console", __name__, static_folder="static", static_url_path="/static")
for name, function in FILTERS.items():
    blueprint.add_app_template_filter(function, name)


def remember_language(response: Response, language: str) -> Response:
    """Keeps the choice in a cookie for a year."""
    secure = backends().config.is_https
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=365 * 86400, httponly=True, secure=secure, samesite="Lax"
    )
    return response


def safe_next(address: str | None) -> str:
    """An address of this console to go on to; the home page for anything else."""
    text = (address or "").strip()
    parts = urlsplit(text)
    inside = (
        text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return text if inside and "\\" not in text else url_for("console.home")


@blueprint.after_app_request
def set_headers(response: Response) -> Response:
    """Security headers on every page; phones and the API have no use for them and no harm from them."""
    if request.path.startswith("/v1"):
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.blueprint == "console" and request.endpoint != "console.static":
        response.headers.setdefault("Cache-Control", "no-store")
    return carry_notice(response)


@blueprint.errorhandler(NotAuthenticatedError)
def ask_to_log_in(error: NotAuthenticatedError) -> ResponseReturnValue:
    """To the log-in page, and back afterwards; htmx is told to load the whole page."""
    target = url_for("console.login", next=current_address() if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target)


@blueprint.app_context_processor
def shared_values() -> dict[str, object]:
    """What every template sees. page is None before somebody logged in."""
    return {
        "page": g.get("page"),
        "language": select_language(),
        "texts": texts,
        "take_notice": take_notice,
        "current_address": current_address,
    }
