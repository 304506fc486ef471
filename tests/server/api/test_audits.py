"""The audit log over the API, and that every act leaves a line."""

import time
from urllib.parse import quote

from server.services import accounts, audit

KEYS = ["acteeId", "action", "actorId", "details", "loggedAt", "notes"]


def newest(alice, action: str) -> dict:
    return alice.get(f"/audits?action={action}&limit=1", extended=True).json[0]


def test_every_act_leaves_a_line_with_who_what_and_the_note(service, alice):
    note = quote("karena diminta, 50%")
    made = alice.post("/projects", {"name": "Audited"}, headers={"X-Action-Notes": note}).json["id"]
    line = newest(alice, "project.create")
    assert sorted(line) == sorted([*KEYS, "actor", "actee"])
    assert (line["notes"], line["actor"]["displayName"]) == ("karena diminta, 50%", "Alice")
    assert (line["actee"]["id"], line["actee"]["name"]) == (made, "Audited")
    alice.delete(f"/projects/{made}")
    assert newest(alice, "project.delete")["actee"]["deletedAt"] is not None
    assert newest(alice, "project.delete")["notes"] is None


def test_acts_of_every_resource(service, alice, bob):
    path = "/projects/1/app-users"
    key = bob.post(path, {"displayName": "Audited"}).json["id"]
    bob.post(f"/projects/1/assignments/2/{key}")
    bob.delete(f"/projects/1/assignments/2/{key}")
    bob.delete(f"{path}/{key}")
    acts = [line["action"] for line in alice.get("/audits?action=field_key&limit=4").json]
    assert acts == [
        "field_key.delete",
        "field_key.assignment.delete",
        "field_key.assignment.create",
        "field_key.create",
    ]
    assert newest(alice, "field_key.assignment.create")["details"]["roleId"] == 2
    assert newest(alice, "form.update.publish")["actee"]["xmlFormId"] == "kunjungan"
    assert newest(alice, "user.session.create")["actor"]["type"] == "user"


def test_pages_groups_and_times(service, alice):
    for number in range(3):
        time.sleep(0.002)
        with service.office.session() as session:
            audit.record(session, service.ids["alice"], "submission.create", details={"submissionId": number})
    lines = alice.get("/audits?action=submission&limit=2&offset=1").json
    assert [line["details"]["submissionId"] for line in lines] == [1, 0]
    assert alice.get("/audits?action=nonverbose&limit=1").json[0]["action"] != "submission.create"
    middle = lines[0]["loggedAt"]
    assert alice.get(f"/audits?action=submission&end={middle}").json[-1]["details"] == {"submissionId": 0}
    assert alice.get("/audits?start=2100-01-01").json == []
    assert alice.get("/audits?start=2000-01-01T00:00:00%2B07:00&limit=1").status_code == 200
    assert alice.get("/audits?limit=some").json["code"] == 400.11
    assert alice.get("/audits?start=yesterday").json["code"] == 400.11


def test_log_is_for_administrators_and_whoever_holds_the_right(service, alice, bob, chelsea):
    assert bob.get("/audits").json["code"] == 403.1
    assert chelsea.get("/audits").json["code"] == 403.1
    with service.office.session() as session:
        accounts.assign(session, service.ids["dinsos"], "auditor")
        audit.record(session, service.ids["alice"], "submission.create", details={"submissionId": 77})
        audit.record(session, service.ids["dinsos"], "submission.update", details={"submissionId": 78})
    lines = service.login("dinsos").get("/audits?limit=50").json
    assert {line["action"] for line in lines} >= {"submission.update", "user.create"}
    assert "submission.create" not in {line["action"] for line in lines}
