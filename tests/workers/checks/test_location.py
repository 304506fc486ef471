from dataclasses import replace
from typing import Any

import pytest

from forms.rule_terms import Severity
from forms.values import GeoPoint
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import POINT, make_answers, make_facts, make_location, make_register
from workers.facts import Facts, LocationFacts, PointPeer, Reason, Relation


def outside(outside_m: float, accuracy_m: float = 6.0, **changes: Any) -> Facts:
    return make_facts(
        location=make_location(
            relation=Relation.OUTSIDE, outside_m=outside_m, edge_m=outside_m, accuracy_m=accuracy_m, **changes
        )
    )


def unplaced(why: Reason) -> Facts:
    return make_facts(location=LocationFacts(claimed_village="3517012001", why_unknown=why))


def with_accuracy(accuracy_m: float | None) -> Facts:
    return make_facts(house_point=replace(POINT, accuracy_m=accuracy_m))


def test_sp01_fires_when_asked_and_empty() -> None:
    assert ask("SP01", make_facts(house_point=None)).evidence["state"] == "empty"


def test_sp01_fires_when_the_officer_says_why_there_is_none_and_masks_numbers() -> None:
    answers = make_answers({"alasan_tanpa_gps": "HP rusak, NIK 3517014107809001"})
    found = ask("SP01", make_facts(house_point=None, house_point_asked=False, answers=answers))
    assert found.outcome is FIRES
    assert found.evidence["stated_reason"] == "HP rusak, NIK 351701******9001"


def test_sp01_fires_for_zero_zero() -> None:
    assert ask("SP01", make_facts(house_point=GeoPoint(0, 0))).evidence["state"] == "implausible"


def test_sp01_clear_with_a_point() -> None:
    assert outcome("SP01", make_facts()) is CLEAR


def test_sp01_unknown_when_answers_cannot_be_read() -> None:
    assert reason("SP01", make_facts(house_point=None, house_point_asked=None, answers=None)) == "no_answers"


@pytest.mark.parametrize("code", ["SP01", "SP02", "SP03", "SP04", "SP05", "SP06"])
def test_without_a_question_for_a_point_nothing_applies(code: str) -> None:
    facts = make_facts(
        house_point=None, house_point_asked=None, location=LocationFacts(why_unknown=Reason.NO_POINT)
    )
    assert outcome(code, facts) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("accuracy_m", "severity"), [(20.1, Severity.LOW), (50.0, Severity.LOW), (50.1, Severity.MEDIUM)]
)
def test_sp02_fires_low_then_medium(accuracy_m: float, severity: Severity) -> None:
    found = ask("SP02", with_accuracy(accuracy_m))
    assert (found.outcome, found.severity) == (FIRES, severity)


def test_sp02_clear_at_twenty_metres() -> None:
    assert outcome("SP02", with_accuracy(20.0)) is CLEAR


@pytest.mark.parametrize("accuracy_m", [None, 0.0, 9999.0, 12000.0])
def test_sp02_unknown_without_a_real_accuracy(accuracy_m: float | None) -> None:
    assert reason("SP02", with_accuracy(accuracy_m)) == "no_accuracy"


@pytest.mark.parametrize(
    ("outside_m", "accuracy_m", "expected"),
    [(100.0, 6.0, CLEAR), (100.1, 6.0, FIRES), (150.0, 80.0, CLEAR), (160.1, 80.0, FIRES)],
)
def test_sp03_fires_beyond_the_larger_of_100_m_and_twice_the_accuracy(
    outside_m: float, accuracy_m: float, expected: object
) -> None:
    assert outcome("SP03", outside(outside_m, accuracy_m)) is expected


def test_sp03_evidence_has_values_threshold_and_unit() -> None:
    evidence = ask("SP03", outside(213.44, 80.0, found_villages=("3517012002",))).evidence
    assert (evidence["outside_m"], evidence["threshold"], evidence["unit"]) == (213.4, 160.0, "m")
    assert (evidence["claimed_name"], evidence["found_villages"]) == ("Jantiganggong", ["3517012002"])


def test_sp03_clear_on_the_boundary() -> None:
    assert (
        outcome("SP03", make_facts(location=make_location(relation=Relation.BOUNDARY, outside_m=15.0)))
        is CLEAR
    )


@pytest.mark.parametrize("why", [Reason.NO_BOUNDARY, Reason.NO_ACCURACY, Reason.NO_VILLAGE])
@pytest.mark.parametrize("code", ["SP03", "SP04"])
def test_sp03_sp04_unknown_say_why(code: str, why: Reason) -> None:
    assert reason(code, unplaced(why)) == why.value


def test_sp03_unknown_when_the_point_was_asked_and_is_missing() -> None:
    facts = make_facts(house_point=None, location=LocationFacts(why_unknown=Reason.NO_POINT))
    assert reason("SP03", facts) == "no_point"


def test_sp03_setting_moves_the_threshold() -> None:
    assert outcome("SP03", outside(150.0), tolerance_m=200) is CLEAR


def test_sp04_fires_beyond_500_m_of_the_district() -> None:
    found = ask("SP04", outside(900.0, outside_district_m=500.1))
    assert (found.outcome, found.severity) == (FIRES, Severity.HIGH)


def test_sp04_fires_in_another_regency_however_near() -> None:
    assert outcome("SP04", outside(300.0, outside_district_m=120.0, outside_regency=True)) is FIRES


def test_sp04_clear_within_the_limit() -> None:
    assert outcome("SP04", outside(300.0, outside_district_m=500.0, outside_regency=None)) is CLEAR


def test_sp04_unknown_when_the_district_has_no_boundaries() -> None:
    assert reason("SP04", outside(300.0, outside_district_m=None, outside_regency=None)) == "no_area"


def test_sp05_fires_far_from_the_registered_point() -> None:
    found = ask("SP05", make_facts(location=make_location(from_register_m=250.1)))
    assert (found.outcome, found.evidence["earlier"]) == (FIRES, "register")


def test_sp05_fires_far_from_the_last_visit_even_if_the_register_has_the_office() -> None:
    facts = make_facts(
        register=make_register(point_source="kantor_desa"),
        location=make_location(from_register_m=4000.0, from_last_visit_m=300.0),
    )
    assert ask("SP05", facts).evidence["earlier"] == "last_visit"


def test_sp05_clear_near_the_point() -> None:
    assert outcome("SP05", make_facts()) is CLEAR


def test_sp05_clear_when_a_rounded_point_explains_the_distance() -> None:
    register = make_register(point_source="dibulatkan")
    assert (
        outcome("SP05", make_facts(register=register, location=make_location(from_register_m=320.0))) is CLEAR
    )
    assert (
        outcome("SP05", make_facts(register=register, location=make_location(from_register_m=331.0))) is FIRES
    )


def test_sp05_does_not_compare_with_a_village_office() -> None:
    facts = make_facts(
        register=make_register(point_source="kantor_desa"), location=make_location(from_register_m=4000.0)
    )
    assert outcome("SP05", facts) is NOT_APPLICABLE


@pytest.mark.parametrize("status", ["pindah_dalam_desa", "pindah_luar_desa", "pindah_luar_kab"])
def test_sp05_does_not_apply_to_a_family_that_moved(status: str) -> None:
    answers = make_answers({"status_keberadaan": status})
    facts = make_facts(answers=answers, location=make_location(from_register_m=4000.0))
    assert outcome("SP05", facts) is NOT_APPLICABLE


def test_sp05_unknown_without_household() -> None:
    assert (
        reason("SP05", make_facts(register=None, location=make_location(from_register_m=None)))
        == "no_register"
    )


def test_sp06_fires_for_another_house_at_the_same_point_and_names_it() -> None:
    peers = (PointPeer(11, 2, "H2"), PointPeer(12, 2, "H2"), PointPeer(13, 1, "H1"))
    found = ask("SP06", make_facts(same_point=peers))
    assert (found.outcome, found.peers) == (FIRES, (11, 12))
    assert (found.evidence["same_houses"], found.evidence["labels"]) == (1, ["H2"])


def test_sp06_clear_for_another_visit_to_the_same_house() -> None:
    assert outcome("SP06", make_facts(same_point=(PointPeer(13, 1, "H1"),))) is CLEAR


def test_sp06_unknown_when_nobody_looked_or_the_household_is_not_known() -> None:
    assert reason("SP06", make_facts(same_point=None)) == "not_looked"
    assert reason("SP06", make_facts(register=None)) == "no_household"
