"""The bundled workbooks for tests: read, compiled once, and printed in a way that makes a readable diff."""

from functools import cache
from io import BytesIO
from pathlib import Path

from lxml import etree
from openpyxl import Workbook, load_workbook

from forms.compile import CompiledForm, compile_form
from forms.library import list_bundled, open_bundled

NAMES = tuple(form.name for form in list_bundled())
LANGUAGES = ("Bahasa Indonesia (id)", "English (en)")
GOLDEN = Path(__file__).parent / "golden"
MARKS = "{https://sisir.id/xforms}"


@cache
def compiled(name: str) -> CompiledForm:
    return compile_form(open_bundled(name), file_name=f"{name}.xlsx")


@cache
def workbook(name: str) -> Workbook:
    return load_workbook(BytesIO(open_bundled(name)))


def table(name: str, sheet: str) -> list[dict[str, str]]:
    """The rows of a sheet, blank cells left out."""
    lines = list(workbook(name)[sheet].iter_rows(values_only=True))
    return [
        {str(head): str(cell) for head, cell in zip(lines[0], line, strict=True) if cell is not None}
        for line in lines[1:]
    ]


def marked(name: str, mark: str) -> dict[str, str]:
    """Question -> value of a `sisir:` attribute in the compiled form."""
    tree = etree.fromstring(compiled(name).xform)
    found = tree.xpath(f"//*[@sisir:{mark}]", namespaces={"sisir": MARKS[1:-1]})
    return {bind.get("nodeset").rsplit("/", 1)[1]: bind.get(MARKS + mark) for bind in found}


def render_readable(xform: bytes) -> str:
    """The XForm with one element a line; the normalisation is described in golden/README.md."""
    tree = etree.fromstring(xform)
    _indent(tree, "\n")
    return etree.tostring(tree, encoding="unicode") + "\n"


def _indent(element: etree._Element, line: str) -> None:
    texts = [element.text, *(child.tail for child in element)]
    if len(element) == 0 or any(text and text.strip() for text in texts):
        return
    element.text = line + "  "
    for child in element:
        _indent(child, line + "  ")
        child.tail = line + "  "
    element[-1].tail = line
