"""Checks of what the register says of a household, whoever visits it.

Belongs here: rules that read the register's row alone, so that every visit to the household says the same.
Does not: numbers shared with other families (duplicates.py), what the family answers (identity.py, members.py).
No evidence holds a full number. Source: docs/domain 5.1, 7.2 and 7.5.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Knob, Subject, Unknown, check
from workers.facts import Facts, Reason, RegisterFacts
from workers.masks import mask_number
from workers.nik import is_number
from workers.programmes import programme_codes

_register = partial(check, subject=Subject.HOUSEHOLD)
_EXPONENT = re.compile(r"\d[eE][+-]?\d")
_DECIMAL = re.compile(r"\d[.,]\d{0,2}$")
_APOSTROPHE = re.compile(r"^['’`´]|['’`´]$")
PKH = "pkh"


def _not_registered(facts: Facts) -> Answer:
    """The answer for a household that the register does not have."""
    if facts.register is None and facts.about_household:
        return Unknown(Reason.NO_HOUSEHOLD)
    return NOT_APPLICABLE


def _day(facts: Facts) -> date | None:
    """The day of what is said of the household as a whole: of its latest visit."""
    return (facts.history and facts.history.last_visited_on) or facts.visited_on


@_register(
    "ID06",
    kind=Kind.DATA,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.5, ID06: spreadsheets keep 15 digits; seen S25. The smallest import is [P]",
    label_id="NIK rusak dari lembar kerja",
    label_en="Number damaged by a spreadsheet",
    explain_id="{number} di register ({shown}) tampak rusak oleh lembar kerja: {fault}. Nomor impor ini yang "
    "berakhir 0: {ending_zero_pct}%, batas {threshold}%.",
    explain_en="{number} of the register ({shown}) looks damaged by a spreadsheet: {fault}. Numbers of this "
    "import that end in 0: {ending_zero_pct}%, limit {threshold}%.",
    knobs={
        "zero_pct": Knob(
            "Nomor berakhir 0 dalam satu impor", "Numbers of one import that end in 0", minimum=0, maximum=100
        ),
        "smallest_import": Knob("Impor terkecil yang dihitung", "Smallest import that is counted", minimum=1),
    },
)
def spreadsheet_damage(facts: Facts, *, zero_pct: float = 30.0, smallest_import: int = 30) -> Answer:
    """Fires when a number of the register has an exponent, decimals or an apostrophe; or ends in 0 and came
    with an import of which over zero_pct do, when at least smallest_import numbers were in it.
    """
    register = facts.register
    if register is None or register.is_new:
        return _not_registered(facts)
    stated = list(_numbers(register))
    if not stated:
        return Unknown(Reason.NO_REGISTER_VALUE)
    for name, number in stated:
        share = _ending_zero_pct(register, name, smallest_import)
        fault = _damage(number)
        if (
            fault is None
            and share is not None
            and share > zero_pct
            and is_number(number)
            and number[-1] == "0"
        ):
            fault = "ends_in_zero"
        if fault is not None:
            shown = {"number": name, "shown": mask_number(number), "fault": fault}
            return Fires({**shown, "ending_zero_pct": share, "threshold": zero_pct, "unit": "%"})
    return None


def _numbers(register: RegisterFacts) -> Iterator[tuple[str, str]]:
    stated = (("nik", register.nik), ("nik_pengurus", register.nik_manager), ("no_kk", register.no_kk))
    return ((name, number.strip()) for name, number in stated if number and number.strip())


def _damage(number: str) -> str | None:
    if _EXPONENT.search(number):
        return "exponent"
    if _APOSTROPHE.search(number):
        return "apostrophe"
    return "decimal" if _DECIMAL.search(number) else None


def _ending_zero_pct(register: RegisterFacts, name: str, smallest: int) -> float | None:
    """Percent of the import's numbers of this kind; None when it was too small, or nobody counted."""
    count, zeros = register.number_ends.get(name, (0, 0))
    return round(100.0 * zeros / count, 1) if count >= max(1, smallest) else None


@_register(
    "ID08",
    kind=Kind.DATA,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.5, ID08: aid can stop, S11",
    label_id="Tidak padan Dukcapil",
    label_en="Not matched with the civil registry",
    explain_id="Register ({snapshot}) mencatat padan Dukcapil: {value}; seharusnya {threshold}. Bantuan dapat "
    "terhenti; sarankan perbaikan data.",
    explain_en="The register ({snapshot}) says matched with the civil registry: {value}; it should be "
    "{threshold}. Aid can stop; suggest a correction.",
)
def not_matched(facts: Facts) -> Answer:
    """Fires when the register's padan_dukcapil says no."""
    register = facts.register
    if register is None or register.is_new:
        return _not_registered(facts)
    if register.dukcapil_matched is None:
        return Unknown(Reason.NO_REGISTER_VALUE)
    if register.dukcapil_matched:
        return None
    return Fires({"value": "tidak", "snapshot": register.snapshot, "threshold": "ya", "unit": ""})


def _pkh_register(facts: Facts) -> RegisterFacts | None:
    """The register's row of a family that receives PKH."""
    register = facts.register
    if register is None or register.is_new or PKH not in programme_codes(register.programmes):
        return None
    return register


@_register(
    "KP03",
    kind=Kind.COMPONENT,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.2, KP03: S26",
    label_id="Anak usia dini lewat umur",
    label_en="Early child too old",
    explain_id="Register masih menghitung {children} anak usia dini yang pada {day} sudah berumur {ages} tahun; "
    "batas {threshold} tahun.",
    explain_en="The register still counts {children} early children aged {ages} on {day}; the limit is "
    "{threshold} years.",
    knobs={"age_maximum": Knob(shared="early_child_age_maximum", unit="years")},
)
def early_child_too_old(facts: Facts, *, age_maximum: int = 6) -> Answer:
    """Fires when a child that the register counts as early child of a PKH family is older than age_maximum."""
    register, day = _pkh_register(facts), _day(facts)
    if register is None:
        return _not_registered(facts)
    if register.early_children == 0:
        return None
    if not register.early_children_born_on:
        return Unknown(Reason.NO_REGISTER_VALUE)
    if day is None:
        return Unknown(Reason.NO_TIMES)
    ages = sorted(_age(born_on, day) for born_on in register.early_children_born_on)
    old = [age for age in ages if age > age_maximum]
    if old:
        shown = {"children": len(old), "ages": old, "day": day.isoformat()}
        return Fires({**shown, "threshold": age_maximum, "unit": "years"})
    missing = (register.early_children or 0) - len(ages)
    return Unknown(Reason.NO_REGISTER_VALUE, {"missing": missing}) if missing > 0 else None


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


@_register(
    "KP13",
    kind=Kind.COMPONENT,
    severity=Severity.INFO,
    source="domain catalogue 7.2, KP13: S25, an option of graduation",
    label_id="Kepesertaan lebih dari 5 tahun",
    label_en="Over 5 years on PKH",
    explain_id="PKH sejak {since_year}: {years} tahun, lebih dari {threshold} tahun. Bukan alasan berhenti, bahan "
    "percakapan graduasi.",
    explain_en="On PKH since {since_year}: {years} years, more than {threshold}. No reason to stop; something to "
    "talk about graduation with.",
    knobs={"years_maximum": Knob(shared="pkh_years_maximum", unit="years")},
)
def long_on_pkh(facts: Facts, *, years_maximum: int = 5) -> Answer:
    """Fires when the year of a PKH family's first decree lies more than years_maximum years back."""
    register, day = _pkh_register(facts), _day(facts)
    if register is None:
        return _not_registered(facts)
    if register.pkh_since_year is None:
        return Unknown(Reason.NO_REGISTER_VALUE)
    if day is None:
        return Unknown(Reason.NO_TIMES)
    years = day.year - register.pkh_since_year
    if years <= years_maximum:
        return None
    evidence = {"since_year": str(register.pkh_since_year), "years": years}
    return Fires({**evidence, "threshold": years_maximum, "unit": "years"})
