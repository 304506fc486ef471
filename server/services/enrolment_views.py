"""The register as phones see it: a village or household as the label and columns of an entity, masked.

Belongs here: which column of the register becomes which property. Does not: storing entities (enrolment.py).
Source: the questionnaires, "Entity lists".
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from server.models.area import Area
from server.models.household import Household
from server.services.identity import last_four

FIRST_TASK = "kunjungan"
SURVEYED = "survei"
HOUSEHOLD_COLUMNS = (
    Household.id,
    Household.area_path,
    Household.village_code,
    Household.rt,
    Household.rw,
    Household.address,
    Household.head_name,
    Household.manager_name,
    Household.nik_mask,
    Household.kk_mask,
    Household.members,
    Household.desil,
    Household.programmes,
    Household.finding_text,
    Household.is_inactive,
    Household.lat,
    Household.lon,
    Household.point_source,
)
"""What `household_entity` reads: no sealed column is among them."""


class WantedEntity(NamedTuple):
    """An entity as the register wants it. first: what only a new one gets."""

    household_id: int | None
    label: str
    area_path: str
    data: dict[str, str]
    first: Mapping[str, str]


def village_entity(village: Area, names: Mapping[str, str]) -> WantedEntity:
    """A village of `desa`. names: of districts and regencies by code."""
    district, regency = names.get(village.code[:6], ""), names.get(village.code[:4], "")
    data = {"kode_desa": village.code, "kecamatan": district, "kabupaten": regency}
    label = f"{village.name} ({district})" if district else village.name
    return WantedEntity(None, label, village.code, data, {})


def household_entity(row: Any) -> WantedEntity:
    """The masked view of a household. Every column of the import is there, empty ones too, so that a value can go away."""
    has_house = row.point_source == SURVEYED and row.lat is not None and row.lon is not None
    name = row.head_name or row.manager_name or "(tanpa nama)"
    data = {
        "kode_desa": row.village_code,
        "rt": row.rt,
        "rw": row.rw,
        "alamat": row.address,
        "nama_kepala": row.head_name,
        "nama_pengurus": row.manager_name,
        "nik_samar": row.nik_mask,
        "nik_akhir4": last_four(row.nik_mask),
        "nokk_samar": row.kk_mask,
        "jml_art": "" if row.members is None else str(row.members),
        "program": ", ".join(row.programmes),
        "desil": "" if row.desil is None else str(row.desil),
        "temuan": row.finding_text,
        "status_kepesertaan": _membership(row),
        "geometry": f"{row.lat} {row.lon} 0 0" if has_house else "",
    }
    label = f"{name} / {row.rt or '-'}-{row.rw or '-'} / {row.nik_mask or '-'}"
    return WantedEntity(row.id, label, row.area_path, data, {"tugas": FIRST_TASK})


def _membership(row: Any) -> str:
    """'nonaktif', 'penerima' or 'bukan_penerima'; decisions write 'graduasi' later."""
    if row.is_inactive:
        return "nonaktif"
    return "penerima" if row.programmes else "bukan_penerima"
