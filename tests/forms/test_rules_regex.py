import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.rules_regex import MAX_TEXT, PatternError, compile_pattern

NIK = "^[1-9][0-9]{5}(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(0[1-9]|1[0-2])[0-9]{6}$"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (NIK, "3517014501900001", True),
        (NIK, "3517017201900001", False),
        ("^(08|628)[0-9]{7,12}$", "08123456", False),
        ("^(08|628)[0-9]{7,12}$", "0812345678", True),
        ("[0-9]{11,12}", "x12345678901", False),
        ("[^@]+@[^.]+[.][a-z]+", "a@b.id", True),
        (r"\d+", "٣", False),
        (r"(?:ab)?c\.", "abc.", True),
        ("a|bc", "bc", True),
        ("", "", True),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern, text, matches):
    assert compile_pattern(pattern)(text) is matches


def test_a_text_that_is_too_long_is_not_judged():
    assert compile_pattern(".*")("a" * (MAX_TEXT + 1)) is None


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(a|a)*b", "(a*){30}", "a*a*a*a*b", "(a?){40}a{40}", "((a|b)+|c)+d", r"(a)\1", "(?=a)a"),
        *("(?i)a", "(", "a**", "[z-a]", "a{5,2}", "[[a]", "[a--b]", "*a", "a{1001}", "\\", "[]"),
    ],
)
def test_patterns_that_could_run_away_or_make_no_sense_are_refused(pattern):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


_PIECE = st.sampled_from(
    ["a", "b", ".", "[ab]", "(a|ab)", "a*", "[ab]+", "a?", "(ab)*", "b{2}", "a{1,3}", "(?:b|)"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECE, max_size=8).map("".join), st.text("ab", max_size=MAX_TEXT))
def test_accepted_patterns_answer_quickly_and_as_python_does(pattern, text):
    try:
        matches = compile_pattern(pattern)
    except PatternError:
        return
    started = time.perf_counter()
    answers = [
        matches(candidate) for candidate in (text, "a" * MAX_TEXT, "a" * (MAX_TEXT - 1) + "x", "ab" * 100)
    ]
    assert time.perf_counter() - started < 2
    assert answers[0] is (re.fullmatch(pattern, text) is not None)
