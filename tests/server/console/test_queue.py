"""The queue: order, filters in the address, search, pages."""

import re
from datetime import date, timedelta

import pytest

from server.console.searching import digits_of
from server.models.actor import Actor
from server.models.case import Case
from server.services import accounts, case_queue
from server.services.case_queue import Filters
from tests import factories
from tests.stage import NIK

NAMES = re.compile(r'class="c-name"><a href="[^"]+">([^<]+)<')


def names(answer) -> list[str]:
    return NAMES.findall(answer.text)


def test_open_high_stands_before_medium_before_age(visit):
    assert names(visit("Rina").get("queue")) == [
        "Suparmi",
        "Slamet Riyadi",
        "Kasiyem",
        "Sri Wahyuni",
        "Ngatemin",
        "Tukinah",
        "Paijan",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("area=3599012002", ["Kasiyem", "Ngatemin"]),
        ("area=35.99.01.2002", ["Kasiyem", "Ngatemin"]),
        ("code=SP03", ["Ngatemin"]),
        ("code=AS01&area=3599012003", ["Sri Wahyuni"]),
        ("severity=medium", ["Slamet Riyadi", "Ngatemin", "Tukinah"]),
        ("form=2", ["Suparmi"]),
        ("from=2026-11-23&to=2026-11-23&code=SP05", ["Ngatemin"]),
        ("from=2026-11-24", []),
        ("to=2026-11-22", []),
        ("q=wahyuni+SRI", ["Sri Wahyuni"]),
        ("q=100%25", []),
        ("state=decided", []),
        ("state=tidak-ada&q=paijan", ["Paijan"]),
        ("from=besok&q=paijan", ["Paijan"]),
    ],
)
def test_filters_stand_in_the_address(visit, query, expected):
    assert names(visit("Rina").get(f"queue?{query}")) == expected


def test_filter_by_officer(visit, stage):
    page = visit("Rina").get(f"queue?officer={stage.budi.officer_id}")
    assert names(page) == ["Suparmi", "Sri Wahyuni", "Ngatemin", "Paijan"]


def test_search_by_register_id(visit, stage):
    with stage.office.session() as session:
        from server.models.household import Household

        source_id = session.query(Household.source_id).filter_by(head_name="Tukinah").scalar()
    assert names(visit("Rina").get(f"queue?q={source_id}")) == ["Tukinah"]


@pytest.mark.parametrize(
    "typed",
    [
        f" {NIK[:8]} {NIK[8:]} ",
        ".".join((NIK[:2], NIK[2:4], NIK[4:6], NIK[6:12], NIK[12:])),
        f"{NIK[:6]}-{NIK[6:12]}-{NIK[12:]}",
        f"NIK: {NIK}",
        " ".join(NIK),
        "".join(chr(0xFF10 + int(digit)) for digit in NIK),
    ],
)
def test_search_by_identity_number_leaves_no_number_in_the_address(visit, typed):
    rina = visit("Rina")
    answer = rina.post("queue/search", {"q": typed, "state": "todo"})
    assert answer.status_code == 303
    assert not re.search(r"[0-9]{6}", answer.headers["Location"].replace("projects", ""))
    page = rina.client.get(answer.headers["Location"])
    assert names(page) == ["Suparmi"]
    assert digits_of(NIK) not in digits_of(page.text)


@pytest.mark.parametrize("typed", [NIK[:-1], NIK[:10], f"{NIK[:8]}l{NIK[9:]}", NIK + "1"])
def test_a_number_with_a_slip_stands_in_no_address_either(visit, typed):
    rina = visit("Rina")
    answer = rina.post("queue/search", {"q": typed})
    assert typed[:6] not in answer.headers["Location"]
    page = rina.client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert typed not in page.text


def test_number_that_came_in_the_address_is_taken_out_of_it(visit, stage):
    rina = visit("Rina")
    answer = rina.get(f"queue?state=todo&q={NIK}")
    assert answer.status_code == 302
    assert NIK not in answer.headers["Location"]
    assert names(rina.client.get(answer.headers["Location"])) == ["Suparmi"]
    case = rina.get(f"cases/{stage.cases['Paijan']}?q={NIK}")
    assert NIK not in case.text
    login = stage.office.client.get(f"/projects/1/queue?q={NIK}")
    assert NIK not in login.headers["Location"]
    assert NIK not in stage.office.client.get(login.headers["Location"]).text


def test_register_id_of_many_digits_is_found_too(visit, stage):
    with stage.office.session() as session:
        case = session.query(Case).filter_by(title="Tukinah").one()
        before, case.search_text = case.search_text, f"{case.search_text} 9123456789012345"
    try:
        rina = visit("Rina")
        answer = rina.post("queue/search", {"q": "9123 4567 8901 2345".replace(" ", "")})
        assert names(rina.client.get(answer.headers["Location"])) == ["Tukinah"]
    finally:
        with stage.office.session() as session:
            session.query(Case).filter_by(title="Tukinah").one().search_text = before


@pytest.mark.parametrize("token", ["x", "ab", "AAAA", "!!", "a" * 400])
def test_damaged_search_is_a_bad_request(visit, token):
    assert visit("Rina").get(f"queue?s={token}").status_code == 400


def test_search_keeps_the_other_filters(visit):
    answer = visit("Rina").post("queue/search", {"q": "kasiyem", "area": "3599012002", "s": "ab"})
    assert answer.headers["Location"] == "/projects/1/queue?area=3599012002&q=kasiyem"


def test_damaged_cursor_is_a_bad_request(visit):
    assert visit("Rina").get("queue?after=1.2.x").status_code == 400


def test_dinsos_begins_with_what_waits_for_it(visit):
    assert names(visit("Dewi").get("queue")) == []
    assert "Suparmi" in names(visit("Dewi").get("queue?state=todo"))


def test_pages_follow_each_other_without_gap_or_repeat(stage):
    zone = stage.office.backends.config.timezone
    with stage.office.session() as session:
        rina = session.query(Actor).filter_by(display_name="Rina").one()
        caller = accounts.load_caller(session, rina, None)
        seen, cursor = [], None
        while True:
            page = case_queue.list_queue(session, caller, 1, Filters(), timezone=zone, cursor=cursor, limit=2)
            seen += [row.case.title for row in page.rows]
            cursor = page.cursor
            if cursor is None:
                break
        whole = case_queue.list_queue(session, caller, 1, Filters(), timezone=zone)
    assert seen == [row.case.title for row in whole.rows]
    assert len(set(seen)) == whole.total == 7


def test_next_and_previous_walk_the_filter(visit, stage):
    rina = visit("Rina")
    order = [stage.cases[name] for name in ("Slamet Riyadi", "Ngatemin", "Tukinah")]
    query = "severity=medium"
    forward = rina.get(f"cases/{order[0]}/next?{query}").headers["Location"]
    assert forward == f"/projects/1/cases/{order[1]}?{query}"
    back = rina.get(f"cases/{order[2]}/previous?{query}").headers["Location"]
    assert back == f"/projects/1/cases/{order[1]}?{query}"
    end = rina.get(f"cases/{order[2]}/next?{query}").headers["Location"]
    assert end == f"/projects/1/queue?{query}"


def test_following_rows_come_alone_for_htmx(visit, stage):
    with stage.office.session() as session:
        form = factories.get_form(session, 1, "aset")
        for number in range(case_queue.PAGE_SIZE):
            household = factories.make_household(
                session, 1, f"Banyak {number:03d}", village_code="3599012003"
            )
            submission = factories.make_submission(session, form, household, days_ago=100)
            factories.make_finding(session, submission, "ZZ01", severity="low")
            factories.make_case(session, 1, household)
    rina = visit("Rina")
    first = rina.get("queue?code=ZZ01")
    assert len(names(first)) == 50
    assert "hx-get" not in first.text.split("<tbody")[1]
    page = rina.get("queue")
    more = re.search(r'hx-get="([^"]+)"', page.text.split("<tbody")[1])
    assert more
    rows = rina.client.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert len(names(page)) == 50
    assert len(names(rows)) == 7
    assert "<html" not in rows.text
    first_on = date.today() - timedelta(days=101)
    assert len(names(rina.get(f"queue?to={first_on + timedelta(days=2)}"))) == 50


def test_the_figure_of_a_tab_is_the_number_of_its_lines(visit):
    rina = visit("Rina")
    tabs = re.findall(r'href="([^"]+)"[^>]*>[^<]+<span class="pill">([^<]+)</span>', rina.get("queue").text)
    assert len(tabs) == 4
    for address, figure in tabs:
        lines = names(rina.client.get(address.replace("&amp;", "&")))
        assert len(lines) == min(case_queue.PAGE_SIZE, int(figure)), address
