from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.rules_values import (
    NA,
    UNKNOWN,
    Interval,
    arithmetic,
    bounds,
    comparison,
    hull,
    interval,
    map_number,
    negated,
    opposite,
    to_number,
)

WHOLE = st.integers(-9, 9)
# A number somewhere within bounds, and the bounds.
WITHIN = (
    st.lists(WHOLE, min_size=3, max_size=3)
    .map(sorted)
    .map(lambda three: (three[1], interval(three[0], three[2])))
)


def holds(number, value) -> bool:
    low, high = bounds(number)
    return low <= value <= high


@given(WITHIN, WITHIN, st.sampled_from(["+", "-", "*", "div", "mod"]))
def test_the_result_of_bounded_numbers_holds_the_result_of_every_number_in_them(first, second, sign):
    (a, around_a), (b, around_b) = first, second
    exact, around = arithmetic(sign)(a, b), arithmetic(sign)(around_a, around_b)
    assert around is UNKNOWN or holds(around, exact)


@given(WITHIN)
def test_negation_and_rising_functions_keep_the_number_within_bounds(number):
    value, around = number
    assert holds(negated(around), -value)
    assert holds(map_number(lambda each: each // 2, around), value // 2)


@given(WITHIN, WITHIN, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
def test_a_certain_comparison_of_bounds_holds_for_every_number_in_them(first, second, sign):
    (a, around_a), (b, around_b) = first, second
    assert comparison(sign)(around_a, around_b) in (UNKNOWN, comparison(sign)(a, b))


@pytest.mark.parametrize(
    ("sign", "a", "b", "truth"),
    [
        ("<", Interval(0, 2), 3, True),
        ("<", Interval(0, 2), 2, UNKNOWN),
        ("<", Interval(0, 2), 0, False),
        (">=", 2, Interval(0, 2), True),
        ("=", Interval(0, 2), Interval(3, 4), False),
        ("!=", Interval(0, 2), 5, True),
        ("=", Interval(0, 2), 1, UNKNOWN),
    ],
)
def test_bounds_are_compared_as_sharply_as_they_allow(sign, a, b, truth):
    assert comparison(sign)(a, b) is truth


@pytest.mark.parametrize("divisor", [0, Interval(-1, 1), Interval(0, 2), Interval(-2, 0)])
def test_nothing_is_divided_by_what_may_be_zero(divisor):
    assert arithmetic("div")(6, divisor) is UNKNOWN


def test_division_by_bounds_away_from_zero_is_bounded():
    assert arithmetic("div")(6, Interval(-3, -2)) == Interval(-3, -2)
    assert arithmetic("div")(Interval(1, 2), 4) == Interval(Decimal("0.25"), Decimal("0.5"))


@pytest.mark.parametrize("missing", [NA, UNKNOWN])
def test_what_is_missing_stays_missing(missing):
    assert arithmetic("+")(missing, 1) is arithmetic("*")(Interval(0, 1), missing) is missing
    assert negated(missing) is missing


def test_bounds_that_meet_are_a_number():
    assert interval(3, 3) == hull(3, 3) == 3
    assert hull(1, Interval(2, 4)) == Interval(1, 4)


def test_opposite_of_unknown_is_unknown():
    assert [opposite(truth) for truth in (True, False, UNKNOWN)] == [False, True, UNKNOWN]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (0.1, Decimal("0.1")),
        (Decimal("2.50"), Decimal("2.5")),
        (True, UNKNOWN),
        ("3", UNKNOWN),
        (None, UNKNOWN),
        (float("inf"), UNKNOWN),
        (Decimal("-Infinity"), UNKNOWN),
        (Decimal("1E-99999"), UNKNOWN),
        (10**50, UNKNOWN),
    ],
)
def test_numbers_from_outside_are_exact_finite_and_of_a_sane_size(value, number):
    assert to_number(value) == number


def test_a_number_too_large_to_calculate_with_is_unknown():
    huge = Decimal("1E+999990")
    assert arithmetic("*")(huge, huge) is UNKNOWN
