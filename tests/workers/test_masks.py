import pytest

from workers.masks import mask_number, mask_numbers_in


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("3517011110209651", "351701******9651"),
        ("35170111", "********"),
        ("3,51701E+15", "***********"),
        ("", ""),
    ],
)
def test_a_number_shows_six_and_four_digits_at_most(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    "text", ["NIK 3517011110209651 salah", "3517 0111 1020 9651", "3517.0111.1020.9651-"]
)
def test_numbers_in_a_text_are_masked_however_spaced(text: str) -> None:
    assert "351701******9651" in mask_numbers_in(text)


def test_phone_numbers_and_dates_stay() -> None:
    assert mask_numbers_in("HP 081234567890, 24-11-2026") == "HP 081234567890, 24-11-2026"
