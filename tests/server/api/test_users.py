"""People over the API: making, finding, changing, removing; passwords and links to choose one."""

import itertools
from urllib.parse import unquote

import pytest

from tests.server.api.conftest import PASSWORDS, Client

NUMBERS = itertools.count(1)
KEYS = ["createdAt", "deletedAt", "displayName", "email", "id", "lastLoginAt", "type", "updatedAt"]


def make(alice, password: str | None = "correct horse battery", **more: object) -> dict:
    email = f"user{next(NUMBERS)}@getodk.org"
    answer = alice.post("/users", {"email": email, "password": password, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def log_in(service, email: str, password: str) -> Client | None:
    done = service.office.client.post("/v1/sessions", json={"email": email, "password": password})
    if done.status_code != 200:
        return None
    return Client(service.office.client, {"Authorization": f"Bearer {done.json['token']}"})


def test_current_user_with_rights_and_preferences(bob):
    assert sorted(bob.get("/users/current").json) == KEYS
    bob.put("/user-preferences/site/theme", {"propertyValue": {"dark": True}})
    bob.put("/user-preferences/project/1/sort", {"propertyValue": None})
    shown = bob.get("/users/current", extended=True).json
    assert shown["verbs"] == []
    assert shown["preferences"] == {"site": {"theme": {"dark": True}}, "projects": {"1": {"sort": None}}}
    bob.delete("/user-preferences/site/theme")
    assert bob.get("/users/current", extended=True).json["preferences"]["site"] == {}
    assert bob.put("/user-preferences/site/theme", {}).json["code"] == 400.2


def test_administrator_verbs_hold_site_rights(alice):
    verbs = alice.get("/users/current", extended=True).json["verbs"]
    assert {"user.create", "project.create", "identity.unmask"} <= set(verbs)


def test_only_administrators_find_by_part_of_a_name(alice, chelsea):
    assert [user["displayName"] for user in alice.get("/users?q=chel").json] == ["Chelsea"]
    assert [user["email"] for user in alice.get("/users").json][:2] == ["alice@getodk.org", "bob@getodk.org"]
    assert chelsea.get("/users").json == []
    assert chelsea.get("/users?q=ali").json == []
    assert [user["displayName"] for user in chelsea.get("/users?q=ALICE@getodk.org").json] == ["Alice"]


def test_new_user_takes_the_address_as_name_and_is_unique(alice, chelsea):
    made = make(alice, email="Dewi@GetODK.org")
    assert (made["displayName"], made["email"], made["type"]) == ("dewi@getodk.org",) * 2 + ("user",)
    again = alice.post("/users", {"email": "dewi@getodk.org"})
    assert again.json["code"] == 409.3
    assert again.json["details"]["fields"] == ["email"]
    assert chelsea.post("/users", {"email": "x@y.id"}).json["code"] == 403.1


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", 400.21), ("x9 " * 30, 400.38), ("1234567890", 400.44), ("passwordpassword", 400.44)],
)
def test_bad_passwords_are_refused_each_with_its_code(alice, password, code):
    answer = alice.post("/users", {"email": "weak@getodk.org", "password": password})
    assert answer.json["code"] == code
    if code == 400.44:
        assert sorted(answer.json["details"]) == ["suggestions", "warning"]
    assert alice.get("/users?q=weak@getodk.org").json == []


def test_oneself_and_administrators_read_and_change(service, alice, bob, chelsea):
    own = service.ids["chelsea"]
    assert chelsea.get(f"/users/{own}").json["displayName"] == "Chelsea"
    assert bob.get(f"/users/{own}").json["code"] == 403.1
    assert bob.patch(f"/users/{own}", {"displayName": "x"}).json["code"] == 403.1
    assert chelsea.patch(f"/users/{own}", {"displayName": "Chelsea B"}).json["displayName"] == "Chelsea B"
    changed = alice.patch(f"/users/{own}", {"displayName": "Chelsea", "id": 77, "type": "x"}).json
    assert (changed["displayName"], changed["id"], changed["type"]) == ("Chelsea", own, "user")
    assert changed["updatedAt"] is not None
    taken = alice.patch(f"/users/{own}", {"email": "BOB@getodk.org"})
    assert (taken.json["code"], taken.json["details"]["values"]) == (409.3, ["bob@getodk.org"])
    assert alice.get("/users/99999").json["code"] == 404.1


def test_removed_user_is_gone_and_the_address_free(service, alice, bob):
    made = make(alice)
    client = log_in(service, made["email"], "correct horse battery")
    alice.post(f"/assignments/admin/{made['id']}")
    assert bob.delete(f"/users/{made['id']}").json["code"] == 403.1
    assert alice.delete(f"/users/{made['id']}").json == {"success": True}
    assert client.get("/users/current").status_code == 401
    assert alice.get(f"/users/{made['id']}").json["code"] == 404.1
    assert made["id"] not in [actor["id"] for actor in alice.get("/assignments/admin").json]
    assert alice.post("/users", {"email": made["email"]}).json["id"] != made["id"]


def test_password_changes_for_whoever_knows_the_old_one(service, alice):
    made = make(alice)
    first = log_in(service, made["email"], "correct horse battery")
    second = log_in(service, made["email"], "correct horse battery")
    path = f"/users/{made['id']}/password"
    new = "another fine horse"
    assert second.put(path, {"old": "wrong wrong wrong", "new": new}).json["code"] == 401.2
    assert second.put(path, {"old": "correct horse battery"}).json["code"] == 400.3
    assert second.put(path, {"old": "correct horse battery", "new": "short"}).json["code"] == 400.21
    assert second.put(path, {"old": "correct horse battery", "new": new}).json == {"success": True}
    assert first.get("/users/current").status_code == 401
    assert second.get("/users/current").status_code == 200
    assert log_in(service, made["email"], new) is not None


def test_password_is_chosen_by_a_link_once(service, alice, bob):
    made = make(alice, password=None)
    assert log_in(service, made["email"], "") is None
    assert bob.post(f"/users/{made['id']}/password-link").json["code"] == 403.1
    link = alice.post(f"/users/{made['id']}/password-link").json
    assert unquote(link["url"]) == f"http://sisir.test/password?token={link['token']}"
    bearer = Client(service.office.client, {"Authorization": f"Bearer {link['token']}"})
    assert bearer.get("/projects").json == []
    assert bearer.get(f"/users/{made['id']}").json["code"] == 403.1
    assert bearer.post("/users/reset/verify", {"new": "short"}).json["code"] == 400.21
    assert bearer.post("/users/reset/verify", {"new": "correct horse battery"}).json == {"success": True}
    assert bearer.post("/users/reset/verify", {"new": "correct horse battery"}).json["code"] == 401.2
    assert log_in(service, made["email"], "correct horse battery") is not None
    assert alice.post("/users/reset/verify", {"new": "correct horse battery"}).json["code"] == 403.1


def test_lost_password_tells_nobody_whether_the_address_exists(service, alice, nobody, bob):
    made = make(alice)
    for email in (made["email"], made["email"], "nobody@nowhere.id"):
        assert nobody.post("/users/reset/initiate", {"email": email}).json == {"success": True}
    asked = alice.get("/audits?action=user.password.reset.ask").json
    assert len(asked) == 1
    path = "/users/reset/initiate?invalidate=true"
    assert nobody.post(path, {"email": made["email"]}).json["code"] == 401.2
    assert bob.post(path, {"email": made["email"]}).json["code"] == 403.1
    assert log_in(service, made["email"], "correct horse battery") is not None
    assert alice.post(path, {"email": made["email"]}).json == {"success": True}
    assert log_in(service, made["email"], "correct horse battery") is None


def test_passwords_stand_in_no_answer_and_no_audit(alice):
    make(alice)
    assert "horse" not in alice.get("/audits?action=user", extended=True).text
    assert PASSWORDS["alice"] not in alice.get("/users").text
