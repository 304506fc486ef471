"""Checks that compare visits with others: what is found must follow from the visits, not from the order they came in."""

import json
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from server.models.entity import Entity
from server.models.finding import Finding
from server.models.household import Household
from server.models.norm import AnswerNorm, ExtremeAnswer, VisitDigest
from server.models.submission import Submission
from server.services import norms, rescreening, settings
from server.services.norms import Change
from tests.office import open_office
from tests.sweep import FIRST_DAY, Sent, Sweep, open_sweep

SWEEP_S = 1800
OWN = ("QC01", "QC09", "QC13", "QC14", "QC16", "QC18")


def send(sweep: Sweep, forms: list[Sent], *, each: int) -> list[int]:
    """Sends in this order; the worker comes after so many."""
    ids = []
    for start in range(0, len(forms), each):
        ids += sweep.send(forms[start : start + each])
        sweep.office.work()
    return ids


def stands(sweep: Sweep, *codes: str) -> list[tuple]:
    """What stands about submissions, all of the evidence, comparable between offices: ids became instance ids."""
    with sweep.office.session() as session:
        names = dict(session.execute(select(Submission.id, Submission.instance_id)).all())
        rows = session.scalars(select(Finding).where(Finding.closed_at.is_(None))).all()
        found = []
        for row in rows:
            if codes and row.code not in codes:
                continue
            evidence = dict(row.evidence)
            if row.subject_kind == "submission":
                evidence["peer_ids"] = sorted(names[number] for number in evidence.get("peer_ids", ()))
            evidence["submissions"] = sorted(names[number] for number in evidence.get("submissions", ()))
            evidence["labels"] = sorted(evidence.get("labels", ()))
            about = names.get(row.submission_id or 0, str(row.household_id))
            found.append(
                (about, row.code, row.outcome, row.severity, row.state, json.dumps(evidence, sort_keys=True))
            )
    return sorted(found)


def campaign(sweep: Sweep) -> list[Sent]:
    """Visits with some that are too fast, copied, overlapping, out of the ordinary; more than 30, so that norms count."""
    dice = random.Random(7)
    houses = sweep.add_houses(40)
    forms = []
    for number, house in enumerate(houses):
        start = FIRST_DAY + timedelta(minutes=50 * (number % 12), days=number // 12)
        forms += sweep.fill(
            house,
            "penyisiran",
            started_at=start,
            seconds=dice.choice((1200, 1400, 1500, 1700, 2000)) if number % 10 else 400 + 10 * number,
            members=dice.randint(2, 5) if number % 13 else 19,
            answers={"no_hp": "081234567890" if number % 8 == 0 else f"08123456{7000 + number}"},
        )
        varied = {
            name: str(dice.choice(codes))
            for name, codes in {
                "lantai": "2346", "dinding": "1346", "atap": "234", "air": "3457", "bahan_bakar": "4579", "bab": "1234",
                "jml_motor": "012", "jml_hp": "0123", "jml_tv": "01", "jml_kambing": "0012", "beli_pakaian": "1234",
                "pendidikan_kk": "1234", "status_rumah": "123", "makan_daging": "0123", "frek_makan": "23",
            }.items()
        }  # fmt: skip
        if number % 9 == 0:
            varied["jml_kambing"] = str(20 + number)
        if number == 5:
            copied = varied
        elif number == 6:
            varied = copied
        assets = sweep.fill(house, "aset", started_at=start, pace=0.1 if number == 3 else 1.0, answers=varied)
        forms += assets
    late = sweep.fill(houses[4], "penyisiran", started_at=FIRST_DAY + timedelta(minutes=55), seconds=1500)
    return [*forms, *late]


def test_one_by_one_in_a_batch_and_shuffled_all_say_the_same(sweep: Sweep, tmp_path):
    forms = campaign(sweep)
    send(sweep, forms, each=len(forms))
    expected = stands(sweep)
    for code in OWN:
        if code != "QC14":
            assert [item for item in expected if item[1] == code and item[2] == "fires"], code
    for place, (each, seed) in enumerate(((1, 3), (9, 4))):
        other = open_sweep(
            open_office(tmp_path / f"other{place}", SISIR_KEY=sweep.office.backends.config.key or "")
        )
        campaign(other)
        adopt(sweep, other)
        order = random.Random(seed).sample(forms, len(forms))
        send(other, order, each=each)
        assert stands(other) == expected, (each, seed)
        other.office.backends.engine.dispose()


def adopt(sweep: Sweep, other: Sweep) -> None:
    """Gives the other office's families the names of this one's, and its officer the same visits."""
    with sweep.office.session() as here, other.office.session() as there:
        uuids = dict(here.execute(select(Entity.household_id, Entity.uuid)).all())
        for entity in there.scalars(select(Entity).where(Entity.household_id.is_not(None))):
            entity.uuid = uuids[entity.household_id]
        source_ids = dict(here.execute(select(Household.id, Household.source_id)).all())
        for row in there.scalars(select(Household)):
            row.source_id = source_ids[row.id]


def fires(sweep: Sweep, code: str) -> dict[int, Finding]:
    found = sweep.findings(code)
    return {item.subject_id: item for item in found if item.outcome == "fires" and item.state == "open"}


# --- norms ------------------------------------------------------------------------------------------------------------


def test_a_visit_judged_early_is_judged_again_when_the_usual_time_moves_past_it(any_sweep: Sweep):
    houses = any_sweep.add_houses(32)
    (first,) = send(any_sweep, any_sweep.fill(houses[0], "penyisiran", seconds=500), each=1)
    assert fires(any_sweep, "QC01") == {}
    rest = [form for house in houses[1:] for form in any_sweep.fill(house, "penyisiran", seconds=1500)]
    send(any_sweep, rest[:28], each=28)
    assert fires(any_sweep, "QC01") == {}, "29 visits are no norm"
    send(any_sweep, rest[28:29], each=1)
    found = fires(any_sweep, "QC01")
    assert list(found) == [first]
    assert found[first].evidence["threshold"] == 600.0
    assert any_sweep.office.work() == 0


def test_an_edit_and_a_deletion_are_counted_down(any_sweep: Sweep):
    house, other = any_sweep.add_houses(2)
    (old,) = any_sweep.fill(house, "penyisiran", seconds=1500)
    ids = send(any_sweep, [old, *any_sweep.fill(other, "penyisiran", seconds=900)], each=2)
    assert norm_of(any_sweep) == [2, 900.0]
    send(any_sweep, [any_sweep.edit(old, any_sweep.fill(house, "penyisiran", seconds=700)[0])], each=1)
    assert norm_of(any_sweep) == [2, 700.0]
    any_sweep.owe_all()
    any_sweep.office.work()
    assert norm_of(any_sweep) == [2, 700.0], "screened again, counted once"
    with any_sweep.office.session() as session:
        gone = session.get_one(Submission, ids[0])
        gone.deleted_at = gone.created_at
        rescreening.withdraw(session, gone)
    assert norm_of(any_sweep) == [1, 900.0]
    with any_sweep.office.session() as session:
        assert session.scalars(select(VisitDigest.submission_id)).all() == [ids[1]]


def norm_of(sweep: Sweep, place: int = 0) -> list:
    with sweep.office.session() as session:
        return session.scalars(select(AnswerNorm.norms)).one()[place]


def count_numbers(session, values: dict[int, float], version_id: int) -> set[int]:
    """Counts numbers of submissions at place 1."""
    for number, value in values.items():
        digest = session.get_one(VisitDigest, number)
        digest.numbers = [None, value]
    session.flush()
    return norms.count_changes(
        session, version_id, [Change(n, (), [None, value]) for n, value in values.items()]
    )


def test_a_norm_that_moves_owes_exactly_those_that_it_passed(any_sweep: Sweep):
    houses = any_sweep.add_houses(60)
    forms = [form for house in houses for form in any_sweep.fill(house, "stiker")]
    ids = send(any_sweep, forms, each=60)
    with any_sweep.office.session() as session:
        version_id = session.scalars(select(AnswerNorm.form_version_id)).one()
        usual = {number: float(place % 3) for place, number in enumerate(ids[:30])}
        assert count_numbers(session, {ids[30]: 6.0, ids[31]: 4.0, ids[32]: 3.0}, version_id) == set()
        owed = count_numbers(session, usual, version_id)
        mean, deviation = session.scalars(select(AnswerNorm.norms)).one()[1][1:]
        limit = mean + 3 * deviation
        assert 4.0 < limit < 6.0
        assert owed == {ids[30]}
        owed = count_numbers(session, dict.fromkeys(ids[33:60], 0.0), version_id)
        mean, deviation = session.scalars(select(AnswerNorm.norms)).one()[1][1:]
        assert 3.0 < mean + 3 * deviation < 4.0
        assert owed == {ids[30], ids[31]}
        assert session.scalar(select(func.count()).select_from(ExtremeAnswer)) < 10
        session.rollback()


def test_a_lower_percentage_that_somebody_set_reaches_as_far_as_it_goes(sweep: Sweep):
    with sweep.office.session() as session:
        settings.set_value(
            session, "QC01.median_pct", "90", from_on=datetime(2026, 1, 1).date(), area_code="3599012001"
        )
    houses = sweep.add_houses(32)
    (first,) = send(sweep, sweep.fill(houses[0], "penyisiran", seconds=1300), each=1)
    rest = [form for house in houses[1:] for form in sweep.fill(house, "penyisiran", seconds=1500)]
    send(sweep, rest, each=31)
    found = fires(sweep, "QC01")
    assert list(found) == [first]
    assert found[first].evidence["threshold"] == 1350.0


# --- pairs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [1, 2])
def test_interviews_at_the_same_time_name_each_other(any_sweep: Sweep, each: int):
    first, second = any_sweep.add_houses(2)
    start = FIRST_DAY
    forms = [
        *any_sweep.fill(first, "penyisiran", started_at=start, seconds=1500),
        *any_sweep.fill(second, "penyisiran", started_at=start + timedelta(seconds=1200), seconds=1500),
    ]
    a, b = send(any_sweep, forms, each=each)
    found = fires(any_sweep, "QC13")
    assert {number: item.evidence["peer_ids"] for number, item in found.items()} == {a: [b], b: [a]}
    assert found[a].evidence["minutes"] == 5.0


def test_forms_of_one_house_may_overlap_and_a_form_left_open_overlaps_with_nothing(sweep: Sweep):
    first, second = sweep.add_houses(2)
    forms = [
        *sweep.fill(first, "penyisiran", started_at=FIRST_DAY, seconds=1500),
        *sweep.fill(first, "aset", started_at=FIRST_DAY, seconds=100),
        *sweep.fill(second, "penyisiran", started_at=FIRST_DAY, seconds=13 * 3600),
    ]
    ids = send(sweep, forms, each=3)
    assert fires(sweep, "QC13") == {}
    (unknown,) = sweep.findings("QC13")
    assert (unknown.subject_id, unknown.evidence["reason"]) == (ids[2], "doubtful_times")


def test_a_back_check_by_another_officer_that_differs_is_found_at_both(any_sweep: Sweep):
    house = any_sweep.add_house()
    other = any_sweep.office.phone("Petugas Dua", "3599")
    mine = any_sweep.fill(house, "aset")
    theirs = any_sweep.fill(
        house,
        "aset",
        started_at=FIRST_DAY + timedelta(days=5),
        answers={"lantai": "8", "dinding": "6", "atap": "7", "air": "9", "bahan_bakar": "10", "bab": "6"},
    )
    (a,) = send(any_sweep, mine, each=1)
    any_sweep.phone = other
    (b,) = send(any_sweep, theirs, each=1)
    found = fires(any_sweep, "QC14")
    assert {number: item.evidence["peer_ids"] for number, item in found.items()} == {a: [b], b: [a]}
    assert set(found[a].evidence["questions"]) >= {"lantai", "atap", "air"}
    assert found[a].evidence["differ_pct"] == found[b].evidence["differ_pct"]
    again = any_sweep.edit(
        theirs[0], any_sweep.fill(house, "aset", started_at=FIRST_DAY + timedelta(days=5))[0]
    )
    send(any_sweep, [again], each=1)
    assert fires(any_sweep, "QC14") == {}


def test_a_telephone_number_of_four_families_is_found_at_all_whatever_its_spelling(any_sweep: Sweep):
    houses = any_sweep.add_houses(4)
    spelled = ("081234567890", "+62 812-3456-7890", "6281234567890", "0812 3456 7890")
    forms = [
        form
        for house, number in zip(houses, spelled, strict=True)
        for form in any_sweep.fill(house, "penyisiran", answers={"no_hp": number})
    ]
    ids = send(any_sweep, forms, each=1)
    found = fires(any_sweep, "QC18")
    assert {number: item.evidence["families"] for number, item in found.items()} == dict.fromkeys(ids, 4)


def test_an_old_version_is_told_from_the_day_the_next_one_came(sweep: Sweep):
    house = sweep.add_house()
    (number,) = send(sweep, sweep.fill(house, "penyisiran"), each=1)
    with sweep.office.session() as session:
        from server.models.form import FormVersion

        form = sweep.office.form(session, "penyisiran")
        old = session.get_one(FormVersion, form.current_version_id)
        old.published_at = FIRST_DAY - timedelta(days=30)
        values = {column.key: getattr(old, column.key) for column in FormVersion.__table__.columns}
        for name in ("id", "draft_token"):
            values.pop(name)
        values |= {"version": "baru", "published_at": FIRST_DAY - timedelta(days=4)}
        session.add(FormVersion(**values))
        rescreening.owe(session, sweep.office.project_id)
    sweep.office.work()
    assert fires(sweep, "QC10")[number].evidence["days"] == 4.0
