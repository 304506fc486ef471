"""Log in, log out, language, the choice of a campaign."""

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server import auth
from server.console.blueprint import LANGUAGES, blueprint, remember_language, safe_next, select_language
from server.console.notices import notify
from server.console.pages import reading_page, require_same_origin, writing_page
from server.db import session_scope
from server.edge import backends
from server.models.actor import Account
from server.services import accounts, projects
from server.services.accounts import Login

MAX_LOGIN_BYTES = 20_000
"""Nobody who is not logged in makes us keep more."""


@blueprint.get("/login")
def login() -> str:
    """The log-in page."""
    return render_template("login.html", next=request.args.get("next", ""), email="", failed=False)


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Checks address and password; a wrong one gives the same page with the address kept."""
    require_same_origin()
    request.max_content_length = MAX_LOGIN_BYTES
    email = request.form.get("email", "")
    with session_scope(backends().sessions) as session:
        done = accounts.log_in(session, email=email, password=request.form.get("password", ""))
        account = session.get(Account, done.actor_id) if done else None
        language = account.language if account else select_language()
    if done is None:
        page = render_template("login.html", next=request.form.get("next", ""), email=email, failed=True)
        return page, 401
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    _set_session_cookie(response, done)
    return remember_language(response, language)


def _set_session_cookie(response: Response, done: Login) -> None:
    ours = backends()
    response.set_cookie(
        auth.cookie_name(ours),
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
        auth.cookie_name(ours), secure=ours.config.is_https, httponly=True, samesite="Strict"
    )
    return response


@blueprint.post("/language")
def set_language() -> ResponseReturnValue:
    """Switches the language; of a person who is logged in for good."""
    wanted = request.form.get("language", "")
    language = wanted if wanted in LANGUAGES else LANGUAGES[0]
    if request.cookies.get(auth.cookie_name(backends())) and request.form.get("csrf"):
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
