"""Pictures for the truth's photo hashes, each of its own: thousands of them, of which no two may look alike by chance.

The demo's houses are prettier and too much of a kind for that: among 7,000 of them one pair in ten million is within the
distance that means "the same photo".
"""

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)


def draw_photo(scene: str, copy: str) -> bytes:
    """A JPEG of the scene. The same scene and copy give the same bytes; another copy is re-encoded, a little softer."""
    picture = _scene(scene)
    quality = 80
    if copy != scene:
        dice = random.Random(copy)
        picture = picture.filter(ImageFilter.GaussianBlur(dice.uniform(0.3, 0.8)))
        quality = dice.randrange(60, 76)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _scene(seed: str) -> Image.Image:
    """Light and shade of random places and strength, which is all that a perceptual hash sees, and a house for people."""
    noise = np.random.default_rng(int(seed[:16], 16))
    rough = Image.fromarray(noise.integers(0, 256, (10, 12, 3), dtype=np.uint8), "RGB")
    picture = rough.resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    left, top = (int(number) for number in noise.integers(120, 380, 2))
    wall = tuple(int(part) for part in noise.integers(60, 200, 3))
    draw.rectangle((left, top, left + 110, top + 70), fill=wall, outline="black")
    draw.polygon((left - 10, top, left + 120, top, left + 55, top - 40), fill="saddlebrown", outline="black")
    return picture
