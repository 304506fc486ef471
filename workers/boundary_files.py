"""Boundary files as rows of villages: GeoJSON, GeoPackage, FlatGeobuf, Shapefile (also zipped), in any
projection.

Belongs here: which column is what, projections, refusing rows with a reason. Does not: mending shapes
(boundary_repair.py), storing areas (server).
"""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from workers.area_codes import normal_code
from workers.boundary_repair import repair
from workers.errors import BoundaryFileError, GeometryError

VILLAGE_DIGITS = 10
BATCH_ROWS = 5000
_WGS84 = CRS.from_epsg(4326)
_READ_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, ValueError, OSError)


@dataclass(frozen=True)
class ColumnMapping:
    """Which column holds what; only code must be there. Names as in the file."""

    code: str
    name: str | None = None
    district: str | None = None
    regency: str | None = None
    province: str | None = None
    legal_status: str | None = None


# Names as published: plain ones, and those of the national mapping agency's village layer (docs/domain,
# section 8).
_GUESSES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "kode", "kode_desa", "kdepum", "kdppum_desa", "kode_kemendagri", "kemendagri"),
    "name": ("name", "nama", "nama_desa", "wadmkd", "desa", "namobj"),
    "district": ("district", "kecamatan", "nama_kecamatan", "wadmkc"),
    "regency": ("regency", "kabupaten", "kabupaten_kota", "nama_kabupaten", "wadmkk"),
    "province": ("province", "provinsi", "nama_provinsi", "wadmpr"),
    "legal_status": ("legal_status", "status_batas", "status"),
}


@dataclass(frozen=True)
class BoundaryRow:
    """A village of a file. wkb: valid (Multi)Polygon, WGS 84, longitude first. bbox: west, south, east,
    north.

    row counts features from 1. district, regency, province: names, '' where the file has none. note: what
    was mended.
    """

    row: int
    code: str
    name: str
    district: str
    regency: str
    province: str
    wkb: bytes
    bbox: tuple[float, float, float, float]
    legal_status: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class RefusedRow:
    """A feature that is no village to us. code: as the file has it. reason: one English sentence."""

    row: int
    code: str
    reason: str


@dataclass(frozen=True)
class BoundarySource:
    """What a file holds, before reading it: rows, its columns, the layer read, and its projection's name."""

    rows: int
    columns: tuple[str, ...]
    layer: str
    projection: str


def read_boundaries(
    path: Path, *, mapping: ColumnMapping | None = None, layer: str | None = None
) -> Iterator[BoundaryRow | RefusedRow]:
    """The villages of a file in its order, and between them the rows refused; nothing is left out silently.

    Args: mapping: None guesses the columns by name. layer: None takes the first.
    Raises: BoundaryFileError when the file cannot be read, has no column of codes or an unknown projection.
    Effects: reads a batch at a time (GeoJSON at once: its reader holds the whole file anyhow).
    """
    source = describe_boundaries(path, layer=layer)
    columns = mapping or guess_columns(source.columns)
    _refuse_missing_columns(columns, source)
    seen: set[str] = set()
    for first, meta, table, wkbs in _batches(path, source):
        transform = _to_wgs84(meta.get("crs"))
        for offset, wkb in enumerate(wkbs):
            values = {name: column[offset] for name, column in table.items()}
            item = _read_row(first + offset + 1, values, columns, wkb, transform)
            if isinstance(item, BoundaryRow) and item.code in seen:
                item = RefusedRow(item.row, item.code, "the code stands in the file twice")
            if isinstance(item, BoundaryRow):
                seen.add(item.code)
            yield item


def describe_boundaries(path: Path, *, layer: str | None = None) -> BoundarySource:
    """What the file holds. Raises: BoundaryFileError when it is none that we read, or damaged."""
    _refuse_other_formats(path)
    try:
        name = layer or str(pyogrio.list_layers(path)[0][0])
        info = pyogrio.read_info(path, layer=name, force_feature_count=True)
    except (*_READ_ERRORS, IndexError) as error:
        raise BoundaryFileError(f"the file cannot be read: {error}") from error
    return BoundarySource(
        int(info["features"]), tuple(str(field) for field in info["fields"]), name, str(info.get("crs") or "")
    )


def guess_columns(columns: tuple[str, ...]) -> ColumnMapping:
    """The mapping by well-known column names, whatever their case. Raises: BoundaryFileError without a code
    column."""
    by_name = {column.lower(): column for column in columns}
    found = {
        part: next((by_name[guess] for guess in guesses if guess in by_name), None)
        for part, guesses in _GUESSES.items()
    }
    code = found.pop("code")
    if code is None:
        raise BoundaryFileError(f"no column of village codes among {', '.join(columns) or 'no columns'}")
    return ColumnMapping(code, **found)


def _refuse_missing_columns(mapping: ColumnMapping, source: BoundarySource) -> None:
    wanted = (
        mapping.code,
        mapping.name,
        mapping.district,
        mapping.regency,
        mapping.province,
        mapping.legal_status,
    )
    missing = [column for column in wanted if column is not None and column not in source.columns]
    if missing:
        raise BoundaryFileError(
            f"the file has no column {', '.join(missing)}; it has {', '.join(source.columns)}"
        )


_MAGIC = {
    ".gpkg": b"SQLite format 3\x00",
    ".fgb": b"fgb",
    ".shp": b"\x00\x00\x27\x0a",
    ".zip": b"PK\x03\x04",
}


def _refuse_other_formats(path: Path) -> None:
    """By content, not by name: some formats of the reader below are references to other files and
    addresses."""
    ending = path.suffix.lower()
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise BoundaryFileError(f"the file cannot be read: {error.strerror}") from error
    if ending in (".geojson", ".json"):
        good = start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    else:
        good = ending in _MAGIC and start.startswith(_MAGIC[ending])
    if not good:
        raise BoundaryFileError(
            "the file is no GeoJSON, GeoPackage, FlatGeobuf, Shapefile or zipped Shapefile"
        )
    if ending == ".zip":
        _refuse_other_archives(path)


def _refuse_other_archives(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            endings = [Path(name).suffix.lower() for name in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise BoundaryFileError("the zip is damaged") from error
    if endings.count(".shp") != 1 or ".dbf" not in endings or ".vrt" in endings:
        raise BoundaryFileError("the zip must hold exactly one Shapefile (.shp, .shx, .dbf, .prj)")


Table = Mapping[str, NDArray[Any]]
Batch = tuple[int, Mapping[str, Any], Table, NDArray[Any]]


def _batches(path: Path, source: BoundarySource) -> Iterator[Batch]:
    whole = path.suffix.lower() in (".geojson", ".json")
    step = max(1, source.rows) if whole else BATCH_ROWS
    for first in range(0, max(1, source.rows), step):
        try:
            meta, _, wkbs, values = pyogrio.raw.read(
                path, layer=source.layer, skip_features=first, max_features=step
            )
        except _READ_ERRORS as error:
            raise BoundaryFileError(f"the file cannot be read: {error}") from error
        if wkbs is None:
            raise BoundaryFileError("the file has no geometries")
        yield first, meta, dict(zip((str(name) for name in meta["fields"]), values, strict=True)), wkbs


def _to_wgs84(crs: str | None) -> Transformer | None:
    """The transformer to longitude, latitude; None when the file is in WGS 84 or does not say."""
    if not crs:
        return None
    try:
        source = CRS.from_user_input(crs)
        if source.to_epsg() == 4326 or "CRS84" in source.srs:
            return None
        return Transformer.from_crs(source, _WGS84, always_xy=True)
    except (CRSError, ProjError) as error:
        raise BoundaryFileError("the file's projection is not known") from error


def _read_row(
    row: int,
    values: Mapping[str, object],
    columns: ColumnMapping,
    wkb: bytes | None,
    transform: Transformer | None,
) -> BoundaryRow | RefusedRow:
    raw = _text(values.get(columns.code))
    if not raw:
        return RefusedRow(row, "", "there is no code")
    code = normal_code(raw)
    if code is None or len(code) != VILLAGE_DIGITS:
        return RefusedRow(row, raw, "the code is no Kemendagri village code of 10 digits")
    try:
        geometry, note = repair(_read_geometry(wkb, transform))
    except GeometryError as error:
        return RefusedRow(row, raw, str(error))

    def named(column: str | None) -> str:
        return _text(values.get(column)) if column else ""

    west, south, east, north = geometry.bounds
    return BoundaryRow(
        row=row,
        code=code,
        name=named(columns.name),
        district=named(columns.district),
        regency=named(columns.regency),
        province=named(columns.province),
        wkb=shapely.to_wkb(geometry),
        bbox=(west, south, east, north),
        legal_status=named(columns.legal_status) or None,
        note=note,
    )


def _text(value: object) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _read_geometry(wkb: bytes | None, transform: Transformer | None) -> BaseGeometry | None:
    if wkb is None:
        return None
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    if geometry is None:
        raise GeometryError("the geometry is damaged")
    if transform is None:
        return geometry

    def project(metres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform.transform(metres[:, 0], metres[:, 1]))

    return shapely.transform(geometry, project)
