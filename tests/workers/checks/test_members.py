import pytest

from forms.values import Value
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_answers, make_facts, make_register
from workers.checks.members import name_likeness_pct
from workers.explaining import explain_check
from workers.facts import Facts
from workers.findings import CATALOG


def family(*rows: dict[str, Value], registered: str | None = "Siti Rohmah Cemara") -> Facts:
    return make_facts(answers=make_answers({}, rows=rows), register=make_register(head_name=registered))


def head(name: str) -> dict[str, Value]:
    return {"shdk": "1", "nama_art": name, "status_art": "1"}


def of_states(*states: str) -> Facts:
    return family(*({"shdk": "3", "status_art": state} if state else {"shdk": "3"} for state in states))


# --- ID07 ------------------------------------------------------------------------------------------------------------


def test_id07_fires_for_another_name() -> None:
    found = ask("ID07", family(head("Bambang Wijaya")))
    assert found.outcome is FIRES
    assert (found.evidence["threshold"], found.evidence["unit"]) == (80.0, "%")
    said = explain_check(CATALOG["ID07"], found.evidence, "id")
    assert said.startswith(
        "Kepala keluarga ditulis Bambang Wijaya, di register Siti Rohmah Cemara: kemiripan "
    )


@pytest.mark.parametrize(
    ("typed", "registered"),
    [
        ("SITI ROHMAH CEMARA", "Siti Rohmah Cemara"),
        ("Rohmah Siti Cemara", "Siti Rohmah Cemara"),
        ("Hj. Siti Rohmah Cemara, S.Pd.", "Siti Rohmah Cemara"),
        ("Ibu Siti Rochmah Cemara", "SITI ROHMAH CEMARA"),
        ("Soekarno Djojo", "Sukarno Jojo"),
        ("Moh. Yasin", "Muhammad Yasin"),
        ("M. Yasin", "Mochamad Yasin"),
        ("Drs. H. Ach. Fauzi M.Pd", "Ach Fauzi"),
        ("Alm. Sarno", "Sarno"),
    ],
)
def test_id07_clear_for_titles_order_and_old_spelling(typed: str, registered: str) -> None:
    assert outcome("ID07", family(head(typed), registered=registered)) is CLEAR


@pytest.mark.parametrize(("one", "other"), [("Sri", "Sri"), ("H", "Hj"), ("", "Sari"), ("Éko", "Eko")])
def test_likeness_is_the_same_both_ways(one: str, other: str) -> None:
    assert name_likeness_pct(one, other) == name_likeness_pct(other, one)


def test_id07_clear_with_a_lower_limit() -> None:
    assert outcome("ID07", family(head("Bambang Wijaya")), alike_pct=10) is CLEAR


def test_id07_masks_a_number_typed_as_a_name() -> None:
    found = ask("ID07", family(head("3517014107809001")))
    assert "3517014107809001" not in str(found.evidence)


def test_id07_unknown_without_names_answers_or_household() -> None:
    assert reason("ID07", family({"shdk": "3", "nama_art": "Anak"})) == "no_answer"
    assert reason("ID07", family(head(""))) == "no_answer"
    assert reason("ID07", family(head("Siti"), registered="")) == "no_register_value"
    assert reason("ID07", make_facts(answers=None)) == "no_answers"
    assert (
        reason("ID07", make_facts(answers=make_answers({}, rows=(head("Siti"),)), register=None))
        == "no_household"
    )


@pytest.mark.parametrize("code", ["ID07", "ID09"])
def test_without_members_nothing_applies(code: str) -> None:
    assert outcome(code, make_facts()) is NOT_APPLICABLE


def test_id07_does_not_apply_to_a_new_family() -> None:
    new = make_facts(
        answers=make_answers({}, rows=(head("Siti"),)), register=make_register(is_new=True, source_id=None)
    )
    assert outcome("ID07", new) is NOT_APPLICABLE


# --- ID09 ------------------------------------------------------------------------------------------------------------


def test_id09_fires_when_over_thirty_percent_changed() -> None:
    found = ask("ID09", of_states("1", "1", "5", "3"))
    assert (found.outcome, found.evidence["changed_pct"]) == (FIRES, 50.0)
    said = explain_check(CATALOG["ID09"], found.evidence, "id")
    assert said == "1 anggota baru dan 1 anggota tidak ada lagi dari 4: 50%, batas 30%."


def test_id09_clear_at_thirty_percent_and_for_members_abroad() -> None:
    assert outcome("ID09", of_states(*"1111111", *"256")) is CLEAR
    assert outcome("ID09", of_states("1", "4", "4")) is CLEAR
    assert outcome("ID09", of_states("1", "1", "5"), changed_pct=40) is CLEAR


def test_id09_fires_even_if_one_state_is_missing_unknown_if_it_could_matter() -> None:
    assert outcome("ID09", of_states("2", "2", "")) is FIRES
    assert reason("ID09", of_states("1", "1", "")) == "no_answer"
    assert reason("ID09", make_facts(answers=None)) == "no_answers"
