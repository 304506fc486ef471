"""Identity numbers as people without the right may see them.

Belongs here: the one mask. Does not: who may see more (server.permissions).
Source: docs/semantics, section 7: first 6 + ****** + last 4.
"""

import re

_SHOWN = 10
_NUMBERS = re.compile(r"\d(?:[ .\-]?\d){13,}")


def mask_number(number: str) -> str:
    """'3517011110209651' -> '351701******9651'. A text too short to hide anything that way shows stars
    only."""
    plain = number.strip()
    if len(plain) < _SHOWN + 2:
        return "*" * len(plain)
    return f"{plain[:6]}******{plain[-4:]}"


def mask_numbers_in(text: str) -> str:
    """A free text with every number of 14 or more digits masked, however it is spaced."""
    return _NUMBERS.sub(lambda found: mask_number(re.sub(r"\D", "", found[0])), text)
