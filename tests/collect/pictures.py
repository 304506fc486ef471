"""Files for media questions when a test brings none: every one is different, none comes from a camera."""

import random
from pathlib import Path

from PIL import Image

PIXELS = (320, 240)


def write_media(path: Path, seed: str) -> Path:
    """The path, now a file of the kind its ending says; same seed, same bytes."""
    if path.suffix == ".jpg":
        return _draw(path, seed)
    path.write_bytes(random.Random(seed).randbytes(2_000))
    return path


def _draw(path: Path, seed: str) -> Path:
    """Large coloured blocks, so that perceptual hashes of two pictures differ."""
    dice = random.Random(seed)
    blocks = Image.frombytes("RGB", (16, 12), dice.randbytes(16 * 12 * 3))
    blocks.resize(PIXELS, Image.Resampling.BICUBIC).save(path, "JPEG", quality=85)
    return path
