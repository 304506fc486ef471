"""When and where a photo says it was taken: reading EXIF, which any phone or person may have filled with
anything.

Belongs here: the few tags we use, from Pillow's Exif to plain values. Does not: opening or decoding pictures.
Source: Exif 2.32 (CIPA DC-008), tables 4, 7 and 15. A photo that ODK Collect scaled keeps these tags.
"""

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from PIL import Image

# What a damaged EXIF block makes Pillow raise.
EXIF_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
)
_ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x0112, 0x8769, 0x8825
_ORIGINAL, _DIGITIZED, _MODIFIED = (0x9003, 0x9011), (0x9004, 0x9012), (0x0132, 0x9010)
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
_DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True)
class Position:
    """Where a photo says it was taken: WGS 84 degrees, in range, never exactly 0, 0."""

    lat: float
    lon: float


@dataclass(frozen=True)
class ExifFacts:
    """taken_at in aware UTC or None, position or None, orientation 1 to 8 (1: as stored)."""

    taken_at: datetime | None = None
    position: Position | None = None
    orientation: int = 1


def read_exif(image: Image.Image, timezone: tzinfo | None) -> ExifFacts:
    """What the EXIF of an opened picture says; what is absent, damaged or impossible is None.

    Args: timezone is that of dates without an offset; None: such dates are not used.
    Effects: a PNG is decoded by this, as its EXIF may stand at the end.
    """
    try:
        exif = image.getexif()
        orientation = exif.get(_ORIENTATION, 1)
    except EXIF_ERRORS:
        return ExifFacts()
    return ExifFacts(
        taken_at=_find_taken_at(exif, timezone),
        position=_find_position(_read_ifd(exif, _GPS_IFD)),
        orientation=orientation if orientation in range(1, 9) else 1,
    )


def _read_ifd(exif: Image.Exif, tag: int) -> Mapping[int, Any]:
    try:
        return dict(exif.get_ifd(tag))
    except EXIF_ERRORS:
        return {}


def _find_taken_at(exif: Image.Exif, timezone: tzinfo | None) -> datetime | None:
    """The first usable of: original, digitized, modified."""
    tags = {**exif, **_read_ifd(exif, _EXIF_IFD)}
    dates = (
        _parse_date(tags.get(date), tags.get(offset), timezone)
        for date, offset in (_ORIGINAL, _DIGITIZED, _MODIFIED)
    )
    return next(filter(None, dates), None)


def _parse_date(date: object, offset: object, timezone: tzinfo | None) -> datetime | None:
    match = _DATE.match(_text(date))
    zone = _parse_offset(_text(offset)) or timezone
    if match is None or zone is None:
        return None
    try:
        return datetime(*map(int, match.groups()), tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]
    except (ValueError, OverflowError):
        return None


def _parse_offset(text: str) -> tzinfo | None:
    if text == "Z":
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return (
        timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes < 24 * 60 else None
    )


def _find_position(gps: Mapping[int, Any]) -> Position | None:
    """Without a hemisphere there is no position: here the equator runs through the country."""
    lat = _read_angle(gps.get(_LAT), _text(gps.get(_LAT_REF)), "N", "S")
    lon = _read_angle(gps.get(_LON), _text(gps.get(_LON_REF)), "E", "W")
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180) or lat == lon == 0:
        return None
    return Position(lat, lon)


def _read_angle(value: object, reference: str, positive: str, negative: str) -> float | None:
    """Degrees of (degrees, minutes, seconds); some phones write decimal degrees and two zeros."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= 3 or reference not in (positive, negative):
        return None
    try:
        angle = sum(_parts(value))
    except EXIF_ERRORS:
        return None
    if not math.isfinite(angle):
        return None
    return angle if reference == positive else -angle


def _parts(value: tuple[Any, ...]) -> Iterator[float]:
    return (float(part) / 60**power for power, part in enumerate(value))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
