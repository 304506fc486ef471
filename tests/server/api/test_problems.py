"""Problem codes, each raised by a real request; and the frame that every route shares."""

import gzip
import inspect
import json

import pytest

from server import errors, problems
from server.errors import SisirError
from tests.server.api.visits import XML, visit

BIG = {"name": "x" * 250_001}
JSON = {"Content-Type": "application/json"}
SUBMISSIONS = "/projects/1/forms/kunjungan/submissions"
# code -> who, method, path, options
TABLE = [
    (400.1, "alice", "POST", "/projects", {"data": b"{", "headers": JSON}),
    (400.1, "alice", "POST", "/projects", {"data": b'"text"', "headers": JSON}),
    (400.1, "alice", "POST", "/projects", {"data": b'{"name": NaN}', "headers": JSON}),
    (400.1, "alice", "POST", "/projects", {"data": b'{"name": "a\\u0000b"}', "headers": JSON}),
    (400.1, "alice", "POST", "/projects", {"data": b'{"name": "\\ud800"}', "headers": JSON}),
    (400.1, "alice", "POST", "/projects", {"data": b"[" * 100_000, "headers": JSON}),
    (400.1, "alice", "GET", "/projects?x=%00", {}),
    (400.2, "alice", "POST", "/projects", {"json": {}}),
    (400.2, "alice", "POST", "/projects", {"json": {"name": None}}),
    (400.2, "alice", "POST", "/projects", {"data": b"name=x"}),
    (400.3, "nobody", "POST", "/sessions", {"json": {"password": "x"}}),
    (400.6, "alice", "POST", "/projects", {"json": {"name": "x"}, "headers": {"X-Action-Notes": "50%"}}),
    (400.6, "alice", "POST", "/projects", {"json": {"name": "x"}, "headers": {"X-Action-Notes": "%ff"}}),
    (400.6, "bob", "GET", "/projects/1/formList", {}),
    (400.8, "alice", "POST", "/users", {"json": {"email": "no address"}}),
    (400.11, "alice", "GET", "/projects/abc", {}),
    (400.11, "alice", "POST", "/projects", {"json": {"name": 5}}),
    (400.11, "alice", "POST", "/projects", {"json": ["name"]}),
    (400.11, "alice", "GET", "/audits?offset=x", {}),
    (400.13, "alice", "POST", "/projects", {"json": {"name": "x" * 201}}),
    (400.21, "alice", "POST", "/users", {"json": {"email": "a@b.id", "password": "short"}}),
    (400.22, "alice", "GET", "/projects/2147483648", {}),
    (400.22, "alice", "GET", "/audits?limit=-1", {}),
    (400.33, "bob", "PATCH", "/projects/1/app-users/{key}", {"json": {"properties": {"unheard": "x"}}}),
    (400.36, "alice", "POST", "/projects", {"json": BIG}),
    (400.36, "alice", "POST", "/projects", {"data": gzip.compress(b" " * 10**6), "headers": {**JSON, "Content-Encoding": "gzip"}}),
    (400.37, "alice", "POST", "/projects", {"data": b"{}", "headers": {**JSON, "Content-Encoding": "compress"}}),
    (400.38, "alice", "POST", "/users", {"json": {"email": "a@b.id", "password": "ä" * 37}}),
    (400.44, "alice", "POST", "/users", {"json": {"email": "a@b.id", "password": "aaaaaaaaaaa"}}),
    (401.2, "nobody", "GET", "/projects/1", {}),
    (401.2, "nobody", "GET", "/projects/1", {"headers": {"Authorization": "Digest x"}}),
    (401.2, "nobody", "GET", "/key/short/projects/1", {}),
    (403.1, "nobody", "GET", "/key/" + "a" * 64 + "/projects/1", {}),
    (403.1, "chelsea", "GET", "/projects/1", {}),
    (404.1, "alice", "GET", "/projects/77777", {}),
    (404.1, "alice", "GET", "/no/such/route", {}),
    (404.1, "alice", "PUT", "/projects", {"json": {}}),
    (404.1, "alice", "GET", "/projects/", {}),
    (404.1, "alice", "GET", "//projects", {}),
    (404.1, "alice", "GET", "/Projects", {}),
    (409.3, "bob", "POST", "/projects/1/assignments/manager/{bob}", {}),
    (400.2, "bob", "POST", SUBMISSIONS, {"data": b"<data/>", "headers": XML}),
    (400.8, "bob", "POST", SUBMISSIONS, {"data": b'<data id="aset" version="1"/>', "headers": XML}),
    (400.18, "bob", "GET", SUBMISSIONS + ".csv?$filter=__id+eq", {}),
    (400.19, "bob", "PUT", SUBMISSIONS + "/uuid:a", {"data": visit("kunjungan", "uuid:b"), "headers": XML}),
    (400.41, "bob", "GET", SUBMISSIONS + ".geojson?fieldpath=/a&fieldpath=/b", {}),
    (404.4, "nobody", "POST", "/test/x/projects/1/forms/kunjungan/draft/submissions", {"data": b"", "headers": XML}),
    (404.6, "bob", "POST", SUBMISSIONS, {"data": visit("kunjungan", "uuid:b", version="9"), "headers": XML}),
    (501.4, "bob", "GET", SUBMISSIONS + ".csv?$filter=length(__id)+eq+1", {}),
    (501.5, "bob", "GET", SUBMISSIONS + ".csv?$filter=nama+eq+'x'", {}),
    (501.1, "alice", "POST", "/projects/1/key", {"json": {"passphrase": "a long passphrase"}}),
    (501.2, "alice", "PUT", "/projects/1", {"json": {"name": "Penyisiran 2026", "forms": []}}),
]  # fmt: skip


@pytest.fixture(scope="session")
def places(service, bob) -> dict[str, int]:
    """What stands in braces in the table's paths."""
    made = bob.post("/projects/1/app-users", {"displayName": "For the table"}).json
    return {"key": made["id"], **service.ids}


@pytest.mark.parametrize(
    ("code", "who", "method", "path", "options"),
    TABLE,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(TABLE)],
)
def test_problem(request, places, code, who, method, path, options):
    client = request.getfixturevalue(who)
    answer = client.call(method, path.format(**places), **dict(options))
    if answer.mimetype == "text/xml":
        assert answer.headers["X-Sisir-Problem"] == str(code)
        return
    assert answer.json["code"] == code, answer.text
    assert answer.status_code == int(code)
    assert answer.mimetype == "application/json"
    assert answer.json["message"]
    assert set(answer.json) <= {"message", "code", "details"}
    assert "ETag" not in answer.headers


def test_api_version_is_missing_or_unknown(service):
    flask = service.office.client
    assert flask.get("/users/current").json["code"] == 404.2
    answer = flask.get("/v2/projects")
    assert (answer.json["code"], answer.json["details"]) == (404.3, {"got": "2"})
    page = flask.get("/nothing", headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (404, "text/html")


def test_details_are_centrals(alice, nobody):
    number = alice.get("/projects/abc").json
    assert number["details"] == {"value": "abc", "expected": "integer"}
    broken = alice.call("POST", "/projects", data=b"{oops", headers=JSON).json
    assert broken["details"] == {"format": "json", "rawLength": 5}
    missing = alice.post("/projects", {}).json
    assert missing["details"] == {"field": "name"}


def test_problem_without_details_has_no_such_key(chelsea):
    assert sorted(chelsea.get("/projects/1").json) == ["code", "message"]


def test_every_code_belongs_to_one_meaning():
    """Two classes with one code are parent and child, so that no code says two things."""
    found: dict[str, list[type]] = {}
    for module in (errors, problems):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, SisirError) and kind.__module__ == module.__name__ and "code" in vars(kind):
                found.setdefault(kind.code, []).append(kind)
    ours = {"401.2", "400.1", "400.8", "409.3", "500.1"}
    assert {code: kinds for code, kinds in found.items() if len(kinds) > 1 and code not in ours} == {}


def test_headers_of_answers(alice, nobody):
    read = alice.get("/projects/1")
    assert (read.headers["Cache-Control"], read.headers["Vary"]) == (
        "private, no-cache",
        "Accept-Encoding, Origin",
    )
    again = alice.get("/projects/1", headers={"If-None-Match": read.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert alice.call("HEAD", "/projects/1").status_code == 200
    written = alice.post("/projects", {"name": "Headers"})
    assert (written.headers["Cache-Control"], written.headers["Vary"]) == ("no-store", "*")
    assert nobody.get("/sessions/restore").headers["Cache-Control"] == "no-store"


def test_body_may_be_compressed_or_chunked(alice):
    packed = gzip.compress(json.dumps({"name": "Packed"}).encode())
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert alice.call("POST", "/projects", data=packed, headers=headers).json["name"] == "Packed"


def test_failed_request_leaves_nothing(service, alice, bob):
    before = len(alice.get("/audits?limit=10000").json)
    shown = alice.get("/projects/1").json
    body = {
        "name": "Half",
        "forms": [{"xmlFormId": "kunjungan", "assignments": [{"roleId": 2, "actorId": 99999}]}],
    }
    assert alice.put("/projects/1", body).json["code"] == 404.1
    assert alice.get("/projects/1").json == shown
    assert len(alice.get("/audits?limit=10000").json) == before
