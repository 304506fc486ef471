"""Kemendagri area codes in their spellings.

Belongs here: reading and showing a code, which area holds which. Does not: which codes exist.
Source: docs/domain, section 8: PP.KK.CC.DDDD, ten digits stored, dots shown; BPS codes look alike and are
another thing.
"""

import re

UNKNOWN_RW = "000"
_LENGTHS = (2, 4, 6, 10)
_PLAIN = re.compile(r"\d{2}(?:\.?\d{2}(?:\.?\d{2}(?:\.?\d{4})?)?)?", re.ASCII)


def normal_code(value: object) -> str | None:
    """'35.17.01.2001', '3517012001', 3517012001 or 3517012001.0 -> '3517012001'; None for what is no code.

    Province, regency and district codes (2, 4, 6 digits) are codes too. A village whose last four digits
    start with 0
    is none: it is a BPS code or a placeholder.
    """
    text = str(value).strip().removesuffix(".0") if value is not None else ""
    if not _PLAIN.fullmatch(text):
        return None
    code = text.replace(".", "")
    return None if len(code) == 10 and code[6] == "0" else code


def dotted_code(code: str) -> str:
    """'3517012001' -> '35.17.01.2001'; shorter codes likewise. Raises: ValueError for another number of
    digits."""
    if len(code) not in _LENGTHS:
        raise ValueError(f"an area code has 2, 4, 6 or 10 digits, not {len(code)}")
    return ".".join(part for part in (code[:2], code[2:4], code[4:6], code[6:]) if part)


def path_covers(path: str, area_path: str) -> bool | None:
    """Whether an area holds a household's area; None when the household's is not known that far down.

    Args: path: '' = everywhere; '3517', '3517012001', '3517012001/003', '3517012001/003/002'. area_path: of the
    household; an RW '000' stands for one that is not known.
    """
    code, *below = path.split("/")
    village, *known = area_path.split("/")
    if not path:
        return True
    if not (village == code or (len(code) < _LENGTHS[-1] and village.startswith(code))):
        return None if code.startswith(village) else False
    pairs = list(zip(below, known, strict=False))
    if any(wanted != found and found != UNKNOWN_RW for wanted, found in pairs):
        return False
    sure = len(known) >= len(below) and all(wanted == found for wanted, found in pairs)
    return True if sure else None
