"""What a NIK says about itself: form, birth date, sex.

Belongs here: reading the 16 digits. Does not: comparing with a person (workers.checks.identity).
Source: docs/domain, section 8: PPKKCC DDMMYY SSSS, women's day + 40.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LENGTH = 16
OLDEST_YEARS = 110
WOMEN_DAY = 40


class NikFault(StrEnum):
    """What is wrong with a number that should be a NIK."""

    NOT_16_DIGITS = "not_16_digits"
    NO_DATE = "no_date"
    SERIAL_0000 = "serial_0000"


@dataclass(frozen=True)
class BirthPart:
    """Digits 7-12: sex 'l' or 'p', day of month as born, month, two-digit year."""

    sex: str
    day: int
    month: int
    year2: int

    def born_on(self, today: date) -> date | None:
        """The birth date in the century that gives an age of 0 to 110 years; the younger when both do; None
        when none."""
        for century in (today.year // 100 * 100, today.year // 100 * 100 - 100):
            born = _date(century + self.year2, self.month, self.day)
            if born is not None and born <= today and today.year - born.year <= OLDEST_YEARS:
                return born
        return None

    def fits(self, born_on: date) -> bool:
        """True when a birth date has this day, month and year of century."""
        return (born_on.day, born_on.month, born_on.year % 100) == (self.day, self.month, self.year2)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_number(text: str) -> bool:
    """True for 16 ASCII digits."""
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def is_provisional(nik: str) -> bool:
    """True for a number that a village made up until the real one comes: it starts with 0."""
    return nik.startswith("0")


def read_birth_part(nik: str) -> BirthPart | None:
    """Digits 7-12 of 16 digits, or None when they are no day and month."""
    if not is_number(nik):
        return None
    day, month, year2 = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    woman = day > WOMEN_DAY
    part = BirthPart("p" if woman else "l", day - WOMEN_DAY if woman else day, month, year2)
    # A leap year admits 29 February; which century is meant is settled later.
    return part if _date(2000, part.month, part.day) is not None else None


def find_fault(nik: str, today: date) -> NikFault | None:
    """What is wrong with the form of a NIK on a day, None when nothing is."""
    if not is_number(nik):
        return NikFault.NOT_16_DIGITS
    part = read_birth_part(nik)
    if part is None or part.born_on(today) is None:
        return NikFault.NO_DATE
    return NikFault.SERIAL_0000 if nik.endswith("0000") else None
