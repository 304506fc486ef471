"""Programme names of registers as the codes of the bundled forms' list `program`.

Belongs here: the spellings. Does not: what a programme means for a household.
"""

from collections.abc import Iterable

_ALIASES = {
    "bpnt": "sembako",
    "sembako_bpnt": "sembako",
    "bpnt_sembako": "sembako",
    "kartu_sembako": "sembako",
    "pbi": "pbi_jk",
    "blt": "blt_dd",
    "blt_dana_desa": "blt_dd",
    "bltdd": "blt_dd",
    "pkh_plus_jatim": "pkh_plus",
    "pena": "ppse",
}
NO_PROGRAMME = "tidak_ada"


def programme_codes(names: Iterable[str]) -> frozenset[str]:
    """{'PKH', 'BPNT', 'BLT-DD'} -> {'pkh', 'sembako', 'blt_dd'}; a name we do not know keeps its plain
    spelling."""
    plain = ("_".join("".join(c if c.isalnum() else " " for c in name.lower()).split()) for name in names)
    codes = frozenset(_ALIASES.get(name, name) for name in plain)
    return codes - {"", NO_PROGRAMME}
