"""Workbooks for tests, made of lists of rows."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence

from openpyxl import Workbook

SURVEY = [["type", "name", "label"], ["text", "nama", "Nama"], ["integer", "jml_mobil", "Jumlah mobil"]]
SETTINGS = [["form_id", "version"], ["tes", "1"]]


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[object]]], change: Callable[[Workbook], object] | None = None
) -> bytes:
    """An .xlsx; change may still alter the openpyxl workbook."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if change is not None:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def form(change: Callable[[Workbook], object] | None = None, **sheets: Sequence[Sequence[object]]) -> bytes:
    """A small good form, with sheets replaced or added."""
    return xlsx({"survey": SURVEY, "settings": SETTINGS, **sheets}, change)


def with_parts(data: bytes, parts: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The same zip with parts added, or changed by a function of the old content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = parts.get(name)
            new.writestr(name, change(old.read(name)) if callable(change) else old.read(name))
        for name, content in parts.items():
            if isinstance(content, bytes):
                new.writestr(name, content)
    return stream.getvalue()
