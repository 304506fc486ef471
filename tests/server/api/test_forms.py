"""Forms and drafts over the API."""

import itertools
import re

import pytest

from tests.server.api.xforms import XLSX, workbook, xform

# Compiling takes a second a form: here on PostgreSQL, on SQLite by test_pyodk.py.
pytestmark = pytest.mark.parametrize("service", ["postgresql"], indirect=True, scope="session")
FORMS = "/projects/1/forms"
NUMBERS = itertools.count(1)
KEYS = [
    "projectId",
    "xmlFormId",
    "name",
    "version",
    "state",
    "hash",
    "sha",
    "sha256",
    "keyId",
    "draftToken",
    "enketoId",
    "enketoOnceId",
    "webformsEnabled",
    "createdAt",
    "updatedAt",
    "publishedAt",
]


def send(client, path: str, data: bytes, kind: str = "application/xml", **headers: str):
    return client.call("POST", path, data=data, headers={"Content-Type": kind, **headers})


def new(client, *, publish: bool = True, **options: object) -> str:
    """A new form; returns its path."""
    form_id = f"form{next(NUMBERS)}"
    answer = send(client, f"{FORMS}?publish={publish}&ignoreWarnings=True", xform(form_id, **options))
    assert answer.status_code == 200, answer.text
    return f"{FORMS}/{form_id}"


def redraft(client, path: str, version: str = "2", **options: object):
    data = xform(path.rpartition("/")[2], version, **options)
    return send(client, f"{path}/draft?ignoreWarnings=true", data)


def test_new_form_is_a_draft_with_all_keys_until_published(alice, bob, chelsea):
    answer = send(
        bob,
        f"{FORMS}?ignoreWarnings=true",
        xform("simple", "2.1", title="Simple & kin".replace("&", "&amp;")),
    )
    form = answer.json
    assert sorted(form) == sorted(KEYS)
    assert (form["xmlFormId"], form["name"], form["version"]) == ("simple", "Simple & kin", "2.1")
    assert (form["state"], form["publishedAt"], form["updatedAt"]) == ("open", None, form["updatedAt"])
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", form["draftToken"])
    assert (len(form["hash"]), len(form["sha"]), len(form["sha256"])) == (32, 40, 64)
    assert bob.get(f"{FORMS}/simple").json["draftToken"] == form["draftToken"]
    assert bob.post(f"{FORMS}/simple/draft/publish").json == {"success": True}
    shown = bob.get(f"{FORMS}/simple").json
    assert shown["draftToken"] is None
    assert shown["publishedAt"] is not None
    assert bob.get(f"{FORMS}/simple.xml").data == xform("simple", "2.1", title="Simple &amp; kin")
    assert chelsea.get(f"{FORMS}/simple").json["code"] == 403.1


def test_form_published_at_once(bob):
    form = send(bob, f"{FORMS}?publish=true&ignoreWarnings=true", xform("at_once")).json
    assert form["publishedAt"] == form["createdAt"]
    assert form["draftToken"] is None
    assert bob.get(f"{FORMS}/at_once/draft").json["code"] == 404.1


def test_workbook_keeps_its_bytes_and_takes_the_fallback_id(bob):
    data = workbook()
    answer = send(
        bob, f"{FORMS}?ignoreWarnings=true", data, XLSX, **{"X-XlsForm-FormId-Fallback": "dari%20berkas"}
    )
    assert answer.json["xmlFormId"] == "dari berkas", answer.text
    assert bob.get(f"{FORMS}/dari%20berkas/draft.xlsx").data == data
    assert bob.get(f"{FORMS}/dari%20berkas/draft.xls").json["code"] == 404.1
    assert bob.get(f"{FORMS}/dari%20berkas", extended=True).json["excelContentType"] == XLSX
    random = send(bob, f"{FORMS}?ignoreWarnings=true", data, XLSX).json
    assert re.fullmatch(r"[0-9a-f-]{36}", random["xmlFormId"])


@pytest.mark.parametrize(
    ("code", "data", "kind"),
    [
        (400.1, b"<h:html>", "application/xml"),
        (400.1, b"{}", "application/json"),
        (400.1, b"", "application/xml"),
        (400.2, xform("").replace(b'id=""', b""), "application/xml"),
        (400.8, xform("a.xls"), "application/xml"),
        (400.13, xform("x" * 65), "application/xml"),
        (400.15, b"PK\x03\x04 broken", XLSX),
        (400.27, xform("nometa").replace(b"<meta><instanceID/></meta>", b"").replace(b'<bind nodeset="/data/meta/instanceID" preload="uid" type="string"/>', b""), "application/xml"),
        (409.3, xform("kunjungan"), "application/xml"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_each_with_its_code(bob, code, data, kind):
    answer = send(bob, f"{FORMS}?ignoreWarnings=true", data, kind)
    assert answer.json["code"] == code, answer.text
    if code == 400.15:
        assert {"error", "warnings"} <= set(answer.json["details"])
    if code == 409.3:
        assert answer.json["details"]["fields"] == ["projectId", "xmlFormId"]


def test_only_who_may_create_forms_does(chelsea, nobody):
    assert send(chelsea, FORMS, xform("x")).json["code"] == 403.1
    assert send(nobody, FORMS, xform("x")).json["code"] == 401.2


def test_changed_structure_is_a_warning_until_ignored(bob):
    path = new(bob, fields="name:string age:int")
    data = xform(path.rpartition("/")[2], "2", fields="age:int")
    warned = send(bob, f"{path}/draft", data)
    assert warned.json["code"] == 400.16
    workflow = warned.json["details"]["warnings"]["workflowWarnings"]
    assert workflow == [{"type": "structureChanged", "details": ["name"]}]
    assert send(bob, f"{path}/draft?ignoreWarnings=TRUE", data).json == {"success": True}


def test_types_of_fields_change_only_to_text(bob):
    path = new(bob, fields="name:string age:int")
    assert redraft(bob, path, fields="name:string age:string").status_code == 200
    bob.post(f"{path}/draft/publish")
    refused = redraft(bob, path, "3", fields="name:int age:string")
    assert (refused.json["code"], refused.json["details"]) == (400.17, {"path": "/name", "type": "string"})


def test_draft_is_replaced_with_its_token_kept_and_another_id_refused(bob):
    path = new(bob, publish=False)
    token = bob.get(f"{path}/draft").json["draftToken"]
    assert redraft(bob, path, "7").json == {"success": True}
    assert bob.get(f"{path}/draft").json["version"] == "7"
    assert bob.get(f"{path}/draft").json["draftToken"] == token
    wrong = send(bob, f"{path}/draft", xform("another"))
    assert wrong.json["code"] == 400.8
    bob.post(f"{path}/draft/publish")
    assert redraft(bob, path, "8").status_code == 200
    assert bob.get(f"{path}/draft").json["draftToken"] != token


def test_empty_draft_copies_what_is_published(bob):
    path = new(bob)
    assert bob.post(f"{path}/draft").json == {"success": True}
    draft = bob.get(f"{path}/draft").json
    assert (draft["version"], draft["publishedAt"]) == ("1", None)
    assert bob.get(f"{path}/draft.xml").data == bob.get(f"{path}.xml").data
    reused = bob.post(f"{path}/draft/publish")
    assert (reused.json["code"], reused.json["details"]["version"]) == (409.6, "1")
    assert bob.post(f"{path}/draft/publish?version=dua%20%26%20tiga").json == {"success": True}
    shown = bob.get(path).json
    assert shown["version"] == "dua & tiga"
    assert b'version="dua &amp; tiga"' in bob.get(f"{path}.xml").data
    assert [v["version"] for v in bob.get(f"{path}/versions").json] == ["dua & tiga", "1"]
    assert bob.get(f"{path}/versions/dua%20%26%20tiga").json["hash"] == shown["hash"]
    assert bob.get(f"{path}/versions/4").json["code"] == 404.1
    extended = bob.get(f"{path}/versions", extended=True).json
    assert [entry["publishedBy"]["displayName"] for entry in extended] == ["Bob", "Bob"]


def test_draft_is_deleted_but_not_the_only_one(bob):
    path = new(bob, publish=False)
    assert bob.delete(f"{path}/draft").json["code"] == 409.7
    bob.post(f"{path}/draft/publish")
    assert bob.delete(f"{path}/draft").json["code"] == 404.1
    bob.post(f"{path}/draft")
    assert bob.delete(f"{path}/draft").json == {"success": True}
    assert bob.post(f"{path}/draft/publish").json["code"] == 404.1


def test_empty_version_has_an_address(bob):
    path = new(bob, version="")
    assert bob.get(f"{path}/versions/___").json["version"] == ""
    assert bob.get(f"{path}/versions/___.xml").status_code == 200


def test_fields_in_document_order(bob):
    path = new(bob, fields="name:string a-b:int foto:binary")
    found = bob.get(f"{path}/fields").json
    assert [field["path"] for field in found][:3] == ["/name", "/a-b", "/foto"]
    foto = next(field for field in found if field["name"] == "foto")
    assert foto == {"path": "/foto", "name": "foto", "type": "binary", "binary": True, "selectMultiple": None}
    assert found[0]["binary"] is None
    odata = bob.get(f"{path}/fields?odata=true").json
    assert odata[1]["path"] == "/a_b"
    assert bob.get(f"{path}/versions/1/fields").json == found


def test_files_are_put_into_slots_of_the_draft_only(alice, bob):
    path = new(bob, publish=False, fields="name:string slot:good.csv slot:peta.geojson")
    empty = bob.get(f"{path}/draft/attachments").json
    assert [(slot["name"], slot["type"], slot["exists"]) for slot in empty] == [
        ("good.csv", "file", False),
        ("peta.geojson", "file", False),
    ]
    file = f"{path}/draft/attachments/good.csv"
    slot = send(bob, file, b"name,label\n1,one\n", "text/csv").json
    assert (slot["exists"], slot["blobExists"], slot["datasetExists"], slot["size"]) == (
        True,
        True,
        False,
        17,
    )
    lines = len(alice.get("/audits?action=form.attachment.update").json)
    assert send(bob, file, b"name,label\n1,one\n", "text/csv").json == slot
    assert len(alice.get("/audits?action=form.attachment.update").json) == lines
    assert send(bob, f"{path}/draft/attachments/bad.csv", b"x").json["code"] == 404.1
    read = bob.get(file)
    assert (read.data, read.mimetype) == (b"name,label\n1,one\n", "text/csv")
    assert read.headers["Content-Disposition"].startswith('attachment; filename="good.csv"')
    bob.post(f"{path}/draft/publish")
    assert bob.get(f"{path}/attachments").json[0]["hash"] == slot["hash"]
    assert bob.get(f"{path}/attachments/good.csv").data == b"name,label\n1,one\n"
    assert send(bob, file, b"x").json["code"] == 404.1
    redraft(bob, path, fields="name:string slot:good.csv")
    assert bob.get(f"{path}/draft/attachments").json[0]["hash"] == slot["hash"]
    assert bob.delete(file).json == {"success": True}
    assert bob.delete(file).json["code"] == 404.1
    assert bob.get(file).json["code"] == 404.1


def test_state_decides_who_sees_the_form(service, bob):
    path = new(bob)
    key = bob.post("/projects/1/app-users", {"displayName": "Closed out"}).json
    bob.post(f"{path}/assignments/2/{key['id']}")
    phone = service.nobody
    assert phone.get(f"/key/{key['token']}{path}").json["draftToken"] is None
    assert bob.patch(path, {"state": "ajar"}).json["code"] == 400.8
    assert bob.patch(path, {"state": "closed", "webformsEnabled": False}).json["state"] == "closed"
    assert bob.get(path).json["webformsEnabled"] is False
    assert phone.get(f"/key/{key['token']}{path}").json["code"] == 403.1
    bob.patch(path, {"state": "closing"})
    assert phone.get(f"/key/{key['token']}{path}").status_code == 200


def test_trash_and_back(alice, bob):
    path = new(bob)
    form_id = path.rpartition("/")[2]
    assert bob.delete(path).json == {"success": True}
    assert bob.get(path).json["code"] == 404.1
    trashed = next(f for f in bob.get(f"{FORMS}?deleted=true").json if f["xmlFormId"] == form_id)
    assert trashed["deletedAt"] is not None
    again = xform(form_id, "2")
    warned = send(bob, FORMS, again).json["details"]["warnings"]["workflowWarnings"]
    assert {"type": "deletedFormExists", "details": {"xmlFormId": form_id}} in warned
    reused = send(bob, f"{FORMS}?publish=true&ignoreWarnings=true", xform(form_id, "1"))
    assert reused.json["code"] == 409.6
    assert send(bob, f"{FORMS}?ignoreWarnings=true", again).status_code == 200
    restore = f"{FORMS}/{trashed['id']}/restore"
    assert bob.post(restore).json["code"] == 409.3
    bob.delete(path)
    assert bob.post(restore).json == {"success": True}
    assert bob.get(path).json["version"] == "1"
    assert bob.post(restore).json["code"] == 404.1
    acts = [act["action"] for act in alice.get("/audits?action=form&limit=2").json]
    assert acts == ["form.restore", "form.delete"]


def test_list_has_drafts_for_editors_only(service, alice, bob, chelsea):
    path = new(bob, publish=False)
    form_id = path.rpartition("/")[2]
    assert form_id in [form["xmlFormId"] for form in bob.get(FORMS).json]
    bob.post(f"/projects/1/assignments/viewer/{service.ids['chelsea']}")
    try:
        assert form_id not in [form["xmlFormId"] for form in chelsea.get(FORMS).json]
        assert chelsea.get(path).json["code"] == 403.1
        assert chelsea.get(f"{FORMS}/kunjungan").status_code == 200
    finally:
        bob.delete(f"/projects/1/assignments/viewer/{service.ids['chelsea']}")
    extended = next(f for f in bob.get(FORMS, extended=True).json if f["xmlFormId"] == form_id)
    assert (extended["createdBy"]["displayName"], extended["submissions"]) == ("Bob", 0)
    assert extended["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}


def test_publish_notes_are_the_action_notes_and_for_editors(bob):
    path = new(bob, publish=False)
    bob.post(f"{path}/draft/publish", headers={"X-Action-Notes": "versi%20pertama"})
    assert bob.get(path, extended=True).json["publishNotes"] == "versi pertama"


def test_two_publish_at_once_and_one_is_told(service, bob):
    import threading

    path = new(bob, publish=False)
    clients = [service.login("bob"), service.login("bob")]
    answers: list[int] = []

    def publish(client) -> None:
        answers.append(client.post(f"{path}/draft/publish").status_code)

    threads = [threading.Thread(target=publish, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 404]
