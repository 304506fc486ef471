import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from media.exif import ExifFacts, Position, read_exif
from tests.media.pictures import encode, make_exif, make_gps

NOON = "2026:10:12 12:00:00"
WIB = ZoneInfo("Asia/Jakarta")
SOUTH_EAST: dict[int, object] = {1: "S", 2: (7.0, 30.0, 0.0), 3: "E", 4: (112.0, 15.0, 36.0)}


def read(exif: Image.Exif | bytes, timezone: ZoneInfo | None = None) -> ExifFacts:
    with Image.open(io.BytesIO(encode(Image.new("L", (8, 8)), exif=exif))) as image:
        return read_exif(image, timezone)


@pytest.mark.parametrize(
    ("offset", "hours"),
    [("+07:00", -7), ("+0900", -9), ("-03:30", 3.5), ("Z", 0), ("+00:00", 0), ("+07:00\0 ", -7)],
)
def test_an_offset_makes_the_moment_sure(offset: str, hours: float) -> None:
    noon = datetime(2026, 10, 12, 12, tzinfo=UTC)
    assert read(make_exif(date=NOON, offset=offset)).taken_at == noon + timedelta(hours=hours)


def test_a_date_without_offset_is_read_in_the_given_zone_or_not_at_all() -> None:
    assert read(make_exif(date=NOON), WIB).taken_at == datetime(2026, 10, 12, 5, tzinfo=UTC)
    assert read(make_exif(date=NOON)).taken_at is None


def test_moments_are_utc() -> None:
    taken_at = read(make_exif(date=NOON, offset="+07:00")).taken_at
    assert taken_at is not None
    assert taken_at.tzinfo is UTC


def test_the_offset_of_the_photo_goes_before_the_given_zone() -> None:
    assert read(make_exif(date=NOON, offset="+09:00"), WIB).taken_at == datetime(2026, 10, 12, 3, tzinfo=UTC)


def test_without_original_date_the_next_best_is_taken() -> None:
    exif = make_exif(date="0000:00:00 00:00:00")
    exif[0x0132] = "2026:10:13 12:00:00"
    assert read(exif, WIB).taken_at == datetime(2026, 10, 13, 5, tzinfo=UTC)
    exif.get_ifd(0x8769)[0x9004] = "2026-10-14T12:00:00".replace("T", " ")
    assert read(exif, WIB).taken_at == datetime(2026, 10, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [
        "",
        " ",
        "yesterday",
        "2026:13:01 00:00:00",
        "2026:02:30 00:00:00",
        "2026:10:12 25:00:00",
        "0001:01:01 00:00:00",
        "2026:10:12",
    ],
)
def test_impossible_dates_are_unknown(date: str) -> None:
    assert read(make_exif(date=date, offset="+07:00"), WIB).taken_at is None


@pytest.mark.parametrize("offset", ["+25:00", "seven", "", "+7"])
def test_impossible_offsets_are_ignored(offset: str) -> None:
    assert read(make_exif(date=NOON, offset=offset)).taken_at is None
    assert read(make_exif(date=NOON, offset=offset), WIB).taken_at == datetime(2026, 10, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lat", "lon"), [(-7.5459, 112.2384), (5.55, 95.32), (-8.5, 140.4), (51.5, -0.12), (0.0, 109.3)]
)
def test_positions_keep_their_hemisphere(lat: float, lon: float) -> None:
    position = read(make_exif(gps=make_gps(lat, lon))).position
    assert position is not None
    assert (position.lat, position.lon) == pytest.approx((lat, lon), abs=1e-6)


def test_decimal_degrees_are_understood() -> None:
    gps = SOUTH_EAST | {2: (7.25, 0.0, 0.0), 4: (112.5, 0.0, 0.0)}
    assert read(make_exif(gps=gps)).position == Position(-7.25, 112.5)


@pytest.mark.parametrize(
    "gps",
    [
        {},
        make_gps(0.0, 0.0),
        {tag: value for tag, value in SOUTH_EAST.items() if tag != 1},
        {tag: value for tag, value in SOUTH_EAST.items() if tag != 4},
        SOUTH_EAST | {1: "X"},
        SOUTH_EAST | {1: ""},
        SOUTH_EAST | {2: (91.0, 0.0, 0.0)},
        SOUTH_EAST | {4: (180.0, 30.0, 0.0)},
    ],
)
def test_positions_that_cannot_be_are_unknown(gps: dict[int, object]) -> None:
    assert read(make_exif(gps=gps)).position is None


def test_a_division_by_zero_is_no_position() -> None:
    data = make_exif(gps=SOUTH_EAST).tobytes()
    seven, one = (7).to_bytes(4, "big"), (1).to_bytes(4, "big")
    if seven + one not in data:
        seven, one = (7).to_bytes(4, "little"), (1).to_bytes(4, "little")
    assert data.count(seven + one) == 1
    assert read(data).position == Position(-7.5, 112.26)
    assert read(data.replace(seven + one, seven + bytes(4))).position is None


def test_position_and_date_do_not_need_each_other() -> None:
    facts = read(make_exif(date=NOON, offset="+07:00", gps=SOUTH_EAST | {1: "X"}))
    assert (facts.taken_at is None, facts.position) == (False, None)
    assert read(make_exif(gps=SOUTH_EAST)).position is not None


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_impossible_orientation_turns_nothing(orientation: int) -> None:
    assert read(make_exif(orientation=orientation)).orientation == 1


def test_a_picture_without_exif_says_nothing() -> None:
    assert read(b"") == ExifFacts()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("keep", range(0, 200, 3))
def test_damaged_blocks_never_raise(keep: int) -> None:
    """A block cut anywhere, and one with a byte changed anywhere."""
    data = make_exif(date=NOON, offset="+07:00", gps=SOUTH_EAST, orientation=6).tobytes()
    changed = bytearray(data)
    changed[min(keep, len(data) - 1)] ^= 0xFF
    for damaged in (data[: max(keep, 7)], bytes(changed)):
        facts = read(damaged, WIB)
        assert facts.orientation in range(1, 9)
        assert facts.position is None or abs(facts.position.lat) <= 90
