"""The description holds every route; every route says who may call it."""

import re
import warnings
from pathlib import Path

import pytest

import server.api
from server.api.openapi import template_of
from server.api.views import ROUTES
from server.db import session_scope
from server.permissions import OUR_RIGHTS, ROLES
from server.services import entity_lists

VERBS = {verb for role in ROLES for verb in role.verbs}
OPEN = {
    "GET /config/public",
    "GET /openapi.json",
    "GET /roles",
    "GET /roles/<role>",
    "GET /sessions/restore",
    "POST /sessions",
    "POST /test/<draft_token>/projects/<project_id>/forms/<form_id>/draft/submissions",
    "POST /test/<draft_token>/projects/<project_id>/forms/<form_id>/draft/submissions/<instance_id>/attachments/<name>",
    "POST /users/reset/initiate",
}
# Routes for everybody who is logged in: their services narrow what comes back, or ask a right on what the path names.
NARROWED = {
    "DELETE /sessions/<token>",
    "DELETE /sessions/current",
    "DELETE /user-preferences/site/<key>",
    "DELETE /users/<user_id>",
    "GET /projects",
    "GET /users",
    "GET /users/<user_id>",
    "GET /users/current",
    "PATCH /users/<user_id>",
    "POST /users/<user_id>/password-link",
    "POST /users/reset/verify",
    "PUT /user-preferences/site/<key>",
    "PUT /users/<user_id>/password",
}


@pytest.fixture(scope="session")
def document(service, nobody) -> dict:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = nobody.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json


def test_every_route_of_the_api_is_described(service, document):
    described = {(path, method.upper()) for path, found in document["paths"].items() for method in found}
    rules = {
        (template_of(rule.rule), method)
        for rule in service.office.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1")
    }
    assert described == rules
    assert len(rules) > 60


def test_every_operation_has_a_name_of_its_own_and_a_sentence(document):
    operations = [operation for found in document["paths"].values() for operation in found.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert [operation["operationId"] for operation in operations if not operation["summary"]] == []


def test_places_in_paths_are_parameters(document):
    for path, found in document["paths"].items():
        for operation in found.values():
            named = {item["name"] for item in operation["parameters"] if item["in"] == "path"}
            assert named == {part.split("}")[0] for part in path.split("{")[1:]}, path


def test_every_reference_leads_somewhere(document):
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    found = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.update([value["$ref"]] if "$ref" in value else [])
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(document["paths"])
    walk(document["components"])
    assert found <= known


def test_routes_without_log_in_or_right_are_these_and_no_more():
    assert {f"{route.method} {route.path}" for route in ROUTES if route.is_open} == OPEN
    bare = {f"{r.method} {r.path}" for r in ROUTES if not r.rights and not r.is_open}
    assert bare == NARROWED


def test_every_table_is_served():
    named = {
        path.stem
        for path in Path(server.api.__file__).parent.glob("*.py")
        if re.search(r"^table = Table\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    served = {route.view.__module__.rpartition(".")[2] for route in ROUTES}
    assert named == served


def test_rights_of_routes_are_rights_of_roles():
    assert {verb for route in ROUTES for verb in route.rights} <= VERBS | set(OUR_RIGHTS)


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.is_open], ids=lambda r: f"{r.method} {r.path}")
def test_no_route_opens_without_log_in_and_guarded_ones_not_without_right(service, chelsea, nobody, route):
    with session_scope(service.office.backends.sessions) as session:
        entity_lists.ensure_list(session, 1, "daftar", ["nama"])
    places = {
        "project_id": "1", "form_id": "kunjungan", "app_user_id": "1", "link_id": "1", "actor_id": "1",
        "user_id": str(service.ids["bob"]), "role": "viewer", "key": "k", "token": "x" * 64,
        "version": "1", "trashed_id": "1", "path:name": "a.csv",
        "instance_id": "uuid:1", "version_id": "uuid:1", "name": "a.jpg",
        "dataset": "daftar", "property_name": "nama", "uuid": "7c9a6c3e-8a38-4a6e-9f6e-0c4f6a1f2b11",
    }  # fmt: skip
    path = route.path
    for name, value in places.items():
        path = path.replace(f"<{name}>", value)
    assert "<" not in path, "give the test a value for this place"
    answer = nobody.call(route.method, path, json={})
    assert answer.json["code"] == 401.2
    if route.rights:
        assert chelsea.call(route.method, path, json={}).json["code"] == 403.1


def test_page_loads_nothing_from_elsewhere(service):
    answer = service.office.client.get("/docs")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "http" not in answer.text.replace("<!doctype html>", "")
    for line in answer.text.splitlines():
        for mark in ('src="', 'href="'):
            if mark in line:
                asset = line.split(mark)[1].split('"')[0]
                assert service.office.client.get(asset).status_code == 200, asset
