"""The register file: known columns, a row a family."""

import csv

from server.demo.register_file import COLUMNS, write_register
from server.services.register_mapping import recognise
from tests.server.demo.test_people import FAMILIES


def test_the_register_file_has_known_columns_and_a_row_a_family(tmp_path):
    path = tmp_path / "register.csv"
    write_register(FAMILIES, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert dict(recognise(list(rows[0])).columns) == {name: name for name in COLUMNS}
    assert len(rows) == 600
    assert {row["sumber_titik"] for row in rows} == {"survei", "dibulatkan", "kantor_desa", ""}
    assert all(bool(row["lat"]) == bool(row["sumber_titik"]) for row in rows)
