"""Which storage a URL means. Does not belong here: what a storage does."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from media.blobs import MAX_BLOB_BYTES, Storage
from media.disk import DiskStorage
from media.errors import BadKeyError, BadStorageUrlError

EXAMPLES = "write file:var/media or s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1"
_S3_PARAMETERS = {"endpoint": "endpoint", "region": "region", "key": "access_key", "secret": "secret_key"}


def open_storage(
    url: str,
    *,
    access_key: str | None = None,
    secret_key: str | None = None,
    max_bytes: int = MAX_BLOB_BYTES,
) -> Storage:
    """The storage that a URL names. Nothing is read or written yet: a storage that is down can be opened.

    Args: 'file:var/media' (relative to the working folder) or 'file:/srv/media'; 's3://bucket/prefix' with
    the parameters endpoint, region, key and secret, all optional. access_key and secret_key go before those
    of the URL.
    Raises: BadStorageUrlError.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest:
        return DiskStorage(_read_path(rest), max_bytes=max_bytes)
    if scheme == "s3" and rest:
        return _open_s3(url, {"access_key": access_key, "secret_key": secret_key}, max_bytes)
    raise BadStorageUrlError(f"no storage begins with {scheme[:20]!r}; {EXAMPLES}")


def _read_path(rest: str) -> Path:
    """file:/a, file:///a and file:a; a host name in the URL is a mistake."""
    if rest.startswith("//") and not rest.startswith("///"):
        raise BadStorageUrlError(f"file: takes a path, no host; {EXAMPLES}")
    return Path(rest.removeprefix("//"))


def _open_s3(url: str, given: Mapping[str, str | None], max_bytes: int) -> Storage:
    # Here and not above: boto3 costs an office that keeps its photos in a folder a quarter of its start.
    from media.s3 import S3Storage

    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query))
    unknown = sorted(set(parameters) - set(_S3_PARAMETERS))
    if unknown or not parts.netloc or "@" in parts.netloc:
        raise BadStorageUrlError(
            f"cannot read the S3 address (unknown: {', '.join(unknown) or 'bucket'}); {EXAMPLES}"
        )
    options = {_S3_PARAMETERS[name]: value for name, value in parameters.items()}
    options |= {name: value for name, value in given.items() if value}
    try:
        return S3Storage(parts.netloc, parts.path.strip("/"), max_bytes=max_bytes, **options)
    except BadKeyError as error:
        raise BadStorageUrlError(f"the prefix of the S3 address: {error}; {EXAMPLES}") from error
