"""RulesSheet: the rows of a workbook's `rules` sheet, as text and with their row numbers, not yet understood.

Belongs here: the shape in which compile.py hands the sheet to rules.py.
Does not: reading workbooks (workbook.py), what a rule means (rules.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SheetRow:
    """One row with at least one non-blank cell. number: as the author sees it, the header being row 1 as a
    rule.

    cells: column header -> text, trimmed; only the columns with a header, blank cells left out. A numeric
    cell 5.0 is '5'.
    """

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class RulesSheet:
    """The sheet as it stands: headers trimmed, in their order and as written, blank ones left out; then the
    rows.
    """

    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
