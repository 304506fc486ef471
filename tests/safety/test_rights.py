"""The rights table against the URL map: every route, every role, another area, no log-in at all."""

import re

import pytest

from server.permissions import OUR_RIGHTS, ROLES
from tests import factories
from tests.safety.people import NO_LOG_IN, PEOPLE, log_in, routes

# Semantics, section 6, in the words of permissions.py; officers have none of ours.
TABLE = {
    "manager": {"case.read", "register.import", "area.import", "setting.write", "form.publish", "officer.manage"},
    "supervisor": {"case.read", "case.propose", "task.assign"},
    "dinsos": {
        "case.read", "case.propose", "task.assign", "case.confirm", "decision.export", "identity.unmask",
        "register.import", "area.import", "setting.write", "audit.read",
    },
    "dpmd": {"case.read"},
    "auditor": {"case.read", "audit.read"},
    "viewer": set(),
    "formfill": set(),
    "app-user": set(),
    "pub-link": set(),
    "pwreset": set(),
    "admin": set(OUR_RIGHTS),
}  # fmt: skip

# What each route of the console needs. None: whoever is logged in. A new route fails here until it has its line.
NEEDS = {
    ("console.home", "GET"): None,
    ("console.log_out", "POST"): None,
    ("console.create_project", "POST"): "project.create",
    ("console.overview", "GET"): "project.read",
    ("console.area_options", "GET"): "project.read",
    ("console.queue", "GET"): "case.read",
    ("console.search", "POST"): "case.read",
    ("console.case", "GET"): "case.read",
    ("console.neighbour", "GET"): "case.read",
    ("console.map_data", "GET"): "case.read",
    ("console.photo", "GET"): "case.read",
    ("console.submissions", "GET"): "case.read",
    ("console.submission", "GET"): "case.read",
    ("console.rules", "GET"): "case.read",
    ("console.officer_findings", "GET"): "case.read",
    ("console.decide_officer_finding", "POST"): "case.propose",
    ("console.decide_finding", "POST"): "case.propose",
    ("console.propose", "POST"): "case.propose",
    ("console.confirm", "POST"): "case.confirm",
    ("console.return_case", "POST"): "case.confirm",
    ("console.unmask", "POST"): "identity.unmask",
    ("console.forms", "GET"): "form.publish",
    ("console.upload_form", "POST"): "form.publish",
    ("console.form", "GET"): "form.publish",
    ("console.publish_form", "POST"): "form.publish",
    ("console.set_form_state", "POST"): "form.publish",
    ("console.list_officers", "GET"): "officer.manage",
    ("console.create_officer", "POST"): "officer.manage",
    ("console.officer", "GET"): "officer.manage",
    ("console.set_officer_areas", "POST"): "officer.manage",
    ("console.officer_qr", "GET"): "officer.manage",
    ("console.revoke_officer", "POST"): "officer.manage",
    ("console.officer_cards", "GET"): "officer.manage",
    ("console.show_settings", "GET"): "setting.write",
    ("console.set_setting", "POST"): "setting.write",
}
IN_AN_AREA = ("case_id", "submission_id", "attachment_id", "officer_id")
# What makes a form's own check pass, so that the right is what decides.
FIELDS = {
    "console.set_form_state": {"state": "open"},
    "console.unmask": {"purpose": "pemeriksaan hak akses"},
    "console.set_setting": {"name": "umk", "value": "x", "from_on": "2026-01-01"},
    "console.create_officer": {"name": ""},
    "console.set_officer_areas": {"area": ""},
    "console.create_project": {"name": ""},
}


def console_routes(stage):
    return [pair for pair in routes(stage.office.app, "console") if pair[0].endpoint not in NO_LOG_IN]


def ask(person, rule, method, path, **fields):
    data = {"csrf": person.csrf, "revision": "0", **FIELDS.get(rule.endpoint, {}), **fields}
    return person.client.open(path, method=method, data=data if method == "POST" else None)


def test_roles_have_the_rights_of_the_table():
    found = {role.system: set(role.verbs) & set(OUR_RIGHTS) for role in ROLES}
    # admin's audit.read and the like are Central's words for the same thing.
    assert found == TABLE


def test_every_route_of_the_console_has_its_line(stage):
    assert {(rule.endpoint, method) for rule, method in console_routes(stage)} == set(NEEDS)


def test_no_route_without_log_in(stage, ids):
    client = stage.office.client
    for rule, method in console_routes(stage):
        answer = client.open(ids.address(rule), method=method)
        assert answer.status_code == 302, rule
        assert "/login" in answer.headers["Location"], rule


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_opens_what_its_rights_say_and_nothing_else(stage, ids, role):
    inside, outside = log_in(stage, f"Di-{role}"), log_in(stage, f"Luar-{role}")
    verbs = next(set(item.verbs) for item in ROLES if item.system == role)
    for rule, method in console_routes(stage):
        needed = NEEDS[rule.endpoint, method]
        if rule.endpoint in ("console.log_out", "console.revoke_officer"):
            continue
        path = ids.address(rule)
        status = ask(inside, rule, method, path).status_code
        if needed is None or needed in verbs:
            # There is no draft to publish, and nothing stands about the officer.
            nothing = ("console.publish_form", "console.decide_officer_finding")
            refusals = (403,) if rule.endpoint in nothing else (403, 404)
            assert status not in refusals, (rule, method, status)
        else:
            assert status == 403, (rule, method, status)
        narrow = set(re.findall(r":(\w+)>", rule.rule)) & set(IN_AN_AREA)
        if narrow and needed in verbs:
            status = ask(outside, rule, method, path).status_code
            assert status == 404, (rule, method, status, "another area's id")


def test_nobody_without_area_sees_anything(stage, ids):
    person = log_in(stage, "Tanpa")
    assert "Suparmi" not in person.client.get("/projects/1/queue?state=all").text
    for rule, method in console_routes(stage):
        if set(re.findall(r":(\w+)>", rule.rule)) & {"case_id", "submission_id", "attachment_id"}:
            assert ask(person, rule, method, ids.address(rule)).status_code in (403, 404), rule


def test_every_post_needs_the_token_of_its_session(stage, ids):
    """Without it, with another person's, in the address instead of the form: nothing happens."""
    admin, other = log_in(stage, "Admin"), log_in(stage, "Rina")
    for rule, method in routes(stage.office.app, "console"):
        if method != "POST" or rule.endpoint in NO_LOG_IN:
            continue
        path, fields = ids.address(rule), FIELDS.get(rule.endpoint, {})
        for token in ({}, {"csrf": ""}, {"csrf": other.csrf}):
            status = admin.client.post(path, data={**fields, **token}).status_code
            assert status == 403, (rule, token, status)
        assert admin.client.post(f"{path}?csrf={admin.csrf}", data=fields).status_code == 403, rule
        assert admin.client.get("/").status_code == 200, f"{rule} ended the session"
    assert admin.client.post("/language", data={"csrf": "x", "language": "en"}).status_code == 403


def test_no_get_changes_anything(stage):
    """A link cannot do what a form does: acts are POST only."""
    acts = {endpoint for endpoint, method in NEEDS if method == "POST"}
    assert not acts & {endpoint for endpoint, method in NEEDS if method == "GET"}


def test_officers_phones_open_no_page_and_people_no_phone_route_without_right(stage, ids):
    bearer = {"Authorization": f"Bearer {stage.siti.token}"}
    for rule, method in console_routes(stage):
        answer = stage.office.client.open(ids.address(rule), method=method, headers=bearer)
        assert answer.status_code in (302, 403), rule
    supervisor = log_in(stage, "Rina")
    data = {"xml_submission_file": "<data/>"}
    headers = {"X-OpenRosa-Version": "1.0"}
    answer = supervisor.client.post("/v1/projects/1/submission", data=data, headers=headers)
    assert answer.status_code in (400, 401, 403)


def test_log_in_gives_a_new_token_and_log_out_ends_it_on_the_server(stage):
    client = stage.office.client
    client.set_cookie("session", "A" * 64)
    form = {"email": "rina@dinsos.test", "password": factories.PASSWORD}
    client.post("/login", data=form)
    first = client.get_cookie("session").value
    assert first != "A" * 64, "a planted token is not taken over"
    client.post("/login", data=form)
    second = client.get_cookie("session").value
    assert second != first
    page = client.get("/projects/1/queue")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    assert client.post("/logout", data={"csrf": csrf}).status_code == 303
    thief = stage.office.client
    thief.set_cookie("session", second)
    assert thief.get("/projects/1/queue").status_code == 302, "the token is dead on the server"
