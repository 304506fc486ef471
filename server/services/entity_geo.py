"""Entities on a map: their property `geometry` as GeoJSON features.

Belongs here: features of entities. Does not: reading a place (forms.geojson).
Source: the REST specification, "GeoJSON".
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from forms.geojson import guess_geometry
from server.models.entity import Entity, EntityList
from server.scope import AreaPaths
from server.services.entity_lists import list_properties
from server.services.entity_reading import iter_rows

GEOMETRY = "geometry"


def iter_features(
    session: Session,
    listed: EntityList,
    areas: AreaPaths,
    *,
    limit: int | None = None,
    where: ColumnElement[bool] | None = None,
) -> Iterator[dict[str, Any]]:
    """A feature for each live entity of these areas whose `geometry` is a valid place, newest first, limit at most.

    Args: where = a further condition on Entity: what a $filter or $search asks.
    """
    if GEOMETRY not in list_properties(session, listed):
        return
    rows = iter_rows(session, listed, areas, Entity.uuid, Entity.data, where=where)
    found = (
        {"type": "Feature", "id": uuid, "geometry": json.loads(geometry), "properties": None}
        for uuid, data in rows
        if (geometry := guess_geometry(data.get(GEOMETRY, ""))) is not None
    )
    yield from islice(found, limit)
