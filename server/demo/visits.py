"""An invented visit: which officer stood at whose door, when, and what there was to see.

Belongs here: officers, visits, their scenes. Does not: choosing and timing them (planning.py), their stories (stories.py,
telling.py), sending (sending.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from server.demo.answers import ASSET_TIME, STICKER_TIME, WALK, Scene
from server.demo.drawing import draw_letter, draw_photo
from server.demo.people import Family
from server.demo.places import Point
from server.demo.stories import Story, Trick
from server.scope import covers_any
from server.services.areas import area_path
from workers.programmes import programme_codes

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Officer:
    """An invented officer; areas as the office gives them: villages, or RW of a village."""

    name: str
    areas: tuple[str, ...]


OFFICERS = (
    Officer("Ayu Petugas Rekaan", ("9901012001", "9901012002")),
    Officer("Bima Petugas Rekaan", ("9901012003", "9901012004")),
    Officer("Citra Petugas Rekaan", ("9901012005", "9901012006")),
    Officer("Dimas Petugas Rekaan", ("9901012007", "9901012008")),
    Officer("Elok Petugas Rekaan", ("9901012009", "9901012010", "9901012011/001")),
    Officer("Fajar Petugas Rekaan", ("9901012011", "9901012012")),
)


@dataclass(frozen=True)
class Visit:
    """A visit as it is going to be sent.

    officer: place in OFFICERS. fix: longitude and latitude that the phone gives. photo: scene and copy for draw_photo.
    seconds: length of the sweep; pace: of sticker and assets, against their usual time. number: counts the visits of the
    family. changes: fields of Scene that the story sets.
    """

    family: Family
    officer: int
    fix: Point
    accuracy_m: float
    photo: tuple[str, str]
    seconds: int
    pace: float
    number: int = 1
    story: Story | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime = NEVER
    received_at: datetime = NEVER

    @property
    def length(self) -> timedelta:
        """From the first question to the last one of the last form."""
        return timedelta(seconds=self.seconds) + 2 * WALK + (STICKER_TIME + ASSET_TIME) * self.pace


def officers_of(family: Family) -> list[int]:
    """Places in OFFICERS of those whose areas cover a family."""
    path = area_path(family.village.code, family.rw, family.rt)
    return [place for place, officer in enumerate(OFFICERS) if covers_any(officer.areas, path)]


def scene_of(visit: Visit) -> Scene:
    """What there is to see, with the drawn photo."""
    family = visit.family
    trick = visit.story.trick if visit.story else Trick.none
    lon, lat = visit.fix
    seen: dict[str, Any] = {
        "name": family.name,
        "nik": family.nik,
        "no_kk": family.no_kk,
        "sex": family.sex,
        "born_on": family.born_on,
        "rt": family.rt,
        "rw": family.rw,
        "address": family.address,
        "village_code": family.village.code,
        "members": family.members,
        "components": family.components,
        "programmes": tuple(sorted(programme_codes(family.programmes))),
        "point": f"{lat:.7f} {lon:.7f} 0.0 {visit.accuracy_m}",
        "started_at": visit.started_at,
        "seconds": visit.seconds,
        "pace": visit.pace,
        "visit_number": visit.number,
        "photo": draw_photo(*visit.photo),
        "sticker_photo": draw_photo(family.source_id, f"{visit.photo[1]} sticker"),
        "sticker_photo_lost": trick == Trick.photo_lost,
        "letter": draw_letter(family.source_id) if trick == Trick.with_letter else None,
    }
    return Scene(**{**seen, **visit.changes})
