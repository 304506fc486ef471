"""The OpenAPI document, made from the tables of routes and, for phones' routes, from the URL map.

Belongs here: how a route is described. Does not: showing it (docs.py).
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import fields
from werkzeug.routing import Rule

from server.api.routes import File, Gives, Many, Route
from server.api.shapes import Shape, camel
from server.api.targets import NUMBERS

PLACE = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_]+)>")
ANY_ROUTE = ("400.1", "400.11", "404.1", "500.1", "503.1")
WITH_LOGIN = ("401.2", "403.1")
WRITING = ("409.3",)
MOVED = "301"
PHONES = "Phones (OpenRosa)"
PHONE_ROUTES = ("openrosa.", "openrosa_drafts.")
ABOUT = """The REST API of Sisir. It is that of ODK Central: pyodk, ruODK and other clients of Central work against it unchanged.

Errors are JSON with a `code` of Central's list; its integer part is the HTTP status. Log in with POST /v1/sessions and send
the token as Bearer, or send Basic credentials over https."""


class Problem(Shape):
    """An error. code is a number: 404.1; details depend on it."""

    message = fields.String()
    code = fields.Float()
    details = fields.Raw()


def describe(app: Flask, routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI 3 document of everything under /v1."""
    spec = APISpec(
        title="Sisir",
        version="1",
        openapi_version="3.0.3",
        info={"description": ABOUT},
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        security=[{"bearer": []}, {"basic": []}],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    known = []
    for route in routes:
        spec.path(
            path=_template(f"/v1{route.path}"),
            operations={route.method.lower(): _operation(route)},
        )
        known.append(route.endpoint)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/") and rule.endpoint.startswith(PHONE_ROUTES):
            spec.path(path=_template(rule.rule), operations=_phone_operations(app, rule))
    return spec.to_dict()


def template_of(rule: str) -> str:
    """A rule of the URL map as a path of the document: '/v1/projects/<int:project_id>' -> '/v1/projects/{projectId}'."""
    return _template(rule)


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Shape")


def _template(path: str) -> str:
    return PLACE.sub(lambda match: "{" + camel(match["name"]) + "}", path)


def _operation(route: Route) -> dict[str, Any]:
    about = (route.view.__doc__ or "").strip()
    summary, _, more = about.partition("\n\n")
    found: dict[str, Any] = {
        "operationId": route.endpoint,
        "tags": [route.tag],
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(part for part in (more.strip(), _rights(route)) if part),
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.is_open:
        found["security"] = []
    if isinstance(route.takes, File):
        found["requestBody"] = {
            "required": True,
            "content": {route.takes.content_type: {"schema": {"type": "string", "format": "binary"}}},
        }
    elif route.takes is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": route.takes}},
        }
    return found


def _rights(route: Route) -> str:
    if route.is_open:
        return "Needs no log-in."
    return f"Right: {' or '.join(route.rights)}." if route.rights else "For everybody who is logged in."


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = _places(route.path)
    if route.query is not None:
        found.append({"in": "query", "schema": route.query})
    if route.extended is not None:
        found.append(_header("X-Extended-Metadata", "true: more fields", {"type": "boolean"}))
    if not route.is_reading:
        found.append(_header("X-Action-Notes", "percent-encoded note for the audit log", {"type": "string"}))
    return found


def _places(path: str) -> list[dict[str, Any]]:
    return [
        {
            "in": "path",
            "name": camel(match["name"]),
            "required": True,
            "schema": {"type": "integer"}
            if match["name"] in NUMBERS or match["kind"] == "int"
            else {"type": "string"},
        }
        for match in PLACE.finditer(path)
    ]


def _header(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": about, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    content = _content(route.gives, route.extended)
    found: dict[str, Any] = {"200": {"description": "Done.", "content": content}}
    if route.is_reading:
        found["304"] = {"description": "Not changed since the ETag that was sent."}
    if MOVED in route.problems:
        found[MOVED] = {"description": "It stands at the address in Location."}
    codes = [*ANY_ROUTE, *(() if route.is_open else WITH_LOGIN)]
    codes += [code for code in route.problems if code != MOVED]
    codes += [] if route.is_reading else WRITING
    codes += ["401.2"] if route.is_open and not route.is_reading else []
    return found | _problems(codes)


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[str, set[str]] = {}
    for code in codes:
        by_status.setdefault(code.partition(".")[0], set()).add(code)
    return {
        status: {
            "description": f"{HTTPStatus(int(status)).phrase}: {', '.join(sorted(found))}",
            "content": {"application/json": {"schema": Problem}},
        }
        for status, found in sorted(by_status.items())
    }


def _content(gives: Gives, extended: Gives | None) -> dict[str, Any]:
    if isinstance(gives, File):
        is_json = gives.content_type == "application/json"
        return {gives.content_type: {"schema": {} if is_json else {"type": "string", "format": "binary"}}}
    schemas = [_schema(item) for item in (gives, extended) if item is not None]
    return {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}


def _schema(gives: Gives) -> Any:
    if isinstance(gives, Many):
        return {"type": "array", "items": gives.shape}
    return gives


def _phone_operations(app: Flask, rule: Rule) -> dict[str, Any]:
    """The phones' routes: XML, described by their docstrings. Source: the OpenRosa specification."""
    view = app.view_functions[rule.endpoint]
    methods = sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    version = _header("X-OpenRosa-Version", "1.0", {"type": "string"})
    place = re.sub(r"[^a-z]+", "_", PLACE.sub("", rule.rule).lower()).strip("_")
    return {
        method.lower(): {
            "operationId": f"{rule.endpoint.replace('.', '_')}_{method.lower()}_{place}",
            "tags": [PHONES],
            "summary": " ".join((view.__doc__ or "").split("\n\n")[0].split()),
            "parameters": [*_places(rule.rule), version],
            "responses": {
                "200": {"description": "The document or file.", "content": {"text/xml": {}}},
                "201": {"description": "Stored."},
                "204": {"description": "The phone may send."},
                "304": {"description": "Not changed since the ETag that was sent."},
                **{
                    status: {"description": HTTPStatus(int(status)).phrase}
                    for status in ("400", "401", "403", "404", "409", "413", "500", "503")
                },
            },
        }
        for method in methods
    }
