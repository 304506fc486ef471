"""Values that no form of ours sends, at every parameter of every route: a clear refusal or a page, never a fault of ours."""

import base64
import io
from collections import defaultdict

import pytest
from sqlalchemy import select
from werkzeug.datastructures import ImmutableMultiDict

from server.models.submission import Attachment
from server.uploads import PhoneRequest
from tests.office import HEADERS
from tests.safety.people import PLACE, log_in, routes

ODD = (
    "9999-12-31", "0001-01-01", "9" * 30, "9" * 5000, "-1", "%00", "%ED%A0%80", "%C2%B2", "%D9%A3.%C3%A9", "NaN",
    "%27%22%3E%3C%F0%9F%98%80" * 99, "..%2F..%2Fetc", "%0D%0ASet-Cookie%3A%20a%3Db",
)  # fmt: skip
IN_PATHS = ("9" * 18, "9" * 30, "9" * 5000, "0", "-1", "%00", "%ED%A0%80", "%D9%A3", "..%2F..%2Fetc")
IN_DATABASES = ("9999-12-31", "9" * 18, "9" * 30, "%00", "%ED%A0%80")
ALONE = ("9999-12-31", "9" * 30, "%C2%B2")
"""Sent in one parameter at a time too, since another one may be refused first."""
READ = defaultdict(set)


class Recording(ImmutableMultiDict):
    """Notes which parameters a route asks for."""

    endpoint = ""

    def __getitem__(self, key):
        READ[Recording.endpoint].add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        READ[Recording.endpoint].add(key)
        return super().__contains__(key)

    def get(self, key, default=None, type=None):
        READ[Recording.endpoint].add(key)
        return super().get(key, default, type)

    def getlist(self, key, type=None):
        READ[Recording.endpoint].add(key)
        return super().getlist(key, type)


@pytest.fixture
def recorded(any_stage, monkeypatch):
    monkeypatch.setattr(PhoneRequest, "parameter_storage_class", Recording)
    any_stage.office.app.before_request_funcs.setdefault(None, []).append(_note)
    yield any_stage
    any_stage.office.app.before_request_funcs[None].remove(_note)


def _note():
    from flask import request

    Recording.endpoint = request.endpoint


def address(rule, values, odd=None, at=None):
    """A rule's path with real ids; one of them replaced."""

    def fill(match):
        kind, name = match.groups()
        value = odd if name == at else values.get(name, "aset")
        return value if kind != "any" or name == at else "next"

    return PLACE.sub(fill, rule.rule)


class Door:
    """Requests of somebody who may do everything here."""

    def __init__(self, stage):
        self.stage, self.admin = stage, log_in(stage, "Admin")
        with stage.office.session() as session:
            sensitive = session.scalar(select(Attachment.id).where(Attachment.is_sensitive))
        self.values = {
            "project_id": "1",
            "case_id": str(stage.cases["Suparmi"]),
            "finding_id": "1",
            "attachment_id": str(sensitive),
            "submission_id": "1",
            "officer_id": str(stage.budi.officer_id),
            "form_id": "1",
            "filename": "console.css",
            "step": "next",
        }
        self.faults = []

    def ask(self, rule, method, path, query="", fields=()):
        if rule.endpoint == "console.log_out":
            return
        if rule.endpoint.startswith("openrosa."):
            path = path.replace("/v1/", f"/v1/key/{self.stage.siti.token}/", 1)
        body = "&".join(f"{name}={value}" for name, value in (("csrf", self.admin.csrf), *fields))
        answer = self.admin.client.open(
            path + (f"?{query}" if query else ""),
            method=method,
            data=body if method == "POST" else None,
            content_type="application/x-www-form-urlencoded" if method == "POST" else None,
            headers=HEADERS if rule.endpoint.startswith("openrosa.") else None,
        )
        if answer.status_code >= 500:
            self.faults.append(
                (answer.status_code, method, rule.rule, path[-60:], query[-80:], str(fields)[-80:])
            )
        if rule.endpoint in ("console.log_out", "console.set_language") or answer.status_code == 302:
            self.again(answer)
        answer.close()

    def again(self, answer):
        """Logs in again when the request ended the session."""
        if "/login" in answer.headers.get("Location", ""):
            self.admin = log_in(self.stage, "Admin")


def test_no_route_fails_on_odd_values(recorded):
    """Long, since it is some two thousand requests; on PostgreSQL only those that end in the database."""
    on_postgres = recorded.office.backends.engine.dialect.name == "postgresql"
    everywhere, in_paths = (IN_DATABASES, IN_DATABASES) if on_postgres else (ODD, IN_PATHS)
    door = Door(recorded)
    every = [pair for pair in routes(recorded.office.app) if pair[0].endpoint != "console.static"]
    for rule, method in every:
        door.ask(rule, method, address(rule, door.values))
        for place in (match[2] for match in PLACE.finditer(rule.rule)):
            for odd in in_paths:
                door.ask(rule, method, address(rule, door.values, odd, place))
    for rule, method in every:
        path, names = address(rule, door.values), sorted(READ[rule.endpoint] - {"csrf"})
        for odd in everywhere if names and rule.endpoint != "console.log_in" else ():
            pairs = [(name, odd) for name in names]
            door.ask(rule, method, path, "&".join(f"{name}={value}" for name, value in pairs))
            if method == "POST":
                door.ask(rule, method, path, "", pairs)
            for pair in pairs if odd in ALONE and len(pairs) > 1 else ():
                door.ask(rule, method, path, *(("=".join(pair),) if method == "GET" else ("", [pair])))
    assert door.faults == []
    assert {"from", "to", "q", "s", "after", "officer"} <= READ["console.queue"], "the recording works"
    assert "pass" in READ["console.photo"]


HEADERS_ODD = [
    ("Authorization", "Basic ////"),
    ("Authorization", "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode()),
    ("Authorization", "Basic " + base64.b64encode("a\x00b@x.id:ä".encode()).decode()),
    ("Authorization", "Basic " + base64.b64encode("\U0001f600:x".encode()).decode()),
    ("Authorization", "Bearer \xe4"),
    ("Authorization", "Basic"),
    ("Authorization", ""),
    ("Cookie", "session=\xe4; notice=\xe4.\xe4; language=\xe4"),
    ("Cookie", "session=" + "A" * 64 + "; notice=YQ.zz"),
    ("Cookie", "=;;=a"),
    ("If-None-Match", '"\xe4'),
    ("X-CSRF-Token", "\xe4"),
    ("X-Forwarded-For", "\xe4, ,x"),
    ("X-OpenRosa-Version", "9" * 100),
    ("Range", "bytes=9-1"),
    ("Content-Length", "x"),
    ("Host", "\xe4:99999999"),
    ("Origin", "\xe4://[::1"),
    ("Referer", "http://[x"),
    ("Accept-Language", "\xe4;q=x"),
]


@pytest.mark.parametrize(("name", "value"), HEADERS_ODD)
def test_odd_headers_are_no_fault_of_ours(any_stage, name, value):
    phone = any_stage.siti
    for method, path in (
        ("GET", "/"),
        ("GET", "/projects/1/queue"),
        ("POST", "/login"),
        ("POST", "/projects/1/queue/search"),
        ("GET", phone.url("formList")),
        ("POST", "/v1/projects/1/submission"),
        ("GET", "/v1/projects/1/formList"),
        ("GET", phone.url("forms/aset/attachments/keluarga.csv")),
    ):
        answer = any_stage.office.client.open(path, method=method, headers={**HEADERS, name: value})
        answer.close()
        assert answer.status_code < 500, (method, path)


@pytest.mark.parametrize(
    "name", ["a\x00.xlsx", "../../x.xlsx", "\ud800.xlsx", "a" * 5000 + ".xlsx", "", "é.xlsx"]
)
def test_odd_file_names_of_a_workbook(any_stage, name):
    admin = log_in(any_stage, "Admin")
    data = {
        "csrf": admin.csrf,
        "workbook": (io.BytesIO(b"PK\x03\x04x"), name.encode("utf-8", "replace").decode()),
    }
    assert admin.client.post("/projects/1/forms", data=data).status_code < 500


def test_dates_at_the_ends_of_the_calendar_find_what_is_between_them(visit, stage):
    rina = visit("Rina")
    for query in ("from=0001-01-01", "to=9999-12-31", "from=0001-01-01&to=9999-12-31"):
        page = rina.client.get(f"/projects/1/queue?{query}")
        assert page.status_code == 200
        assert "Suparmi" in page.text
