"""What a view found, as an answer: JSON by its schema, "success", headers, ETag.

Source: the REST specification, "Conventions".
"""

from typing import Any

from flask import Response, jsonify, request

from server.api.call import Call
from server.api.routes import File, Gives, Many, Route
from server.api.shapes import Success, made

CACHED, FRESH = ("private, no-cache", "Accept-Encoding, Origin"), ("no-store", "*")


def answer(route: Route, call: Call, found: Any) -> Response:
    """The answer of a route; a view that made a Response itself keeps it."""
    if isinstance(found, Response):
        return found
    gives = route.extended if call.extended and route.extended is not None else route.gives
    return jsonify(render(gives, found))


def render(gives: Gives, found: Any) -> Any:
    """The JSON value of what a view found."""
    if isinstance(gives, File):
        raise TypeError("a view that gives a file must make its own Response")
    if isinstance(gives, Many):
        return made(gives.shape).dump(found, many=True)
    if gives is Success:
        return {"success": True}
    return made(gives).dump(found)


def finish(response: Response) -> Response:
    """Caching rules on every answer under /v1; a weak ETag on what was read, 304 when it is known already."""
    reading = request.method in ("GET", "HEAD") and not request.path.startswith("/v1/sessions")
    caching, vary = CACHED if reading else FRESH
    response.headers.setdefault("Cache-Control", caching)
    response.headers.setdefault("Vary", vary)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if reading and response.status_code == 200 and not response.is_streamed and response.is_json:
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response
