"""Cells of extracts in their many spellings."""

from datetime import date

import pytest

from server.services.register_values import (
    clean_cells,
    parse_coordinates,
    parse_count,
    parse_date,
    parse_dates,
    parse_desil,
    parse_matched,
    parse_phone,
    parse_programmes,
    parse_sex,
    parse_text,
    parse_year,
    parse_yes,
    without_long_numbers,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2026-03-31", date(2026, 3, 31)), ("31-03-2026", date(2026, 3, 31)), ("31/3/2026", date(2026, 3, 31)),
     ("2026-03-31 00:00:00", date(2026, 3, 31)), ("2026-03-31T10:00:00", date(2026, 3, 31)), ("31/02/2026", None), ("0000-00-00", None),
     ("3/2026", None), ("", None), ("44286", None), ("٢٠٢٦-٠٣-٣١", None)],
)  # fmt: skip
def test_dates(text: str, value: date | None) -> None:
    assert parse_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("L", "l"),
        ("p", "p"),
        ("Laki-laki", "l"),
        ("PEREMPUAN", "p"),
        ("1", "l"),
        ("2", "p"),
        ("", None),
        ("x", None),
    ],
)
def test_sexes(text: str, value: str | None) -> None:
    assert parse_sex(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("4", 4), ("4.0", 4), ("4 orang", 4), ("0", 0), ("", None), ("x", None), ("100", None), ("-1", None)],
)
def test_counts(text: str, value: int | None) -> None:
    assert parse_count(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("10", 10), ("Desil 3", 3), ("0", None), ("11", None), ("", None), ("-", None)],
)
def test_deciles(text: str, value: int | None) -> None:
    assert parse_desil(text) == value


@pytest.mark.parametrize(
    ("text", "names"),
    [("PKH;BPNT", ("PKH", "BPNT")), ("PKH, BPNT", ("PKH", "BPNT")), ("PKH|BPNT", ("PKH", "BPNT")), (" PKH ", ("PKH",)),
     ("", ()), ("-", ()), ("PKH;;PKH", ("PKH",)), ("BLT-DD", ("BLT-DD",))],
)  # fmt: skip
def test_programmes(text: str, names: tuple[str, ...]) -> None:
    assert parse_programmes(text) == names


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("YA", True),
        ("1", True),
        ("true", True),
        ("Aktif", True),
        ("TIDAK", False),
        ("0", False),
        ("", False),
        ("-", False),
    ],
)
def test_yes_and_no(text: str, value: bool) -> None:
    assert parse_yes(text) is value


@pytest.mark.parametrize(
    ("lat", "lon", "point"),
    [("-7.6", "112.1", (-7.6, 112.1)), ("-7,6", "112,1", (-7.6, 112.1)), ("", "112.1", (None, None)), ("0", "0", (None, None)),
     ("x", "112", (None, None)), ("-97", "112", (None, None)), ("-7", "212", (None, None)), ("nan", "112", (None, None))],
)  # fmt: skip
def test_coordinates(lat: str, lon: str, point: tuple[float | None, float | None]) -> None:
    assert parse_coordinates(lat, lon) == point


@pytest.mark.parametrize(
    ("text", "phone"),
    [("0812-3456 789", "628123456789"), ("+62 812 3456789", "628123456789"), ("", ""), ("-", "")],
)
def test_phones(text: str, phone: str) -> None:
    assert parse_phone(text) == phone


def test_texts_are_one_clean_line() -> None:
    assert parse_text("  Dsn.\tKrajan\n RT 2\x00 ", 50) == "Dsn. Krajan RT 2"
    assert parse_text("abcdef", 3) == "abc"


def test_long_numbers_are_hidden_short_ones_are_not() -> None:
    assert without_long_numbers("rek 1234567890123 a.n. Siti") == "rek ****** a.n. Siti"
    assert without_long_numbers("hp 081234567890") == "hp 081234567890"


@pytest.mark.parametrize(
    "cells",
    [["a", "b|c"], ["a|b", "c"], ["a b", "c"], [" a", "b"], ["a", "b "], ["a ", "b"], ["a", " b"], ["a  b", "c"], ["a\n", "c"], ["", ""], ["a\x1fb", "c"]],
)  # fmt: skip
def test_cells_are_clean_whatever_the_way(cells: list[str]) -> None:
    clean, _ = clean_cells(list(cells))
    assert clean == [parse_text(cell, 99) for cell in cells]


def test_different_rows_never_look_alike() -> None:
    rows = [["a", "b|c"], ["a|b", "c"], ["a|b|c", ""], ["", "a|b|c"], ["a", "b"], ["ab", ""], ["", "ab"]]
    assert len({clean_cells(list(row))[1] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("text", "matched"),
    [("ya", True), ("2024-03-01", True), ("Sudah padan", True), ("1", True), ("TIDAK", False), ("0", False),
     ("belum padan", False), ("", None), ("menunggu", None)],
)  # fmt: skip
def test_matched_with_the_civil_registry(text: str, matched: bool | None) -> None:
    assert parse_matched(text) is matched


@pytest.mark.parametrize(
    ("text", "year"),
    [("2019", 2019), ("2019.0", 2019), ("SK 12/2019", 2019), ("1.234/2018", 2018), ("1998", None), ("", None), ("20190", None)],
)  # fmt: skip
def test_year_of_the_first_decree(text: str, year: int | None) -> None:
    assert parse_year(text) == year


def test_dates_of_several_children() -> None:
    assert parse_dates("1/5/2021; 2019-03-31;kapan") == (date(2019, 3, 31), date(2021, 5, 1))
    assert parse_dates("") == ()
