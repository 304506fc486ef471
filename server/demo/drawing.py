"""Drawn house photos: the same scene shows the same house, every other scene another one.

Belongs here: pictures. Does not: which house has which (visits.py). Light and shade are strewn at random, so that no
two scenes look alike to a perceptual hash although all show a house below a sky.
"""

import io
import random  # drawings, not secrets
from functools import lru_cache

from PIL import Image, ImageDraw

SIZE = (640, 480)
CAPTION = "gambar rekaan"
_Colour = tuple[int, int, int]
_Box = tuple[int, int, int, int]
_SKY = ((96, 124, 168), (244, 246, 250))
_GROUND = ((52, 60, 30), (214, 190, 140))
_WALLS = (
    (236, 226, 204),
    (196, 214, 190),
    (150, 176, 200),
    (120, 84, 60),
    (214, 170, 120),
    (90, 104, 112),
    (240, 240, 236),
)
_ROOFS = ((150, 66, 44), (96, 52, 40), (112, 112, 118), (60, 70, 84), (188, 120, 80), (70, 88, 62))
_LEAVES = ((30, 66, 34), (58, 98, 44), (96, 130, 60), (24, 48, 40))
_PAPER = (248, 246, 238)


def draw_photo(scene: str, copy: str) -> bytes:
    """A JPEG of the scene. The same scene and copy give the same bytes; another copy of it is larger and re-encoded."""
    picture = _scene(scene)
    if copy == scene:
        return _jpeg(picture, 80)
    dice = random.Random(copy)  # noqa: S311
    width = dice.randrange(660, 720)
    larger = picture.resize((width, width * SIZE[1] // SIZE[0]), Image.Resampling.BILINEAR)
    return _jpeg(larger, dice.randrange(55, 80))


def draw_letter(scene: str) -> bytes:
    """A JPEG of a signed letter: lines on paper."""
    dice = random.Random(scene)  # noqa: S311
    picture = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((220, 30), "SURAT PERNYATAAN (REKAAN)", fill=(30, 30, 40))
    for line in range(12):
        y = 80 + line * 24
        draw.line((60, y, dice.randrange(420, 580), y), fill=(90, 90, 100), width=3)
    signature = [(400 + step * 8, 410 + dice.randrange(-22, 22)) for step in range(16)]
    draw.line(signature, fill=(40, 50, 130), width=3, joint="curve")
    return _jpeg(picture, 80)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _scene(seed: str) -> Image.Image:
    """A house that only this seed has, with sky, ground, trees and fence."""
    dice = random.Random(seed)  # noqa: S311
    horizon = dice.randrange(190, 290)
    picture = _background(dice, horizon)
    draw = ImageDraw.Draw(picture)
    _trees(draw, dice, horizon, dice.randrange(1, 5))
    box = _house_box(dice, horizon)
    _house(draw, dice, box)
    _trees(draw, dice, min(SIZE[1], box[3] + 60), dice.randrange(0, 3))
    if dice.random() < 0.4:
        _fence(draw, dice, box[3] + 30)
    draw.text((8, SIZE[1] - 16), CAPTION, fill=_PAPER)
    return picture


def _background(dice: random.Random, horizon: int) -> Image.Image:
    """Sky with clouds above the horizon, ground with patches of shade below it."""
    picture = Image.new("RGB", SIZE)
    picture.paste(_wash(dice, _SKY, (SIZE[0], horizon), (7, 3)), (0, 0))
    picture.paste(_wash(dice, _GROUND, (SIZE[0], SIZE[1] - horizon), (7, 3)), (0, horizon))
    return picture


def _wash(
    dice: random.Random, ends: tuple[_Colour, _Colour], size: tuple[int, int], spots: tuple[int, int]
) -> Image.Image:
    """A surface whose brightness wanders between two colours."""
    rough = Image.new("RGB", spots)
    rough.putdata([_between(*ends, dice.random()) for _ in range(spots[0] * spots[1])])
    return rough.resize(size, Image.Resampling.BICUBIC)


def _between(dark: _Colour, light: _Colour, share: float) -> _Colour:
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(dark, light, strict=True))
    return red, green, blue


def _trees(draw: ImageDraw.ImageDraw, dice: random.Random, foot: int, count: int) -> None:
    for _ in range(count):
        x, height, crown = dice.randrange(SIZE[0]), dice.randrange(60, 190), dice.randrange(28, 80)
        draw.rectangle((x - 6, foot - height, x + 6, foot), fill=(74, 52, 36))
        leaves = dice.choice(_LEAVES)
        for dx, dy in ((0, -crown // 2), (-crown // 2, 0), (crown // 2, 0)):
            _disc(draw, x + dx, foot - height + dy, crown * 3 // 4, leaves)


def _disc(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int, colour: _Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _house_box(dice: random.Random, horizon: int) -> _Box:
    """Left, top, right, bottom of the front wall; it stands a little below the horizon."""
    width, height = dice.randrange(180, 360), dice.randrange(90, 150)
    left = dice.randrange(50, SIZE[0] - width - 50)
    bottom = horizon + dice.randrange(30, 110)
    return left, bottom - height, left + width, bottom


def _house(draw: ImageDraw.ImageDraw, dice: random.Random, box: _Box) -> None:
    left, _, right, bottom = box
    wall = _shaded(dice, dice.choice(_WALLS))
    draw.rectangle(box, fill=wall, outline=_darker(wall), width=3)
    _roof(draw, dice, box)
    _doors_and_windows(draw, dice, box)
    if dice.random() < 0.5:
        draw.rectangle((left - 14, bottom - 8, right + 14, bottom + 10), fill=(176, 172, 164))


def _roof(draw: ImageDraw.ImageDraw, dice: random.Random, box: _Box) -> None:
    left, top, right, _ = box
    colour, rise, eave = _shaded(dice, dice.choice(_ROOFS)), dice.randrange(40, 100), dice.randrange(12, 34)
    middle, flat = (left + right) // 2, dice.choice((0, 0, (right - left) // 4))
    corners = [
        (left - eave, top + 6),
        (middle - flat, top - rise),
        (middle + flat, top - rise),
        (right + eave, top + 6),
    ]
    draw.polygon(corners, fill=colour, outline=_darker(colour))
    for share in (0.35, 0.7):
        y = round(top + 6 - rise * share)
        inset = round((middle - flat - left + eave) * share * 0.95)
        draw.line((left - eave + inset, y, right + eave - inset, y), fill=_darker(colour), width=2)


def _doors_and_windows(draw: ImageDraw.ImageDraw, dice: random.Random, box: _Box) -> None:
    left, top, right, bottom = box
    slots = max(3, (right - left) // 70)
    step = (right - left) // slots
    door = dice.randrange(slots)
    wood, frame = _shaded(dice, (110, 74, 44)), _shaded(dice, (226, 220, 206))
    for slot in range(slots):
        x = left + slot * step + step // 2
        if slot == door:
            draw.rectangle((x - 20, bottom - 78, x + 20, bottom - 2), fill=wood, outline=frame, width=3)
            _disc(draw, x + 12, bottom - 38, 3, (220, 190, 80))
            continue
        y = top + 24
        draw.rectangle((x - 22, y, x + 22, y + 42), fill=(120, 146, 164), outline=frame, width=4)
        draw.line((x, y, x, y + 42), fill=frame, width=3)
        draw.line((x - 22, y + 21, x + 22, y + 21), fill=frame, width=3)


def _fence(draw: ImageDraw.ImageDraw, dice: random.Random, y: int) -> None:
    colour = _shaded(dice, (150, 120, 84))
    draw.rectangle((0, y, SIZE[0], y + 5), fill=colour)
    for x in range(dice.randrange(20), SIZE[0], 24):
        draw.rectangle((x, y - 16, x + 7, y + 26), fill=colour)


def _shaded(dice: random.Random, colour: _Colour) -> _Colour:
    share = dice.uniform(0.55, 1.1)
    red, green, blue = (min(255, round(part * share)) for part in colour)
    return red, green, blue


def _darker(colour: _Colour) -> _Colour:
    red, green, blue = (round(part * 0.7) for part in colour)
    return red, green, blue
