"""Hostile names, answers, labels, titles and notes in a real browser: they are text on every page, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select, update

from server.models.actor import Actor
from server.models.area import Area
from server.models.case import Case
from server.models.finding import Finding
from server.models.household import Household
from server.models.project import Project
from server.models.submission import Attachment, SubmissionVersion
from tests.browser.live import browsing, log_in, new_page, serving
from tests.servers import find_free_port
from tests.stage import ASSETS, Stage, open_stage

EVIL = """"'><img src=x onerror="window.pwned=1;alert(1)" class="pwned"><script>window.pwned=2;alert(2)</script></textarea></title><svg class=pwned onload=alert(3)>"""
SHORT = """'"><b class=pwned onclick=alert(4)>"""
FORM = (
    ASSETS.replace("FORM", "jahat")
    .replace("TITLE", EVIL)
    .replace("Jumlah mobil", EVIL)
    .replace("Milik sendiri", EVIL)
    .replace("Aset keluarga", EVIL)
    .replace("Memiliki mobil sendiri", EVIL)
    .replace(
        "Keluarga punya {jml_mobil} mobil, {mobil_milik}.",
        EVIL + " {mobil_milik}.",
    )
    .replace("S17, S22", EVIL)
)
HEAD = "Kasiyem"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = open_stage(tmp_path_factory.mktemp("stage"))
    made.office.publish(FORM.encode(), f"{SHORT}.md")
    made.send(made.siti, HEAD, form="jahat", mobil="1", milik="sendiri", catatan="X", anggota="X:1", seed=77)
    made.refresh()
    spoil(made)
    yield made
    made.office.backends.engine.dispose()


def spoil(stage: Stage) -> None:
    """Puts the value into everything that somebody outside may have written."""
    with stage.office.session() as session:
        case_id = stage.cases[HEAD]
        session.execute(update(Actor).where(Actor.display_name != "Admin").values(display_name=EVIL[:190]))
        session.execute(update(Area).values(name=EVIL[:90]))
        session.execute(update(Project).values(name=EVIL[:190]))
        session.execute(update(Household).values(head_name=EVIL[:190], address=EVIL[:190], nik_mask=SHORT))
        session.execute(
            update(Household).values(
                programmes=[SHORT], finding_text=EVIL, source_id=Household.source_id + SHORT
            )
        )
        session.execute(update(Case).values(title=EVIL, proposal_note=EVIL, decision_note=EVIL))
        session.execute(update(Case).where(Case.id == case_id).values(proposal="keep"))
        session.execute(update(Finding).values(decision_note=EVIL, rule_version=EVIL[:200]))
        session.execute(update(Finding).where(Finding.code == "SP05").values(state="confirmed"))
        session.execute(update(Attachment).values(name=Attachment.name + SHORT, content_type=SHORT))
        for version in session.scalars(select(SubmissionVersion)):
            version.instance_name = EVIL
            xml = stage.office.backends.seal.open(version.xml)
            text = EVIL.replace("&", "&amp;").replace("<", "&lt;").encode()
            xml = xml.replace(b"<catatan></catatan>", b"<catatan>" + text + b"</catatan>")
            xml = xml.replace(b"<catatan>X", b"<catatan>" + text).replace(b"<nama_art>", b"<nama_art>" + text)
            version.xml = stage.office.backends.seal.seal(xml)


def addresses(stage: Stage) -> list[str]:
    cases = [f"cases/{number}" for number in stage.cases.values()][:3]
    case = f"cases/{stage.cases[HEAD]}"
    inside = [
        "", "queue", "queue?state=all", "submissions", "rules", "forms", "forms/3", "officers", "officers/cards",
        f"officers/{stage.siti.officer_id}", "settings", "areas?area=%22", case, *cases, "queue?q=%22%3E%3Cb%20class%3Dpwned%3E",
        "queue?area=%22%3E%3Cb%20class%3Dpwned%3E&state=all", "cases/999999",
    ]  # fmt: skip
    return ["/", *(f"/projects/1/{path}" for path in inside)]


def test_hostile_values_are_text_on_every_page(stage: Stage) -> None:
    dialogs: list[str] = []
    with serving(stage.office.app, find_free_port()) as where, browsing() as browser:
        page = log_in(new_page(browser, where), "Admin")
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        shown = 0
        for path in addresses(stage):
            page.goto(path, wait_until="networkidle")
            assert_harmless(page, path)
            shown += EVIL[:30] in page.locator("body").inner_text()
        page.goto(f"/projects/1/cases/{stage.cases[HEAD]}", wait_until="networkidle")
        for line in page.locator("details").all():
            line.evaluate("node => { node.open = true }")
        for mark in page.locator("#map path.leaflet-interactive").all():
            mark.dispatch_event("mouseover")
            mark.dispatch_event("click")
        assert_harmless(page, "the map")
        page.keyboard.press("f")
        assert_harmless(page, "the photos")
        page.goto("/projects/1/forms", wait_until="networkidle")
        page.set_input_files("input[type=file]", _odd_file(Path(stage.office.backends.config.var)))
        page.locator("form:has(input[type=file]) button").first.click()
        page.wait_for_load_state("networkidle")
        assert_harmless(page, "a refused file")
        assert shown > 6, "the values are on the pages"
        assert dialogs == []
        assert page.complaints == []  # type: ignore[attr-defined]
        page.context.close()


def _odd_file(folder: Path) -> str:
    path = folder / "'><b class=pwned onclick=alert(5)>.xlsx"
    path.write_bytes(b"x")
    return str(path)


def assert_harmless(page: Page, where: str) -> None:
    assert page.evaluate("typeof window.pwned") == "undefined", where
    assert page.locator(".pwned").count() == 0, (
        where,
        page.locator(".pwned").first.evaluate("n => n.outerHTML"),
    )
    assert page.locator("[onerror], [onload], [onclick]").count() == 0, where
