"""Lines of CSV files that people open in a spreadsheet: no cell of ours is taken for a formula.

Belongs here: writing lines. Does not: what phones download (entity_lists.py), which is compared byte by byte and opened by
no spreadsheet.
Source: OWASP, "CSV Injection".
"""

import csv
import io
from collections.abc import Iterable

# The wide forms are taken for their narrow ones where Excel runs in Chinese or Japanese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before one that begins like it."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def csv_line(cells: Iterable[object]) -> str:
    """One line with its end. Texts are made safe; numbers, dates and times are written as they are, None as nothing."""
    buffer = io.StringIO()
    written = (
        safe_cell(cell) if isinstance(cell, str) else "" if cell is None else str(cell) for cell in cells
    )
    csv.writer(buffer, lineterminator="\n").writerow(list(written))
    return buffer.getvalue()
