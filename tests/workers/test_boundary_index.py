import numpy as np
import pytest
import shapely

from forms.values import GeoPoint
from tests.workers.real_data import FOLDER, needs_real_data, read_table
from tests.workers.shapes import SOUTH, grid, make_index, middle, square
from workers.area_codes import normal_code
from workers.boundary_files import BoundaryRow, read_boundaries
from workers.boundary_index import BoundaryIndex, Placed
from workers.facts import Reason, Relation
from workers.geography import edge_distance_m

GRID = grid()
CODES = list(GRID)
INDEX = make_index(GRID)


def at(column: float, accuracy_m: float | None = 5.0) -> GeoPoint:
    lon, lat = middle(0)
    return GeoPoint(lat, lon + column * 0.02, None, accuracy_m)


def test_a_point_in_the_claimed_village_is_inside() -> None:
    placed = INDEX.place(at(0), CODES[0])
    assert (placed.relation, placed.why, placed.found_villages) == (Relation.INSIDE, None, (CODES[0],))
    assert (placed.outside_m, placed.outside_district_m, placed.outside_regency) == (0.0, 0.0, False)
    assert placed.edge_m == pytest.approx(-0.01 * 110_400, rel=0.005)


def test_a_point_in_the_next_village_of_the_district_is_outside_by_metres() -> None:
    placed = INDEX.place(at(1), CODES[0])
    assert (placed.relation, placed.found_villages) == (Relation.OUTSIDE, (CODES[1],))
    assert placed.outside_m == placed.edge_m == pytest.approx(0.01 * 110_340, rel=0.005)
    assert (placed.outside_district_m, placed.outside_regency) == (0.0, False)


def test_a_point_in_another_district_is_measured_to_the_nearest_village_of_the_claimed_one() -> None:
    placed = INDEX.place(at(2), CODES[0])
    assert placed.outside_district_m == pytest.approx(0.01 * 110_340, rel=0.005)
    assert placed.outside_regency is False


def test_a_point_in_another_regency_is_outside_the_regency() -> None:
    assert INDEX.place(at(4), CODES[0]).outside_regency is True


def test_just_over_the_regency_line_nothing_is_said_about_the_regency() -> None:
    placed = INDEX.place(at(3.5 + 10 / 2207), CODES[0])
    assert (placed.relation, placed.outside_regency) == (Relation.OUTSIDE, None)


def test_in_no_known_village_the_regency_is_not_known_but_the_distance_is() -> None:
    placed = INDEX.place(at(-3), CODES[0])
    assert (placed.found_villages, placed.outside_regency) == ((), None)
    assert placed.outside_district_m == pytest.approx(2.5 * 0.02 * 110_340, rel=0.005)


@pytest.mark.parametrize(
    ("point", "claimed", "why"),
    [
        (None, CODES[0], Reason.NO_POINT),
        (GeoPoint(0, 0, None, 5), CODES[0], Reason.NO_POINT),
        (GeoPoint(float("nan"), 112, None, 5), CODES[0], Reason.NO_POINT),
        (at(0), None, Reason.NO_VILLAGE),
        (at(0), "351701", Reason.NO_VILLAGE),
        (at(0), "9999992001", Reason.NO_BOUNDARY),
        (at(0, None), CODES[0], Reason.NO_ACCURACY),
        (at(0, 0.0), CODES[0], Reason.NO_ACCURACY),
    ],
)
def test_an_unknown_relation_says_why(point: GeoPoint | None, claimed: str | None, why: Reason) -> None:
    placed = INDEX.place(point, claimed)
    assert (placed.relation, placed.why) == (Relation.UNKNOWN, why)


def test_without_accuracy_the_distance_is_known_all_the_same() -> None:
    assert INDEX.place(at(1, None), CODES[0]).outside_m == pytest.approx(1103, rel=0.005)


def test_a_village_whose_shape_is_gone_has_no_boundary() -> None:
    index = BoundaryIndex([CODES[0]], [GRID[CODES[0]].bounds], lambda codes: {})
    assert index.place(at(0), CODES[0]) == Placed(
        Relation.UNKNOWN, Reason.NO_BOUNDARY, uncertainty_m=0.0, outside_district_m=None
    )


def test_where_villages_overlap_the_claimed_one_is_asked_first() -> None:
    index = make_index({"3517012001": square(0, 0), "3517012002": square(0, 0)})
    assert index.locate(at(0)) == ("3517012001", "3517012002")
    assert index.place(at(0), "3517012002").found_villages == ("3517012002",)


def test_codes_may_come_in_any_order_with_their_own_uncertainty() -> None:
    shapes = {name: GRID[name] for name in (CODES[5], CODES[0])}
    boxes = [shape.bounds for shape in shapes.values()]
    wkb = {name: shapely.to_wkb(shape) for name, shape in shapes.items()}
    index = BoundaryIndex(
        list(shapes), boxes, lambda codes: {name: wkb[name] for name in codes}, uncertainty_m=[50.0, 1.0]
    )
    assert (index.uncertainty_m(CODES[5]), index.uncertainty_m(CODES[0])) == (50.0, 1.0)
    assert index.locate(at(5)) == (CODES[5],)
    assert index.uncertainty_m("3517019999") is None


def test_an_index_without_villages_answers() -> None:
    empty = make_index({})
    assert (len(empty), empty.locate(at(0)), empty.distance_to_area_m("35", at(0))) == (0, (), None)
    assert empty.place(at(0), CODES[0]).why is Reason.NO_BOUNDARY
    assert empty.locate_many([112.01], [-7.59])[0].size == 0
    assert empty.claimed_relation_many([112.01], [-7.59], [5], [CODES[0]]).relation.tolist() == ["unknown"]


def test_contains_is_true_on_the_line_and_none_without_boundary() -> None:
    assert INDEX.contains(CODES[0], GeoPoint(SOUTH, 112.01)) is True
    assert INDEX.contains(CODES[0], at(3)) is False
    assert INDEX.contains("9999992001", at(0)) is None


def test_many_points_are_placed_as_one_by_one() -> None:
    rng = np.random.default_rng(3517)
    lons, lats = rng.uniform(111.98, 112.18, 300), rng.uniform(-7.62, -7.56, 300)
    accuracies = rng.choice([5.0, 40.0, 0.0, np.nan], 300)
    claimed = [str(name) if name else None for name in rng.choice([*CODES, "", "9999992001"], 300)]
    many = INDEX.claimed_relation_many(lons, lats, accuracies, claimed)
    points = [
        GeoPoint(lat, lon, None, None if np.isnan(a) else a)
        for lon, lat, a in zip(lons, lats, accuracies, strict=True)
    ]
    single = [INDEX.place(point, name) for point, name in zip(points, claimed, strict=True)]
    assert many.relation.tolist() == [placed.relation for placed in single]
    assert set(many.relation.tolist()) == {"inside", "boundary", "outside", "unknown"}
    known = [
        (edge_m, placed.edge_m) for edge_m, placed in zip(many.edge_m, single, strict=True) if placed.edge_m
    ]
    assert [edge_m for edge_m, _ in known] == pytest.approx([edge_m for _, edge_m in known])


def test_locating_many_gives_every_village_of_every_point() -> None:
    index = make_index({**GRID, "3599012001": square(0, 0)})
    lons, lats = zip(middle(0), middle(30), middle(2), (float("nan"), 0.0), strict=True)
    points, codes = index.locate_many(lons, lats)
    assert list(zip(points.tolist(), codes.tolist(), strict=True)) == [
        (0, CODES[0]),
        (0, "3599012001"),
        (2, CODES[2]),
    ]


def test_boxes_and_codes_take_48_bytes_a_village_at_most() -> None:
    count = 1000
    boxes = np.tile([112.0, -7.6, 112.02, -7.58], (count, 1))
    index = BoundaryIndex([f"3517{n:06d}" for n in range(count)], boxes, lambda codes: {})
    assert index.size_bytes <= 48 * count


@pytest.fixture(scope="module")
def jombang() -> BoundaryIndex:
    rows = [
        row for row in read_boundaries(FOLDER / "villages_jombang.geojson") if isinstance(row, BoundaryRow)
    ]
    wkb = {row.code: row.wkb for row in rows}
    return BoundaryIndex(
        list(wkb),
        [row.bbox for row in rows],
        lambda codes: {c: wkb[c] for c in codes if c in wkb},
        uncertainty_m=11,
    )


@pytest.mark.real
@needs_real_data
def test_real_campaign_distances_and_villages_equal_the_truth(jombang: BoundaryIndex) -> None:
    truth = read_table("households_jombang_7000_truth.csv.gz")
    register = read_table("households_jombang_7000.csv.gz")
    claimed = [normal_code(row["village_code"]) for row in register]
    lons, lats, accuracies, edge_m = (
        np.array([float(row[name]) for row in truth])
        for name in ("obs_lon", "obs_lat", "obs_accuracy_m", "boundary_dist_m")
    )
    many = jombang.claimed_relation_many(lons, lats, accuracies, claimed)
    assert np.abs(many.edge_m - edge_m).max() < 0.15
    certain = np.abs(edge_m) > accuracies + 11.5
    assert many.relation[certain].tolist() == np.where(edge_m[certain] < 0, "inside", "outside").tolist()
    assert set(many.relation[np.abs(edge_m) < accuracies + 10.5]) == {"boundary"}
    points, codes = jombang.locate_many(lons, lats)
    found = [set() for _ in truth]
    for point, name in zip(points, codes, strict=True):
        found[point].add(str(name))
    actual = [normal_code(row["actual_village_code"]) for row in truth]
    assert [i for i, name in enumerate(actual) if (name or None) not in (found[i] or {None})] == []


@pytest.mark.real
@needs_real_data
def test_real_distances_about_the_point_equal_the_truth(jombang: BoundaryIndex) -> None:
    shapes = {
        row.code: shapely.from_wkb(row.wkb)
        for row in read_boundaries(FOLDER / "villages_jombang.geojson")
        if isinstance(row, BoundaryRow)
    }
    register = read_table("households_jombang_7000.csv.gz")[::7]
    truth = read_table("households_jombang_7000_truth.csv.gz")[::7]
    for household, visit in zip(register, truth, strict=True):
        point = GeoPoint(float(visit["obs_lat"]), float(visit["obs_lon"]))
        code = normal_code(household["village_code"])
        assert edge_distance_m(point, shapes[code]) == pytest.approx(
            float(visit["boundary_dist_m"]), abs=0.15
        )
