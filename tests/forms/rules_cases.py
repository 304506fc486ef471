"""Forms, answers and sheets for the tests of rules, written by hand in a few words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from forms.definition import Choice, Field, FormDefinition
from forms.rule_terms import Level
from forms.rules import RuleSet, compile_rules
from forms.rules_evaluate import RuleResult, Situation, evaluate_rules
from forms.rules_sheet import RulesSheet, SheetRow
from forms.values import Answers, Row, Value

VISIT = date(2026, 5, 1)
LABEL = "label::Bahasa Indonesia (id)"
EXPLAIN = "explain::Bahasa Indonesia (id)"
HEADER = (
    "name",
    "kind",
    "severity",
    LABEL,
    EXPLAIN,
    "expression",
    "level",
    "applies",
    "source",
    "from",
    "until",
)


def _list(names: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(name, {"Bahasa Indonesia (id)": name.title(), "English (en)": name}) for name in names.split()
    )


CHOICES = {
    "milik": _list("sendiri orang_lain kerja"),
    "ya_tidak": _list("ya tidak"),
    "kode": _list("1 2 3 4 5 6 7 8 9"),
    "khusus": _list("asn tni_polri tidak_ada"),
    "komponen": _list("anak_usia_dini sd lansia tidak_ada"),
    "abc": _list("a b c"),
}


def _one(path: str, choices: str, repeat: str | None = None, **more: Any) -> Field:
    return Field(path, path.rpartition("/")[2], "string", "one", choices, repeat=repeat, **more)


def _field(path: str, kind: str, repeat: str | None = None, **more: Any) -> Field:
    return Field(path, path.rpartition("/")[2], kind, repeat=repeat, **more)


def define(form_id: str, *fields: Field) -> FormDefinition:
    """A form of these fields and the lists above."""
    return FormDefinition(form_id, "1", form_id, "data", fields, CHOICES, ("keluarga",), ())


FAMILY = define(
    "keluarga",
    _field("/nik", "string", sensitive=True),
    _field("/tgl", "date"),
    _field("/mulai", "dateTime"),
    _field("/jam", "time"),
    _field("/titik", "geopoint"),
    _field("/foto", "binary", media="image"),
    _field("/skor", "string", calculated=True),
    _field("/luas", "decimal"),
    _field("/alasan", "string"),
    _one("/keluarga", "keluarga", external=True),
    _one("/lantai", "kode"),
    Field("/program", "program", "string", "multiple", "khusus"),
    _field("/g_aset", "structure"),
    _field("/g_aset/jml_mobil", "int"),
    _one("/g_aset/mobil_milik", "milik"),
    _field("/g_aset/jml_motor", "int"),
    _field("/g_art", "structure"),
    Field("/g_art/art", "art", "repeat"),
    _field("/g_art/art/umur", "int", "/g_art/art"),
    _field("/g_art/art/tgl_lahir", "date", "/g_art/art"),
    _one("/g_art/art/komponen", "komponen", "/g_art/art"),
    Field("/g_art/art/kerja_khusus", "kerja_khusus", "string", "multiple", "khusus", repeat="/g_art/art"),
    _field("/g_art/art/g_gaji", "structure", "/g_art/art"),
    _field("/g_art/art/g_gaji/gaji", "int", "/g_art/art", sensitive=True),
    Field("/g_art/art/usaha", "usaha", "repeat", repeat="/g_art/art"),
    _field("/g_art/art/usaha/omzet", "int", "/g_art/art/usaha"),
    Field("/ternak", "ternak", "repeat"),
    _field("/ternak/ekor", "int", "/ternak"),
    _field("/g_dua", "structure"),
    _field("/g_dua/ganda", "int"),
    _field("/g_aset/ganda", "int"),
)
ASSETS = define(
    "aset",
    _field("/jml_mobil", "int"),
    _field("/skor_aset", "string", calculated=True),
    Field("/art", "art", "repeat"),
    _one("/art/penghasilan", "abc", "/art"),
)


def answer(
    definition: FormDefinition, values: Mapping[str, Value | None], absent: tuple[str, ...] = (), **rows: Any
) -> Answers:
    """Answers to a form.

    values: path -> value, None for a node sent empty; a question that is not named was not asked.
    absent: groups whose node is not in the XML. rows: repeat name -> list of {name: value} (None: empty),
    nested repeats within.
    """
    return Answers(_row(definition, "", 0, values, absent, rows))


def _row(
    definition: FormDefinition,
    path: str,
    index: int,
    values: Mapping[str, Value | None],
    absent: tuple[str, ...],
    rows: Mapping[str, Any],
) -> Row:
    groups = {
        item.path
        for item in definition.fields
        if item.type == "structure" and (item.repeat or "") == path and item.path not in absent
    }
    repeats = {
        item.path: tuple(
            _instance(definition, item, place, cells) for place, cells in enumerate(rows[item.name])
        )
        for item in definition.fields
        if item.type == "repeat" and (item.repeat or "") == path and rows.get(item.name)
    }
    known = {key: value for key, value in values.items() if value is not None}
    return Row(path, index, known, frozenset({path, *groups, *repeats, *values}), repeats)


def _instance(definition: FormDefinition, repeat: Field, place: int, cells: Mapping[str, Any]) -> Row:
    values, rows = {}, {}
    for name, value in cells.items():
        if name == "absent":
            continue
        if isinstance(value, list):
            rows[name] = value
        else:
            field = next(item for item in definition.by_name[name] if item.repeat == repeat.path)
            values[field.path] = value
    return _row(definition, repeat.path, place, values, cells.get("absent", ()), rows)


def sheet(*rows: Mapping[str, str], header: tuple[str, ...] = HEADER) -> RulesSheet:
    """A sheet of these rows, from row 2 on; a row is a complete rule but for what it says ('' for blank)."""
    complete = {"name": "R01", "kind": "data", "severity": "sedang", LABEL: "Label"}
    filled = [
        {key: text for key, text in {**complete, **row}.items() if text and key in header} for row in rows
    ]
    return RulesSheet(header, tuple(SheetRow(number, cells) for number, cells in enumerate(filled, start=2)))


def compile_rows(*rows: Mapping[str, str], **more: Any) -> RuleSet:
    """The rule set of these rows over FAMILY, with ASSETS as the other form."""
    return compile_rules(sheet(*rows), FAMILY, {"aset": ASSETS}, **more)


def result_of(
    row: str | Mapping[str, str], answers: Answers | None, level: Level = Level.SUBMISSION, **situation: Any
) -> RuleResult:
    """The result of one rule, given as its expression or as a row."""
    cells = {"expression": row} if isinstance(row, str) else row
    rule_set = compile_rows({**cells, "level": level.value})
    (result,) = evaluate_rules(
        rule_set, Situation(answers, situation.pop("on", VISIT), **situation), level=level
    )
    return result


def outcome_of(row: str | Mapping[str, str], answers: Answers | None, *level: Level, **situation: Any) -> str:
    """The outcome's word of one rule."""
    return result_of(row, answers, *level, **situation).outcome.value


def family(
    values: Mapping[str, Value | None] | None = None, *, absent: tuple[str, ...] = (), **rows: Any
) -> Answers:
    """Answers to FAMILY; questions of groups by their last name."""
    named = {FAMILY.by_name[name][0].path: value for name, value in (values or {}).items()}
    return answer(FAMILY, named, absent, **rows)
