"""`sisir area`, as an operator types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.backends import Backends
from server.cli import cli
from server.errors import ImportRefusedError
from server.services.areas import get_area
from tests.server.factories import PERAK, bow_tie, square, village_properties, write_geojson


def run(backends: Backends, *words: object) -> Result:
    return CliRunner().invoke(cli, ["area", *map(str, words)], obj=backends)


def test_a_whole_file_is_imported_and_told(sqlite_backends: Backends, tmp_path: Path) -> None:
    file = write_geojson(tmp_path / "a.geojson", [(village_properties(), bow_tie(112.1, -7.6))])
    done = run(sqlite_backends, "import", file, "--uncertainty", 11, "--legal-status", "indikatif")
    assert done.exit_code == 0, done.output
    assert "1 villages new" in done.output
    assert "1 boundaries repaired, 0 refused" in done.output
    assert "within 11 m" in done.output
    assert "row 1 35.17.01.2001: made valid" in done.output
    with sqlite_backends.sessions() as session:
        assert get_area(session, PERAK).legal_status == "indikatif"


def test_refused_rows_are_told_and_the_exit_status_says_so(sqlite_backends: Backends, tmp_path: Path) -> None:
    file = write_geojson(
        tmp_path / "a.geojson", [(village_properties(), square(112.1, -7.6)), (village_properties("x"), None)]
    )
    done = run(sqlite_backends, "import", file, "--uncertainty", 11)
    assert done.exit_code == 1
    assert "row 2 x refused" in done.output
    with sqlite_backends.sessions() as session:
        assert get_area(session, PERAK).name == "Jantiganggong"


def test_the_uncertainty_must_be_stated(sqlite_backends: Backends, tmp_path: Path) -> None:
    file = write_geojson(tmp_path / "a.geojson", [(village_properties(), square(112.1, -7.6))])
    assert "--uncertainty" in run(sqlite_backends, "import", file).output


def test_columns_with_names_of_their_own(sqlite_backends: Backends, tmp_path: Path) -> None:
    file = write_geojson(
        tmp_path / "a.geojson",
        [({"kd": PERAK, "nm": "Janti", "provinsi": "Jawa Timur"}, square(112.1, -7.6))],
    )
    done = run(
        sqlite_backends, "import", file, "--uncertainty", 11, "--column", "code=kd", "--column", "name=nm"
    )
    assert done.exit_code == 0, done.output
    assert run(sqlite_backends, "list", "351701").output == "35.17.01.2001\tJanti\n"


@pytest.mark.parametrize("column", ["code", "kode=kd", "code="])
def test_a_wrong_column_option_is_explained(sqlite_backends: Backends, tmp_path: Path, column: str) -> None:
    file = write_geojson(tmp_path / "a.geojson", [(village_properties(), square(112.1, -7.6))])
    done = run(sqlite_backends, "import", file, "--uncertainty", 11, "--column", column)
    assert done.exit_code == 2
    assert "WHAT=COLUMN" in done.output


def test_what_is_no_boundary_file_is_an_error(sqlite_backends: Backends, tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text("no")
    done = run(sqlite_backends, "import", tmp_path / "a.geojson", "--uncertainty", 11)
    assert isinstance(done.exception, ImportRefusedError)


def test_the_tree_is_listed_level_by_level(sqlite_backends: Backends, tmp_path: Path) -> None:
    file = write_geojson(tmp_path / "a.geojson", [(village_properties(), square(112.1, -7.6))])
    run(sqlite_backends, "import", file, "--uncertainty", 11)
    assert run(sqlite_backends, "list").output == "35\tJawa Timur\n"
    assert run(sqlite_backends, "list", "35.17").output == "35.17.01\tPerak\n"
