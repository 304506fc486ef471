"""`sisir household`, as an operator types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.backends import Backends
from server.cli import cli
from server.db import session_scope
from server.errors import ImportRefusedError, NotFoundError
from server.services import projects
from tests.server.factories import PERAK, add_village, register_row, write_csv

NIK = "3517012309509001"


@pytest.fixture
def office(sqlite_backends: Backends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backends:
    monkeypatch.chdir(tmp_path)
    with session_scope(sqlite_backends.sessions) as session:
        add_village(session, PERAK)
        projects.create_project(session, name="Penyisiran")
    return sqlite_backends


def run(backends: Backends, *words: object) -> Result:
    return CliRunner().invoke(cli, ["household", *map(str, words)], obj=backends)


def test_a_register_is_imported_and_told(office: Backends, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "register.csv.gz", [register_row(1), register_row(2)])
    done = run(office, "import", file, "--name", "DTSEN-2026-T3")
    assert done.exit_code == 0, done.output
    assert "2 rows, 2 families new, 0 changed, 0 unchanged, 0 refused" in done.output
    assert "2 unchanged" in run(office, "import", file).output


def test_refused_rows_go_to_a_file_and_the_exit_status_says_so(office: Backends, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "register.csv", [register_row(1), register_row(2, village_code="9")])
    done = run(office, "import", file)
    assert done.exit_code == 1
    assert "register.csv.refused.csv" in done.output
    assert (tmp_path / "register.csv.refused.csv").read_text().startswith("line,reason,source_id\n3,")


def test_a_mapping_file_names_the_columns(office: Backends, tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "r.csv",
        [{"kunci": "1", "wilayah": PERAK, "siapa": "Siti"}],
        header=["kunci", "wilayah", "siapa"],
    )
    (tmp_path / "peta.toml").write_text('id_sumber = "kunci"\nkode_desa = "wilayah"\nnama_kepala = "siapa"\n')
    assert isinstance(run(office, "import", file).exception, ImportRefusedError)
    assert run(office, "import", file, "--mapping", tmp_path / "peta.toml").exit_code == 0


def test_nothing_that_is_printed_holds_a_number(office: Backends, tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "register.csv",
        [
            register_row(1),
            register_row(2, village_code=NIK),
            register_row(3, household_id=NIK, rt="x", village_code="1"),
        ],
    )
    done = run(office, "import", file)
    assert done.exit_code == 1
    assert "35170123" not in done.output + (tmp_path / "register.csv.refused.csv").read_text()


def test_families_and_villages_are_enrolled(office: Backends, tmp_path: Path) -> None:
    run(office, "import", write_csv(tmp_path / "register.csv", [register_row(1), register_row(2)]))
    done = run(office, "enrol", "--area", "35.17")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "1 villages: 1 enrolled, 0 updated, 0 unchanged",
        "2 families: 2 enrolled, 0 updated, 0 unchanged",
    ]
    assert "2 families: 0 enrolled, 0 updated, 2 unchanged" in run(office, "enrol", "--area", PERAK).output


def test_enrolling_in_no_campaign_is_an_error(office: Backends) -> None:
    assert isinstance(run(office, "enrol", "--area", "35.17", "--project", 99).exception, NotFoundError)
