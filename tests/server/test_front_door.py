"""What a visitor gets while the application is still being loaded, and what waits for it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from server.front_door import LOAD_FAILED, FrontDoor, WsgiApp, needs_nothing
from tests.office import Office


class Gate:
    """A front door whose application comes when the test says so."""

    def __init__(self, office: Office) -> None:
        self.opening = threading.Event()
        self._office = office
        self.door = FrontDoor(office.backends.config, self._load)
        self.client = Client(self.door, use_cookies=False)

    def _load(self) -> WsgiApp:
        self.opening.wait(60)
        return self._office.app.wsgi_app


@pytest.fixture
def gate(office: Office) -> Iterator[Gate]:
    made = Gate(office)
    yield made
    made.opening.set()


def in_background(call) -> tuple[threading.Thread, list[TestResponse]]:
    answers: list[TestResponse] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_the_log_in_page_is_there_before_the_application(gate):
    page = gate.client.get("/login?next=/projects/1/")
    assert page.status_code == 200
    assert 'value="/projects/1/"' in page.text
    assert not gate.opening.is_set()


@pytest.mark.parametrize("language", [None, "id", "en"])
@pytest.mark.parametrize("path", ["/login", "/", "/login?next=%2Fprojects%2F1%2F", "/static/console.css"])
def test_both_give_the_same_answer(gate, office, path, language):
    cookie = {"Cookie": f"language={language}"} if language else {}
    early = gate.client.get(path, headers=cookie)
    late = office.app.test_client(use_cookies=False).get(path, headers=cookie)
    assert early.status_code == late.status_code
    assert early.data == late.data
    kept = {name: value for name, value in late.headers if name not in ("Date", "Last-Modified")}
    assert {name: early.headers.get(name) for name in kept} == kept


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/login", {}),
        ("GET", "/projects/1/", {}),
        ("GET", "/v1/projects/1/formList", {"X-OpenRosa-Version": "1.0"}),
        ("GET", "/", {"Cookie": "session=abc"}),
        ("GET", "/login", {"Cookie": "language=id; notice=abc"}),
        ("GET", "/login", {"Authorization": "Basic eDp5"}),
    ],
)
def test_all_the_rest_waits_and_is_then_answered(gate, office, method, path, headers):
    thread, answers = in_background(lambda: gate.client.open(path, method=method, headers=headers))
    thread.join(0.2)
    assert answers == []
    gate.opening.set()
    thread.join(30)
    expected = office.app.test_client(use_cookies=False).open(path, method=method, headers=headers)
    assert answers[0].status_code == expected.status_code


def test_afterwards_the_application_answers_everything(gate):
    gate.opening.set()
    assert gate.client.get("/projects/1/").status_code == 302
    assert gate.client.get("/login").status_code == 200
    assert gate.door._front is None


@pytest.mark.parametrize("path", ["/login/", "/static", "/statics/x", "//login", "/v1/login"])
def test_only_the_log_in_page_needs_nothing(path):
    assert not needs_nothing({"REQUEST_METHOD": "GET", "PATH_INFO": path})


def test_an_application_that_cannot_be_loaded_ends_the_process(tmp_path: Path):
    script = (
        "import threading\n"
        "from server.config import load_config\n"
        "from server.front_door import FrontDoor\n"
        "from server.logs import set_up_logging\n"
        "def load(): raise RuntimeError('no such table')\n"
        "set_up_logging()\n"
        f"FrontDoor(load_config({{'SISIR_VAR': {str(tmp_path)!r}}}), load)\n"
        "threading.Event().wait(30)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == LOAD_FAILED
    assert "no such table" in done.stderr
