"""`sisir backup` and `sisir restore`, as an operator types them."""

import io
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.backends import open_backends
from server.cli import cli
from server.config import load_config
from server.db import open_database, session_scope
from server.models.household import Household
from server.services.backup_files import BackupRefusedError
from server.services.blobs import keep_blob
from tests.server.factories import add_household


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation made by `sisir init`, with a family and a photo."""
    for name in list(os.environ):
        if name.startswith("SISIR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SISIR_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("SISIR_URL", "http://127.0.0.1:8000")
    assert run("init").exit_code == 0
    backends = open_backends(load_config(os.environ))
    with session_scope(backends.sessions) as session:
        add_household(session)
        keep_blob(session, backends, io.BytesIO(b"a photo"))
    backends.engine.dispose()
    return tmp_path / "var"


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    monkeypatch.setenv("SISIR_VAR", str(folder))
    return folder


def families(var: Path) -> int:
    engine, sessions = open_database(f"sqlite:///{var / 'sisir.db'}")
    with session_scope(sessions, read_only=True) as session:
        found = session.query(Household).count()
    engine.dispose()
    return found


def test_there_and_back(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("backup", tmp_path / "b", "--verify")
    assert done.exit_code == 0, done.output
    assert "1 media files (0.0 MB), 1 of them new." in done.output
    assert "Verified: " in done.output
    assert "is NOT in this backup" in done.output
    assert "without the key a backup is useless" in done.output
    new = elsewhere(monkeypatch, tmp_path / "new")
    done = run("restore", tmp_path / "b", "--key", var / "office.key")
    assert done.exit_code == 0, done.output
    assert "counts and hashes are those of the backup" in done.output
    assert families(new) == 1
    assert (new / "office.key").read_text() == (var / "office.key").read_text()
    assert (new / "office.key").stat().st_mode & 0o077 == 0
    assert [path.read_bytes() for path in (new / "media").rglob("*") if path.is_file()] == [b"a photo"]
    again = run("restore", tmp_path / "b")
    assert "not empty" in str(again.exception)


def test_without_the_key_nothing_is_restored(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", tmp_path / "b")
    new = elsewhere(monkeypatch, tmp_path / "new")
    done = run("restore", tmp_path / "b")
    assert "without it the backup is useless" in str(done.exception)
    assert not new.exists()


def test_the_key_travels_only_when_asked_for(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("backup", tmp_path / "b", "--with-key")
    assert "WARNING: the office key is in this backup" in done.output
    new = elsewhere(monkeypatch, tmp_path / "new")
    assert run("restore", tmp_path / "b").exit_code == 0
    assert (new / "office.key").read_text() == (var / "office.key").read_text()


def test_a_trial_leaves_nothing_behind(var: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "b")
    done = run("restore", tmp_path / "b", "--trial")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Trial of")
    assert families(var) == 1


def test_missing_photos_are_an_exit_status(var: Path, tmp_path: Path) -> None:
    shutil.rmtree(var / "media")
    done = run("backup", tmp_path / "b")
    assert done.exit_code == 1
    assert "1 media files are missing in the media storage" in done.output
    done = run("restore", tmp_path / "b", "--trial")
    assert done.exit_code == 1
    assert "were missing already when the backup was made" in done.output


def test_a_place_that_cannot_be_written_is_a_sentence(var: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("backup", tmp_path / "file" / "below")
    assert "the backup cannot be written: Not a directory" in str(done.exception)


def test_nothing_to_back_up_and_nothing_to_restore(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    done = run("restore", tmp_path / "empty")
    assert isinstance(done.exception, BackupRefusedError)
    assert "there is no backup in" in str(done.exception)
    monkeypatch.setenv("SISIR_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    assert "nothing to back up" in str(run("backup", tmp_path / "b").exception)
