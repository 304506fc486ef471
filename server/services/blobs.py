"""Blobs: putting bytes into the media storage once, and reading them back in clear."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from media.blobs import Digests, content_key, digest_file
from server.backends import Backends
from server.db import insert_for, now
from server.errors import NotFoundError
from server.models.blob import Blob

BlobKey = tuple[str, bool]
"""SHA-256 of the plain bytes, and whether they are kept sealed."""
SPOOL_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20
_BLOB = cast(Table, Blob.__table__)
_KEYED = (_BLOB.c.id, _BLOB.c.sha256, _BLOB.c.sealed)


def keep_blob(
    session: Session,
    backends: Backends,
    source: BinaryIO,
    *,
    sealed: bool = False,
    digests: Digests | None = None,
) -> Blob:
    """The blob row of these bytes; they are durable in the media storage when this returns.

    Args: source is read from its start; sealed = encrypt at rest; digests saves reading twice when already known.
    Effects: the same bytes are stored once; a repeat finds the row. When the transaction is rolled back the stored file
    stays behind without a row and is swept by age.
    """
    source.seek(0)
    digests = digests or digest_file(source)
    known = find_blob(session, digests.sha256, sealed=sealed)
    if known is not None:
        return known
    put_bytes(backends, source, digests, sealed=sealed)
    insert_blobs(session, {(digests.sha256, sealed): digests})
    found = find_blob(session, digests.sha256, sealed=sealed)
    if found is None:
        raise NotFoundError("the blob row vanished while it was written")
    return found


def put_bytes(backends: Backends, source: BinaryIO, digests: Digests, *, sealed: bool) -> None:
    """Makes bytes durable in the media storage under the key of their content; a repeat is harmless."""
    key = content_key(digests.sha256, sealed)
    source.seek(0)
    if not sealed:
        backends.storage.put(source, key=key, content_type="application/octet-stream", sha256=digests.sha256)
        return
    with tempfile.TemporaryFile() as target:
        backends.seal.seal_stream(source, target)
        target.seek(0)
        backends.storage.put(target, key=key, content_type="application/octet-stream")


def insert_blobs(session: Session, wanted: Mapping[BlobKey, Digests]) -> dict[BlobKey, int]:
    """Ids of the rows of bytes that are durable already; missing rows are made, also while somebody else makes them."""
    moment = now()
    rows = [
        {
            "sha256": sha256,
            "md5": digests.md5,
            "size_bytes": digests.size_bytes,
            "key": content_key(sha256, sealed),
            "sealed": sealed,
            "created_at": moment,
        }
        for (sha256, sealed), digests in sorted(wanted.items())
    ]
    made = session.connection().execute(
        insert_for(session, _BLOB).on_conflict_do_nothing().returning(*_KEYED), rows
    )
    found = {(row.sha256, row.sealed): row.id for row in made}
    return found | find_blobs(session, wanted.keys() - found.keys())


def find_blobs(session: Session, wanted: Collection[BlobKey]) -> dict[BlobKey, int]:
    """Ids of those of these bytes that have a row."""
    if not wanted:
        return {}
    rows = session.connection().execute(
        select(*_KEYED).where(_BLOB.c.sha256.in_({sha256 for sha256, _ in wanted}))
    )
    return {(row.sha256, row.sealed): row.id for row in rows if (row.sha256, row.sealed) in wanted}


def find_blob(session: Session, sha256: str, *, sealed: bool) -> Blob | None:
    """The row of the bytes with this hash, or None."""
    return session.scalar(select(Blob).where(Blob.sha256 == sha256, Blob.sealed.is_(sealed)))


def iter_blob(backends: Backends, blob: Blob) -> Iterator[bytes]:
    """The plain bytes of a blob in pieces, opened with the office key when sealed."""
    with backends.storage.open(blob.key) as stored:
        if blob.sealed:
            yield from backends.seal.open_stream(stored)
        else:
            while piece := stored.read(CHUNK_BYTES):
                yield piece


def open_blob(backends: Backends, blob: Blob) -> BinaryIO:
    """The plain bytes of a blob as a seekable file; the caller closes it. Large ones spill to disk, not to memory."""
    plain = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - the caller closes it
    for piece in iter_blob(backends, blob):
        plain.write(piece)
    plain.seek(0)
    return plain
