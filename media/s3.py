"""Blobs in a bucket of any S3: the only user of boto3.

Belongs here: how our contract maps to S3 calls, and which of its errors mean what. The bucket is made by an
admin, never by this code. Checksums are sent only where S3 requires them, as many S3-compatible servers know
no others.
"""

import io
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from media.blobs import (
    CHUNK_BYTES,
    MAX_BLOB_BYTES,
    BlobInfo,
    Storage,
    StoredBlob,
    digest_file,
    iter_chunks,
    validate_key,
)
from media.errors import (
    BadStorageUrlError,
    BlobMissingError,
    BlobTooLargeError,
    StorageUnavailableError,
    is_lacking,
)

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
TRIES = 2
PART_BYTES = 8 * (1 << 20)
_TRANSFER = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False)
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Storage(Storage):
    """Storage in a bucket, all keys below one prefix.

    Args: endpoint is the address of an S3 that is not Amazon's ('http://host:9000'), reached with the bucket
    in the path. Without access_key and secret_key the usual AWS chain is asked: environment, ~/.aws,
    instance role.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str | None = None,
        region: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        max_bytes: int = MAX_BLOB_BYTES,
    ) -> None:
        super().__init__(max_bytes=max_bytes)
        if bool(access_key) != bool(secret_key):
            raise BadStorageUrlError("give both key and secret of the S3, or neither")
        self.bucket = bucket
        self.prefix = f"{validate_key(prefix)}/" if prefix else ""
        self.endpoint = endpoint
        self._client: Any = _new_client(endpoint, region, access_key, secret_key)

    def __repr__(self) -> str:
        return f"S3Storage({self.bucket!r}, {self.prefix!r}, endpoint={self.endpoint!r})"

    def put(
        self,
        source: BinaryIO | Path,
        *,
        key: str,
        content_type: str = "application/octet-stream",
        sha256: str | None = None,
    ) -> StoredBlob:
        """See Storage.

        An open file is first copied to a temporary one: a failed part is sent again from there. The bytes are hashed in any
        case: S3 is far.
        """
        validate_key(key)
        if isinstance(source, Path):
            with source.open("rb") as file:
                return self._put(file, key, content_type)
        with tempfile.SpooledTemporaryFile(max_size=PART_BYTES) as copy:
            self._copy(source, cast(BinaryIO, copy))
            return self._put(cast(BinaryIO, copy), key, content_type)

    def _copy(self, source: BinaryIO, copy: BinaryIO) -> None:
        size = 0
        for chunk in iter_chunks(source):
            size += len(chunk)
            self._check_size(size)
            with _room():
                copy.write(chunk)
        copy.seek(0)

    def _put(self, file: BinaryIO, key: str, content_type: str) -> StoredBlob:
        digests = digest_file(file)
        self._check_size(digests.size_bytes)
        file.seek(0)
        extra = {"ContentType": content_type}
        with self._translated(key):
            self._client.upload_fileobj(
                _Unclosed(file), self.bucket, self.prefix + key, ExtraArgs=extra, Config=_TRANSFER
            )
        return StoredBlob(key, digests.sha256, digests.size_bytes)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self.max_bytes:
            raise BlobTooLargeError(f"more than {self.max_bytes} bytes")

    def open(self, key: str) -> BinaryIO:
        """See Storage. Not seekable."""
        validate_key(key)
        with self._translated(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)
        return cast(BinaryIO, io.BufferedReader(_Body(answer["Body"], self, key), CHUNK_BYTES))

    def stat(self, key: str) -> BlobInfo:
        """See Storage."""
        validate_key(key)
        with self._translated(key):
            answer = self._client.head_object(Bucket=self.bucket, Key=self.prefix + key)
        return BlobInfo(key, answer["ContentLength"], answer["LastModified"].astimezone(UTC))

    def exists(self, key: str) -> bool:
        """See Storage."""
        try:
            self.stat(key)
        except BlobMissingError:
            return False
        return True

    def delete(self, key: str) -> None:
        """See Storage."""
        validate_key(key)
        try:
            with self._translated(key):
                self._client.delete_object(Bucket=self.bucket, Key=self.prefix + key)
        except BlobMissingError:
            return

    def iter_keys(self, prefix: str = "") -> Iterator[BlobInfo]:
        """See Storage. A page of a thousand at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + prefix
        )
        with self._translated(prefix):
            for page in pages:
                for item in page.get("Contents", ()):
                    modified_at = item["LastModified"].astimezone(UTC)
                    yield BlobInfo(item["Key"].removeprefix(self.prefix), item["Size"], modified_at)

    def check(self) -> None:
        """See Storage. A missing bucket is named, with the command that makes it."""
        key, data = f"check-{secrets.token_hex(8)}", b"sisir"
        self.put(io.BytesIO(data), key=key)
        try:
            if self.read(key) != data:
                raise StorageUnavailableError(f"{self.bucket} gives back other bytes than were written")
        finally:
            self.delete(key)

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        """Turns what boto3 raises into our errors. Messages name bucket and endpoint, never credentials."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _ABSENT:
                raise BlobMissingError(key) from error
            raise StorageUnavailableError(self._explain(code)) from error
        except (BotoCoreError, Boto3Error, HTTPError, OSError) as error:
            raise StorageUnavailableError(f"{self._place()}: {_explain_failure(error)}") from error

    def _place(self) -> str:
        return f"bucket {self.bucket} at {self.endpoint or 'Amazon S3'}"

    def _explain(self, code: str) -> str:
        if code == "NoSuchBucket":
            endpoint = f" --endpoint-url {self.endpoint}" if self.endpoint else ""
            return f"{self._place()} does not exist; make it: aws s3 mb s3://{self.bucket}{endpoint}"
        return f"{self._place()} answered {code}"


@contextmanager
def _room() -> Iterator[None]:
    """A full disk of ours, where the temporary copy lies, is as bad as a full S3."""
    try:
        yield
    except OSError as error:
        if is_lacking(error):
            raise StorageUnavailableError("no room for a temporary copy; make room") from error
        raise


class _Body(io.RawIOBase):
    """The answer of S3 as a raw file, so that a broken connection becomes our error."""

    def __init__(self, body: Any, storage: S3Storage, key: str) -> None:
        self._body, self._storage, self._key = body, storage, key

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._storage._translated(self._key):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


class _Unclosed(io.RawIOBase):
    """A seekable file that boto3 may close without closing the caller's."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _new_client(
    endpoint: str | None, region: str | None, access_key: str | None, secret_key: str | None
) -> Any:
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if endpoint else "auto"},
        max_pool_connections=32,
    )
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=region or ("us-east-1" if endpoint else None),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise BadStorageUrlError(f"cannot use this S3: {error}") from error


def _explain_failure(error: Exception) -> str:
    """The kind of failure; some texts of boto3 repeat whole requests."""
    return type(error).__name__ if not isinstance(error, BotoCoreError) else str(error)
