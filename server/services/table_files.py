"""Tables that an office has as files: CSV or XLSX, either of them gzipped, read row by row as text.

Belongs here: finding out what a file is, turning cells into text. Does not: what the columns mean (register_mapping).
A cell is text as a person would see it; identity numbers that a spreadsheet keeps as floating point come out as
'3.51701231050917E+15', because their last digit is lost and that must stay visible.
"""

import csv
import gzip
import io
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from server.errors import ImportRefusedError

DELIMITERS = ",;\t|"
EXACT_DIGITS = 15
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNDECODED = re.compile("[\udc80-\udcff]")
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, InvalidFileException, KeyError)


class TableRow(NamedTuple):
    """One row: the line (or sheet row) that it ends in, its cells, and why it cannot be read, if so."""

    line: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True)
class TableFile:
    """An open table. position() runs from 0 to total while the rows are read, in bytes or in sheet rows."""

    header: list[str]
    rows: Iterator[TableRow]
    total: int
    unit: str
    position: Callable[[], int]


@contextmanager
def open_table(path: Path, *, sheet: str | None = None) -> Iterator[TableFile]:
    """The table in a file; what it is, is told by its first bytes, not by its name.

    Args: sheet = name of the worksheet, the first one by default.
    Raises: ImportRefusedError when it is no table, has no header, or turns out to be cut short while being read.
    """
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            plain = _unzipped(raw)
            magic = plain.read(4)
            plain.seek(0)
            if magic == _OLE:
                raise ImportRefusedError(f"{path.name} is an old .xls workbook; save it as .xlsx or CSV")
            table = _open_xlsx(stack, plain, sheet) if magic == _ZIP else _open_csv(stack, raw, plain, path)
        except _BROKEN as error:
            raise ImportRefusedError(
                f"{path.name} is damaged or cut short: {type(error).__name__}"
            ) from error
        yield TableFile(
            table.header, _guarded(table.rows, path.name), table.total, table.unit, table.position
        )


def cell_text(value: Any) -> str:
    """The text of a spreadsheet cell; '' for an empty one. Whole numbers over 15 digits held as float show their loss."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**EXACT_DIGITS else f"{value:.15G}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _guarded(rows: Iterator[TableRow], name: str) -> Iterator[TableRow]:
    try:
        yield from rows
    except _BROKEN as error:
        raise ImportRefusedError(
            f"{name} is cut short or damaged; the rows before the damage were imported, import the whole file again"
        ) from error


def _unzipped(raw: BinaryIO) -> BinaryIO:
    magic = raw.read(2)
    raw.seek(0)
    return gzip.open(raw) if magic == _GZIP else raw  # type: ignore[return-value]


def _open_csv(stack: ExitStack, raw: BinaryIO, plain: BinaryIO, path: Path) -> TableFile:
    encoding = "utf-16" if plain.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    plain.seek(0)
    text = stack.enter_context(
        io.TextIOWrapper(plain, encoding=encoding, errors="surrogateescape", newline="")
    )
    first = text.readline()
    if not first.strip():
        raise ImportRefusedError(f"{path.name} is empty; its first line must name the columns")
    delimiter = max(DELIMITERS, key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    return TableFile(
        header, _csv_rows(map(_repaired, text), delimiter), path.stat().st_size, "B", lambda: raw.tell()
    )


def _repaired(line: str) -> str:
    """The line; one that is no UTF-8 is read as spreadsheets under Windows write it."""
    if line.isascii() or line.isprintable() or not _UNDECODED.search(line):
        return line
    return line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _csv_rows(text: Iterator[str], delimiter: str) -> Iterator[TableRow]:
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield TableRow(reader.line_num + 1, [], "no table row: a quotation mark is probably not closed")
            continue
        if cells:
            yield TableRow(reader.line_num + 1, cells)


def _open_xlsx(stack: ExitStack, plain: BinaryIO, sheet: str | None) -> TableFile:
    if isinstance(plain, gzip.GzipFile):
        copy: BinaryIO = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(plain, copy)
        plain = copy
    book = openpyxl.load_workbook(plain, read_only=True, data_only=True)
    stack.callback(book.close)
    if sheet is not None and sheet not in book.sheetnames:
        raise ImportRefusedError(
            f"there is no sheet {sheet!r}; the workbook has {', '.join(book.sheetnames)}"
        )
    found: Any = book[sheet or book.sheetnames[0]]
    values = found.iter_rows(values_only=True)
    header = [cell_text(value).strip() for value in next(values, ())]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise ImportRefusedError("the sheet is empty; its first row must name the columns")
    done = [1]
    return TableFile(
        header, _xlsx_rows(values, len(header), done), found.max_row or 0, "row", lambda: done[0]
    )


def _xlsx_rows(values: Iterator[tuple[Any, ...]], columns: int, done: list[int]) -> Iterator[TableRow]:
    for line, row in enumerate(values, start=2):
        done[0] = line
        cells = [cell_text(value) for value in row]
        if any(cells):
            yield TableRow(line, _fitted(cells, columns))


def _fitted(cells: list[str], columns: int) -> list[str]:
    """A sheet knows no end of a row: empty cells are cut off or added to fit the header."""
    if any(cells[columns:]):
        return cells
    return cells[:columns] + [""] * (columns - len(cells))
