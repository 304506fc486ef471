import pytest

from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_facts
from workers.facts import Facts, InterviewFacts


def took(
    active_s: float | None, form_id: str = "penyisiran", median_s: float | None = None, visits: int = 0
) -> Facts:
    interview = InterviewFacts(
        active_s=active_s, finished=True, version_median_s=median_s, version_visits=visits
    )
    return make_facts(form_id=form_id, interview=interview)


@pytest.mark.parametrize(("form_id", "floor_s"), [("penyisiran", 240), ("stiker", 180), ("aset", 300)])
def test_qc01_fires_below_the_floor_and_is_clear_at_it(form_id: str, floor_s: int) -> None:
    assert outcome("QC01", took(floor_s - 1, form_id)) is FIRES
    assert outcome("QC01", took(floor_s, form_id)) is CLEAR


def test_qc01_fires_below_40_percent_of_a_median_of_30_visits() -> None:
    found = ask("QC01", took(399, median_s=1000, visits=30))
    assert (found.outcome, found.evidence["threshold"]) == (FIRES, 400.0)


def test_qc01_clear_when_the_median_has_too_few_visits() -> None:
    assert outcome("QC01", took(399, median_s=1000, visits=29)) is CLEAR


def test_qc01_the_floor_holds_when_the_median_is_low() -> None:
    assert ask("QC01", took(200, median_s=300, visits=500)).evidence["threshold"] == 240.0


def test_qc01_takes_the_duration_when_there_is_no_audit_log() -> None:
    facts = make_facts(interview=InterviewFacts(duration_s=60, finished=True))
    assert outcome("QC01", facts) is FIRES


def test_qc01_unknown_without_times_or_answers() -> None:
    assert reason("QC01", took(None)) == "no_times"
    assert reason("QC01", make_facts(interview=InterviewFacts(active_s=30))) == "no_answers"


def test_qc01_does_not_apply_to_an_unfinished_interview() -> None:
    assert (
        outcome("QC01", make_facts(interview=InterviewFacts(active_s=30, finished=False))) is NOT_APPLICABLE
    )


def test_qc01_other_forms_have_only_the_median() -> None:
    assert outcome("QC01", took(10, "survei_lain", median_s=1000, visits=29)) is NOT_APPLICABLE
    assert outcome("QC01", took(10, "survei_lain", median_s=1000, visits=30)) is FIRES
