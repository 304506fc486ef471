"""One visit's answers boiled down for comparing it with others: a print of what was chosen, its numbers, a few yes-or-no facts.

Belongs here: reading them out of answers, comparing two prints. Does not: keeping them, or what is usual (server.services).
Sensitive answers stay out of all of it.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from forms.definition import Field, FormDefinition
from forms.values import Answers, Row, Value

Prints = NDArray[np.uint16]
"""Prints of several visits, a row each."""
ROWS = 6
"""Rows of a repeat that a print has room for."""
MAX_NUMBER = 10.0**15
_MOST = int(MAX_NUMBER)
NUMERIC = ("int", "decimal")
COMPARED_FORM = "penyisiran"
ASSET_FORM = "aset"
NOT_FOUND = frozenset({"alamat_tidak_ditemukan", "tidak_dikenal", "rumah_kosong"})
NOBODY_HOME = "tidak_di_rumah"
ASSETS = ("jml_mobil", "jml_motor", "emas_10g", "jml_kulkas", "jml_tv", "jml_ac", "jml_pemanas_air", "jml_laptop",
          "jml_hp", "jml_kapal", "rumah_lain", "luas_lahan", "jml_sapi", "jml_kerbau", "jml_kambing")  # fmt: skip
ENOUGH_ASSETS = 8
NOTHING = frozenset({"tidak", "tidak_punya", "0"})
OTHER_CODES = frozenset({"lainnya", "lain", "other"})
OTHER_LABELS = frozenset({"lainnya", "other"})
ABOUT_THE_VISIT = frozenset(
    {"jenis_sasaran", "pernyataan_kerabat", "sumber_info", "rumah_masih_ada", "gps_bisa", "foto_depan_boleh", "paham_data",
     "hasil_wawancara", "izin_foto", "responden", "dokumen", "kesan", "saran", "ada_responden", "hak_dijelaskan",
     "beda_pengamatan"}
)  # fmt: skip
"""Questions whose answer is another at each visit: no key answers of a back-check."""


@dataclass(frozen=True)
class Plan:
    """Which questions of a form version are compared, in the order of the print.

    root: outside repeats; repeats: path of a repeat -> its questions, each with room for ROWS rows. numbers: numeric questions,
    in the order in which they are counted. other: question -> its choices that mean "lainnya".
    """

    root: tuple[Field, ...]
    repeats: Mapping[str, tuple[Field, ...]]
    numbers: tuple[Field, ...]
    other: Mapping[str, frozenset[str]]

    @property
    def size(self) -> int:
        """How many answers a print has room for."""
        return len(self.root) + ROWS * sum(len(fields) for fields in self.repeats.values())


@dataclass(frozen=True)
class Boiled:
    """What one visit adds. numbers: by place in Plan.numbers: the answer, a list of a repeat's answers, or None."""

    print: bytes
    numbers: tuple[float | list[float] | None, ...]
    not_found: bool | None
    all_no: bool | None
    others: int
    others_asked: int


def find_plan(definition: FormDefinition) -> Plan:
    """The plan of a form version; kept, as it is asked for again and again."""
    kept = _PLANS.get(id(definition))
    if kept is None or kept[0] is not definition:
        if len(_PLANS) > _MAX_PLANS:
            _PLANS.clear()
        kept = _PLANS[id(definition)] = definition, _make_plan(definition)
    return kept[1]


_MAX_PLANS = 64
_PLANS: dict[int, tuple[FormDefinition, Plan]] = {}
"""By the address of the definition, which is held here so that no other one gets it."""


def _make_plan(definition: FormDefinition) -> Plan:
    compared = [field for field in definition.fields if _is_compared(field)]
    nested = {
        field.path for field in definition.fields if field.type == "repeat" and field.repeat is not None
    }
    repeats: dict[str, tuple[Field, ...]] = {}
    for field in compared:
        if field.repeat is not None and field.repeat not in nested:
            repeats[field.repeat] = (*repeats.get(field.repeat, ()), field)
    root = tuple(field for field in compared if field.repeat is None)
    kept = {field.path for field in (*root, *(item for fields in repeats.values() for item in fields))}
    return Plan(
        root=root,
        repeats=repeats,
        numbers=tuple(field for field in compared if field.path in kept and field.type in NUMERIC),
        other={field.path: codes for field in compared if (codes := _other_codes(definition, field))},
    )


def _is_compared(field: Field) -> bool:
    if field.calculated or field.preload or field.sensitive or field.external:
        return False
    return field.select is not None or field.type in NUMERIC


def _other_codes(definition: FormDefinition, field: Field) -> frozenset[str]:
    choices = definition.choices.get(field.choices or "", ()) if field.select else ()
    return frozenset(
        choice.name
        for choice in choices
        if choice.name in OTHER_CODES
        or any(text.strip().casefold() in OTHER_LABELS for text in choice.labels.values())
    )


def boil_down(plan: Plan, form_id: str, answers: Answers) -> Boiled:
    """Print, numbers and facts of one visit."""
    root = answers.root
    marks = [_mark(root.values.get(field.path)) for field in plan.root]
    for path, fields in plan.repeats.items():
        rows = root.repeats.get(path, ())[:ROWS]
        marks += [_mark(row.values.get(field.path)) for row in rows for field in fields]
        marks += [0] * (len(fields) * (ROWS - len(rows)))
    offered = [(codes, value) for path, codes in plan.other.items() for value in _values(root, path)]
    return Boiled(
        print=np.array(marks, dtype="<u2").tobytes(),
        numbers=tuple(_number_of(root, field) for field in plan.numbers),
        not_found=_not_found(plan, root) if form_id == COMPARED_FORM else None,
        all_no=_all_no(plan, root) if form_id == ASSET_FORM else None,
        others=sum(1 for codes, value in offered if _chosen(value) & codes),
        others_asked=len(offered),
    )


def _mark(value: Value | None) -> int:
    """Two bytes that tell answers apart; 0 = not answered."""
    if value is None:
        return 0
    text = " ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
    return zlib.crc32(text.encode()) % 65535 + 1 if text else 0


def _values(root: Row, path: str) -> Iterator[Value]:
    """The answers to a question, of all rows when it stands in a repeat."""
    if path in root.values:
        yield root.values[path]
        return
    for repeat, rows in root.repeats.items():
        if path.startswith(repeat + "/"):
            yield from (row.values[path] for row in rows if path in row.values)


def _chosen(value: Value) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset({str(value)})


def _number_of(root: Row, field: Field) -> float | list[float] | None:
    if field.repeat is None:
        return as_number(root.values.get(field.path))
    found = [number for value in _values(root, field.path) if (number := as_number(value)) is not None]
    return found or None


def as_number(value: Value | None) -> float | None:
    """A typed answer as a number for statistics, at most MAX_NUMBER either way; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not -_MOST <= value <= _MOST:
        return MAX_NUMBER if value > 0 else -MAX_NUMBER
    return float(value)


def _by_name(plan: Plan, root: Row) -> dict[str, str]:
    return {field.name: str(root.values[field.path]) for field in plan.root if field.path in root.values}


def _not_found(plan: Plan, root: Row) -> bool | None:
    answered = _by_name(plan, root)
    presence = answered.get("status_keberadaan")
    if presence is None:
        return None
    return presence in NOT_FOUND or answered.get("hasil_wawancara") == NOBODY_HOME


def _all_no(plan: Plan, root: Row) -> bool | None:
    answered = _by_name(plan, root)
    assets = [answered[name] for name in ASSETS if name in answered]
    return all(text in NOTHING for text in assets) if len(assets) >= ENOUGH_ASSETS else None


def stack_prints(prints: Sequence[bytes]) -> Prints:
    """Prints of one form version, a row each, for comparing many with many; a row of zeros for one of another length."""
    size = max(map(len, prints), default=0)
    empty = bytes(size)
    rows = b"".join(taken if len(taken) == size else empty for taken in prints)
    return np.frombuffer(rows, dtype="<u2").reshape(len(prints), size // 2)


def find_alike(one: bytes, others: Prints, *, share: float) -> Iterator[tuple[int, int, int]]:
    """(place among the others, questions answered in at least one of the two, those answered alike in both), for those with
    at least this share of answers alike."""
    taken = np.frombuffer(one, dtype="<u2")
    if others.shape[1] != len(taken):
        return
    items = ((others | taken) != 0).sum(axis=1)
    same = ((others == taken) & (taken != 0)).sum(axis=1)
    for place in np.flatnonzero((same >= share * items) & (items > 0)):
        yield int(place), int(items[place]), int(same[place])


def key_answers(plan: Plan, taken: bytes) -> dict[str, tuple[str, int]]:
    """Path -> (question, mark) of the key answers in a print: those outside repeats that are about the family."""
    marks = np.frombuffer(taken, dtype="<u2")
    return {
        field.path: (field.name, int(mark))
        for field, mark in zip(plan.root, marks, strict=False)
        if mark and field.name not in ABOUT_THE_VISIT
    }
