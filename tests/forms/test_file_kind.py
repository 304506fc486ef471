import io
import zipfile
from pathlib import Path

import pytest

from forms.errors import NotAFormError
from forms.file_kind import kind_of
from forms.limits import Limits
from tests.forms.workbooks import form, with_parts
from tests.forms.xforms import HANDWRITTEN

FILES = Path(__file__).parent / "files"
LIMITS = Limits()


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


def refusal(data: bytes, limits: Limits = LIMITS, allow_text: bool = False) -> str:
    with pytest.raises(NotAFormError) as caught:
        kind_of(data, limits=limits, allow_text=allow_text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (form(), "xlsx"),
        ((FILES / "old.xls").read_bytes(), "xls"),
        (HANDWRITTEN, "xml"),
        (b"\xef\xbb\xbf \n" + HANDWRITTEN[21:], "xml"),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16"), "xml"),
    ],
)
def test_the_bytes_decide_not_the_name(data, kind):
    assert kind_of(data, file_name="form.pdf", limits=LIMITS) == kind


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"%PDF-1.7\n", "PDF"),
        (zipped("word/document.xml", "[Content_Types].xml"), "Word"),
        (zipped("content.xml", "mimetype"), "OpenDocument"),
        (zipped("xl/workbook.bin"), "xlsb"),
        (zipped("foto.jpg"), "no .xlsx workbook"),
        (b"PK\x03\x04broken", "damaged"),
        (form()[:-200], "damaged"),
        (with_parts(form(), {"xl/vbaProject.bin": b"x"}), "macros"),
        ((FILES / "protected.xlsx").read_bytes(), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "no .xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook_VBA_PROJECT".encode("utf-16-le"), "macros"),
        (b"| survey |", "no XLSForm workbook"),
        (b"type,name,label\n", "no XLSForm workbook"),
    ],
)
def test_everything_else_is_refused_by_what_it_is(data, told):
    assert told in refusal(data)


def test_a_zip_bomb_is_refused_before_it_is_opened():
    bomb = with_parts(form(), {"xl/media/a.bin": b"\x00" * (20 * 1024 * 1024)})
    assert len(bomb) < 100_000
    assert "zip bomb" in refusal(bomb)
    assert "expand" in refusal(bomb, Limits(expanded_bytes=10 * 1024 * 1024))
    assert "expand" in refusal(form(), Limits(entries=3))


def test_a_file_over_the_limit_is_refused():
    assert "larger than 1 MB" in refusal(b"<a>" + b" " * 1024 * 1024, Limits(file_bytes=1024 * 1024))


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"| survey |\n", "", "md"),
        (b"# a form\n| survey |\n", "", "md"),
        (b"text\n| survey |\n", "form.md", "md"),
        (b"survey,,\n,type,name\n", "", "csv"),
        (b"| x", "form.CSV", "csv"),
    ],
)
def test_text_only_where_it_is_wanted(data, name, kind):
    assert kind_of(data, file_name=name, allow_text=True, limits=LIMITS) == kind


def test_text_in_another_encoding_is_refused():
    assert "UTF-8" in refusal("survey,é\n".encode("latin-1"), allow_text=True)
