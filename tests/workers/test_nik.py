from datetime import date

import pytest

from workers.nik import NikFault, find_fault, read_birth_part

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("nik", "sex", "born_on"),
    [
        ("3517014107809001", "p", date(1980, 7, 1)),
        ("3517013112259001", "l", date(2025, 12, 31)),
        ("3517010112269001", "l", date(1926, 12, 1)),
        ("3517016902009001", "p", date(2000, 2, 29)),
    ],
)
def test_birth_date_and_sex_with_the_century_that_gives_a_living_age(
    nik: str, sex: str, born_on: date
) -> None:
    part = read_birth_part(nik)
    assert part is not None
    assert (part.sex, part.born_on(TODAY)) == (sex, born_on)


def test_29_february_of_a_year_that_has_none_is_no_date() -> None:
    assert find_fault("3517012902019001", TODAY) is NikFault.NO_DATE


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert find_fault("٣٥١٧٠١٤١٠٧٨٠٩٠٠١", TODAY) is NikFault.NOT_16_DIGITS


@pytest.mark.parametrize("nik", ["", "1", "35170141078090011"])
def test_other_lengths_have_no_birth_part(nik: str) -> None:
    assert read_birth_part(nik) is None
