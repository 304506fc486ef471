"""What is close by is found through squares of a grid: no more than the circle, and nothing of it missed."""

import random

import pytest
from sqlalchemy.orm import Session

from server.models.submission import Submission
from server.services import facts_near
from server.services.facts_near import Spot, cell_of, cells_around
from tests.office import Office
from tests.sweep import Sweep
from workers.facts import NEAR_M
from workers.metres import distance_between_m, metres_per_degree


@pytest.mark.parametrize("lat", [-10.9, -7.55, -0.00001, 0.0, 5.9, 60.0])
def test_every_point_within_the_circle_lies_in_one_of_its_squares(lat: float) -> None:
    rng = random.Random(3)
    for _ in range(500):
        y, x = lat + rng.uniform(-0.01, 0.01), rng.uniform(95.0, 141.0)
        squares = set(cells_around(y, x, NEAR_M))
        east_m, north_m = metres_per_degree(y)
        other = y + rng.uniform(-1, 1) * NEAR_M / north_m, x + rng.uniform(-1, 1) * NEAR_M / east_m
        if distance_between_m(y, x, *other) <= NEAR_M:
            assert cell_of(*other) in squares


def test_a_look_costs_nine_squares_in_indonesia() -> None:
    assert {len(cells_around(lat, 110.0, NEAR_M)) for lat in (-11.0, -7.5, 0.0, 6.0)} == {9}


def test_neighbours_are_recipients_of_the_same_form_in_other_households(any_sweep: Sweep) -> None:
    own, near, same_kk, far, unserved = (
        any_sweep.add_house(**columns)
        for columns in ({}, {}, {"no_kk": "3599010101999000"}, {}, {"programmes": []})
    )
    spots = {house.number: f"-7.540000 {112.21 + metres / 110_400:.6f} 40 5" for house, metres in
             ((own, 0), (near, 9), (same_kk, 12), (far, 45), (unserved, 3))}  # fmt: skip
    forms = [
        form
        for house in (own, near, same_kk, far, unserved)
        for form in any_sweep.fill(house, "penyisiran", point=spots[house.number])
    ]
    forms += any_sweep.fill(near, "aset", point=spots[near.number])
    ids = any_sweep.send(forms)
    any_sweep.office.work()
    with any_sweep.office.session() as session:
        row = session.get_one(Submission, ids[0])
        spot = Spot(row.id, row.form_id, row.household_id, row.lat, row.lon)
        found = facts_near.load_near_houses(session, [spot, Spot(1, row.form_id, None, None, None)])
    peers = [(peer.submission_id, round(peer.distance_m), peer.same_kk) for peer in found[ids[0]]]
    assert peers == [(ids[1], 9, False), (ids[2], 12, True)]
    (kp12,) = [item for item in any_sweep.findings("KP12") if item.subject_id == ids[0]]
    assert kp12.evidence["peer_ids"] == [ids[1]]


def test_many_at_one_spot_are_cut_at_the_first_to_come_in(sweep: Sweep) -> None:
    houses = sweep.add_houses(4)
    ids = sweep.send(form for house in houses for form in sweep.fill(house, "aset", point=houses[0].point))
    sweep.office.work()
    with sweep.office.session() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts_near, "MOST_NEAR", 2)
        last = session.get_one(Submission, ids[-1])
        spot = Spot(last.id, last.form_id, last.household_id, last.lat, last.lon)
        found = facts_near.load_near_houses(session, [spot])
    assert [peer.submission_id for peer in found[ids[-1]]] == ids[:2]


def explained(session: Session, query: str) -> str:
    lines = session.connection().exec_driver_sql(query).all()
    return "\n".join(str(line) for line in lines)


def test_the_search_uses_its_index(any_office: Office) -> None:
    with any_office.session() as session:
        if session.get_bind().dialect.name == "sqlite":
            plan = explained(
                session,
                "EXPLAIN QUERY PLAN SELECT id FROM submission WHERE form_id IN (1, 2) AND near_cell IN (5, 6)",
            )
        else:
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = explained(
                session, "EXPLAIN SELECT id FROM submission WHERE form_id IN (1, 2) AND near_cell IN (5, 6)"
            )
    assert "ix_submission_form_cell" in plan
