"""The invented register as a file, with the canonical columns: it takes the way that any office's file takes.

Belongs here: rows and columns. Does not: the families (people.py), importing (services.register_import).
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from server.demo.people import Family

COLUMNS = (
    "id_sumber", "no_kk", "nik", "nama_kepala", "jk_kepala", "tgl_lahir_kepala", "kode_desa", "alamat", "rt", "rw",
    "jml_art", "desil", "program", "lat", "lon", "sumber_titik",
)  # fmt: skip


def write_register(families: Iterable[Family], path: Path) -> None:
    """A register file with the canonical columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_row(family) for family in families)


def _row(family: Family) -> list[str]:
    lon, lat = (f"{part:.7f}" for part in family.registered) if family.registered else ("", "")
    return [
        family.source_id, family.no_kk, family.registered_nik, family.name, family.sex.upper(),
        family.born_on.isoformat(), family.village.dotted, family.address, family.rt, family.rw, str(family.members),
        str(family.desil), ";".join(family.programmes), lat, lon, family.point_source,
    ]  # fmt: skip
