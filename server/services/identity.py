"""Identity numbers of a household: how NIK and family-card numbers are compared, masked and read.

A number is kept sealed exactly as the register spells it, damage included, because a check must be able to say that a
spreadsheet damaged it. Comparing needs the digits alone, and only when there are 16 of them: two damaged numbers are not
"the same person".

Belongs here: cleaning, masking, hashing, opening. Does not: saying whether a number is plausible (workers.checks.identity).
"""

from dataclasses import dataclass

from media.sealing import Seal
from server.models.household import Household

NUMBER_DIGITS = 16
HIDDEN = "******"
_SEPARATORS = str.maketrans("", "", " .-'’`\t\u00a0")


@dataclass(frozen=True, repr=False)
class IdentityNumbers:
    """The numbers of a household in clear, as the register spells them; None where it has none. Not for any log or page."""

    nik: str | None
    manager_nik: str | None
    kk: str | None


def identity_numbers(seal: Seal, household: Household) -> IdentityNumbers:
    """The numbers of a household, opened. For checks and audited unmasking only.

    Raises: media.errors.SealError when they were sealed with another key or damaged.
    """
    return IdentityNumbers(
        _open(seal, household.nik_sealed),
        _open(seal, household.manager_nik_sealed),
        _open(seal, household.kk_sealed),
    )


def digits_of(text: str) -> str | None:
    """The 16 digits of a number, spaces, dots, hyphens and apostrophes left out; None when it is anything else."""
    if len(text) == NUMBER_DIGITS and text.isascii() and text.isdecimal():
        return text
    bare = text.translate(_SEPARATORS)
    return bare if len(bare) == NUMBER_DIGITS and bare.isascii() and bare.isdecimal() else None


def number_hash(seal: Seal, text: str) -> bytes | None:
    """What equal numbers have in common, whatever their spelling; None for a damaged one or one digit 16 times."""
    return _hash_digits(seal, digits_of(text))


def mask_nik(text: str) -> str:
    """First 6 digits, ******, last 4; ****** alone for a damaged number; '' for none."""
    return _mask(text, digits_of(text), 6, 4)


def mask_kk(text: str) -> str:
    """First 10 digits, ******; ****** alone for a damaged number; '' for none."""
    return _mask(text, digits_of(text), 10, 0)


def nik_columns(seal: Seal, text: str) -> tuple[bytes | None, bytes | None, str]:
    """A NIK sealed, its hash, its mask; (None, None, '') for none."""
    return _columns(seal, text, 6, 4)


def kk_columns(seal: Seal, text: str) -> tuple[bytes | None, bytes | None, str]:
    """A family-card number sealed, its hash, its mask; (None, None, '') for none."""
    return _columns(seal, text, 10, 0)


def last_four(nik_mask: str) -> str:
    """The last four digits that a NIK mask shows; '' when it shows none."""
    return nik_mask[-4:] if nik_mask[-4:].isdecimal() else ""


def _columns(seal: Seal, text: str, head: int, tail: int) -> tuple[bytes | None, bytes | None, str]:
    if not text:
        return None, None, ""
    digits = digits_of(text)
    return seal.seal_text(text), _hash_digits(seal, digits), _mask(text, digits, head, tail)


def _hash_digits(seal: Seal, digits: str | None) -> bytes | None:
    return None if digits is None or digits == digits[0] * NUMBER_DIGITS else seal.keyed_hash(digits)


def _mask(text: str, digits: str | None, head: int, tail: int) -> str:
    if digits is None:
        return HIDDEN if text.strip() else ""
    return digits[:head] + HIDDEN + digits[NUMBER_DIGITS - tail :]


def _open(seal: Seal, sealed: bytes | None) -> str | None:
    return None if sealed is None else seal.open_text(sealed)
