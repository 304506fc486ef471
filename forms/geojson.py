"""Places of answers as GeoJSON: what is no valid place is left out, digits stay as they were sent.

Belongs here: text of an answer to a geometry. Does not: which submissions, who may see.
Source: RFC 7946; the server's notes on its interfaces, "GeoJSON" and "Data in submissions".
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from forms.definition import Field, FormDefinition
from forms.submission import SubmissionDocument

GEO_TYPES = {"geopoint": "Point", "geotrace": "LineString", "geoshape": "Polygon"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
MIN_LINE, MIN_RING = 2, 4


def default_field(definition: FormDefinition) -> Field | None:
    """The form's first place outside any repeat, or None."""
    return next((item for item in definition.fields if item.type in GEO_TYPES and item.repeat is None), None)


def render_geometry(document: SubmissionDocument, definition: FormDefinition, path: str) -> str | None:
    """The geometry of one field as JSON: a Multi… for a field in a repeat; None when there is no valid value."""
    field = definition.by_path.get(path)
    if field is None or field.type not in GEO_TYPES:
        return None
    texts = (leaf.text for leaf in document.leaves(definition) if leaf.path == path)
    found = [shape for text in texts if (shape := _coordinates(text, field.type)) is not None]
    if not found:
        return None
    kind = GEO_TYPES[field.type]
    if field.repeat is not None:
        return f'{{"type":"Multi{kind}","coordinates":[{",".join(found)}]}}'
    return f'{{"type":"{kind}","coordinates":{found[0]}}}'


def guess_geometry(text: str) -> str | None:
    """The geometry of a place whose kind nobody declared, as JSON; None for what is no place.

    One point is a Point; several are a Polygon when they end where they began, else a LineString.
    """
    kinds = ("geoshape", "geotrace") if ";" in text else ("geopoint",)
    for kind in kinds:
        if (found := _coordinates(text, kind)) is not None:
            return f'{{"type":"{GEO_TYPES[kind]}","coordinates":{found}}}'
    return None


def render_feature(feature_id: str, geometry: str, properties: Mapping[str, str] | None) -> str:
    """One feature as JSON."""
    shown = json.dumps(properties)
    return f'{{"type":"Feature","id":{json.dumps(feature_id)},"geometry":{geometry},"properties":{shown}}}'


def render_geometries(geometries: Sequence[str]) -> str:
    """Several geometries of one submission as one."""
    return f'{{"type":"GeometryCollection","geometries":[{",".join(geometries)}]}}'


def iter_collection(features: Iterable[str]) -> Iterator[str]:
    """The pieces of a feature collection."""
    yield '{"type":"FeatureCollection","features":['
    separator = ""
    for feature in features:
        yield separator + feature
        separator = ","
    yield "]}"


def _coordinates(text: str, kind: str) -> str | None:
    """JSON of the coordinates, longitude first; None when they are no valid geometry of this kind."""
    if kind == "geopoint":
        return _position(text)
    parts = [part for part in text.split(";") if part.strip()]
    positions = [_position(part) for part in parts]
    if None in positions or len(positions) < (MIN_LINE if kind == "geotrace" else MIN_RING):
        return None
    line = "[" + ",".join(position for position in positions if position is not None) + "]"
    if kind == "geotrace":
        return line
    return f"[{line}]" if positions[0] == positions[-1] else None


def _position(text: str) -> str | None:
    """'lat lon alt acc' -> '[lon,lat,alt]'; without altitude two numbers."""
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    lat, lon = parts[0], parts[1]
    if not (-90 <= float(lat) <= 90 and -180 <= float(lon) <= 180):
        return None
    return "[" + ",".join((lon, lat, *parts[2:3])[:3]) + "]"
