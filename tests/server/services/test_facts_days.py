"""An officer's day: who is next to whom in time, and who must know when that changes."""

from datetime import timedelta

import pytest

from server.models.finding import Finding
from server.models.submission import Submission
from server.services import facts_days, rescreening, screening
from tests.sweep import FIRST_DAY, Sent, Sweep

FAR, HERE = "-7.540000 112.470000 40 5", "-7.540000 112.210000 40 5"
"""About 29 km apart."""


def visit(sweep: Sweep, minute: int, point: str, **changes: object) -> Sent:
    """A visit of ten minutes to a house of its own."""
    started_at = FIRST_DAY + timedelta(minutes=minute)
    (form,) = sweep.fill(
        sweep.add_house(), "penyisiran", point=point, started_at=started_at, seconds=600, **changes
    )
    return form


def travels(sweep: Sweep) -> dict[int, list[int]]:
    """Submission -> whom its finding about travel names."""
    return {item.subject_id: item.evidence["peer_ids"] for item in fires(sweep)}


def fires(sweep: Sweep) -> list[Finding]:
    return [item for item in sweep.findings("SP09") if item.closed_at is None and item.outcome == "fires"]


def test_two_visits_too_far_apart_name_each_other(any_sweep: Sweep) -> None:
    a, b = any_sweep.send([visit(any_sweep, 0, HERE), visit(any_sweep, 20, FAR)])
    any_sweep.office.work()
    assert travels(any_sweep) == {a: [b], b: [a]}
    assert fires(any_sweep)[0].evidence["gap_min"] == 10.0


def test_a_visit_that_comes_between_parts_the_other_two(any_sweep: Sweep) -> None:
    """The first and the last are far apart; what is found out later lies next to the last."""
    first, last = any_sweep.send([visit(any_sweep, 0, HERE), visit(any_sweep, 30, FAR)])
    any_sweep.office.work()
    assert travels(any_sweep) == {first: [last], last: [first]}
    (between,) = any_sweep.send([visit(any_sweep, 15, FAR)])
    any_sweep.office.work()
    assert travels(any_sweep) == {first: [between], between: [first]}


def test_when_the_visit_between_is_edited_away_the_other_two_are_looked_at_again(any_sweep: Sweep) -> None:
    sent = [visit(any_sweep, 0, HERE), visit(any_sweep, 15, FAR), visit(any_sweep, 30, FAR)]
    first, between, last = any_sweep.send(sent)
    any_sweep.office.work()
    assert travels(any_sweep) == {first: [between], between: [first]}
    house = any_sweep.houses[1]
    (moved,) = any_sweep.fill(
        house, "penyisiran", point=HERE, started_at=FIRST_DAY + timedelta(days=3), seconds=600
    )
    any_sweep.send([any_sweep.edit(sent[1], moved)])
    any_sweep.office.work()
    assert travels(any_sweep) == {first: [last], last: [first]}


def test_when_the_visit_between_is_deleted_the_other_two_are_looked_at_again(any_sweep: Sweep) -> None:
    first, between, last = any_sweep.send(
        [visit(any_sweep, 0, HERE), visit(any_sweep, 15, FAR), visit(any_sweep, 30, FAR)]
    )
    any_sweep.office.work()
    with any_sweep.office.session() as session:
        gone = session.get_one(Submission, between)
        gone.deleted_at = gone.created_at
        rescreening.withdraw(session, gone)
    any_sweep.office.work()
    assert travels(any_sweep) == {first: [last], last: [first]}


def test_usual_visits_make_nobody_be_looked_at_again(sweep: Sweep) -> None:
    """What an honest day costs: each visit is screened once, and one or two while what is usual is still moving."""
    for number in range(6):
        sweep.send([visit(sweep, 20 * number, f"-7.540000 {112.21 + number * 0.001:.6f} 40 5")])
        assert sweep.office.work() <= 3
    assert travels(sweep) == {}


def test_other_officers_days_and_visits_without_point_do_not_count(any_sweep: Sweep) -> None:
    other = Sweep(
        any_sweep.office, any_sweep.office.phone("Lain", "3599"), any_sweep.definitions, any_sweep.villages
    )
    (a,) = any_sweep.send([visit(any_sweep, 0, HERE)])
    other.houses = any_sweep.houses
    other.send([visit(other, 12, FAR)])
    any_sweep.send([visit(any_sweep, 14, FAR, no_gps=True)])
    (b,) = any_sweep.send([visit(any_sweep, 30, HERE)])
    any_sweep.office.work()
    assert travels(any_sweep) == {}
    with any_sweep.office.session() as session:
        days = facts_days.load_days(session, any_sweep.office.project_id, [a, b])
    assert days.facts[a].after is not None and days.facts[a].after.submission_id == b
    assert days.facts[a].before is None
    assert days.beside == {a: frozenset({b}), b: frozenset({a})}


@pytest.mark.parametrize(
    ("areas", "fires"),
    [
        (("3599012001",), False),
        (("3599012001/001/002",), False),
        (("3599012001/001/003", "3599012002"), True),
    ],
)
def test_a_visit_outside_of_the_officers_areas_is_taken_and_found(
    any_sweep: Sweep, areas: tuple[str, ...], fires: bool
) -> None:
    phone = any_sweep.office.phone("Sempit", *areas)
    officer = Sweep(any_sweep.office, phone, any_sweep.definitions, any_sweep.villages)
    officer.send(any_sweep.fill(any_sweep.add_house(), "aset"))
    officer.office.work()
    found = any_sweep.findings("SP11")
    assert [item.outcome for item in found] == ["fires"] * fires
    if fires:
        assert found[0].evidence["threshold"] == sorted(areas)
        assert found[0].evidence["area"] == "3599012001/001/002"


def test_the_asset_score_before_is_of_the_latest_earlier_visit_that_was_not_rejected(
    any_sweep: Sweep,
) -> None:
    """Sent in any order; AS17 compares with the visit before, not with what came in before."""
    house = any_sweep.add_house()
    scores = {9: "12", 0: "1", 6: "9", 3: "4"}
    forms = [
        any_sweep.fill(
            house, "aset", started_at=FIRST_DAY + timedelta(days=day), answers={"skor_aset": score}
        )[0]
        for day, score in scores.items()
    ]
    last, first, rejected, second = any_sweep.send(forms)
    any_sweep.office.work()
    with any_sweep.office.session() as session:
        visit = session.get_one(Submission, rejected)
        visit.review_state = "rejected"
        rescreening.owe_reviewed(session, visit)
    any_sweep.office.work()
    with any_sweep.office.session() as session:
        visits = screening.load_visits(session, any_sweep.office.backends, [last, first, rejected, second])
        before = {item.submission.id: item.facts.history.asset_score_before for item in visits}
        session.rollback()
    assert before == {first: None, second: 1, rejected: 4, last: 4}
    jumps = {
        item.subject_id
        for item in any_sweep.findings("AS17")
        if item.outcome == "fires" and not item.closed_at
    }
    assert jumps == {last, rejected}
