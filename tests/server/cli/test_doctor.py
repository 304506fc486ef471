"""`sisir doctor`, as an operator types it."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import cli


@pytest.fixture(autouse=True)
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("SISIR_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SISIR_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("SISIR_URL", "https://sisir.invalid")
    assert run("init").exit_code == 0
    return tmp_path / "var"


def run(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(cli, list(words), env=environ)


def test_notes_are_status_1_and_what_is_broken_is_2(office: Path) -> None:
    done = run("doctor")
    assert done.exit_code == 1
    assert "NOTE: No Sisir answers at https://sisir.invalid" in done.output
    assert "    -> Start `sisir serve`" in done.output
    (office / "office.key").unlink()
    done = run("doctor")
    assert done.exit_code == 2
    assert "BROKEN: There is no office key." in done.output


def test_the_language_is_that_of_the_machine_or_as_asked() -> None:
    assert "PERHATIKAN: Tidak ada Sisir yang menjawab" in run("doctor", LANG="id_ID.UTF-8").output
    assert "NOTE:" in run("doctor", LANG="de_DE.UTF-8").output
    assert "NOTE:" in run("doctor", "--language", "en", LANG="id_ID.UTF-8").output


def test_json_for_other_programs() -> None:
    done = run("doctor", "--json")
    assert done.exit_code == 1
    codes = {item["code"]: item["level"] for item in json.loads(done.output)}
    assert codes["address_silent"] == "warning"


def test_a_variable_that_cannot_be_read_is_a_diagnosis_too() -> None:
    done = run("doctor", SISIR_TIMEZONE="Mars/Olympus")
    assert done.exit_code == 2
    assert "BROKEN: A variable cannot be read: SISIR_TIMEZONE='Mars/Olympus' is not known" in done.output
