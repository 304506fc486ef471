"""Logging in and out over the API, and who a request is from."""

import base64
import re
from datetime import datetime

import pytest

from tests.office import open_office
from tests.server.api.conftest import PASSWORDS, Client

ALICE = {"email": "Alice@GetODK.org", "password": PASSWORDS["alice"]}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def basic(name: str, password: str = "") -> dict[str, str]:
    text = f"{name}@getodk.org:{password or PASSWORDS[name]}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_login_gives_a_token_of_64_characters_for_a_day(nobody):
    answer = nobody.post("/sessions", ALICE, headers={"Authorization": "Bearer nonsense"})
    body = answer.json
    assert answer.status_code == 200
    assert sorted(body) == ["createdAt", "csrf", "expiresAt", "token"]
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", body["token"])
    assert TIME.fullmatch(body["createdAt"])
    hours = datetime.fromisoformat(body["expiresAt"]) - datetime.fromisoformat(body["createdAt"])
    assert hours.total_seconds() == 86400
    assert answer.headers["Cache-Control"] == "no-store"


def test_login_sets_a_cookie_out_of_reach_of_scripts_and_a_readable_csrf(nobody):
    answer = nobody.post("/sessions", ALICE)
    cookies = {text.partition("=")[0]: text for text in answer.headers.getlist("Set-Cookie")}
    assert "HttpOnly" in cookies["session"] and "SameSite=Strict" in cookies["session"]
    assert "HttpOnly" not in cookies["__csrf"]


def test_wrong_password_and_missing_values(nobody):
    assert nobody.post("/sessions", {**ALICE, "password": "wrong wrong"}).json["code"] == 401.2
    answer = nobody.post("/sessions", {"email": "a@b.id"})
    assert answer.status_code == 400
    assert answer.json["code"] == 400.3
    assert answer.json["details"] == {"expected": ["email", "password"], "got": {"email": "a@b.id"}}


def test_session_can_be_looked_at_and_ended(service):
    client = service.login("alice")
    assert sorted(client.get("/sessions/restore").json) == ["createdAt", "expiresAt"]
    assert client.delete("/sessions/current").json == {"success": True}
    assert client.get("/users/current").json["code"] == 401.2


def test_session_is_ended_by_its_token_by_its_owner_only(service, bob):
    client = service.login("chelsea")
    token = client.headers["Authorization"].removeprefix("Bearer ")
    assert bob.delete(f"/sessions/{token}").json["code"] == 403.1
    assert bob.delete("/sessions/" + "x" * 64).json["code"] == 403.1
    assert client.delete(f"/sessions/{token}").json == {"success": True}
    assert client.get("/users/current").status_code == 401


def test_basic_has_no_session_to_restore(nobody):
    assert nobody.get("/sessions/restore").json["code"] == 404.1
    answer = nobody.call("GET", "/sessions/restore", headers=basic("alice"))
    assert answer.json["code"] == 404.1
    assert nobody.call("GET", "/users/current", headers=basic("alice")).json["displayName"] == "Alice"
    assert nobody.call("GET", "/users/current", headers=basic("alice", "no no no no")).status_code == 401


def test_basic_writes_too(nobody):
    made = nobody.post("/projects", {"name": "By Basic"}, headers=basic("alice"))
    assert made.status_code == 200


@pytest.mark.parametrize(
    ("headers", "field", "status"),
    [({}, False, 401), ({"X-Requested-With": "XMLHttpRequest"}, False, 200), ({}, True, 200)],
)
def test_cookie_writes_need_a_sign_that_no_other_site_asks(service, headers, field, status):
    flask = service.office.app.test_client()
    csrf = flask.post("/v1/sessions", json=ALICE).json["csrf"]
    assert flask.get("/v1/users/current").status_code == 200
    body = {"name": "By cookie"} | ({"__csrf": csrf} if field else {})
    answer = flask.post("/v1/projects", json=body, headers=headers)
    assert answer.status_code == status
    wrong = flask.post("/v1/projects", json={"name": "By cookie", "__csrf": "guessed"})
    assert wrong.json["code"] == 401.2


def test_on_https_passwords_and_cookies_need_https(tmp_path):
    office = open_office(tmp_path, SISIR_URL="https://sisir.test")
    plain = Client(office.app.test_client(use_cookies=False), {})
    assert plain.call("GET", "/projects", headers=basic("alice")).json["code"] == 401.3
    cookie = {"Cookie": "__Host-session=" + "x" * 64}
    assert plain.call("GET", "/projects", headers=cookie).json["code"] == 401.3
    office.backends.engine.dispose()


def test_phone_token_ends_for_good_by_whoever_manages_it(service, bob):
    made = bob.post("/projects/1/app-users", {"displayName": "Lost"}).json
    key = Client(service.office.client, {})
    path = f"/key/{made['token']}/users/current"
    assert key.get(path).json["code"] == 404.1
    assert key.delete(f"/key/{made['token']}/sessions/current").json["code"] == 403.1
    assert bob.delete(f"/sessions/{made['token']}").json == {"success": True}
    assert key.get(path).json["code"] == 403.1
    listed = bob.get("/projects/1/app-users").json
    assert next(user for user in listed if user["id"] == made["id"])["token"] is None
