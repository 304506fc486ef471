"""Parts of an upload on their way in."""

import hashlib

import pytest

from server.uploads import Spool


@pytest.mark.parametrize("max_bytes", [10, 1_000_000])
def test_a_part_is_hashed_while_it_comes_in_wherever_it_is_kept(max_bytes):
    pieces = [b"satu", b"", b"dua" * 5_000]
    spool = Spool(max_bytes)
    for piece in pieces:
        spool.write(piece)
    whole = b"".join(pieces)
    digests = spool.digests()
    assert digests.sha256 == hashlib.sha256(whole).hexdigest()
    assert digests.md5 == hashlib.md5(whole).hexdigest()
    assert digests.size_bytes == len(whole)
    spool.seek(0)
    assert spool.read() == whole
    spool.close()
