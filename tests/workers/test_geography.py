import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from forms.values import GeoPoint
from tests.workers.shapes import SIDE_DEG, SOUTH, WEST, square
from workers.errors import GeometryError
from workers.facts import Reason, Relation
from workers.geography import (
    Boundary,
    distance_m,
    distance_outside_m,
    edge_distance_m,
    relation,
    relation_by_distance,
)

GEOD = Geod(ellps="WGS84")
SQUARE = square(0, 0)
MIDDLE_LAT, MIDDLE_LON = SOUTH + SIDE_DEG / 2, WEST + SIDE_DEG / 2


def east_of_square(metres: float, accuracy_m: float | None = 5.0) -> GeoPoint:
    lon, lat, _ = GEOD.fwd(WEST + SIDE_DEG, MIDDLE_LAT, 90, metres)
    return GeoPoint(lat, lon, None, accuracy_m)


@settings(max_examples=200)
@given(st.floats(1, 50_000), st.sampled_from([0, 90, 180, 270]), st.floats(-10.5, 5.5))
def test_distances_outside_agree_with_the_geodesic_within_half_a_percent(
    metres: float, azimuth: int, south: float
) -> None:
    box = shapely.box(WEST, south, WEST + SIDE_DEG, south + SIDE_DEG)
    edge = {
        0: (MIDDLE_LON, south + SIDE_DEG),
        90: (WEST + SIDE_DEG, south + SIDE_DEG / 2),
        180: (MIDDLE_LON, south),
        270: (WEST, south + SIDE_DEG / 2),
    }
    lon, lat, _ = GEOD.fwd(*edge[azimuth], azimuth, metres)
    assert distance_outside_m(GeoPoint(lat, lon), box) == pytest.approx(metres, rel=0.005, abs=0.01)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_inside_the_distance_is_negative_and_outside_m_is_zero(x: float, y: float) -> None:
    point = GeoPoint(SOUTH + y * SIDE_DEG, WEST + x * SIDE_DEG)
    assert edge_distance_m(point, SQUARE) < 0
    assert distance_outside_m(point, SQUARE) == 0.0


def test_a_corner_is_on_the_edge() -> None:
    corner = GeoPoint(SOUTH, WEST)
    assert edge_distance_m(corner, SQUARE) == pytest.approx(0, abs=1e-6)
    assert distance_outside_m(corner, SQUARE) == 0.0


def test_holes_are_outside() -> None:
    hole = shapely.box(WEST + 0.008, SOUTH + 0.008, WEST + 0.012, SOUTH + 0.012)
    edge_m = edge_distance_m(GeoPoint(MIDDLE_LAT, MIDDLE_LON), SQUARE.difference(hole))
    assert edge_m == pytest.approx(0.002 * 110_339, rel=0.005)


def test_the_nearest_island_counts() -> None:
    both = shapely.MultiPolygon([square(0, 0), square(4, 0)])
    assert distance_outside_m(GeoPoint(MIDDLE_LAT, square(4, 0).bounds[0] - 0.001), both) < 120


@pytest.mark.parametrize("geometry", [shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])])
def test_a_shape_without_area_is_refused(geometry: shapely.Geometry) -> None:
    with pytest.raises(GeometryError):
        edge_distance_m(GeoPoint(0.5, 0.5), geometry)


@pytest.mark.parametrize(
    ("edge_m", "accuracy_m", "expected"),
    [
        (16.0, 5.0, Relation.BOUNDARY),
        (-16.0, 5.0, Relation.BOUNDARY),
        (16.1, 5.0, Relation.OUTSIDE),
        (-16.1, 5.0, Relation.INSIDE),
        (5000.0, None, Relation.UNKNOWN),
        (-5000.0, 0.0, Relation.UNKNOWN),
        (-5000.0, 9999.0, Relation.UNKNOWN),
    ],
)
def test_the_line_is_as_wide_as_accuracy_and_uncertainty(
    edge_m: float, accuracy_m: float | None, expected: Relation
) -> None:
    assert relation_by_distance(edge_m, accuracy_m, 11.0) is expected


@pytest.mark.parametrize(
    ("point", "boundary", "expected"),
    [
        (east_of_square(100), Boundary("1", SQUARE, 11), (Relation.OUTSIDE, None)),
        (east_of_square(15), Boundary("1", SQUARE, 11), (Relation.BOUNDARY, None)),
        (east_of_square(15), Boundary("1", SQUARE), (Relation.OUTSIDE, None)),
        (east_of_square(-100), Boundary("1", SQUARE, 11), (Relation.INSIDE, None)),
        (east_of_square(100, None), Boundary("1", SQUARE, 11), (Relation.UNKNOWN, Reason.NO_ACCURACY)),
        (east_of_square(100), None, (Relation.UNKNOWN, Reason.NO_BOUNDARY)),
        (None, Boundary("1", SQUARE, 11), (Relation.UNKNOWN, Reason.NO_POINT)),
        (GeoPoint(0, 0), Boundary("1", SQUARE, 11), (Relation.UNKNOWN, Reason.NO_POINT)),
    ],
)
def test_a_relation_is_known_or_says_why_not(
    point: GeoPoint | None, boundary: Boundary | None, expected: tuple[Relation, Reason | None]
) -> None:
    assert relation(point, boundary) == expected


def test_distance_between_points() -> None:
    assert distance_m(GeoPoint(-7.55, 112.23), GeoPoint(-7.55, 112.23)) == 0.0
    assert distance_m(GeoPoint(-7.55, 112.23), GeoPoint(-7.551, 112.23)) == pytest.approx(110.58, abs=0.02)
