from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.definition import Field
from forms.value_text import parse_value, render_value
from forms.values import GeoPoint, Unreadable

WIB = timezone(timedelta(hours=7))


def read(text, kind, select=None):
    return parse_value(text, Field("/a", "a", kind, select=select))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "5", 5),
        ("int", " -3 ", -3),
        ("int", "5.0", 5),
        ("decimal", "2.50", Decimal("2.50")),
        ("decimal", "-3", Decimal("-3")),
        ("decimal", "1.0E-4", Decimal("0.00010")),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("dateTime", "2026-10-12T08:01:44.120+07:00", datetime(2026, 10, 12, 8, 1, 44, 120000, WIB)),
        ("dateTime", "2026-10-12T08:01:44.120+07", datetime(2026, 10, 12, 8, 1, 44, 120000, WIB)),
        ("dateTime", "2026-10-12T08:01:44+0700", datetime(2026, 10, 12, 8, 1, 44, 0, WIB)),
        ("dateTime", "2026-10-12T01:01:44Z", datetime(2026, 10, 12, 1, 1, 44, 0, UTC)),
        ("dateTime", "2026-10-12T01:01-03:30", datetime(2026, 10, 12, 4, 31, 0, 0, UTC)),
        ("time", "08:01:44.120+07:00", "08:01:44.120+07:00"),
        ("geopoint", "-7.1 112.3 10.5 4.5", GeoPoint(-7.1, 112.3, 10.5, 4.5)),
        ("geopoint", "-7.1 112.3 10.5", GeoPoint(-7.1, 112.3, 10.5)),
        ("geopoint", "-7.1  112.3", GeoPoint(-7.1, 112.3)),
        ("geopoint", "0.0 0.0 0.0 0.0", GeoPoint(0, 0, 0, 0)),
        ("geotrace", "1 2 0 0;3 4 0 0;", "1 2 0 0;3 4 0 0;"),
        ("string", "  dua  kata\n", "  dua  kata\n"),
        ("unknown", "5", "5"),
        ("barcode", " 1 ", " 1 "),
        ("binary", " 1.jpg\n", "1.jpg"),
        ("odk:rank", "b a", "b a"),
    ],
)
def test_readable_texts(kind, text, value):
    found = read(text, kind)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "dua"),
        ("int", "2.5"),
        ("int", "1e3"),
        ("int", "٣"),
        ("int", "9" * 1000),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
        ("decimal", "1E999999999"),
        ("decimal", "2,5"),
        ("decimal", "."),
        ("date", "2023-02-29"),
        ("date", "20240229"),
        ("date", "2024-W09-4"),
        ("date", "2024-02-29T00:00:00Z"),
        ("dateTime", "2026-10-12T08:01:44"),
        ("dateTime", "2026-10-12"),
        ("dateTime", "2026-10-12T25:00:00Z"),
        ("dateTime", "0000-01-01T00:00:00Z"),
        ("geopoint", "-7.1"),
        ("geopoint", "1 2 3 4 5"),
        ("geopoint", "-7,1 112,3"),
        ("geopoint", "nan nan 0 0"),
        ("geopoint", "1e999 1"),
    ],
)
def test_texts_of_a_wrong_type_are_kept_as_unreadable(kind, text):
    assert read(text, kind) == Unreadable(text)


def test_selects_are_read_by_how_many_they_take_not_by_bind_type():
    assert read(" a  b\n", "string", "multiple") == frozenset({"a", "b"})
    assert read(" a ", "int", "one") == "a"


coordinates = st.floats(-180, 180, allow_nan=False).map(lambda number: round(number, 7))


@given(
    st.one_of(
        st.tuples(st.just("int"), st.integers(-(10**29), 10**29)),
        st.tuples(
            st.just("decimal"),
            st.decimals(
                allow_nan=False, allow_infinity=False, places=6, max_value=10**30, min_value=-(10**30)
            ),
        ),
        st.tuples(st.just("date"), st.dates()),
        st.tuples(
            st.just("dateTime"),
            st.datetimes(min_value=datetime(1900, 1, 2), timezones=st.sampled_from([UTC, WIB])).map(
                lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            ),
        ),
        st.tuples(
            st.just("geopoint"), st.builds(GeoPoint, coordinates, coordinates, coordinates, coordinates)
        ),
        st.tuples(st.just("geopoint"), st.builds(GeoPoint, coordinates, coordinates)),
    )
)
def test_what_is_written_is_read_back(pair):
    kind, value = pair
    assert read(render_value(value), kind) == value


def test_points_without_altitude_but_with_accuracy_keep_their_four_places():
    assert render_value(GeoPoint(-7.0, 112.0, None, 4.5)) == "-7.0 112.0 0.0 4.5"


def test_sets_truths_and_unreadable_texts():
    assert render_value(frozenset({"b", "a"})) == "a b"
    assert render_value(True) == "true"
    assert render_value(Unreadable("dua")) == "dua"
