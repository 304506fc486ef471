from dataclasses import replace
from decimal import Decimal

from forms.definition import Choice, Field, FormDefinition
from forms.values import Answers, Row, Unreadable
from workers.answer_prints import (
    MAX_NUMBER,
    as_number,
    boil_down,
    find_alike,
    find_plan,
    key_answers,
    stack_prints,
)

FIELDS = (
    Field("/g", "g", "structure"),
    Field("/g/dinding", "dinding", "string", select="one", choices="dinding"),
    Field("/g/izin_foto", "izin_foto", "string", select="one", choices="ya"),
    Field("/g/kerja", "kerja", "string", select="multiple", choices="kerja"),
    Field("/g/jml_mobil", "jml_mobil", "int"),
    Field("/g/skor", "skor", "int", calculated=True),
    Field("/g/gaji", "gaji", "int", sensitive=True),
    Field("/g/keluarga", "keluarga", "string", select="one", choices="keluarga", external=True),
    Field("/g/nama", "nama", "string"),
    Field("/g/art", "art", "repeat"),
    Field("/g/art/umur", "umur", "int", repeat="/g/art"),
)
DEFINITION = FormDefinition(
    form_id="aset",
    version="1",
    title="",
    root="data",
    fields=FIELDS,
    choices={"dinding": (Choice("1", {"id": "Tembok"}), Choice("7", {"id": "Lainnya", "en": "Other"})),
             "kerja": (Choice("tani", {}), Choice("lainnya", {}))},
    external_lists=(),
    media=(),
)  # fmt: skip


def answers(ages: tuple[int, ...] = (), **values: object) -> Answers:
    leaves = {f"/g/{name}": value for name, value in values.items()}
    rows = tuple(Row("/g/art", place, {"/g/art/umur": age}, frozenset()) for place, age in enumerate(ages))
    return Answers(Row("", 0, leaves, frozenset(leaves), {"/g/art": rows} if rows else {}))  # type: ignore[arg-type]


def test_names_texts_secrets_and_calculations_stay_out() -> None:
    plan = find_plan(DEFINITION)
    assert [field.name for field in plan.root] == ["dinding", "izin_foto", "kerja", "jml_mobil"]
    assert [field.name for field in plan.numbers] == ["jml_mobil", "umur"]
    assert plan.size == 4 + 6
    assert find_plan(DEFINITION) is plan
    assert find_plan(replace(DEFINITION, fields=FIELDS[:3])).size == 2


def boiled(given: Answers, form_id: str = "aset"):
    return boil_down(find_plan(DEFINITION), form_id, given)


def test_equal_answers_have_equal_prints_and_others_are_counted() -> None:
    one = boiled(answers((40, 9), dinding="1", kerja=frozenset({"tani", "dagang"}), jml_mobil=0))
    same = boiled(answers((40, 9), dinding="1", kerja=frozenset({"dagang", "tani"}), jml_mobil=0))
    other = boiled(answers((41, 9), dinding="7", jml_mobil=0))
    nothing = boiled(answers()).print
    others = stack_prints([other.print, same.print, nothing, b"of another length"])
    assert list(find_alike(one.print, others, share=0.4)) == [(0, 5, 2), (1, 5, 5)]
    assert list(find_alike(one.print, others, share=0.75)) == [(1, 5, 5)]
    assert list(find_alike(nothing, stack_prints([nothing]), share=0)) == []
    assert list(find_alike(one.print, stack_prints([]), share=0)) == []


def test_numbers_are_those_of_the_root_and_of_all_rows() -> None:
    assert boiled(answers((40, 9), jml_mobil=2)).numbers == (2.0, [40.0, 9.0])
    assert boiled(answers(jml_mobil=Unreadable("dua"))).numbers == (None, None)


def test_absurd_numbers_are_cut_and_no_numbers_are_none() -> None:
    assert [as_number(value) for value in (10**5000, -(10**5000))] == [MAX_NUMBER, -MAX_NUMBER]
    assert [as_number(value) for value in (Decimal("NaN"), Decimal("Infinity"), "4", None)] == [None] * 4


def test_other_is_counted_by_code_and_by_label() -> None:
    found = boiled(answers(dinding="7", kerja=frozenset({"lainnya", "tani"})))
    assert (found.others, found.others_asked) == (2, 2)
    found = boiled(answers(dinding="1"))
    assert (found.others, found.others_asked) == (0, 1)


def test_key_answers_leave_out_what_is_about_the_visit() -> None:
    taken = boiled(answers(dinding="1", izin_foto="ya", jml_mobil=0)).print
    assert sorted(name for name, _ in key_answers(find_plan(DEFINITION), taken).values()) == [
        "dinding",
        "jml_mobil",
    ]
