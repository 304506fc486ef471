import pytest
import shapely

from tests.workers.shapes import square
from workers.boundary_repair import repair
from workers.errors import GeometryError

GOOD = square(0, 0)
BOWTIE = shapely.Polygon([(112, -7), (112.02, -7.02), (112.02, -7), (112, -7.02)])


def test_a_good_polygon_stays_as_it_is() -> None:
    assert repair(GOOD) == (GOOD, None)


def test_a_ring_that_crosses_itself_becomes_parts_and_says_by_how_much() -> None:
    mended, note = repair(BOWTIE)
    assert mended.is_valid and mended.geom_type == "MultiPolygon"
    assert note is not None and note.startswith("made valid")


def test_the_change_of_area_is_reported() -> None:
    spiked = shapely.Polygon([*GOOD.exterior.coords[:-1], (112.03, -7.6), (112.02, -7.6)])
    _, note = repair(spiked)
    assert note == "made valid (area +0.00 %)"


def test_swapped_axes_are_turned() -> None:
    swapped = shapely.transform(GOOD, lambda degrees: degrees[:, ::-1])
    mended, note = repair(swapped)
    assert mended.equals(GOOD)
    assert note == "axes swapped"


def test_lines_and_points_are_dropped() -> None:
    mixed = shapely.GeometryCollection(
        [GOOD, shapely.LineString([(112, -7), (112.1, -7)]), shapely.Point(112, -7)]
    )
    assert repair(mixed) == (GOOD, "2 parts without area dropped")


def test_heights_are_dropped() -> None:
    mended, note = repair(shapely.force_3d(GOOD, 25.0))
    assert (mended.has_z, note) == (False, "heights dropped")


def test_a_place_elsewhere_is_kept_and_said() -> None:
    assert repair(shapely.box(5, 50, 5.1, 50.1))[1] == "outside Indonesia"


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        shapely.Polygon(),
        shapely.LineString([(112, -7), (112.1, -7)]),
        shapely.Polygon([(112, -7), (112.1, -7), (112.2, -7)]),
        shapely.box(650_000, 9_160_000, 660_000, 9_170_000),
        shapely.box(112, -7, float("inf"), -6),
    ],
)
def test_what_has_no_place_or_area_is_refused(geometry: shapely.Geometry | None) -> None:
    with pytest.raises(GeometryError):
        repair(geometry)
