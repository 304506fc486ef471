"""Entities over HTTP: making one and many, changing, conflicts, trash, history, CSV, map; each problem by a real request."""

import base64
import csv
import io
import uuid

import pytest

from server.db import session_scope
from server.models.entity import EntityList
from server.models.project import Project
from server.services import accounts, entities, entity_lists
from server.services.entities import Change, Origin
from tests.server.api.conftest import PASSWORDS, Client
from tests.server.api.test_datasets import ALL, new_list

VERSION_KEYS = [
    "baseVersion",
    "branchBaseVersion",
    "branchId",
    "conflictingProperties",
    "createdAt",
    "creatorId",
    "current",
    "label",
    "trunkVersion",
    "userAgent",
    "version",
]
KEYS = ["conflict", "createdAt", "creatorId", "currentVersion", "deletedAt", "updatedAt", "uuid"]


@pytest.fixture
def trees(bob) -> str:
    """The address of a list with two properties."""
    return f"{ALL}/{new_list(bob, 'jenis', 'umur')}"


def new(client, trees: str, label: str = "Mangga 1", **data: str) -> str:
    """The address of a new entity."""
    made = client.post(f"{trees}/entities", {"label": label, "data": data})
    assert made.status_code == 200, made.text
    return f"{trees}/entities/{made.json['uuid']}"


def digest(client, trees: str) -> str:
    return client.get(f"{trees}/entities.csv").headers["ETag"]


def test_one_is_made_and_read(service, bob, trees):
    body = {
        "uuid": f"uuid:{str(uuid.uuid4()).upper()}",
        "label": "Mangga",
        "data": {"jenis": "gadung", "umur": ""},
    }
    made = bob.post(f"{trees}/entities", body, headers={"User-Agent": "ruODK"}).json
    assert sorted(made) == KEYS
    assert made["uuid"] == body["uuid"].lower().removeprefix("uuid:")
    version = made["currentVersion"]
    assert sorted(version) == sorted([*VERSION_KEYS, "data", "dataReceived"])
    assert version["data"] == body["data"]
    assert version["dataReceived"] == {**body["data"], "label": "Mangga"}
    assert (version["version"], version["current"], version["userAgent"]) == (1, True, "ruODK")
    assert made["creatorId"] == version["creatorId"] == service.ids["bob"]
    assert bob.get(f"{trees}/entities/{made['uuid']}").json == made
    assert bob.get(f"{trees}/entities/uuid:{made['uuid'].upper()}").json == made
    shown = bob.get(f"{trees}/entities/{made['uuid']}", extended=True).json
    assert shown["creator"]["displayName"] == shown["currentVersion"]["creator"]["displayName"] == "Bob"


def test_a_uuid_is_made_when_none_is_given(bob, trees):
    made = bob.post(f"{trees}/entities", {"label": "x"}).json
    assert uuid.UUID(made["uuid"]).version == 4
    assert made["currentVersion"]["data"] == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"label": "x", "data": {}, "umur": "1"}, 400.31),
        ({"data": {"umur": "1"}}, 400.2),
        ({"label": None}, 400.2),
        ({"label": "  "}, 400.8),
        ({"label": 5}, 400.11),
        ({"label": "x", "data": {"umur": 1}}, 400.11),
        ({"label": "x", "data": {"umur": None}}, 400.11),
        ({"label": "x", "data": []}, 400.11),
        ({"label": "x", "data": {"warna": "hijau"}}, 400.28),
        ({"label": "x", "uuid": "bukan"}, 400.11),
        ({"label": "x", "uuid": str(uuid.uuid1())}, 400.11),
        ([], 400.11),
    ],
)
def test_what_cannot_be_made_says_why_alone_and_among_many(bob, trees, body, code):
    assert bob.post(f"{trees}/entities", body).json["code"] == code
    many = {"entities": [{"label": "gut"}, body], "source": {"name": "a.csv"}}
    assert bob.post(f"{trees}/entities", many).json["code"] == code
    assert bob.get(f"{trees}/entities").json == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"entities": [{"label": "x"}]}, 400.2),
        ({"entities": [{"label": "x"}], "source": {"size": 5}}, 400.2),
        ({"entities": [{"label": "x"}], "source": {"name": "a", "size": "5"}}, 400.11),
        ({"entities": [{"label": "x"}], "source": {"name": 5}}, 400.11),
        ({"entities": [{"label": "x"}], "source": {"name": "a", "x": 5}}, 400.31),
        ({"entities": [{"label": "x"}], "source": "a.csv"}, 400.11),
        ({"entities": [], "source": {"name": "a"}}, 400.31),
        ({"entities": "x", "source": {"name": "a"}}, 400.31),
        ({"source": {"name": "a"}}, 400.31),
        ({"entities": [{"label": "x"}], "source": {"name": "a"}, "label": "x"}, 400.31),
    ],
)
def test_bodies_of_many_that_are_refused(bob, trees, body, code):
    assert bob.post(f"{trees}/entities", body).json["code"] == code


def test_many_are_made_with_their_source(bob, trees):
    before = digest(bob, trees)
    items = [{"label": f"Pohon {n}", "data": {"umur": str(n)}} for n in range(50)]
    source = {"name": "pohon.csv", "size": 100}
    assert bob.post(f"{trees}/entities", {"entities": items, "source": source}).json == {"success": True}
    listed = bob.get(f"{trees}/entities").json
    assert [item["currentVersion"]["label"] for item in listed] == [f"Pohon {n}" for n in reversed(range(50))]
    address = f"{trees}/entities/{listed[0]['uuid']}"
    assert bob.get(address).json["currentVersion"]["dataReceived"] == {"umur": "49", "label": "Pohon 49"}
    (version,) = bob.get(f"{address}/versions").json
    assert version["source"] == {"name": "pohon.csv", "size": 100, "count": 50}
    (act,) = bob.get(f"{address}/audits").json
    assert (act["action"], act["actor"]["displayName"]) == ("entity.bulk.create", "Bob")
    assert digest(bob, trees) != before
    changed = bob.patch(f"{address}?baseVersion=1", {"data": {"umur": "50"}}).json
    assert (changed["currentVersion"]["version"], changed["currentVersion"]["data"]) == (2, {"umur": "50"})
    assert new(bob, trees)


def test_a_uuid_is_taken_once_also_by_what_was_deleted(bob, trees):
    address = new(bob, trees)
    taken = address.rpartition("/")[2]
    again = {"uuid": taken, "label": "x"}
    many = {"entities": [{"label": "y"}, again], "source": {"name": "a"}}
    twice = {"entities": [{"uuid": str(uuid.uuid4()), "label": "y"}] * 2, "source": {"name": "a"}}
    for body in (again, many, twice):
        refused = bob.post(f"{trees}/entities", body).json
        assert (refused["code"], refused["details"]["fields"]) == (409.3, ["uuid"])
    bob.delete(address)
    for body in (again, many):
        refused = bob.post(f"{trees}/entities", body).json
        assert (refused["code"], refused["details"]) == (409.19, {"entityUuids": [taken]})
    assert bob.get(f"{trees}/entities").json == []


def test_the_list_has_no_values(bob, trees):
    first, second = new(bob, trees, "Satu", umur="1"), new(bob, trees, "Dua")
    listed = bob.get(f"{trees}/entities").json
    assert [f"{trees}/entities/{item['uuid']}" for item in listed] == [second, first]
    assert sorted(listed[0]) == KEYS
    assert sorted(listed[0]["currentVersion"]) == VERSION_KEYS
    assert bob.get(f"{trees}/entities", extended=True).json[0]["creator"]["type"] == "user"


def test_changes_merge_and_count(bob, trees):
    address = new(bob, trees, jenis="gadung", umur="1")
    changed = bob.patch(f"{address}?baseVersion=1", {"data": {"umur": "2"}, "uuid": "passed over"}).json
    assert changed["currentVersion"]["data"] == {"jenis": "gadung", "umur": "2"}
    assert changed["currentVersion"]["dataReceived"] == {"umur": "2"}
    assert (changed["currentVersion"]["baseVersion"], changed["updatedAt"] is not None) == (1, True)
    same = bob.patch(f"{address}?force=True", {"data": {"umur": "2"}}).json
    assert same["currentVersion"]["version"] == 3
    named = bob.patch(f"{address}?baseVersion=3", {"label": "Mangga tua"}).json["currentVersion"]
    assert (named["label"], named["data"]["umur"], named["dataReceived"]) == (
        "Mangga tua",
        "2",
        {"label": "Mangga tua"},
    )


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", {"data": {"umur": "2"}}, 409.15),
        ("?baseVersion=7", {"data": {"umur": "2"}}, 409.15),
        ("?force=false", {"data": {"umur": "2"}}, 409.15),
        ("?baseVersion=x", {"data": {"umur": "2"}}, 400.11),
        ("?baseVersion=99999999999", {"data": {"umur": "2"}}, 400.22),
        ("?force=true", {}, 400.28),
        ("?force=true", {"uuid": "x"}, 400.28),
        ("?force=true", {"label": " "}, 400.8),
        ("?force=true", {"data": {"umur": 2}}, 400.11),
        ("?force=true", {"data": {"warna": "x"}}, 400.28),
        ("?force=true", {"warna": "x"}, 400.31),
        ("?resolve=true", {}, 400.32),
        ("?resolve=true&force=true", {"label": "x"}, 400.32),
    ],
)
def test_changes_that_are_refused(bob, trees, query, body, code):
    address = new(bob, trees, umur="1")
    refused = bob.patch(f"{address}{query}", body).json
    assert refused["code"] == code
    if code == 409.15:
        assert refused["details"]["current"] == 1
    assert bob.get(address).json["currentVersion"]["version"] == 1


def conflict(service, address: str, base: int, **values: str) -> None:
    """An update as a submission makes it, on top of an older version."""
    _, _, dataset, _, found = address.removeprefix("/projects/1").split("/")[0:5]
    with session_scope(service.office.backends.sessions) as session:
        listed = entity_lists.get_list(session, 1, dataset)
        entities.update_entity(session, listed, Change(found, None, values, base), Origin(None))


def test_a_conflict_is_shown_and_resolved(service, bob, trees):
    address = new(bob, trees, umur="1", jenis="a")
    bob.patch(f"{address}?baseVersion=1", {"data": {"jenis": "b"}})
    bob.patch(f"{address}?baseVersion=2", {"data": {"umur": "2"}})
    conflict(service, address, 2, umur="3")
    assert bob.get(address).json["conflict"] == "hard"
    versions = bob.get(f"{address}/versions").json
    assert [item["version"] for item in versions] == [1, 2, 3, 4]
    last = versions[-1]
    assert (last["conflict"], last["conflictingProperties"], last["resolved"]) == ("hard", ["umur"], False)
    assert (last["baseDiff"], last["serverDiff"], last["baseVersion"]) == (["umur"], ["umur"], 2)
    assert [item["lastGoodVersion"] for item in versions] == [False, False, True, False]
    relevant = bob.get(f"{address}/versions?relevantToConflict=True").json
    assert [item["version"] for item in relevant] == [2, 3, 4]
    bob.patch(f"{address}?baseVersion=4", {"data": {"umur": "4"}})
    assert bob.get(address).json["conflict"] == "hard"
    assert bob.patch(f"{address}?resolve=true&baseVersion=4", {"label": "x"}).json["code"] == 409.15
    before = digest(bob, trees)
    resolved = bob.patch(f"{address}?resolve=true")
    assert (resolved.json["conflict"], resolved.json["currentVersion"]["version"]) == (None, 5)
    assert digest(bob, trees) != before
    assert [item["resolved"] for item in bob.get(f"{address}/versions").json] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert bob.get(f"{address}/versions?relevantToConflict=true").json == []
    conflict(service, address, 1, umur="9")
    both = bob.patch(f"{address}?resolve=true&baseVersion=6", {"data": {"umur": "10"}}).json
    assert (both["conflict"], both["currentVersion"]["version"]) == (None, 7)
    actions = [act["action"] for act in bob.get(f"{address}/audits").json]
    assert actions[:3] == ["entity.update.resolve", "entity.update.version", "entity.update.version"]
    assert actions[-1] == "entity.create"
    assert len(bob.get(f"{address}/audits?limit=2&offset=1").json) == 2


def test_steps_say_old_and_new(bob, trees):
    address = new(bob, trees, "Mangga", umur="1")
    bob.patch(f"{address}?baseVersion=1", {"data": {"umur": "2", "jenis": "a"}})
    bob.patch(f"{address}?baseVersion=2", {"label": "Mangga tua"})
    first, second = bob.get(f"{address}/diffs").json
    assert sorted(first, key=lambda item: item["propertyName"]) == [
        {"propertyName": "jenis", "new": "a"},
        {"propertyName": "umur", "old": "1", "new": "2"},
    ]
    assert second == [{"propertyName": "label", "old": "Mangga", "new": "Mangga tua"}]


def test_trash_and_back(bob, trees):
    address = new(bob, trees)
    found = address.rpartition("/")[2]
    assert bob.post(f"{address}/restore").json["code"] == 404.1
    before = digest(bob, trees)
    assert bob.delete(address).json == {"success": True}
    assert digest(bob, trees) != before
    for method, rest in (("GET", ""), ("DELETE", ""), ("PATCH", "?force=true"), ("GET", "/versions"), ("GET", "/diffs"),
                         ("GET", "/audits"), ("GET", "/geojson")):  # fmt: skip
        assert bob.call(method, f"{address}{rest}", json={"label": "x"}).json["code"] == 404.1, (method, rest)
    (trashed,) = bob.get(f"{trees}/entities?deleted=true").json
    assert (trashed["uuid"], trashed["deletedAt"] is not None) == (found, True)
    before = digest(bob, trees)
    assert bob.post(f"{address}/restore").json == {"success": True}
    assert bob.get(address).json["deletedAt"] is None
    assert digest(bob, trees) != before
    assert [act["action"] for act in bob.get(f"{address}/audits").json] == [
        "entity.restore",
        "entity.delete",
        "entity.create",
    ]


def test_several_go_and_come_back(bob, trees):
    addresses = [new(bob, trees) for _ in range(3)]
    ids = [address.rpartition("/")[2] for address in addresses]
    asked = [*ids[:2], f"uuid:{ids[0].upper()}", str(uuid.uuid4())]
    before = digest(bob, trees)
    assert bob.post(f"{trees}/entities/bulk-delete", {"ids": asked}).json == {"count": 2}
    assert bob.post(f"{trees}/entities/bulk-delete", {"ids": asked}).json == {"count": 0}
    assert [item["uuid"] for item in bob.get(f"{trees}/entities").json] == [ids[2]]
    middle = digest(bob, trees)
    assert bob.post(f"{trees}/entities/bulk-restore", {"ids": ids}).json == {"count": 2}
    assert len({before, middle, digest(bob, trees)}) == 3
    assert [act["action"] for act in bob.get(f"{addresses[0]}/audits").json] == [
        "entity.bulk.restore",
        "entity.bulk.delete",
        "entity.create",
    ]
    for body, code in (({}, 400.2), ({"ids": "x"}, 400.11), ({"ids": ["x"]}, 400.11), ({"ids": [5]}, 400.11)):
        for route in ("bulk-delete", "bulk-restore"):
            assert bob.post(f"{trees}/entities/{route}", body).json["code"] == code


def test_creators_are_named(alice, bob, trees):
    new(bob, trees), new(bob, trees), new(alice, trees)
    assert [actor["displayName"] for actor in bob.get(f"{trees}/entities/creators").json] == ["Alice", "Bob"]


def test_csv_holds_every_value_and_says_when_it_changed(service, bob, trees):
    first = new(bob, trees, 'Kata "dua", ya', umur="1")
    second = new(bob, trees, "Dua\nbaris")
    bob.patch(f"{first}?baseVersion=1", {"data": {"jenis": "a"}})
    answer = bob.get(f"{trees}/entities.csv")
    assert answer.mimetype == "text/csv"
    name = trees.rpartition("/")[2]
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}.csv"')
    head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert head == ["__id", "label", "jenis", "umur", "__createdAt", "__creatorId", "__creatorName", "__updates",
                    "__updatedAt", "__version"]  # fmt: skip
    assert [row[1] for row in rows] == ["Dua\nbaris", 'Kata "dua", ya']
    shown = bob.get(first).json
    assert rows[1] == [shown["uuid"], 'Kata "dua", ya', "a", "1", shown["createdAt"], str(service.ids["bob"]), "Bob", "1",
                       shown["updatedAt"], "2"]  # fmt: skip
    assert rows[0][2:4] == ["", ""]
    etag = answer.headers["ETag"]
    assert not etag.startswith("W/")
    again = bob.get(f"{trees}/entities.csv", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    bob.patch(f"{second}?force=true", {"label": "Lain"})
    assert bob.get(f"{trees}/entities.csv", headers={"If-None-Match": etag}).status_code == 200
    bob.post(f"{trees}/properties", {"name": "warna"})
    assert "warna" in bob.get(f"{trees}/entities.csv").text.splitlines()[0]
    assert bob.get(f"{trees}/entities.csv?$filter=x").json["code"] == 501.1
    assert bob.get(f"{trees}/entities.csv?$search=x").json["code"] == 501.1


def test_places_come_as_geojson(bob):
    trees = f"{ALL}/{new_list(bob, 'geometry')}"
    assert bob.get(f"{trees}/entities.geojson").json == {"type": "FeatureCollection", "features": []}
    texts = {
        "titik": "-7.5 112.25 40 5",
        "garis": "-7.5 112.25;-7.6 112.25",
        "bidang": "-7.5 112.25 0 0;-7.6 112.25 0 0;-7.6 112.35 0 0;-7.5 112.25 0 0;",
        "rusak": "-97.5 112.25",
        "nol": "-07.5 112.25",
        "kosong": "",
    }
    made = {name: new(bob, trees, name, geometry=text) for name, text in texts.items()}
    answer = bob.get(f"{trees}/entities.geojson")
    assert answer.mimetype == "application/json"
    features = {feature["id"]: feature for feature in answer.json["features"]}
    shown = {name: features.get(address.rpartition("/")[2]) for name, address in made.items()}
    assert shown["titik"]["geometry"] == {"type": "Point", "coordinates": [112.25, -7.5, 40]}
    assert shown["titik"]["properties"] is None
    assert shown["garis"]["geometry"] == {
        "type": "LineString",
        "coordinates": [[112.25, -7.5], [112.25, -7.6]],
    }
    assert shown["bidang"]["geometry"]["type"] == "Polygon"
    assert [shown[name] for name in ("rusak", "nol", "kosong")] == [None, None, None]
    assert len(bob.get(f"{trees}/entities.geojson?limit=2").json["features"]) == 2
    assert bob.get(f"{made['titik']}/geojson").json["features"] == [shown["titik"]]
    assert bob.get(f"{made['rusak']}/geojson").json["features"] == []
    assert bob.get(f"{trees}/entities/{uuid.uuid4()}/geojson").json["code"] == 404.1


def test_unknown_things(bob, trees):
    for rest in ("", "/versions", "/diffs", "/audits"):
        assert bob.get(f"{trees}/entities/{uuid.uuid4()}{rest}").json["code"] == 404.1
        assert bob.get(f"{trees}/entities/bukan-uuid{rest}").json["code"] == 400.11
    assert bob.get(f"{ALL}/tidak_ada/entities").json["code"] == 404.1
    other = new(bob, f"{ALL}/{new_list(bob)}").rpartition("/")[2]
    assert bob.get(f"{trees}/entities/{other}").json["code"] == 404.1


def test_rights_are_asked(nobody, chelsea, bob, trees):
    address = new(bob, trees)
    for method, path in (
        ("GET", f"{trees}/entities"),
        ("POST", f"{trees}/entities"),
        ("GET", address),
        ("PATCH", f"{address}?force=true"),
        ("DELETE", address),
        ("POST", f"{address}/restore"),
        ("POST", f"{trees}/entities/bulk-delete"),
        ("POST", f"{trees}/entities/bulk-restore"),
        ("GET", f"{trees}/entities/creators"),
        ("GET", f"{trees}/entities.csv"),
        ("GET", f"{trees}/entities.geojson"),
        ("GET", f"{address}/versions"),
        ("GET", f"{address}/diffs"),
        ("GET", f"{address}/audits"),
        ("GET", f"{address}/geojson"),
    ):
        assert chelsea.call(method, path, json={}).json["code"] == 403.1, (method, path)
        assert nobody.call(method, path, json={}).json["code"] == 401.2, (method, path)


def test_megabytes_are_taken_from_those_who_may_send_them(service, chelsea, nobody, bob, trees):
    big = {"entities": [{"label": "x" * 300_000}], "source": {"name": "besar"}}
    assert nobody.post(f"{trees}/entities", big).json["code"] == 401.2
    assert chelsea.post(f"{trees}/entities", big).json["code"] == 403.1
    assert bob.post(f"{trees}/entities", big).json == {"success": True}
    assert bob.post(trees + "/properties", {"name": "x" * 300_000}).json["code"] == 400.36
    basic = Client(service.browser(), {})
    word = base64.b64encode(f"bob@getodk.org:{PASSWORDS['bob']}".encode()).decode()
    assert (
        basic.post(
            f"{trees}/entities", {"label": "y"}, headers={"Authorization": f"Basic {word}"}
        ).status_code
        == 200
    )


VILLAGES = ("3517012001", "3517012002")


@pytest.fixture(scope="module")
def sari(service) -> Client:
    """A manager who sees the first village only."""
    email = f"sari{uuid.uuid4().hex[:6]}@getodk.org"
    with session_scope(service.office.backends.sessions) as session:
        actor = accounts.create_user(session, email=email, password="password4sari", name="Sari")
        listed = entity_lists.ensure_list(session, 1, "warga", ["kode_desa", "rt"])
        project = listed.project_id
        accounts.assign(session, actor.id, "manager", session.get_one(Project, project).actee_id)
        accounts.set_areas(session, actor.id, [VILLAGES[0]])
    done = service.office.client.post("/v1/sessions", json={"email": email, "password": "password4sari"})
    return Client(service.browser(), {"Authorization": f"Bearer {done.json['token']}"})


def test_entities_of_other_areas_are_not_there(alice, sari):
    warga = f"{ALL}/warga"
    own, other = (new(alice, warga, code, kode_desa=code) for code in VILLAGES)
    free = new(alice, warga, "tanpa wilayah")
    seen = {f"{warga}/entities/{item['uuid']}" for item in sari.get(f"{warga}/entities").json}
    assert {own, free} <= seen and other not in seen
    for method, rest in (("GET", ""), ("PATCH", "?force=true"), ("DELETE", ""), ("GET", "/versions"), ("GET", "/diffs"),
                         ("GET", "/audits"), ("GET", "/geojson"), ("POST", "/restore")):  # fmt: skip
        assert sari.call(method, f"{other}{rest}", json={"label": "x"}).json["code"] == 404.1, (method, rest)
    hidden = other.rpartition("/")[2]
    assert hidden not in sari.get(f"{warga}/entities.csv").text
    assert sari.post(f"{warga}/entities/bulk-delete", {"ids": [hidden]}).json == {"count": 0}
    assert alice.get(other).status_code == 200
    alice.delete(other)
    assert sari.post(f"{warga}/entities/bulk-restore", {"ids": [hidden]}).json == {"count": 0}
    assert hidden not in str(sari.get(f"{warga}/entities?deleted=true").json)
    (shown,) = [item for item in sari.get(ALL, extended=True).json if item["name"] == "warga"]
    assert shown["entities"] == len(sari.get(f"{warga}/entities").json)


def test_nobody_makes_entities_outside_of_their_areas(sari):
    body = {"label": "x", "data": {"kode_desa": VILLAGES[1]}}
    assert sari.post(f"{ALL}/warga/entities", body).json["code"] == 403.1
    many = {"entities": [{"label": "x", "data": {"kode_desa": VILLAGES[0]}}, body], "source": {"name": "a"}}
    assert sari.post(f"{ALL}/warga/entities", many).json["code"] == 403.1


def test_the_area_stays_where_the_entity_began(alice, sari):
    address = new(alice, f"{ALL}/warga", "pindah", kode_desa=VILLAGES[0])
    alice.patch(f"{address}?force=true", {"data": {"kode_desa": VILLAGES[1]}})
    assert sari.get(address).status_code == 200


def test_families_are_entities_without_whole_numbers(service, alice):
    with session_scope(service.office.backends.sessions) as session:
        listed: EntityList = entity_lists.ensure_list(
            session, 1, "keluarga", ["kode_desa", "nik_samar", "nokk_samar"]
        )
        assert listed.id
    data = {"kode_desa": VILLAGES[0], "nik_samar": "3517010101800001", "nokk_samar": "3517 0101 0180 0002"}
    masks = {"kode_desa": VILLAGES[0], "nik_samar": "351701******0001", "nokk_samar": "3517010101******"}
    address = new(alice, f"{ALL}/keluarga", "Keluarga baru", **data)
    assert alice.get(address).json["currentVersion"]["data"] == masks
    received = alice.get(address).json["currentVersion"]["dataReceived"]
    assert received == {**masks, "label": "Keluarga baru"}
    many = {"entities": [{"label": "Dua", "data": data}], "source": {"name": "a"}}
    assert alice.post(f"{ALL}/keluarga/entities", many).status_code == 200
    (second, *_) = alice.get(f"{ALL}/keluarga/entities").json
    assert alice.get(f"{ALL}/keluarga/entities/{second['uuid']}").json["currentVersion"]["data"] == masks
    changed = alice.patch(f"{address}?force=true", {"data": {"nik_samar": data["nik_samar"]}}).json
    assert changed["currentVersion"]["data"] == masks
