"""All villages of a country in a few megabytes: boxes and codes here, shapes loaded when a point needs them.

Belongs here: which village a point lies in, and its place against the claimed one. Does not: shapes
(boundary_shapes.py), one point and one shape (geography.py), where shapes are stored (the callback given).
Source: docs/semantics, section 4: several villages may contain a point, or none; ask first about the claimed
one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from forms.values import GeoPoint
from workers.boundary_shapes import Bools, Floats, Load, ShapeCache
from workers.facts import NO_ACCURACY_M, Reason, Relation, known_accuracy_m
from workers.geography import relation_by_distance
from workers.metres import metres_per_degree

CODE_DIGITS = 10
DISTRICT_DIGITS = 6
REGENCY_DIGITS = 4
_BATCH = 256
_STEP = 8
Indexes = NDArray[np.intp]


@dataclass(frozen=True)
class Placed:
    """A point against the claimed village. Fields as in workers.facts.LocationFacts; why: of an unknown
    relation."""

    relation: Relation
    why: Reason | None = None
    outside_m: float | None = None
    edge_m: float | None = None
    uncertainty_m: float | None = None
    found_villages: tuple[str, ...] = ()
    outside_district_m: float | None = None
    outside_regency: bool | None = None


@dataclass(frozen=True)
class Related:
    """Many points against their claimed villages, one entry a point.

    relation: values of Relation. edge_m: metres to the line, negative inside, NaN where the village has no
    boundary.
    """

    relation: NDArray[np.str_]
    edge_m: Floats


class BoundaryIndex:
    """The villages' boxes by code; answers where points lie. Safe to share between threads.

    Args: codes of 10 digits, in any order, each once. boxes: one row a code, (min lon, min lat, max lon, max
    lat) degrees.
    load: codes -> WKB of those that have a boundary; called outside locks, from any thread. uncertainty_m: of
    the boundary file, one for all or one a code. max_bytes: of shapes kept in memory.
    """

    def __init__(
        self,
        codes: Sequence[str],
        boxes: ArrayLike,
        load: Load,
        *,
        uncertainty_m: float | Sequence[float] = 0.0,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        numbers = np.array([int(code) for code in codes], dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        table = np.asarray(boxes, dtype=np.float64).reshape(len(numbers), 4)[order]
        self._numbers = numbers[order]
        self._west, self._south, self._east, self._north = (
            np.ascontiguousarray(column) for column in table.T
        )
        self._uncertainty = np.broadcast_to(np.asarray(uncertainty_m, dtype=np.float32), order.shape)[order]
        self._shapes = ShapeCache(load, max_bytes)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def size_bytes(self) -> int:
        """Bytes of the boxes and codes, without the shapes in the cache."""
        arrays = (self._numbers, self._west, self._south, self._east, self._north, self._uncertainty)
        return sum(array.nbytes for array in arrays)

    def has(self, code: str) -> bool:
        """True when the index knows the village."""
        return self._position(code) is not None

    def uncertainty_m(self, code: str) -> float | None:
        """How far the village's line may be off; None for a village that the index does not know."""
        position = self._position(code)
        return None if position is None else float(self._uncertainty[position])

    def contains(self, code: str, point: GeoPoint) -> bool | None:
        """True when the village contains the point, its line included; None when it has no boundary."""
        shape = self._shapes.get(code)
        return None if shape is None else shape.contains(point.lon, point.lat)

    def edge_distance_m(self, code: str, point: GeoPoint) -> float | None:
        """Metres from the point to the village's line, negative inside; None when it has no boundary."""
        shape = self._shapes.get(code)
        return None if shape is None else shape.edge_m(point.lon, point.lat)

    def locate(self, point: GeoPoint) -> tuple[str, ...]:
        """Codes of all villages that contain the point, in order; () when none does."""
        near = np.flatnonzero((self._west <= point.lon) & (self._east >= point.lon))
        near = near[(self._south[near] <= point.lat) & (self._north[near] >= point.lat)]
        codes = [_code(number) for number in self._numbers[near]]
        shapes = self._shapes.get_many(codes)
        return tuple(c for c in codes if c in shapes and shapes[c].contains(point.lon, point.lat))

    def distance_to_area_m(self, prefix: str, point: GeoPoint) -> float | None:
        """Metres to the nearest village whose code starts with the prefix, 0.0 inside one; None when there
        is none."""
        first, last = self._range(prefix)
        if first == last:
            return None
        boxes_m = self._box_distances_m(first, last, point)
        best: float | None = None
        order = np.argsort(boxes_m, kind="stable")
        for start in range(0, len(order), _STEP):
            step = order[start : start + _STEP]
            if best is not None and boxes_m[step[0]] >= best:
                break
            shapes = self._shapes.get_many(_code(number) for number in self._numbers[first:last][step])
            metres = [max(0.0, shape.edge_m(point.lon, point.lat)) for shape in shapes.values()]
            best = min(metres if best is None else [*metres, best], default=None)
            if best == 0.0:
                break
        return best

    def place(self, point: GeoPoint | None, claimed: str | None) -> Placed:
        """Everything about the place of one point; the relation is `unknown`, with its reason, where
        something lacks.

        Args: claimed: code of 10 digits. The point's accuracy 0 or 9999 counts as not known.
        """
        if point is None or not point.is_plausible:
            return Placed(Relation.UNKNOWN, Reason.NO_POINT)
        if not claimed or not _is_code(claimed):
            return Placed(Relation.UNKNOWN, Reason.NO_VILLAGE, found_villages=self.locate(point))
        edge_m = self.edge_distance_m(claimed, point)
        uncertainty_m = self.uncertainty_m(claimed)
        relation, why = _relation(edge_m, point.accuracy_m, uncertainty_m)
        if edge_m is not None and edge_m <= 0:
            return Placed(relation, why, 0.0, edge_m, uncertainty_m, (claimed,), 0.0, False)
        found = self.locate(point)
        return Placed(
            relation,
            why,
            edge_m,
            edge_m,
            uncertainty_m,
            found,
            self._outside_district_m(point, claimed, found),
            self._is_outside_regency(point, claimed, found, uncertainty_m),
        )

    def _outside_district_m(self, point: GeoPoint, claimed: str, found: tuple[str, ...]) -> float | None:
        district = claimed[:DISTRICT_DIGITS]
        return 0.0 if _any_in(found, district) else self.distance_to_area_m(district, point)

    def _is_outside_regency(
        self, point: GeoPoint, claimed: str, found: tuple[str, ...], uncertainty_m: float | None
    ) -> bool | None:
        """True when another regency has the point and the claimed one is beyond accuracy and uncertainty."""
        regency = claimed[:REGENCY_DIGITS]
        if _any_in(found, regency):
            return False
        accuracy_m = known_accuracy_m(point.accuracy_m)
        distance_m = self.distance_to_area_m(regency, point) if found and accuracy_m is not None else None
        if distance_m is None or accuracy_m is None:
            return None
        return True if distance_m > accuracy_m + (uncertainty_m or 0.0) else None

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> tuple[Indexes, NDArray[np.str_]]:
        """Which points lie in which villages: (index of the point, code), sorted by point, then code.

        A point in several villages has several entries, one in none has none.
        """
        x, y = _as_floats(lons), _as_floats(lats)
        boxes = shapely.box(self._west, self._south, self._east, self._north)
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x[usable], y[usable])
        at, village = shapely.STRtree(boxes).query(points, predicate="intersects")
        at = usable[at]
        inside = self._test_pairs(at, village, x, y)
        at, numbers = at[inside], self._numbers[village[inside]]
        order = np.lexsort((numbers, at))
        return at[order], np.char.mod("%010d", numbers[order])

    def _test_pairs(self, at: Indexes, village: Indexes, x: Floats, y: Floats) -> Bools:
        """Which (point, village) pairs hold by the shape itself."""
        inside = np.zeros(len(at), dtype=np.bool_)
        for codes, groups in self._groups(self._numbers[village]):
            shapes = self._shapes.get_many(codes)
            for code, members in zip(codes, groups, strict=True):
                if code in shapes:
                    inside[members] = shapes[code].contains_many(x[at[members]], y[at[members]])
        return inside

    def claimed_relation_many(
        self, lons: ArrayLike, lats: ArrayLike, accuracies_m: ArrayLike, claimed: Sequence[str | None]
    ) -> Related:
        """The relation of each point to the village it claims; NaN accuracies and coordinates are not
        known."""
        x, y, accuracy = _as_floats(lons), _as_floats(lats), _as_floats(accuracies_m)
        numbers = np.array([int(c) if c and _is_code(c) else -1 for c in claimed], dtype=np.int64)
        edge_m = np.full(len(x), np.nan)
        for codes, groups in self._groups(numbers):
            shapes = self._shapes.get_many(code for code in codes if self.has(code))
            for code, members in zip(codes, groups, strict=True):
                if code in shapes:
                    edge_m[members] = shapes[code].edge_many_m(x[members], y[members])
        positions = np.searchsorted(self._numbers, numbers).clip(0, max(0, len(self) - 1))
        uncertainty = self._uncertainty[positions] if len(self) else np.zeros(len(x))
        return Related(_relations(edge_m, accuracy, uncertainty), edge_m)

    def _groups(self, numbers: NDArray[np.int64]) -> list[tuple[list[str], list[Indexes]]]:
        """Members of each number, in batches whose shapes are loaded together."""
        order = np.argsort(numbers, kind="stable")
        unique, starts = np.unique(numbers[order], return_index=True)
        members = np.split(order, starts[1:]) if len(order) else []
        known = [(_code(n), group) for n, group in zip(unique, members, strict=True) if n >= 0 and len(group)]
        batches = (known[start : start + _BATCH] for start in range(0, len(known), _BATCH))
        return [([code for code, _ in batch], [group for _, group in batch]) for batch in batches]

    def _position(self, code: str) -> int | None:
        if not _is_code(code):
            return None
        position = int(np.searchsorted(self._numbers, int(code)))
        return position if position < len(self) and self._numbers[position] == int(code) else None

    def _range(self, prefix: str) -> tuple[int, int]:
        scale = 10 ** (CODE_DIGITS - len(prefix))
        low = int(prefix) * scale
        first, last = np.searchsorted(self._numbers, [low, low + scale])
        return int(first), int(last)

    def _box_distances_m(self, first: int, last: int, point: GeoPoint) -> Floats:
        """A little less than the metres to each box, so that it may be trusted as a lower limit."""
        rows = slice(first, last)
        kx, ky = metres_per_degree(point.lat)
        east = np.maximum(0.0, np.maximum(self._west[rows] - point.lon, point.lon - self._east[rows]))
        north = np.maximum(0.0, np.maximum(self._south[rows] - point.lat, point.lat - self._north[rows]))
        return cast(Floats, np.hypot(east * kx, north * ky) * 0.98)


def _relation(
    edge_m: float | None, accuracy_m: float | None, uncertainty_m: float | None
) -> tuple[Relation, Reason | None]:
    if edge_m is None or uncertainty_m is None:
        return Relation.UNKNOWN, Reason.NO_BOUNDARY
    found = relation_by_distance(edge_m, accuracy_m, uncertainty_m)
    return found, Reason.NO_ACCURACY if found is Relation.UNKNOWN else None


def _relations(edge_m: Floats, accuracy_m: Floats, uncertainty_m: Floats) -> NDArray[np.str_]:
    known = np.isfinite(edge_m) & (accuracy_m > 0) & (accuracy_m < NO_ACCURACY_M)
    near = np.abs(edge_m) <= accuracy_m + uncertainty_m
    sides = np.where(edge_m < 0, Relation.INSIDE.value, Relation.OUTSIDE.value)
    return np.where(known, np.where(near, Relation.BOUNDARY.value, sides), Relation.UNKNOWN.value)


def _as_floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _code(number: int) -> str:
    return f"{number:010d}"


def _is_code(code: str) -> bool:
    return len(code) == CODE_DIGITS and code.isascii() and code.isdigit()


def _any_in(codes: Sequence[str], prefix: str) -> bool:
    return any(code.startswith(prefix) for code in codes)
