from datetime import UTC, date, datetime, timedelta

import pytest

from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_answers, make_facts, make_quality
from workers.explaining import explain_check
from workers.facts import Facts, InterviewFacts
from workers.facts_quality import Overlap
from workers.findings import CATALOG


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


def test_qc01_names_the_median_only_where_it_decides() -> None:
    assert ask("QC01", took(399, median_s=1000, visits=30)).evidence["version_median_s"] == 1000
    assert "version_median_s" not in ask("QC01", took(200, median_s=300, visits=500)).evidence


MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""08:00 in Jakarta."""


def ran(start: datetime | None, end: datetime | None, **changes: object) -> Facts:
    duration = (end - start).total_seconds() if start and end else None
    interview = InterviewFacts(started_at=start, ended_at=end, duration_s=duration, finished=True)
    plain = {"received_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "interview": interview}
    return make_facts(**{**plain, **changes})


def test_qc02_fires_over_120_active_minutes_and_is_clear_at_them() -> None:
    found = ask("QC02", ran(MORNING, MORNING + timedelta(minutes=121)))
    assert (found.outcome, found.evidence["minutes"], found.evidence["threshold"]) == (FIRES, 121.0, 120.0)
    assert outcome("QC02", ran(MORNING, MORNING + timedelta(minutes=120))) is CLEAR


def test_qc02_counts_active_time_where_there_is_an_audit_log() -> None:
    end = MORNING + timedelta(hours=5)
    interview = InterviewFacts(started_at=MORNING, ended_at=end, duration_s=18000, active_s=1500)
    assert outcome("QC02", make_facts(interview=interview)) is CLEAR


def test_qc02_fires_when_it_ends_on_another_local_day() -> None:
    late = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)
    assert outcome("QC02", ran(late, late + timedelta(minutes=5))) is CLEAR
    found = ask("QC02", ran(late, late + timedelta(minutes=15)))
    assert (found.outcome, found.evidence["other_day"], found.evidence["ended"]) == (
        FIRES,
        True,
        "2026-11-25 00:05",
    )


def test_qc02_unknown_without_times() -> None:
    assert reason("QC02", ran(None, None)) == "no_times"


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("05:59", FIRES), ("06:00", CLEAR), ("21:00", CLEAR), ("21:01", FIRES), ("12:00", CLEAR)],
)
def test_qc03_fires_outside_six_to_nine_in_the_evening_and_is_clear_inside(
    clock: str, expected: object
) -> None:
    hour, minute = map(int, clock.split(":"))
    start = datetime(2026, 11, 24, hour, minute, tzinfo=UTC) - timedelta(hours=7)
    assert outcome("QC03", ran(start, start)) is expected


def test_qc03_goes_by_the_clock_of_the_village() -> None:
    start = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert outcome("QC03", ran(start, start)) is FIRES, "05:30 in Jakarta"
    assert outcome("QC03", ran(start, start, timezone="Asia/Makassar")) is CLEAR, "06:30 in Makassar"
    found = ask("QC03", ran(start, start))
    assert "05.30" in explain_check(CATALOG["QC03"], found.evidence, "id")


def test_qc03_unknown_without_a_start() -> None:
    assert reason("QC03", ran(None, None)) == "no_times"


@pytest.mark.parametrize(("minutes", "expected"), [(0, CLEAR), (10, CLEAR), (11, FIRES), (60 * 24, FIRES)])
def test_qc11_fires_when_the_phone_is_ahead_and_is_clear_within_ten_minutes(
    minutes: int, expected: object
) -> None:
    received = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    facts = ran(received - timedelta(minutes=5), received + timedelta(minutes=minutes), received_at=received)
    assert outcome("QC11", facts) is expected


def test_qc11_fires_for_the_year_1970_and_for_a_day_of_tomorrow() -> None:
    old = datetime(1970, 1, 1, 0, 0, tzinfo=UTC)
    found = ask("QC11", ran(old, old + timedelta(minutes=20)))
    assert (found.outcome, found.evidence["claimed"]) == (FIRES, "1970-01-01 07:20")
    ahead = ran(MORNING, MORNING + timedelta(minutes=20), visited_on=date(2026, 11, 26))
    assert ask("QC11", ahead).evidence["what"] == "day"


def test_qc11_takes_a_visit_that_was_sent_months_later() -> None:
    start = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    assert outcome("QC11", ran(start, start + timedelta(minutes=20), visited_on=date(2026, 3, 1))) is CLEAR


def test_qc11_unknown_without_any_time() -> None:
    assert reason("QC11", ran(None, None)) == "no_times"
    assert reason("QC11", ran(MORNING, MORNING, received_at=None)) == "no_times"


def beside(seconds: int, household_id: int | None = 2) -> Facts:
    overlaps = (Overlap(11, household_id, "H2", seconds),)
    return make_facts(quality=make_quality(overlaps=overlaps))


def test_qc13_fires_over_three_minutes_together_and_is_clear_at_them() -> None:
    found = ask("QC13", beside(181))
    assert (found.outcome, found.peers, found.evidence["labels"]) == (FIRES, (11,), ["H2"])
    assert outcome("QC13", beside(180)) is CLEAR
    assert outcome("QC13", beside(181), together_min=5) is CLEAR


def test_qc13_unknown_without_times_or_with_doubtful_ones() -> None:
    assert reason("QC13", ran(None, None)) == "no_times"
    assert reason("QC13", make_facts(quality=make_quality(overlaps=None))) == "doubtful_times"


@pytest.mark.parametrize(
    ("code", "question", "bad", "good"),
    [("QC19", "pernyataan_kerabat", "ya", "tidak"), ("QC20", "responden", "bukan_anggota", "pasangan")],
)
def test_qc19_qc20_fires_is_clear_and_unknown_by_the_answer(
    code: str, question: str, bad: str, good: str
) -> None:
    assert outcome(code, make_facts(answers=make_answers({question: bad}))) is FIRES
    assert outcome(code, make_facts(answers=make_answers({question: good}))) is CLEAR
    assert reason(code, make_facts(answers=make_answers({}, asked=(question,)))) == "no_answer"
    assert reason(code, make_facts(answers=None)) == "no_answers"
    assert outcome(code, make_facts(answers=make_answers({}))) is NOT_APPLICABLE
