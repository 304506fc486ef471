import pytest

from workers.area_codes import dotted_code, normal_code, path_covers


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


@pytest.mark.parametrize(
    ("path", "area_path", "expected"),
    [
        ("", "3517012001", True),
        ("3517", "3517012001/003/002", True),
        ("3517012001", "3517012001", True),
        ("3517012001/003", "3517012001/003/002", True),
        ("3517012001/003/002", "3517012001/003/002", True),
        ("3517012001/003/002", "3517012001/003/001", False),
        ("3517012001/003", "3517012001/004", False),
        ("3517012001/003", "3517012002/003", False),
        ("3518", "3517012001", False),
        ("3517012001/003", "3517012001", None),
        ("3517012001/003/002", "3517012001/003", None),
        ("3517012001/003/002", "3517012001/000/002", None),
        ("3517012001/003/002", "3517012001/000/001", False),
        ("3517012001/003", "3517012001/000/002", None),
        ("3517012001/000/002", "3517012001/000/002", True),
        ("3517012001", "3517", None),
    ],
)
def test_an_area_covers_all_below_it(path: str, area_path: str, expected: bool | None) -> None:
    assert path_covers(path, area_path) is expected
