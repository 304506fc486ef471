"""Choosing a password by the link that the office handed over; no log-in is needed, the link is the right."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server.auth import TOKEN
from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import require_same_origin
from server.db import session_scope
from server.edge import backends
from server.errors import BadValueError, NotAllowedError
from server.services import accounts, password_links


@blueprint.get("/password")
def password() -> ResponseReturnValue:
    """The form; for a link that works no more, a page that says so."""
    token = request.args.get("token", "")
    with session_scope(backends().sessions, read_only=True) as session:
        works = TOKEN.fullmatch(token) is not None and accounts.find_session(session, token) is not None
    return render_template("password.html", token=token, works=works, refused=None), 200 if works else 403


@blueprint.post("/password")
def choose_password() -> ResponseReturnValue:
    """Sets the password, then on to the log-in page; a bad one gives the same page again."""
    require_same_origin()
    token = request.form.get("token", "")
    try:
        with session_scope(backends().sessions) as session:
            found = accounts.find_session(session, token) if TOKEN.fullmatch(token) else None
            if found is None:
                raise NotAllowedError("this link works no more")
            caller = accounts.load_caller(session, found[1], found[0])
            password_links.set_by_link(session, caller, request.form.get("new", ""))
    except (BadValueError, NotAllowedError) as error:
        works = isinstance(error, BadValueError)
        page = render_template("password.html", token=token, works=works, refused=error if works else None)
        return page, error.status
    notify(gettext("The password was saved. Log in with it."))
    return redirect(url_for("console.login"), 303)
