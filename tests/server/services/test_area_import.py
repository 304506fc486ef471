"""Boundary files of every format become villages and the tree above them."""

import time
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.errors import BadValueError, ImportRefusedError
from server.models.area import Area, AreaImport
from server.models.audit import Audit
from server.services.area_import import import_boundaries
from server.services.areas import get_area, list_children
from tests.server.factories import PERAK, bow_tie, square, village_properties, write_geojson
from tests.workers.real_data import FOLDER, needs_real_data
from workers.boundary_files import ColumnMapping


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_geojson(
        tmp_path / "batas.geojson",
        [
            (village_properties(), square(112.10, -7.60)),
            (village_properties("35.17.02.2001", "Sawiji", district="Jogoroto"), square(112.30, -7.50)),
            (
                village_properties("35.18.01.2001", "Lain", district="Sawahan", regency="Kabupaten Nganjuk"),
                square(111.8, -7.7),
            ),
        ],
    )


def test_villages_and_the_tree_above_them(session: Session, file: Path) -> None:
    report = import_boundaries(session, file, uncertainty_m=11)
    assert (report.rows, report.created, report.updated, report.parents) == (3, 3, 0, 6)
    village = get_area(session, PERAK)
    assert (village.name, village.level, village.parent_code, village.uncertainty_m) == (
        "Jantiganggong",
        10,
        "351701",
        11,
    )
    assert village.boundary is not None
    assert shapely.from_wkb(village.boundary).bounds == pytest.approx((112.10, -7.60, 112.11, -7.59))
    assert [area.name for area in list_children(session, "3517")] == ["Perak", "Jogoroto"]
    assert [(area.code, area.name) for area in list_children(session)] == [("35", "Jawa Timur")]


def test_the_box_of_a_regency_holds_all_its_villages(session: Session, file: Path) -> None:
    import_boundaries(session, file, uncertainty_m=11)
    regency = get_area(session, "3517")
    assert (regency.min_lon, regency.min_lat, regency.max_lon, regency.max_lat) == pytest.approx(
        (112.10, -7.60, 112.31, -7.49)
    )


def test_a_second_file_widens_the_box_and_keeps_the_rest(
    session: Session, file: Path, tmp_path: Path
) -> None:
    import_boundaries(session, file, uncertainty_m=11)
    more = write_geojson(
        tmp_path / "more.geojson", [(village_properties("35.17.01.2009", "Baru"), square(112.5, -7.6))]
    )
    report = import_boundaries(session, more, uncertainty_m=50)
    assert (report.created, report.parents) == (1, 0)
    assert get_area(session, "351701").max_lon == pytest.approx(112.51)
    assert get_area(session, PERAK).uncertainty_m == 11


def test_importing_again_updates_in_place(session: Session, file: Path, tmp_path: Path) -> None:
    import_boundaries(session, file, uncertainty_m=11)
    before = get_area(session, PERAK).id
    session.expire_all()
    renamed = write_geojson(
        tmp_path / "new.geojson", [(village_properties(name="Janti", district=""), square(112.1, -7.6))]
    )
    report = import_boundaries(session, renamed, uncertainty_m=30)
    session.expire_all()
    assert (report.created, report.updated) == (0, 1)
    village = get_area(session, PERAK)
    assert (village.id, village.name, village.uncertainty_m) == (before, "Janti", 30)
    assert get_area(session, "351701").name == "Perak", "a file without names takes none away"


def test_repairs_and_refusals_are_reported(session: Session, tmp_path: Path) -> None:
    file = write_geojson(
        tmp_path / "odd.geojson",
        [
            (village_properties(), bow_tie(112.1, -7.6)),
            (village_properties("35.17.01.2002"), None),
            (village_properties("35.17.01"), square(112.2, -7.6)),
            (village_properties("3517012003"), square(112.2, -7.6)),
            (village_properties("35.17.01.2003"), square(112.2, -7.6)),
        ],
    )
    report = import_boundaries(session, file, uncertainty_m=11)
    assert [(row, code) for row, code, note in report.repaired if "made valid" in note] == [
        (1, "35.17.01.2001")
    ]
    assert [refused.row for refused in report.refused] == [2, 3, 5]
    assert report.created == 2
    stored = session.scalars(select(AreaImport)).one()
    assert (stored.rows_read, stored.rows_refused, stored.rows_repaired, stored.uncertainty_m) == (
        5,
        3,
        1,
        11,
    )
    assert len(stored.sha256) == 64
    boundary = get_area(session, PERAK).boundary
    assert boundary is not None and shapely.from_wkb(boundary).is_valid


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf"), ("a.shp", "ESRI Shapefile")]
)
def test_other_formats_with_columns_of_the_mapping_agency(
    session: Session, tmp_path: Path, name: str, driver: str
) -> None:
    shapes = shapely.to_wkb([shapely.box(112.1, -7.6, 112.2, -7.5)])
    fields = ["KDEPUM", "WADMKD", "WADMKC", "WADMKK", "WADMPR"]
    values = [["35.17.01.2001"], ["Jantiganggong"], ["Perak"], ["Jombang"], ["Jawa Timur"]]
    pyogrio.raw.write(
        tmp_path / name,
        shapes,
        [np.array(value, dtype=object) for value in values],
        fields,
        geometry_type="Polygon",
        crs="EPSG:4326",
        driver=driver,
    )
    import_boundaries(session, tmp_path / name, uncertainty_m=11)
    assert get_area(session, PERAK).name == "Jantiganggong"
    assert get_area(session, "3517").name == "Jombang"


def test_columns_may_be_named(session: Session, tmp_path: Path) -> None:
    file = write_geojson(
        tmp_path / "own.geojson", [({"kd": "3517012001", "nm": "Janti"}, square(112.1, -7.6))]
    )
    report = import_boundaries(session, file, uncertainty_m=11, mapping=ColumnMapping(code="kd", name="nm"))
    assert report.created == 1
    assert get_area(session, "3517").name == "35.17", "without a name the dotted code stands in"


def test_who_imports_stays_in_their_areas(session: Session, file: Path) -> None:
    report = import_boundaries(session, file, uncertainty_m=11, areas=("3517",))
    assert (report.created, [row.code for row in report.refused]) == (2, ["3518012001"])


@pytest.mark.parametrize(
    "content", [b"", b"not json", b'{"type": "FeatureCollection", "features": [', b"PK\x03\x04"]
)
def test_what_is_no_boundary_file_is_refused_whole(session: Session, tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_bytes(content)
    with pytest.raises(ImportRefusedError):
        import_boundaries(session, broken, uncertainty_m=11)
    session.rollback()
    assert session.scalars(select(Area.id)).all() == []


@pytest.mark.parametrize("uncertainty_m", [-1, float("nan"), 1e9])
def test_an_uncertainty_must_be_metres(session: Session, file: Path, uncertainty_m: float) -> None:
    with pytest.raises(BadValueError):
        import_boundaries(session, file, uncertainty_m=uncertainty_m)


def test_an_import_is_audited(session: Session, file: Path) -> None:
    import_boundaries(session, file, uncertainty_m=11)
    assert session.scalars(select(Audit.action)).all() == ["area.import"]


@pytest.mark.real
@needs_real_data
def test_all_villages_of_a_province_in_one_go(sqlite_backends: Backends) -> None:
    start = time.monotonic()
    with sqlite_backends.sessions() as session:
        report = import_boundaries(session, FOLDER / "villages_jatim.gpkg", uncertainty_m=11)
        assert (report.rows, report.created, report.refused) == (8494, 8494, [])
        assert report.parents == 1 + 38 + 666
        assert len(list_children(session, "35")) == 38
    assert time.monotonic() - start < 60
