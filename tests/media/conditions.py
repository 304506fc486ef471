"""The drawn houses under the conditions that a photo meets: light, a shaking hand, a wet lens, fog, a screen.

Belongs here: making pictures. Does not: measuring them (test_fitness.py), houses (pictures.py).
"""

import random
from collections.abc import Callable, Mapping
from math import cos, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.media.pictures import blur, draw_house

SIZE = (1600, 1200)
"""What Collect sends with max-pixels=1600."""
CAMERA = (3200, 2400)


def expose(image: Image.Image, factor: float) -> Image.Image:
    """So many times the light; what is over white is white."""
    return image.point(lambda value: min(255, int(value * factor)))


def add_grain(image: Image.Image, amount: float = 0.06) -> Image.Image:
    """The noise of a camera: a blurred picture has it too."""
    return Image.blend(image, Image.effect_noise(image.size, 20).convert("RGB"), amount)


def shake(image: Image.Image, length_px: int, angle: float) -> Image.Image:
    """Moved while the shutter was open."""
    total = np.zeros((image.height, image.width, 3), dtype=np.float32)
    for step in range(length_px):
        x, y = (round((step - length_px / 2) * part) for part in (cos(angle), sin(angle)))
        total += np.asarray(
            image.transform(image.size, Image.Transform.AFFINE, (1, 0, x, 0, 1, y)), np.float32
        )
    return add_grain(Image.fromarray((total / length_px).astype(np.uint8)))


def draw_wall(seed: int) -> Image.Image:
    """A plain white wall, lit from the side."""
    dice = random.Random(seed)
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    light = (
        dice.randint(190, 240) - dice.uniform(0, 40) * across / SIZE[0] - dice.uniform(0, 20) * down / SIZE[1]
    )
    return add_grain(Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).convert("RGB"), 0.04)


def draw_fog(seed: int) -> Image.Image:
    """A house in fog."""
    dice = random.Random(seed)
    fog = Image.new("RGB", SIZE, (205, 208, 210))
    return add_grain(Image.blend(blur(draw_house(seed), 3), fog, dice.uniform(0.85, 0.95)), 0.03)


def draw_regular(seed: int) -> Image.Image:
    """A house behind a fence, under a tiled roof, more regular than any: the hardest case for a screen's pattern."""
    dice = random.Random(seed)
    image = draw_house(seed)
    pen = ImageDraw.Draw(image)
    tile, gap = dice.choice((6, 8, 10, 14, 20)), dice.choice((5, 7, 12, 18))
    for y in range(200, 500, tile):
        pen.line((200, y, 1300, y), fill=(90, 40, 30), width=2)
    for x in range(200, 1300, tile):
        pen.line((x, 200, x, 500), fill=(80, 40, 30), width=2)
    for x in range(100, 1500, gap):
        pen.line((x, 900, x + dice.randint(0, 1), 1150), fill=(220, 220, 210), width=max(1, gap // 3))
    return image.rotate(dice.uniform(-4, 4), Image.Resampling.BICUBIC)


def take_from_screen(scene: Image.Image, seed: int) -> Image.Image:
    """The scene shown on a screen and photographed from it: stripes of red, green and blue, dark lines between the rows, a
    slight turn, the camera's own softness, then sized down as a phone does it."""
    dice = random.Random(seed)
    cover = dice.uniform(0.85, 1.3)
    dots = dice.choice((1080, 1366, 1920, 2400))
    shown = scene.resize((dots, dots * 3 // 4), Image.Resampling.LANCZOS)
    width, height = int(CAMERA[0] * cover), int(CAMERA[1] * cover)
    seen = np.asarray(shown.resize((width, height), Image.Resampling.NEAREST), dtype=np.float32)
    lit = seen * _dots(width, height, width / dots, dice.uniform(0.55, 1.0))
    image = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
    image = image.rotate(dice.uniform(-6, 6), Image.Resampling.BICUBIC)
    frame = Image.new("RGB", CAMERA, (30, 30, 30))
    frame.paste(image, ((CAMERA[0] - width) // 2, (CAMERA[1] - height) // 2))
    soft = frame.filter(ImageFilter.GaussianBlur(dice.uniform(0.4, 1.1)))
    way = dice.choice((Image.Resampling.BILINEAR, Image.Resampling.LANCZOS))
    return add_grain(soft.resize(SIZE, way), 0.05)


def _dots(width: int, height: int, pitch: float, depth: float) -> np.ndarray:
    """How bright each place of the screen is, by colour; depth 1 = the gaps are black."""
    across, down = np.arange(width) / pitch % 1, np.arange(height) / pitch % 1
    stripes = [
        np.clip(1.6 * np.exp(-(((across - (place + 0.5) / 3) / 0.22) ** 2)), 0, 1) for place in range(3)
    ]
    rows = np.where(down < 0.85, 1.0, 0.35)
    colours = 1 - depth + depth * np.stack(stripes, axis=1)[None, :, :] * 1.9
    return (colours * (1 - depth / 2 + depth / 2 * rows)[:, None, None]).astype(np.float32)


CONDITIONS: Mapping[str, Callable[[int], Image.Image]] = {
    "sharp": draw_house,
    "bright": lambda seed: expose(draw_house(seed), 1.6),
    "dim": lambda seed: expose(draw_house(seed), 0.4),
    "night": lambda seed: expose(draw_house(seed), 0.15),
    "soft": lambda seed: add_grain(blur(draw_house(seed), 2)),
    "softer": lambda seed: add_grain(blur(draw_house(seed), 4)),
    "blurred": lambda seed: add_grain(blur(draw_house(seed), 8)),
    "very blurred": lambda seed: add_grain(blur(draw_house(seed), 12)),
    "shaken": lambda seed: shake(draw_house(seed), 40, seed),
    "wall": draw_wall,
    "fog": draw_fog,
    "regular": draw_regular,
    "screen": lambda seed: take_from_screen(draw_house(seed), seed),
}
"""Condition -> the picture of a seed. Those called good are sharp, bright, dim, soft, softer, wall, fog, regular."""
