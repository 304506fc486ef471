from datetime import date
from typing import Any

import pytest

from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_answers, make_facts, make_register
from workers.checking import Subject
from workers.explaining import explain_check
from workers.facts import Facts, HistoryFacts, HousePeer, InterviewFacts, KkPeer, NikPeer, VisitFacts
from workers.findings import CATALOG


def test_kp07_fires_when_the_register_has_both() -> None:
    register = make_register(programmes=frozenset({"PKH", "BLT-DD"}))
    assert ask("KP07", make_facts(register=register)).evidence["blt_dd_from"] == ["register"]


def test_kp07_fires_when_the_list_or_the_family_says_so() -> None:
    answers = make_answers({"program_diterima": frozenset({"pkh", "blt_dd"})})
    found = ask("KP07", make_facts(answers=answers, register=make_register(in_blt_dd=True)))
    assert found.evidence["blt_dd_from"] == ["list", "answer"]


def test_kp07_clear_with_pkh_alone() -> None:
    assert outcome("KP07", make_facts()) is CLEAR


def test_kp07_unknown_without_household() -> None:
    assert reason("KP07", make_facts(register=None)) == "no_household"


def test_kp07_does_not_apply_without_pkh() -> None:
    register = make_register(programmes=frozenset({"BLT-DD"}))
    assert outcome("KP07", make_facts(register=register)) is NOT_APPLICABLE


def test_kp10_fires_for_the_household_and_names_the_others() -> None:
    peers = (NikPeer(2, "H2", "3517012002", True), NikPeer(3, "H3", "3517012001", False))
    found = ask("KP10", make_facts(same_nik=peers))
    assert (found.outcome, found.subject, found.peers) == (FIRES, Subject.HOUSEHOLD, (2,))
    assert found.evidence["households"] == ["H2"]


def test_kp10_clear_for_the_same_kk() -> None:
    assert outcome("KP10", make_facts(same_nik=(NikPeer(3, "H3", "3517012001", False),))) is CLEAR


def test_kp10_unknown_when_the_register_has_no_number_or_nobody_looked() -> None:
    assert (
        reason("KP10", make_facts(register=make_register(nik=None, nik_manager=None))) == "no_register_value"
    )
    assert reason("KP10", make_facts(same_nik=None)) == "not_looked"


def test_kp10_does_not_apply_to_an_inactive_household() -> None:
    peers = (NikPeer(2, "H2", "3517012002", True),)
    assert (
        outcome("KP10", make_facts(register=make_register(inactive=True), same_nik=peers)) is NOT_APPLICABLE
    )


def test_qc15_fires_for_a_second_complete_visit_and_names_it() -> None:
    history = HistoryFacts(same_form=(VisitFacts(9, date(2026, 11, 20), 8), VisitFacts(10, None, 7)))
    found = ask("QC15", make_facts(history=history))
    assert (found.outcome, found.peers) == (FIRES, (9,))
    assert (found.evidence["dates"], found.evidence["same_officer"]) == (["2026-11-20"], False)


def test_qc15_clear_for_the_only_visit() -> None:
    assert outcome("QC15", make_facts()) is CLEAR


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"interview": InterviewFacts()}, "no_answers"),
        ({"history": None}, "not_looked"),
        ({"register": None}, "no_household"),
    ],
)
def test_qc15_unknown_says_what_lacks(change: dict[str, object], why: str) -> None:
    assert reason("QC15", make_facts(**change)) == why


def test_qc15_does_not_apply_to_an_unfinished_visit() -> None:
    history = HistoryFacts(same_form=(VisitFacts(9),))
    facts = make_facts(history=history, interview=InterviewFacts(finished=False))
    assert outcome("QC15", facts) is NOT_APPLICABLE


# --- KP11 ------------------------------------------------------------------------------------------------------------


def same_kk(*villages: str | None, **register: Any) -> Facts:
    peers = tuple(KkPeer(50 + place, f"H{50 + place}", village) for place, village in enumerate(villages))
    return make_facts(same_kk=peers, register=make_register(**register))


def test_kp11_fires_for_the_same_kk_in_another_village_and_names_it() -> None:
    found = ask("KP11", same_kk("3517012001", "3517012002"))
    assert (found.outcome, found.peers, found.evidence["villages"]) == (FIRES, (51,), ["3517012002"])
    said = explain_check(CATALOG["KP11"], found.evidence, "id")
    assert "1 keluarga di desa lain (batas 1): H51, desa 3517012002" in said


def test_kp11_clear_within_one_village() -> None:
    assert outcome("KP11", same_kk("3517012001")) is CLEAR
    assert outcome("KP11", make_facts()) is CLEAR


def test_kp11_unknown_without_kk_or_look() -> None:
    assert reason("KP11", same_kk("3517012002", no_kk=None)) == "no_register_value"
    assert reason("KP11", make_facts(same_kk=None)) == "not_looked"


def test_kp11_does_not_apply_to_families_that_are_not_active() -> None:
    assert outcome("KP11", same_kk("3517012002", inactive=True)) is NOT_APPLICABLE
    assert outcome("KP11", same_kk("3517012002", is_new=True)) is NOT_APPLICABLE


# --- KP12 ------------------------------------------------------------------------------------------------------------


def house(number: int, distance_m: float, same_kk: bool | None = False) -> HousePeer:
    return HousePeer(100 + number, 50 + number, f"H{number}", distance_m, same_kk)


def test_kp12_fires_for_another_recipient_within_ten_metres() -> None:
    found = ask("KP12", make_facts(near_houses=(house(1, 4.0), house(2, 10.1), house(3, 10.0))))
    assert (found.outcome, found.peers, found.severity.value) == (FIRES, (101, 103), "info")
    said = explain_check(CATALOG["KP12"], found.evidence, "id")
    assert said == "2 keluarga penerima lain dengan No. KK berbeda dalam jarak 10 m: H1, H3."


def test_kp12_clear_farther_away_or_with_the_same_kk() -> None:
    assert outcome("KP12", make_facts(near_houses=(house(1, 10.1), house(2, 3.0, True)))) is CLEAR
    assert outcome("KP12", make_facts(near_houses=(house(1, 8.0),)), within_m=5) is CLEAR


def test_kp12_unknown_without_point_household_kk_or_look() -> None:
    assert reason("KP12", make_facts(house_point=None)) == "no_point"
    assert reason("KP12", make_facts(register=None)) == "no_household"
    assert reason("KP12", make_facts(near_houses=(house(1, 2.0, None),))) == "no_register_value"
    assert reason("KP12", make_facts(near_houses=None)) == "not_looked"


def test_kp12_does_not_apply_to_families_without_aid() -> None:
    poor = make_register(programmes=frozenset())
    assert outcome("KP12", make_facts(register=poor, near_houses=(house(1, 2.0),))) is NOT_APPLICABLE


def test_kp12_cannot_look_farther_than_the_facts_do() -> None:
    with pytest.raises(ValueError, match="at most 30"):
        ask("KP12", make_facts(), within_m=31)
