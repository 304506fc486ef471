"""Drawn house photos: the same scene shows the same house, every other scene another one."""

import io
import random  # drawings, not secrets
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)


@lru_cache(maxsize=64)
def _scene(seed: str) -> Image.Image:
    """A house that only this seed has: sky, ground, wall, roof, door, windows, trees, in random places and colours."""
    dice = random.Random(seed)  # noqa: S311
    rough = Image.new("RGB", (9, 7))
    rough.putdata([tuple(dice.randrange(30, 226) for _ in range(3)) for _ in range(63)])
    picture = rough.resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    left, top = dice.randrange(60, 300), dice.randrange(140, 260)
    width, height = dice.randrange(160, 300), dice.randrange(110, 200)
    draw.rectangle((left, top, left + width, top + height), fill=_colour(dice))
    peak = (left + width // 2, top - dice.randrange(30, 110))
    draw.polygon((left - 20, top, left + width + 20, top, *peak), fill=_colour(dice))
    for _ in range(dice.randrange(2, 6)):
        x, y = left + dice.randrange(width - 30), top + dice.randrange(height - 40)
        draw.rectangle((x, y, x + dice.randrange(18, 50), y + dice.randrange(24, 60)), fill=_colour(dice))
    for _ in range(dice.randrange(1, 4)):
        x, y, r = dice.randrange(SIZE[0]), dice.randrange(60, 300), dice.randrange(20, 70)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(dice))
    return picture


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(20, 236), dice.randrange(20, 236), dice.randrange(20, 236)


def draw_photo(scene: str, copy: str) -> bytes:
    """A JPEG of the scene. The same scene and copy give the same bytes; another copy of it is re-encoded, a little softer."""
    dice = random.Random(copy)  # noqa: S311
    picture = _scene(scene)
    if copy != scene:
        picture = picture.filter(ImageFilter.GaussianBlur(dice.uniform(0.3, 0.8)))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80 if copy == scene else dice.randrange(55, 75))
    return buffer.getvalue()
