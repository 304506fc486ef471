from datetime import UTC, date, datetime, timedelta

import pytest

from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_answers, make_facts, make_quality, make_register
from workers.facts import Facts
from workers.facts_quality import BackCheck, NumberFacts, PhonePeer, Twin


def twin(same: int, items: int = 50, household_id: int | None = 2) -> Facts:
    return make_facts(quality=make_quality(twins=(Twin(11, household_id, "H2", items, same),)))


def test_qc09_fires_from_90_percent_of_40_answers_on_and_is_clear_below() -> None:
    found = ask("QC09", twin(45))
    assert (found.outcome, found.peers, found.evidence["match_pct"]) == (FIRES, (11,), 90.0)
    assert outcome("QC09", twin(44)) is CLEAR
    assert outcome("QC09", twin(39, items=39)) is CLEAR
    assert outcome("QC09", twin(44), match_pct=85) is FIRES


def test_qc09_unknown_when_a_household_is_not_known() -> None:
    assert reason("QC09", twin(50, household_id=None)) == "no_household"
    assert reason(
        "QC09", make_facts(register=None, quality=make_quality(twins=(Twin(1, 2, "", 50, 50),)))
    ) == ("no_household")
    assert reason("QC09", make_facts(answers=None)) == "no_answers"


def test_qc09_names_the_first_twenty() -> None:
    twins = tuple(Twin(number, number, f"H{number}", 50, 50) for number in range(100, 130))
    assert ask("QC09", make_facts(quality=make_quality(twins=twins))).peers == tuple(range(100, 120))


def test_qc09_does_not_apply_to_short_forms() -> None:
    assert outcome("QC09", make_facts(quality=make_quality(twins=None))) is NOT_APPLICABLE


def with_version(days: float | None, *, known: bool = True) -> Facts:
    start = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    replaced = None if days is None else start - timedelta(days=days)
    return make_facts(quality=make_quality(version_known=known, version_replaced_at=replaced))


def test_qc10_fires_more_than_three_days_after_the_next_version_and_is_clear_before() -> None:
    assert ask("QC10", with_version(3.5)).evidence["days"] == 3.5
    assert [outcome("QC10", with_version(days)) for days in (None, -5, 2.9)] == [CLEAR] * 3
    assert outcome("QC10", with_version(3.5), grace_days=7) is CLEAR


def test_qc10_unknown_when_nobody_looked_at_the_version() -> None:
    assert reason("QC10", with_version(None, known=False)) == "not_looked"


def checked(differing: int, items: int = 40, days: int | None = 7) -> Facts:
    names = tuple(f"q{number}" for number in range(differing))
    check = BackCheck(11, 8, date(2026, 11, 17), days, items, names)
    return make_facts(quality=make_quality(back_checks=(check,)))


def test_qc14_fires_over_ten_percent_of_the_key_answers_and_is_clear_at_them() -> None:
    found = ask("QC14", checked(5))
    assert (found.outcome, found.severity.value, found.peers) == (FIRES, "high", (11,))
    assert (found.evidence["differ_pct"], found.evidence["visited_on"]) == (12.5, "2026-11-17")
    assert outcome("QC14", checked(4)) is CLEAR


@pytest.mark.parametrize("facts", [checked(5, items=9), checked(20, days=61), checked(20, days=None)])
def test_qc14_clear_when_too_little_or_too_far_apart(facts: Facts) -> None:
    assert outcome("QC14", facts) is CLEAR


def test_qc14_unknown_when_nobody_compared() -> None:
    assert reason("QC14", make_facts(quality=make_quality(back_checks=None))) == "not_looked"


def number(
    value: float, name: str = "jml_kambing", answers: int = 100, mean: float = 2.0, sd: float = 3.0
) -> Facts:
    return make_facts(quality=make_quality(numbers=(NumberFacts(name, value, mean, sd, answers),)))


def test_qc16_fires_over_mean_and_three_deviations_and_is_clear_at_them() -> None:
    found = ask("QC16", number(12))
    assert (found.outcome, found.evidence["threshold"], found.evidence["why"]) == (FIRES, 11, "spread")
    assert outcome("QC16", number(11)) is CLEAR
    assert outcome("QC16", number(12), deviations=4) is CLEAR


def test_qc16_below_30_answers_only_the_hard_limit_holds() -> None:
    assert outcome("QC16", number(99, answers=29)) is CLEAR
    found = ask("QC16", number(101, answers=29))
    assert (found.evidence["threshold"], found.evidence["why"]) == (100, "hard_limit")
    assert outcome("QC16", number(101, answers=29), animals=200) is CLEAR


def test_qc16_clear_for_a_number_that_has_no_limit() -> None:
    assert outcome("QC16", number(10**9, "lainnya", answers=0)) is CLEAR
    assert outcome("QC16", make_facts()) is NOT_APPLICABLE


def test_qc16_unknown_without_answers_or_statistics() -> None:
    assert reason("QC16", make_facts(answers=None)) == "no_answers"
    assert reason("QC16", make_facts(quality=make_quality(numbers=None))) == "not_looked"


def called(peers: int) -> Facts:
    phone = tuple(PhonePeer(20 + n, 30 + n, f"H{n}") for n in range(peers))
    answers = make_answers({"no_hp": "081234567890"})
    return make_facts(answers=answers, quality=make_quality(same_phone=phone))


def test_qc18_fires_from_four_families_on_and_is_clear_below() -> None:
    found = ask("QC18", called(3))
    assert (found.outcome, found.evidence["families"], found.peers) == (FIRES, 4, (20, 21, 22))
    assert "0812" not in str(found.evidence)
    assert outcome("QC18", called(2)) is CLEAR


def test_qc18_unknown_without_household_or_search() -> None:
    answers = make_answers({"no_hp": "081234567890"})
    assert reason("QC18", make_facts(answers=answers)) == "not_looked"
    assert reason("QC18", make_facts(answers=answers, register=None)) == "no_household"
    assert outcome("QC18", make_facts(register=make_register())) is NOT_APPLICABLE
