"""The map of a case, as plain numbers that need no tile server: boundaries, points, circles, neighbours.

Belongs here: what stands on the map. Does not: drawing (console/static), where a point lies (facts_places.py).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from server.models.area import Area, AreaLevel
from server.models.case import Case
from server.models.form import Form
from server.models.household import Household
from server.models.submission import Submission
from server.permissions import Caller
from server.scope import within_areas
from server.services.case_queue import names_of
from server.services.guard import of_case
from workers.metres import distance_between_m

MARGIN_DEG = 0.004
MAX_NEIGHBOURS = 24
MAX_HOUSES = 400
SIMPLIFY_DEG = 0.00004


def load_map(session: Session, caller: Caller, case: Case) -> dict[str, Any]:
    """Everything the map of a case shows, as JSON values. Degrees are WGS 84; metres where a name ends in _m.

    village: the claimed one with its boundary; neighbours: villages around it; visits: house points with accuracy,
    newest first; register: the registered point; houses: other families of the village; distance_m: newest visit to
    register.
    """
    visits = _visits(session, case)
    household = session.get(Household, case.household_id) if case.household_id else None
    register = _register(household)
    village = _village(session, case.area_path[:10])
    places = [(v["lat"], v["lon"]) for v in visits] + (
        [(register["lat"], register["lon"])] if register else []
    )
    return {
        "village": _drawn(village) if village else None,
        "neighbours": [_drawn(area) for area in _neighbours(session, village, places)],
        "visits": visits,
        "register": register,
        "houses": _houses(session, caller, case, household),
        "distance_m": _distance_m(visits, register),
    }


def _visits(session: Session, case: Case) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Submission, Form.xml_form_id)
        .join(Form, Form.id == Submission.form_id)
        .where(
            of_case(case),
            Submission.lat.is_not(None),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .order_by(Submission.created_at.desc())
    ).all()
    officers = names_of(session, [submission.submitter_id for submission, _ in rows])
    return [
        {
            "id": submission.id,
            "lat": submission.lat,
            "lon": submission.lon,
            "accuracy_m": submission.accuracy_m,
            "form": form_id,
            "officer": officers.get(submission.submitter_id or 0, ""),
            "on": submission.visited_on.isoformat() if submission.visited_on else "",
            "relation": submission.relation,
            "outside_m": submission.outside_m,
        }
        for submission, form_id in rows
    ]


def _register(household: Household | None) -> dict[str, Any] | None:
    if household is None or household.lat is None or household.lon is None:
        return None
    return {"lat": household.lat, "lon": household.lon, "source": household.point_source or ""}


def _village(session: Session, code: str) -> Area | None:
    return (
        session.scalar(select(Area).where(Area.code == code).options(undefer(Area.boundary)))
        if code
        else None
    )


def _neighbours(session: Session, village: Area | None, places: Sequence[tuple[float, float]]) -> list[Area]:
    """Villages whose box meets the claimed village's box and the points, a little widened."""
    lats = [lat for lat, _ in places] + [
        v for v in (village and village.min_lat, village and village.max_lat) if v
    ]
    lons = [lon for _, lon in places] + [
        v for v in (village and village.min_lon, village and village.max_lon) if v
    ]
    if not lats or not lons:
        return []
    return list(
        session.scalars(
            select(Area)
            .where(
                Area.level == AreaLevel.village,
                Area.code != (village.code if village else ""),
                Area.min_lat <= max(lats) + MARGIN_DEG,
                Area.max_lat >= min(lats) - MARGIN_DEG,
                Area.min_lon <= max(lons) + MARGIN_DEG,
                Area.max_lon >= min(lons) - MARGIN_DEG,
            )
            .options(undefer(Area.boundary))
            .limit(MAX_NEIGHBOURS)
        )
    )


def _drawn(area: Area) -> dict[str, Any]:
    """An area with its boundary as GeoJSON, thinned to what a screen shows."""
    geometry = None
    if area.boundary:
        from workers.boundary_drawing import draw_outline  # a map's geometry is loaded with the first map

        geometry = draw_outline(area.boundary, SIMPLIFY_DEG)
    return {"code": area.code, "name": area.name, "geometry": geometry, "uncertainty_m": area.uncertainty_m}


def _houses(
    session: Session, caller: Caller, case: Case, household: Household | None
) -> list[dict[str, Any]]:
    """Registered points of other families of the same village that the caller may see."""
    code = case.area_path[:10]
    if not code:
        return []
    rows = session.execute(
        select(Household.lat, Household.lon, Household.head_name)
        .where(
            Household.village_code == code,
            Household.id != (household.id if household else 0),
            Household.lat.is_not(None),
            within_areas(Household.area_path, caller.areas),
        )
        .limit(MAX_HOUSES)
    )
    return [{"lat": row.lat, "lon": row.lon, "name": row.head_name} for row in rows]


def _distance_m(visits: Sequence[dict[str, Any]], register: dict[str, Any] | None) -> float | None:
    if not visits or register is None:
        return None
    metres = distance_between_m(visits[0]["lat"], visits[0]["lon"], register["lat"], register["lon"])
    return round(float(metres), 1)
