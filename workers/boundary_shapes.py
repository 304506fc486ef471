"""Village shapes in memory: ready to answer, as many as fit into a number of bytes.

Belongs here: one prepared shape, and the bounded cache of them that threads share. Does not: which villages
there are (boundary_index.py), where their bytes are kept (the callback given).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from workers.metres import metres_per_degree

Load = Callable[[Sequence[str]], Mapping[str, bytes]]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A vertex stands in the polygon, its index, and the line in metres; measured over 8,494 villages.
_BYTES_PER_WKB_BYTE = 5
_BYTES_PER_SHAPE = 1500


class Shape:
    """One village, prepared: contains in degrees, distance in metres of a plane around its centre.

    The plane is true within 0.5 % up to 50 km from villages of up to 100 km, at the latitudes of Indonesia.
    """

    __slots__ = ("_kx", "_ky", "_line", "_polygon", "lat0", "lon0", "size_bytes")

    def __init__(self, polygon: shapely.Geometry, size_bytes: int) -> None:
        west, south, east, north = polygon.bounds
        self.lon0, self.lat0 = (west + east) / 2, (south + north) / 2
        self._kx, self._ky = metres_per_degree(self.lat0)
        self._polygon = polygon
        self._line = shapely.transform(polygon.boundary, self._to_plane)
        self.size_bytes = size_bytes
        shapely.prepare(polygon)
        # GEOS builds its index at the first question; asked here, no two threads can build it at once.
        self.contains(self.lon0, self.lat0)
        self.edge_m(self.lon0, self.lat0)

    def _to_plane(self, degrees: Floats) -> Floats:
        return np.asarray((degrees - (self.lon0, self.lat0)) * (self._kx, self._ky), dtype=np.float64)

    def contains(self, lon: float, lat: float) -> bool:
        """True inside and on the line."""
        return bool(shapely.intersects_xy(self._polygon, lon, lat))

    def contains_many(self, lons: Floats, lats: Floats) -> Bools:
        """contains, for arrays."""
        return np.asarray(shapely.intersects_xy(self._polygon, lons, lats), dtype=np.bool_)

    def edge_m(self, lon: float, lat: float) -> float:
        """Metres to the line, negative inside."""
        at = shapely.Point((lon - self.lon0) * self._kx, (lat - self.lat0) * self._ky)
        metres = float(shapely.distance(self._line, at))
        return -metres if self.contains(lon, lat) else metres

    def edge_many_m(self, lons: Floats, lats: Floats) -> Floats:
        """edge_m, for arrays."""
        points = shapely.points((lons - self.lon0) * self._kx, (lats - self.lat0) * self._ky)
        metres = np.asarray(shapely.distance(self._line, points), dtype=np.float64)
        return np.where(self.contains_many(lons, lats), -metres, metres)


class ShapeCache:
    """The shapes asked for last, up to max_bytes; safe to share between threads."""

    def __init__(self, load: Load, max_bytes: int) -> None:
        self._load = load
        self._max_bytes = max_bytes
        self._shapes: OrderedDict[str, Shape] = OrderedDict()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def get(self, code: str) -> Shape | None:
        """The shape of one village; None when it has none."""
        with self._lock:
            shape = self._shapes.get(code)
            if shape is not None:
                self._shapes.move_to_end(code)
                return shape
        return self.get_many((code,)).get(code)

    def get_many(self, codes: Iterable[str]) -> dict[str, Shape]:
        """code -> shape, for those that have one. Effects: what is not in memory is loaded in one call."""
        found: dict[str, Shape] = {}
        wanted = list(dict.fromkeys(codes))
        with self._lock:
            for code in wanted:
                if code in self._shapes:
                    self._shapes.move_to_end(code)
                    found[code] = self._shapes[code]
        missing = [code for code in wanted if code not in found]
        if missing:
            # Outside the lock: two threads may load the same village, which costs time, not truth.
            loaded = {code: shape for code, wkb in self._load(missing).items() if (shape := read_shape(wkb))}
            self._keep(loaded)
            found.update(loaded)
        return found

    def _keep(self, shapes: Mapping[str, Shape]) -> None:
        with self._lock:
            for code, shape in shapes.items():
                old = self._shapes.pop(code, None)
                self.size_bytes += shape.size_bytes - (old.size_bytes if old else 0)
                self._shapes[code] = shape
            while self.size_bytes > self._max_bytes and len(self._shapes) > 1:
                _, dropped = self._shapes.popitem(last=False)
                self.size_bytes -= dropped.size_bytes


def read_shape(wkb: bytes) -> Shape | None:
    """The shape in a WKB; None when it is damaged, empty or has no area."""
    polygon = shapely.from_wkb(wkb, on_invalid="ignore")
    if polygon is None or polygon.is_empty or shapely.get_dimensions(polygon) != 2:
        return None
    return Shape(polygon, len(wkb) * _BYTES_PER_WKB_BYTE + _BYTES_PER_SHAPE)
