"""/docs, where the API can be read and tried, and the document behind it.

The page is Swagger UI from the pinned console assets; its policy allows nothing from elsewhere.
"""

from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from server.api.call import Call
from server.api.routes import ANYBODY, File, Route, Table

table = Table("Description")
blueprint = Blueprint("docs", __name__)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@table.get("/openapi.json", right=ANYBODY, is_open=True, gives=File("application/json"))
def openapi(call: Call) -> Response:
    """This document: OpenAPI 3."""
    return jsonify(_document(current_app._get_current_object()))  # type: ignore[attr-defined]


@blueprint.get("/docs")
def page() -> Response:
    """The description, to read and to try."""
    response = Response(render_template("docs.html"), mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@cache
def _document(app: Any) -> dict[str, Any]:
    from server.api.openapi import (
        describe,
    )  # apispec is loaded when somebody reads, not when the server starts

    return describe(app, routes_of(app))


def routes_of(app: Any) -> tuple[Route, ...]:
    """The API's routes, as the blueprint's module lists them."""
    found: tuple[Route, ...] = app.extensions["sisir_routes"]
    return found
