"""Projects over the API."""

KEYS = ["archived", "createdAt", "deletedAt", "description", "id", "keyId", "name", "updatedAt"]
EXTENDED = ["appUsers", "datasets", "forms", "lastEntity", "lastSubmission", "verbs"]


def new_project(alice, name: str) -> int:
    answer = alice.post("/projects", {"name": name})
    assert answer.status_code == 200, answer.text
    return answer.json["id"]


def test_everybody_lists_what_they_may_read(alice, bob, chelsea, nobody):
    number = new_project(alice, "Only for administrators")
    managed = [project["id"] for project in bob.get("/projects").json if project["name"] != "Kebun"]
    assert managed == [1]
    assert number in [project["id"] for project in alice.get("/projects").json]
    assert chelsea.get("/projects").json == []
    assert nobody.get("/projects").json["code"] == 401.2
    assert bob.get(f"/projects/{number}").json["code"] == 403.1
    assert bob.get("/projects/99999").json["code"] == 404.1
    assert bob.post("/projects", {"name": "x"}).json["code"] == 403.1


def test_a_project_has_all_keys_and_more_when_asked(alice):
    number = new_project(alice, "Whole")
    assert sorted(alice.get(f"/projects/{number}").json) == KEYS
    shown = alice.get(f"/projects/{number}", extended=True).json
    assert sorted(shown) == sorted(KEYS + EXTENDED)
    assert (shown["forms"], shown["appUsers"], shown["datasets"], shown["lastSubmission"]) == (0, 0, 0, None)
    alice.post(f"/projects/{number}/app-users", {"displayName": "HP"})
    assert alice.get(f"/projects/{number}", extended=True).json["appUsers"] == 1


def test_archived_ones_stand_last(alice):
    first, last = new_project(alice, "AAA"), new_project(alice, "AA archived")
    assert alice.patch(f"/projects/{last}", {"archived": True, "id": 5}).json["archived"] is True
    order = [project["id"] for project in alice.get("/projects").json]
    assert order.index(first) < order.index(last)
    assert order[-1] == last
    assert alice.patch(f"/projects/{last}", {"archived": None}).json["archived"] is None
    assert alice.delete(f"/projects/{last}").json == {"success": True}


def test_forms_come_with_the_list_when_asked(alice, chelsea):
    listed = alice.get("/projects?forms=true").json
    mine = next(project for project in listed if project["id"] == 1)
    form = mine["formList"][0]
    assert (form["xmlFormId"], form["version"], form["projectId"]) == ("kunjungan", "1", 1)
    assert form["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}
    assert "datasetList" not in mine
    both = alice.get("/projects?forms=True&datasets=TRUE").json[0]
    assert both["datasetList"] == []
    assert chelsea.get("/projects?forms=true").json == []


def test_patch_changes_only_what_is_there(alice, bob):
    number = new_project(alice, "Before")
    alice.patch(f"/projects/{number}", {"description": "what it is for"})
    shown = alice.patch(f"/projects/{number}", {"name": "After"}).json
    assert (shown["name"], shown["description"]) == ("After", "what it is for")
    assert alice.patch(f"/projects/{number}", {"name": " "}).json["code"] == 400.2
    assert alice.patch(f"/projects/{number}", {"archived": "perhaps"}).json["code"] == 400.11
    assert bob.patch(f"/projects/{number}", {"name": "x"}).json["code"] == 403.1


def test_put_replaces_the_project_with_its_forms_and_their_holders(service, alice, bob):
    made = bob.post("/projects/1/app-users", {"displayName": "By PUT"}).json["id"]
    form = {"xmlFormId": "kunjungan", "state": "closing", "assignments": [{"roleId": 2, "actorId": made}]}
    body = {"name": "Penyisiran 2026", "forms": [form]}
    assert alice.patch("/projects/1", {"description": "goes away"}).status_code == 200
    assert alice.put("/projects/1", {"forms": [form]}).json["code"] == 400.2
    assert alice.put("/projects/1", {**body, "forms": []}).json["code"] == 501.2
    assert alice.put("/projects/1", body).json["description"] is None
    held = bob.get("/projects/1/forms/kunjungan/assignments").json
    assert {"actorId": made, "roleId": 2} in held
    listed = bob.get("/projects/1/assignments/forms").json
    assert {"actorId": made, "roleId": 2, "xmlFormId": "kunjungan"} in listed
    assert bob.get("/projects/1/assignments/forms/app-user").json == listed
    wrong = {**body, "forms": [{**form, "state": "ajar"}]}
    assert alice.put("/projects/1", wrong).json["code"] == 400.8
    emptied = {**form, "state": "open", "assignments": []}
    assert alice.put("/projects/1", {**body, "forms": [emptied]}).status_code == 200
    assert bob.get("/projects/1/forms/kunjungan/assignments").json == []


def test_deleted_project_is_gone_for_people_and_phones(service, alice):
    number = new_project(alice, "Soon gone")
    token = alice.post(f"/projects/{number}/app-users", {"displayName": "HP"}).json["token"]
    assert alice.delete(f"/projects/{number}").json == {"success": True}
    assert alice.get(f"/projects/{number}").json["code"] == 404.1
    assert number not in [project["id"] for project in alice.get("/projects").json]
    path = f"/v1/key/{token}/projects/{number}/formList"
    phone = service.office.client.get(path, headers={"X-OpenRosa-Version": "1.0"})
    assert phone.status_code == 404


def test_managed_keys_are_not_offered(alice):
    answer = alice.post("/projects/1/key", {"passphrase": "a long passphrase"})
    assert (answer.status_code, answer.json["code"]) == (501, 501.1)
