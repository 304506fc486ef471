"""The console in a real browser: what a supervisor and Dinsos do all day, at a desk and on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from server.models.case import Case
from server.models.entity import Entity
from tests.browser.live import LAPTOP, PHONE, browsing, log_in, new_page, serving
from tests.servers import find_free_port
from tests.stage import Stage, open_stage

NOTE = "Mobil terparkir di garasi, dilihat dua petugas."

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = open_stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.office.backends.engine.dispose()


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[str]:
    with serving(stage.office.app, find_free_port()) as where:
        yield where


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Open]:
    """Opens a page of somebody who is logged in; afterwards no page may have complained."""
    pages: list[Page] = []

    def open_page(name: str, size: tuple[int, int] = LAPTOP) -> Page:
        page = log_in(new_page(browser, address, size), name)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        complaints = page.complaints  # type: ignore[attr-defined]
        page.context.close()
        assert complaints == []


def press(page: Page, key: str) -> None:
    """A key, once the page has its scripts."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def chosen(page: Page) -> str:
    return page.locator("tr.is-chosen .c-name a").inner_text()


def test_wrong_password_is_told(browser: Browser, address: str) -> None:
    page = new_page(browser, address)
    page.goto("/projects/1/queue")
    page.get_by_label("Alamat surel").fill("rina@dinsos.test")
    page.get_by_label("Kata sandi").fill("bukan kata sandinya")
    page.get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("alert")).to_contain_text("salah")
    expect(page.get_by_label("Alamat surel")).to_have_value("rina@dinsos.test")
    page.context.close()


def test_queue_is_walked_with_keys(visitor: Open) -> None:
    page = visitor("Rina")
    page.get_by_role("link", name="Kasus").click()
    expect(page.locator("tbody tr")).to_have_count(7)
    assert chosen(page) == "Suparmi"
    press(page, "j")
    press(page, "j")
    press(page, "k")
    assert chosen(page) == "Slamet Riyadi"
    press(page, "/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("j")
    page.keyboard.press("Escape")
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Slamet Riyadi")
    press(page, "n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kasiyem")
    press(page, "p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Slamet Riyadi")
    press(page, "u")
    page.wait_for_url("**/queue*")


def test_filter_applies_at_once_and_stays_in_the_address(visitor: Open) -> None:
    page = visitor("Rina")
    page.goto("/projects/1/queue")
    page.locator(".filters summary").click()
    page.get_by_label("Tingkat").select_option("medium")
    page.wait_for_url("**severity=medium**")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.reload()
    expect(page.get_by_label("Tingkat")).to_have_value("medium")


def test_finding_is_confirmed_with_keys_without_leaving_the_page(visitor: Open, stage: Stage) -> None:
    page = visitor("Rina")
    page.goto(f"/projects/1/cases/{stage.cases['Kasiyem']}")
    press(page, "j")
    press(page, "y")
    page.keyboard.type(NOTE)
    page.get_by_role("button", name="Konfirmasi").first.click()
    card = page.locator(".finding", has_text="Memiliki mobil sendiri")
    expect(card).to_contain_text("Dikonfirmasi · Rina")
    expect(page.locator("[name=revision]").first).to_have_value("2")
    expect(page.locator("#map[data-ready]")).to_be_visible()


def test_photo_is_compared_with_its_look_alike_and_zoomed(visitor: Open, stage: Stage) -> None:
    page = visitor("Rina")
    page.goto(f"/projects/1/cases/{stage.cases['Slamet Riyadi']}")
    press(page, "f")
    box = page.locator("#lightbox")
    expect(box).to_be_visible()
    expect(box.locator("[data-other]")).to_contain_text("Tukinah")
    for image in (box.locator("img[data-main]"), box.locator("img[data-alike]")):
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 640
    before = box.locator("img[data-main]").bounding_box()
    press(page, "+")
    after = box.locator("img[data-main]").bounding_box()
    assert before and after
    assert after["width"] > before["width"] * 1.4
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()


def test_map_is_drawn_without_any_other_server(visitor: Open, stage: Stage, address: str) -> None:
    page = visitor("Rina")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/projects/1/cases/{stage.cases['Ngatemin']}")
    expect(page.locator("#map[data-ready] path")).not_to_have_count(0)
    expect(page.locator(".m-register")).to_have_count(1)
    expect(page.locator("[data-map-note]")).to_contain_text("Jarak ke titik register")
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_removal_without_enough_evidence_is_refused_and_the_text_kept(visitor: Open, stage: Stage) -> None:
    page = visitor("Rina")
    page.goto(f"/projects/1/cases/{stage.cases['Slamet Riyadi']}")
    page.locator(".p-removal").click()
    expect(page.locator(".only-removal")).to_contain_text("Dua temuan kelayakan")
    page.locator("#proposal textarea").fill(NOTE)
    page.get_by_role("button", name="Usulkan dan lanjut").click()
    expect(page.get_by_role("alert")).to_contain_text("Belum bisa diajukan")
    expect(page.locator("#proposal textarea")).to_have_value(NOTE)
    expect(page.locator("#proposal [value=removal]")).to_be_checked()


def test_supervisor_proposes_and_dinsos_confirms(visitor: Open, stage: Stage) -> None:
    case_id = stage.cases["Suparmi"]
    rina = visitor("Rina")
    rina.goto(f"/projects/1/cases/{case_id}?state=todo")
    press(rina, "e")
    rina.locator(".p-removal").click()
    expect(rina.locator(".only-removal")).to_contain_text("terpenuhi")
    rina.locator("#proposal textarea").fill(NOTE)
    rina.get_by_role("button", name="Usulkan dan lanjut").click()
    rina.wait_for_url(f"**/cases/{stage.cases['Slamet Riyadi']}?state=todo")
    expect(rina.locator(".flash")).to_contain_text("Diusulkan: Suparmi.")
    dewi = visitor("Dewi")
    dewi.get_by_role("link", name="Kasus").click()
    dewi.get_by_role("link", name="Suparmi").click()
    expect(dewi.locator(".proposal-box")).to_contain_text(NOTE)
    dewi.get_by_role("button", name="Setujui: Nonaktif").click()
    dewi.wait_for_url("**/queue*")
    expect(dewi.locator(".flash")).to_contain_text("Tidak ada kasus lain")
    dewi.goto(f"/projects/1/cases/{case_id}")
    expect(dewi.locator(".proposal-box")).to_contain_text("Disetujui Dinsos")
    with stage.office.session() as session:
        assert session.get_one(Case, case_id).state == "decided"


def test_revisit_reaches_the_officer_with_its_reason(visitor: Open, stage: Stage) -> None:
    page = visitor("Rina")
    page.goto(f"/projects/1/cases/{stage.cases['Ngatemin']}")
    page.locator(".p-revisit").click()
    page.locator("[name=officer_id]").select_option(label="Siti Aminah")
    page.get_by_label("Yang dibaca petugas di HP").fill("Ambil ulang titik di depan pintu rumah.")
    page.get_by_role("button", name="Usulkan dan lanjut").click()
    page.wait_for_load_state()
    with stage.office.session() as session:
        data = session.scalar(select(Entity.data).where(Entity.label == "Ngatemin"))
    assert data["tugas"] == "kunjungan_ulang"
    assert data["alasan_tugas"] == "Ambil ulang titik di depan pintu rumah."


def test_second_of_two_people_is_told_and_keeps_the_text(visitor: Open, stage: Stage) -> None:
    rina, bagus = visitor("Rina"), visitor("Bagus")
    path = f"/projects/1/cases/{stage.cases['Sri Wahyuni']}"
    for page in (rina, bagus):
        page.goto(path)
        page.locator(".p-keep").click()
    rina.locator("#proposal textarea").fill("Mobil itu milik tetangga.")
    rina.get_by_role("button", name="Usulkan dan lanjut").click()
    rina.wait_for_load_state()
    text = "Menurut saya perlu kunjungan ulang segera."
    bagus.locator("#proposal textarea").fill(text)
    bagus.get_by_role("button", name="Usulkan dan lanjut").click()
    alert = bagus.get_by_role("alert")
    expect(alert).to_contain_text("Tidak ada yang ditimpa")
    expect(alert).to_contain_text("Rina mengusulkan: Tetap layak menerima")
    expect(alert).to_contain_text("Mobil itu milik tetangga.")
    expect(alert.locator("textarea")).to_have_value(text)
    with stage.office.session() as session:
        assert session.get_one(Case, stage.cases["Sri Wahyuni"]).proposal_note == "Mobil itu milik tetangga."


def test_language_switches_in_place(visitor: Open) -> None:
    page = visitor("Tono")
    page.goto("/projects/1/queue?area=3599012002")
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("link", name="To work on")).to_be_visible()
    assert "area=3599012002" in page.url
    page.get_by_role("button", name="ID").click()
    expect(page.get_by_role("link", name="Perlu dikerjakan")).to_be_visible()


def test_admin_makes_an_officer_and_shows_the_code(visitor: Open) -> None:
    page = visitor_of_projects(visitor)
    page.goto("/projects/1/officers")
    page.get_by_label("Petugas baru").fill("Wahyu")
    page.get_by_placeholder("Ketik desa atau kecamatan").press_sequentially("Karang")
    expect(page.locator("#area-options option")).to_have_count(1)
    page.get_by_placeholder("Ketik desa atau kecamatan").fill(
        page.locator("#area-options option").get_attribute("value") or ""
    )
    page.get_by_role("button", name="Buat").click()
    code = page.get_by_role("img", name="Kode QR")
    assert code.evaluate("i => i.decode().then(() => i.naturalWidth)") > 100


def visitor_of_projects(visitor: Open) -> Page:
    page = visitor("Admin")
    page.goto("/")
    page.get_by_role("link", name="Penyisiran 2026").click()
    return page


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_no_page_is_wider_than_the_screen(visitor: Open, stage: Stage, size: tuple[int, int]) -> None:
    page = visitor("Admin", size)
    officer = f"officers/{stage.siti.officer_id}"
    case = f"cases/{stage.cases['Tukinah']}"
    for path in (
        "",
        "queue",
        case,
        "submissions",
        "forms",
        "forms/1",
        "officers",
        officer,
        "rules",
        "settings",
    ):
        page.goto(f"/projects/1/{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], path


def test_case_is_worked_on_a_phone(visitor: Open, stage: Stage) -> None:
    page = visitor("Rina", PHONE)
    page.goto("/projects/1/queue")
    page.get_by_role("link", name="Paijan").tap()
    page.locator(".p-keep").tap()
    page.get_by_role("button", name="Usulkan dan lanjut").tap()
    expect(page.locator(".flash")).to_be_visible()
    with stage.office.session() as session:
        assert session.get_one(Case, stage.cases["Paijan"]).proposal == "keep"


def test_pages_work_without_scripts(browser: Browser, address: str, stage: Stage) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="id-ID")
    page = log_in(context.new_page(), "Bagus")
    page.goto(f"/projects/1/cases/{stage.cases['Tukinah']}")
    page.locator(".finding", has_text="Foto mirip").locator(".decide summary").click()
    page.get_by_role("button", name="Abaikan").last.click()
    expect(page.locator(".finding", has_text="Foto mirip")).to_contain_text("Diabaikan · Bagus")
    context.close()
