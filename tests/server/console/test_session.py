"""Logging in and out, the language, and what a page refuses."""

import pytest

from server.services import accounts, password_links
from tests.factories import PASSWORD

RINA = {"email": "Rina@dinsos.test ", "password": PASSWORD}


def test_wrong_password_keeps_the_address(stage):
    answer = stage.office.client.post("/login", data={**RINA, "password": "salah-salah-salah"})
    assert answer.status_code == 401
    assert "Surel atau kata sandi salah" in answer.text
    assert "Rina@dinsos.test" in answer.text
    assert PASSWORD not in answer.text


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stage):
    answer = stage.office.client.post("/login", data=RINA)
    cookie = next(text for text in answer.headers.getlist("Set-Cookie") if text.startswith("session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_visitor_is_sent_to_the_log_in_and_back(stage):
    client = stage.office.client
    answer = client.get("/projects/1/queue?area=3599")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"])
    assert "/projects/1/queue?area=3599" in page.text
    done = client.post("/login", data={**RINA, "next": "/projects/1/queue?area=3599"})
    assert done.headers["Location"] == "/projects/1/queue?area=3599"


@pytest.mark.parametrize(
    "target", ["https://jahat.test/", "//jahat.test/", "/\\jahat.test", "javascript:alert(1)"]
)
def test_log_in_leads_to_no_other_site(stage, target):
    assert stage.office.client.post("/login", data={**RINA, "next": target}).headers["Location"] == "/"


@pytest.mark.parametrize("headers", [{"Origin": "https://jahat.test"}, {"Sec-Fetch-Site": "cross-site"}])
def test_log_in_form_of_another_site_is_refused(stage, headers):
    assert stage.office.client.post("/login", data=RINA, headers=headers).status_code == 403


def test_logged_out_session_is_over(visit):
    rina = visit("Rina")
    assert rina.get("queue").status_code == 200
    assert rina.client.post("/logout", data={"csrf": rina.csrf}).status_code == 303
    assert rina.get("queue").status_code == 302


@pytest.mark.parametrize("csrf", ["", "salah", "ä"])
def test_form_without_its_token_changes_nothing(visit, stage, csrf):
    rina = visit("Rina")
    path = f"cases/{stage.cases['Paijan']}/proposal"
    data = {"proposal": "keep", "note": "", "revision": "1"}
    assert rina.client.post(f"/projects/1/{path}", data={**data, "csrf": csrf}).status_code == 403
    assert rina.revision(stage.cases["Paijan"]) == "1"


def test_language_is_switched_and_remembered(visit):
    rina = visit("Rina")
    assert "Perlu dikerjakan" in rina.get("queue").text
    rina.client.post("/language", data={"csrf": rina.csrf, "language": "en", "next": "/"})
    page = rina.get("queue").text
    assert "To work on" in page
    assert "Perlu dikerjakan" not in page
    again = visit("Rina")
    assert "To work on" in again.get("queue").text
    again.client.post("/language", data={"csrf": again.csrf, "language": "id", "next": "/"})


def test_findings_speak_the_language_of_the_page(visit, stage):
    tono = visit("Tono")
    assert "Memiliki mobil sendiri" in tono.get(f"cases/{stage.cases['Kasiyem']}").text
    tono.client.set_cookie("language", "en")
    assert "Own car" in tono.get(f"cases/{stage.cases['Kasiyem']}").text


def test_phone_token_opens_no_page(stage):
    headers = {"Authorization": f"Bearer {stage.siti.token}"}
    assert stage.office.client.get("/projects/1/queue", headers=headers).status_code == 302


def test_password_is_chosen_by_the_link_of_the_office_once(stage):
    with stage.office.session() as session:
        person = accounts.create_user(session, email="baru@dinsos.test", password=None, name="Baru")
        link = password_links.make_link(session, person.id, url="", actor_id=None)
    client = stage.office.client
    page = client.get(link.url)
    assert page.status_code == 200
    assert "Pilih kata sandi" in page.text
    data = {"token": link.token, "new": "1234567890"}
    refused = client.post("/password", data=data)
    assert (refused.status_code, "mudah ditebak" in refused.text) == (400, True)
    assert client.post("/password", data=data, headers={"Origin": "https://jahat.test"}).status_code == 403
    done = client.post("/password", data={**data, "new": PASSWORD})
    assert done.headers["Location"] == "/login"
    assert client.post("/login", data={"email": "baru@dinsos.test", "password": PASSWORD}).status_code == 303
    assert client.get(link.url).status_code == 403
    again = client.post("/password", data={**data, "new": PASSWORD})
    assert (again.status_code, "tidak berlaku lagi" in again.text) == (403, True)
