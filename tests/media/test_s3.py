import io
import time

import pytest

from media.errors import BadStorageUrlError, StorageUnavailableError
from media.s3 import S3Storage
from tests.servers import S3Server, find_free_port, run_s3


def open_s3(server: S3Server, **changes: str) -> S3Storage:
    options = {"endpoint": server.endpoint, "access_key": server.key, "secret_key": server.secret} | changes
    return S3Storage(options.pop("bucket", server.bucket), options.pop("prefix", ""), **options)


def test_a_missing_bucket_is_named_with_the_command_that_makes_it(s3_server: S3Server) -> None:
    with pytest.raises(StorageUnavailableError, match=r"aws s3 mb s3://no-such-bucket --endpoint-url http"):
        open_s3(s3_server, bucket="no-such-bucket").check()


def test_wrong_credentials_are_unavailable_and_never_shown(s3_server: S3Server) -> None:
    with pytest.raises(StorageUnavailableError) as caught:
        open_s3(s3_server, secret_key="wrong-secret-0123456789").check()
    assert "wrong-secret" not in str(caught.value)
    assert s3_server.key not in str(caught.value)


def test_a_server_that_is_down_is_unavailable_soon() -> None:
    endpoint = f"http://127.0.0.1:{find_free_port()}"
    storage = S3Storage("bucket", endpoint=endpoint, access_key="k" * 16, secret_key="s" * 16)
    started = time.monotonic()
    for call in (
        lambda: storage.put(io.BytesIO(b"x"), key="k"),
        lambda: storage.read("k"),
        lambda: list(storage.iter_keys()),
    ):
        with pytest.raises(StorageUnavailableError, match=r"127\.0\.0\.1"):
            call()
    assert time.monotonic() - started < 30


def test_a_server_that_dies_while_reading_is_unavailable() -> None:
    with run_s3() as server:
        storage = open_s3(server)
        storage.put(io.BytesIO(b"x" * 40_000_000), key="large")
        reader = storage.open("large")
        assert reader.read(10) == b"x" * 10
    with reader, pytest.raises(StorageUnavailableError):
        while reader.read(1 << 20):
            pass


def test_prefixes_keep_two_offices_in_one_bucket_apart(s3_server: S3Server) -> None:
    one, two = open_s3(s3_server, prefix="office/one"), open_s3(s3_server, prefix="office/two")
    one.put(io.BytesIO(b"1"), key="k")
    assert not two.exists("k")
    assert [info.key for info in one.iter_keys()] == ["k"]
    assert list(two.iter_keys()) == []
    assert (s3_server.bucket_folder / "office" / "one" / "k").read_bytes() == b"1"


def test_credentials_may_come_from_the_environment(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret)
    S3Storage(s3_server.bucket, "from-environment", endpoint=s3_server.endpoint).check()


def test_half_a_credential_is_refused() -> None:
    with pytest.raises(BadStorageUrlError):
        S3Storage("bucket", access_key="only-the-key")
