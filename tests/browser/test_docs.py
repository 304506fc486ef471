"""The API's description in a real browser: it shows, and loads or runs nothing that its policy forbids."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live import browsing, new_page, serving
from tests.office import open_office
from tests.servers import find_free_port


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    office = open_office(Path(tmp_path_factory.mktemp("docs")))
    with serving(office.app, find_free_port()) as address, browsing() as browser:
        yield new_page(browser, address)
    office.backends.engine.dispose()


def test_description_shows_the_routes_and_breaks_no_policy(page):
    foreign: list[str] = []
    page.on("request", lambda sent: foreign.append(sent.url) if "127.0.0.1" not in sent.url else None)
    page.goto("/docs")
    expect(page.get_by_text("App users", exact=True).first).to_be_visible()
    page.get_by_text("Sessions", exact=True).first.click()
    page.get_by_text("Logs a person in").first.click()
    expect(page.get_by_text("400.1, 400.11").first).to_be_visible()
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []
    assert page.complaints == []
