import json
from datetime import date
from typing import Any

import pytest

from forms.rule_terms import Severity
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import NIK, NIK_MANAGER, NO_KK, make_answers, make_facts, make_register
from workers.checking import Subject
from workers.facts import Facts

NOTHING_TYPED = make_answers({}, asked=("nik", "no_kk"))
CODES = ("ID01", "ID02", "ID03", "ID04", "ID05")


def typed(number: str, /, **register: Any) -> Facts:
    return make_facts(answers=make_answers({"nik": number}), register=make_register(**register))


@pytest.mark.parametrize(
    ("nik", "fault"),
    [
        ("351701410780900", "not_16_digits"),
        ("351701410780900A", "not_16_digits"),
        ("3,51701E+15", "not_16_digits"),
        ("3517013207809001", "no_date"),
        ("3517017207809001", "no_date"),
        ("3517010013809001", "no_date"),
        ("3517013002809001", "no_date"),
        ("3517014107800000", "serial_0000"),
    ],
)
def test_id01_fires_for_a_number_that_is_no_nik(nik: str, fault: str) -> None:
    found = ask("ID01", typed(nik))
    assert (found.outcome, found.evidence["fault"], found.evidence["where"]) == (FIRES, fault, "typed")


def test_id01_fires_for_the_register_when_nothing_was_typed() -> None:
    found = ask("ID01", make_facts(answers=NOTHING_TYPED, register=make_register(nik="351701")))
    assert found.evidence["where"] == "register"


@pytest.mark.parametrize("nik", [NIK, "3517017112259001", "3517012902009001"])
def test_id01_clear_for_real_dates(nik: str) -> None:
    assert outcome("ID01", typed(nik)) is CLEAR


def test_id01_clear_leaves_provisional_numbers_of_the_register_to_id02() -> None:
    register = make_register(nik="0351701200100001", nik_manager=None)
    assert outcome("ID01", make_facts(answers=NOTHING_TYPED, register=register)) is CLEAR


def test_id01_unknown_when_there_is_no_number() -> None:
    register = make_register(nik=None, nik_manager=None)
    assert reason("ID01", make_facts(answers=NOTHING_TYPED, register=register)) == "no_register_value"
    assert reason("ID01", make_facts(answers=NOTHING_TYPED, register=None)) == "no_answer"


def test_id02_fires_for_a_leading_zero_and_speaks_about_the_household() -> None:
    found = ask("ID02", make_facts(register=make_register(nik="0351701200100001")))
    assert (found.outcome, found.subject) == (FIRES, Subject.HOUSEHOLD)


def test_id02_clear_for_a_real_number() -> None:
    assert outcome("ID02", make_facts()) is CLEAR


def test_id02_unknown_without_number_or_household() -> None:
    assert (
        reason("ID02", make_facts(register=make_register(nik=None, nik_manager=None))) == "no_register_value"
    )
    assert reason("ID02", make_facts(register=None)) == "no_household"


def test_id03_fires_when_the_birth_date_differs() -> None:
    found = ask("ID03", make_facts(register=make_register(born_on=date(1981, 7, 1))))
    assert (found.evidence["differs"], found.evidence["nik_born_on"]) == (["born_on"], "1980-07-01")


def test_id03_fires_when_the_answered_sex_differs() -> None:
    answers = make_answers({"nik": NIK}, rows=({"shdk": "3", "jk": "p"}, {"shdk": "1", "jk": "l"}))
    assert ask("ID03", make_facts(answers=answers)).evidence["differs"] == ["sex"]


def test_id03_clear_when_all_fits() -> None:
    assert outcome("ID03", make_facts()) is CLEAR


def test_id03_clear_when_the_managers_number_was_typed() -> None:
    assert outcome("ID03", typed(NIK_MANAGER)) is CLEAR


def test_id03_clear_when_the_number_is_that_of_the_member_who_manages_the_card() -> None:
    rows = (
        {"shdk": "1", "jk": "p", "pengurus": "tidak"},
        {"shdk": "2", "jk": "l", "pengurus": "ya", "tgl_lahir": date(1975, 3, 12)},
    )
    answers = make_answers({"nik": NIK_MANAGER}, rows=rows)
    assert outcome("ID03", make_facts(answers=answers, register=make_register(nik_manager=None))) is CLEAR


def test_id03_compares_the_two_digits_of_the_year_so_centuries_do_not_matter() -> None:
    assert outcome("ID03", typed("3517010101259001", nik=None, sex="l", born_on=date(1925, 1, 1))) is CLEAR


def test_id03_unknown_without_birth_date_and_sex() -> None:
    assert reason("ID03", make_facts(register=make_register(born_on=None, sex=None))) == "no_answer"


def test_id04_fires_for_a_strangers_number() -> None:
    found = ask("ID04", typed("3517014107809999"))
    assert (found.outcome, found.severity) == (FIRES, Severity.HIGH)
    assert found.evidence["registered"] == ["351701******9001", "351701******9002"]


@pytest.mark.parametrize("nik", [NIK, NIK_MANAGER, f" {NIK} "])
def test_id04_clear_for_every_number_of_the_household(nik: str) -> None:
    assert outcome("ID04", typed(nik)) is CLEAR


def test_id04_unknown_when_asked_and_empty_or_the_register_has_none() -> None:
    assert reason("ID04", make_facts(answers=NOTHING_TYPED)) == "no_answer"
    assert reason("ID04", typed(NIK, nik=None, nik_manager=None)) == "no_register_value"
    assert reason("ID04", make_facts(register=None)) == "no_household"


def test_id04_does_not_apply_to_a_form_that_never_asks_or_a_household_that_is_new() -> None:
    assert outcome("ID04", make_facts(answers=make_answers({}))) is NOT_APPLICABLE
    assert outcome("ID04", typed(NIK, nik=None, nik_manager=None, is_new=True)) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("no_kk", "fault"), [(NIK, "equals_nik"), (NIK_MANAGER, "equals_nik"), ("35170115", "not_16_digits")]
)
def test_id05_fires_when_the_kk_number_is_a_nik_or_short(no_kk: str, fault: str) -> None:
    answers = make_answers({"no_kk": no_kk})
    assert ask("ID05", make_facts(answers=answers)).evidence["fault"] == fault


def test_id05_fires_for_the_register_too() -> None:
    assert (
        ask("ID05", make_facts(answers=NOTHING_TYPED, register=make_register(no_kk=NIK))).evidence["where"]
        == "register"
    )


def test_id05_clear_for_a_number_of_its_own() -> None:
    assert outcome("ID05", make_facts()) is CLEAR


def test_id05_unknown_without_number() -> None:
    assert (
        reason("ID05", make_facts(answers=NOTHING_TYPED, register=make_register(no_kk=None)))
        == "no_register_value"
    )


def test_no_evidence_holds_a_full_number() -> None:
    numbers = ("3517014107809999", "3517011203759002", "0351701200100001")
    wrong = make_register(
        nik=numbers[2], nik_manager=numbers[1], no_kk=numbers[1], sex="l", born_on=date(1990, 1, 1)
    )
    facts = make_facts(answers=make_answers({"nik": numbers[0], "no_kk": numbers[0]}), register=wrong)
    shown = json.dumps([dict(ask(code, facts).evidence) for code in CODES])
    fired = [code for code in CODES if outcome(code, facts) is FIRES]
    assert fired == ["ID02", "ID03", "ID04", "ID05"]
    assert not [number for number in (*numbers, NO_KK) if number in shown]
