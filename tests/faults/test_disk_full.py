"""A disk that is really full: a small file system of its own, mounted by the test (or a limit on file sizes, without root)."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.services import processing
from tests.faults.conftest import OpenDesk
from tests.faults.desk import Desk

SIZE_BYTES = 12_000_000


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 12 MB in a folder."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        made = subprocess.run(
            ["sudo", "-n", "mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=777", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, (
            f"this test mounts a small disk; run it as root or with sudo: {made.stderr}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill_up(folder: Path, *, leave_bytes: int = 0) -> Path:
    """Takes the room that is left but for some bytes; delete the file to have it back."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while shutil.disk_usage(folder).free > leave_bytes:
                file.write(bytes(max(4096, min(1 << 16, shutil.disk_usage(folder).free - leave_bytes))))
        except OSError:
            pass
    return ballast


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def test_photos_on_a_full_disk_are_refused_and_nothing_is_kept(open_desk: OpenDesk, disk: Path) -> None:
    with open_desk(SISIR_MEDIA=f"file:{disk / 'media'}") as desk:
        assert desk.send().status == 201
        ballast = fill_up(disk)
        before = stored_files(disk)
        desk.refused()
        assert stored_files(disk) == before, "half a photo stays on a full disk"
        with pytest.raises(processing.PASSING):
            desk.target.office.work()
        ballast.unlink()
        goes_on(desk)


def test_a_database_on_a_full_disk_refuses_and_is_whole_afterwards(
    open_desk: OpenDesk, disk: Path, prepared, quick_path: Path
) -> None:
    shutil.copy(prepared.office.backends.config.var / "sisir.db", disk / "sisir.db")
    shutil.copytree(prepared.office.backends.config.var / "media", quick_path / "media")
    url = f"sqlite:///{disk / 'sisir.db'}"
    with open_desk(SISIR_DATABASE=url, SISIR_MEDIA=f"file:{quick_path / 'media'}") as desk:
        assert desk.send().status == 201
        ballast = fill_up(disk)
        refusals = 0
        for _ in range(60):  # what is left in the last page of the log may take some more
            answer = desk.send()
            assert answer.status in (201, 503), answer.body
            refusals += answer.status == 503
        assert refusals > 5
        ballast.unlink()
        goes_on(desk)


def test_temporary_files_on_a_full_disk_are_a_503_and_not_the_phones_fault(
    desk: Desk, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    assert desk.send().status == 201
    ballast = fill_up(disk)
    visit = desk.draw()
    for name in visit.files:
        visit.files[name] += os.urandom(400_000)  # over what is kept in memory
    desk.refused_one(visit)
    with pytest.raises(processing.PASSING):
        big_photo_is_looked_at(desk)
    ballast.unlink()
    goes_on(desk)


def test_a_full_disk_under_the_queue_costs_nobody_the_answer(open_desk: OpenDesk, disk: Path) -> None:
    with open_desk(SISIR_QUEUE=f"sqlite:{disk / 'queue.db'}") as desk:
        assert desk.send().status == 201
        ballast = fill_up(disk)
        for _ in range(3):
            assert desk.send().status == 201
        ballast.unlink()
        goes_on(desk)


def big_photo_is_looked_at(desk: Desk) -> None:
    """Looks at a stored photo that is larger than what is held in memory."""
    from server.services import photo_looks
    from server.services.blobs import keep_blob

    backends = desk.target.office.backends
    with desk.target.office.session() as session:
        blob = keep_blob(session, backends, io.BytesIO(os.urandom(3_000_000)))
    photo_looks._look(backends, blob)


def goes_on(desk: Desk) -> None:
    """Everything is sent again, stored and checked by a worker that nobody helps."""
    with desk.working():
        desk.resend()
        desk.check()


def stored_files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}
