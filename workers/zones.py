"""Time zones of Indonesia by area code.

Belongs here: which zone a province keeps. Does not: areas, the office's own zone (server.config).
Source: Keputusan Presiden 41/1987; the provinces split off since keep the zone of their parent. Kalimantan Barat and Tengah
are WIB, Selatan, Timur and Utara WITA; Maluku and Papua WIT.
"""

WIB, WITA, WIT = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"
_ZONES = {
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19", "21"), WIB),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "61", "62"), WIB),
    **dict.fromkeys(("51", "52", "53", "63", "64", "65"), WITA),
    **dict.fromkeys(("71", "72", "73", "74", "75", "76"), WITA),
    **dict.fromkeys(("81", "82", "91", "92", "93", "94", "95", "96", "97"), WIT),
}


def find_zone(area_code: str | None) -> str | None:
    """IANA name of the zone that an area ('3517012001', '35', '3517012001/003') keeps; None when the code tells none."""
    return _ZONES.get((area_code or "")[:2])
