"""The plan of the visits: honest days of work, and every story told."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import shapely

from server.demo.people import Oddity, invent_families
from server.demo.places import LAT_M, invent_villages
from server.demo.planning import VISITS, plan_visits
from server.demo.stories import PAIRS, STORIES, Trick
from server.demo.visits import OFFICERS, officers_of, scene_of

TODAY = date(2026, 11, 24)
WIB = ZoneInfo("Asia/Jakarta")
VILLAGES = invent_villages()
PLAN = plan_visits(invent_families(VILLAGES, TODAY), TODAY, WIB)


def told(trick):
    return [visit for visit in PLAN if visit.story is not None and visit.story.trick == trick]


def test_two_hundred_visits_and_everybody_with_work():
    assert len(PLAN) == VISITS
    assert set(Counter(visit.officer for visit in PLAN)) == set(range(len(OFFICERS)))


def test_officers_stay_in_their_areas():
    assert all(visit.officer in officers_of(visit.family) for visit in PLAN)


def test_one_area_is_shared_by_two_officers():
    assert max(len(officers_of(visit.family)) for visit in PLAN) == 2


def test_nobody_is_in_two_places_at_once_or_works_on_sunday():
    for officer in range(len(OFFICERS)):
        visits = sorted((v for v in PLAN if v.officer == officer), key=lambda visit: visit.started_at)
        for earlier, later in pairwise(visits):
            assert earlier.started_at + earlier.length < later.started_at
        assert all(7 <= visit.started_at.hour < 18 and visit.started_at.weekday() != 6 for visit in visits)


def test_visits_arrive_after_they_ended_in_order_within_the_last_two_weeks():
    assert all(visit.started_at + visit.length < visit.received_at for visit in PLAN)
    assert [visit.received_at for visit in PLAN] == sorted(visit.received_at for visit in PLAN)
    assert PLAN[0].started_at.date() >= TODAY - timedelta(days=14)
    assert PLAN[-1].received_at.date() < TODAY


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_story_is_told_as_often_as_it_says(story):
    visits = [visit for visit in PLAN if visit.story is story]
    assert len({visit.family.source_id for visit in visits}) == story.times
    assert all(story.suits(visit.family) for visit in visits)


def test_every_family_with_an_odd_row_is_visited_and_has_no_other_story():
    odd = [visit for visit in PLAN if visit.family.oddity is not None]
    assert {visit.family.oddity for visit in odd} == set(Oddity)
    assert all(visit.story is None for visit in odd)


def test_most_visits_are_unremarkable():
    assert sum(visit.story is None and visit.family.oddity is None for visit in PLAN) > VISITS / 2


def test_second_visits_come_later():
    for source_id in {visit.family.source_id for visit in told(Trick.visited_twice)}:
        visits = [visit for visit in PLAN if visit.family.source_id == source_id]
        assert [visit.number for visit in visits] == [1, 2]


def test_pairs_share_what_their_story_says():
    points, same, similar = (told(trick) for trick in PAIRS)
    assert points[0].fix == points[1].fix
    assert same[0].photo == same[1].photo
    assert similar[0].photo[0] == similar[1].photo[0]
    assert similar[0].photo != similar[1].photo


def test_points_outside_lie_in_another_village_or_in_none():
    everything = shapely.union_all([village.shape for village in VILLAGES])
    for visit in told(Trick.other_village):
        assert shapely.contains_xy(everything, *visit.fix)
        assert shapely.Point(visit.fix).distance(visit.family.village.shape) * LAT_M > 200
    for visit in told(Trick.other_district):
        assert shapely.Point(visit.fix).distance(everything) * LAT_M > 800


def test_a_scene_shows_the_family_and_what_the_story_changes():
    visit = next(visit for visit in PLAN if visit.story is not None and visit.story.name == "poor_with_car")
    scene = scene_of(visit)
    assert (scene.name, scene.nik) == (visit.family.name, visit.family.nik)
    assert scene.is_poor
    assert scene.cars == 1
    assert scene.photo is not None
    assert scene.programmes
