import random

import pytest

from workers.norms import count, median_norm, number_bin, round_to, spread_norm, time_bin


def tally(values: list[float]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[number_bin(value)] = found.get(number_bin(value), 0) + 1
    return found


@pytest.mark.parametrize(
    ("value", "rounded"), [(0, 0.0), (1534, 1500.0), (0.0347, 0.035), (-87.6, -88.0), (float("inf"), 0.0)]
)
def test_two_significant_digits(value: float, rounded: float) -> None:
    assert round_to(value) == rounded


def test_bins_keep_small_whole_numbers_and_three_digits_of_the_rest() -> None:
    assert [number_bin(value) for value in (0, 7, 999, 12345, 2.5, -3)] == [
        "0",
        "7",
        "999",
        "12300.0",
        "2.5",
        "-3",
    ]
    assert [time_bin(value) for value in (0, 9, 10, 1534)] == ["0", "0", "10", "1530"]


def test_the_median_is_the_lower_one_to_two_digits() -> None:
    assert median_norm(tally([300, 310, 900])) == 310.0
    assert median_norm(tally([300, 400])) == 300.0
    assert median_norm({}) is None


def test_norms_do_not_depend_on_the_order() -> None:
    values = [float(number % 17) for number in range(200)]
    mixed = random.Random(4).sample(values, len(values))
    assert spread_norm(tally(values)) == spread_norm(dict(reversed(tally(mixed).items())))


def test_a_few_absurd_answers_do_not_hide_themselves() -> None:
    usual = [1.0] * 50 + [2.0] * 40 + [3.0] * 8
    spread = spread_norm(tally([*usual, 500.0, 500.0]))
    assert spread is not None
    mean, deviation = spread
    assert mean + 3 * deviation < 10


def test_where_nobody_has_any_the_deviation_is_one() -> None:
    assert spread_norm(tally([0.0] * 99 + [1.0])) == (0.0, 1.0)
    assert spread_norm({}) is None


def test_a_bin_that_was_emptied_counts_nothing() -> None:
    assert count({"1": 0, "2": 3}) == 3
    assert median_norm({"1": 0}) is None
