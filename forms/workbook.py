"""The sheets of an author's workbook as text with row numbers, beside what pyxform makes of them.

Belongs here: reading .xlsx, .xls, Markdown and CSV for our own checks and the rules sheet. Runs in the child
process.
Does not: converting (compile_child.py), judging (workbook_checks.py).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import xlrd
from pyxform.xls2json_backends import _md_table_to_ss_structure as markdown_tables

KNOWN_SHEETS = ("survey", "choices", "settings", "entities", "external_choices", "osm")
RULES = "rules"
# Sheets of which rows are wanted; of the others the header is enough.
_WITH_ROWS = ("survey", RULES)
_MAX_COLUMNS = 200
# Spreadsheets often have a format on a million empty rows; pyxform stops at a like number.
_MAX_EMPTY_ROWS = 60


@dataclass
class Sheet:
    """header: trimmed text by column, from 0, blank ones left out. rows: (number as seen, cells by
    column).
    """

    name: str
    header: dict[int, str] = field(default_factory=dict)
    rows: list[tuple[int, dict[int, str]]] = field(default_factory=list)

    def column(self, name: str) -> int | None:
        """The first column with that header, in any case."""
        return next((index for index, text in self.header.items() if text.lower() == name), None)


@dataclass
class Workbook:
    """names: all sheets as written, in order. sheets: those that forms know and `rules`, by lower-case
    name.
    """

    names: list[str]
    sheets: dict[str, Sheet]


def read_workbook(path: Path, kind: str) -> Workbook:
    """The sheets of a file; kind as file_kind.kind_of says. Raises whatever the library raises on damaged
    files.
    """
    return {"xlsx": _read_xlsx, "xls": _read_xls, "md": _read_markdown, "csv": _read_csv}[kind](path)


def _is_wanted(name: str) -> bool:
    return name.lower() in KNOWN_SHEETS or name.lower() == RULES


def _read_xlsx(path: Path) -> Workbook:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        names = list(book.sheetnames)
        sheets = {}
        for name in names:
            if _is_wanted(name) or len(names) == 1:
                rows = book[name].iter_rows(values_only=True, max_col=_MAX_COLUMNS)
                sheets[_key(name, names)] = _sheet(name, enumerate(rows, start=1), name.lower())
        return Workbook(names, sheets)
    finally:
        book.close()


def _key(name: str, names: Sequence[str]) -> str:
    """A workbook of one sheet is a survey, whatever the sheet is called."""
    return "survey" if len(names) == 1 else name.lower()


def _read_xls(path: Path) -> Workbook:
    book = xlrd.open_workbook(path, on_demand=True)
    try:
        names = book.sheet_names()
        sheets = {}
        for name in names:
            if _is_wanted(name) or len(names) == 1:
                page = book.sheet_by_name(name)
                rows = (
                    [_xls_value(page.cell(row, column), book.datemode) for column in range(page.ncols)]
                    for row in range(page.nrows)
                )
                sheets[_key(name, names)] = _sheet(name, enumerate(rows, start=1), name.lower())
        return Workbook(names, sheets)
    finally:
        book.release_resources()


def _xls_value(cell: xlrd.sheet.Cell, datemode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return None if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _read_markdown(path: Path) -> Workbook:
    """Row numbers count the table's rows, as pyxform's do; lines between tables have none."""
    tables = markdown_tables(path.read_text("utf-8-sig"))
    return _from_tables({str(name): [list(row) for row in rows] for name, rows in tables.items() if name})


def _read_csv(path: Path) -> Workbook:
    tables: dict[str, list[list[object]]] = {}
    for sheet, cells in _csv_records(path):
        rows = tables.setdefault(sheet, [])
        if any(cell.strip() for cell in cells):
            rows.append(list(cells))
    return _from_tables(tables)


def _csv_records(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Sheet and cells of every line; a name in the first column begins a sheet."""
    sheet = ""
    for record in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
        sheet = record[0].strip() or sheet if record else sheet
        yield sheet, record[1:]


def keep_known_sheets(path: Path) -> None:
    """Rewrite a CSV form without the sheets that pyxform does not know: it fails on them in this format alone."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    before = None
    for sheet, cells in list(_csv_records(path)):
        if sheet.lower() in KNOWN_SHEETS:
            if sheet != before:
                writer.writerow([sheet])
            writer.writerow(["", *cells])
            before = sheet
    path.write_text(text.getvalue(), "utf-8", newline="")


def _from_tables(tables: dict[str, list[list[object]]]) -> Workbook:
    names = list(tables)
    sheets = {
        _key(name, names): _sheet(name, enumerate(rows, start=1), name.lower())
        for name, rows in tables.items()
        if _is_wanted(name) or len(names) == 1
    }
    return Workbook(names, sheets)


def _sheet(name: str, rows: Iterator[tuple[int, Iterable[object]]], known: str) -> Sheet:
    sheet = Sheet(name)
    for index, value in enumerate(next(rows, (1, ()))[1]):
        text = cell_text(value)
        if text:
            sheet.header[index] = " ".join(text.split())
    if known in KNOWN_SHEETS and known not in _WITH_ROWS:
        return sheet
    empty = 0
    for number, values in rows:
        cells = {
            index: text
            for index, text in ((index, cell_text(value)) for index, value in enumerate(values))
            if text
        }
        empty = 0 if cells else empty + 1
        if empty > _MAX_EMPTY_ROWS:
            break
        if cells:
            sheet.rows.append((number, cells))
    return sheet


def cell_text(value: object) -> str:
    """A cell as text, trimmed: 5.0 is '5', a day '2026-01-31', a truth 'TRUE'; '' for blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value).replace("\u00a0", " ").strip()
