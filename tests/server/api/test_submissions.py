"""Submissions over REST: sending, editing, reading, reviewing, files, versions, trash, drafts, areas and masks."""

import hashlib
import io

import pytest

from server.db import session_scope
from server.models.form import Form
from server.models.project import Project
from server.services import accounts, publishing, submission_trash
from tests.server.api.conftest import Client
from tests.server.api.visits import (
    GARDEN,
    PLACED,
    PROJECTS,
    SECRET,
    XML,
    edit,
    form_path,
    path_of,
    publish,
    send,
    visit,
)

KEYS = ["createdAt", "currentVersion", "deviceId", "instanceId", "submitterId", "updatedAt", "userAgent"]
VERSION_KEYS = ["createdAt", "current", "deviceId", "instanceId", "instanceName", "submitterId", "userAgent"]


def test_new_submission_is_answered_and_listed_newest_first(service, alice, form):
    made = alice.call(
        "POST",
        path_of(form, "?deviceID=collect%3Aabc"),
        data=visit(form, "uuid:one"),
        headers={**XML, "User-Agent": "t/1"},
    )
    assert made.status_code == 200, made.text
    assert sorted(made.json) == KEYS
    assert sorted(made.json["currentVersion"]) == VERSION_KEYS
    assert (made.json["deviceId"], made.json["userAgent"]) == ("collect:abc", "t/1")
    assert made.json["submitterId"] == service.ids["alice"]
    send(alice, form, "uuid:two")
    listed = alice.get(path_of(form)).json
    assert [item["instanceId"] for item in listed] == ["uuid:two", "uuid:one"]
    assert sorted(listed[0]) == sorted([*KEYS, "reviewState", "deletedAt"])
    assert [item["instanceId"] for item in alice.get(path_of(form, "?limit=1&offset=1")).json] == ["uuid:one"]
    one = alice.get(path_of(form, "/uuid%3Aone"), extended=True).json
    assert one["submitter"]["displayName"] == one["currentVersion"]["submitter"]["displayName"] == "Alice"


@pytest.mark.parametrize(
    ("code", "form_id", "xml"),
    [
        (400.1, "f", b"<data"),
        (400.1, "f", b""),
        (400.1, "f", b'<!DOCTYPE a><data id="f" version="1"/>'),
        (400.2, "f", b"<data/>"),
        (
            400.2,
            "f",
            b'<data id="f" version="1" encrypted="yes" xmlns="http://opendatakit.org/submissions"/>',
        ),
        (400.8, "f", b'<data id="another" version="1"><meta><instanceID>a</instanceID></meta></data>'),
        (404.6, "f", b'<data id="f" version="7"><meta><instanceID>a</instanceID></meta></data>'),
    ],
)
def test_refusals(alice, form, code, form_id, xml):
    body = xml.replace(b'id="f"', f'id="{form}"'.encode())
    answer = alice.call("POST", path_of(form), data=body, headers=XML)
    assert (answer.json["code"], answer.status_code) == (code, int(code)), answer.text
    assert alice.get(path_of(form)).json == []


def test_repeat_is_refused_here_also_of_other_xml_and_of_the_trash(alice, form):
    send(alice, form, "uuid:one")
    again = send(alice, form, "uuid:one")
    assert again.json["code"] == 409.3
    assert again.json["details"]["fields"] == ["formId", "instanceId"]
    assert send(alice, form, "uuid:one", "<pemilik>x</pemilik>").json["code"] == 409.3
    assert alice.delete(path_of(form, "/uuid:one")).json == {"success": True}
    assert send(alice, form, "uuid:one").json["code"] == 409.3


def test_instance_without_id_is_given_one(alice, form):
    made = alice.call("POST", path_of(form), data=f'<data id="{form}" version="1"/>'.encode(), headers=XML)
    assert len(made.json["instanceId"]) == 36
    assert alice.get(path_of(form, f"/{made.json['instanceId']}")).status_code == 200


def test_rights_and_states(service, bob, chelsea, nobody, form):
    assert send(nobody, form, "uuid:one").json["code"] == 401.2
    assert send(chelsea, form, "uuid:one").json["code"] == 403.1
    with service.office.session() as session:
        publishing.get_form(session, PROJECTS[form], form).state = "closed"
    assert send(bob, form, "uuid:one").json["code"] == 409.2
    with service.office.session() as session:
        publishing.get_form(session, PROJECTS[form], form).state = "closing"
    assert send(bob, form, "uuid:one").status_code == 200
    assert edit(bob, form, "uuid:one", "uuid:two", "uuid:one").status_code == 200


def test_edit_keeps_the_logical_id(service, alice, bob, form):
    send(bob, form, "uuid:one", "<foto>a.jpg</foto>")
    alice.call("POST", path_of(form, "/uuid:one/attachments/a.jpg"), data=b"jpeg")
    assert edit(bob, form, "uuid:one", "uuid:two", None).json["code"] == 400.19
    assert edit(bob, form, "uuid:none", "uuid:two", "uuid:one").json["code"] == 404.1
    assert edit(bob, form, "uuid:one", "uuid:two", "uuid:other").json["code"] == 409.9
    assert edit(bob, form, "uuid:one", "uuid:one", "uuid:one").json["code"] == 409.3
    done = edit(bob, form, "uuid:one", "uuid:two", "uuid:one", "<foto>a.jpg</foto>")
    assert (done.json["instanceId"], done.json["currentVersion"]["instanceId"]) == ("uuid:one", "uuid:two")
    assert (done.json["reviewState"], bool(done.json["updatedAt"])) == ("edited", True)
    assert edit(bob, form, "uuid:one", "uuid:three", "uuid:one").json["code"] == 409.9
    assert alice.get(path_of(form, "/uuid:one/attachments/a.jpg")).data == b"jpeg"
    versions = alice.get(path_of(form, "/uuid:one/versions"), extended=True).json
    assert [(v["instanceId"], v["current"], v["formVersion"]) for v in versions] == [
        ("uuid:two", True, "1"),
        ("uuid:one", False, "1"),
    ]
    assert alice.get(path_of(form, "/uuid:one/versions/uuid:one")).json["current"] is False
    assert alice.get(path_of(form, "/uuid:one/versions/uuid:none")).json["code"] == 404.1
    assert b"uuid:two" in alice.get(path_of(form, "/uuid:one.xml")).data
    assert alice.get(path_of(form, "/uuid:one/versions/uuid:one.xml")).data == visit(
        form, "uuid:one", "<foto>a.jpg</foto>"
    )


@pytest.mark.parametrize("rest", ["", ".xml", "/attachments", "/attachments/a%20b.jpg"])
def test_a_later_version_is_found_under_its_submission(alice, form, rest):
    send(alice, form, "uuid:one", "<foto>a b.jpg</foto>")
    edit(alice, form, "uuid:one", "uuid:two", "uuid:one", "<foto>a b.jpg</foto>")
    answer = alice.get(path_of(form, f"/uuid:two{rest}?x=1&y=%20"))
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/v1{path_of(form)}/uuid%3Aone/versions/uuid%3Atwo{rest}?x=1&y=%20"
    if "b.jpg" not in rest:
        assert alice.flask.get(answer.headers["Location"], headers=alice.headers).status_code == 200
    assert alice.get(path_of(form, f"/uuid:none{rest}")).json["code"] == 404.1


def test_differences(alice, form):
    first = "<pemilik>Siti</pemilik><lahan><panen><ton>3.2</ton></panen></lahan>"
    second = "<lahan><luas>2</luas><panen><ton>3.4</ton></panen><panen><ton>1</ton></panen></lahan>"
    send(alice, form, "uuid:one", first)
    assert alice.get(path_of(form, "/uuid:one/diffs")).json == {}
    edit(alice, form, "uuid:one", "uuid:two", "uuid:one", second)
    found = alice.get(path_of(form, "/uuid:one/diffs")).json
    assert list(found) == ["uuid:two"]
    expected = [
        {"old": "uuid:one", "new": "uuid:two", "path": ["meta", "instanceID"]},
        {"new": "uuid:one", "path": ["meta", "deprecatedID"]},
        {"old": "3.2", "new": "3.4", "path": ["lahan", ["panen", 0], "ton"]},
        {"new": "1", "path": ["lahan", ["panen", 1], "ton"]},
        {"new": "2", "path": ["lahan", "luas"]},
        {"old": "Siti", "path": ["pemilik"]},
    ]
    assert sorted(found["uuid:two"], key=str) == sorted(expected, key=str)


def test_review_states_comments_and_acts(service, alice, bob, form):
    send(bob, form, "uuid:one")
    one = path_of(form, "/uuid:one")
    assert bob.patch(one, {"reviewState": "hasIssues"}).json["reviewState"] == "hasIssues"
    assert bob.patch(one, {"reviewState": None}).json["reviewState"] is None
    assert bob.patch(one, {"reviewState": "wonderful"}).json["code"] == 400.8
    assert bob.patch(one, {"reviewState": 5}).json["code"] == 400.11
    assert bob.post(f"{one}/comments", {}).json["code"] == 400.2
    made = bob.post(f"{one}/comments", {"body": "Batas utara perlu dicek"}).json
    assert sorted(made) == ["actorId", "body", "createdAt"]
    alice.post(f"{one}/comments", {"body": "Sudah"})
    assert [item["body"] for item in bob.get(f"{one}/comments").json] == ["Sudah", "Batas utara perlu dicek"]
    assert bob.get(f"{one}/comments", extended=True).json[1]["actor"]["displayName"] == "Bob"
    acts = bob.get(f"{one}/audits", extended=True).json
    assert [act["action"] for act in acts] == ["submission.update", "submission.update", "submission.create"]
    assert (acts[-1]["actor"]["displayName"], acts[-1]["details"]["instanceId"]) == ("Bob", "uuid:one")
    assert acts[1]["details"]["reviewState"] == "hasIssues"


def test_files_are_sent_as_raw_bodies(service, alice, bob, form):
    send(bob, form, "uuid:one", "<foto>a.jpg</foto>")
    files, one = path_of(form, "/uuid:one/attachments"), path_of(form, "/uuid:one/attachments/a.jpg")
    assert bob.get(files).json == [{"name": "a.jpg", "exists": False}]
    assert bob.get(one).json["code"] == 404.1
    sent = bob.call(
        "POST",
        one,
        data=b"\x1f\x8b picture",
        headers={"Content-Type": "image/jpeg", "Content-Encoding": "gzip"},
    )
    assert sent.json == {"success": True}
    assert bob.get(files).json == [{"name": "a.jpg", "exists": True}]
    got = bob.get(one)
    assert (got.data, got.mimetype) == (b"\x1f\x8b picture", "image/jpeg")
    assert got.headers["Content-Disposition"].startswith("inline; filename=")
    digest = hashlib.md5(b"\x1f\x8b picture").hexdigest()
    assert got.headers["ETag"] == f'"{digest}"'
    assert bob.get(one, headers={"If-None-Match": f'W/"{digest}"'}).status_code == 304
    assert bob.call("POST", path_of(form, "/uuid:one/attachments/b.jpg"), data=b"x").json["code"] == 404.1
    before = len(alice.get("/audits?action=submission.attachment.update&limit=1000").json)
    bob.call("POST", one, data=b"\x1f\x8b picture", headers={"Content-Type": "image/jpeg"})
    bob.call("POST", one, data=b"<html>", headers={"Content-Type": "text/html"})
    assert len(alice.get("/audits?action=submission.attachment.update&limit=1000").json) == before + 1
    assert bob.get(one).headers["Content-Disposition"].startswith("attachment; ")
    assert bob.delete(one).json == {"success": True}
    assert bob.get(files).json == [{"name": "a.jpg", "exists": False}]
    assert bob.call("POST", one, data=io.BytesIO(b"0" * 50_000_001)).json["code"] == 413.1


def test_whoever_sent_it_may_fill_empty_slots_only(service, bob, form):
    link = bob.post(f"{form_path(form)}/public-links", {"displayName": "Web"}).json
    web = Client(
        service.browser(), {"X-Requested-With": "XMLHttpRequest", "odk-client": "odk-web-forms/0.24"}
    )

    def call(method: str, rest: str, data: bytes) -> dict:
        return web.call(method, path_of(form, f"{rest}?st={link['token']}"), data=data, headers=XML).json

    made = call("POST", "", visit(form, "uuid:web", "<foto>a.jpg</foto>"))
    assert (made["instanceId"], made["submitterId"]) == ("uuid:web", link["id"])
    assert call("GET", "/uuid:web", b"")["code"] == 403.1
    assert call("POST", "/uuid:web/attachments/b.jpg", b"x")["code"] == 404.1
    assert call("POST", "/uuid:web/attachments/a.jpg", b"x") == {"success": True}
    assert call("POST", "/uuid:web/attachments/a.jpg", b"y")["code"] == 403.1
    send(bob, form, "uuid:bob", "<foto>a.jpg</foto>")
    assert call("POST", "/uuid:bob/attachments/a.jpg", b"x")["code"] == 403.1
    bob.delete(path_of(form, "/uuid:web/attachments/a.jpg"))
    edit(bob, form, "uuid:web", "uuid:web2", "uuid:web", "<foto>a.jpg</foto>")
    assert call("POST", "/uuid:web/attachments/a.jpg", b"x")["code"] == 403.1


def test_trash(service, alice, bob, form):
    send(bob, form, "uuid:one")
    one = path_of(form, "/uuid:one")
    assert bob.post(f"{one}/restore").json["code"] == 404.1
    assert bob.delete(one).json == {"success": True}
    assert bob.get(one).json["code"] == 404.1
    assert bob.delete(one).json["code"] == 404.1
    assert bob.get(path_of(form)).json == []
    trashed = bob.get(path_of(form, "?deleted=true")).json
    assert [(item["instanceId"], bool(item["deletedAt"])) for item in trashed] == [("uuid:one", True)]
    assert bob.post(f"{one}/restore").json == {"success": True}
    assert bob.get(one).json["deletedAt"] is None
    acts = [act["action"] for act in bob.get(f"{one}/audits").json]
    assert acts == ["submission.restore", "submission.delete", "submission.create"]


def test_submitters_keys_and_the_missing_editor(service, alice, bob, form):
    send(bob, form, "uuid:one")
    send(alice, form, "uuid:two")
    send(alice, form, "uuid:three")
    assert [actor["displayName"] for actor in bob.get(path_of(form, "/submitters")).json] == ["Alice", "Bob"]
    assert bob.get(path_of(form, "/keys")).json == []
    assert bob.get(path_of(form, "/uuid:one/edit")).json["code"] == 501.1
    with service.office.session() as session:
        publishing.get_form(session, PROJECTS[form], form).state = "closing"
    assert bob.get(path_of(form, "/uuid:one/edit")).json["code"] == 409.12


def test_encrypted_submission_is_kept_as_it_came(alice, form):
    envelope = (
        f'<data xmlns="http://opendatakit.org/submissions" id="{form}" version="1" encrypted="yes">'
        '<base64EncryptedKey>k</base64EncryptedKey><meta xmlns="http://openrosa.org/xforms"><instanceID>uuid:enc</instanceID></meta>'
        "<media><file>a.jpg.enc</file></media><encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    ).encode()
    assert alice.call("POST", path_of(form), data=envelope, headers=XML).status_code == 200
    assert alice.get(path_of(form, "/uuid:enc.xml")).data == envelope
    names = [slot["name"] for slot in alice.get(path_of(form, "/uuid:enc/attachments")).json]
    assert names == ["a.jpg.enc", "submission.xml.enc"]


def save_draft(service, form_id: str, text: str = GARDEN, version: str = "draft") -> str:
    """Makes a draft of a form; returns its test token."""
    office = service.office
    source = text.format(form_id=form_id, version=version).encode()
    upload = publishing.compile_upload(source, file_name="form.md", known_forms={}, allow_text=True)
    with office.session() as session:
        project = session.get_one(Project, PROJECTS[form_id])
        _, made = publishing.save_draft(
            session, office.backends, project=project, upload=upload, actor_id=None
        )
        return made.draft_token or ""


def test_test_data_of_a_draft_is_apart(service, alice, bob, chelsea, nobody, form):
    draft = f"{form_path(form)}/draft/submissions"
    xml = visit(form, "uuid:one", "<foto>a.jpg</foto>", version="whatever")
    assert bob.call("POST", draft, data=xml, headers=XML).json["code"] == 404.1
    token = save_draft(service, form)
    send(bob, form, "uuid:one")
    assert chelsea.call("POST", draft, data=xml, headers=XML).json["code"] == 403.1
    assert bob.call("POST", draft, data=xml, headers=XML).json["instanceId"] == "uuid:one"
    assert nobody.call("POST", f"/test/{'x' * 64}{draft}", data=xml, headers=XML).json["code"] == 404.4
    tester = visit(form, "uuid:tester", "<foto>a.jpg</foto>")
    made = nobody.call("POST", f"/test/{token}{draft}", data=tester, headers=XML)
    assert (made.json["instanceId"], made.json["submitterId"]) == ("uuid:tester", None)
    file = f"/test/{token}{draft}/uuid:tester/attachments/a.jpg"
    assert nobody.call("POST", file, data=b"x").json == {"success": True}
    assert nobody.call("POST", file, data=b"x").json["code"] == 403.1
    phone = {"xml_submission_file": (io.BytesIO(visit(form, "uuid:phone")), "a.xml", "text/xml")}
    headers = {"X-OpenRosa-Version": "1.0"}
    address = f"/test/{token}{form_path(form)}/draft/submission"
    assert nobody.call("HEAD", address, headers=headers).status_code == 204
    assert nobody.call("POST", address, data=phone, headers=headers).status_code == 201
    dead = nobody.call("HEAD", address.replace(token, "y" * 64), headers=headers)
    assert (dead.status_code, dead.headers["X-Sisir-Problem"]) == (404, "404.4")
    phone = {"xml_submission_file": (io.BytesIO(visit(form, "uuid:editor")), "a.xml", "text/xml")}
    by_editor = bob.call("POST", address.removeprefix(f"/test/{token}"), data=phone, headers=headers)
    assert by_editor.status_code == 201
    listed = [item["instanceId"] for item in bob.get(draft).json]
    assert listed == ["uuid:editor", "uuid:phone", "uuid:tester", "uuid:one"]
    assert [item["instanceId"] for item in bob.get(path_of(form)).json] == ["uuid:one"]
    assert bob.get(f"{draft}/uuid:one.xml").data == xml
    assert bob.delete(f"{draft}/uuid:one").status_code == 404
    with session_scope(service.office.backends.sessions) as session:
        found = publishing.get_form(session, PROJECTS[form], form)
        submission_trash.drop_draft_submissions(session, found)
    assert bob.get(draft).json == []
    assert [item["instanceId"] for item in bob.get(path_of(form)).json] == ["uuid:one"]


def test_another_areas_submissions_are_not_there(service, alice, bob):
    form_id = publish(service, PLACED)
    send(alice, form_id, "uuid:here", "<kode_desa>3517012001</kode_desa>")
    send(alice, form_id, "uuid:there", "<kode_desa>3518012001</kode_desa>")
    send(alice, form_id, "uuid:nowhere")
    service.office.work()
    assert bob.get(path_of(form_id)).json == []
    with service.office.session() as session:
        accounts.set_areas(session, service.ids["bob"], ["3517"])
    try:
        assert [item["instanceId"] for item in bob.get(path_of(form_id)).json] == ["uuid:here"]
        assert bob.get(path_of(form_id, "/uuid:here")).status_code == 200
        for hidden in ("uuid:there", "uuid:nowhere"):
            for rest in ("", ".xml", "/attachments", "/versions", "/diffs", "/comments", "/audits"):
                assert bob.get(path_of(form_id, f"/{hidden}{rest}")).json["code"] == 404.1, rest
            assert bob.patch(path_of(form_id, f"/{hidden}"), {"reviewState": None}).json["code"] == 404.1
            assert bob.delete(path_of(form_id, f"/{hidden}")).json["code"] == 404.1
            assert edit(bob, form_id, hidden, "uuid:x", hidden).json["code"] == 404.1
    finally:
        with service.office.session() as session:
            accounts.set_areas(session, service.ids["bob"], [])
    assert len(alice.get(path_of(form_id)).json) == 3


def test_sensitive_answers_are_masked_for_those_who_may_not_see_them(service, alice, bob):
    form_id = publish(service, SECRET)
    first = "<nama>Siti</nama><nik>3517011110209651</nik><foto_kk>kk.jpg</foto_kk>"
    send(alice, form_id, "uuid:one", first)
    edit(alice, form_id, "uuid:one", "uuid:two", "uuid:one", first.replace("9651", "9652"))
    alice.call("POST", path_of(form_id, "/uuid:one/attachments/kk.jpg"), data=b"jpeg")
    plain = alice.get(path_of(form_id, "/uuid:one/versions/uuid:one.xml")).data
    assert plain == visit(form_id, "uuid:one", first)
    masked = bob.get(path_of(form_id, "/uuid:one.xml")).text
    assert "<nama>Siti</nama>" in masked and "<nik>351701******9652</nik>" in masked
    assert "3517011110209652" not in masked
    diffs = {
        str(item["path"]): item for item in bob.get(path_of(form_id, "/uuid:one/diffs")).json["uuid:two"]
    }
    assert (diffs["['nik']"]["old"], diffs["['nik']"]["new"]) == ("351701******9651", "351701******9652")
    assert "9651" in str(alice.get(path_of(form_id, "/uuid:one/diffs")).json["uuid:two"])
    assert bob.get(path_of(form_id, "/uuid:one/attachments/kk.jpg")).json["code"] == 403.1
    assert alice.get(path_of(form_id, "/uuid:one/attachments/kk.jpg")).data == b"jpeg"
    acts = alice.get("/audits?action=identity.unmask&limit=3").json
    assert [act["details"]["what"] for act in acts] == ["file", "diffs", "xml"]


def test_approval_lets_entities_be_made_that_waited_for_it(service, alice, bob):
    text = """
| survey | | | | |
| | type | name | label | save_to |
| | text | nama | Nama | nama |
| entities | | |
| | list_name | label |
| | {form_id}_petani | ${{nama}} |
| settings | | |
| | form_id | form_title | version |
| | {form_id} | Petani | 1 |
"""
    form_id = publish(service, text)
    with service.office.session() as session:
        form = publishing.get_form(session, PROJECTS[form_id], form_id)
        assert isinstance(form, Form)
        from server.services import entity_lists

        listed = entity_lists.find_list(session, PROJECTS[form_id], f"{form_id}_petani")
        listed.approval_required = True
    entity = (
        f'<meta><instanceID>uuid:ent</instanceID><entity dataset="{form_id}_petani" create="1" '
        'id="7c9a6c3e-8a38-4a6e-9f6e-0c4f6a1f2b%02d"><label>Siti</label></entity></meta>' % service.ids["bob"]
    )
    xml = f'<data id="{form_id}" version="1"><nama>Siti</nama>{entity}</data>'.encode()
    assert bob.call("POST", path_of(form_id), data=xml, headers=XML).status_code == 200
    service.office.work()
    assert _entities(service, form_id) == []
    bob.patch(path_of(form_id, "/uuid:ent"), {"reviewState": "hasIssues"})
    service.office.work()
    assert _entities(service, form_id) == []
    bob.patch(path_of(form_id, "/uuid:ent"), {"reviewState": "approved"})
    service.office.work()
    assert _entities(service, form_id) == ["Siti"]


def _entities(service, form_id: str) -> list[str]:
    from sqlalchemy import select

    from server.models.entity import Entity, EntityList

    with service.office.session() as session:
        query = select(Entity.label).join(EntityList).where(EntityList.name == f"{form_id}_petani")
        return list(session.scalars(query))
