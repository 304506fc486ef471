"""Where a point lies against one boundary: inside, on the line, outside, and by how many metres.

Belongs here: one point, one shape. Does not: many villages (boundary_index.py), files (boundary_files.py),
what follows from it (workers.checks.location). Coordinates: WGS 84, x = longitude.
Source: docs/semantics, section 4.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from forms.values import GeoPoint
from workers.errors import GeometryError
from workers.facts import Reason, Relation, known_accuracy_m
from workers.metres import ECCENTRICITY_2, SEMI_MAJOR_M, distance_between_m

__all__ = [
    "Boundary",
    "distance_m",
    "distance_outside_m",
    "edge_distance_m",
    "metres_per_degree_array",
    "relation",
    "relation_by_distance",
]

Coordinates = NDArray[np.float64]


@dataclass(frozen=True)
class Boundary:
    """The boundary of a village. geometry: a valid (Multi)Polygon. uncertainty_m: how far its line may be
    off."""

    code: str
    geometry: BaseGeometry
    uncertainty_m: float = 0.0


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Metres between two points, within 0.1 % up to 200 km."""
    return distance_between_m(a.lat, a.lon, b.lat, b.lon)


def edge_distance_m(point: GeoPoint, geometry: BaseGeometry) -> float:
    """Distance from a point to a boundary's line, negative inside.

    Args: geometry a valid (Multi)Polygon in WGS 84, x = longitude; holes are outside.
    Returns: metres, within 0.5 % up to 50 km. The fix's accuracy is not taken off.
    Raises: GeometryError when the shape is empty or has no area.
    Source: equidistant about the point: each vertex is placed by the mid-latitude formula from the point, so
    that distances from it are true in every direction.
    """
    if geometry is None or geometry.is_empty or geometry.area == 0:
        raise GeometryError("the boundary is empty")
    line = shapely.transform(geometry.boundary, lambda degrees: _around(point, degrees))
    metres = float(shapely.distance(line, _ORIGIN))
    return -metres if shapely.intersects_xy(geometry, point.lon, point.lat) else metres


_ORIGIN = shapely.Point(0.0, 0.0)


def _around(point: GeoPoint, degrees: Coordinates) -> Coordinates:
    """Degrees (lon, lat) to metres east and north of a point."""
    east = degrees[:, 0] - point.lon
    north = degrees[:, 1] - point.lat
    x, y = metres_per_degree_array(point.lat + north / 2)
    return np.column_stack((east * x, north * y))


def metres_per_degree_array(lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As workers.metres.metres_per_degree, for an array of latitudes."""
    phi = np.radians(lat)
    w = 1.0 - ECCENTRICITY_2 * np.sin(phi) ** 2
    root = np.sqrt(w)
    meridian = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / (w * root)
    return np.radians(SEMI_MAJOR_M / root * np.cos(phi)), np.radians(meridian)


def distance_outside_m(point: GeoPoint, geometry: BaseGeometry) -> float:
    """How far a point lies outside a boundary; 0.0 inside or on its edge.

    Args, Returns, Raises: as edge_distance_m.
    """
    return max(0.0, edge_distance_m(point, geometry))


def relation_by_distance(edge_m: float, accuracy_m: float | None, uncertainty_m: float) -> Relation:
    """The relation of a point whose distance to the line is known (negative inside).

    `boundary` when the line is within accuracy + uncertainty, both included; `unknown` without a usable
    accuracy.
    """
    known_m = known_accuracy_m(accuracy_m)
    if known_m is None:
        return Relation.UNKNOWN
    if abs(edge_m) <= known_m + uncertainty_m:
        return Relation.BOUNDARY
    return Relation.INSIDE if edge_m < 0 else Relation.OUTSIDE


def relation(point: GeoPoint | None, boundary: Boundary | None) -> tuple[Relation, Reason | None]:
    """Where a point lies against the claimed village, and, when that is unknown, why."""
    if point is None or not point.is_plausible:
        return Relation.UNKNOWN, Reason.NO_POINT
    if boundary is None:
        return Relation.UNKNOWN, Reason.NO_BOUNDARY
    edge_m = edge_distance_m(point, boundary.geometry)
    found = relation_by_distance(edge_m, point.accuracy_m, boundary.uncertainty_m)
    return found, Reason.NO_ACCURACY if found is Relation.UNKNOWN else None
