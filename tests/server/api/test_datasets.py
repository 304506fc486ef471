"""Entity lists over HTTP: making, properties, approval, forms around them, the trash; each problem by a real request."""

import itertools
import uuid

import pytest

from forms.compile import compile_form
from tests.flows.shapes import instance, post

NUMBERS = itertools.count(1)
ALL = "/projects/1/datasets"
FORM = """
| survey | | | | |
| | type | name | label | save_to |
| | text | nik | NIK | nik |
| | text | nama | Nama | |
| | select_one_from_file {read}.csv | lama | Lama | |
| settings | | | |
| | form_id | form_title | version |
| | {form} | Pendataan {form} | 1 |
| entities | | |
| | list_name | label |
| | {write} | ${{nama}} |
"""
REPEAT = """
| survey | | | | |
| | type | name | label | save_to |
| | text | judul | Judul | |
| | begin_repeat | anggota | Anggota | |
| | text | nama | Nama | {write}#nama_art |
| | end_repeat | anggota | | |
| settings | | | |
| | form_id | form_title | version |
| | {form} | Anggota | 1 |
| entities | | | |
| | list_name | label | repeat |
| | {write} | ${{nama}} | ${{anggota}} |
"""
KEYS = ["approvalRequired", "createdAt", "deletedAt", "name", "ownerOnly", "projectId"]
FULL = sorted(
    [*KEYS, "lastUpdate", "linkedForms", "sourceForms", "draftLinkedForms", "draftSourceForms", "properties"]
)


def new_list(client, *properties: str, **more: object) -> str:
    name = f"daftar{next(NUMBERS)}"
    made = client.post(ALL, {"name": name, **more})
    assert made.status_code == 200, made.text
    for item in properties:
        assert client.post(f"{ALL}/{name}/properties", {"name": item}).json == {"success": True}
    return name


def test_a_list_is_made_and_shown_in_full(alice, bob):
    made = bob.post(ALL, {"name": "petani", "approvalRequired": True}).json
    assert sorted(made) == FULL
    assert (made["projectId"], made["approvalRequired"], made["ownerOnly"]) == (1, True, False)
    assert made["properties"] == made["linkedForms"] == made["draftSourceForms"] == []
    assert bob.get(f"{ALL}/petani").json == made
    (listed,) = [item for item in bob.get(ALL).json if item["name"] == "petani"]
    assert sorted(listed) == KEYS
    (listed,) = [item for item in bob.get(ALL, extended=True).json if item["name"] == "petani"]
    assert (listed["entities"], listed["lastEntity"], listed["conflicts"]) == (0, None, 0)
    acts = alice.get("/audits?action=dataset.create", extended=True).json
    assert acts[0]["actee"]["name"] == "petani"
    names = [item["name"] for item in bob.get(ALL).json]
    assert names == sorted(names)


@pytest.mark.parametrize("name", ["dengan.titik", "__sistem", "1angka", "ada spasi", ""])
def test_bad_names_are_refused(bob, name):
    answer = bob.post(ALL, {"name": name}).json
    assert answer["code"] == (400.8 if name else 400.2)
    if name:
        assert sorted(answer["details"]) == ["field", "reason", "value"]


def test_names_are_taken_once_whatever_their_case(bob):
    name = new_list(bob)
    taken = bob.post(ALL, {"name": name}).json
    assert (taken["code"], taken["details"]["fields"]) == (409.3, ["name", "projectId"])
    other = bob.post(ALL, {"name": name.title()}).json
    assert (other["code"], other["details"]) == (409.16, {"current": name, "provided": name.title()})
    assert bob.post(ALL, {"name": "x" * 101}).json["code"] == 400.13
    assert bob.post(ALL, {}).json["code"] == 400.2


def test_properties_come_in_the_order_of_making(bob):
    name = new_list(bob, "nik", "luas.ha", "a-b")
    found = bob.get(f"{ALL}/{name}").json["properties"]
    assert [(item["name"], item["odataName"]) for item in found] == [
        ("nik", "nik"),
        ("luas.ha", "luas_ha"),
        ("a-b", "a_b"),
    ]
    assert all(item["publishedAt"] and item["forms"] == [] for item in found)
    for bad in ("name", "Label", "__x", "1x", "ada spasi"):
        assert bob.post(f"{ALL}/{name}/properties", {"name": bad}).json["code"] == 400.8, bad
    for same in ("nik", "NIK"):
        assert bob.post(f"{ALL}/{name}/properties", {"name": same}).json["code"] == 409.3, same
    assert bob.post(f"{ALL}/{name}/properties", {}).json["code"] == 400.2


def test_a_property_goes_only_when_nothing_uses_it(bob):
    name = new_list(bob, "nik", "rt")
    bob.post(f"{ALL}/{name}/entities", {"label": "Sari", "data": {"nik": "1", "rt": ""}})
    refused = bob.delete(f"{ALL}/{name}/properties/nik").json
    assert (refused["code"], refused["details"]["propertyName"]) == (409.22, "nik")
    assert bob.delete(f"{ALL}/{name}/properties/rt").json == {"success": True}
    assert [item["name"] for item in bob.get(f"{ALL}/{name}").json["properties"]] == ["nik"]
    (entity,) = bob.get(f"{ALL}/{name}/entities").json
    shown = bob.get(f"{ALL}/{name}/entities/{entity['uuid']}").json["currentVersion"]
    assert (shown["data"], "rt" in shown["dataReceived"]) == ({"nik": "1"}, True)
    assert bob.delete(f"{ALL}/{name}/properties/rt").json["code"] == 404.1


def test_forms_around_a_list_are_named_and_keep_it(service, bob):
    read, write = new_list(bob), f"tulis{next(NUMBERS)}"
    service.office.publish(FORM.format(form=write, read=read, write=write).encode())
    form = {"name": f"Pendataan {write}", "xmlFormId": write}
    shown = bob.get(f"{ALL}/{write}").json
    assert (shown["sourceForms"], shown["linkedForms"]) == ([form], [])
    assert shown["properties"][0]["forms"] == [form]
    assert bob.get(f"{ALL}/{read}").json["linkedForms"] == [form]
    for name in (read, write):
        refused = bob.delete(f"{ALL}/{name}").json
        assert refused["code"] == 409.21
        assert form in [*refused["details"]["linkedForms"], *refused["details"]["sourceForms"]]
    assert bob.delete(f"{ALL}/{write}/properties/nik").json["code"] == 409.22


def test_entities_of_a_repeat_say_so(service, bob):
    name = f"ulang{next(NUMBERS)}"
    service.office.publish(REPEAT.format(form=name, write=name).encode())
    (source,) = bob.get(f"{ALL}/{name}").json["sourceForms"]
    assert source == {"name": "Anggota", "xmlFormId": name, "repeatPath": "/anggota/"}


def test_a_draft_is_named_as_one(bob):
    read, write = new_list(bob), new_list(bob, "nik")
    form = FORM.format(form=f"r{write}", read=read, write=write).encode()
    xml = compile_form(form, file_name="a.md", allow_text=True).xform
    made = bob.post("/projects/1/forms?ignoreWarnings=true", data=xml, headers={"Content-Type": "text/xml"})
    assert made.status_code == 200, made.text
    shown = bob.get(f"{ALL}/{write}").json
    assert [item["xmlFormId"] for item in shown["draftSourceForms"]] == [f"r{write}"]
    assert [item["xmlFormId"] for item in bob.get(f"{ALL}/{read}").json["draftLinkedForms"]] == [f"r{write}"]
    assert bob.delete(f"{ALL}/{read}").json["code"] == 409.21


def test_a_list_goes_to_the_trash_and_its_name_is_free(bob):
    name = new_list(bob)
    assert bob.delete(f"{ALL}/{name}").json == {"success": True}
    assert bob.get(f"{ALL}/{name}").json["code"] == 404.1
    assert name not in [item["name"] for item in bob.get(ALL).json]
    (trashed,) = [item for item in bob.get(f"{ALL}?deleted=true").json if item["name"] == name]
    assert trashed["id"] and trashed["deletedAt"]
    assert bob.post(ALL, {"name": name}).status_code == 200


def test_lists_are_set_up(bob):
    name = new_list(bob)
    assert bob.patch(f"{ALL}/{name}", {"ownerOnly": True}).json["ownerOnly"] is True
    changed = bob.patch(f"{ALL}/{name}", {"approvalRequired": True}).json
    assert (changed["approvalRequired"], changed["ownerOnly"]) == (True, True)
    assert bob.patch(f"{ALL}/{name}", {"approvalRequired": "x"}).json["code"] == 400.11
    assert bob.patch(f"{ALL}/{name}", {"accessFilter": {"a": 1}}).json["code"] == 501.1
    assert "accessFilter" not in bob.patch(f"{ALL}/{name}", {"accessFilter": None}).json


def test_rights_are_asked(nobody, chelsea, bob):
    name = new_list(bob)
    assert nobody.get(ALL).json["code"] == 401.2
    for method, path in (
        ("GET", ALL),
        ("POST", ALL),
        ("GET", f"{ALL}/{name}"),
        ("PATCH", f"{ALL}/{name}"),
        ("DELETE", f"{ALL}/{name}"),
        ("POST", f"{ALL}/{name}/properties"),
        ("DELETE", f"{ALL}/{name}/properties/x"),
    ):
        assert chelsea.call(method, path, json={"name": "x"}).json["code"] == 403.1, (method, path)


def test_turning_approval_off_asks_what_becomes_of_those_that_wait(service, bob):
    write = f"tunggu{next(NUMBERS)}"
    bob.post(ALL, {"name": write, "approvalRequired": True})
    service.office.publish(FORM.format(form=write, read=new_list(bob), write=write).encode())
    entity = f'<entity dataset="{write}" create="1" id="{uuid.uuid4()}"><label>Sari</label></entity>'
    _, xml = instance(form=write, body="<nik>1</nik><nama>Sari</nama>", meta=entity)
    assert post(service.office.client, service.office.phone(), xml).status_code == 201
    service.office.work()
    assert bob.get(f"{ALL}/{write}/entities").json == []
    refused = bob.patch(f"{ALL}/{write}", {"approvalRequired": False}).json
    assert (refused["code"], refused["details"]) == (400.29, {"count": 1})
    assert bob.get(f"{ALL}/{write}").json["approvalRequired"] is True
    changed = bob.patch(f"{ALL}/{write}?convert=True", {"approvalRequired": False})
    assert changed.json["approvalRequired"] is False
    service.office.work()
    (made,) = bob.get(f"{ALL}/{write}/entities").json
    (version,) = bob.get(f"{ALL}/{write}/entities/{made['uuid']}/versions").json
    assert version["source"]["submission"]["xmlFormId"] == write
