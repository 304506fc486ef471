"""Families that a visit found and the register lacks: a household of their own, until the register has them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.models.area import Area
from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.services.areas import area_path

HOUSEHOLD_LIST = "keluarga"


def place_entity(session: Session, listed: EntityList, entity: Entity) -> None:
    """Gives a new entity its area from its kode_desa, and an entity of `keluarga` its household.

    Effects: an unknown village code leaves the entity without area: seen by every officer who may read the list.
    """
    code = entity.data.get("kode_desa", "").replace(".", "")
    if not code or session.scalar(select(Area.id).where(Area.code == code)) is None:
        return
    entity.area_path = area_path(code, entity.data.get("rw", ""), entity.data.get("rt", ""))
    if listed.name == HOUSEHOLD_LIST and entity.household_id is None:
        entity.household_id = _new_household(session, entity, code).id


def _new_household(session: Session, entity: Entity, village_code: str) -> Household:
    household = Household(
        source_id=None,
        area_path=entity.area_path,
        village_code=village_code,
        rt=entity.data.get("rt", "")[:8],
        rw=entity.data.get("rw", "")[:8],
        address=entity.data.get("alamat", "")[:500],
        head_name=(entity.data.get("nama_kepala") or entity.label)[:200],
        members=_number(entity.data.get("jml_art", "")),
        programmes=[],
        extra={},
        created_at=now(),
    )
    session.add(household)
    session.flush()
    return household


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 4 else None
