"""What people type into a search box: words, or something that may be an identity number. Imports nothing heavy."""

import unicodedata

HIDDEN_FROM_DIGITS = 8
"""The mask of a NIK shows six digits in a row; eight may be the beginning of one."""


def digits_of(text: str) -> str:
    """The digits of a text as 0-9, also those of other scripts; everything between them left out."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


def may_be_number(text: str) -> bool:
    """True for what must not stand in an address."""
    return len(digits_of(text)) >= HIDDEN_FROM_DIGITS
