"""The catalogue of settings that rules read as `$name`: thresholds the office may change, dated and per area.

Belongs here: name, type, unit, default, label and source of each setting.
Does not: the values an office has set (server.models.setting), facts about a submission (facts_catalog.py).
Source: docs/domain, sections 7.1 to 7.4, column "Default"; [P] marks the project's own proposals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from forms.rules_types import Type


@dataclass(frozen=True)
class Setting:
    """One threshold. default None: no value is right everywhere, so until the office sets one it is unknown.

    name: without `$`. unit: 'Rp', 'm2', 'years', 'Rp/month', '' for counts and codes. label: by language,
    'id' and 'en'. rules: codes of the rules it was made for.
    """

    name: str
    type: Type
    unit: str
    default: int | Decimal | None
    label: Mapping[str, str]
    source: str
    rules: tuple[str, ...]


def _number(
    name: str, default: int | str | None, unit: str, id_: str, en: str, source: str, rules: str
) -> Setting:
    value = Decimal(default) if isinstance(default, str) else default
    return Setting(name, Type.NUMBER, unit, value, {"id": id_, "en": en}, source, tuple(rules.split()))


_STATUS = (
    _number("umk", None, "Rp/month", "Upah minimum kabupaten", "District minimum wage", "S36", "EL06"),
    _number(
        "not_met_visits",
        3,
        "",
        "Kunjungan tanpa bertemu siapa pun",
        "Visits without meeting anybody",
        "S10",
        "EL12",
    ),
    _number("desil_gate_pkh", 4, "", "Desil tertinggi untuk PKH", "Highest decile for PKH", "S12", "EL16"),
    _number(
        "desil_gate_sembako",
        5,
        "",
        "Desil tertinggi untuk Sembako",
        "Highest decile for food aid",
        "S12",
        "EL16",
    ),
    _number(
        "desil_gate_pbi", 5, "", "Desil tertinggi untuk PBI-JK", "Highest decile for PBI-JK", "S12", "EL16"
    ),
    _number(
        "turnover_code_minimum",
        4,
        "",
        "Kode omzet usaha terendah",
        "Lowest turnover code (4 = from Rp25 million)",
        "REGSOSEK 425",
        "EL19",
    ),
)
_COMPONENTS = (
    _number(
        "early_child_age_maximum",
        6,
        "years",
        "Umur tertinggi anak usia dini",
        "Oldest early child",
        "S26",
        "KP03",
    ),
    _number(
        "elder_age_minimum",
        60,
        "years",
        "Umur terendah lansia",
        "Youngest elder (60 or 70)",
        "S26",
        "KP05 EX03",
    ),
    _number("components_maximum", 4, "", "Komponen PKH paling banyak", "Most PKH components", "S26", "KP06"),
    _number(
        "pkh_plus_age_minimum", 70, "years", "Umur terendah PKH Plus", "Youngest for PKH Plus", "S30", "KP09"
    ),
    _number("pkh_years_maximum", 5, "years", "Lama kepesertaan PKH", "Years on PKH", "S25", "KP13"),
)
_ASSETS = (
    _number("car_minimum", 1, "", "Jumlah mobil", "Cars", "S17, S22", "AS01"),
    _number("motorcycle_minimum", 3, "", "Jumlah sepeda motor", "Motorcycles", "S17", "AS02"),
    _number("ac_minimum", 1, "", "Jumlah AC", "Air conditioners", "[P]", "AS04"),
    _number("water_heater_minimum", 1, "", "Jumlah pemanas air", "Water heaters", "[P]", "AS05"),
    _number(
        "power_code_minimum",
        4,
        "",
        "Kode daya listrik terendah",
        "Lowest power code (4 = 2200 VA)",
        "S22",
        "AS06",
    ),
    _number("meter_minimum", 2, "", "Jumlah meteran listrik", "Power meters", "[P]", "AS08"),
    _number("livestock_minimum", 3, "", "Jumlah sapi dan kerbau", "Cattle and buffalo", "[P]", "AS11"),
    _number(
        "house_area_minimum",
        100,
        "m2",
        "Luas lantai rumah mewah",
        "Floor area of a good house",
        "S38",
        "AS12",
    ),
    _number("storeys_minimum", 2, "", "Jumlah lantai bangunan", "Storeys", "S37", "AS13"),
    _number("boat_minimum", 1, "", "Jumlah kapal motor", "Motor boats", "[P]", "AS14"),
    _number("electronics_minimum", 3, "", "Jenis elektronik dari 4", "Electronics, of 4", "[P]", "AS15"),
    _number("asset_score_minimum", 6, "", "Skor aset tinggi", "High asset score", "[P]", "AS16"),
    _number("asset_jump_minimum", 4, "", "Lonjakan skor aset", "Jump of the asset score", "[P]", "AS17"),
)
_PROTECTION = (
    _number(
        "k262_minimum",
        3,
        "",
        "Kriteria Kepmensos 262 terpenuhi",
        "Kepmensos 262 criteria met",
        "S6, [P]",
        "EX01",
    ),
    _number(
        "b14_minimum", 9, "", "Kriteria BPS terpenuhi, dari 14", "BPS criteria met, of 14", "S43", "EX02"
    ),
    _number(
        "b14_floor_per_person", 8, "m2", "Luas lantai per orang, BPS", "Floor per person, BPS", "S43", "EX02"
    ),
    _number(
        "rtlh_minimum",
        3,
        "",
        "Kriteria RTLH terpenuhi, dari 5",
        "Unfit-house criteria met, of 5",
        "S26",
        "EX07",
    ),
    _number(
        "rtlh_floor_per_person",
        "7.2",
        "m2",
        "Luas lantai per orang, RTLH",
        "Floor per person, unfit house",
        "S26",
        "EX07",
    ),
)

SETTINGS: Mapping[str, Setting] = {
    setting.name: setting for setting in (*_STATUS, *_COMPONENTS, *_ASSETS, *_PROTECTION)
}


def default_settings() -> dict[str, int | Decimal]:
    """Setting name -> default, for every setting that has one; what an office starts with."""
    return {name: setting.default for name, setting in SETTINGS.items() if setting.default is not None}
