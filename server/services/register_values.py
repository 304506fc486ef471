"""Values of register cells: the many spellings of extracts made into one.

Belongs here: text to value, one function a kind of value; None or '' when the text is no such value. Does not: identity
numbers (identity.py), which cell is which (register_mapping.py), what a programme's name means (workers.programmes).
Source: the domain guide, 5.1 and 8.
"""

import re
from datetime import date
from functools import lru_cache

SHORT = 12
"""Characters of a text that is too short for an identity or account number."""
_SPLIT = re.compile(r"\s*[;,|]\s*")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?: .*)?")
_NUMBER = re.compile(r"[0-9]+")
_MANY_DIGITS = re.compile(r"[0-9]{13,}")
_YES = frozenset(
    ["1", "1.0", "y", "ya", "yes", "true", "t", "v", "x", "aktif", "penerima", "menerima", "ada", "dapat"]
)
_NO = frozenset(
    [
        "0",
        "0.0",
        "tidak",
        "tdk",
        "no",
        "n",
        "false",
        "f",
        "belum",
        "tidak padan",
        "belum padan",
        "tidak_padan",
    ]
)
_MATCHED = frozenset(["padan", "sudah", "sudah padan"])
_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
FIRST_YEAR, LAST_YEAR = 2007, 2100
_SEX = {"l": "l", "lk": "l", "laki-laki": "l", "laki laki": "l", "lelaki": "l", "pria": "l", "m": "l", "1": "l",
        "p": "p", "pr": "p", "perempuan": "p", "wanita": "p", "f": "p", "2": "p"}  # fmt: skip


def clean_cells(cells: list[str]) -> tuple[list[str], str]:
    """The cells, each on one line, without control characters and needless spaces; and one text that stands for them all.

    No two rows of one width have the same text: '|' separates cells that hold none, else a control character does, which none can hold.
    """
    together = "|".join(cells)
    if (
        together.isprintable()
        and not (
            "  " in together
            or " |" in together
            or "| " in together
            or together[:1] == " "
            or together[-1:] == " "
        )
        and together.count("|") == len(cells) - 1
    ):
        return cells, together
    clean = [parse_text(cell, len(cell)) for cell in cells]
    return clean, "\x1f".join(clean)


def parse_text(text: str, limit: int) -> str:
    """The text on one line, without control characters, cut at `limit` characters."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())[:limit]


@lru_cache(maxsize=1024)
def parse_sex(text: str) -> str | None:
    """'l' or 'p'; None for anything else."""
    return _SEX.get(text.strip().lower())


@lru_cache(maxsize=65536)
def parse_date(text: str) -> date | None:
    """The date of 2026-03-31, 31-03-2026 or 31/3/2026; None for anything else, also for a day that no month has."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def parse_count(text: str) -> int | None:
    """A number of people, 0 to 99; '4', '4.0' and '4 orang' are 4."""
    found = _NUMBER.match(text.strip())
    return int(found[0]) if found and len(found[0]) <= 2 else None


@lru_cache(maxsize=1024)
def parse_desil(text: str) -> int | None:
    """A decile 1 to 10; 'Desil 3' is 3."""
    found = _NUMBER.search(text)
    return int(found[0]) if found and len(found[0]) <= 2 and 1 <= int(found[0]) <= 10 else None


@lru_cache(maxsize=1024)
def parse_yes(text: str) -> bool:
    """True for the words that extracts use for yes."""
    return text.strip().lower() in _YES


@lru_cache(maxsize=4096)
def parse_matched(text: str) -> bool | None:
    """Whether `padan_dukcapil` says that the registry knows the family: a word, or the day it was matched; else None."""
    word = parse_text(text, 50).lower()
    if word in _YES or word in _MATCHED or parse_date(word) is not None:
        return True
    return False if word in _NO else None


@lru_cache(maxsize=4096)
def parse_year(text: str) -> int | None:
    """The first year of four digits since PKH began (2007) in '2019', '2019.0', 'SK 12/2019'; None for none."""
    years = (int(found) for found in _YEAR.findall(text))
    return next((year for year in years if FIRST_YEAR <= year <= LAST_YEAR), None)


@lru_cache(maxsize=4096)
def parse_dates(text: str) -> tuple[date, ...]:
    """The dates of '2019-03-31; 2021-05-01', in order; what is no date is left out."""
    found = (parse_date(part) for part in _SPLIT.split(text))
    return tuple(sorted(day for day in found if day is not None))


@lru_cache(maxsize=4096)
def parse_programmes(text: str) -> tuple[str, ...]:
    """The programmes of 'PKH;BPNT' or 'PKH, BPNT', as spelled, each once."""
    names = (parse_text(name, 50) for name in _SPLIT.split(text.strip()))
    return tuple(dict.fromkeys(name for name in names if name not in ("", "-", "0")))


def parse_coordinates(lat: str, lon: str) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees, also with decimal commas; (None, None) when absent, impossible or 0, 0."""
    if not lat or not lon:
        return None, None
    try:
        y, x = float(lat.replace(",", ".")), float(lon.replace(",", "."))
    except ValueError:
        return None, None
    if (y == 0 and x == 0) or not (-90 <= y <= 90 and -180 <= x <= 180):
        return None, None
    return y, x


def parse_phone(text: str) -> str:
    """Digits only, '08…' as '628…'; '' when it is no number."""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdecimal())
    return f"62{digits[1:]}" if digits.startswith("0") else digits[:20]


def without_long_numbers(text: str) -> str:
    """The text with every run of 13 or more digits hidden: free columns may hold identity or account numbers."""
    return _MANY_DIGITS.sub("******", text) if len(text) > SHORT else text
