"""What every blob storage promises, tried on each: the contract is the docstrings of media.blobs.Storage."""

import hashlib
import io
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media.blobs import Storage, content_key
from media.errors import BadKeyError, BlobMissingError, BlobTooLargeError
from media.storage import open_storage

BAD_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "../a",
    ".hidden",
    "a/.b",
    "a b",
    "a\\b",
    "a\0b",
    "é",
    "a\n",
    "x" * 513,
]
LIMIT_BYTES = 20_000_000


class Trickle(io.RawIOBase):
    """A source like a slow connection: at most 1,000 bytes at a time, not seekable, never read whole."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.largest_request = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.largest_request = max(self.largest_request, size if size >= 0 else 1 << 62)
        return self._file.read(min(size, 1000) if size >= 0 else 1000)


class BrokenSource(io.RawIOBase):
    """A connection that ends in the middle."""

    def __init__(self) -> None:
        self._pieces = iter([b"x" * 1000, b"y" * 1000])

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            raise ConnectionResetError("the phone went away") from None


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "disk":
        return open_storage(f"file:{tmp_path / 'media'}", max_bytes=LIMIT_BYTES)
    server = request.getfixturevalue("s3_server")
    return open_storage(server.url(f"test-{secrets.token_hex(4)}"), max_bytes=LIMIT_BYTES)


def test_put_gives_back_what_was_kept(storage: Storage) -> None:
    data = b"a photo" * 1000
    stored = storage.put(io.BytesIO(data), key="ab/cd/photo.jpg", content_type="image/jpeg")
    assert (stored.key, stored.size_bytes) == ("ab/cd/photo.jpg", len(data))
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert storage.read("ab/cd/photo.jpg") == data


def test_put_takes_a_path(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(b"from a file")
    storage.put(source, key="a")
    assert storage.read("a") == b"from a file"
    assert source.exists()


def test_put_reads_an_open_file_from_where_it_stands_and_leaves_it_open(storage: Storage) -> None:
    source = io.BytesIO(b"0123456789")
    source.seek(4)
    assert storage.put(source, key="tail").size_bytes == 6
    assert not source.closed
    assert storage.read("tail") == b"456789"


def test_an_empty_blob_is_a_blob(storage: Storage) -> None:
    assert storage.put(io.BytesIO(b""), key="empty").size_bytes == 0
    assert storage.exists("empty")
    assert storage.read("empty") == b""


def test_large_blobs_come_and_go_in_pieces(storage: Storage) -> None:
    data = secrets.token_bytes(18_000_000)
    source = Trickle(data)
    stored = storage.put(source, key="large.bin")
    assert source.largest_request <= 8 * (1 << 20)
    assert stored.size_bytes == len(data)
    digest = hashlib.sha256()
    with storage.open("large.bin") as file:
        while piece := file.read(100_000):
            digest.update(piece)
    assert digest.hexdigest() == stored.sha256 == hashlib.sha256(data).hexdigest()


def test_over_the_limit_nothing_is_kept(storage: Storage, tmp_path: Path) -> None:
    storage.max_bytes = 10
    path = tmp_path / "eleven"
    path.write_bytes(b"x" * 11)
    for source in (io.BytesIO(b"x" * 11), path):
        with pytest.raises(BlobTooLargeError):
            storage.put(source, key="eleven")
    assert list(storage.iter_keys()) == []
    assert storage.put(io.BytesIO(b"x" * 10), key="ten").size_bytes == 10


def test_a_source_that_breaks_leaves_nothing_and_its_error_passes(storage: Storage) -> None:
    with pytest.raises(ConnectionResetError):
        storage.put(BrokenSource(), key="half")
    assert not storage.exists("half")
    assert list(storage.iter_keys()) == []


def test_the_same_put_twice_is_one_blob(storage: Storage) -> None:
    first = storage.put(io.BytesIO(b"same"), key="k")
    assert storage.put(io.BytesIO(b"same"), key="k") == first
    assert [info.key for info in storage.iter_keys()] == ["k"]


def test_another_put_replaces_whole_and_readers_of_the_old_one_go_on(storage: Storage) -> None:
    storage.put(io.BytesIO(b"old" * 1000), key="k")
    with storage.open("k") as reader:
        beginning = reader.read(3)
        storage.put(io.BytesIO(b"new"), key="k")
        assert beginning == b"old"
    assert storage.read("k") == b"new"


def test_thirty_puts_at_once_leave_one_whole_blob(storage: Storage) -> None:
    contents = [bytes([65 + number]) * 50_000 for number in range(30)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda data: storage.put(io.BytesIO(data), key="ab/cd/contended"), contents))
    assert storage.read("ab/cd/contended") in contents
    assert {info.key for info in storage.iter_keys()} == {"ab/cd/contended"}


def test_what_is_not_there_is_missing(storage: Storage) -> None:
    storage.put(io.BytesIO(b"x"), key="folder/file")
    for key in ("absent", "folder", "folder/absent", "folder/file-2"):
        assert not storage.exists(key)
        for method in (storage.open, storage.read, storage.stat):
            with pytest.raises(BlobMissingError) as caught:
                method(key)
            assert caught.value.key == key
    for key in ("absent", "folder/absent", "folder/file-2"):
        storage.delete(key)
    assert storage.exists("folder/file")


def test_delete_removes_and_may_be_repeated(storage: Storage) -> None:
    storage.put(io.BytesIO(b"x"), key="gone")
    storage.delete("gone")
    storage.delete("gone")
    assert not storage.exists("gone")
    storage.put(io.BytesIO(b"y"), key="gone")
    assert storage.read("gone") == b"y"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused_by_every_method(storage: Storage, key: str) -> None:
    for method in (storage.open, storage.read, storage.stat, storage.exists, storage.delete):
        with pytest.raises(BadKeyError):
            method(key)
    with pytest.raises(BadKeyError):
        storage.put(io.BytesIO(b"x"), key=key)


def test_stat_and_listing_know_size_and_time(storage: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    storage.put(io.BytesIO(b"12345"), key="a/b")
    info = storage.stat("a/b")
    (listed,) = storage.iter_keys()
    assert (info.key, info.size_bytes) == (listed.key, listed.size_bytes) == ("a/b", 5)
    for moment in (info.modified_at, listed.modified_at):
        assert moment.tzinfo is UTC
        assert before <= moment <= datetime.now(UTC) + timedelta(seconds=2)


def test_iter_keys_finds_by_the_beginning_of_the_key(storage: Storage) -> None:
    keys = {"ab/cd/1", "ab/cd/2", "ab/ce/3", "b", "ab-c"}
    for key in keys:
        storage.put(io.BytesIO(b"x"), key=key)
    found = {
        prefix: {info.key for info in storage.iter_keys(prefix)}
        for prefix in ("", "ab", "ab/", "ab/cd/", "ab/c", "z", "z/")
    }
    assert found[""] == keys
    assert found["ab"] == keys - {"b"}
    assert found["ab/"] == found["ab/c"] == {"ab/cd/1", "ab/cd/2", "ab/ce/3"}
    assert found["ab/cd/"] == {"ab/cd/1", "ab/cd/2"}
    assert found["z"] == found["z/"] == set()


def test_listing_goes_past_one_page(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: storage.put(io.BytesIO(b""), key=f"many/{number:04}"), range(1005)))
    assert sum(1 for _ in storage.iter_keys("many/")) == 1005


def test_read_is_bounded(storage: Storage) -> None:
    storage.put(io.BytesIO(b"x" * 11), key="k")
    assert len(storage.read("k", max_bytes=11)) == 11
    with pytest.raises(BlobTooLargeError):
        storage.read("k", max_bytes=10)


def test_check_passes_and_leaves_nothing(storage: Storage) -> None:
    storage.check()
    assert list(storage.iter_keys()) == []


def test_content_keys_are_keys(storage: Storage) -> None:
    sha256 = hashlib.sha256(b"x").hexdigest()
    for sealed in (False, True):
        storage.put(io.BytesIO(bytes([sealed])), key=content_key(sha256, sealed))
    assert storage.read(content_key(sha256)) == b"\0"
    assert storage.read(content_key(sha256, sealed=True)) == b"\1"


@pytest.fixture
def no_files_left_open() -> Iterator[None]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


@pytest.mark.usefixtures("no_files_left_open")
def test_closed_readers_free_their_handles(storage: Storage) -> None:
    storage.put(io.BytesIO(b"x" * 3_000_000), key="k")
    for _ in range(20):
        with storage.open("k") as file:
            assert file.read(1) == b"x"
