"""Metres from degrees on WGS 84, by plain arithmetic: fast enough to do for every point.

Belongs here: length of a degree, distance of two points. Does not: shapes (geography.py).
Source: radii of curvature of the ellipsoid, Snyder, Map Projections - A Working Manual (USGS PP 1395), eqs.
4-18, 4-20.
"""

import math

SEMI_MAJOR_M = 6378137.0
ECCENTRICITY_2 = 0.0066943799901413165


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres per degree of longitude and of latitude at this latitude (degrees)."""
    phi = math.radians(lat)
    w = 1.0 - ECCENTRICITY_2 * math.sin(phi) ** 2
    meridian = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / w**1.5
    normal = SEMI_MAJOR_M / math.sqrt(w)
    return math.radians(normal * math.cos(phi)), math.radians(meridian)


def distance_between_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two points in degrees.

    Within 0.1 % of the geodesic up to 200 km at the latitudes of Indonesia (mid-latitude formula). Beyond
    that, on the sphere.
    """
    east = (lon2 - lon1 + 180.0) % 360.0 - 180.0
    north = lat2 - lat1
    if max(abs(east), abs(north)) > 5.0:
        return _great_circle_m(lat1, lat2, east)
    x, y = metres_per_degree((lat1 + lat2) / 2)
    return math.hypot(east * x, north * y)


def _great_circle_m(lat1: float, lat2: float, east: float) -> float:
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(east) / 2) ** 2
    return 2 * 6371008.8 * math.asin(min(1.0, math.sqrt(half)))
