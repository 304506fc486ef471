import os

import pytest

from forms.library import UnknownBundledFormError, list_bundled, open_bundled
from tests.forms.bundled import GOLDEN, LANGUAGES, NAMES, compiled, marked, render_readable, table, workbook

ROWS = {
    # survey, choices, rules
    "penyisiran": (93, 121, 22),
    "stiker": (41, 44, 4),
    "aset": (82, 115, 26),
}
SENSITIVE = {
    "penyisiran": {"nik", "no_kk", "foto_kk", "foto_slip", "penghasilan", "disabilitas", "sakit_kronis"},
    "stiker": set(),
    "aset": {"id_pln", "omzet_usaha"},
}
ROLES = {
    "penyisiran": {"titik_rumah": "house_point", "foto_depan": "house_photo"},
    "stiker": {"titik_stiker": "house_point", "foto_stiker": "house_photo"},
    "aset": {"titik_aset": "house_point"},
}
SAVED = {
    "penyisiran": {
        "nama_kepala",
        "kode_desa",
        "rt",
        "rw",
        "alamat",
        "jml_art",
        "kunjungan_ke",
        "tgl_kunjungan",
        "hasil_terakhir",
        "status_keberadaan",
        "geometry",
    },
    "stiker": {"status_stiker", "no_stiker"},
    "aset": {"skor_aset"},
}
RULES = {
    "penyisiran": "EL01 EL02 EL03 EL04 EL05 EL06 EL07 EL08 EL09 EL10 EL11 EL12 EL16 EL17 EL18"
    " KP01 KP02 KP05 KP06 KP09 KP15 EX03",
    "stiker": "EL13 EL14 EL15 EX05",
    "aset": "EL19 AS01 AS02 AS03 AS04 AS05 AS06 AS07 AS08 AS09 AS10 AS10 AS11 AS12 AS13 AS14 AS15 AS16"
    " AS17 AS18 AS19 EX01 EX02 EX04 EX06 EX07",
}
KINDS = {
    "component": {"KP01", "KP02", "KP05", "KP06", "KP09", "KP15"},
    "data": {"EL10", "AS17"},
    "workflow": {"EL12", "EL13", "EL14", "EL15"},
    "protect": {"EL18", "EX01", "EX02", "EX03", "EX04", "EX05", "EX06", "EX07"},
    "quality": {"AS19"},
}
SEVERITIES = {
    "tinggi": "EL01 EL02 EL03 EL04 EL06 EL09 EL11 EL17 KP01 AS01 AS06 AS09 AS10 AS16 EX03 EX05 EX06",
    "sedang": "EL05 EL07 EL08 EL10 EL12 EL14 EL16 EL19 KP02 KP05 KP09 AS02 AS03 AS04 AS05 AS08 AS10 AS11"
    " AS12 AS13 AS14 AS17 AS19 EX04",
    "rendah": "EL15 AS07 AS15 AS18",
    "info": "EL13 EL18 KP06 KP15 EX01 EX02 EX07",
}
HOUSEHOLD_RULES = {"EX04", "EX05", "EX06"}
QUESTIONS_WITHOUT_LABEL = {
    "start",
    "end",
    "today",
    "username",
    "deviceid",
    "audit",
    "start-geopoint",
    "calculate",
    "end_group",
    "end_repeat",
}

for_each_form = pytest.mark.parametrize("name", NAMES)


def test_forms_come_in_an_order_in_which_rules_find_what_they_read():
    assert NAMES == ("penyisiran", "aset", "stiker")


def test_unknown_form_is_refused_by_name():
    with pytest.raises(UnknownBundledFormError, match="graduasii"):
        open_bundled("graduasii")


def test_a_path_is_not_a_name():
    with pytest.raises(UnknownBundledFormError):
        open_bundled("../xlsform/aset")


def test_listed_titles_and_ids_are_those_of_the_workbooks():
    settings = {form.name: table(form.name, "settings")[0] for form in list_bundled()}
    assert {name: row["form_id"] for name, row in settings.items()} == {name: name for name in NAMES}
    assert {name: row["form_title"] for name, row in settings.items()} == {
        form.name: form.title for form in list_bundled()
    }


@for_each_form
def test_form_compiles_and_passes_odk_validate_without_warnings(name):
    result = compiled(name)
    assert (result.warnings, result.notices) == ((), ())
    assert result.validated


@for_each_form
def test_form_reads_exactly_the_listed_entity_lists(name):
    lists = {form.name: form.lists for form in list_bundled()}[name]
    assert sorted(compiled(name).definition.external_lists) == sorted(lists)


@for_each_form
def test_settings_are_those_of_every_bundled_form(name):
    (row,) = table(name, "settings")
    assert row["version"].isdigit()
    assert len(row["version"]) == 10
    assert row["default_language"] == LANGUAGES[0]
    assert row["style"] == "pages"
    assert row["allow_choice_duplicates"] == "no"
    assert row["namespaces"] == 'sisir="https://sisir.id/xforms"'
    assert row["instance_name"]


@for_each_form
def test_no_row_of_the_content_page_got_lost(name):
    assert tuple(len(table(name, sheet)) for sheet in ("survey", "choices", "rules")) == ROWS[name]


@for_each_form
def test_choice_lists_are_exactly_those_in_use(name):
    types = [row["type"].split() for row in table(name, "survey")]
    used = {words[1] for words in types if words[0] in ("select_one", "select_multiple")}
    assert {row["list_name"] for row in table(name, "choices")} == used


@for_each_form
def test_sensitive_questions_are_marked(name):
    assert marked(name, "sensitive") == dict.fromkeys(SENSITIVE[name], "yes")


@for_each_form
def test_house_point_and_house_photo_are_marked(name):
    assert marked(name, "role") == ROLES[name]


@for_each_form
def test_form_saves_exactly_its_own_entity_columns(name):
    (entity,) = compiled(name).definition.entities
    assert entity.dataset == "keluarga"
    assert entity.container == ""
    assert set(entity.properties) == SAVED[name]


@for_each_form
def test_only_the_sweep_creates_a_family(name):
    (entity,) = compiled(name).definition.entities
    assert (entity.creates, entity.updates) == (name == "penyisiran", True)


@for_each_form
def test_every_image_is_bounded_in_pixels(name):
    images = [row for row in table(name, "survey") if row["type"] == "image"]
    assert all(row["parameters"] in ("max-pixels=1600", "max-pixels=2000") for row in images)
    assert images


@for_each_form
@pytest.mark.parametrize("sheet", ["survey", "choices", "rules"])
def test_texts_stand_in_both_languages_or_in_none(name, sheet):
    for row in table(name, sheet):
        for text in ("label", "required_message", "constraint_message", "explain"):
            given = [f"{text}::{language}" in row for language in LANGUAGES]
            assert given[0] == given[1], row


@for_each_form
def test_everything_that_a_person_sees_has_its_texts(name):
    label = f"label::{LANGUAGES[0]}"
    for row in table(name, "survey"):
        assert (label in row) == (row["type"] not in QUESTIONS_WITHOUT_LABEL), row
        assert ("required" in row) == (f"required_message::{LANGUAGES[0]}" in row), row
        assert ("constraint" in row) == (f"constraint_message::{LANGUAGES[0]}" in row), row
    assert all(label in row for row in table(name, "choices"))
    assert all(label in row and f"explain::{LANGUAGES[0]}" in row for row in table(name, "rules"))


@for_each_form
def test_workbook_is_pleasant_to_open_and_safe_to_edit(name):
    for sheet in workbook(name):
        cells = [cell for line in sheet.iter_rows() for cell in line]
        assert sheet.freeze_panes
        assert not sheet.merged_cells.ranges
        assert all(cell.font.bold for cell in sheet[1])
        assert not [
            cell.coordinate
            for cell in cells
            if cell.data_type not in ("s", "n") or isinstance(cell.value, int)
        ]
        assert {cell.number_format for cell in cells} == {"@"}


def test_workbooks_hold_exactly_the_known_sheets():
    assert {tuple(workbook(name).sheetnames) for name in NAMES} == {
        ("survey", "choices", "settings", "entities", "rules")
    }


@for_each_form
def test_rules_are_exactly_those_that_the_catalogue_gives_to_the_form(name):
    assert [row["name"] for row in table(name, "rules")] == RULES[name].split()


def test_rules_have_the_kind_of_the_catalogue():
    for row in [row for name in NAMES for row in table(name, "rules")]:
        kinds = [kind for kind, names in KINDS.items() if row["name"] in names]
        assert [row["kind"]] == (kinds or ["ineligible"]), row["name"]


def test_rules_have_the_severity_of_the_catalogue():
    rows = [row for name in NAMES for row in table(name, "rules")]
    for severity, names in SEVERITIES.items():
        assert sorted(row["name"] for row in rows if row["severity"] == severity) == sorted(names.split())


def test_rules_that_read_findings_stand_at_household_level():
    rows = [row for name in NAMES for row in table(name, "rules")]
    assert {row["name"] for row in rows if row["level"] == "household"} == HOUSEHOLD_RULES


def test_every_rule_names_its_source_and_place_in_the_catalogue():
    for row in [row for name in NAMES for row in table(name, "rules")]:
        assert row["source"].endswith(f" {row['name']})")


@for_each_form
def test_compiled_form_equals_the_golden_one(name):
    """Renew with SISIR_GOLDEN=write, see golden/README.md; then read the diff."""
    golden = GOLDEN / f"{name}.xml"
    readable = render_readable(compiled(name).xform)
    if os.environ.get("SISIR_GOLDEN") == "write":
        golden.write_text(readable, encoding="utf-8")
    assert readable == golden.read_text(encoding="utf-8"), (
        "intended? SISIR_GOLDEN=write renews, see golden/README.md"
    )
