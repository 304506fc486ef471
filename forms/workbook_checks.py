"""What spreadsheets do to forms that pyxform does not notice: lost formulas, merged cells, misnamed sheets.

Belongs here: our own checks before the conversion, and the rules sheet's rows. Runs in the child process.
Does not: reading cells (workbook.py), what a rule means (rules.py).
"""

import difflib
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, range_boundaries

from forms.errors import Mistake
from forms.rules_sheet import RulesSheet, SheetRow
from forms.workbook import KNOWN_SHEETS, RULES, Sheet, Workbook

_MAX_MISTAKES = 20
_OTHER_NAMES_OF_RULES = ("rule", "aturan", "aturan-aturan", "kaidah", "peraturan", "checks", "ruleset")
_NEAR = 0.75

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION_IDS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)

NO_RESULT = (
    "the formula has no saved result, so the cell would be read as empty; "
    "open the file in a spreadsheet program and save it, or paste the values over the formulas"
)
MERGED = "merged cells {area}: all but the first would be read as empty; unmerge them and fill every cell"


def workbook_mistakes(path: Path, workbook: Workbook) -> list[Mistake]:
    """Formulas without result, formulas that failed and merged cells in an .xlsx, where a column has a
    header.
    """
    found: list[Mistake] = []
    with zipfile.ZipFile(path) as archive:
        parts = dict(_sheet_parts(archive))
        for sheet in workbook.sheets.values():
            part = parts.get(sheet.name)
            if part and len(found) < _MAX_MISTAKES:
                with archive.open(part) as stream:
                    found.extend(_in_sheet(stream, sheet))
    return found[:_MAX_MISTAKES]


def sheet_warnings(workbook: Workbook) -> list[str]:
    """A warning for every sheet that was probably meant as `rules` and would be lost without a word."""
    known = {*KNOWN_SHEETS, RULES}
    return [
        f"The sheet '{name}' was not read. If it holds eligibility rules, name it '{RULES}'."
        for name in workbook.names
        if name.lower() not in known and not name.startswith("_") and _looks_like_rules(name)
    ]


def rules_sheet(workbook: Workbook) -> RulesSheet | None:
    """The rows of the sheet `rules`, in any case; None without one. Columns without header are left out."""
    sheet = workbook.sheets.get(RULES)
    if sheet is None:
        return None
    rows = (
        SheetRow(
            number, {sheet.header[index]: text for index, text in cells.items() if index in sheet.header}
        )
        for number, cells in sheet.rows
    )
    return RulesSheet(tuple(sheet.header.values()), tuple(row for row in rows if row.cells))


def rules_sheet_mistakes(workbook: Workbook) -> list[Mistake]:
    """Two columns of one name: the second would hide the first."""
    sheet = workbook.sheets.get(RULES)
    headers = list(sheet.header.values()) if sheet is not None else []
    twice = sorted({header for header in headers if headers.count(header) > 1})
    return [Mistake("there are two columns of this name; rename one", RULES, 1, header) for header in twice]


def _looks_like_rules(name: str) -> bool:
    plain = " ".join(name.lower().split())
    if RULES in plain.replace("_", " ").replace("-", " ").split() or plain in _OTHER_NAMES_OF_RULES:
        return True
    return difflib.SequenceMatcher(None, plain, RULES).ratio() >= _NEAR


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Sheet name and the zip entry that holds it."""
    relations = {
        item.get("Id"): item.get("Target") or "" for item in _parse(archive, "xl/_rels/workbook.xml.rels")
    }
    for element in _parse(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet", f"{_STRICT}sheet"):
        relation = next((element.get(name) for name in _RELATION_IDS if element.get(name)), None)
        target = relations.get(relation, "")
        yield element.get("name") or "", posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _parse(archive: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    return etree.fromstring(archive.read(part), parser)


def _in_sheet(stream: object, sheet: Sheet) -> Iterator[Mistake]:
    events = etree.iterparse(
        stream, events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    for _, element in events:
        name = etree.QName(element).localname
        if name == "c":
            yield from _in_cell(element, sheet)
        elif name == "mergeCell":
            yield from _merged(element.get("ref") or "", sheet)
        elif name == "row":
            element.clear()


def _in_cell(cell: etree._Element, sheet: Sheet) -> Iterator[Mistake]:
    parts = {etree.QName(child).localname: child.text or "" for child in cell}
    if "f" not in parts and cell.get("t") != "e":
        return
    letters, row = coordinate_from_string(cell.get("r") or "A1")
    header = sheet.header.get(column_index_from_string(letters) - 1)
    if header is None:
        return
    if cell.get("t") == "e":
        yield Mistake(
            f"the cell shows the error {parts.get('v', '')}; mend the formula", sheet.name, row, header
        )
    elif not parts.get("v") and cell.get("t") != "str":
        yield Mistake(NO_RESULT, sheet.name, row, header)


def _merged(area: str, sheet: Sheet) -> Iterator[Mistake]:
    try:
        first_column, first_row, last_column, _ = range_boundaries(area)
    except ValueError:
        return
    columns = range((first_column or 1) - 1, last_column or 1)
    headers = [sheet.header[index] for index in columns if index in sheet.header]
    if headers:
        yield Mistake(MERGED.format(area=area), sheet.name, first_row, headers[0])
