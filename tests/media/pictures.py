"""Pictures for tests, drawn here: houses with doors, windows, a roof and a yard, no two seeds alike."""

import io
import random
from fractions import Fraction

from PIL import Image, ImageDraw, ImageFilter

MODEL, ORIENTATION, EXIF_IFD, GPS_IFD = 0x0110, 0x0112, 0x8769, 0x8825
DATE, OFFSET = 0x9003, 0x9011


def draw_house(seed: int = 1, size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    """A house under a sky, with grain, so that it is as hard to compress as a photo."""
    dice = random.Random(seed)
    image = Image.new("RGB", size, _colour(dice, 120, 230))
    pen = ImageDraw.Draw(image)
    width, height = size
    for _ in range(12):
        _box(pen, dice, 0, 0, width, height // 2, 120, 255)
    ground = height * dice.randint(60, 80) // 100
    pen.rectangle((0, ground, width, height), fill=_colour(dice, 40, 120))
    left, right = width * dice.randint(5, 30) // 100, width * dice.randint(60, 95) // 100
    top = height * dice.randint(30, 45) // 100
    pen.rectangle((left, top, right, ground), fill=_colour(dice, 150, 255))
    peak = (dice.randint(left, right), top - height // 5)
    pen.polygon([(left - 20, top), (right + 20, top), peak], fill=_colour(dice, 60, 160))
    for _ in range(6):
        _box(pen, dice, left, top, right, ground, 20, 140)
    grain = Image.effect_noise(size, 40).convert("RGB")
    return Image.blend(image, grain, 0.12)


def _colour(dice: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return dice.randint(low, high), dice.randint(low, high), dice.randint(low, high)


def _box(
    pen: ImageDraw.ImageDraw, dice: random.Random, x0: int, y0: int, x1: int, y1: int, low: int, high: int
) -> None:
    x, y = dice.randint(x0, x1 - 2), dice.randint(y0, y1 - 2)
    pen.rectangle(
        (x, y, min(x1, x + (x1 - x0) // 6), min(y1, y + (y1 - y0) // 3)), fill=_colour(dice, low, high)
    )


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture's bytes."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def make_exif(
    *,
    date: str | None = None,
    offset: str | None = None,
    gps: dict[int, object] | None = None,
    orientation: int | None = None,
) -> Image.Exif:
    """An EXIF block with these tags as they are; gps by tag number."""
    exif = Image.Exif()
    exif[MODEL] = "Test"
    if orientation is not None:
        exif[ORIENTATION] = orientation
    details = {tag: text for tag, text in ((DATE, date), (OFFSET, offset)) if text is not None}
    if details:
        exif.get_ifd(EXIF_IFD).update(details)
    if gps is not None:
        exif.get_ifd(GPS_IFD).update(gps)
    return exif


def make_gps(lat: float, lon: float) -> dict[int, object]:
    """GPS tags of a position, as phones write them: degrees, minutes, seconds."""
    return {1: "S" if lat < 0 else "N", 2: _angle(abs(lat)), 3: "W" if lon < 0 else "E", 4: _angle(abs(lon))}


def _angle(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = Fraction((degrees - whole) * 3600 - minutes * 60).limit_denominator(10_000)
    return float(whole), float(minutes), float(seconds)


def blur(image: Image.Image, radius_px: float) -> Image.Image:
    """As by a shaking hand or a wet lens."""
    return image.filter(ImageFilter.GaussianBlur(radius_px))
