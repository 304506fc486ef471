"""The boundaries in this process: boxes of all villages in memory, geometries from the database through a bounded cache.

Belongs here: keeping workers.boundary_index in step with the area table. Does not: geometry itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.db import Sessions, session_scope
from server.models.area import Area, AreaImport, AreaLevel

if TYPE_CHECKING:
    from workers.boundary_index import BoundaryIndex

Stamp = tuple[int, int]


class BoundaryCache:
    """One index for the process; built when first asked for, and again after an import."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._index: BoundaryIndex | None = None

    def current(self, session: Session) -> BoundaryIndex:
        """The index of the boundaries as they are now; costs one small query when nothing changed."""
        stamp = _stamp(session)
        with self._lock:
            if self._index is None or stamp != self._stamp:
                self._index, self._stamp = self._build(session), stamp
            return self._index

    def _build(self, session: Session) -> BoundaryIndex:
        rows = session.execute(
            select(Area.code, Area.min_lon, Area.min_lat, Area.max_lon, Area.max_lat, Area.uncertainty_m)
            .where(Area.level == AreaLevel.village, Area.min_lon.is_not(None))
            .order_by(Area.code)
        ).all()
        # Here and not above: numpy and shapely cost a web process that never measures a third of its start.
        import numpy as np

        from workers.boundary_index import BoundaryIndex

        boxes = np.array([row[1:5] for row in rows], dtype=np.float64).reshape(len(rows), 4)
        uncertainty = [row.uncertainty_m or 0.0 for row in rows]
        return BoundaryIndex([row.code for row in rows], boxes, self._load, uncertainty_m=uncertainty)

    def _load(self, codes: Iterable[str]) -> dict[str, bytes]:
        """WKB by code, in a short transaction of its own: the index asks whenever its cache lacks a shape."""
        with session_scope(self._sessions, read_only=True) as session:
            rows = session.execute(
                select(Area.code, Area.boundary).where(Area.code.in_(list(codes)), Area.boundary.is_not(None))
            )
            return {row.code: row.boundary for row in rows if row.boundary is not None}


def _stamp(session: Session) -> Stamp:
    """Changes with every import of boundaries."""
    imported = session.scalar(select(func.max(AreaImport.id))) or 0
    areas = session.scalar(select(func.max(Area.id))) or 0
    return imported, areas
