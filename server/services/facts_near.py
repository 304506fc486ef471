"""Facts about houses close by: which other recipient families were visited a few metres from a submission's point.

Belongs here: the grid that makes "close by" an index look-up, and the search for a batch. Does not: judging (KP12).
The grid: whole numbers for squares of CELL_DEG, rows of COLUMNS squares from the south-west. A square is at least as wide as
anybody asks for, so that a look into it and its neighbours is enough; towards the poles more squares of a row are asked.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import one_of
from server.models.household import Household
from server.models.submission import Submission
from workers.facts import NEAR_M, HousePeer
from workers.metres import distance_between_m, metres_per_degree

CELL_DEG = 0.0003
"""33 m from south to north."""
COLUMNS = 1 << 21
"""More than 360 / CELL_DEG."""
MOST_NEAR = 100
"""Submissions close to one that are looked at: the first to come in, the same ones whoever asks."""


class Spot(NamedTuple):
    """Where a submission is, and of which form and family."""

    submission_id: int
    form_id: int
    household_id: int | None
    lat: float | None
    lon: float | None


def cell_of(lat: float, lon: float) -> int:
    """The number of the square that a point in degrees lies in."""
    return math.floor((lat + 90.0) / CELL_DEG) * COLUMNS + math.floor((lon + 180.0) / CELL_DEG)


def cells_around(lat: float, lon: float, radius_m: float) -> list[int]:
    """Every square that a circle around a point may touch."""
    east_m, north_m = metres_per_degree(lat)
    rows = math.ceil(radius_m / (CELL_DEG * north_m))
    columns = min(COLUMNS, math.ceil(radius_m / (CELL_DEG * max(east_m, 1e-6))))
    middle = cell_of(lat, lon)
    return [
        middle + row * COLUMNS + column
        for row in range(-rows, rows + 1)
        for column in range(-columns, columns + 1)
    ]


def load_near_houses(session: Session, spots: Iterable[Spot]) -> dict[int, tuple[HousePeer, ...]]:
    """submission id -> submissions of the same form about other recipient families within NEAR_M, by id.

    A family is a recipient when its register row has a programme. At most MOST_NEAR each; without point or household none.
    """
    placed = [spot for spot in spots if spot.lat is not None and spot.lon is not None and spot.household_id]
    if not placed:
        return {}
    squares = {spot.submission_id: cells_around(spot.lat or 0.0, spot.lon or 0.0, NEAR_M) for spot in placed}
    rows = _rows(
        session, {spot.form_id for spot in placed}, {cell for found in squares.values() for cell in found}
    )
    by_cell: dict[tuple[int, int], list[Any]] = {}
    own = {row.id: row for row in rows}
    for row in rows:
        by_cell.setdefault((row.form_id, row.near_cell), []).append(row)
    return {
        spot.submission_id: tuple(
            _near(spot, own.get(spot.submission_id), squares[spot.submission_id], by_cell)
        )
        for spot in placed
    }


def _rows(session: Session, form_ids: set[int], cells: set[int]) -> list[Any]:
    query = (
        select(
            Submission.id,
            Submission.form_id,
            Submission.near_cell,
            Submission.household_id,
            Submission.lat,
            Submission.lon,
            Household.source_id,
            Household.kk_hash,
            Household.programmes,
        )
        .join(Household, Household.id == Submission.household_id)
        .where(
            Submission.form_id.in_(
                form_ids
            ),  # a handful; spelled out, so that SQLite finds the index of both
            one_of(Submission.near_cell, cells),
            Submission.deleted_at.is_(None),
        )  # test data of drafts lies in no square: nobody settles it
    )
    return list(
        session.execute(query)
    )  # sorted by who reads them: an order asked here makes SQLite read all rows by it


def _near(
    spot: Spot, own: Any, squares: Iterable[int], by_cell: Mapping[tuple[int, int], list[Any]]
) -> Iterator[HousePeer]:
    found = (row for cell in squares for row in by_cell.get((spot.form_id, cell), ()))
    count = 0
    for row in sorted(found, key=lambda row: row.id):
        if row.household_id == spot.household_id or not row.programmes:
            continue
        apart_m = distance_between_m(spot.lat or 0.0, spot.lon or 0.0, row.lat, row.lon)
        if apart_m > NEAR_M:
            continue
        known = own is not None and own.kk_hash is not None and row.kk_hash is not None
        yield HousePeer(
            submission_id=row.id,
            household_id=row.household_id,
            label=row.source_id or f"#{row.household_id}",
            distance_m=apart_m,
            same_kk=own.kk_hash == row.kk_hash if known else None,
        )
        count += 1
        if count == MOST_NEAR:
            return
