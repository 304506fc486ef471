"""Sealing: bytes that only the holder of the office key can read, and notice when somebody changed them.

Belongs here: the format, and keyed hashes for comparing what is sealed. Does not: where the key or the bytes
live.

A sealed run of bytes is a header and chunks. Header, 24 bytes: magic and version (4), the first bytes of a
hash of the key, so that a wrong key is told from damage (4), random salt (16). The salt and the office key
give the key of this run alone (HKDF-SHA-256), so nonces can count: a chunk's nonce is its number and whether
it is the last. Each chunk (1 MiB before sealing, the last one may be shorter, even empty) is AES-256-GCM with
the header as additional data. A chunk that is missing, moved, repeated, cut or taken from another run does
not open.
Source: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015); NIST SP 800-38D; RFC 5869.
"""

import base64
import binascii
import copy
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from media.errors import BadOfficeKeyError, DamagedSealError, WrongKeyError

KEY_BYTES = 32
CHUNK_BYTES = 1 << 20
MAGIC = b"\x00SE\x01"
COLUMN_MAGIC = b"\x00SE\x02"
_BLOCK_BYTES = 64
_KEY_ID_BYTES, _SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 16, 12, 16
HEADER_BYTES = len(MAGIC) + _KEY_ID_BYTES + _SALT_BYTES


class Seal:
    """Seals and opens with one office key. Safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadOfficeKeyError(f"the office key has {len(key)} bytes; it must have {KEY_BYTES}")
        self._key = key
        # HMAC's two inner states, made once: a copy is twice as fast as hmac.digest, and imports hash millions.
        hash_key = _derive(key, b"sisir keyed hash 1").ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in hash_key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in hash_key))
        self._key_id = _derive(key, b"sisir key id 1")[:_KEY_ID_BYTES]
        self._column_cipher = AESGCM(_derive(key, b"sisir column 1"))
        self._random: Callable[[int], bytes] = os.urandom

    def in_bulk(self) -> "Seal":
        """The same seal for one thread that seals thousands of columns: random bytes are drawn in blocks."""
        bulk = copy.copy(self)
        bulk._random = _Drawn().take
        return bulk

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell office keys apart and give nothing of them away: the first of a hash of the key."""
        return self._key_id

    def seal(self, data: bytes) -> bytes:
        """The bytes sealed: 40 longer, and 16 more for each further MiB begun.

        Sealing twice gives two different results.
        """
        target = io.BytesIO()
        self.seal_stream(io.BytesIO(data), target)
        return target.getvalue()

    def open(self, data: bytes) -> bytes:
        """The bytes as they were before sealing. Raises: WrongKeyError, DamagedSealError."""
        return b"".join(self.open_stream(io.BytesIO(data)))

    def seal_stream(self, source: BinaryIO, target: BinaryIO) -> int:
        """Seals the rest of an open file into another; neither is closed.

        Returns the number of bytes written.
        """
        header = MAGIC + self._key_id + os.urandom(_SALT_BYTES)
        cipher = self._cipher(header)
        written = target.write(header)
        for number, chunk, is_last in _number_chunks(source, CHUNK_BYTES):
            written += target.write(cipher.encrypt(_nonce(number, is_last), chunk, header))
        return written

    def open_stream(self, source: BinaryIO) -> Iterator[bytes]:
        """The bytes before sealing, in pieces of at most 1 MiB.

        Each piece is genuine and in its place when it comes; that none is missing is known only when the
        iterator ends.
        Raises: WrongKeyError before the first piece; DamagedSealError, perhaps after some: throw those away
        then.
        """
        header = _read_exactly(source, HEADER_BYTES)
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            raise DamagedSealError("these bytes are not sealed")
        if header[len(MAGIC) : len(MAGIC) + _KEY_ID_BYTES] != self._key_id:
            raise WrongKeyError("sealed with another office key")
        cipher = self._cipher(header)
        for number, chunk, is_last in _number_chunks(source, CHUNK_BYTES + _TAG_BYTES):
            try:
                yield cipher.decrypt(_nonce(number, is_last), chunk, header)
            except InvalidTag as error:
                raise DamagedSealError(f"chunk {number} was changed, moved or cut short") from error

    def seal_text(self, text: str) -> bytes:
        """A column's value sealed, UTF-8 inside: 36 bytes longer. Sealing twice gives two different results.

        Columns share one derived key, with a random nonce each, so that a register of millions is sealed in
        seconds; a key is good for 2**32 values. Source: NIST SP 800-38D, 8.3.
        """
        header = COLUMN_MAGIC + self._key_id
        nonce = self._random(_NONCE_BYTES)
        return header + nonce + self._column_cipher.encrypt(nonce, text.encode(), header)

    def open_text(self, data: bytes) -> str:
        """The text of a sealed column. Raises: WrongKeyError, DamagedSealError."""
        at = len(COLUMN_MAGIC) + _KEY_ID_BYTES
        if len(data) < at + _NONCE_BYTES + _TAG_BYTES or not data.startswith(COLUMN_MAGIC):
            raise DamagedSealError("these bytes are no sealed column")
        if data[len(COLUMN_MAGIC) : at] != self._key_id:
            raise WrongKeyError("sealed with another office key")
        try:
            body = self._column_cipher.decrypt(
                data[at : at + _NONCE_BYTES], data[at + _NONCE_BYTES :], data[:at]
            )
        except InvalidTag as error:
            raise DamagedSealError("the sealed column was changed or cut short") from error
        return body.decode()

    def keyed_hash(self, text: str) -> bytes:
        """32 bytes that are equal for equal texts (HMAC-SHA-256), and that nobody can compute without the
        office key.

        The text is taken as it is: strip and normalise before.
        """
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()

    def _cipher(self, header: bytes) -> AESGCM:
        return AESGCM(_derive(self._key, b"sisir seal 1", salt=header[-_SALT_BYTES:]))


class _Drawn:
    """Random bytes of the system, each given out once: asking for 12 of them costs more than sealing a number."""

    _BLOCK = 6000

    def __init__(self) -> None:
        self._block, self._at, self._process = b"", 0, 0

    def take(self, count: int) -> bytes:
        """So many bytes. A copy of this process draws its own: the same nonce twice would open what it sealed."""
        if self._at + count > len(self._block) or self._process != os.getpid():
            self._block, self._at, self._process = os.urandom(max(self._BLOCK, count)), 0, os.getpid()
        self._at += count
        return self._block[self._at - count : self._at]


def is_sealed(data: bytes) -> bool:
    """Whether bytes (the first 24 of a file are enough) begin like sealed ones.

    No XML, CSV or picture does.
    """
    return len(data) >= HEADER_BYTES and data.startswith(MAGIC)


def new_key() -> str:
    """A new office key as text: 32 random bytes in base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_key(text: str | bytes) -> bytes:
    """The office key of its text; space around it is ignored.

    Raises: BadOfficeKeyError, which never repeats the text.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadOfficeKeyError("the office key is not base64; make one with: sisir init") from error
    if len(key) != KEY_BYTES:
        raise BadOfficeKeyError(f"the office key has {len(key)} bytes; it must have {KEY_BYTES}")
    return key


def _derive(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=purpose).derive(key)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _number_chunks(source: BinaryIO, chunk_bytes: int) -> Iterator[tuple[int, bytes, bool]]:
    """(number from 0, chunk, is it the last) of the rest of a file; one empty chunk when there is nothing."""
    number, chunk = 0, _read_exactly(source, chunk_bytes)
    while True:
        following = _read_exactly(source, chunk_bytes) if len(chunk) == chunk_bytes else b""
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer only at the end of the file: a socket or pipe may give them in several pieces."""
    pieces, missing = [], size
    while missing and (piece := source.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
