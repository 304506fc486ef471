import pytest

from forms.definition import EntityDeclaration, Field, FormDefinition
from tests.workers.facts_factory import make_answers
from workers.visits import find_value, is_complete, iter_rows, names_household, row_value


def define(*fields: Field, entities: tuple[EntityDeclaration, ...] = ()) -> FormDefinition:
    return FormDefinition("f", "1", "F", "data", fields, {}, (), (), entities)


@pytest.mark.parametrize(
    ("form_id", "values", "complete"),
    [
        ("penyisiran", {"hasil_wawancara": "lengkap"}, True),
        ("penyisiran", {"hasil_wawancara": "sebagian"}, False),
        ("penyisiran", {"status_keberadaan": "pindah_luar_desa"}, False),
        ("stiker", {"ada_responden": "ya"}, True),
        ("stiker", {"ada_responden": "tidak"}, False),
        ("aset", {}, True),
        ("survei_lain", {}, True),
    ],
)
def test_which_visits_are_whole_interviews(form_id: str, values: dict[str, str], complete: bool) -> None:
    assert is_complete(form_id, None, make_answers({**values})) is complete


def test_answers_are_found_by_name_but_not_inside_repeats() -> None:
    answers = make_answers({"nik": "1"}, rows=({"jk": "l"}, {"jk": "p"}))
    assert (find_value(answers, "nik"), find_value(answers, "jk")) == ("1", None)
    assert [row_value(row, "jk") for row in iter_rows(answers.root, "art")] == ["l", "p"]


def test_a_form_is_about_households_when_it_selects_or_writes_one() -> None:
    select = Field("/keluarga", "keluarga", "string", select="one", choices="keluarga", external=True)
    entity = EntityDeclaration("keluarga", "", True, False, {})
    assert names_household(define(select)) and names_household(define(entities=(entity,)))
    assert not names_household(
        define(Field("/desa", "desa", "string", select="one", choices="desa", external=True))
    )
