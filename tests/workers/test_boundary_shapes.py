from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely

from tests.workers.shapes import Shelf, grid, middle, square
from workers.boundary_shapes import ShapeCache, read_shape


def test_the_cache_keeps_what_was_asked_last_within_its_bytes() -> None:
    shelf = Shelf(grid())
    one = read_shape(shelf.wkb["3517012001"])
    assert one is not None
    cache = ShapeCache(shelf.load, max_bytes=2 * one.size_bytes)
    for name in ("3517012001", "3517012002", "3517012001", "3517022001", "3517012001", "3517012002"):
        assert cache.get(name) is not None
    assert shelf.asked == ["3517012001", "3517012002", "3517022001", "3517012002"]
    assert cache.size_bytes == 2 * one.size_bytes


def test_a_shape_larger_than_the_cache_is_still_answered() -> None:
    cache = ShapeCache(Shelf(grid()).load, max_bytes=1)
    assert cache.get("3517012001") is not None
    assert cache.get("3517012002") is not None


def test_what_the_shelf_lacks_has_no_shape() -> None:
    cache = ShapeCache(Shelf({}).load, max_bytes=1000)
    assert cache.get("3517012001") is None
    assert cache.get_many(["3517012001"]) == {}


@pytest.mark.parametrize(
    "wkb", [b"", b"junk", shapely.to_wkb(shapely.Polygon()), shapely.to_wkb(shapely.Point(1, 1))]
)
def test_damaged_or_empty_bytes_are_no_shape(wkb: bytes) -> None:
    assert read_shape(wkb) is None


def test_threads_get_the_same_answers_while_shapes_come_and_go() -> None:
    shelf = Shelf({name: shape.segmentize(0.0001) for name, shape in grid().items()})
    cache = ShapeCache(shelf.load, max_bytes=1)

    def ask(number: int) -> bool:
        column = number % 8
        shape = cache.get(list(shelf.wkb)[column])
        return (
            shape is not None and shape.contains(*middle(column)) and not shape.contains(*middle(column + 1))
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(800)))


def test_distances_of_arrays_equal_single_ones() -> None:
    shape = read_shape(shapely.to_wkb(square(0, 0)))
    assert shape is not None
    lons, lats = zip(*(middle(column) for column in range(4)), strict=True)
    many = shape.edge_many_m(np.array(lons), np.array(lats))
    assert many.tolist() == [shape.edge_m(lon, lat) for lon, lat in zip(lons, lats, strict=True)]
