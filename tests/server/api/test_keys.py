"""App users, public links, roles and assignments over the API."""

import itertools

import pytest

from server.models.area import Area, AreaLevel
from server.services import accounts
from tests.server.api.conftest import Client

KEYS = ["createdAt", "deletedAt", "displayName", "id", "projectId", "token", "type", "updatedAt"]
LINKS = "/projects/1/forms/kunjungan/public-links"
NUMBERS = itertools.count(1)


def new_key(client, name: str = "") -> dict:
    answer = client.post("/projects/1/app-users", {"displayName": name or f"HP {next(NUMBERS)}"})
    assert answer.status_code == 200, answer.text
    return answer.json


def form_list(service, token: str) -> list[str]:
    answer = service.office.client.get(
        f"/v1/key/{token}/projects/1/formList", headers={"X-OpenRosa-Version": "1.0"}
    )
    assert answer.status_code == 200, answer.text
    return ["kunjungan"] if "kunjungan" in answer.text else []


def test_app_user_has_every_key_and_no_form_until_given(service, bob):
    made = new_key(bob)
    assert sorted(made) == KEYS
    assert (made["type"], made["projectId"], made["updatedAt"]) == ("field_key", 1, None)
    assert form_list(service, made["token"]) == []
    path = f"/projects/1/forms/kunjungan/assignments/2/{made['id']}"
    assert bob.post(path).json == {"success": True}
    assert bob.post(path).json["code"] == 409.3
    assert form_list(service, made["token"]) == ["kunjungan"]
    assert bob.delete(path).json == {"success": True}
    assert bob.delete(path).json["code"] == 404.1
    assert form_list(service, made["token"]) == []


def test_app_users_are_listed_newest_first_revoked_last(bob):
    revoked, older, newer = new_key(bob), new_key(bob), new_key(bob)
    bob.delete(f"/sessions/{revoked['token']}")
    ids = [user["id"] for user in bob.get("/projects/1/app-users").json]
    assert ids.index(newer["id"]) < ids.index(older["id"]) < ids.index(revoked["id"])
    shown = bob.get(f"/projects/1/app-users/{newer['id']}", extended=True).json
    assert (shown["createdBy"]["displayName"], shown["lastUsed"], shown["properties"]) == ("Bob", None, {})


def test_app_user_is_removed_with_its_token(service, bob, alice):
    made = new_key(bob)
    assert bob.delete(f"/projects/1/app-users/{made['id']}").json == {"success": True}
    assert bob.get(f"/projects/1/app-users/{made['id']}").json["code"] == 404.1
    gone = Client(service.browser(), {}).get(f"/key/{made['token']}/projects")
    assert gone.json["code"] == 403.1
    acts = [act["action"] for act in alice.get("/audits?action=field_key&limit=2").json]
    assert acts == ["field_key.delete", "field_key.create"]


def test_app_users_are_only_for_managers_of_their_project(alice, bob, chelsea):
    made = new_key(bob)
    other = alice.post("/projects", {"name": "Another"}).json["id"]
    assert alice.get(f"/projects/{other}/app-users/{made['id']}").json["code"] == 404.1
    assert bob.post(f"/projects/{other}/app-users", {"displayName": "x"}).json["code"] == 403.1
    assert chelsea.get("/projects/1/app-users").json["code"] == 403.1
    assert bob.post("/projects/1/app-users", {"displayName": "  "}).json["code"] == 400.2
    assert bob.post("/projects/1/app-users", {"displayName": "x" * 201}).json["code"] == 400.13


def test_properties_of_app_users_are_those_of_the_project(bob):
    made = new_key(bob)
    path = f"/projects/1/app-users/{made['id']}"
    assert bob.patch(path, {"properties": {"region": "35"}}).json["code"] == 400.33
    assert bob.post("/projects/1/actor-properties", {"name": "region"}).json == {"success": True}
    assert bob.post("/projects/1/actor-properties", {"name": "region"}).json["code"] == 409.3
    assert bob.get("/projects/1/actor-properties").json == [{"name": "region"}]
    assert bob.patch(path, {"properties": {"region": "35"}}).status_code == 200
    assert bob.get(path, extended=True).json["properties"] == {"region": "35"}


def test_manager_of_an_area_sees_no_app_user_of_another(service, bob):
    inside = service.office.phone("In the area", "3517012001")
    outside = service.office.phone("Elsewhere", "3518012001")
    free = new_key(bob)
    with service.office.session() as session:
        accounts.set_areas(session, service.ids["bob"], ["35.17"])
    try:
        seen = {user["id"] for user in bob.get("/projects/1/app-users").json}
        assert {inside.officer_id, free["id"]} <= seen
        assert outside.officer_id not in seen
        assert bob.get(f"/projects/1/app-users/{outside.officer_id}").json["code"] == 404.1
        assert bob.delete(f"/projects/1/app-users/{outside.officer_id}").json["code"] == 404.1
    finally:
        with service.office.session() as session:
            accounts.set_areas(session, service.ids["bob"], [])


def test_areas_are_given_inside_of_ones_own(service, alice, bob):
    made = new_key(bob)
    path = f"/projects/1/app-users/{made['id']}/areas"
    with service.office.session() as session:
        for code in ("3599012001", "3598012001"):
            session.add(Area(code=code, name=code, level=AreaLevel.village, parent_code=None))
        accounts.set_areas(session, service.ids["bob"], ["35.99"])
    try:
        assert bob.put(path, {"areas": ["35.99.01.2001"]}).json == {"areas": ["3599012001"]}
        assert bob.get(path).json == {"areas": ["3599012001"]}
        assert bob.put(path, {"areas": ["3598012001"]}).json["code"] == 400.8
        assert bob.put(path, {"areas": ["3500000000"]}).json["code"] == 400.8
        assert bob.put(path, {"areas": []}).json["code"] == 400.8
        assert alice.put(path, {"areas": ["3598012001"]}).status_code == 200
        assert bob.get(path).json["code"] == 404.1
    finally:
        with service.office.session() as session:
            accounts.set_areas(session, service.ids["bob"], [])
    assert alice.get("/audits?action=field_key.area.set&limit=1").json[0]["details"] == {
        "areas": ["3598012001"]
    }


def test_public_link_opens_its_form_until_it_is_revoked(service, bob, chelsea):
    assert chelsea.post(LINKS, {"displayName": "Web"}).json["code"] == 403.1
    made = bob.post(LINKS, {"displayName": "Web", "once": True}).json
    assert (made["type"], made["once"], len(made["token"])) == ("public_link", True, 64)
    assert form_list(service, made["token"]) == ["kunjungan"]
    by_query = service.office.client.get(f"/v1/projects/1/forms/kunjungan.xml?st={made['token']}")
    assert by_query.status_code == 200
    assert bob.get(f"{LINKS}/{made['id']}", extended=True).json["createdBy"]["displayName"] == "Bob"
    assert bob.patch(f"{LINKS}/{made['id']}", {"displayName": "Renamed"}).json["displayName"] == "Renamed"
    assert bob.delete(f"/sessions/{made['token']}").json == {"success": True}
    assert bob.get(LINKS).json[-1]["token"] is None
    assert bob.delete(f"{LINKS}/{made['id']}").json == {"success": True}
    assert made["id"] not in [link["id"] for link in bob.get(LINKS).json]
    assert bob.get(f"{LINKS}/{made['id']}").json["code"] == 404.1


def test_roles_are_readable_by_all_and_numbers_1_and_2_are_fixed(nobody):
    found = {role["id"]: role["system"] for role in nobody.get("/roles").json}
    assert (found[1], found[2]) == ("admin", "app-user")
    assert nobody.get("/roles/viewer").json == nobody.get("/roles/4").json
    assert nobody.get("/roles/4").json["verbs"][0] == "project.read"
    assert nobody.get("/roles/nonsense").json["code"] == 404.1


def test_site_roles_are_given_by_administrators(service, alice, bob, chelsea):
    own = service.ids["chelsea"]
    assert bob.get("/assignments").json["code"] == 403.1
    assert bob.post(f"/assignments/admin/{own}").json["code"] == 403.1
    assert alice.post(f"/assignments/admin/{own}").json == {"success": True}
    assert {"actorId": own, "roleId": 1} in alice.get("/assignments").json
    extended = alice.get("/assignments", extended=True).json
    assert next(held for held in extended if held["actorId"] == own)["actor"]["displayName"] == "Chelsea"
    assert chelsea.get("/assignments/1").status_code == 200
    assert own in [actor["id"] for actor in alice.get("/assignments/admin").json]
    assert alice.delete(f"/assignments/1/{own}").json == {"success": True}
    assert chelsea.get("/assignments/1").json["code"] == 403.1


@pytest.mark.parametrize("role", ["admin", "dinsos", "auditor"])
def test_nobody_gives_a_role_with_more_rights_than_their_own(service, bob, role):
    answer = bob.post(f"/projects/1/assignments/{role}/{service.ids['chelsea']}")
    assert answer.json["code"] == 403.1


def test_project_roles_open_the_project(service, bob, chelsea):
    path = f"/projects/1/assignments/viewer/{service.ids['chelsea']}"
    assert bob.post(path).json == {"success": True}
    assert [project["id"] for project in chelsea.get("/projects").json] == [1]
    assert chelsea.get("/projects/1/assignments").json["code"] == 403.1
    assert "submission.read" in chelsea.get("/projects/1", extended=True).json["verbs"]
    assert bob.delete(path).json == {"success": True}
    assert chelsea.get("/projects/1").json["code"] == 403.1


def test_assignment_of_what_is_not_there(bob):
    assert bob.post("/projects/1/assignments/nonsense/1").json["code"] == 404.1
    assert bob.post("/projects/1/assignments/viewer/99999").json["code"] == 404.1
    assert bob.post("/projects/1/assignments/viewer/abc").json["code"] == 400.11
