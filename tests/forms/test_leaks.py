"""Sensitive answers on their way out: what copies them, along which chains, and that publishing says where."""

import pytest

from forms.compile import compile_form
from forms.copying import copies
from forms.errors import ConversionError
from forms.library import open_bundled
from tests.forms.workbooks import form

NIK = "/g/nik"


@pytest.mark.parametrize(
    "expression",
    [
        "/data/g/nik",
        "../nik",
        "current()/../nik",
        "substr( /data/g/nik , 12)",
        "concat('NIK ', /data/g/nik)",
        "if(/data/x = '1', /data/g/nik, '')",
        "if(/data/x = '1', '', if(/data/y, substr(/data/g/nik, 0, 6), ''))",
        "coalesce(/data/x, /data/g/nik)",
        "/data/g/nik + 1",
        "-/data/g/nik",
        "/data/g/nik div 1000",
        "1 * /data/g/nik",
        "number(/data/g/nik) mod 2",
        "sum(/data/g/nik)",
        "once(/data/g/nik)",
        "digest(/data/g/nik, 'SHA-256')",
        "(/data/g/nik)",
        "/data/x | /data/g/nik",
        "join(' ', /data/g/*)",
        "string(//nik)",
        "/data/g[position() = 1]/nik",
        "indexed-repeat(/data/g/nik, /data/g, 1)",
        "jr:choice-name(/data/g/nik, '/data/g/nik')",
        "unheard-of(/data/g/nik)",
        "/data/g/x/parent::g/nik/text()",
        "/data/g/x/../nik",
        "concat(/data/g/nik, # broken",
        "(" * 500 + " /data/g/nik " + ")" * 500,
    ],
)
def test_an_expression_that_copies(expression):
    assert any(path == NIK or "*" in path for path in copies(expression, "/g/salinan"))


@pytest.mark.parametrize(
    "expression",
    [
        "if( /data/g/nik  = '' or  /data/akhir4  = '', 'tidak_dicek', if(substr( /data/g/nik , 12) =  /data/akhir4 , 'ya', 'tidak'))",
        "/data/g/nik = ''",
        "/data/g/nik > 1 and /data/x",
        "if(/data/g/nik, 'ada', 'tidak')",
        "string-length(/data/g/nik)",
        "selected(/data/g/nik, 'x')",
        "not(/data/g/nik)",
        "regex(/data/g/nik, '[0-9]{16}')",
        "instance('keluarga')/root/item[nik = /data/g/nik]/nama",
        "pulldata('keluarga', 'nama', 'nik', /data/g/nik)",
        "count(/data/g/nik)",
        "'/data/g/nik'",
        "/data/g/nik_akhir",
        "indexed-repeat(/data/g/nama, /data/g, /data/g/nik = '1')",
        "",
    ],
)
def test_an_expression_that_only_says_yes_or_no(expression):
    assert NIK not in copies(expression, "/g/salinan")


SURVEY = [
    ["type", "name", "label", "calculation", "bind::sisir:sensitive", "save_to", "default", "trigger"],
    ["select_one_from_file keluarga.csv", "keluarga", "Keluarga", "", "", "", "", ""],
    ["text", "nik", "NIK", "", "yes", "", "", ""],
    ["text", "nama", "Nama", "", "", "", "", ""],
]
SETTINGS = {"form_id": "uji", "version": "1", "namespaces": 'sisir="https://sisir.id/xforms"'}
ENTITIES = {"list_name": "keluarga", "entity_id": "${keluarga}", "label": "${nama}"}


def workbook(*rows, settings=None, entities=None):
    chosen = SETTINGS | (settings or {})
    declared = ENTITIES | (entities or {})
    survey = [*SURVEY, *([*row, *[""] * (8 - len(row))] for row in rows)]
    return form(
        survey=survey,
        settings=[list(chosen), list(chosen.values())],
        entities=[list(declared), list(declared.values())],
    )


def refusal(data):
    with pytest.raises(ConversionError) as caught:
        compile_form(data, validate=False)
    return [(item.sheet, item.row, item.column) for item in caught.value.mistakes], str(caught.value)


COPY = ["calculate", "salinan", "", "concat('NIK ', ${nik})"]
CHAIN = ["calculate", "rantai", "", "substr(${salinan}, 0, 10)"]


def test_a_sensitive_question_saved_to_an_entity_is_refused():
    places, text = refusal(workbook(["text", "kk", "KK", "", "yes", "no_kk"]))
    assert places == [("survey", 5, "save_to")]
    assert "${kk} is sensitive" in text


@pytest.mark.parametrize("rows", [[COPY], [COPY, CHAIN]])
def test_a_calculation_that_copies_is_refused_as_property(rows):
    *before, last = rows
    last = [*last, "", "nik_salinan"]
    places, text = refusal(workbook(*before, last))
    assert places == [("survey", 4 + len(rows), "save_to")]
    assert "${nik}" in text


@pytest.mark.parametrize("name", ["${nik}", "concat(${nama}, ' ', ${rantai})"])
def test_name_of_the_submission_is_refused(name):
    places, text = refusal(workbook(COPY, CHAIN, settings={"instance_name": name}))
    assert places == [("settings", 2, "instance_name")]
    assert "${nik}" in text


@pytest.mark.parametrize("label", ["${nik}", "concat(${nama}, ${salinan})"])
def test_label_of_an_entity_is_refused(label):
    places, _ = refusal(workbook(COPY, entities={"label": label}))
    assert places == [("entities", 2, "label")]


def test_copy_by_a_dynamic_default_or_a_trigger_is_seen():
    default = ["text", "bawaan", "Bawaan", "", "", "bawaan", "${nik}"]
    assert refusal(workbook(default))[0] == [("survey", 5, "save_to")]
    triggered = ["calculate", "picu", "", "${nik}", "", "picu", "", "${nama}"]
    assert refusal(workbook(triggered))[0] == [("survey", 5, "save_to")]


def test_calculations_that_copy_are_sensitive_and_those_that_compare_are_not():
    compares = ["calculate", "cocok", "", "if(substr(${nik}, 12) = ${nama}, 'ya', 'tidak')", "", "cocok"]
    compiled = compile_form(workbook(COPY, CHAIN, compares), validate=False)
    sensitive = {field.name for field in compiled.definition.fields if field.sensitive}
    assert sensitive == {"nik", "salinan", "rantai"}


@pytest.mark.parametrize("name", ["penyisiran", "aset", "stiker"])
def test_bundled_forms_leak_nothing_and_mark_all_they_hold(name):
    compiled = compile_form(open_bundled(name), file_name=f"{name}.xlsx", validate=False)
    assert not [field for field in compiled.definition.fields if field.sensitive and field.calculated]
