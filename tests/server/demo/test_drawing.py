"""Drawn photos: every scene its own hash, copies near their original."""

import io
from itertools import combinations
from zoneinfo import ZoneInfo

from PIL import Image

from media.likeness import phash_distance
from media.photos import read_photo_facts
from server.demo.drawing import draw_letter, draw_photo

NEAR_BITS = 6


def phash(data: bytes) -> int:
    found = read_photo_facts(io.BytesIO(data), timezone=ZoneInfo("Asia/Jakarta")).phash
    assert found is not None
    return found


def test_scenes_differ_by_more_than_look_alikes_do():
    hashes = [phash(draw_photo(f"R{number}", f"R{number}")) for number in range(60)]
    assert min(phash_distance(one, other) for one, other in combinations(hashes, 2)) > NEAR_BITS


def test_a_copy_is_another_file_of_the_same_scene():
    for number in range(20):
        original, copy = draw_photo(f"R{number}", f"R{number}"), draw_photo(f"R{number}", f"copy {number}")
        assert original != copy
        assert phash_distance(phash(original), phash(copy)) <= NEAR_BITS


def test_the_same_scene_and_copy_are_the_same_bytes():
    assert draw_photo("a", "b") == draw_photo("a", "b")


def test_photos_are_of_a_phone_s_shape_and_a_letter_is_no_house():
    assert Image.open(io.BytesIO(draw_photo("a", "a"))).size == (640, 480)
    assert phash_distance(phash(draw_letter("a")), phash(draw_photo("a", "a"))) > NEAR_BITS
