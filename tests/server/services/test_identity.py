"""Identity numbers: cleaned for comparing, masked for showing, sealed as spelled."""

import pytest

from media.sealing import Seal
from server.models.household import Household
from server.services.identity import (
    digits_of,
    identity_numbers,
    kk_columns,
    last_four,
    mask_kk,
    mask_nik,
    nik_columns,
    number_hash,
)

SEAL = Seal(b"k" * 32)
NIK = "3517012309509171"


@pytest.mark.parametrize(
    "text", [NIK, "3517 0123 0950 9171", "'3517012309509171", "3517.0123.0950.9171", "351701-230950-9171"]
)
def test_spellings_of_one_number_are_equal(text: str) -> None:
    assert digits_of(text) == NIK
    assert number_hash(SEAL, text) == number_hash(SEAL, NIK)
    assert mask_nik(text) == "351701******9171"
    assert mask_kk(text) == "3517012309******"


@pytest.mark.parametrize(
    "text", ["3.51701E+15", "351701230950917", "35170123095091711", "abc", "٣٥١٧٠١٢٣٠٩٥٠٩١٧١", "-"]
)
def test_a_damaged_number_equals_nothing_and_shows_nothing(text: str) -> None:
    assert number_hash(SEAL, text) is None
    assert mask_nik(text) == mask_kk(text) == "******"
    assert last_four(mask_nik(text)) == ""


def test_one_digit_sixteen_times_is_nobodys_number() -> None:
    assert number_hash(SEAL, "0" * 16) is None
    assert number_hash(SEAL, "1" * 16) is None


def test_no_number_is_no_number() -> None:
    assert nik_columns(SEAL, "") == kk_columns(SEAL, "") == (None, None, "")
    assert mask_nik("") == mask_kk(" ") == ""


def test_a_number_is_sealed_as_spelled_and_opened_again() -> None:
    household = Household(
        nik_sealed=nik_columns(SEAL, "'" + NIK)[0], kk_sealed=kk_columns(SEAL, "3.5E+15")[0]
    )
    numbers = identity_numbers(SEAL, household)
    assert (numbers.nik, numbers.manager_nik, numbers.kk) == ("'" + NIK, None, "3.5E+15")
    assert NIK not in repr(numbers)


def test_the_mask_tells_the_last_four() -> None:
    assert last_four(mask_nik(NIK)) == "9171"
    assert last_four("") == ""
