"""Comparing perceptual hashes: how far two are apart, and how a database finds near ones by an index.

Belongs here: arithmetic on 64-bit hashes. Does not: pictures (photos.py), SQL.
"""

PHASH_BITS = 64
CHUNK_BITS = 16
CHUNKS = PHASH_BITS // CHUNK_BITS
MAX_SEARCH_DISTANCE = 2 * CHUNKS - 1


def phash_distance(a: int, b: int) -> int:
    """How many of the 64 bits differ: 0 the same picture, up to 6 the same scene, around 32 unrelated."""
    return (a ^ b).bit_count()


def phash_chunks(phash: int) -> tuple[int, int, int, int]:
    """The hash as four numbers of 16 bits, the highest first: what to keep in four indexed columns."""
    first, second, third, fourth = (phash >> shift & 0xFFFF for shift in (48, 32, 16, 0))
    return first, second, third, fourth


def near_chunks(chunk: int) -> tuple[int, ...]:
    """The 17 values of 16 bits that differ from this one in at most one bit, itself first.

    Of two hashes at most 7 bits apart, at least one of the four chunks differs in at most one bit. So
    candidates are the rows where any chunk column is one of the near values of ours; phash_distance then
    decides.
    """
    return chunk, *(chunk ^ (1 << bit) for bit in range(CHUNK_BITS))
