import hashlib
import io
from pathlib import Path

import pytest

from media.blobs import Digests, content_key, digest_file, is_key
from media.errors import BadKeyError

SHA256 = "0123456789abcdef" * 4


def test_digests_are_those_of_hashlib_for_file_and_path(tmp_path: Path) -> None:
    data = b"x" * 3_000_001
    path = tmp_path / "f"
    path.write_bytes(data)
    expected = Digests(hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest(), len(data))
    assert digest_file(path) == digest_file(io.BytesIO(data)) == expected


def test_digests_of_nothing_are_those_of_no_bytes() -> None:
    digests = digest_file(io.BytesIO())
    assert (digests.size_bytes, digests.md5) == (0, "d41d8cd98f00b204e9800998ecf8427e")


def test_content_keys_spread_over_folders_and_keep_sealed_apart() -> None:
    assert content_key(SHA256) == f"01/23/{SHA256}"
    assert content_key(SHA256, sealed=True) == f"01/23/{SHA256}.sealed"
    assert is_key(content_key(SHA256, sealed=True))


@pytest.mark.parametrize("text", ["", SHA256[:-1], SHA256.upper(), SHA256 + "\n", "../" + SHA256[3:]])
def test_a_content_key_needs_a_sha256(text: str) -> None:
    with pytest.raises(BadKeyError):
        content_key(text)
