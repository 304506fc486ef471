"""Invented boundaries: one kecamatan of 12 villages whose borders are shared to the last digit.

Belongs here: villages and their shapes. Does not: people (people.py), importing (campaign.py). The place lies in the Java
Sea, where no village is; region code 99 is nobody's. The same every time.
"""

import json
import math
import random  # drawings, not secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import shapely

REGENCY, DISTRICT = "9901", "990101"
PROVINCE_NAME, REGENCY_NAME, DISTRICT_NAME = (
    "Provinsi Rekaan",
    "Kabupaten Rekaan",
    "Kecamatan Contoh (rekaan)",
)
NAMES = (
    "Contohsari", "Contohrejo", "Contohmulyo", "Umpamasari", "Umpamarejo", "Rekaharjo",
    "Rekamulyo", "Rekasari", "Khayalan", "Misalrejo", "Misalharjo", "Andaikata",
)  # fmt: skip
CORNER = (112.08, -6.22)
"""Longitude and latitude of the south-western corner."""
LON_M, LAT_M = 110_660.0, 110_580.0
"""Metres of one degree here."""
COLUMNS, ROWS = 4, 3
CELL_M = 2100.0
SEED = 99
_JITTER_M, _WIGGLE, _HALVINGS = 230.0, 0.13, 4

Point = tuple[float, float]
_Node = tuple[int, int]
_Border = list[Point]


@dataclass(frozen=True)
class Village:
    """A village. ring: its border as (longitude, latitude), closed, counter-clockwise, 6 decimals."""

    code: str
    name: str
    ring: tuple[Point, ...]

    @property
    def dotted(self) -> str:
        """The code as it is shown: 99.01.01.2001."""
        return f"{self.code[:2]}.{self.code[2:4]}.{self.code[4:6]}.{self.code[6:]}"

    @cached_property
    def shape(self) -> shapely.Polygon:
        """The village as a polygon in degrees."""
        return shapely.Polygon(self.ring)


def invent_villages() -> list[Village]:
    """The 12 villages in order of their codes; neighbours share their border point by point."""
    borders = _Borders(random.Random(SEED))  # noqa: S311
    cells = [(column, row) for row in range(ROWS) for column in range(COLUMNS)]
    return [
        Village(f"{DISTRICT}{2001 + place}", name, borders.around(*cell))
        for place, (name, cell) in enumerate(zip(NAMES, cells, strict=True))
    ]


def write_geojson(villages: Iterable[Village], path: Path) -> None:
    """A boundary file as offices get them, with codes and names of every level."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": village.dotted,
                "name": village.name,
                "district_code": "99.01.01",
                "district": DISTRICT_NAME,
                "regency_code": "99.01",
                "regency": REGENCY_NAME,
                "province_code": "99",
                "province": PROVINCE_NAME,
            },
            "geometry": {"type": "Polygon", "coordinates": [village.ring]},
        }
        for village in villages
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def moved(point: Point, east_m: float, north_m: float) -> Point:
    """The point some metres further, 7 decimals."""
    return round(point[0] + east_m / LON_M, 7), round(point[1] + north_m / LAT_M, 7)


def find_outside(
    village: Village, home: Point, taken: shapely.Geometry, least_m: float, most_m: float
) -> Point | None:
    """The nearest place so far outside both the village and `taken`; None when there is none in 16 directions.

    Args: least_m, most_m: distance from the village's border, metres.
    """
    for reach_m in range(int(least_m), int(4 * CELL_M), 100):
        for step in range(16):
            angle = step * math.pi / 8
            place = moved(home, reach_m * math.cos(angle), reach_m * math.sin(angle))
            spot = shapely.Point(place)
            away_m = spot.distance(village.shape) * LAT_M
            if least_m <= away_m <= most_m and spot.distance(taken) * LAT_M >= least_m:
                return place
    return None


class _Borders:
    """Nodes where borders meet, and the wiggly lines between them, each made once for both neighbours.

    Rows are laid like bricks: nodes stand half a cell apart, and every other row begins half a cell later.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        half = CELL_M / 2
        self._nodes = {
            (i, j): (i * half + self._jitter(), j * CELL_M + self._jitter())
            for j in range(ROWS + 1)
            for i in range(2 * COLUMNS + 2)
        }
        self._lines: dict[tuple[_Node, _Node], _Border] = {}

    def around(self, column: int, row: int) -> tuple[Point, ...]:
        """The closed ring of one village, counter-clockwise."""
        left = 2 * column + row % 2
        south = [(left + step, row) for step in range(3)]
        north = [(left + step, row + 1) for step in (2, 1, 0)]
        corners: Sequence[_Node] = [*south, *north, south[0]]
        ring: list[Point] = []
        for start, end in pairwise(corners):
            ring += self._line(start, end)[:-1]
        degrees = [_degrees(point) for point in ring]
        return (*degrees, degrees[0])

    def _line(self, start: _Node, end: _Node) -> _Border:
        if (end, start) in self._lines:
            return self._lines[end, start][::-1]
        if (start, end) not in self._lines:
            self._lines[start, end] = self._wiggle([self._nodes[start], self._nodes[end]], _HALVINGS)
        return self._lines[start, end]

    def _wiggle(self, line: _Border, halvings: int) -> _Border:
        """The line with a point beside the middle of each piece, again and again."""
        if halvings == 0:
            return line
        bent = [line[0]]
        for (x0, y0), (x1, y1) in pairwise(line):
            aside = self._dice.uniform(-_WIGGLE, _WIGGLE)
            bent += [((x0 + x1) / 2 - (y1 - y0) * aside, (y0 + y1) / 2 + (x1 - x0) * aside), (x1, y1)]
        return self._wiggle(bent, halvings - 1)

    def _jitter(self) -> float:
        return self._dice.uniform(-_JITTER_M, _JITTER_M)


def _degrees(metres: Point) -> Point:
    return round(CORNER[0] + metres[0] / LON_M, 6), round(CORNER[1] + metres[1] / LAT_M, 6)
