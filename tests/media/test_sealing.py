import hmac
import io
import os
from pathlib import Path

import pytest

from media.errors import BadOfficeKeyError, DamagedSealError, WrongKeyError
from media.sealing import CHUNK_BYTES, HEADER_BYTES, Seal, is_sealed, new_key, read_key

KEY = bytes(range(32))
NIK = "3517010101900001"
SEALED_CHUNK = CHUNK_BYTES + 16
COLUMN_SEALED_IN_2026 = (
    "0053450208737fdc2dc6dc4607b760de2af0eb0a60867fde3d1da6559a943f635696a3b7a0d1eeee42fc093935c1fc515044cbf4"
)
SEALED_IN_2026 = (
    "0053450108737fdcf881d31547d2e7a7e0c6bf643bb95672169833d4"
    "c906e1b1b07d81e05d502db67256325337c694ad484af274afdfc5b9"
)
HASHED_IN_2026 = "18c57816bde4580891223cf4e5e8e5a3d9ec688712f90833e2651e508cb5dffa"


@pytest.fixture
def seal() -> Seal:
    return Seal(KEY)


@pytest.mark.parametrize(
    "size", [0, 1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]
)
def test_opening_gives_back_what_was_sealed(seal: Seal, size: int) -> None:
    data = (b"0123456789" * (size // 10 + 1))[:size]
    sealed = seal.seal(data)
    assert seal.open(sealed) == data
    assert len(sealed) == size + HEADER_BYTES + 16 * max(1, -(-size // CHUNK_BYTES))


def test_sealing_twice_never_gives_the_same_bytes_and_shows_nothing(seal: Seal) -> None:
    first, second = seal.seal_text(NIK), seal.seal_text(NIK)
    assert first != second
    assert NIK.encode() not in first
    assert seal.open_text(first) == seal.open_text(second) == NIK


def test_what_one_process_sealed_another_opens(seal: Seal) -> None:
    assert Seal(KEY).open(seal.seal(b"x")) == b"x"


def test_streams_are_sealed_and_opened_in_pieces(seal: Seal, tmp_path: Path) -> None:
    data = b"photo" * 1_000_000
    with (tmp_path / "sealed").open("wb") as target:
        written = seal.seal_stream(io.BytesIO(data), target)
    assert written == (tmp_path / "sealed").stat().st_size
    with (tmp_path / "sealed").open("rb") as source:
        pieces = list(seal.open_stream(source))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= CHUNK_BYTES


def test_sources_that_give_little_at_a_time_change_nothing(seal: Seal) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 70_000))

    data = b"x" * (CHUNK_BYTES + 5)
    target = io.BytesIO()
    seal.seal_stream(Trickle(data), target)
    assert b"".join(seal.open_stream(Trickle(target.getvalue()))) == data


def test_another_office_key_is_told_from_damage(seal: Seal) -> None:
    with pytest.raises(WrongKeyError):
        Seal(bytes(32)).open(seal.seal(b"x"))


def test_every_single_changed_byte_is_noticed(seal: Seal) -> None:
    sealed = seal.seal(b"ten bytes.")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((DamagedSealError, WrongKeyError)):
            seal.open(bytes(changed))


def chunks_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEADER_BYTES:]
    return sealed[:HEADER_BYTES], [body[i : i + SEALED_CHUNK] for i in range(0, len(body), SEALED_CHUNK)]


@pytest.mark.parametrize(
    "order",
    [[0, 1], [0], [], [1, 0, 2], [0, 0, 1, 2], [0, 2], [1, 2], [0, 1, 2, 2], [2]],
    ids=[
        "last missing",
        "two missing",
        "all missing",
        "swapped",
        "repeated",
        "middle missing",
        "first missing",
        "last twice",
        "last alone",
    ],
)
def test_missing_moved_and_repeated_chunks_are_noticed(seal: Seal, order: list[int]) -> None:
    header, chunks = chunks_of(seal.seal(b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"c" * CHUNK_BYTES))
    assert len(chunks) == 3
    with pytest.raises(DamagedSealError):
        seal.open(header + b"".join(chunks[number] for number in order))


@pytest.mark.parametrize("cut", [1, 15, 16, 17, SEALED_CHUNK, SEALED_CHUNK + 1, 2 * SEALED_CHUNK])
def test_a_cut_end_is_noticed(seal: Seal, cut: int) -> None:
    sealed = seal.seal(b"a" * (2 * CHUNK_BYTES))
    with pytest.raises(DamagedSealError):
        seal.open(sealed[:-cut])


def test_a_chunk_of_another_run_is_noticed(seal: Seal) -> None:
    header, chunks = chunks_of(seal.seal(b"a" * CHUNK_BYTES + b"end"))
    _, others = chunks_of(seal.seal(b"b" * CHUNK_BYTES + b"end"))
    with pytest.raises(DamagedSealError):
        seal.open(header + chunks[0] + others[1])


@pytest.mark.parametrize("data", [b"", b"<data/>", b"\x00SE\x01", b"\xff\xd8\xff" + b"x" * 100])
def test_what_is_not_sealed_is_not_opened(seal: Seal, data: bytes) -> None:
    assert not is_sealed(data)
    with pytest.raises(DamagedSealError):
        seal.open(data)


def test_sealed_bytes_are_known_by_their_beginning(seal: Seal) -> None:
    assert is_sealed(seal.seal(b""))
    assert is_sealed(seal.seal(b"x" * 100)[:HEADER_BYTES])


def test_keyed_hashes_are_equal_for_equal_texts_under_one_key_only(seal: Seal) -> None:
    assert seal.keyed_hash(NIK) == Seal(KEY).keyed_hash(NIK)
    assert len(seal.keyed_hash(NIK)) == 32
    assert seal.keyed_hash(NIK) != seal.keyed_hash(NIK[:-1] + "2")
    assert seal.keyed_hash(NIK) != Seal(bytes(32)).keyed_hash(NIK)


def test_the_format_of_today_is_opened_for_ever(seal: Seal) -> None:
    kept = bytes.fromhex(SEALED_IN_2026)
    assert seal.open(kept).decode() == NIK
    assert seal.keyed_hash(NIK).hex() == HASHED_IN_2026


def test_new_keys_are_read_back_and_differ() -> None:
    one, two = new_key(), new_key()
    assert one != two
    assert len(read_key(one + "\n")) == 32


@pytest.mark.parametrize("text", ["", "short", "c2hvcnQ=", "!" * 44, "A" * 44 + "A" * 4, "é"])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadOfficeKeyError) as caught:
        read_key(text)
    assert not text or text not in str(caught.value)


def test_a_key_of_wrong_length_is_refused() -> None:
    with pytest.raises(BadOfficeKeyError):
        Seal(b"short")


@pytest.mark.parametrize("at", [0, 3, 5, 9, 25, -1])
def test_columns_notice_a_changed_byte(seal: Seal, at: int) -> None:
    sealed = bytearray(seal.seal_text(NIK))
    sealed[at] ^= 1
    with pytest.raises((DamagedSealError, WrongKeyError)):
        seal.open_text(bytes(sealed))


def test_columns_notice_a_cut_and_another_key(seal: Seal) -> None:
    sealed = seal.seal_text(NIK)
    for length in (0, 4, 20, len(sealed) - 1):
        with pytest.raises(DamagedSealError):
            seal.open_text(sealed[:length])
    with pytest.raises(WrongKeyError):
        Seal(bytes(32)).open_text(sealed)
    with pytest.raises(DamagedSealError):
        seal.open_text(seal.seal(NIK.encode()))


@pytest.mark.parametrize("text", ["", NIK, "x" * 1000])
def test_the_keyed_hash_is_hmac_of_a_derived_key(seal: Seal, text: str) -> None:
    extracted = hmac.digest(bytes(32), KEY, "sha256")
    derived = hmac.digest(extracted, b"sisir keyed hash 1\x01", "sha256")
    assert seal.keyed_hash(text) == hmac.digest(derived, text.encode(), "sha256")


def test_columns_of_today_are_opened_for_ever(seal: Seal) -> None:
    assert seal.open_text(bytes.fromhex(COLUMN_SEALED_IN_2026)) == NIK


def test_a_seal_in_bulk_opens_and_never_gives_a_nonce_twice():
    seal = Seal(b"k" * 32)
    bulk = seal.in_bulk()
    sealed = [bulk.seal_text(NIK) for _ in range(3000)]
    assert {seal.open_text(value) for value in sealed} == {NIK}
    assert len({value[8:20] for value in sealed}) == len(sealed)


def test_a_copied_process_draws_nonces_of_its_own():
    bulk = Seal(b"k" * 32).in_bulk()
    bulk.seal_text(NIK)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, bulk.seal_text(NIK))
        os._exit(0)
    os.waitpid(child, 0)
    theirs, ours = os.read(read, 200), bulk.seal_text(NIK)
    os.close(read), os.close(write)
    assert theirs[8:20] != ours[8:20]
