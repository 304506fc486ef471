"""Families that a visit found and the register lacks: a household of their own, until the register has them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from server.db import now, one_of
from server.models.area import Area
from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.scope import VILLAGE_DIGITS
from server.services.areas import area_path, normal_rt
from server.services.entity_bases import Change
from server.services.identity import digits_of, mask_kk, mask_nik

HOUSEHOLD_LIST = "keluarga"
_NUMBER_COLUMN = re.compile(r"nik|kk", re.IGNORECASE)


def masked(listed: EntityList, change: Change) -> Change:
    """The same change; whole identity numbers for `keluarga` become masks, whoever sends them.

    Source: semantics, section 7: entities are no place for identity numbers.
    """
    if listed.name != HOUSEHOLD_LIST:
        return change
    masks = {
        name: mask_kk(value) if "kk" in name.lower() else mask_nik(value)
        for name, value in change.properties.items()
        if _NUMBER_COLUMN.search(name) and digits_of(value) is not None
    }
    return replace(change, properties={**change.properties, **masks}) if masks else change


def place_entity(session: Session, listed: EntityList, entity: Entity) -> None:
    """Gives a new entity its area from its kode_desa, and an entity of `keluarga` its household.

    Effects: a village that the office does not know makes no household; the entity stands in that area all the same, so
    that no officer of other villages sees it. Without any kode_desa it has no area: everyone who may read the list.
    """
    code = _village_code(entity.data.get("kode_desa", ""))
    if code is None:
        return
    entity.area_path = _path(code, entity.data)
    is_family = listed.name == HOUSEHOLD_LIST and entity.household_id is None
    if is_family and session.scalar(select(Area.id).where(Area.code == code)) is not None:
        household = Household(**_row(entity.label, entity.data, code))
        session.add(household)
        session.flush()
        entity.household_id = household.id


def place_many(
    session: Session, listed: EntityList, rows: Sequence[tuple[str, dict[str, str]]]
) -> list[tuple[str, int | None]]:
    """As place_entity for many that are not stored yet: (label, data) -> (area path, household id), in the same order."""
    codes = [_village_code(data.get("kode_desa", "")) for _, data in rows]
    paths = ["" if code is None else _path(code, data) for code, (_, data) in zip(codes, rows, strict=True)]
    if listed.name != HOUSEHOLD_LIST or not any(codes):
        return [(path, None) for path in paths]
    known = set(session.scalars(select(Area.code).where(one_of(Area.code, sorted({c for c in codes if c})))))
    wanted = [
        _row(label, data, code)
        for code, (label, data) in zip(codes, rows, strict=True)
        if code in known and code
    ]
    ids = iter(_insert_households(session, wanted))
    return [(path, next(ids) if code in known else None) for path, code in zip(paths, codes, strict=True)]


def _insert_households(session: Session, rows: list[dict[str, Any]]) -> Sequence[int]:
    if not rows:
        return ()
    statement = insert(Household).returning(Household.id, sort_by_parameter_order=True)
    return session.scalars(statement, rows).all()


def _path(code: str, data: dict[str, Any]) -> str:
    return area_path(code, data.get("rw", ""), data.get("rt", ""))


def _village_code(text: str) -> str | None:
    code = text.strip().replace(".", "")
    return code if len(code) == VILLAGE_DIGITS and code.isascii() and code.isdecimal() else None


def _row(label: str, data: dict[str, Any], village_code: str) -> dict[str, Any]:
    return {
        "source_id": None,
        "area_path": _path(village_code, data),
        "village_code": village_code,
        "rt": normal_rt(data.get("rt", "")),
        "rw": normal_rt(data.get("rw", "")),
        "address": data.get("alamat", "")[:500],
        "head_name": (data.get("nama_kepala") or label)[:200],
        "members": _number(data.get("jml_art", "")),
        "programmes": [],
        "extra": {},
        "created_at": now(),
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None
