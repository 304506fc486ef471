import pytest

from workers.area_codes import dotted_code, normal_code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("35.17.01.2001", "3517012001"),
        (" 3517012001 ", "3517012001"),
        (3517012001, "3517012001"),
        (3517012001.0, "3517012001"),
        ("35.17", "3517"),
        ("351701", "351701"),
        ("35", "35"),
        ("3517010001", None),
        ("35.17.01.200", None),
        ("35170120011", None),
        ("desa", None),
        ("", None),
        (None, None),
    ],
)
def test_codes_are_read_in_every_spelling(value: object, code: str | None) -> None:
    assert normal_code(value) == code


@pytest.mark.parametrize("dotted", ["35", "35.17", "35.17.01", "35.17.01.2001"])
def test_codes_are_shown_with_dots(dotted: str) -> None:
    assert dotted_code(normal_code(dotted) or "") == dotted


def test_a_code_of_another_length_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="not 3"):
        dotted_code("351")
