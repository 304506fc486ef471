import pytest

from workers.zones import find_zone


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("3517012001", "Asia/Jakarta"),
        ("35", "Asia/Jakarta"),
        ("6201012001/001", "Asia/Jakarta"),
        ("6301012001", "Asia/Makassar"),
        ("5103", "Asia/Makassar"),
        ("9401012001", "Asia/Jayapura"),
        ("8101012001", "Asia/Jayapura"),
        ("9901012001", None),
        ("", None),
        (None, None),
    ],
)
def test_the_province_tells_the_zone(code: str | None, zone: str | None) -> None:
    assert find_zone(code) == zone
