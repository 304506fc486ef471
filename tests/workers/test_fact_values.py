from datetime import UTC, datetime
from typing import Any

import pytest

from forms.facts_catalog import FACTS
from forms.rule_terms import Level
from tests.workers.facts_factory import POINT, make_facts, make_location, make_photo, make_register
from workers.fact_values import fact_values, register_values
from workers.facts import Facts, HistoryFacts, InterviewFacts, LocationFacts, PhotoPeer, Relation

EMPTY = Facts(submission_id=1, instance_id="uuid:1", form_id="x")


def test_every_fact_has_the_name_of_the_catalogue() -> None:
    full = make_facts(
        location=make_location(from_last_visit_m=3.0),
        photos=(make_photo(lat=POINT.lat, lon=POINT.lon),),
        history=HistoryFacts(visits_before=1, asset_score_before=4),
        typed_nik_elsewhere=False,
    )
    wanted = {name for name, fact in FACTS.items() if fact.level is Level.SUBMISSION}
    assert set(fact_values(full)) == wanted


def test_what_is_not_known_is_left_out() -> None:
    assert fact_values(EMPTY) == {"photos": 0, "photo_reused": False}


def test_register_facts_are_codes_and_absent_for_a_new_household() -> None:
    values = register_values(make_register())
    assert (values["programmes"], values["registered_village"]) == (
        frozenset({"pkh", "sembako"}),
        "3517012001",
    )
    assert register_values(make_register(is_new=True)) == {}


@pytest.mark.parametrize(
    ("location", "absent"),
    [
        (LocationFacts(relation=Relation.UNKNOWN, outside_m=None), {"relation", "outside_m", "accuracy_m"}),
        (make_location(accuracy_m=0.0), {"accuracy_m"}),
        (make_location(accuracy_m=9999.0, found_villages=()), {"accuracy_m", "found_village"}),
    ],
)
def test_unknown_places_are_no_values(location: LocationFacts, absent: set[str]) -> None:
    assert not absent & set(fact_values(make_facts(location=location)))


def test_photo_facts_count_arrived_photos_and_measure_the_farthest() -> None:
    near, far = make_photo(lat=POINT.lat, lon=POINT.lon), make_photo(lat=POINT.lat + 0.01, lon=POINT.lon)
    values = fact_values(make_facts(photos=(near, far, make_photo(present=False))))
    assert values["photos"] == 2
    assert values["photo_exif_m"] == pytest.approx(1105.8, abs=0.5)


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        ((make_photo(),), False),
        ((make_photo(same=(PhotoPeer(2, 2, True, 0, "H2"),)), make_photo(present=False)), True),
        ((make_photo(), make_photo(present=False)), None),
    ],
)
def test_a_photo_on_its_way_may_still_be_a_reused_one(photos: tuple[Any, ...], expected: bool | None) -> None:
    assert fact_values(make_facts(photos=photos)).get("photo_reused") is expected


def test_times_are_local_and_delays_in_hours() -> None:
    interview = InterviewFacts(
        started_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
        ended_at=datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
        duration_s=9000,
    )
    values = fact_values(make_facts(interview=interview, timezone="Asia/Jayapura"))
    assert (values["start_hour"], values["duration_s"], values["delay_h"]) == (8, 9000, 3.0)


def test_visits_include_this_one() -> None:
    assert fact_values(make_facts(history=HistoryFacts(visits_before=2)))["visits"] == 3
