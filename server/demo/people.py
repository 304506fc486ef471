"""Invented families: 50 in each village, with register rows as an office has them, odd ones included.

Belongs here: who lives where and what the register says of it. Does not: the file (register_file.py), what a visit finds
(stories.py).
Nobody is real: the last name says so, region code 99 is nobody's, serials run from 9000 as no office hands them out.
"""

import random  # drawings, not secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from server.demo.lanes import DUSUN, Lane, invent_lanes, near
from server.demo.places import Point, Village, moved

PER_VILLAGE = 50
SEED = 9901
MEN = [
    "Agus",
    "Ahmad",
    "Andi",
    "Ari",
    "Bagus",
    "Bambang",
    "Bayu",
    "Budi",
    "Cahyo",
    "Danang",
    "Dedi",
    "Dwi",
    "Edi",
    "Eko",
    "Fajar",
    "Gatot",
    "Hadi",
    "Hari",
    "Hendra",
    "Imam",
    "Indra",
    "Joko",
    "Kusno",
    "Lukman",
    "Mulyono",
    "Rahmat",
    "Rudi",
    "Slamet",
    "Sugeng",
    "Suparno",
    "Surya",
    "Teguh",
    "Tri",
    "Untung",
    "Wahyu",
    "Yanto",
    "Zainal",
]
WOMEN = [
    "Aisyah",
    "Ani",
    "Ayu",
    "Dewi",
    "Dian",
    "Endang",
    "Eni",
    "Fatimah",
    "Fitri",
    "Hartini",
    "Ika",
    "Indah",
    "Jumiati",
    "Kartika",
    "Lastri",
    "Lilis",
    "Lina",
    "Maryam",
    "Murni",
    "Nurul",
    "Puspita",
    "Ratna",
    "Retno",
    "Rini",
    "Rohmah",
    "Rukmini",
    "Sari",
    "Siti",
    "Sri",
    "Sulastri",
    "Sumiati",
    "Suryani",
    "Tini",
    "Umi",
    "Wahyuni",
    "Wulan",
    "Yuni",
]
MARKS = ("Rekaan", "Contoh", "Umpama", "Khayal")
"""Every invented person's last name."""
LEAST_SERIAL = 9000
_LANE_M = 45.0


class Oddity(StrEnum):
    """What is wrong with a family's row in the register."""

    nik_twice = "nik_twice"
    nik_damaged = "nik_damaged"
    nik_provisional = "nik_provisional"
    nik_of_other_birth = "nik_of_other_birth"
    kk_is_nik = "kk_is_nik"
    desil_too_high = "desil_too_high"
    pkh_and_blt = "pkh_and_blt"
    point_elsewhere = "point_elsewhere"


ODDITIES = (*[oddity for oddity in Oddity for _ in range(2)], Oddity.nik_twice, Oddity.nik_twice)


@dataclass(frozen=True)
class Family:
    """A family. nik: on the card; registered_nik: in the register. home, registered: longitude, latitude.

    programmes: as registers spell them; components: codes of the forms. oddity: None for most.
    """

    source_id: str
    name: str
    sex: str
    born_on: date
    nik: str
    no_kk: str
    registered_nik: str
    village: Village
    rt: str
    rw: str
    dusun: str
    members: int
    desil: int
    programmes: tuple[str, ...]
    components: tuple[str, ...]
    home: Point
    registered: Point | None
    point_source: str
    oddity: Oddity | None = None

    @property
    def is_recipient(self) -> bool:
        """True when the register gives it PKH or food aid."""
        return bool({"PKH", "BPNT"} & set(self.programmes))

    @property
    def address(self) -> str:
        """As the register has it."""
        return f"Dsn. {self.dusun} RT {self.rt} RW {self.rw}"


def invent_families(villages: Sequence[Village], today: date) -> list[Family]:
    """50 families of every village, in order of their ids; the same for the same day."""
    dice = random.Random(SEED)  # noqa: S311
    families = [family for village in villages for family in _village_families(village, dice, today)]
    return _with_oddities(families, dice)


def _village_families(village: Village, dice: random.Random, today: date) -> list[Family]:
    lanes = invent_lanes(village, dice)
    return [
        _family(village, number, lanes[(number - 1) % len(lanes)], dice, today)
        for number in range(1, PER_VILLAGE + 1)
    ]


def _family(village: Village, number: int, lane: Lane, dice: random.Random, today: date) -> Family:
    sex = dice.choice("lllp")
    born_on = today - timedelta(days=dice.randrange(27 * 365, 74 * 365))
    programmes, components = _aid(dice)
    serial = LEAST_SERIAL + (int(village.code[-2:]) - 1) * PER_VILLAGE + number
    nik = _nik(born_on, sex, serial)
    home = near(lane.centre, _LANE_M, dice)
    registered, source = _registered(home, village, dice)
    return Family(
        source_id=f"R{village.code}{number:05d}",
        name=_name(sex, dice),
        sex=sex,
        born_on=born_on,
        nik=nik,
        no_kk=f"990101{dice.randrange(1, 29):02d}{dice.randrange(1, 13):02d}{dice.randrange(8, 25):02d}{serial}",
        registered_nik=nik,
        village=village,
        rt=f"{lane.rt:03d}",
        rw=f"{lane.rw:03d}",
        dusun=DUSUN[lane.rw - 1],
        members=max(len(components) + 1, dice.choice((2, 3, 3, 4, 4, 5))),
        desil=_desil(programmes, dice),
        programmes=programmes,
        components=components,
        home=home,
        registered=registered,
        point_source=source,
    )


def _name(sex: str, dice: random.Random) -> str:
    return " ".join((*dice.sample(MEN if sex == "l" else WOMEN, 2), dice.choice(MARKS)))


def _nik(born_on: date, sex: str, serial: int) -> str:
    day = born_on.day + (40 if sex == "p" else 0)
    return f"990101{day:02d}{born_on:%m%y}{serial}"


def _aid(dice: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Programmes of the register, and the PKH components that the family has."""
    kind = dice.choices(("pkh", "food", "health", "none"), (30, 25, 15, 30))[0]
    if kind == "pkh":
        common = dice.choices(
            ("anak_usia_dini", "sd", "smp", "sma", "lansia"), (3, 4, 3, 3, 1), k=dice.choice((1, 1, 2))
        )
        return ("PKH", "BPNT"), tuple(dict.fromkeys(common))
    programmes = {"food": ("BPNT",), "health": ("PBI-JK",), "none": ()}
    return programmes[kind], tuple(dice.choices(("sd", "smp"), k=dice.choice((0, 1))))


def _desil(programmes: Sequence[str], dice: random.Random) -> int:
    if "PKH" in programmes:
        return dice.randrange(1, 5)
    return dice.randrange(2, 6) if programmes else dice.randrange(3, 11)


def _registered(home: Point, village: Village, dice: random.Random) -> tuple[Point | None, str]:
    """The register's point: the house, rounded, the village office, or none."""
    kind = dice.choices(("survei", "dibulatkan", "kantor_desa", ""), (55, 10, 10, 25))[0]
    if kind == "survei":
        return near(home, 6, dice), kind
    if kind == "dibulatkan":
        return (round(home[0], 3), round(home[1], 3)), kind
    if kind == "kantor_desa":
        centre = village.shape.representative_point()
        return (round(centre.x, 6), round(centre.y, 6)), kind
    return None, ""


def _with_oddities(families: list[Family], dice: random.Random) -> list[Family]:
    """The families, some of them with an odd row; those with one NIK are neighbours in pairs of villages."""
    changed = {family.source_id: family for family in families}
    able = [family for family in families if "PKH" in family.programmes and family.point_source == "survei"]
    chosen = dice.sample(able, len(ODDITIES))
    twins: list[Family] = []
    for family, oddity in zip(chosen, ODDITIES, strict=True):
        if oddity == Oddity.nik_twice:
            twins.append(family)
        changed[family.source_id] = _odd(family, oddity)
    for first, second in zip(twins[::2], twins[1::2], strict=True):
        changed[second.source_id] = replace(changed[second.source_id], registered_nik=first.nik)
    return list(changed.values())


def _odd(family: Family, oddity: Oddity) -> Family:
    family = replace(family, oddity=oddity)
    match oddity:
        case Oddity.nik_damaged:
            return replace(family, registered_nik="9,90101E+15")
        case Oddity.nik_provisional:
            return replace(family, registered_nik=f"0{family.village.code}9{family.nik[-4:]}")
        case Oddity.nik_of_other_birth:
            other = _nik(family.born_on + timedelta(days=400), family.sex, int(family.nik[-4:]))
            return replace(family, nik=other, registered_nik=other)
        case Oddity.kk_is_nik:
            return replace(family, no_kk=family.nik)
        case Oddity.desil_too_high:
            return replace(family, desil=7)
        case Oddity.pkh_and_blt:
            return replace(family, programmes=(*family.programmes, "BLT-DD"))
        case Oddity.point_elsewhere:
            return replace(family, registered=moved(family.registered or family.home, 420, -260))
        case Oddity.nik_twice:
            return family
