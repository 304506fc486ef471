"""GeoJSON of submissions over HTTP."""

import pytest

from tests.server.api.visits import edit, path_of, publish, send

PLACES = """
| survey | | | | |
| | type | name | label | bind::sisir:sensitive |
| | text | nama | Nama | |
| | begin_repeat | pohon | Pohon | |
| | geopoint | letak | Letak | |
| | end_repeat | | | |
| | geopoint | rumah | Rumah | |
| | geotrace | jalan | Jalan | |
| | geoshape | batas | Batas | |
| | geopoint | rahasia | Rahasia | yes |
| settings | | | | |
| | form_id | form_title | version | namespaces |
| | {form_id} | Tempat | {version} | sisir="https://sisir.id/xforms" |
"""
LINE = "-6.9147 107.6098 768.2 4.1; -6.9149 107.6102 768.0 3.9;"
RING = "1 2 0 0;1 3 0 0;2 3 0 0;1 2 0 0"


@pytest.fixture(scope="module")
def places(service, alice) -> str:
    form_id = publish(service, PLACES)
    body = (
        "<pohon><letak>1 2 3.0 4</letak></pohon><pohon><letak>5 6</letak></pohon><rumah>-6.910 107.60 768.20 4.1</rumah>"
        f"<jalan>{LINE}</jalan><batas>{RING}</batas><rahasia>-7 112 0 0</rahasia>"
    )
    send(alice, form_id, "uuid:full", body)
    send(alice, form_id, "uuid:empty", "<rumah/>")
    send(alice, form_id, "uuid:wrong", "<rumah>91 200 0 0</rumah>")
    edit(alice, form_id, "uuid:wrong", "uuid:right", "uuid:wrong", "<rumah>9 20</rumah>")
    return form_id


def features(answer) -> list[dict]:
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
    assert answer.json["type"] == "FeatureCollection"
    return answer.json["features"]


def test_default_is_the_first_place_outside_repeats(alice, places):
    answer = alice.get(path_of(places, ".geojson"))
    found = {item["id"]: item for item in features(answer)}
    assert set(found) == {"uuid:full", "uuid:wrong"}
    assert found["uuid:full"]["properties"] == {"fieldpath": "/rumah"}
    assert found["uuid:wrong"]["geometry"] == {"type": "Point", "coordinates": [20, 9]}
    assert "[107.60,-6.910,768.20]" in answer.text
    assert len(features(alice.get(path_of(places, ".geojson?limit=1")))) == 1
    filtered = alice.get(path_of(places, ".geojson"), query_string={"$filter": "__id eq 'uuid:wrong'"})
    assert [item["id"] for item in features(filtered)] == ["uuid:wrong"]


@pytest.mark.parametrize(
    ("path", "kind", "coordinates"),
    [
        ("/pohon/letak", "MultiPoint", [[2, 1, 3], [6, 5]]),
        ("/jalan", "LineString", [[107.6098, -6.9147, 768.2], [107.6102, -6.9149, 768]]),
        ("/batas", "Polygon", [[[2, 1, 0], [3, 1, 0], [3, 2, 0], [2, 1, 0]]]),
    ],
)
def test_fields(alice, places, path, kind, coordinates):
    (found,) = features(alice.get(path_of(places, f".geojson?fieldpath={path}")))
    assert found["geometry"] == {"type": kind, "coordinates": coordinates}
    assert found["properties"] is None


def test_one_submission_its_versions_and_several_fields(alice, places):
    (both,) = features(alice.get(path_of(places, "/uuid:full.geojson?fieldpath=/rumah&fieldpath=/jalan")))
    kinds = [shape["type"] for shape in both["geometry"]["geometries"]]
    assert (both["geometry"]["type"], kinds) == ("GeometryCollection", ["Point", "LineString"])
    assert features(alice.get(path_of(places, "/uuid:empty.geojson"))) == []
    assert features(alice.get(path_of(places, "/uuid:wrong/versions/uuid:wrong.geojson"))) == []
    assert len(features(alice.get(path_of(places, "/uuid:wrong/versions/uuid:right.geojson")))) == 1
    assert alice.get(path_of(places, "/uuid:none.geojson")).json["code"] == 404.1
    assert alice.get(path_of(places, "/uuid:wrong/versions/x.geojson")).json["code"] == 404.1
    assert alice.get(path_of(places, ".geojson?fieldpath=/a&fieldpath=/b")).json["code"] == 400.41
    assert features(alice.get(path_of(places, ".geojson?fieldpath=/nama"))) == []
    assert alice.get(path_of(places, ".geojson?limit=x")).json["code"] == 400.11


def test_sensitive_places_are_for_those_who_may_see_them(alice, bob, places):
    before = len(alice.get("/audits?action=identity.unmask").json)
    alice.get(path_of(places, ".geojson"))
    assert len(alice.get("/audits?action=identity.unmask").json) == before
    assert len(features(alice.get(path_of(places, ".geojson?fieldpath=/rahasia")))) == 1
    assert alice.get("/audits?action=identity.unmask&limit=1").json[0]["details"]["what"] == "geojson"
    assert features(bob.get(path_of(places, ".geojson?fieldpath=/rahasia"))) == []
    assert len(features(bob.get(path_of(places, ".geojson")))) == 2
