"""Invented villages: they tile their kecamatan, and nobody can take them for real ones."""

import json
from itertools import combinations

import pytest
import shapely

from server.demo.places import DISTRICT, LAT_M, LON_M, find_outside, invent_villages, moved, write_geojson
from workers.boundary_files import BoundaryRow, read_boundaries

VILLAGES = invent_villages()


def test_twelve_villages_with_codes_of_nobody():
    assert [village.code for village in VILLAGES] == [f"9901012{number:03d}" for number in range(1, 13)]
    assert len({village.name for village in VILLAGES}) == 12
    assert VILLAGES[0].dotted == "99.01.01.2001"


def test_villages_tile_without_gap_or_overlap():
    whole = shapely.union_all([village.shape for village in VILLAGES])
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert sum(village.shape.area for village in VILLAGES) == pytest.approx(whole.area, rel=1e-12)
    for one, other in combinations(VILLAGES, 2):
        assert one.shape.intersection(other.shape).area == 0


def test_neighbours_share_their_border_point_by_point():
    shared = set(VILLAGES[0].ring) & set(VILLAGES[1].ring)
    assert len(shared) > 10


@pytest.mark.parametrize("village", VILLAGES, ids=lambda village: village.name)
def test_a_village_is_valid_and_of_the_usual_size(village):
    assert village.shape.is_valid
    assert village.shape.exterior.is_ccw
    assert 3 < village.shape.area * LON_M * LAT_M / 1e6 < 6
    west, south, east, north = village.shape.bounds
    assert 112.0 < west < east < 112.2
    assert -6.25 < south < north < -6.1


def test_the_villages_are_the_same_every_time():
    assert invent_villages() == VILLAGES


def test_the_boundary_file_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "batas.geojson"
    write_geojson(VILLAGES, path)
    rows = [row for row in read_boundaries(path) if isinstance(row, BoundaryRow)]
    assert all(row.note is None for row in rows)
    assert [(row.code, row.name, row.regency) for row in rows] == [
        (village.code, village.name, "Kabupaten Rekaan") for village in VILLAGES
    ]
    assert shapely.from_wkb(rows[0].wkb).equals(VILLAGES[0].shape)
    assert {item["properties"]["district_code"] for item in json.loads(path.read_text())["features"]} == {
        "99.01.01"
    }
    assert all(row.code.startswith(DISTRICT) for row in rows)


def test_moved_is_metres_east_and_north():
    lon, lat = moved((112.1, -6.2), 1000, -500)
    assert (lon - 112.1) * LON_M == pytest.approx(1000, abs=0.1)
    assert (lat + 6.2) * LAT_M == pytest.approx(-500, abs=0.1)


def test_a_place_outside_is_as_far_as_asked_and_none_in_the_middle_of_everything():
    village = VILLAGES[0]
    home = village.shape.representative_point()
    place = find_outside(village, (home.x, home.y), village.shape, 200, 420)
    assert 200 <= shapely.Point(place).distance(village.shape) * LAT_M <= 420
    everything = shapely.union_all([item.shape for item in VILLAGES])
    middle = VILLAGES[5]
    centre = middle.shape.representative_point()
    assert find_outside(middle, (centre.x, centre.y), everything, 200, 420) is None
