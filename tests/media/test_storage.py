from pathlib import Path

import pytest

from media.disk import DiskStorage
from media.errors import BadStorageUrlError
from media.s3 import S3Storage
from media.storage import open_storage


@pytest.mark.parametrize("url", ["file:/srv/media", "file:///srv/media"])
def test_file_urls_open_a_folder(url: str) -> None:
    storage = open_storage(url)
    assert isinstance(storage, DiskStorage)
    assert storage.root == Path("/srv/media")


def test_a_relative_folder_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = open_storage("file:var/media")
    monkeypatch.chdir("/")
    assert isinstance(storage, DiskStorage)
    assert storage.root == tmp_path / "var" / "media"


def test_s3_urls_name_bucket_prefix_and_endpoint() -> None:
    storage = open_storage(
        "s3://photos/sisir/jombang?endpoint=http://127.0.0.1:9000&region=ap-southeast-3",
        access_key="k",
        secret_key="s",
    )
    assert isinstance(storage, S3Storage)
    assert (storage.bucket, storage.prefix, storage.endpoint) == (
        "photos",
        "sisir/jombang/",
        "http://127.0.0.1:9000",
    )
    assert "secret" not in repr(storage)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:",
        "file://host/media",
        "var/media",
        "memory:",
        "s3:",
        "s3:///no-bucket",
        "s3://user:password@bucket/x",
        "s3://bucket/../x",
        "s3://bucket/x?endpoit=http://typo",
        "s3://bucket/x?endpoint=nonsense",
        "s3://bucket/x?key=only",
    ],
)
def test_what_is_no_storage_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadStorageUrlError) as caught:
        open_storage(url)
    assert "password" not in str(caught.value)
