"""Checks of the family as it was met against the family as it is registered.

Belongs here: ID rules over the rows of `art`. Does not: identity numbers (identity.py), eligibility (rules sheets).
Source: docs/domain 7.5.
"""

import re
from difflib import SequenceMatcher

from forms.rule_terms import Kind, Severity
from forms.values import Row
from workers.checking import NOT_APPLICABLE, Answer, Fires, Knob, Unknown, check
from workers.facts import Facts, Reason
from workers.masks import mask_numbers_in
from workers.visits import row_value

HEAD = "1"
ADDED = "5"
LEFT = frozenset({"2", "3", "6"})
_TITLE_WORDS = (
    "h hj haji hajah hajjah kh kyai ki nyai ust ustad ustadz ustadzah gus drs dra dr drg ir prof r rr rd raden rara "
    "tn ny nn sdr sdri bpk bapak pak ibu bu mbah alm almh almarhum almarhumah sh se sp spd sag st mm msi mpd mh skm "
    "amd sip skep"
)
_TITLES = frozenset(_TITLE_WORDS.split())
_OLD_SPELLING = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("sj", "sy"))
_MUHAMMAD = re.compile(r"m(u|o)c?h(a|o)?m+(a|e)(d|t)|m(u|o)(c?h)?d?|mhd|m")
_DEGREE = re.compile(r"\b([a-z]{1,2})\.\s?([a-z]{1,3})\b")
"""S.Pd, M. Si, A.Md: two parts of what is one word of _TITLES."""


@check(
    "ID07",
    kind=Kind.IDENTITY,
    severity=Severity.LOW,
    source="domain catalogue 7.5, ID07. Similarity: Ratcliff and Obershelp, names without titles, words sorted",
    label_id="Nama tidak mirip",
    label_en="Name mismatch",
    explain_id="Kepala keluarga ditulis {typed}, di register {registered}: kemiripan {similarity_pct}%, batas "
    "{threshold}%.",
    explain_en="The head of the family is written {typed}, in the register {registered}: {similarity_pct}% alike, "
    "limit {threshold}%.",
    knobs={"alike_pct": Knob("Kemiripan terendah", "Least likeness", minimum=0, maximum=100)},
)
def name_mismatch(facts: Facts, *, alike_pct: float = 80.0) -> Answer:
    """Fires when the head's name as answered is less than alike_pct like the register's, titles left out."""
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    rows = list(facts.rows("art"))
    if not rows or (facts.register is not None and facts.register.is_new):
        return NOT_APPLICABLE
    if facts.register is None:
        return Unknown(Reason.NO_HOUSEHOLD)
    typed = next((row_value(row, "nama_art") for row in rows if row_value(row, "shdk") == HEAD), None)
    if not isinstance(typed, str) or not typed.strip():
        return Unknown(Reason.NO_ANSWER)
    registered = facts.register.head_name or ""
    if not registered.strip():
        return Unknown(Reason.NO_REGISTER_VALUE)
    alike = name_likeness_pct(typed, registered)
    if alike >= alike_pct:
        return None
    shown = {"typed": mask_numbers_in(typed), "registered": mask_numbers_in(registered)}
    return Fires({**shown, "similarity_pct": round(alike, 1), "threshold": alike_pct, "unit": "%"})


def name_likeness_pct(one: str, other: str) -> float:
    """How alike two names are, 0 to 100: without titles, order of words, old spelling."""
    first, second = sorted((_plain_name(one), _plain_name(other)))
    return 100.0 * SequenceMatcher(None, first, second, autojunk=False).ratio()


def _plain_name(name: str) -> str:
    text = _DEGREE.sub(_join_degree, name.lower().partition(",")[0])
    words = [word for word in re.split(r"[^\w]+", text) if word]
    bare = [word for word in words if word not in _TITLES] or words
    return " ".join(sorted(_plain_word(word) for word in bare))


def _join_degree(found: re.Match[str]) -> str:
    joined = found[1] + found[2]
    return joined if joined in _TITLES else found[0]


def _plain_word(word: str) -> str:
    if _MUHAMMAD.fullmatch(word):
        return "muhammad"
    for old, new in _OLD_SPELLING:
        word = word.replace(old, new)
    return word


@check(
    "ID09",
    kind=Kind.DATA,
    severity=Severity.INFO,
    source="domain catalogue 7.5, ID09: families that split",
    label_id="Susunan KK berubah",
    label_en="Family split or merged",
    explain_id="{added} anggota baru dan {left} anggota tidak ada lagi dari {members}: {changed_pct}%, batas "
    "{threshold}%.",
    explain_en="{added} new members and {left} that left, of {members}: {changed_pct}%, limit {threshold}%.",
    knobs={"changed_pct": Knob("Anggota yang berubah", "Members that changed", minimum=0, maximum=100)},
)
def family_changed(facts: Facts, *, changed_pct: float = 30.0) -> Answer:
    """Fires when over changed_pct of the members listed are new, or dead, moved away or not found."""
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    states = [_state(row) for row in facts.rows("art")]
    if not states:
        return NOT_APPLICABLE
    added = sum(state == ADDED for state in states)
    left = sum(state in LEFT for state in states)
    share = 100.0 * (added + left) / len(states)
    if share > changed_pct:
        counts = {"added": added, "left": left, "members": len(states)}
        return Fires({**counts, "changed_pct": round(share, 1), "threshold": changed_pct, "unit": "%"})
    return Unknown(Reason.NO_ANSWER) if "" in states else None


def _state(row: Row) -> str:
    value = row_value(row, "status_art")
    return value if isinstance(value, str) else ""
