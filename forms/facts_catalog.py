"""The catalogue of `$facts`: what the server knows beside the answers, and rules may ask.

Belongs here: name, type, unit, meaning and source of each fact; the console and the documentation read it.
Does not: finding a fact out (server.services.facts), the office's own thresholds (settings_catalog.py).
Source: docs/semantics, section 3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from forms.rule_terms import Level
from forms.rules_types import Type


@dataclass(frozen=True)
class Fact:
    """One fact. A fact without a value (None, or absent from the situation) is unknown.

    name: without `$`. unit: 'm', 's', 'h', '' where there is none. description: by language, 'id' and 'en'.
    choices: the texts it can be, None when open. level: HOUSEHOLD facts are for household rules only.
    group: heading in the console. source: where the value comes from.
    """

    name: str
    type: Type
    unit: str
    description: Mapping[str, str]
    source: str
    group: str
    choices: frozenset[str] | None = None
    level: Level = Level.SUBMISSION


def _fact(name: str, kind: Type, unit: str, id_: str, en: str, *, source: str, group: str) -> Fact:
    choices = {"relation": RELATIONS, "programmes": PROGRAMMES}.get(name)
    return Fact(name, kind, unit, {"id": id_, "en": en}, source, group, choices)


# `unknown`, the fourth relation, is no choice: a fact that is not known makes the comparison unknown.
RELATIONS = frozenset({"inside", "boundary", "outside"})
# The codes of the bundled forms' list `program`, and the programmes that only the register knows.
PROGRAMMES = frozenset(
    {
        *("pkh", "sembako", "pbi_jk", "blt_dd", "pkh_plus", "jatim_puspa", "ppse", "pip", "subsidi_listrik"),
        *("rumah", "daerah", "lainnya", "yapi", "permakanan", "atensi", "sembako_adaptif"),
    }
)

_REGISTER = (
    _fact(
        "programmes",
        Type.SET,
        "",
        "Program aktif keluarga menurut register",
        "Active programmes of the household in the register",
        source="register",
        group="register",
    ),
    _fact(
        "desil",
        Type.NUMBER,
        "",
        "Desil keluarga, 1 termiskin sampai 10",
        "Decile of the household, 1 (poorest) to 10",
        source="register",
        group="register",
    ),
    _fact(
        "snapshot",
        Type.TEXT,
        "",
        "Nama snapshot register yang dipakai",
        "Name of the register snapshot in use",
        source="import",
        group="register",
    ),
    _fact(
        "registered_village",
        Type.TEXT,
        "",
        "Kode desa keluarga menurut register, 10 angka",
        "Village code of the household in the register, 10 digits",
        source="register",
        group="register",
    ),
)
_LOCATION = (
    _fact(
        "relation",
        Type.TEXT,
        "",
        "Letak titik terhadap desa yang diakui: inside, boundary, outside",
        "Relation of the house point to the claimed village: inside, boundary, outside",
        source="house point, village boundary",
        group="location",
    ),
    _fact(
        "outside_m",
        Type.NUMBER,
        "m",
        "Jarak titik di luar batas desa; 0 di dalam",
        "How far the house point lies outside the claimed village; 0 inside",
        source="house point, village boundary",
        group="location",
    ),
    _fact(
        "accuracy_m",
        Type.NUMBER,
        "m",
        "Akurasi GPS titik rumah",
        "GPS accuracy of the house point",
        source="house point",
        group="location",
    ),
    _fact(
        "found_village",
        Type.TEXT,
        "",
        "Kode desa tempat titik berada, 10 angka",
        "Code of the village in which the point lies, 10 digits",
        source="house point, village boundary",
        group="location",
    ),
    _fact(
        "from_register_m",
        Type.NUMBER,
        "m",
        "Jarak titik dari titik register",
        "Distance from the point in the register",
        source="house point, register",
        group="location",
    ),
    _fact(
        "from_last_visit_m",
        Type.NUMBER,
        "m",
        "Jarak titik dari kunjungan sebelumnya",
        "Distance from the house point of the last visit",
        source="house point, earlier submissions",
        group="location",
    ),
)
_PHOTO = (
    _fact(
        "photos",
        Type.NUMBER,
        "",
        "Jumlah foto yang sudah diterima",
        "Number of photos received",
        source="attachments",
        group="photo",
    ),
    _fact(
        "photo_reused",
        Type.BOOLEAN,
        "",
        "Ada foto yang sama dengan foto rumah lain",
        "A photo is the same as one of another house",
        source="photo digests",
        group="photo",
    ),
    _fact(
        "photo_exif_m",
        Type.NUMBER,
        "m",
        "Jarak terjauh letak foto (EXIF) dari titik rumah",
        "Farthest distance of a photo's EXIF position from the house point",
        source="photo EXIF, house point",
        group="photo",
    ),
)
_INTERVIEW = (
    _fact(
        "duration_s",
        Type.NUMBER,
        "s",
        "Lama wawancara aktif",
        "Active time of the interview",
        source="start, end, audit",
        group="interview",
    ),
    _fact(
        "start_hour",
        Type.NUMBER,
        "h",
        "Jam mulai, waktu setempat, 0-23",
        "Hour of the start in local time, 0-23",
        source="start",
        group="interview",
    ),
    _fact(
        "delay_h",
        Type.NUMBER,
        "h",
        "Jarak waktu dari selesai sampai diterima server",
        "Time between the end of the interview and its arrival",
        source="end, reception",
        group="interview",
    ),
)
_HISTORY = (
    _fact(
        "visits",
        Type.NUMBER,
        "",
        "Jumlah kunjungan keluarga dalam kampanye ini, termasuk ini",
        "Visits to the household in this campaign, this one included",
        source="submissions",
        group="history",
    ),
    _fact(
        "asset_score_before",
        Type.NUMBER,
        "",
        "Skor aset pada kunjungan sebelumnya",
        "Asset score at the visit before",
        source="submissions",
        group="history",
    ),
)
_LISTS = (
    _fact(
        "in_blt_dd",
        Type.BOOLEAN,
        "",
        "NIK atau No. KK ada di daftar BLT-DD",
        "NIK or KK number is on the BLT-DD list",
        source="programme lists",
        group="lists",
    ),
    _fact(
        "nik_in_other_household",
        Type.BOOLEAN,
        "",
        "NIK yang dicatat milik keluarga lain di register",
        "The NIK typed belongs to another household of the register",
        source="register",
        group="lists",
    ),
)
_HOUSEHOLD = (
    Fact(
        "count_high_ineligible",
        Type.NUMBER,
        "",
        {
            "id": "Jumlah temuan tidak layak tingkat tinggi yang menyala pada keluarga",
            "en": "Findings of kind ineligible and severity high that fire for the household",
        },
        "findings",
        "household",
        level=Level.HOUSEHOLD,
    ),
    Fact(
        "count_protect",
        Type.NUMBER,
        "",
        {
            "id": "Jumlah temuan pelindung yang menyala pada keluarga",
            "en": "Findings of kind protect that fire for the household",
        },
        "findings",
        "household",
        level=Level.HOUSEHOLD,
    ),
)

FACTS: Mapping[str, Fact] = {
    fact.name: fact
    for fact in (*_REGISTER, *_LOCATION, *_PHOTO, *_INTERVIEW, *_HISTORY, *_LISTS, *_HOUSEHOLD)
}

FIRES_PREFIX = "fires_"
_FIRES = re.compile(r"fires_([A-Za-z]\w*)", re.ASCII)


def find_fact(name: str) -> Fact | None:
    """The fact of this name (without `$`), `fires_CODE` for any code among them; None when there is none."""
    if name in FACTS:
        return FACTS[name]
    fires = _FIRES.fullmatch(name)
    if fires is None:
        return None
    description = {
        "id": f"{fires[1]} menyala pada keluarga ini",
        "en": f"{fires[1]} fires for this household",
    }
    return Fact(name, Type.BOOLEAN, "", description, "findings", "household", level=Level.HOUSEHOLD)
