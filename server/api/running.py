"""Serves one route of the API: body, caller, what the path names, right, values, view, answer; one transaction.

Belongs here: the order of these steps. Does not: any of them (bodies.py, auth.py, targets.py, shapes.py, answers.py).
"""

import hmac
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Request, Response, request
from sqlalchemy.orm import Session

from server.api.answers import answer
from server.api.bodies import MAX_JSON_BYTES, read_json
from server.api.call import Call
from server.api.routes import File, Route
from server.api.shapes import Shape, made
from server.api.targets import find_targets, read_path, require_one
from server.auth import identify, take_password
from server.edge import backends
from server.errors import BadHeaderError, NotAuthenticatedError
from server.permissions import Caller

BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def view_of(route: Route) -> Callable[..., Response]:
    """The Flask view of a route."""

    def view(**values: str) -> Response:
        return run(route, values)

    view.__name__ = route.endpoint
    view.__doc__ = route.view.__doc__
    return view


def run(route: Route, values: dict[str, str]) -> Response:
    """Answers one request. Raises: what rendering.py turns into a problem; nothing stays then."""
    call = Call(
        backends(),
        path=read_path(values),
        extended=request.headers.get("X-Extended-Metadata", "").lower() == "true",
        notes=_notes(request),
    )
    if route.max_bytes > MAX_JSON_BYTES:
        _require_right(route, call)
    raw = read_json(request, max_bytes=route.max_bytes) if _takes_json(route) else None
    if not route.is_open:
        take_password(request, call.backends)
    if route.by_hand:
        with call.reading() as session:
            _pass_the_door(route, call, session, raw)
        response = answer(route, call, route.view(call))
    else:
        with call.reading() if route.is_reading else call.writing() as session:
            _pass_the_door(route, call, session, raw)
            call.opened = session
            found = route.view(call)
            session.flush()
            response = answer(route, call, found)
    for job in call.afterwards:
        job()
    return response


def _require_right(route: Route, call: Call) -> None:
    """Before megabytes are read: who calls, and may they? All is asked again when the work begins."""
    take_password(request, call.backends)
    with call.reading() as session:
        caller = identify(request, call.backends, session)
        if caller is None:
            raise NotAuthenticatedError()
        require_one(caller, route.rights, find_targets(session, call.path))


def _takes_json(route: Route) -> bool:
    return route.takes is not None and not isinstance(route.takes, File)


def _pass_the_door(route: Route, call: Call, session: Session, raw: Any) -> None:
    """Central's order: who, which thing, may they, are the values right."""
    if not route.is_open:
        call.anybody = identify(request, call.backends, session)
        if call.anybody is None:
            raise NotAuthenticatedError()
        if not route.is_reading:
            _require_csrf(call, call.anybody, raw)
    call.targets = find_targets(session, call.path)
    if call.anybody is not None:
        require_one(call.anybody, route.rights, call.targets)
    if route.query is not None:
        call.query = made(route.query).load(request.args.to_dict())
    if isinstance(route.takes, type) and issubclass(route.takes, Shape):
        call.body = made(route.takes).load(raw)


def _require_csrf(call: Call, caller: Caller, raw: Any) -> None:
    """A page of another site can make a browser send the cookie, but neither this header nor the session's token.

    Source: the REST specification, "Sessions and current user".
    """
    if "sisir.key" in request.environ or request.headers.get("Authorization"):
        return
    if request.headers.get("X-Requested-With") == "XMLHttpRequest" or caller.csrf is None:
        return
    body = raw if raw is not None else read_json(request)
    sent = str(body.get("__csrf", "")) if isinstance(body, dict) else ""
    if not hmac.compare_digest(sent.encode(), caller.csrf.encode()):
        raise NotAuthenticatedError(
            f"a request that carries the cookie {call.backends.config.session_cookie} needs X-Requested-With or __csrf"
        )


def _notes(incoming: Request) -> str | None:
    """X-Action-Notes, percent-decoded. Raises: BadHeaderError (400.6) when that gives no text."""
    sent = incoming.headers.get("X-Action-Notes")
    if sent is None:
        return None
    try:
        text = unquote_to_bytes(_checked(sent)).decode()
    except ValueError as error:
        raise BadHeaderError(
            "the header X-Action-Notes cannot be decoded", details={"field": "X-Action-Notes", "value": sent}
        ) from error
    return text.replace("\x00", "")[:10_000] or None


def _checked(text: str) -> str:
    """As decodeURIComponent: a % without two hexadecimal digits is a mistake."""
    if BROKEN_ESCAPE.search(text):
        raise ValueError("a % is not followed by two hexadecimal digits")
    return text
