"""What the planned visits find: each story shows one or a few findings.

Belongs here: the catalogue, which families suit a story, what it changes in what the officer sees. Does not: who visits
whom and when (visits.py). A test runs the whole demo and compares what was found with `codes`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from server.demo.people import Family


class Trick(StrEnum):
    """Changes that need more than the family itself: another family, or the map."""

    none = "none"
    other_village = "other_village"
    other_district = "other_district"
    same_point = "same_point"
    same_photo = "same_photo"
    similar_photo = "similar_photo"
    visited_twice = "visited_twice"
    photo_lost = "photo_lost"
    with_letter = "with_letter"


PAIRS = (Trick.same_point, Trick.same_photo, Trick.similar_photo)
"""Stories of two families: the second copies from the first."""


@dataclass(frozen=True)
class Story:
    """A planned visit. codes: findings it is there for; changes: fields of Scene; times: how many such visits."""

    name: str
    codes: tuple[str, ...]
    times: int = 2
    suits: Callable[[Family], bool] = field(default=lambda family: True)
    changes: Mapping[str, Any] = field(default_factory=dict)
    trick: Trick = Trick.none
    accuracy_m: float | None = None


def _receives(family: Family) -> bool:
    return family.is_recipient


def _has_pkh(family: Family) -> bool:
    return "PKH" in family.programmes


def _has_nothing(family: Family) -> bool:
    return not family.programmes


def _is_old_without_pkh(family: Family) -> bool:
    return family.is_recipient and not _has_pkh(family) and family.born_on.year < 1960


def _is_large(family: Family) -> bool:
    return family.is_recipient and family.members >= 3


STORIES = (
    Story("car", ("AS01",), 4, _receives, {"cars": 1}),
    Story("motorcycles", ("AS02",), 3, _receives, {"motorcycles": 4}),
    Story("cool_house", ("AS04", "AS06"), 3, _receives, {"ac": 1, "power": "4"}),
    Story("power", ("AS06",), 2, _receives, {"power": "5"}),
    Story("some_land", ("AS10",), 2, _receives, {"land": "m5000_10000"}),
    Story("much_land", ("AS10",), 2, _receives, {"land": "gt_20000"}),
    Story("civil_servant", ("EL01",), 3, _is_large, {"has_civil_servant": True}),
    Story("civil_servant_with_car", ("EL01", "AS01"), 4, _is_large, {"has_civil_servant": True, "cars": 1}),
    Story("head_died", ("EL09",), 3, _is_large, {"head_is_dead": True}),
    Story("moved_away", ("EL10",), 3, _receives, {"presence": "pindah_luar_kab"}),
    Story("unknown_here", ("EL11",), 1, _receives, {"presence": "tidak_dikenal"}),
    Story("refuses_sticker", ("EL14",), 3, _receives, {"refuses_sticker": True}),
    Story("withdraws", ("EL13",), 2, _receives, {"withdraws": True}, Trick.with_letter),
    Story(
        "poor_withdraws",
        ("EX05", "EX01"),
        2,
        _receives,
        {"withdraws": True, "is_poor": True},
        Trick.with_letter,
    ),
    Story("poor_without_aid", ("EX01", "EX02", "EX04", "EX07"), 4, _has_nothing, {"is_poor": True}),
    Story("poor_with_car", ("EX06", "AS01"), 2, _receives, {"is_poor": True, "cars": 1}),
    Story("severely_disabled", ("EX03",), 2, _is_large, {"components": ("disabilitas_berat",)}),
    Story("elder_alone", ("EX03",), 2, _is_old_without_pkh, {"members": 1, "components": ()}),
    Story("no_component_left", ("KP01",), 2, _has_pkh, {"components": ()}),
    Story("told_of_village_aid", ("KP07",), 1, _has_pkh, {"programmes": ("pkh", "sembako", "blt_dd")}),
    Story("other_card", ("ID04",), 2, _receives, {"typed_nik": "9901011708819999"}),
    Story("no_gps", ("SP01",), 2, changes={"no_gps": True}),
    Story("weak_gps", ("SP02",), 2, accuracy_m=34.0),
    Story("very_weak_gps", ("SP02",), 1, accuracy_m=64.0),
    Story("other_village", ("SP03",), 3, _receives, trick=Trick.other_village),
    Story("other_district", ("SP04",), 1, _receives, trick=Trick.other_district),
    Story("same_point", ("SP06",), 2, _receives, trick=Trick.same_point),
    Story("too_fast", ("QC01",), 4, changes={"seconds": 130}),
    Story("same_photo", ("QC05",), 2, trick=Trick.same_photo),
    Story("similar_photo", ("QC06",), 2, trick=Trick.similar_photo),
    Story("visited_twice", ("QC15",), 2, _receives, trick=Trick.visited_twice),
    Story("sticker_photo_lost", ("WF04",), 2, _receives, trick=Trick.photo_lost),
)
