"""Who sees what: areas, roles, and what a browser is told about every page."""

import re

import pytest

PAGES = ("", "queue", "submissions", "officer-findings", "rules")
ADMIN_PAGES = ("forms", "forms/1", "officers", "officers/cards", "settings")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("name", ["Rina", "Dewi", "Tono", "Admin"])
def test_everybody_with_case_read_opens_the_pages(visit, name):
    person = visit(name)
    assert {path: person.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_supervisor_opens_no_admin_page(visit):
    rina = visit("Rina")
    assert {rina.get(path).status_code for path in ADMIN_PAGES} == {403}


def test_admin_opens_every_page(visit):
    admin = visit("Admin")
    assert {path: admin.get(path).status_code for path in ADMIN_PAGES} == dict.fromkeys(ADMIN_PAGES, 200)


def test_queue_shows_only_the_own_area(visit):
    page = visit("Joko").get("queue?state=all").text
    assert "Kasiyem" in page
    assert "Suparmi" not in page


def test_nothing_of_another_area_is_reached_by_address(visit, stage):
    joko, rina = visit("Joko"), visit("Rina")
    case_id = stage.cases["Suparmi"]
    page = rina.get(f"cases/{case_id}").text
    photo = re.search(r"/projects/1/(photos/\d+)", page)
    submission = re.search(r'id="visit-(\d+)"', page)
    assert photo and submission
    paths = [
        f"cases/{case_id}",
        f"cases/{case_id}/map.json",
        f"cases/{case_id}/next",
        photo[1],
        f"submissions/{submission[1]}",
    ]
    assert [joko.get(path).status_code for path in paths] == [404] * 5
    assert [rina.get(path).status_code for path in paths] == [200, 200, 302, 200, 302]
    data = {"proposal": "keep", "revision": "1"}
    assert joko.post(f"cases/{case_id}/proposal", data).status_code == 404


def test_look_alike_in_another_area_is_named_without_its_family(visit, stage):
    with stage.office.session() as session:
        from server.services import accounts
        from tests import factories

        actor = factories.make_user(session, "Lina", "supervisor", "3599012003")
        del actor, accounts
    page = visit("Lina").get(f"cases/{stage.cases['Slamet Riyadi']}").text
    assert "rumah di luar wilayah Anda" in page
    assert "Tukinah" not in page


def test_auditor_sees_masks_and_no_buttons(visit, stage):
    tono = visit("Tono")
    page = tono.get(f"cases/{stage.cases['Suparmi']}").text
    assert "359901******0001" in page
    assert 'id="proposal"' not in page
    assert "Putuskan" not in page
    data = {"proposal": "keep", "revision": "1"}
    assert tono.post(f"cases/{stage.cases['Suparmi']}/proposal", data).status_code == 403


def test_every_page_forbids_what_it_does_not_need(visit, stage):
    rina = visit("Rina")
    for path in (*PAGES, f"cases/{stage.cases['Suparmi']}", "cases/999999"):
        answer = rina.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_has_inline_script_or_style(visit, stage):
    admin = visit("Admin")
    for path in (
        *PAGES,
        *ADMIN_PAGES,
        f"cases/{stage.cases['Slamet Riyadi']}",
        f"officers/{stage.siti.officer_id}",
    ):
        page = admin.get(path).text
        assert not INLINE.search(page), (path, INLINE.search(page))
