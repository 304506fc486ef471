"""How fit a photo is to be looked at: whether its edges are sharp, whether it is the photo of a screen.

Belongs here: measures over grey pixels. Does not: decoding pictures (photos.py), deciding what is bad (workers.checks).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

TILE_PX = 128
ACROSS, DOWN = 4, 3
LOWEST = 0.15
"""Cycles a pixel: below it houses, roofs and shadows are at home."""
_AXIS_BINS = 2.5
"""On the axes stand straight walls and the 8-pixel blocks of JPEG."""
_TINY = 1e-9
_FLAT = 4.0
"""Standard deviation, of 255, under which a tile shows nothing but noise and the traces of JPEG."""
_ENOUGH = 4
EDGE_TILE_PX = 32
MIN_CONTRAST = 12.0
"""Standard deviation, of 255, from which a tile of EDGE_TILE_PX shows an edge."""

Grey = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def edge_sharpness(pixels: Grey) -> float | None:
    """How sharp the edges are: the median of (deviation of the Laplacian / deviation of the pixels) over the eighth of the
    tiles with most contrast; None when fewer than three tiles show an edge at all: a white wall, a foggy field, the dark.

    Takes grey pixels at 384 px length, 0 to 255. Being a ratio it does not depend on exposure. Of 12 drawn houses of 1600 px
    each: sharp 0.30 to 0.47, at half again and at 0.4 of the light the same; blurred by a radius of 2 px 0.20 to 0.28, 4 px
    0.11 to 0.17, 6 px 0.08 to 0.11, 8 px 0.06 to 0.08, 12 px 0.04 to 0.06; shaken by 25 px 0.11 to 0.38, by 40 px 0.09 to
    0.37 (along an edge, shaking does no harm).
    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000, put in proportion to contrast by us.
    """
    height, width = (side - side % EDGE_TILE_PX for side in pixels.shape)
    if min(height, width) < EDGE_TILE_PX:
        return None
    around = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    laplacian = np.zeros_like(pixels)
    laplacian[1:-1, 1:-1] = around - 4 * pixels[1:-1, 1:-1]
    contrast, change = (_tile_deviation(plane[:height, :width]) for plane in (pixels, laplacian))
    best = np.argsort(contrast)[::-1][: max(3, len(contrast) // 8)]
    best = best[contrast[best] >= MIN_CONTRAST]
    return float(np.median(change[best] / contrast[best])) if len(best) >= 3 else None


def _tile_deviation(plane: Grey) -> Grey:
    down, across = plane.shape[0] // EDGE_TILE_PX, plane.shape[1] // EDGE_TILE_PX
    tiles = plane.reshape(down, EDGE_TILE_PX, across, EDGE_TILE_PX)
    deviation: Grey = tiles.std(axis=(1, 3)).ravel()
    return deviation


def screen_pattern(pixels: Bytes) -> float:
    """How far the strongest fine, slanted, regular pattern stands out that runs through the whole picture; 0.0 for pictures
    under TILE_PX, and where most of the picture is flat.

    The natural logarithm of its power against the median of its frequency, over 12 tiles whose powers are averaged as
    logarithms, so that a fence or tiled roof in a part of the picture counts little and a grid behind everything counts
    fully. Of our drawn houses 1.7 to 2.3; with fences and tiled roofs of perfect regularity 1.5 to 4.3; re-photographed from
    a screen mostly 3.6 to 12. Takes grey pixels of shape (height, width), 0 to 255, not scaled down: a grid that was averaged
    away is not found.
    Source: the idea of moiré peaks in the spectrum of recaptured pictures, Garcia and de Queiroz, Face-spoofing 2D-detection
    based on moiré-pattern analysis, IEEE TIFS 10(4), 2015; the measure is ours.
    """
    height, width = pixels.shape
    if min(height, width) < TILE_PX:
        return 0.0
    rows = np.linspace(0, height - TILE_PX, DOWN).astype(int)
    columns = np.linspace(0, width - TILE_PX, ACROSS).astype(int)
    cut = [pixels[y : y + TILE_PX, x : x + TILE_PX] for y in rows for x in columns]
    tiles = np.stack(cut).astype(np.float32)
    tiles = tiles[tiles.std(axis=(1, 2)) >= _FLAT]
    if len(tiles) < _ENOUGH:
        return 0.0
    # Here and not above: a process that only serves pages never needs it. An eighth of the time of numpy's.
    from scipy.fft import rfft2

    spectrum = rfft2((tiles - tiles.mean(axis=(1, 2), keepdims=True)) * _window())
    power = spectrum.real**2 + spectrum.imag**2
    power /= power[:, :, 4:].mean(axis=(1, 2), keepdims=True) + _TINY
    level = np.log(power + _TINY).mean(axis=0)
    level = level.ravel()
    return max(_above_median(level[ring]) for ring in _rings())


def _above_median(values: Grey) -> float:
    """By sorting: numpy.median takes ten times as long for so few."""
    values.sort()
    middle = len(values) // 2
    return float(values[-1] - (values[middle] + values[-middle - 1]) / 2)


@cache
def _window() -> Grey:
    side = np.hanning(TILE_PX).astype(np.float32)
    return side[:, None] * side[None, :]


@cache
def _rings() -> tuple[NDArray[np.intp], ...]:
    """Which places of the flat spectrum have about the same frequency; without the low ones and the axes."""
    down = np.fft.fftfreq(TILE_PX)[:, None]
    across = np.fft.rfftfreq(TILE_PX)[None, :]
    frequency = np.hypot(down, across)
    wanted = (frequency > LOWEST) & (np.abs(down) * TILE_PX > _AXIS_BINS) & (across * TILE_PX > _AXIS_BINS)
    numbers = (frequency * TILE_PX / 2).astype(int)
    return tuple(np.flatnonzero(wanted & (numbers == number)) for number in np.unique(numbers[wanted]))
