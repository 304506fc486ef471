"""Where houses stand in an invented village: three hamlets of three lanes, well inside the border.

Belongs here: lanes and places around them. Does not: villages (places.py), families (people.py).
"""

import random  # drawings, not secrets
from dataclasses import dataclass

import shapely

from server.demo.places import LAT_M, Point, Village, moved

DUSUN = ("Krajan", "Wetan", "Kulon")
"""A hamlet for each RW."""
RT_PER_RW = 3
_EDGE_M, _HAMLET_M = 220.0, 130.0


@dataclass(frozen=True)
class Lane:
    """A lane (RT) of a hamlet (RW), and where its houses stand around."""

    rw: int
    rt: int
    centre: Point


def invent_lanes(village: Village, dice: random.Random) -> list[Lane]:
    """Three hamlets (RW) of three lanes (RT) each, well inside the village."""
    core = village.shape.buffer(-(_EDGE_M + _HAMLET_M) / LAT_M)
    lanes = []
    for rw in range(1, len(DUSUN) + 1):
        hamlet = _point_in(core, dice)
        for rt in range(1, RT_PER_RW + 1):
            lanes.append(Lane(rw, rt, near(hamlet, _HAMLET_M / 2, dice)))
    return lanes


def _point_in(shape: shapely.Geometry, dice: random.Random) -> Point:
    west, south, east, north = shape.bounds
    while True:
        point = dice.uniform(west, east), dice.uniform(south, north)
        if shapely.contains_xy(shape, *point):
            return point


def near(point: Point, spread_m: float, dice: random.Random) -> Point:
    """A place around a point; spread_m: standard deviation east and north."""
    return moved(point, dice.gauss(0, spread_m), dice.gauss(0, spread_m))
