"""A running console and a browser that looks at it.

Belongs here: the server thread, Chromium, logging in. Does not: what the pages are to do (test_console.py).
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.factories import PASSWORD

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
LAPTOP = (1366, 768)
PHONE = (390, 844)


@contextmanager
def serving(app: Flask, port: int) -> Iterator[str]:
    """The application on a real socket, a thread a request; gives its address."""
    http = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Headless Chromium of this machine."""
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    assert path, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser, address: str, size: tuple[int, int] = LAPTOP) -> Page:
    """A page of a visitor of its own. What the browser complains about (blocked scripts, errors) is kept in `complaints`."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        locale="id-ID",
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        device_scale_factor=2 if size == PHONE else 1,
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
    )
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def log_in(page: Page, name: str) -> Page:
    """Logs a person of the stage in; ends on the first page of the campaign."""
    page.goto("/login")
    page.get_by_label("Alamat surel").fill(f"{name.lower()}@dinsos.test")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page
