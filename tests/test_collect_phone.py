import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.collect.entity_store import Origin, Outcome
from tests.collect.instances import InstanceState
from tests.collect.little_server import RESPONSE, LittleServer, Offered, run_little_server
from tests.collect.sending import split
from tests.collect.syncing import FormState, Mode
from tests.collect_phone import CollectPhone
from tests.javarosa.engine import Engine
from tests.javarosa.xforms import compile_markdown

KEL = "9b1a3c52-5f0e-4c0c-9f3f-00000000000{}"

PLAIN = """
| survey | | | | |
| | type | name | label | required |
| | text | nama | Nama | yes |
| | image | foto | Foto | yes |
| | image | foto2 | Foto | yes |
| | image | foto3 | Foto | yes |
| | audit | audit | | |
| settings | | |
| | form_id | form_title |
| | catat | Catat & potret |
"""

VISIT = """
| survey | | | | | | | |
| | type | name | label | required | calculation | relevant | save_to |
| | select_one apa | jenis | Jenis | yes | | | |
| | select_one_from_file keluarga.csv | keluarga | Keluarga | yes | | ${jenis} = 'lama' | |
| | calculate | baru | | | once(uuid()) | | |
| | calculate | id_k | | | if(${jenis} = 'baru', ${baru}, ${keluarga}) | | |
| | text | rt | RT | yes | | | rt |
| | text | alamat | Alamat | yes | | ${jenis} = 'baru' | alamat |
| choices | | | |
| | list_name | name | label |
| | apa | lama | Lama |
| | apa | baru | Baru |
| settings | |
| | form_id |
| | kunjungan |
| entities | | | | | |
| | list_name | entity_id | create_if | update_if | label |
| | keluarga | ${id_k} | ${jenis} = 'baru' | ${jenis} = 'lama' | concat('K ', ${rt}) |
"""


def rows(*lines: str) -> bytes:
    return "\n".join(["name,label,__version,rt,alamat", *lines, ""]).encode()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


@pytest.fixture(scope="module")
def plain() -> bytes:
    return compile_markdown(PLAIN).encode()


@pytest.fixture(scope="module")
def visit() -> bytes:
    return compile_markdown(VISIT).encode()


@pytest.fixture
def server() -> Iterator[LittleServer]:
    with run_little_server() as running:
        yield running


@pytest.fixture
def phone(server: LittleServer, tmp_path: Path, engine: Engine) -> Iterator[CollectPhone]:
    with CollectPhone(server.url, folder=tmp_path, engine=engine, name="budi") as ready:
        yield ready


@pytest.fixture
def visiting(phone: CollectPhone, server: LittleServer, visit: bytes) -> CollectPhone:
    server.lists["keluarga"] = rows(
        f"{KEL.format(1)},Satu,3,001,Dusun A", f"{KEL.format(2)},Dua,1,002,Dusun B"
    )
    server.forms["kunjungan"] = Offered(visit, lists={"keluarga": "entityList"})
    assert phone.sync().shown is None
    return phone


def test_every_request_carries_version_header_and_device_id(
    visiting: CollectPhone, server: LittleServer
) -> None:
    visiting.send(visiting.fill("kunjungan", 1))
    assert {exchange.method for exchange in visiting.connection.log} == {"GET", "HEAD", "POST"}
    for exchange in visiting.connection.log:
        assert exchange.sent_headers["X-OpenRosa-Version"] == "1.0"
        assert exchange.sent_headers["User-Agent"].startswith("org.odk.collect.android/")
        assert exchange.url.endswith("deviceID=collect%3A0123456789abcdef")


def test_sync_installs_new_forms_with_media(phone: CollectPhone, server: LittleServer, plain: bytes) -> None:
    server.forms["catat"] = Offered(plain, media={"panduan.jpg": b"gambar"})
    report = phone.sync()
    assert (report.shown, report.downloaded, report.problems) == (None, ["catat"], [])
    assert report.states == {"catat": FormState.NEW}
    assert (phone.forms["catat"].media / "panduan.jpg").read_bytes() == b"gambar"


def test_second_sync_of_unchanged_form_downloads_nothing(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms["catat"] = Offered(plain, media={"panduan.jpg": b"gambar"})
    phone.sync()
    phone.connection.log.clear()
    report = phone.sync()
    assert report.states == {"catat": FormState.UP_TO_DATE}
    assert [exchange.url.split("?")[0].rsplit("/", 2)[-1] for exchange in phone.connection.log] == [
        "formList",
        "catat",
    ]


def test_form_with_entity_list_is_asked_for_again_conditionally(
    visiting: CollectPhone, server: LittleServer
) -> None:
    visiting.connection.log.clear()
    report = visiting.sync()
    assert report.states == {"kunjungan": FormState.MEDIA_UPDATE}
    assert report.entity_lists == {"keluarga": Outcome.UNCHANGED}
    form = next(exchange for exchange in visiting.connection.log if "/form/" in exchange.url)
    assert form.status == 304
    assert "If-None-Match" in form.sent_headers
    assert not any("/media/" in exchange.url for exchange in visiting.connection.log)


def test_changed_form_replaces_the_old_one(phone: CollectPhone, server: LittleServer, plain: bytes) -> None:
    server.forms["catat"] = Offered(plain, version="")
    phone.sync()
    server.forms["catat"] = Offered(plain.replace(b">Nama<", b">Nama lengkap<"), version="")
    report = phone.sync()
    assert report.states == {"catat": FormState.HASH_UPDATE}
    assert [form.body for form in phone.shelf.all] == [server.forms["catat"].body]


def test_wrong_listed_hash_makes_the_form_disappear(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms["catat"] = Offered(plain, version="")
    server.false_hashes["catat"] = "0" * 32
    report = phone.sync()
    assert report.problems == ["form catat: the bytes served do not have the listed hash"]
    assert phone.forms == {}


def test_wrong_media_hash_is_reported_and_fetched_again_each_time(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms["catat"] = Offered(plain, media={"panduan.jpg": b"gambar"})
    server.false_hashes["panduan.jpg"] = "1" * 32
    assert phone.sync().problems == ["media panduan.jpg: the bytes served do not have the listed hash"]
    assert phone.sync().states == {"catat": FormState.MEDIA_UPDATE}


@pytest.mark.parametrize(
    ("status", "kind", "shown"),
    [
        (401, "text/xml", "authentication required"),
        (404, "text/xml", "cannot reach the server"),
        (500, "text/xml", "server error 500"),
        (200, "application/xml", "not an OpenRosa server"),
    ],
)
def test_bad_form_list_is_shown_and_deletes_nothing(
    phone: CollectPhone, server: LittleServer, plain: bytes, status: int, kind: str, shown: str
) -> None:
    server.forms["catat"] = Offered(plain)
    phone.sync()
    server.list_status, server.list_type = status, kind
    assert shown in (phone.sync().shown or "")
    assert list(phone.forms) == ["catat"]


def test_one_entry_without_name_spoils_the_whole_list(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms = {"catat": Offered(plain), "": Offered(plain)}
    assert phone.sync().shown == "the form list cannot be read"


def test_server_that_is_gone_shows_the_network_error(tmp_path: Path) -> None:
    with CollectPhone("http://127.0.0.1:9", folder=tmp_path) as phone:
        assert "refused" in (phone.sync().shown or "")


def test_match_exactly_wipes_what_is_not_listed(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms["catat"] = Offered(plain)
    phone.sync()
    server.forms.clear()
    assert phone.sync().deleted == ["catat"]
    assert phone.shelf.all == []


def test_form_with_unsent_instance_is_only_hidden(
    phone: CollectPhone, server: LittleServer, plain: bytes
) -> None:
    server.forms["catat"] = Offered(plain)
    phone.sync()
    phone.fill("catat", 1)
    server.forms.clear()
    phone.sync()
    assert phone.forms == {}
    assert [form.hidden for form in phone.shelf.all] == [True]


def test_previously_downloaded_mode_neither_adds_nor_deletes(
    phone: CollectPhone, server: LittleServer, plain: bytes, visit: bytes
) -> None:
    server.forms["catat"] = Offered(plain, version="")
    phone.sync()
    phone.mode = Mode.PREVIOUSLY_DOWNLOADED
    server.forms = {"lain": Offered(visit)}
    report = phone.sync()
    assert (report.downloaded, report.deleted, list(phone.forms)) == ([], [], ["catat"])


def test_manual_mode_takes_what_was_picked(phone: CollectPhone, server: LittleServer, plain: bytes) -> None:
    phone.mode = Mode.MANUAL
    server.forms["catat"] = Offered(plain)
    assert phone.sync().downloaded == []
    assert phone.sync(chosen=["catat"]).downloaded == ["catat"]


def test_newer_server_row_replaces_a_local_change(visiting: CollectPhone, server: LittleServer) -> None:
    visiting.fill("kunjungan", 1, {"jenis": "lama", "keluarga": KEL.format(1), "rt": "009"})
    local = next(e for e in visiting.entities("keluarga") if e.id == KEL.format(1))
    assert (local.version, local.trunk_version, local.is_dirty) == (4, 3, True)
    assert local.properties == {"rt": "009", "alamat": "Dusun A"}
    server.lists["keluarga"] = rows(f"{KEL.format(1)},Satu baru,4,010,Dusun C")
    assert visiting.sync().entity_lists == {"keluarga": Outcome.UPDATED}
    kept = visiting.entities("keluarga")
    assert [(e.label, e.version, e.trunk_version, e.properties["rt"]) for e in kept] == [
        ("Satu baru", 4, 4, "010")
    ]


def test_local_change_ahead_of_the_server_stays(visiting: CollectPhone, server: LittleServer) -> None:
    visiting.fill("kunjungan", 1, {"jenis": "lama", "keluarga": KEL.format(1), "rt": "009"})
    server.lists["keluarga"] = rows(f"{KEL.format(1)},Satu,3,001,Dusun A", f"{KEL.format(3)},Tiga,1,001,X")
    visiting.sync()
    kept = {e.id: e for e in visiting.entities("keluarga")}
    assert kept[KEL.format(1)].properties["rt"] == "009"
    assert set(kept) == {KEL.format(1), KEL.format(3)}


def test_second_offline_visit_continues_the_branch(visiting: CollectPhone) -> None:
    hints = {"jenis": "lama", "keluarga": KEL.format(1)}
    first, second = visiting.fill("kunjungan", 1, hints), visiting.fill("kunjungan", 2, hints)
    found = [etree.fromstring(one.submission).find("meta/entity") for one in (first, second)]
    marks = [(e.get("baseVersion"), e.get("trunkVersion"), e.get("branchId")) for e in found if e is not None]
    branch = marks[0][2]
    assert marks == [("3", "3", branch), ("4", "3", branch)]
    assert re.fullmatch(r"[0-9a-f-]{36}", branch or "")


def test_family_created_offline_can_be_chosen_and_is_checked_for_deletion(
    visiting: CollectPhone, server: LittleServer
) -> None:
    created = visiting.fill("kunjungan", 1, {"jenis": "baru", "rt": "007"}).entities[0]
    assert (created.creates, created.updates) == (True, False)
    local = next(e for e in visiting.entities("keluarga") if e.id == created.id)
    assert (local.origin, local.version, local.trunk_version, local.label) == (
        Origin.OFFLINE,
        1,
        None,
        "K 007",
    )
    follow = visiting.fill("kunjungan", 2, {"jenis": "lama", "keluarga": created.id})
    entity = etree.fromstring(follow.submission).find("meta/entity")
    assert entity is not None
    assert (entity.get("baseVersion"), entity.get("trunkVersion")) == ("1", "")
    server.deleted.add(created.id)
    visiting.sync()
    assert server.asked_integrity == [created.id]
    assert created.id not in {e.id for e in visiting.entities("keluarga")}


def test_question_not_asked_leaves_its_column_alone(visiting: CollectPhone) -> None:
    change = visiting.fill("kunjungan", 1, {"jenis": "lama", "rt": "003"}).entities[0]
    assert change.properties == {"rt": "003"}


def test_list_that_needs_approval_gets_no_offline_rows(visiting: CollectPhone, server: LittleServer) -> None:
    server.forms["kunjungan"].lists["keluarga"] = "approvalEntityList"
    server.lists["keluarga"] = rows(f"{KEL.format(1)},Satu,3,001,Dusun A")
    visiting.sync()
    visiting.fill("kunjungan", 1, {"jenis": "baru"})
    assert [e.id for e in visiting.entities("keluarga")] == [KEL.format(1)]


@pytest.mark.parametrize(
    ("body", "outcome", "failed"),
    [
        (b"name,label\nx,y\n", Outcome.ABANDONED, False),
        (rows(f"{KEL.format(1)},Satu,tiga,001,A"), None, True),
    ],
)
def test_list_that_cannot_be_merged_leaves_the_rows_alone(
    visiting: CollectPhone, server: LittleServer, body: bytes, outcome: Outcome | None, failed: bool
) -> None:
    server.lists["keluarga"] = body
    report = visiting.sync()
    assert report.entity_lists.get("keluarga") == outcome
    assert bool(report.failures) is failed
    assert len(visiting.entities("keluarga")) == 2


def test_refused_integrity_fails_the_download_of_that_form(
    visiting: CollectPhone, server: LittleServer
) -> None:
    visiting.fill("kunjungan", 1, {"jenis": "baru"})
    server.integrity_status = 403
    assert visiting.sync().failures == {"kunjungan": "kunjungan: integrity of keluarga: status 403"}


@pytest.fixture
def noting(phone: CollectPhone, server: LittleServer, plain: bytes) -> CollectPhone:
    server.forms["catat"] = Offered(plain)
    phone.sync()
    return phone


def test_sent_parts_have_collects_order_and_names(noting: CollectPhone, server: LittleServer) -> None:
    instance = noting.fill("catat", 1)
    (instance.xml.parent / "catatan tambahan ☂.txt").write_bytes(b"lampiran")
    result = noting.send(instance)
    assert (result.shown, result.state, result.statuses) == ("Success", InstanceState.SENT, (201,))
    parts = server.posts[0]
    pictures = sorted(instance.filling.media.values())
    assert [part.name for part in parts] == [
        "xml_submission_file",
        *pictures,
        "audit.csv",
        "catatan tambahan ☂.txt",
    ]
    assert re.match(
        rb'Content-Disposition: form-data; name="xml_submission_file"; filename="Catat potret_2',
        parts[0].header,
    )
    assert b"Content-Type: text/xml" in parts[0].header
    assert parts[0].content == instance.submission
    assert "☂".encode() in parts[-1].header
    assert b"Content-Type: image/jpeg" in parts[1].header


def test_own_photos_are_sent_under_the_names_in_the_answers(
    noting: CollectPhone, server: LittleServer, tmp_path: Path
) -> None:
    own = tmp_path / "rumah.jpg"
    own.write_bytes(b"foto sendiri")
    instance = noting.fill("catat", 1, photos={"foto": own})
    noting.send(instance)
    sent = {part.name: part.content for part in server.posts[0]}
    assert sent[instance.filling.media["/data/foto"]] == b"foto sendiri"
    assert sent[instance.filling.media["/data/foto2"]].startswith(b"\xff\xd8")


def test_audit_log_names_every_question(noting: CollectPhone) -> None:
    instance = noting.fill("catat", 1, duration_s=300)
    with (instance.xml.parent / "audit.csv").open(newline="") as file:
        log = list(csv.DictReader(file))
    asked = [row["node"] for row in log if row["event"] == "question"]
    assert asked == ["/data/nama", "/data/foto", "/data/foto2", "/data/foto3"]
    assert int(log[-1]["start"]) - int(log[0]["start"]) == 300_000
    assert instance.text("audit") == "audit.csv"


def test_upload_is_split_by_advertised_length(noting: CollectPhone, server: LittleServer) -> None:
    instance = noting.fill("catat", 1)
    largest = max(path.stat().st_size for path in instance.attachments)
    server.head = (204, {"X-OpenRosa-Accept-Content-Length": str(largest + instance.xml.stat().st_size)})
    assert noting.send(instance).statuses == (201,) * len(server.posts)
    assert len(server.posts) > 1
    flags = [[part.content for part in post if part.name == "*isIncomplete*"] for post in server.posts]
    assert flags == [[b"yes"]] * (len(server.posts) - 1) + [[]]
    assert {post[0].content for post in server.posts} == {instance.submission}


def test_split_counts_files_and_lets_a_big_one_travel_alone(tmp_path: Path) -> None:
    files = [tmp_path / f"{number:03}.bin" for number in range(205)]
    for path in files:
        path.write_bytes(b"x")
    assert [len(chunk) for chunk in split(10, files, 1_000_000)] == [101, 101, 3]
    files[1].write_bytes(b"x" * 500)
    assert [len(chunk) for chunk in split(10, files[:3], 100)] == [1, 1, 1]
    assert split(10, [], 100) == [[]]


def test_split_upload_stops_at_the_first_failure_and_begins_again(
    noting: CollectPhone, server: LittleServer
) -> None:
    instance = noting.fill("catat", 1)
    server.head = (204, {"X-OpenRosa-Accept-Content-Length": "1000"})
    server.answers = [(201, RESPONSE.format("ok")), (503, RESPONSE.format("Coba lagi nanti."))]
    failed = noting.send(instance)
    assert (failed.shown, failed.state, failed.statuses) == (
        "Coba lagi nanti.",
        InstanceState.FAILED,
        (201, 503),
    )
    assert [result.state for result in noting.send_pending()] == [InstanceState.SENT]
    assert server.posts[2][1].name == server.posts[0][1].name
    assert noting.send_pending() == []


@pytest.mark.parametrize(
    ("status", "body", "shown", "state"),
    [
        (201, RESPONSE.format("terima kasih"), "terima kasih", InstanceState.SENT),
        (202, "", "Success", InstanceState.SENT),
        (200, "", "network log-in required?", InstanceState.FAILED),
        (204, "", "unexpected end of the answer", InstanceState.FAILED),
        (400, "", "the server could not read the form", InstanceState.FAILED),
        (401, RESPONSE.format("tidak dilihat"), "Unauthorized (401) at", InstanceState.FAILED),
        (409, RESPONSE.format("Formulir ditutup."), "Formulir ditutup.", InstanceState.FAILED),
        (500, "<html/>", "Internal Server Error (500) at", InstanceState.FAILED),
    ],
)
def test_answer_decides_text_and_state(
    noting: CollectPhone, server: LittleServer, status: int, body: str, shown: str, state: InstanceState
) -> None:
    server.answers = [(status, body)]
    result = noting.send(noting.fill("catat", 1))
    assert result.shown.startswith(shown)
    assert result.state is state


@pytest.mark.parametrize(
    ("head", "shown", "posted"),
    [
        ((401, {}), "invalid user name or password", 0),
        ((200, {}), "is this an OpenRosa endpoint?", 0),
        ((204, {"Location": "http://lain.example/submission"}), "redirects to another host", 0),
        ((403, {}), "Success", 1),
        ((500, {}), "Success", 1),
    ],
)
def test_preflight_decides_whether_to_post(
    noting: CollectPhone,
    server: LittleServer,
    head: tuple[int, dict[str, str]],
    shown: str,
    posted: int,
) -> None:
    server.head = head
    assert shown in noting.send(noting.fill("catat", 1)).shown
    assert len(server.posts) == posted
