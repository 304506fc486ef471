"""What the measured installation holds: one district of 25 villages with 7,000 families and their entities.

Belongs here: rows in bulk. Does not: starting anything (world.py). All invented.
"""

import uuid
from dataclasses import dataclass

import shapely
from sqlalchemy import insert

from server.db import now
from server.models.area import Area, AreaLevel
from server.models.entity import Entity, EntityListArea
from server.models.household import Household
from server.services import entity_lists
from tests.factories import COLUMNS
from tests.office import Office

DISTRICT = "359901"
VILLAGES = 25
HOUSES = 7_000
SOUTH, WEST, SIZE = -7.55, 112.20, 0.02


@dataclass(frozen=True)
class House:
    """A family: its entity, and the point of its house as a phone writes it."""

    uuid: str
    point: str


def fill(office: Office) -> list[House]:
    """Villages, households and the list `keluarga`, linked to the form."""
    houses = []
    with office.session() as session:
        session.execute(insert(Area), [_area("3599", 2), _area(DISTRICT, 3), *map(_village, range(VILLAGES))])
        listed = entity_lists.ensure_list(session, office.project_id, "keluarga", COLUMNS)
        households = [_household(office, number) for number in range(HOUSES)]
        ids = session.scalars(
            insert(Household).returning(Household.id, sort_by_parameter_order=True), households
        ).all()
        entities = []
        for number, (household_id, row) in enumerate(zip(ids, households, strict=True)):
            houses.append(House(str(uuid.uuid4()), f"{row['lat']:.6f} {row['lon']:.6f} 40 5.0"))
            entities.append(_entity(listed.id, household_id, houses[number].uuid, row))
        session.execute(insert(Entity), entities)
        codes = [
            {"entity_list_id": listed.id, "village_code": _code(n), "revision": 1} for n in range(VILLAGES)
        ]
        session.execute(insert(EntityListArea), codes)
        entity_lists.link_empty_slots(session, office.project_id)
    return houses


def _code(village: int) -> str:
    return f"{DISTRICT}20{village + 1:02d}"


def _area(code: str, _level: int) -> dict[str, object]:
    level = AreaLevel.regency if len(code) == 4 else AreaLevel.district
    return {"code": code, "name": f"Wilayah {code}", "level": level, **dict.fromkeys(_BOX), "boundary": None}


_BOX = ("min_lon", "min_lat", "max_lon", "max_lat", "uncertainty_m", "parent_code")


def _village(number: int) -> dict[str, object]:
    """A round village of 64 corners: nobody's boundary is a square."""
    west, south = WEST + number % 5 * SIZE, SOUTH + number // 5 * SIZE
    shape = shapely.Point(west + SIZE / 2, south + SIZE / 2).buffer(SIZE * 0.6, quad_segs=16)
    box = dict(zip(_BOX, (*shape.bounds, 11.0, DISTRICT), strict=True))
    name = f"Desa {number}"
    return {
        "code": _code(number),
        "name": name,
        "level": AreaLevel.village,
        **box,
        "boundary": shapely.to_wkb(shape),
    }


def _household(office: Office, number: int) -> dict[str, object]:
    village, seal = number % VILLAGES, office.backends.seal
    nik = f"35990101{number % 28 + 1:02d}{number:06d}"
    step = SIZE * 0.6 / 300
    return {
        "source_id": f"K{number:06d}",
        "village_code": _code(village),
        "area_path": f"{_code(village)}/001/002",
        "rt": "002",
        "rw": "001",
        "address": "Dusun Krajan",
        "head_name": f"Kepala Rekaan {number}",
        "nik_sealed": seal.seal_text(nik),
        "nik_hash": seal.keyed_hash(nik),
        "programmes": ["pkh"],
        "lat": SOUTH + village // 5 * SIZE + SIZE / 5 + number // VILLAGES % 300 * step,
        "lon": WEST + village % 5 * SIZE + SIZE / 2,
        "created_at": now(),
        "extra": {},
    }


def _entity(list_id: int, household_id: int, uuid_: str, row: dict[str, object]) -> dict[str, object]:
    data = {"kode_desa": row["village_code"], "rt": "002", "rw": "001", "nama_kepala": row["head_name"]}
    data |= {"nik_samar": "359901******1234", "tugas": "kunjungan", "status_kepesertaan": "aktif"}
    return {
        "entity_list_id": list_id,
        "uuid": uuid_,
        "label": f"{row['head_name']} RT 002 RW 001",
        "data": data,
        "household_id": household_id,
        "area_path": row["area_path"],
        "created_at": now(),
    }
