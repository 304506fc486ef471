"""What is usual, from tallies that are counted up and down: a median, or a mean with its deviation.

Belongs here: bins, and the norm of a tally. A norm depends on what was counted, never on the order, and is given to two
significant digits, so that it seldom moves. Does not: keeping tallies, whom a move concerns (server.services.norms).
"""

import math
from collections.abc import Iterable, Mapping

Tally = Mapping[str, int]
"""Bin -> how many; a bin's name is its value."""
TIME_BIN_S = 10
DIGITS = 2
BIN_DIGITS = 3
EXACT_BELOW = 1000
DRAWN_IN = 0.95
MIN_DEVIATION = 1.0
"""Of counts: where nearly all have none, one more is no outlier."""


def time_bin(seconds: float) -> str:
    """Ten seconds each."""
    return str(int(seconds // TIME_BIN_S) * TIME_BIN_S)


def number_bin(value: float) -> str:
    """Whole numbers below EXACT_BELOW as they are, the rest to BIN_DIGITS significant digits."""
    if value == int(value) and abs(value) < EXACT_BELOW:
        return str(int(value))
    return repr(round_to(value, BIN_DIGITS))


def round_to(value: float, digits: int = DIGITS) -> float:
    """Rounded to so many significant digits: 0.0347 -> 0.035, 1534 -> 1500."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return float(round(value, digits - 1 - math.floor(math.log10(abs(value)))))


def count(tally: Tally) -> int:
    """How many were counted."""
    return sum(tally.values())


def median_norm(tally: Tally) -> float | None:
    """The lower median, to two digits; None of nothing."""
    total = count(tally)
    passed = 0
    for value, times in _sorted(tally):
        passed += times
        if 2 * passed >= total:
            return round_to(value)
    return None


def spread_norm(tally: Tally) -> tuple[float, float] | None:
    """(mean, standard deviation), each to two digits; None of nothing.

    What lies above the 95th percentile counts as that percentile, so that a few absurd answers do not hide themselves; the
    deviation is at least MIN_DEVIATION, and a twentieth of the mean.
    Source: winsorizing, Tukey 1962; the share drawn in is ours.
    """
    total = count(tally)
    if not total:
        return None
    rows = list(_sorted(tally))
    limit = _percentile(rows, total)
    drawn = [(min(value, limit), times) for value, times in rows]
    mean = sum(value * times for value, times in drawn) / total
    variance = sum((value - mean) ** 2 * times for value, times in drawn) / total
    deviation = max(math.sqrt(variance), MIN_DEVIATION, abs(mean) / 20)
    return round_to(mean), round_to(deviation)


def _sorted(tally: Tally) -> Iterable[tuple[float, int]]:
    return sorted((float(value), times) for value, times in tally.items() if times > 0)


def _percentile(rows: list[tuple[float, int]], total: int) -> float:
    passed = 0
    for value, times in rows:
        passed += times
        if passed >= DRAWN_IN * total:
            return value
    return rows[-1][0]
