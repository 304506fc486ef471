"""Sessions: logging in, looking at one's session, ending it. Source: the REST specification, "Sessions and current user"."""

from flask import Response, jsonify, request
from marshmallow import fields

from server import auth
from server.api.call import Call
from server.api.routes import ANYBODY, Table
from server.api.shapes import Shape, Text, Time
from server.errors import NotAllowedError, NotAuthenticatedError
from server.models.actor import ActorKind
from server.services import session_ends
from server.services.accounts import SESSION_TIME

table = Table("Sessions")
CSRF_COOKIE = "__csrf"


class Credentials(Shape):
    """Address and password."""

    together = True
    email = Text(required=True, max_chars=320)
    password = Text(required=True, max_chars=1000, load_only=True)


class SessionShape(Shape):
    """When a session began and when it ends."""

    created_at = Time()
    expires_at = Time()


class NewSession(SessionShape):
    """A session just begun: the token is shown this once."""

    token = fields.String()
    csrf = fields.String()


@table.post(
    "/sessions",
    right=ANYBODY,
    is_open=True,
    by_hand=True,
    takes=Credentials,
    gives=NewSession,
    problems=("429.1",),
)
def log_in(call: Call) -> Response:
    """Logs a person in: a token for the header, and the same as a cookie for pages."""
    ours = call.backends
    done = auth.log_in(ours, request, email=call.body["email"], password=call.body["password"])
    if done is None:
        raise NotAuthenticatedError("the mail address or the password is wrong")
    shown = {
        "created_at": done.expires_at - SESSION_TIME,
        "expires_at": done.expires_at,
        "token": done.token,
        "csrf": done.csrf,
    }
    response = jsonify(NewSession().dump(shown))
    options = {"expires": done.expires_at, "secure": ours.config.is_https, "samesite": "Strict", "path": "/"}
    response.set_cookie(ours.config.session_cookie, done.token, httponly=True, **options)  # type: ignore[arg-type]
    response.set_cookie(CSRF_COOKIE, done.csrf, **options)  # type: ignore[arg-type]
    return response


@table.get("/sessions/restore", right=ANYBODY, is_open=True, gives=SessionShape, problems=("401.2", "403.1"))
def restore(call: Call) -> object:
    """The session that this request came with; 404 for nobody, and for whoever came with a password."""
    caller = auth.identify(request, call.backends, call.session)
    return session_ends.get_session(call.session, caller)


@table.delete("/sessions/current", right=ANYBODY)
def end_current(call: Call) -> Response | None:
    """Ends the session that this request came with; phones and links cannot."""
    if call.caller.kind != ActorKind.user:
        raise NotAllowedError("phones and links cannot end their own access")
    session_ends.end_own_session(call.session, call.caller)
    return _without_cookies(call)


@table.delete("/sessions/<token>", right=ANYBODY)
def end(call: Call) -> Response | None:
    """Ends the session of a token: one's own, or for good the access of a phone or link."""
    own = session_ends.end_session(call.session, call.caller, call.path["token"])
    return _without_cookies(call) if own else None


def _without_cookies(call: Call) -> Response:
    response = jsonify({"success": True})
    secure = call.backends.config.is_https
    response.delete_cookie(
        call.backends.config.session_cookie, secure=secure, httponly=True, samesite="Strict"
    )
    response.delete_cookie(CSRF_COOKIE, secure=secure, samesite="Strict")
    return response
