"""Invented villages on the equator's side where Java lies: squares of 0.02 degrees, a grid of them."""

from collections.abc import Mapping, Sequence

import shapely

from workers.boundary_index import BoundaryIndex

SIDE_DEG = 0.02
WEST, SOUTH = 112.0, -7.6


def square(column: int, row: int) -> shapely.Polygon:
    west, south = WEST + column * SIDE_DEG, SOUTH + row * SIDE_DEG
    return shapely.box(west, south, west + SIDE_DEG, south + SIDE_DEG)


def middle(column: int) -> tuple[float, float]:
    """Longitude and latitude of the middle of a village of the grid."""
    return WEST + (column + 0.5) * SIDE_DEG, SOUTH + SIDE_DEG / 2


def code(regency: int, district: int, village: int) -> str:
    return f"35{regency:02d}{district:02d}{2000 + village}"


def grid() -> dict[str, shapely.Polygon]:
    """Two regencies of two districts of two villages: columns 0-7 of one row, in order of their codes."""
    codes = [
        code(regency, district, village) for regency in (17, 18) for district in (1, 2) for village in (1, 2)
    ]
    return {name: square(column, 0) for column, name in enumerate(codes)}


class Shelf:
    """Where the index loads from; remembers what it was asked for."""

    def __init__(self, shapes: Mapping[str, shapely.Geometry]) -> None:
        self.wkb = {name: shapely.to_wkb(shape) for name, shape in shapes.items()}
        self.asked: list[str] = []

    def load(self, codes: Sequence[str]) -> dict[str, bytes]:
        self.asked += codes
        return {name: self.wkb[name] for name in codes if name in self.wkb}


def make_index(
    shapes: Mapping[str, shapely.Geometry], *, uncertainty_m: float = 11.0, max_bytes: int = 1 << 20
) -> BoundaryIndex:
    boxes = [shape.bounds for shape in shapes.values()]
    shelf = Shelf(shapes)
    return BoundaryIndex(list(shapes), boxes, shelf.load, uncertainty_m=uncertainty_m, max_bytes=max_bytes)
