"""Log in, log out, language, the choice of a campaign."""

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server import auth
from server.console.blueprint import blueprint, remember_language, safe_next
from server.console.frame import LANGUAGES, render_login, select_language
from server.console.notices import notify
from server.console.pages import reading_page, require_same_origin, writing_page
from server.db import session_scope
from server.edge import backends
from server.errors import TooManyAttemptsError, UnavailableError
from server.models.actor import Account
from server.openrosa.answers import retry_after
from server.services import accounts, projects
from server.services.accounts import Login

MAX_LOGIN_BYTES = 20_000
"""Nobody who is not logged in makes us keep more."""


@blueprint.get("/login")
def login() -> str:
    """The log-in page."""
    return render_login(going_to=request.args.get("next", ""))


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Checks address and password; a wrong one gives the same page with the address kept."""
    require_same_origin()
    request.max_content_length = MAX_LOGIN_BYTES
    email, going_to, ours = request.form.get("email", ""), request.form.get("next", ""), backends()
    try:
        done = auth.log_in(ours, request, email=email, password=request.form.get("password", ""))
    except (TooManyAttemptsError, UnavailableError) as error:
        page = render_login(going_to=going_to, email=email, refused=error)
        return page, error.status, {"Retry-After": retry_after(error)}
    if done is None:
        return render_login(going_to=going_to, email=email, failed=True), 401
    with session_scope(ours.sessions, read_only=True) as session:
        account = session.get(Account, done.actor_id)
        language = account.language if account else select_language()
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    _set_session_cookie(response, done)
    return remember_language(response, language)


def _set_session_cookie(response: Response, done: Login) -> None:
    ours = backends()
    response.set_cookie(
        ours.config.session_cookie,
        done.token,
        expires=done.expires_at,
        httponly=True,
        secure=ours.config.is_https,
        samesite="Strict",
    )


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    """Ends this session."""
    with writing_page(None, None) as page:
        if page.caller.session_id is not None:
            accounts.log_out(page.session, page.caller.session_id)
    ours = backends()
    response = make_response(redirect(url_for("console.login"), 303))
    response.delete_cookie(
        ours.config.session_cookie, secure=ours.config.is_https, httponly=True, samesite="Strict"
    )
    return response


@blueprint.post("/language")
def set_language() -> ResponseReturnValue:
    """Switches the language; of a person who is logged in for good."""
    wanted = request.form.get("language", "")
    language = wanted if wanted in LANGUAGES else LANGUAGES[0]
    if request.cookies.get(backends().config.session_cookie) and request.form.get("csrf"):
        with writing_page(None, None) as page:
            accounts.set_language(page.session, page.caller.actor_id, language)
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    return remember_language(response, language)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The campaigns; straight to the only one."""
    with reading_page(None, None) as page:
        found = projects.list_projects(page.session, page.caller)
        if len(found) == 1 and not page.may("project.create"):
            return redirect(url_for("console.overview", project_id=found[0].id))
        return render_template("projects.html", projects=found)


@blueprint.post("/projects")
def create_project() -> ResponseReturnValue:
    """A new campaign."""
    with writing_page(None, "project.create") as page:
        project = projects.create_project(
            page.session, name=request.form.get("name", ""), actor_id=page.caller.actor_id
        )
        project_id = project.id
    notify(gettext("The campaign was made. Upload its forms next."))
    return redirect(url_for("console.forms", project_id=project_id), 303)
