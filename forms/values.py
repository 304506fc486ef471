"""Typed answers: from XForm text to Python values and back.

Belongs here: the value classes and the one function that reads a text by its XForm type.
Source of the text forms: the ODK XForms specification, "Data types".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias


@dataclass(frozen=True)
class GeoPoint:
    """A fix in WGS 84: degrees, latitude first; altitude and accuracy in metres, None when the text lacks them.

    Accuracy 0.0 means "unknown, mock or placed by hand", not perfect.
    """

    lat: float
    lon: float
    altitude_m: float | None = None
    accuracy_m: float | None = None

    @property
    def is_plausible(self) -> bool:
        """False for coordinates that no house has: out of range, not a number, or exactly 0, 0."""
        return -90 <= self.lat <= 90 and -180 <= self.lon <= 180 and not (self.lat == 0 and self.lon == 0)


@dataclass(frozen=True)
class Unreadable:
    """A text that is not of its field's type, kept as sent: 'dua' in an integer field. Rules treat it as unknown."""

    text: str


Value: TypeAlias = str | int | Decimal | date | datetime | GeoPoint | frozenset[str] | Unreadable


@dataclass(frozen=True)
class Row:
    """The answers of the survey's root or of one instance of a repeat.

    path: "" for the root, else the repeat's path. index: place among its siblings, from 0.
    values: leaf path -> typed value, for every leaf present in the XML with a text.
    present: paths of all groups, repeats (with at least one instance) and leaves whose node is in the XML,
    "" or the repeat's own path among them. A leaf in `present` and not in `values` was sent empty.
    repeats: path of a repeat -> its instances in document order, for repeats that belong directly to this row.
    """

    path: str
    index: int
    values: Mapping[str, Value]
    present: frozenset[str]
    repeats: Mapping[str, tuple["Row", ...]] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, Value]:
        """Last part of a leaf's path -> its value, the first one in document order."""
        found: dict[str, Value] = {}
        for path, value in self.values.items():
            found.setdefault(path.rpartition("/")[2], value)
        return found

    @cached_property
    def names_present(self) -> frozenset[str]:
        """Last parts of the paths in `present`."""
        return frozenset(path.rpartition("/")[2] for path in self.present)


@dataclass(frozen=True)
class Answers:
    """One submission, typed. Paths are those of its FormDefinition: '/g_aset/jml_mobil', without the root element."""

    root: Row

    def get(self, path: str) -> Value | None:
        """The value of a leaf outside repeats, or None when it is absent, empty or inside a repeat."""
        return self.root.values.get(path)

    def text(self, path: str) -> str:
        """The value of a leaf outside repeats as text; '' when there is none or it is not a text."""
        value = self.root.values.get(path)
        return value if isinstance(value, str) else ""
