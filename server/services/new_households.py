"""Families that a visit found and the register lacks: a household of their own, until the register has them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.models.area import Area
from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.scope import VILLAGE_DIGITS
from server.services.areas import area_path, normal_rt

HOUSEHOLD_LIST = "keluarga"


def place_entity(session: Session, listed: EntityList, entity: Entity) -> None:
    """Gives a new entity its area from its kode_desa, and an entity of `keluarga` its household.

    Effects: a village that the office does not know makes no household; the entity stands in that area all the same, so
    that no officer of other villages sees it. Without any kode_desa it has no area: everyone who may read the list.
    """
    code = _village_code(entity.data.get("kode_desa", ""))
    if code is None:
        return
    entity.area_path = area_path(code, entity.data.get("rw", ""), entity.data.get("rt", ""))
    is_family = listed.name == HOUSEHOLD_LIST and entity.household_id is None
    if is_family and session.scalar(select(Area.id).where(Area.code == code)) is not None:
        entity.household_id = _new_household(session, entity, code).id


def _village_code(text: str) -> str | None:
    code = text.strip().replace(".", "")
    return code if len(code) == VILLAGE_DIGITS and code.isascii() and code.isdecimal() else None


def _new_household(session: Session, entity: Entity, village_code: str) -> Household:
    household = Household(
        source_id=None,
        area_path=entity.area_path,
        village_code=village_code,
        rt=normal_rt(entity.data.get("rt", "")),
        rw=normal_rt(entity.data.get("rw", "")),
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
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None
