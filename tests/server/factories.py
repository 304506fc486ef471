"""Rows and files for the server's tests: areas, households, register files."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from server.db import now
from server.models.area import Area, AreaLevel
from server.models.household import Household

PERAK, JOGOROTO = "3517012001", "3517022001"
HEADER = [
    "household_id",
    "no_kk",
    "nik_head",
    "head_name",
    "sex_head",
    "dob_head",
    "address",
    "rt",
    "rw",
    "village_code",
    "village_name",
    "district_name",
    "regency_name",
    "n_members",
    "desil",
    "programmes",
    "registered_lat",
    "registered_lon",
    "registered_source",
    "pkh_lansia",
]


def add_village(session: Session, code: str = PERAK, *, name: str = "", bps_code: str | None = None) -> Area:
    """A village, without boundary."""
    area = Area(
        code=code,
        level=AreaLevel.village,
        name=name or f"Desa {code}",
        parent_code=code[:6],
        bps_code=bps_code,
    )
    session.add(area)
    session.flush()
    return area


def add_household(
    session: Session, path: str = PERAK, *, source_id: str | None = None, **columns: Any
) -> Household:
    """A household of the register."""
    parts = ([*path.split("/"), "", ""])[:3]
    columns.setdefault("head_name", "Siti Rohmah Cemara")
    columns.setdefault("programmes", ["PKH"])
    household = Household(
        source_id=source_id or f"H-{path}",
        area_path=path,
        village_code=parts[0],
        rw=parts[1],
        rt=parts[2],
        extra={},
        created_at=now(),
        **columns,
    )
    session.add(household)
    session.flush()
    return household


def register_row(number: int = 1, **changes: str) -> dict[str, str]:
    """A row in the shape of the synthetic register. Serials from 9000 on: numbers that nobody has."""
    serial = f"{9000 + number % 1000}"
    row = {
        "household_id": f"H{number:06d}",
        "no_kk": f"351701010120{serial}",
        "nik_head": f"351701230950{serial}",
        "head_name": f"Bayu Widarto Mahoni {number}",
        "sex_head": "L",
        "dob_head": "1950-09-23",
        "address": "Dsn. Krajan RT 002 RW 001",
        "rt": "002",
        "rw": "001",
        "village_code": "35.17.01.2001",
        "village_name": "Jantiganggong",
        "district_name": "Perak",
        "regency_name": "Kabupaten Jombang",
        "n_members": "3",
        "desil": "2",
        "programmes": "PKH;BPNT",
        "registered_lat": "-7.6046020",
        "registered_lon": "112.1632805",
        "registered_source": "survei",
        "pkh_lansia": "1",
    }
    return {**row, **changes}


def write_csv(
    path: Path,
    rows: Iterable[Mapping[str, str]],
    *,
    header: Iterable[str] = HEADER,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    """A CSV file; gzipped when its name ends in .gz."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(header), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def square(lon: float, lat: float, size: float = 0.01) -> dict[str, Any]:
    """A GeoJSON polygon."""
    ring = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def bow_tie(lon: float, lat: float, size: float = 0.01) -> dict[str, Any]:
    """A GeoJSON polygon whose ring crosses itself."""
    ring = [[lon, lat], [lon + size, lat + size], [lon + size, lat], [lon, lat + size], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def write_geojson(path: Path, features: Iterable[tuple[Mapping[str, str], Mapping[str, Any] | None]]) -> Path:
    """A GeoJSON file of (properties, geometry)."""
    rows = [{"type": "Feature", "properties": dict(names), "geometry": shape} for names, shape in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    return path


def village_properties(
    code: str = "35.17.01.2001", name: str = "Jantiganggong", **changes: str
) -> dict[str, str]:
    """Properties of a village in the shape of the shipped boundary file."""
    names = {
        "code": code,
        "name": name,
        "district": "Perak",
        "regency": "Kabupaten Jombang",
        "province": "Jawa Timur",
    }
    return {**names, **changes}
