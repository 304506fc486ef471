"""The columns of the sheet `rules`: which are read, which are missing, which are a near miss.

Belongs here: headers and the plain cells (kind, severity, level, dates), with what is wrong in them.
Does not: expressions (rules_check.py), putting a rule together (rules.py).
Source: docs/semantics, section 3, "Columns".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeVar

from forms.errors import Mistake
from forms.rules_names import nearest
from forms.rules_sheet import SheetRow

SHEET = "rules"
PLAIN_COLUMNS = ("name", "kind", "severity", "expression", "level", "applies", "source", "from", "until")
_REQUIRED = PLAIN_COLUMNS[:4]
_TEXT_COLUMN = re.compile(r"(label|explain)\s*(?:::\s*(.*))?", re.IGNORECASE)
_CODE = re.compile(r"\(([A-Za-z-]+)\)\s*$")


@dataclass(frozen=True)
class Columns:
    """Where things stand.

    plain: canonical name -> header as written; labels, explains: language -> header.
    """

    plain: Mapping[str, str]
    labels: Mapping[str, str]
    explains: Mapping[str, str]
    mistakes: tuple[Mistake, ...]
    warnings: tuple[str, ...]


@dataclass
class _Found:
    plain: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=lambda: {"label": {}, "explain": {}})
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def language_code(language: str) -> str:
    """The code of a language: 'id' of 'Bahasa Indonesia (id)'; the name itself when it has no code."""
    found = _CODE.search(language)
    return (found[1] if found else language.strip()).lower()


def read_columns(header: tuple[str, ...]) -> Columns:
    """The columns of a sheet, with mistakes (missing, twice) and warnings (not read)."""
    found = _Found()
    for title in header:
        _sort_in(title, found)
    found.mistakes += [
        Mistake(f"the sheet needs a column {name!r}", SHEET, 1)
        for name in _REQUIRED
        if name not in found.plain
    ]
    if not found.texts["label"]:
        found.mistakes.append(Mistake("the sheet needs a column 'label' or 'label::language'", SHEET, 1))
    texts = found.texts
    return Columns(
        found.plain, texts["label"], texts["explain"], tuple(found.mistakes), tuple(found.warnings)
    )


def _sort_in(title: str, found: _Found) -> None:
    text = _TEXT_COLUMN.fullmatch(title.strip())
    key = title.strip().lower()
    if text:
        language = (text[2] or "").strip()
        known = found.texts[text[1].lower()]
        if language_code(language) in map(language_code, known):
            found.mistakes.append(Mistake("the same language stands in two columns", SHEET, 1, title))
        known.setdefault(language, title)
    elif key in found.plain:
        found.mistakes.append(Mistake("the column stands twice", SHEET, 1, title))
    elif key in PLAIN_COLUMNS:
        found.plain[key] = title
    else:
        guess = nearest(key, [*PLAIN_COLUMNS, "label::…", "explain::…"], "{!r}")
        found.warnings.append(f"sheet {SHEET}: the column {title!r} is not read; its cells are lost.{guess}")


_RULE_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_Word = TypeVar("_Word", bound=Enum)


class RowReader:
    """Reads the cells of one row; what is wrong in them is kept in `mistakes`."""

    def __init__(self, row: SheetRow, columns: Columns) -> None:
        self.mistakes: list[Mistake] = []
        self._row = row
        self._columns = columns

    def cell(self, column: str) -> str:
        """The text of a plain column, '' when it is blank or there is no such column."""
        return self._row.cells.get(self._columns.plain.get(column, ""), "").strip()

    def complain(self, message: str, column: str) -> None:
        """Keeps a mistake; column is a plain column's name or a header."""
        header = self._columns.plain.get(column, column)
        self.mistakes.append(Mistake(message, SHEET, self._row.number, header))

    def required(self, column: str) -> str:
        """The text of a column that must not be blank."""
        text = self.cell(column)
        if not text and column in self._columns.plain:
            self.complain("the cell is empty", column)
        return text

    def name(self) -> str:
        """The rule's name: a letter, then letters, digits and underscores, for `$fires_NAME`."""
        name = self.required("name")
        if name and not _RULE_NAME.fullmatch(name):
            self.complain(f"{name!r} is no name: letters, digits and _ only, a letter first", "name")
        return name

    def word(self, column: str, words: Mapping[str, _Word], default: _Word) -> _Word:
        """The enum member of a word; the default when the cell is blank or not known."""
        text = self.cell(column).lower()
        if text and text not in words:
            guess = nearest(text, words) or f" Known: {', '.join(words)}."
            self.complain(f"{text!r} is not known.{guess}", column)
        return words.get(text, default)

    def day(self, column: str) -> date | None:
        """The date of a cell, '2026-01-31' (a time of midnight may follow); None when it is blank."""
        text = self.cell(column)
        found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([T ]00:00(:00)?)?", text, re.ASCII)
        try:
            if found:
                return date.fromisoformat(found[1])
        except ValueError:
            found = None
        if text:
            self.complain(f"{text!r} is no date; write it as 2026-01-31", column)
        return None

    def labels(self) -> dict[str, str]:
        """Label by language; one language at least must have one."""
        texts = self._texts(self._columns.labels)
        if not texts and self._columns.labels:
            self.complain("the rule has no label", next(iter(self._columns.labels.values())))
        return texts

    def explains(self) -> dict[str, str]:
        """Explanation by language; may be empty."""
        return self._texts(self._columns.explains)

    def explain_column(self, language: str) -> str:
        """The header of a language's explanations."""
        return self._columns.explains[language]

    def _texts(self, columns: Mapping[str, str]) -> dict[str, str]:
        texts = {language: self._row.cells.get(header, "").strip() for language, header in columns.items()}
        return {language: text for language, text in texts.items() if text}
