"""The row about places: is a point in the village that it claims, over all villages of a country.

Belongs here: a country of villages, from tile copies of the real ones when their file is there, else invented.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns

import numpy as np
import shapely

from forms.values import GeoPoint
from tests.benchmarks.cpu import Trees
from tests.benchmarks.limits import shapely_test_us
from tests.benchmarks.table import Figure
from workers.boundary_index import BoundaryIndex

REAL = Path("../shared/data/villages_jatim.gpkg")
VILLAGES, HOT, TESTS = 83_000, 400, 20_000
TILE_DEG = 8.0


def measure_places() -> list[Figure]:
    """p99 of single tests in 400 villages of 83,000, beside one prepared polygon; memory that all of it adds."""
    import os

    shapes, boxes = _tile()
    process = Trees((os.getpid(),))
    before_mb = process.pss_mb()
    index = BoundaryIndex([_code(n) for n in range(VILLAGES)], boxes, _loader(shapes), uncertainty_m=11.0)
    dice = np.random.default_rng(1)
    claims = _claims(dice, boxes)
    for code, point in claims:
        index.place(point, code)
    added_mb = process.pss_mb() - before_mb
    limit_us = _p99(shapely_test_us(_shape(shapes, 0), [(p.lon, p.lat) for _, p in claims]))
    contains_us = _p99(_times_us(index.contains, claims))
    place_us = _p99(_times_us(lambda code, point: index.place(point, code), claims))
    limit = ("prepared shapely test, p99", limit_us)
    return [
        Figure(f"claimed village holds point, p99 of {VILLAGES}", contains_us, "us", 4 * limit_us, limit),
        Figure("everything about the place, p99", place_us, "us", None, limit),
        Figure("memory added by boxes and hot shapes", added_mb, "MB", 100),
    ]


def _tile() -> tuple[list[bytes], np.ndarray]:
    """WKB of the villages of one tile, and the boxes of all villages, tile by tile to the east."""
    polygons = _real() if REAL.exists() else _invented()
    bounds = shapely.bounds(polygons)
    copies = -(-VILLAGES // len(polygons))
    boxes = np.concatenate([bounds + (n * TILE_DEG, 0, n * TILE_DEG, 0) for n in range(copies)])[:VILLAGES]  # noqa: RUF005 - arrays are added
    return list(shapely.to_wkb(polygons)), boxes


def _real() -> np.ndarray:
    import pyogrio

    wkb = pyogrio.raw.read(REAL, columns=[])[2]
    return shapely.from_wkb(wkb)


def _invented() -> np.ndarray:
    """8,300 villages with a crooked line of 300 corners each."""
    dice, angles = np.random.default_rng(2), np.linspace(0, 2 * np.pi, 300, endpoint=False)
    rings = []
    for number in range(8_300):
        radius = 0.012 + 0.003 * np.sin(angles * dice.integers(2, 9)) + dice.normal(0, 0.0002, 300)
        x = number % 100 * 0.02 + radius * np.cos(angles)
        rings.append(
            shapely.Polygon(np.column_stack((111 + x, -8 + number // 100 * 0.02 + radius * np.sin(angles))))
        )
    return np.array(rings)


def _loader(shapes: Sequence[bytes]):
    """What reads the boundaries, as the database would: the tile's shape moved to its copy's place."""

    def load(codes: Sequence[str]) -> Mapping[str, bytes]:
        return {code: shapely.to_wkb(_shape(shapes, int(code) - int(_code(0)))) for code in codes}

    return load


def _shape(shapes: Sequence[bytes], number: int) -> shapely.Geometry:
    tile, place = divmod(number, len(shapes))
    return shapely.transform(shapely.from_wkb(shapes[place]), lambda xy: xy + (tile * TILE_DEG, 0))  # noqa: RUF005 - arrays are added


def _code(number: int) -> str:
    return f"{3500000000 + number:010d}"


def _claims(dice: np.random.Generator, boxes: np.ndarray) -> list[tuple[str, GeoPoint]]:
    """(village, point in its box) for many visits to the hot villages."""
    hot = dice.choice(VILLAGES, HOT, replace=False)
    claims = []
    for number in dice.choice(hot, TESTS):
        west, south, east, north = boxes[number]
        lon, lat = dice.uniform(west, east), dice.uniform(south, north)
        claims.append((_code(number), GeoPoint(float(lat), float(lon), 0.0, 5.0)))
    return claims


def _times_us(test, claims: Sequence[tuple[str, GeoPoint]]) -> list[float]:
    times = []
    for code, point in claims:
        started = perf_counter_ns()
        test(code, point)
        times.append((perf_counter_ns() - started) / 1000)
    return sorted(times)


def _p99(times: Sequence[float]) -> float:
    return times[len(times) * 99 // 100]
