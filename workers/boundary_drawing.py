"""Boundaries for a screen: simplified outlines as GeoJSON.

Belongs here: making shapes small enough to draw. Does not: measuring (geography.py), which boundaries are drawn (server).
"""

from collections.abc import Mapping
from typing import Any

import shapely

GRID_DEG = 0.00001
"""About a metre: the last digit that a map shows."""


def draw_outline(wkb: bytes, tolerance_deg: float) -> Mapping[str, Any]:
    """A GeoJSON geometry that stays within tolerance_deg (degrees) of the boundary; x = longitude."""
    shape = shapely.simplify(shapely.from_wkb(wkb), tolerance_deg)
    outline: Mapping[str, Any] = shapely.geometry.mapping(shapely.set_precision(shape, GRID_DEG))
    return outline
