from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forms.values import GeoPoint
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import POINT, make_answers, make_facts, make_photo, make_register
from workers.explaining import explain_check
from workers.facts import DayVisit, Facts, InterviewFacts, OfficerDay
from workers.findings import CATALOG

START, END = datetime(2026, 11, 24, 3, 0, tzinfo=UTC), datetime(2026, 11, 24, 3, 15, tzinfo=UTC)
DEGREE_M = 110_600.0
"""Metres of a degree of latitude at the factory's point."""


def other(number: int, north_m: float = 0.0, **changes: Any) -> DayVisit:
    """A visit of the same officer and day, so many metres to the north."""
    visit = DayVisit(
        100 + number, 20 + number, f"H{number}", POINT.lat + north_m / DEGREE_M, POINT.lon, None, START, END
    )
    return replace(visit, **changes)


def near(*visits: DayVisit) -> Facts:
    return make_facts(officer_day=OfficerDay(near=visits))


def travelled(before: DayVisit | None = None, after: DayVisit | None = None, **changes: Any) -> Facts:
    return make_facts(officer_day=OfficerDay(before=before, after=after), **changes)


def without_point(**changes: Any) -> Facts:
    return make_facts(house_point=None, **changes)


# --- SP07 ------------------------------------------------------------------------------------------------------------


def test_sp07_fires_for_five_houses_at_one_spot_and_names_the_four_others() -> None:
    found = ask("SP07", near(*(other(number, number) for number in range(1, 5))))
    assert (found.outcome, found.peers) == (FIRES, (101, 102, 103, 104))
    assert found.evidence["same_houses"] == 5
    said = explain_check(CATALOG["SP07"], found.evidence, "id")
    assert "5 rumah dalam jarak 15 m (batas 5 rumah): H1, H2, H3, H4" in said


def test_sp07_clear_for_four_houses_or_when_the_fifth_is_farther() -> None:
    assert outcome("SP07", near(*(other(number) for number in range(1, 4)))) is CLEAR
    assert outcome("SP07", near(*(other(number) for number in range(1, 4)), other(4, 15.5))) is CLEAR
    assert outcome("SP07", near(*(other(n) for n in range(1, 4)), other(4, 15.5)), within_m=16) is FIRES


def test_sp07_fires_at_the_edge_of_a_spot_too_so_that_all_name_each_other() -> None:
    """The middle of the five is 14 m away; those beyond it are not within 15 m of this one."""
    middle = [other(1, 14), other(2, 14), other(3, 26), other(4, 27)]
    found = ask("SP07", near(*middle))
    assert (found.outcome, found.peers) == (FIRES, (101, 102, 103, 104))


def test_sp07_counts_houses_not_visits() -> None:
    same = tuple(other(number, household_id=50) for number in range(1, 9))
    assert outcome("SP07", near(*same)) is CLEAR


def test_sp07_names_no_more_than_twenty() -> None:
    found = ask("SP07", near(*(other(number) for number in range(1, 60))))
    assert found.peers == tuple(range(101, 121))


def test_sp07_unknown_when_it_cannot_look() -> None:
    assert reason("SP07", without_point()) == "no_point"
    assert reason("SP07", make_facts(register=None)) == "no_household"
    assert reason("SP07", make_facts(officer_id=None)) == "no_officer"
    assert reason("SP07", make_facts(officer_day=None)) == "not_looked"


# --- SP08 ------------------------------------------------------------------------------------------------------------


def test_sp08_fires_for_accuracy_zero() -> None:
    assert outcome("SP08", make_facts(house_point=replace(POINT, accuracy_m=0.0))) is FIRES


def test_sp08_clear_for_a_measured_point() -> None:
    assert outcome("SP08", make_facts()) is CLEAR


@pytest.mark.parametrize("accuracy_m", [None, 9999.0])
def test_sp08_unknown_without_accuracy(accuracy_m: float | None) -> None:
    assert reason("SP08", make_facts(house_point=replace(POINT, accuracy_m=accuracy_m))) == "no_accuracy"


@pytest.mark.parametrize("code", ["SP07", "SP08", "SP09"])
def test_without_a_question_for_a_point_nothing_applies(code: str) -> None:
    assert outcome(code, without_point(house_point_asked=None)) is NOT_APPLICABLE


# --- SP09 ------------------------------------------------------------------------------------------------------------


def earlier(minutes: float, north_m: float, **changes: Any) -> DayVisit:
    """A visit that ended so many minutes before this one began."""
    ended = START - timedelta(minutes=minutes)
    return other(1, north_m, started_at=ended - timedelta(minutes=10), ended_at=ended, **changes)


def test_sp09_fires_for_fifty_kilometres_in_half_an_hour() -> None:
    found = ask("SP09", travelled(before=earlier(30, 50_000)))
    assert (found.outcome, found.peers) == (FIRES, (101,))
    assert found.evidence["speed_kmh"] == pytest.approx(100, abs=0.5)
    assert (found.evidence["gap_min"], found.evidence["unit"]) == (30.0, "km/h")


def test_sp09_fires_towards_the_next_visit_and_shows_the_faster_way() -> None:
    after = other(2, 30_000, started_at=END + timedelta(minutes=5), ended_at=END + timedelta(minutes=9))
    found = ask("SP09", travelled(earlier(30, 50_000), after))
    assert (found.peers, found.evidence["labels"]) == ((101, 102), ["H1", "H2"])
    assert found.evidence["gap_min"] == 5.0


def test_sp09_clear_at_a_usual_pace_and_next_door_at_once() -> None:
    assert outcome("SP09", travelled(before=earlier(30, 39_000))) is CLEAR
    assert outcome("SP09", travelled(before=earlier(0, 300))) is CLEAR
    assert outcome("SP09", travelled(before=earlier(0, 1_400)), limit_kmh=90) is CLEAR


def test_sp09_takes_the_accuracies_off_the_way() -> None:
    assert outcome("SP09", travelled(before=earlier(0, 1_400))) is FIRES
    assert outcome("SP09", travelled(before=earlier(0, 1_400, accuracy_m=90.0))) is CLEAR


def test_sp09_of_a_form_that_was_left_open_counts_from_beginning_to_beginning() -> None:
    """Begun an hour earlier 3 km away, closed in the evening."""
    left_open = other(1, 3_000, started_at=START - timedelta(hours=1), ended_at=START + timedelta(hours=9))
    assert outcome("SP09", travelled(before=left_open)) is CLEAR


def test_sp09_does_not_apply_to_the_only_visit_of_a_day() -> None:
    assert outcome("SP09", travelled()) is NOT_APPLICABLE


def test_sp09_unknown_without_point_officer_times_or_look() -> None:
    assert reason("SP09", without_point()) == "no_point"
    assert reason("SP09", make_facts(officer_id=None)) == "no_officer"
    assert reason("SP09", make_facts(interview=InterviewFacts(started_at=START))) == "no_times"
    assert reason("SP09", make_facts(officer_day=None)) == "not_looked"


# --- SP10 ------------------------------------------------------------------------------------------------------------


def test_sp10_fires_for_a_photo_from_elsewhere() -> None:
    found = ask("SP10", make_facts(photos=(make_photo(), make_photo(name="b.jpg", lat=POINT.lat + 0.002))))
    assert (found.outcome, found.evidence["photo"]) == (FIRES, "b.jpg")
    assert found.evidence["distance_m"] == pytest.approx(221, abs=1)
    assert "221,2 m dari titik rumah (batas 200 m)" in explain_check(CATALOG["SP10"], found.evidence, "id")


@pytest.mark.parametrize("days", [-2, 2])
def test_sp10_fires_for_a_photo_of_another_day(days: int) -> None:
    photo = make_photo(taken_at=START + timedelta(days=days), lat=None, lon=None)
    found = ask("SP10", make_facts(photos=(photo,)))
    assert (found.outcome, found.evidence["distance_m"]) == (FIRES, None)


def test_sp10_clear_near_the_house_during_the_visit() -> None:
    assert outcome("SP10", make_facts()) is CLEAR
    assert outcome("SP10", make_facts(photos=(make_photo(lat=None, lon=None),))) is CLEAR
    assert outcome("SP10", make_facts(photos=(make_photo(lat=POINT.lat + 0.002),)), limit_m=250) is CLEAR


def test_sp10_unknown_when_no_photo_says_where_or_when() -> None:
    blank = make_photo(lat=None, lon=None, taken_at=None)
    assert reason("SP10", make_facts(photos=(blank,))) == "no_exif"
    assert reason("SP10", make_facts(photos=(replace(blank, present=False),))) == "photo_pending"
    assert reason("SP10", make_facts(photos=(replace(blank, is_picture=None),))) == "not_looked"
    no_times = make_facts(photos=(replace(blank, taken_at=START),), interview=InterviewFacts())
    assert reason("SP10", no_times) == "no_exif"


def test_sp10_does_not_apply_without_photos() -> None:
    assert outcome("SP10", make_facts(photos=())) is NOT_APPLICABLE


# --- SP11 ------------------------------------------------------------------------------------------------------------


def given(*areas: str, **register: Any) -> Facts:
    return make_facts(officer_areas=areas, register=make_register(**register))


def test_sp11_fires_in_another_village_rw_or_rt() -> None:
    for areas in (("3517012002",), ("3517012001/004",), ("3517012001/003/001",), ("3518",), ()):
        assert outcome("SP11", given(*areas)) is FIRES, areas
    found = ask("SP11", given("3517012001/004", "3517012001/003/001"))
    assert found.evidence["area"] == "3517012001/003/002"
    assert found.evidence["threshold"] == ["3517012001/003/001", "3517012001/004"]


def test_sp11_clear_within_any_of_the_officers_areas() -> None:
    for area in ("3517012001/003/002", "3517012001/003", "3517012001", "351701", ""):
        assert outcome("SP11", given("3518", area)) is CLEAR, area


def test_sp11_unknown_when_the_register_does_not_say_it_that_far_down() -> None:
    assert reason("SP11", given("3517012001/003/002", area_path="3517012001")) == "no_register_value"
    assert reason("SP11", given("3517012001/003/002", area_path="3517012001/000/002")) == "no_register_value"
    assert reason("SP11", given("3517", area_path=None)) == "no_register_value"
    assert reason("SP11", make_facts(officer_id=None)) == "no_officer"
    assert reason("SP11", make_facts(officer_areas=None)) == "not_looked"
    assert reason("SP11", make_facts(register=None)) == "no_household"


def test_sp10_and_sp07_say_nothing_of_a_point_that_is_no_place() -> None:
    zero = make_facts(house_point=GeoPoint(0, 0), answers=make_answers({}))
    assert outcome("SP10", zero) is CLEAR, "the photo's time is still compared"
    assert reason("SP07", zero) == "no_point"
