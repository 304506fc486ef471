"""Points, lines and areas as ODK writes them, as GeoJSON geometries; what is no valid place is left out.

Belongs here: one value to one geometry. Does not: which field is meant, features (server).
Source: GeoJSON, RFC 7946; the server's OpenRosa notes, section 8 (what a strict map feed drops).
"""

import re
from typing import Any

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
"""No needless leading zeros: 07.5 is no coordinate."""

Geometry = dict[str, Any]


def read_geometry(text: str) -> Geometry | None:
    """The geometry of a geopoint, geotrace or geoshape; None for anything else.

    One point is a Point; several are a Polygon when they end where they began, else a LineString.
    """
    parts = [part.strip() for part in text.strip().split(";")]
    if parts and not parts[-1]:
        parts.pop()
    points = [_point(part) for part in parts]
    if not points or any(point is None for point in points):
        return None
    if len(points) == 1:
        return None if ";" in text else {"type": "Point", "coordinates": points[0]}
    if len(points) >= 4 and points[0] == points[-1]:
        return {"type": "Polygon", "coordinates": [points]}
    return {"type": "LineString", "coordinates": points}


def _point(text: str) -> list[float] | None:
    """[lon, lat] or [lon, lat, alt]; numbers keep their digits."""
    words = text.split()
    if not 2 <= len(words) <= 4 or not all(_NUMBER.fullmatch(word) for word in words):
        return None
    lat, lon = float(words[0]), float(words[1])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return [lon, lat, float(words[2])] if len(words) > 2 else [lon, lat]
