import io
import os
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from media.disk import INCOMING, DiskStorage
from media.errors import BadKeyError, StorageUnavailableError

# A file size limit of the operating system stands in for a full disk: writing fails in the middle of a chunk.
FULL_DISK = """
    import io, resource, sys
    from pathlib import Path
    from media.disk import DiskStorage
    from media.errors import StorageUnavailableError
    storage = DiskStorage(Path(sys.argv[1]))
    storage.put(io.BytesIO(b"fits"), key="small")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
    try:
        storage.put(io.BytesIO(b"x" * 3_000_000), key="ab/large")
    except StorageUnavailableError:
        sys.exit(7)
"""


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_full_disk_is_unavailable_and_nothing_half_is_kept(tmp_path: Path) -> None:
    script = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path)]
    assert subprocess.run(script, check=False).returncode == 7
    assert files_below(tmp_path) == ["small"]


def test_blobs_are_plain_files_readable_by_the_group_only(tmp_path: Path) -> None:
    DiskStorage(tmp_path / "media").put(io.BytesIO(b"x"), key="ab/cd/photo")
    path = tmp_path / "media" / "ab" / "cd" / "photo"
    assert path.read_bytes() == b"x"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_out_of_the_storage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_bytes(b"secret")
    root = tmp_path / "media"
    root.mkdir()
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "file").symlink_to(tmp_path / "secret" / "file")
    storage = DiskStorage(root)
    for key in ("out/file", "file"):
        with pytest.raises(BadKeyError):
            storage.open(key)
        with pytest.raises(BadKeyError):
            storage.put(io.BytesIO(b"mine now"), key=key)
    assert [*storage.iter_keys(), *storage.iter_keys("out/")] == []
    assert (tmp_path / "secret" / "file").read_bytes() == b"secret"


def test_a_storage_folder_that_is_itself_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    storage = DiskStorage(tmp_path / "link")
    storage.put(io.BytesIO(b"x"), key="a/b")
    assert storage.read("a/b") == b"x"


def test_leftovers_of_a_crash_are_no_blobs_and_are_swept_by_age(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    storage.put(io.BytesIO(b"x"), key="kept")
    for name, age_s in (("fresh", 0), ("old", 100_000)):
        leftover = tmp_path / INCOMING / name
        leftover.write_bytes(b"half")
        moment = leftover.stat().st_mtime - age_s
        os.utime(leftover, (moment, moment))
    assert [info.key for info in storage.iter_keys()] == ["kept"]
    assert list(storage.iter_keys(INCOMING + "/")) == []
    assert storage.sweep() == 1
    assert files_below(tmp_path) == [f"{INCOMING}/fresh", "kept"]
    assert storage.sweep(timedelta(0)) == 1


def test_a_storage_that_cannot_be_made_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailableError, match=r"file/media.*check disk and permissions"):
        DiskStorage(tmp_path / "file" / "media").check()


def test_a_key_over_a_folder_is_unavailable_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    storage.put(io.BytesIO(b"x"), key="a/b")
    for key in ("a", "a/b/c"):
        with pytest.raises(StorageUnavailableError):
            storage.put(io.BytesIO(b"y"), key=key)
    assert files_below(tmp_path) == ["a/b"]


def test_a_storage_that_was_never_written_to_is_empty(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "absent")
    assert list(storage.iter_keys()) == []
    assert not storage.exists("a")
    assert storage.sweep() == 0
    assert not (tmp_path / "absent").exists()
