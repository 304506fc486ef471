"""Checks of identity numbers: are they numbers at all, of this person, of this family.

Belongs here: ID rules of one submission. Does not: numbers shared with other families (duplicates.py).
No evidence holds a full number. Source: docs/domain 7.5 and 8.
"""

from datetime import date
from functools import partial

from forms.rule_terms import Kind, Severity
from forms.values import Row
from workers.checking import NOT_APPLICABLE, Answer, Fires, Subject, Unknown, check
from workers.facts import Facts, Reason
from workers.masks import mask_number
from workers.nik import BirthPart, find_fault, is_number, is_provisional, read_birth_part
from workers.visits import row_value

_identity = partial(check, kind=Kind.IDENTITY)
HEAD = "1"


def _typed_nik(facts: Facts) -> str:
    return facts.text("nik").strip()


def _niks(facts: Facts) -> list[tuple[str, str]]:
    """(where it stands, number): the one typed, then those of the register."""
    register = facts.register
    stated = [
        ("typed", _typed_nik(facts)),
        ("register", (register.nik or "").strip() if register else ""),
        ("register_manager", (register.nik_manager or "").strip() if register else ""),
    ]
    return [(where, nik) for where, nik in stated if nik]


def _nothing_typed(facts: Facts, question: str) -> Answer:
    """The answer where a question about a number holds none: not known if it was asked, else not
    applicable."""
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    return Unknown(Reason.NO_ANSWER) if facts.asked(question) else NOT_APPLICABLE


def _no_number(facts: Facts, question: str) -> Answer:
    """The answer where neither the register nor the officer has a number."""
    if facts.register is not None and not facts.register.is_new:
        return Unknown(Reason.NO_REGISTER_VALUE)
    return _nothing_typed(facts, question)


def _today(facts: Facts) -> date | None:
    """The day of the visit, so that a replay repeats."""
    return facts.visited_on or (facts.received_at.date() if facts.received_at else None)


@_identity(
    "ID01",
    severity=Severity.MEDIUM,
    source="domain catalogue 7.5, ID01; structure of the NIK: domain 8",
    label_id="Format NIK salah",
    label_en="Bad NIK",
    explain_id="NIK {nik} ({where}) salah: {fault}. NIK harus 16 angka dengan tanggal lahir dan nomor urut.",
    explain_en="NIK {nik} ({where}) is wrong: {fault}. A NIK has 16 digits with a birth date and a serial.",
)
def bad_nik(facts: Facts) -> Answer:
    """Fires when a NIK is not 16 digits, has no date of birth or the serial 0000; the register's 0... are
    ID02's."""
    niks, today = _niks(facts), _today(facts)
    if not niks:
        return _no_number(facts, "nik")
    if today is None:
        return Unknown(Reason.NO_TIMES)
    for where, nik in niks:
        provisional = where != "typed" and is_number(nik) and is_provisional(nik)
        fault = None if provisional else find_fault(nik, today)
        if fault is not None:
            evidence = {"nik": mask_number(nik), "where": where, "fault": fault.value, "digits": len(nik)}
            return Fires({**evidence, "threshold": 16, "unit": "digits"})
    return None


@_identity(
    "ID02",
    severity=Severity.MEDIUM,
    subject=Subject.HOUSEHOLD,
    source="domain catalogue 7.5, ID02: OpenSID gives 0 + village code + 5 digits",
    label_id="NIK sementara",
    label_en="Provisional NIK",
    explain_id="NIK {nik} di register diawali 0: nomor sementara dari desa.",
    explain_en="NIK {nik} of the register starts with 0: a provisional number made by the village.",
)
def provisional_nik(facts: Facts) -> Answer:
    """Fires when a NIK of the register starts with 0."""
    if facts.register is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    niks = [nik.strip() for nik in facts.register.niks]
    if not niks:
        return NOT_APPLICABLE if facts.register.is_new else Unknown(Reason.NO_REGISTER_VALUE)
    bad = next((nik for nik in niks if is_provisional(nik)), None)
    return None if bad is None else Fires({"nik": mask_number(bad), "threshold": "0", "unit": "first digit"})


def _head(facts: Facts) -> Row | None:
    return next((row for row in facts.rows("art") if row_value(row, "shdk") == HEAD), None)


def _is_managers(facts: Facts, nik: str) -> bool:
    """True for a number that is the card manager's and not the head's: it says nothing about the head."""
    register = facts.register
    if register is not None and nik == register.nik:
        return False
    if register is not None and nik == register.nik_manager:
        return True
    part = read_birth_part(nik)
    managers = (
        row
        for row in facts.rows("art")
        if row_value(row, "pengurus") == "ya" and row_value(row, "shdk") != HEAD
    )
    return part is not None and any(_is_of(part, row) for row in managers)


def _is_of(part: BirthPart, row: Row) -> bool:
    born_on = row_value(row, "tgl_lahir")
    return isinstance(born_on, date) and part.fits(born_on) and row_value(row, "jk") == part.sex


def _whose_nik(facts: Facts) -> tuple[str, BirthPart] | None:
    """The number that says when the head was born: the one typed, else the register's, if it can be read.

    The number typed may be the card manager's: then it tells nothing about the head and the register's is
    taken.
    """
    typed = _typed_nik(facts)
    registered = (facts.register.nik or "").strip() if facts.register else ""
    for nik in ("" if _is_managers(facts, typed) else typed, registered):
        part = read_birth_part(nik)
        if part is not None and not is_provisional(nik):
            return nik, part
    return None


def _head_data(facts: Facts) -> tuple[date | None, str | None]:
    """(birth date, sex) of the head: as answered, else as registered."""
    row, register = _head(facts), facts.register
    born_on = row_value(row, "tgl_lahir") if row else None
    sex = row_value(row, "jk") if row else None
    if not isinstance(born_on, date):
        born_on = register.born_on if register else None
    if not isinstance(sex, str):
        sex = register.sex if register else None
    return born_on, sex.lower() if isinstance(sex, str) else None


@_identity(
    "ID03",
    severity=Severity.LOW,
    source="domain catalogue 7.5, ID03: old identity cards do have errors",
    label_id="NIK beda tanggal lahir atau jenis kelamin",
    label_en="NIK differs from birth date or sex",
    explain_id="NIK {nik} berbeda dari data kepala keluarga: {differs}. Menurut NIK lahir {nik_born_on}, "
    "{nik_sex}; "
    "menurut data {born_on}, {sex}.",
    explain_en="NIK {nik} differs from the head of the family: {differs}. The NIK says born {nik_born_on}, "
    "{nik_sex}; "
    "the data say {born_on}, {sex}.",
)
def nik_differs_from_person(facts: Facts) -> Answer:
    """Fires when digits 7-12 do not fit the head's birth date or sex."""
    found, (born_on, sex) = _whose_nik(facts), _head_data(facts)
    if found is None:
        return NOT_APPLICABLE if _niks(facts) else _no_number(facts, "nik")
    if born_on is None and sex is None:
        return Unknown(Reason.NO_ANSWER)
    nik, part = found
    differs = []
    if born_on is not None and not part.fits(born_on):
        differs.append("born_on")
    if sex in ("l", "p") and sex != part.sex:
        differs.append("sex")
    if not differs:
        return None
    by_nik = part.born_on(_today(facts) or date.max)
    said = {"born_on": born_on.isoformat() if born_on else None, "sex": sex}
    read = {"nik_born_on": by_nik.isoformat() if by_nik else None, "nik_sex": part.sex}
    return Fires({"nik": mask_number(nik), "differs": differs, **read, **said})


@_identity(
    "ID04",
    severity=Severity.HIGH,
    source="domain catalogue 7.5, ID04; semantics 7: every NIK known for the household",
    label_id="NIK beda dari register",
    label_en="NIK differs from the register",
    explain_id="NIK yang diketik ({typed}) bukan NIK keluarga ini di register ({registered}): salah rumah "
    "atau salah orang.",
    explain_en="The NIK typed ({typed}) is none of this household's in the register ({registered}): wrong "
    "house or person.",
)
def nik_differs_from_register(facts: Facts) -> Answer:
    """Fires when the NIK typed is neither the head's nor the manager's."""
    typed = _typed_nik(facts)
    if not typed:
        return _nothing_typed(facts, "nik")
    if facts.register is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    known = [nik.strip() for nik in facts.register.niks]
    if not known:
        return NOT_APPLICABLE if facts.register.is_new else Unknown(Reason.NO_REGISTER_VALUE)
    if typed in known:
        return None
    return Fires({"typed": mask_number(typed), "registered": [mask_number(nik) for nik in known]})


@_identity(
    "ID05",
    severity=Severity.MEDIUM,
    source="domain catalogue 7.5, ID05",
    label_id="NIK sama dengan No. KK",
    label_en="NIK equals the KK number",
    explain_id="No. KK {no_kk} ({where}) salah: {fault}.",
    explain_en="KK number {no_kk} ({where}) is wrong: {fault}.",
)
def nik_equals_kk(facts: Facts) -> Answer:
    """Fires when a KK number equals a NIK or is not 16 digits."""
    register = facts.register
    typed = facts.text("no_kk").strip()
    stated = [("typed", typed), ("register", (register.no_kk or "").strip() if register else "")]
    kks = [(where, no_kk) for where, no_kk in stated if no_kk]
    if not kks:
        return _no_number(facts, "no_kk")
    niks = {nik for _, nik in _niks(facts)}
    for where, no_kk in kks:
        fault = "equals_nik" if no_kk in niks else None if is_number(no_kk) else "not_16_digits"
        if fault is not None:
            evidence = {"no_kk": mask_number(no_kk), "where": where, "fault": fault, "digits": len(no_kk)}
            return Fires({**evidence, "threshold": 16, "unit": "digits"})
    return None
