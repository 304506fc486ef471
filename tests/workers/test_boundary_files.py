import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from tests.workers.real_data import FOLDER, needs_real_data
from tests.workers.shapes import square
from workers.boundary_files import (
    BoundaryRow,
    ColumnMapping,
    RefusedRow,
    describe_boundaries,
    guess_columns,
    read_boundaries,
)
from workers.errors import BoundaryFileError

SHAPES = [square(0, 0), square(1, 0)]
COLUMNS = {
    "code": ["35.17.01.2001", "3517012002"],
    "name": ["Jantiganggong", "Glagahan"],
    "district": ["Perak", "Perak"],
    "regency": ["Kabupaten Jombang"] * 2,
    "province": ["Jawa Timur"] * 2,
}
DRIVERS = {"v.geojson": "GeoJSON", "v.gpkg": "GPKG", "v.fgb": "FlatGeobuf", "v.shp": "ESRI Shapefile"}


def write(
    path: Path,
    shapes: list[Any],
    columns: dict[str, list[Any]],
    *,
    crs: str = "EPSG:4326",
    driver: str | None = None,
) -> Path:
    wkb = np.array([None if shape is None else shapely.to_wkb(shape) for shape in shapes], dtype=object)
    pyogrio.raw.write(
        path,
        wkb,
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        crs=crs,
        geometry_type="Unknown" if driver != "ESRI Shapefile" else "Polygon",
        driver=driver or DRIVERS[path.name],
    )
    return path


def rows_of(path: Path, **options: Any) -> list[BoundaryRow]:
    rows = list(read_boundaries(path, **options))
    assert all(isinstance(row, BoundaryRow) for row in rows), rows
    return [row for row in rows if isinstance(row, BoundaryRow)]


@pytest.mark.parametrize("name", DRIVERS)
def test_every_format_gives_the_same_villages(tmp_path: Path, name: str) -> None:
    rows = rows_of(write(tmp_path / name, SHAPES, COLUMNS, driver=DRIVERS[name]))
    assert sorted(row.code for row in rows) == ["3517012001", "3517012002"]
    first = next(row for row in rows if row.code == "3517012001")
    assert (first.name, first.district, first.regency, first.province) == (
        "Jantiganggong",
        "Perak",
        "Kabupaten Jombang",
        "Jawa Timur",
    )
    assert shapely.from_wkb(first.wkb).normalize().equals(SHAPES[0].normalize())
    assert first.bbox == pytest.approx(SHAPES[0].bounds)


def test_a_zipped_shapefile_in_utm_comes_out_in_degrees(tmp_path: Path) -> None:
    utm = Transformer.from_crs("EPSG:4326", "EPSG:32749", always_xy=True)
    metres = [
        shapely.transform(shape, lambda xy: np.column_stack(utm.transform(xy[:, 0], xy[:, 1])))
        for shape in SHAPES
    ]
    write(tmp_path / "v.shp", metres, COLUMNS, crs="EPSG:32749", driver="ESRI Shapefile")
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        for part in tmp_path.glob("v.[!z]*"):
            archive.write(part, part.name)
    rows = rows_of(tmp_path / "v.zip")
    assert rows[0].bbox == pytest.approx(SHAPES[0].bounds, abs=1e-7)


def test_columns_of_the_mapping_agency_are_known(tmp_path: Path) -> None:
    big = dict(zip(("KDEPUM", "WADMKD", "WADMKC", "WADMKK", "WADMPR"), COLUMNS.values(), strict=True))
    assert rows_of(write(tmp_path / "v.gpkg", SHAPES, big))[1].name == "Glagahan"
    assert guess_columns(tuple(big)).district == "WADMKC"


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(
        tmp_path / "v.gpkg", SHAPES, {"id_wilayah": COLUMNS["code"], "status_hukum": ["Perbup 5/2024", None]}
    )
    rows = rows_of(path, mapping=ColumnMapping("id_wilayah", legal_status="status_hukum"))
    assert [row.legal_status for row in rows] == ["Perbup 5/2024", None]
    assert rows[0].name == ""


def test_numeric_codes_are_read(tmp_path: Path) -> None:
    rows = rows_of(write(tmp_path / "v.gpkg", SHAPES, {"code": [3517012001.0, 3517012002.0]}))
    assert [row.code for row in rows] == ["3517012001", "3517012002"]


def test_bad_rows_are_refused_one_by_one_with_their_reason(tmp_path: Path) -> None:
    codes = ["3517012001", None, "3517010001", "351701", "3517012002", "35.17.01.2001", "3517012003"]
    shapes = [*SHAPES, *SHAPES, None, SHAPES[0], SHAPES[1]]
    found = list(read_boundaries(write(tmp_path / "v.gpkg", shapes, {"code": codes})))
    assert [row.row for row in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [(row.code, row.reason) for row in found if isinstance(row, RefusedRow)] == [
        ("", "there is no code"),
        ("3517010001", "the code is no Kemendagri village code of 10 digits"),
        ("351701", "the code is no Kemendagri village code of 10 digits"),
        ("3517012002", "the geometry is empty"),
        ("3517012001", "the code stands in the file twice"),
    ]


def test_a_mended_shape_says_so(tmp_path: Path) -> None:
    swapped = shapely.transform(SHAPES[0], lambda degrees: degrees[:, ::-1])
    assert rows_of(write(tmp_path / "v.gpkg", [swapped], {"code": ["3517012001"]}))[0].note == "axes swapped"


def test_batches_keep_the_row_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.boundary_files.BATCH_ROWS", 2)
    codes = [f"351701200{number}" for number in range(1, 6)]
    rows = rows_of(write(tmp_path / "v.gpkg", [SHAPES[0]] * 5, {"code": codes}))
    assert [(row.row, row.code) for row in rows] == list(enumerate(codes, start=1))


def test_a_file_without_features_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "v.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    with pytest.raises(BoundaryFileError, match="no column of village codes"):
        list(read_boundaries(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.geojson", b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>"),
        ("v.geojson", b"[1]"),
        ("v.geojson", b'{"type": "Nothing"}'),
        ("v.gpkg", b"not a database"),
        ("v.gpkg", b"SQLite format 3\x00 and then nothing"),
        ("v.zip", b"PK\x03\x04 damaged"),
        ("v.vrt", b"{}"),
        ("v.kml", b"<kml/>"),
        ("v.geojson", b""),
    ],
)
def test_other_and_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BoundaryFileError):
        list(read_boundaries(path))


def test_a_zip_of_other_things_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("v.vrt", "<OGRVRTDataSource/>")
    with pytest.raises(BoundaryFileError, match="exactly one Shapefile"):
        list(read_boundaries(tmp_path / "v.zip"))


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(BoundaryFileError):
        describe_boundaries(tmp_path / "v.gpkg")


def test_a_named_column_that_is_missing_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "v.gpkg", SHAPES, COLUMNS)
    with pytest.raises(BoundaryFileError, match="no column kode"):
        list(read_boundaries(path, mapping=ColumnMapping("kode")))


@pytest.mark.real
@needs_real_data
@pytest.mark.parametrize(
    ("name", "count"), [("villages_jombang.geojson", 306), ("villages_jatim.gpkg", 8494)]
)
def test_real_files_are_read_whole_and_need_no_mending(name: str, count: int) -> None:
    rows = rows_of(FOLDER / name)
    assert len({row.code for row in rows}) == count == describe_boundaries(FOLDER / name).rows
    assert {row.note for row in rows} == {None}
    assert {row.province for row in rows} == {"Jawa Timur"}
