"""Making a boundary as drawn usable: valid, flat, only areas, longitude first.

Belongs here: mending one geometry and saying what was done. Does not: reading files (boundary_files.py).
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from workers.errors import GeometryError

# Indonesia with its sea: swapped axes cannot be mistaken there.
LON_RANGE = (94.0, 142.0)
LAT_RANGE = (-12.0, 8.0)
_POLYGON, _MULTIPOLYGON = 3, 6


def repair(geometry: BaseGeometry | None) -> tuple[BaseGeometry, str | None]:
    """The geometry as a valid (Multi)Polygon in longitude, latitude order, and what was done to it.

    Returns: note None when nothing was; else its parts joined by '; ': 'axes swapped', 'heights dropped',
    'made valid (area +0.09 %)', '2 parts without area dropped', 'outside Indonesia'.
    Raises: GeometryError when it is missing, empty, has no area, or its coordinates are no degrees.
    Source: repair by the structure method: rings that cross themselves become parts, holes stay holes.
    """
    if geometry is None or geometry.is_empty:
        raise GeometryError("the geometry is empty")
    notes: list[str] = []
    flat = shapely.force_2d(geometry)
    if geometry.has_z:
        notes.append("heights dropped")
    _refuse_wild_coordinates(flat)
    if _is_swapped(flat):
        flat = shapely.transform(flat, lambda degrees: degrees[:, ::-1])
        notes.append("axes swapped")
    areas = _only_areas(_make_valid(flat, notes), notes)
    if not _is_in_indonesia(areas):
        notes.append("outside Indonesia")
    return areas, "; ".join(notes) or None


def _refuse_wild_coordinates(geometry: BaseGeometry) -> None:
    degrees = shapely.get_coordinates(geometry)
    if not np.isfinite(degrees).all():
        raise GeometryError("a coordinate is no number")
    if np.abs(degrees).max() > 180:
        raise GeometryError("the coordinates are no degrees: the file may not say its projection")


def _within(low: float, high: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= low and high <= limits[1]


def _is_swapped(geometry: BaseGeometry) -> bool:
    x0, y0, x1, y1 = geometry.bounds
    return _within(x0, x1, LAT_RANGE) and _within(y0, y1, LON_RANGE)


def _is_in_indonesia(geometry: BaseGeometry) -> bool:
    x0, y0, x1, y1 = geometry.bounds
    return _within(x0, x1, LON_RANGE) and _within(y0, y1, LAT_RANGE)


def _make_valid(geometry: BaseGeometry, notes: list[str]) -> BaseGeometry:
    if geometry.is_valid:
        return geometry
    valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    before, after = geometry.area, valid.area
    change = f" (area {(after - before) / before * 100:+.2f} %)" if before else ""
    notes.append(f"made valid{change}")
    return valid


def _only_areas(geometry: BaseGeometry, notes: list[str]) -> BaseGeometry:
    parts = _parts(geometry)
    areas = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    if not areas:
        raise GeometryError("the geometry has no area")
    if len(areas) < len(parts):
        notes.append(f"{len(parts) - len(areas)} parts without area dropped")
    if len(areas) == len(parts) and shapely.get_type_id(geometry) in (_POLYGON, _MULTIPOLYGON):
        return geometry
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The simple parts, collections in collections opened."""
    if not hasattr(geometry, "geoms"):
        return [geometry]
    return [part for child in geometry.geoms for part in _parts(child)]
