import hashlib
import re
import sys
from datetime import datetime
from pathlib import Path

import pytest

from forms import compile as compiler
from forms.compile import NO_VERSION, NOT_VALIDATED, compile_form
from forms.errors import CompilerUnavailableError, ConversionError, FormError, NotAFormError, Reason
from forms.limits import Limits
from forms.rules_sheet import RulesSheet, SheetRow
from tests.forms.workbooks import SETTINGS, SURVEY, form, with_parts, xlsx
from tests.forms.xforms import HANDWRITTEN, VISIT, xform_of

# A formula as openpyxl writes it, without a saved result.
CELL_C4 = re.compile(rb'<c r="C4"[^>]*>(<f>.*?</f>)<v\s*(?:/>|></v>)</c>')
FILES = Path(__file__).parent / "files"


def quick(data: bytes, **more):
    return compile_form(data, validate=False, **more)


def mistakes_of(data: bytes, *, validate: bool = False, **more):
    with pytest.raises(FormError) as caught:
        compile_form(data, validate=validate, **more)
    return [(item.sheet, item.row, item.column, item.message) for item in caught.value.mistakes]


def settings(**columns: str):
    return [list(columns), list(columns.values())]


def test_a_workbook_becomes_the_form_that_pyxform_makes():
    compiled = compile_form(form())
    assert compiled.kind == "xlsx"
    assert compiled.validated
    assert (compiled.warnings, compiled.notices, compiled.rules_sheet, compiled.itemsets) == (
        (),
        (),
        None,
        None,
    )
    assert compiled.md5 == hashlib.md5(compiled.xform).hexdigest()
    assert [field.path for field in compiled.definition.fields][:2] == ["/nama", "/jml_mobil"]
    markdown = "| survey |\n| | type | name | label |\n| | text | nama | Nama |\n| | integer | jml_mobil | Jumlah mobil |\n"
    same = xform_of(f"{markdown}| settings |\n| | form_id | version |\n| | tes | 1 |\n")
    assert compiled.xform == same


def test_an_old_workbook_with_its_rules():
    compiled = quick((FILES / "old.xls").read_bytes())
    assert (compiled.kind, compiled.definition.form_id, compiled.definition.version) == (
        "xls",
        "aset_lama",
        "5",
    )
    assert [choice.name for choice in compiled.definition.choices["ya"]] == ["1", "2"]
    assert compiled.rules_sheet == RulesSheet(
        ("name", "expression", "from", "threshold", "active"),
        (
            SheetRow(
                2,
                {
                    "name": "AS01",
                    "expression": "${jml_mobil} >= 1",
                    "from": "2026-01-01",
                    "threshold": "5",
                    "active": "TRUE",
                },
            ),
            SheetRow(4, {"name": "AS02", "expression": "${jml_mobil} >= 2", "threshold": "0.5"}),
        ),
    )


def test_a_handwritten_xform_is_kept_byte_for_byte():
    compiled = quick(HANDWRITTEN)
    assert (compiled.kind, compiled.xform, compiled.definition.form_id) == ("xml", HANDWRITTEN, "pohon")


def test_markdown_and_csv_where_they_are_wanted():
    markdown = quick(VISIT.encode(), allow_text=True)
    assert (markdown.kind, markdown.definition.form_id) == ("md", "kunjungan")
    table = b"survey,,,\n,type,name,label\n,text,a,\"A, b\"\nrules,,\n,name,expression\n,X1,${a} = '1'\n"
    csv = quick(table, allow_text=True, fallback_id="f")
    assert (csv.kind, csv.definition.by_path["/a"].labels) == ("csv", {"": "A, b"})
    assert csv.rules_sheet.rows == (SheetRow(2, {"name": "X1", "expression": "${a} = '1'"}),)
    with pytest.raises(NotAFormError):
        quick(VISIT.encode())


@pytest.mark.parametrize(
    ("fallback", "form_id"),
    [
        ("kunjungan rumah", "kunjungan rumah"),
        ("../../etc/passwd", "passwd"),
        ("a\\b.xlsx", "b"),
        ("v1.2", "v1.2"),
        ("a\x00b\nc", "abc"),
        ("é" * 100, "é" * 64),
        ("😀" * 64, "😀" * 60),
        (".tersembunyi", ".tersembunyi"),
    ],
)
def test_fallback_becomes_the_id_of_a_form_without_one(fallback, form_id):
    compiled = quick(xlsx({"survey": SURVEY}), fallback_id=fallback)
    assert compiled.definition.form_id == form_id
    assert compiled.definition.title == form_id


@pytest.mark.parametrize("fallback", [None, "", " ", "/", ".."])
def test_without_a_usable_fallback_the_id_is_a_new_uuid(fallback):
    first = quick(xlsx({"survey": SURVEY}), fallback_id=fallback).definition.form_id
    assert len(first) == 36
    assert first != "data"


def test_settings_win_over_the_fallback_and_a_missing_version_is_a_notice():
    compiled = quick(form(settings=settings(form_id="asli")), fallback_id="lain")
    assert compiled.definition.form_id == "asli"
    assert compiled.notices == (NO_VERSION,)


def test_warnings_of_pyxform_come_along():
    compiled = quick(form(survey=[*SURVEY, ["image", "foto", "Foto"]]))
    assert any("[row : 4]" in warning and "max-pixels" in warning for warning in compiled.warnings)


def test_external_choices_become_itemsets():
    compiled = quick(
        form(
            survey=[
                ["type", "name", "label", "choice_filter"],
                ["text", "p", "P", None],
                ["select_one_external kab", "kab", "Kab", "prov=${p}"],
            ],
            external_choices=[["list_name", "name", "label", "prov"], ["kab", "a", "A", "x"]],
        )
    )
    assert compiled.itemsets == b'"list_name","name","label","prov"\r\n"kab","a","A","x"\r\n'
    assert [slot.name for slot in compiled.definition.media] == ["itemsets.csv"]


def test_rules_sheet_in_any_case_with_numbers_dates_and_real_row_numbers():
    rules = [
        ["name", None, " from ", "label::Bahasa  Indonesia (id)", "n"],
        ["A1", "no header", datetime(2026, 1, 31), " Mobil ", 5.0],
        [None, None, None, None, None],
        ["A2", None, None, None, 2.5],
    ]
    compiled = quick(form(Rules=rules))
    assert compiled.rules_sheet == RulesSheet(
        ("name", "from", "label::Bahasa Indonesia (id)", "n"),
        (
            SheetRow(
                2, {"name": "A1", "from": "2026-01-31", "label::Bahasa Indonesia (id)": "Mobil", "n": "5"}
            ),
            SheetRow(4, {"name": "A2", "n": "2.5"}),
        ),
    )
    assert compiled.warnings == ()


@pytest.mark.parametrize(
    "name", ["rule", "aturan", "Rules ", "rulez", "rules (2)", "rules_lama", "Aturan", "ruels"]
)
def test_a_sheet_that_was_probably_meant_as_rules_is_a_warning(name):
    (warning,) = quick(form(**{name: [["name", "expression"], ["A", "1"]]})).warnings
    assert repr(name) in warning
    assert "'rules'" in warning


@pytest.mark.parametrize("name", ["_rules", "catatan", "daftar desa", "petunjuk", "Sheet1"])
def test_other_sheets_are_nobodys_business(name):
    assert quick(form(**{name: [["x"]]})).warnings == ()


def test_two_columns_of_one_name_in_rules_are_a_mistake():
    (mistake,) = mistakes_of(form(rules=[["name", "label", "name"], ["A", "B", "C"]]))
    assert mistake[:3] == ("rules", 1, "name")


def test_formulas_without_saved_result_are_named_all_with_their_places():
    survey = [*SURVEY, ["text", "c", '="a"&"b"'], ["text", '="d"', "D"]]
    found = mistakes_of(form(survey=survey, rules=[["name", "expression"], ["A", '="x"']]))
    assert [item[:3] for item in found] == [
        ("survey", 4, "label"),
        ("survey", 5, "name"),
        ("rules", 2, "expression"),
    ]
    assert "no saved result" in found[0][3]


def test_formulas_with_saved_result_are_read():
    def saved(xml: bytes) -> bytes:
        changed, count = CELL_C4.subn(rb'<c r="C4" t="str">\1<v>ab</v></c>', xml)
        assert count == 1
        return changed

    data = with_parts(form(survey=[*SURVEY, ["text", "c", '="a"&"b"']]), {"xl/worksheets/sheet1.xml": saved})
    assert quick(data).definition.by_path["/c"].labels == {"": "ab"}


def test_a_formula_that_failed_is_named():
    def failed(xml: bytes) -> bytes:
        return CELL_C4.sub(rb'<c r="C4" t="e">\1<v>#DIV/0!</v></c>', xml)

    data = with_parts(form(survey=[*SURVEY, ["text", "c", "=1/0"]]), {"xl/worksheets/sheet1.xml": failed})
    ((sheet, row, column, message),) = mistakes_of(data)
    assert (sheet, row, column) == ("survey", 4, "label")
    assert "#DIV/0!" in message


def test_formulas_outside_the_columns_of_the_form_do_not_matter():
    assert quick(form(survey=[*SURVEY, ["text", "c", "C", "=1+1"]], notes=[["=1+1"]])).definition.by_path[
        "/c"
    ]


def test_merged_cells_are_named():
    def merge(book):
        book["survey"].merge_cells("A2:A3")
        book["survey"].merge_cells("H2:J9")
        book["settings"].merge_cells("A2:B2")

    found = mistakes_of(form(merge))
    assert [item[:3] for item in found] == [("survey", 2, "type"), ("settings", 2, "form_id")]
    assert "A2:A3" in found[0][3]


def row_of(*cells):
    return [*SURVEY, list(cells)]


@pytest.mark.parametrize(
    ("sheets", "place", "told"),
    [
        ({"survey": row_of("txt", "a", "A")}, ("survey", 4, "type"), "Unknown question type 'txt'"),
        ({"survey": row_of("select_one x", "a", "A")}, (None, None, None), "choices"),
        (
            {
                "survey": row_of("select_one x", "a", "A"),
                "choices": [["list_name", "name", "label"], ["y", "1", "S"]],
            },
            ("survey", 4, "type"),
            "List name not in choices sheet: x",
        ),
        ({"survey": row_of("text", "nama", "A")}, ("survey", 4, "name"), "unique"),
        ({"survey": row_of("text", "1a", "A")}, ("survey", 4, "name"), "letter"),
        ({"survey": row_of("text", "a", None)}, ("survey", 4, "label"), "no label"),
        ({"survey": row_of("begin_group", "g", "G")}, ("survey", 4, "type"), "Unmatched"),
        ({"survey": row_of("note", "n", "${tidak_ada}")}, ("survey", 4, "label"), "tidak_ada"),
        ({"survey": [["tipe", "name"], ["text", "a"]]}, ("survey", None, None), "'type'"),
    ],
)
def test_mistakes_of_authors_name_sheet_row_and_column(sheets, place, told):
    ((*found, message),) = mistakes_of(form(**sheets))
    assert tuple(found) == place
    assert told in message


def test_a_duplicate_choice_is_placed_in_its_sheet():
    choices = [["list_name", "name", "label"], ["x", "1", "Satu"], ["x", "1", "Dua"]]
    ((*place, _),) = mistakes_of(form(survey=row_of("select_one x", "a", "A"), choices=choices))
    assert place == ["choices", 3, "name"]


def test_a_workbook_without_survey_says_which_sheets_it_has():
    assert "'surve'" in mistakes_of(xlsx({"surve": SURVEY, "settings": SETTINGS}))[0][3]
    assert "'Sheet1'" in mistakes_of(xlsx({"Sheet1": SURVEY, "Sheet2": SURVEY}))[0][3]


def test_an_exception_that_pyxform_lets_out_is_a_mistake_too():
    survey = row_of("select_one_external x", "a", "A")
    external = [["list_name", "name", "label"], ["x", "a", "A"]]
    ((*_, message),) = mistakes_of(form(survey=survey, external_choices=external))
    assert "KeyError" in message


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("relevant", "foo(", "${b}"),
        ("calculation", "${nama} = = 3", "${b}"),
        ("constraint", "(. > 1", "${b}"),
    ],
)
def test_bad_xpath_is_found_by_validate_with_its_place(column, value, told):
    survey = [["type", "name", "label", column], ["text", "nama", "Nama", None], ["text", "b", "B", value]]
    ((sheet, row, found, message),) = mistakes_of(form(survey=survey), validate=True)
    assert (sheet, row, found) == ("survey", 3, column)
    assert told in message
    assert "java" not in message.lower()


def test_a_circle_of_calculations_is_found_by_validate():
    survey = [*SURVEY[:1], ["calculate", "b", None, "${c}"], ["calculate", "c", None, "${b}"]]
    survey[0] = [*survey[0], "calculation"]
    ((*_, message),) = mistakes_of(form(survey=survey), validate=True)
    assert "circle" in message


def test_without_java_the_form_is_taken_and_says_so(monkeypatch):
    monkeypatch.setattr(compiler, "find_java", lambda: None)
    compiled = compile_form(form())
    assert not compiled.validated
    assert NOT_VALIDATED in compiled.notices


def test_a_java_that_does_not_work_is_no_mistake_of_the_author(monkeypatch, tmp_path):
    monkeypatch.setattr(compiler, "find_java", lambda: Path(sys.executable))
    with pytest.raises(CompilerUnavailableError):
        compile_form(form())
    monkeypatch.setattr(compiler, "find_java", lambda: tmp_path / "java")
    with pytest.raises(CompilerUnavailableError):
        compile_form(form())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (form(settings=settings(form_id="a.xlsx")), Reason.FORM_ID_EXTENSION),
        (form(settings=settings(form_id="a.XML")), Reason.FORM_ID_EXTENSION),
        (form(settings=settings(form_id="a" * 65)), Reason.FORM_ID_TOO_LONG),
        (HANDWRITTEN.replace(b"orx:meta>", b"orx:data>"), Reason.NO_META),
        (HANDWRITTEN.replace(b'id="pohon" ', b""), Reason.NO_FORM_ID),
        (
            xform_of(VISIT).replace(b"<audit/>", b'<audit/><entity dataset="a" create="1" id=""/>'),
            Reason.ENTITIES,
        ),
        (form(survey=[["type", "name"], ["txt", "a"]]), Reason.GENERAL),
    ],
)
def test_reasons_that_callers_answer_differently(data, reason):
    with pytest.raises(FormError) as caught:
        quick(data)
    assert caught.value.reason is reason


def test_a_damaged_workbook_is_no_form():
    broken = with_parts(form(), {"xl/worksheets/sheet1.xml": lambda xml: xml[: len(xml) // 2]})
    with pytest.raises(NotAFormError, match="damaged"):
        quick(broken)
    with pytest.raises(NotAFormError, match="damaged"):
        old = (FILES / "old.xls").read_bytes()
        quick(old[:512] + bytes(400) + old[912:])


def test_a_workbook_with_xml_entities_is_refused_quickly():
    laughs = b"<!DOCTYPE a [" + b"".join(
        b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10 if level else b"ha" * 10)
        for level in range(12)
    )

    def laugh(xml: bytes) -> bytes:
        return xml.replace(b"<worksheet", laughs + b"]><worksheet", 1).replace(
            b"<sheetData>", b"<sheetData>&e11;", 1
        )

    with pytest.raises(FormError):
        quick(with_parts(form(), {"xl/worksheets/sheet1.xml": laugh}))


def test_time_is_bounded():
    with pytest.raises(CompilerUnavailableError, match="longer"):
        quick(form(), limits=Limits(seconds=0.1))


def test_memory_is_bounded():
    with pytest.raises(CompilerUnavailableError):
        quick(form(), limits=Limits(memory_bytes=40 * 1024 * 1024))


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(compiler.tempfile, "tempdir", None)
    quick(form())
    with pytest.raises(ConversionError):
        quick(form(survey=row_of("txt", "a", "A")))
    assert list(tmp_path.iterdir()) == []
