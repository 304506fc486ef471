import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.likeness import MAX_SEARCH_DISTANCE, near_chunks, phash_chunks, phash_distance

HASHES = st.integers(0, (1 << 64) - 1)


@pytest.mark.parametrize(
    ("a", "b", "distance"), [(0, 0, 0), (0, (1 << 64) - 1, 64), (0b1011, 0b1110, 2), (1 << 63, 0, 1)]
)
def test_distance_counts_differing_bits(a: int, b: int, distance: int) -> None:
    assert phash_distance(a, b) == phash_distance(b, a) == distance


def test_chunks_are_the_hash_from_its_highest_bits() -> None:
    assert phash_chunks(0x0123_4567_89AB_CDEF) == (0x0123, 0x4567, 0x89AB, 0xCDEF)


def test_near_chunks_are_the_17_within_one_bit() -> None:
    for chunk in (0, 0xFFFF, 0x1234):
        near = near_chunks(chunk)
        assert near[0] == chunk
        assert set(near) == {value for value in range(1 << 16) if (value ^ chunk).bit_count() <= 1}
        assert len(near) == 17


@given(HASHES, st.sets(st.integers(0, 63), max_size=MAX_SEARCH_DISTANCE))
def test_the_search_finds_every_hash_within_its_distance(phash: int, bits: set[int]) -> None:
    other = phash
    for bit in bits:
        other ^= 1 << bit
    pairs = zip(phash_chunks(phash), phash_chunks(other), strict=True)
    assert any(theirs in near_chunks(ours) for ours, theirs in pairs)


def test_the_search_promises_no_more_than_its_distance() -> None:
    two_in_each = 0x0003_0003_0003_0003
    assert two_in_each.bit_count() == MAX_SEARCH_DISTANCE + 1
    assert not any(chunk in near_chunks(0) for chunk in phash_chunks(two_in_each))


def test_unrelated_hashes_are_rarely_candidates() -> None:
    dice = random.Random(1)
    ours = phash_chunks(dice.getrandbits(64))
    near = [set(near_chunks(chunk)) for chunk in ours]
    hits = sum(
        any(chunk in values for chunk, values in zip(phash_chunks(dice.getrandbits(64)), near, strict=True))
        for _ in range(20_000)
    )
    assert hits < 100
