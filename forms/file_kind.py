"""Which kind of file an author sent, by its bytes, and refusal of what is not read here.

Belongs here: magic numbers, what a zip says of its size. Does not: opening sheets (workbook.py).
"""

import io
import re
import zipfile
from collections.abc import Mapping

from forms.errors import NotAFormError
from forms.limits import Limits

_MEGABYTE = 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_XML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_NAMED: Mapping[bytes, str] = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"PK\x05\x06": "an empty zip archive",
}
_IN_ZIP: Mapping[str, str] = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb); save it as .xlsx",
    "content.xml": "an OpenDocument file; save it as .xlsx",
}


def kind_of(data: bytes, *, file_name: str = "", allow_text: bool = False, limits: Limits) -> str:
    """'xlsx', 'xls', 'xml', or with allow_text 'md' or 'csv'; the bytes decide, the name only between the
    last two.

    Raises: NotAFormError for everything else: empty, too large, damaged, protected, with macros, a zip bomb.
    """
    if not data.strip():
        raise NotAFormError("the file is empty")
    if len(data) > limits.file_bytes:
        raise NotAFormError(f"the file is larger than {limits.file_bytes // _MEGABYTE} MB")
    if data.startswith(_ZIP):
        _check_zip(data, limits)
        return "xlsx"
    if data.startswith(_OLE):
        _check_ole(data)
        return "xls"
    if _XML_START.match(data) or (data.startswith(_UTF16_MARKS) and b"<" in data[:8]):
        return "xml"
    return _text_kind(data, file_name, allow_text)


def _text_kind(data: bytes, file_name: str, allow_text: bool) -> str:
    for magic, name in _NAMED.items():
        if data.startswith(magic):
            raise NotAFormError(f"the file is {name}, not an XLSForm workbook (.xlsx, .xls) or XForm (.xml)")
    if not allow_text:
        raise NotAFormError("the file is no XLSForm workbook (.xlsx, .xls) and no XForm (.xml)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAFormError("the file is neither a workbook nor text in UTF-8") from error
    if file_name.lower().endswith(".csv"):
        return "csv"
    return "md" if text.lstrip().startswith(("|", "#")) or file_name.lower().endswith(".md") else "csv"


def _check_zip(data: bytes, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise NotAFormError(
            "the workbook is damaged: its zip directory cannot be read; save it again"
        ) from error
    names = {entry.filename for entry in entries}
    _check_size(entries, len(data), limits)
    if any(entry.flag_bits & 1 for entry in entries):
        raise NotAFormError("the archive is protected by a password; save it without one")
    for part, name in _IN_ZIP.items():
        if part in names:
            raise NotAFormError(
                f"the file is {name}, not an .xlsx workbook" if ";" not in name else f"the file is {name}"
            )
    if "xl/workbook.xml" not in names:
        raise NotAFormError("the file is a zip archive, but no .xlsx workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise NotAFormError("the workbook contains macros (.xlsm); save it as .xlsx without macros")


def _check_size(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    """The sizes are what the directory declares; zipfile never gives out more than that of an entry."""
    expanded = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or expanded > limits.expanded_bytes:
        raise NotAFormError(f"the workbook would expand to {expanded // _MEGABYTE} MB, which is refused")
    if expanded > _MEGABYTE and expanded > limits.ratio * packed:
        raise NotAFormError("the workbook expands more than any real one does (a zip bomb), which is refused")


def _check_ole(data: bytes) -> None:
    if _stream_name("EncryptedPackage") in data:
        raise NotAFormError("the workbook is protected by a password; save it without one")
    if _stream_name("WordDocument") in data:
        raise NotAFormError("the file is a Word document, not a workbook")
    if _stream_name("Workbook") not in data and _stream_name("Book") not in data:
        raise NotAFormError("the file is an old Office file, but no .xls workbook")
    if _stream_name("_VBA_PROJECT") in data:
        raise NotAFormError("the workbook contains macros; save it as .xlsx without macros")


def _stream_name(name: str) -> bytes:
    return name.encode("utf-16-le")
