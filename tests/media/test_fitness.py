"""Sharp edges and patterns of screens, on pictures drawn under the conditions that a photo meets."""

import io

import numpy as np
import pytest

from media.fitness import edge_sharpness, screen_pattern
from media.photos import PhotoFacts, read_photo_facts
from tests.media.conditions import CONDITIONS
from tests.media.pictures import encode
from workers.checks.photos import find_problem
from workers.findings import CATALOG
from workers.findings import PhotoFacts as PhotoOfVisit

SEEDS = (104, 107)


def look(condition: str, seed: int) -> PhotoFacts:
    return read_photo_facts(io.BytesIO(encode(CONDITIONS[condition](seed), quality=80)))


def problem(facts: PhotoFacts) -> str | None:
    """What QC07 says of it with the settings as they come."""
    photo = PhotoOfVisit(
        "a.jpg",
        role="house_photo",
        width=facts.width,
        height=facts.height,
        brightness=facts.brightness,
        edges=facts.edges,
        screen=facts.screen,
    )
    settings = {name: float(setting.default) for name, setting in CATALOG["QC07"].settings.items()}
    found = find_problem(photo, {"small": settings["short_px"], **settings})
    return found[0] if found else None


@pytest.mark.parametrize("condition", ["sharp", "bright", "dim", "soft", "wall", "fog", "regular"])
def test_an_honest_photo_is_not_called_bad(condition: str) -> None:
    assert [problem(look(condition, seed)) for seed in SEEDS] == [None] * len(SEEDS)


@pytest.mark.parametrize(
    ("condition", "expected"), [("night", "dark"), ("very blurred", "blurred"), ("screen", "screen")]
)
def test_a_bad_photo_is_called_what_it_is(condition: str, expected: str) -> None:
    assert [problem(look(condition, seed)) for seed in SEEDS] == [expected] * len(SEEDS)


def test_only_houses_are_looked_at_for_a_screen() -> None:
    letter = PhotoOfVisit("surat.jpg", screen=9.0)
    limits = {"small": 480.0, "dark": 30.0, "blurred": 0.1, "screen": 5.0}
    assert find_problem(letter, limits) is None


def test_sharpness_of_edges_does_not_depend_on_the_light() -> None:
    sharp, dim = look("sharp", 104).edges, look("dim", 104).edges
    assert sharp is not None and dim is not None
    assert abs(sharp - dim) < 0.05


@pytest.mark.parametrize("size", [(0, 0), (20, 20), (31, 400)])
def test_what_is_too_small_or_shows_no_edge_cannot_be_judged(size: tuple[int, int]) -> None:
    assert edge_sharpness(np.zeros(size, dtype=np.float32)) is None
    assert edge_sharpness(np.full((300, 400), 128, dtype=np.float32)) is None
    assert screen_pattern(np.zeros(size, dtype=np.uint8)) == 0.0


def test_a_slanted_grating_stands_out_and_noise_does_not() -> None:
    down, across = np.mgrid[0:600, 0:800]
    noise = np.random.default_rng(1).normal(128, 20, (600, 800))
    grating = noise + 20 * np.sin(2 * np.pi * (0.31 * across + 0.22 * down))
    assert screen_pattern(np.clip(grating, 0, 255).astype(np.uint8)) > 6
    assert screen_pattern(np.clip(noise, 0, 255).astype(np.uint8)) < 3
