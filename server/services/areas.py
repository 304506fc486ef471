"""The tree of areas: paths of households, lookups by code, boundaries for whoever measures.

Belongs here: reading areas and making area paths. Does not: reading boundary files (area_import.py), narrowing queries
(server/scope.py), geometry (workers.geography).
"""

import re
from functools import lru_cache

_NUMBER = re.compile(r"[0-9]+")
UNKNOWN_RW = "000"


@lru_cache(maxsize=4096)
def normal_rt(text: str) -> str:
    """An RT or RW as three digits: '3', '03', 'RT 3' and '3.0' are '003'; '' for none, 0 or anything else."""
    found = _NUMBER.search(text)
    if found is None:
        return ""
    number = int(found[0])
    return f"{number:03d}" if 0 < number < 1000 else ""


@lru_cache(maxsize=65536)
def area_path(village_code: str, rw: str = "", rt: str = "") -> str:
    """'3517012001/003/002': village, RW, RT, as far down as they are known.

    Args: village_code as 10 digits; rw and rt as anybody writes them. Where a village has no RW, its RT stand below RW
    '000', so that an officer can be given one RT of it: '3517012001/000/002'.
    """
    rw, rt = normal_rt(rw), normal_rt(rt)
    if not rt:
        return f"{village_code}/{rw}" if rw else village_code
    return f"{village_code}/{rw or UNKNOWN_RW}/{rt}"
