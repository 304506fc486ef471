"""Screening of the bundled forms: what is found must not depend on what came in first."""

import json
from collections.abc import Iterable
from itertools import permutations

import pytest
from sqlalchemy import select, update

from server.demo.drawing import draw_photo
from server.models.case import Case, CaseState
from server.models.entity import Entity
from server.models.finding import Finding, FindingState
from server.models.household import Household
from server.models.submission import Submission
from server.services import projects, rescreening, screening
from server.services.answers import Reader
from tests.flows.shapes import FORM, instance, post
from tests.office import Office, open_office
from tests.sweep import FORMS, House, Sweep, open_sweep, publish_forms

ORDERS = list(permutations(FORMS))


def work_through(sweep: Sweep, sent: Iterable, *, each: bool) -> list[int]:
    """Sends in this order; the worker comes after every form, or once at the end."""
    ids = []
    for item in sent:
        ids += sweep.send([item])
        if each:
            sweep.office.work()
    sweep.office.work()
    return ids


def peers(sweep: Sweep, code: str) -> dict[int, list[int]]:
    """Submission -> whom its open finding names."""
    found = [
        item for item in sweep.findings(code) if item.state == FindingState.open and item.outcome == "fires"
    ]
    return {item.subject_id: sorted(item.evidence["peer_ids"]) for item in found}


def household(sweep: Sweep, house: House) -> dict[str, str]:
    """Code -> outcome of what stands about the household as a whole."""
    found = sweep.findings(subject="household")
    return {
        item.code: item.outcome
        for item in found
        if item.subject_id == house.household_id and item.state != "closed"
    }


def stands(sweep: Sweep) -> list[tuple]:
    """All findings that hold, comparable between offices."""
    with sweep.office.session() as session:
        rows = session.execute(
            select(Finding, Submission.instance_id).outerjoin(
                Submission, Submission.id == Finding.submission_id
            )
        ).all()
    return sorted(
        (
            instance_id or str(f.household_id),
            f.code,
            f.outcome,
            f.severity,
            f.state,
            json.dumps(f.evidence, sort_keys=True),
        )
        for f, instance_id in rows
        if f.closed_at is None
    )


# --- look-alikes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [True, False])
def test_two_houses_at_one_point_name_each_other(any_sweep, each):
    first, second = any_sweep.add_houses(2)
    forms = [
        *any_sweep.fill(first, "penyisiran"),
        *any_sweep.fill(second, "penyisiran", point=first.point),
    ]
    a, b = work_through(any_sweep, forms, each=each)
    assert peers(any_sweep, "SP06") == {a: [b], b: [a]}
    assert any_sweep.case_of(first).open_high == any_sweep.case_of(second).open_high == 1


def test_forms_of_one_house_at_one_point_are_no_look_alikes(sweep):
    house = sweep.add_house()
    work_through(sweep, sweep.fill(house), each=False)
    assert sweep.findings("SP06") == []


@pytest.mark.parametrize("each", [True, False])
def test_an_edit_that_moves_the_point_clears_the_other_house_too(sweep, each):
    first, second = sweep.add_houses(2)
    (old,) = sweep.fill(second, "penyisiran", point=first.point)
    a, b = work_through(sweep, [*sweep.fill(first, "penyisiran"), old], each=each)
    assert peers(sweep, "SP06") == {a: [b], b: [a]}
    work_through(sweep, [sweep.edit(old, sweep.fill(second, "penyisiran")[0])], each=each)
    assert peers(sweep, "SP06") == {}
    assert {item.state for item in sweep.findings("SP06")} == {"closed"}
    assert sweep.case_of(first).open_high == 0


def test_three_houses_at_one_point_name_all_others_whatever_the_order(sweep):
    houses = sweep.add_houses(3)
    forms = [form for house in houses for form in sweep.fill(house, "penyisiran", point=houses[0].point)]
    ids = work_through(sweep, forms, each=True)
    assert peers(sweep, "SP06") == {one: [other for other in ids if other != one] for one in ids}


def test_many_houses_at_one_point_cost_no_more_than_some(sweep):
    """Of 30 at one point each names 20; a further one makes nobody else be looked at again on another day, and on one day
    no more than 20."""
    houses = sweep.add_houses(31)
    forms = [form for house in houses for form in sweep.fill(house, "penyisiran", point=houses[0].point)]
    ids = work_through(sweep, forms[:30], each=False)
    before = peers(sweep, "SP06")
    assert {len(named) for named in before.values()} == {20}
    assert before[ids[29]] == ids[:20]
    sweep.send(forms[30:])
    of_its_day = sum(house.number // 16 == 1 for house in houses[:30])
    # SP07 is about the visits of one day; QC16 and QC01 look again at those whom a moving norm passes.
    assert 1 + of_its_day <= sweep.office.work() <= 21
    assert len(peers(sweep, "SP06")) == 31


@pytest.mark.parametrize(("copy", "code"), [("rumah", "QC05"), ("lain", "QC06")])
@pytest.mark.parametrize("each", [True, False])
def test_one_photo_at_two_houses_is_named_at_both(any_sweep, each, copy, code):
    first, second = any_sweep.add_houses(2)
    forms = [
        *any_sweep.fill(first, "penyisiran", photo=draw_photo("rumah", "rumah")),
        *any_sweep.fill(second, "penyisiran", photo=draw_photo("rumah", copy)),
    ]
    a, b = work_through(any_sweep, forms, each=each)
    assert peers(any_sweep, code) == {a: [b], b: [a]}
    assert [item.outcome for item in any_sweep.findings("QC05", "QC06")] == ["fires", "fires"]


def test_a_photo_that_comes_later_is_compared_then(any_sweep):
    first, second = any_sweep.add_houses(2)
    photo = draw_photo("rumah", "rumah")
    (early,) = any_sweep.fill(first, "penyisiran", photo=photo)
    (late,) = any_sweep.fill(second, "penyisiran", photo=photo)
    (a,) = work_through(any_sweep, [early], each=True)
    bare = type(late)(late.form_id, late.xml)
    (b,) = work_through(any_sweep, [bare], each=True)
    assert {item.evidence["reason"] for item in any_sweep.findings("QC05")} == {"photo_pending"}
    work_through(any_sweep, [late], each=True)
    assert peers(any_sweep, "QC05") == {a: [b], b: [a]}


def test_two_whole_visits_to_one_house_name_each_other(any_sweep):
    house = any_sweep.add_house()
    forms = [*any_sweep.fill(house, "penyisiran"), *any_sweep.fill(house, "penyisiran")]
    a, b = work_through(any_sweep, forms, each=True)
    assert peers(any_sweep, "QC15") == {a: [b], b: [a]}


def test_a_deleted_visit_is_no_peer_any_more(any_sweep):
    first, second = any_sweep.add_houses(2)
    forms = [
        *any_sweep.fill(first, "penyisiran"),
        *any_sweep.fill(second, "penyisiran", point=first.point),
    ]
    _, b = work_through(any_sweep, forms, each=False)
    with any_sweep.office.session() as session:
        gone = session.get_one(Submission, b)
        gone.deleted_at = gone.created_at
        rescreening.withdraw(session, gone)
    assert any_sweep.office.work() == 1
    assert peers(any_sweep, "SP06") == {}
    assert any_sweep.case_of(second).open_high == any_sweep.case_of(first).open_high == 0


# --- the household as a whole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("each", [True, False])
def test_a_doubtful_withdrawal_is_found_whichever_form_comes_last(sweep, order, each):
    """EX05 stands in the sticker form and reads EX01 of the assets and EX03 of the sweep."""
    house = sweep.add_house()
    forms = {item.form_id: item for item in sweep.fill(house, withdraws=True, is_poor=True)}
    work_through(sweep, [forms[name] for name in order], each=each)
    assert household(sweep, house)["EX05"] == "fires"


@pytest.mark.parametrize("order", ORDERS)
def test_conflicting_evidence_is_found_whichever_form_comes_last(sweep, order):
    """EX06 counts what is high against the family, from the sweep or the assets, and reads EX01 of the assets."""
    house = sweep.add_house()
    forms = {item.form_id: item for item in sweep.fill(house, is_poor=True, has_civil_servant=True)}
    work_through(sweep, [forms[name] for name in order], each=True)
    assert household(sweep, house)["EX06"] == "fires"


def test_a_form_that_is_not_there_yet_leaves_it_unknown(sweep):
    house = sweep.add_house()
    forms = {item.form_id: item for item in sweep.fill(house, withdraws=True)}
    work_through(sweep, [forms["stiker"]], each=True)
    assert household(sweep, house) == {"EX05": "unknown"}
    work_through(sweep, [forms["penyisiran"], forms["aset"]], each=True)
    assert "EX05" not in household(sweep, house)


@pytest.mark.parametrize("order", [("penyisiran", "aset"), ("aset", "penyisiran")])
def test_a_rule_that_reads_another_form_is_asked_again_when_that_form_comes(any_sweep, order):
    """EX02 of the assets reads the incomes of the sweep."""
    house = any_sweep.add_house()
    forms = {item.form_id: item for item in any_sweep.fill(house, is_poor=True)}
    work_through(any_sweep, [forms[name] for name in order], each=True)
    (found,) = any_sweep.findings("EX02")
    assert found.outcome == "fires"
    assert found.evidence["values"]["$penyisiran.penghasilan"]


def test_an_edit_changes_what_rules_of_other_forms_say(sweep):
    house = sweep.add_house()
    old = {item.form_id: item for item in sweep.fill(house, is_poor=True, withdraws=True)}
    new = {item.form_id: item for item in sweep.fill(house)}
    work_through(sweep, old.values(), each=True)
    assert set(household(sweep, house)) == {"EX05"}
    work_through(sweep, [sweep.edit(old["aset"], new["aset"])], each=True)
    assert household(sweep, house) == {}


def test_the_household_is_judged_again_when_a_peer_has_one_of_its_forms_checked(sweep):
    first, second = sweep.add_houses(2)
    work_through(sweep, sweep.fill(first, is_poor=True, has_civil_servant=True), each=True)
    before = household(sweep, first)
    work_through(sweep, sweep.fill(second, "penyisiran", point=first.point), each=True)
    assert peers(sweep, "SP06")
    assert household(sweep, first) == before == {"EX06": "fires"}


def test_a_rejected_visit_no_longer_speaks_for_the_household(sweep):
    house = sweep.add_house()
    ids = work_through(sweep, sweep.fill(house, is_poor=True, withdraws=True), each=False)
    assert household(sweep, house)["EX05"] == "fires"
    with sweep.office.session() as session:
        visit = session.get_one(Submission, ids[2])
        visit.review_state = "rejected"
        rescreening.owe_reviewed(session, visit)
    sweep.office.work()
    assert household(sweep, house)["EX05"] == "unknown"


def test_a_nik_of_two_families_is_found_at_the_visited_one_and_later_at_the_other(any_sweep):
    first, second = any_sweep.add_houses(2, nik="3599010101709123")
    work_through(any_sweep, any_sweep.fill(first, "aset"), each=True)
    assert household(any_sweep, first) == {"KP10": "fires"}
    assert household(any_sweep, second) == {}, "nobody was there yet"
    work_through(any_sweep, any_sweep.fill(second, "aset"), each=True)
    assert household(any_sweep, second) == {"KP10": "fires"}
    names = {item.subject_id: item.evidence["peer_ids"] for item in any_sweep.findings("KP10")}
    assert names == {first.household_id: [second.household_id], second.household_id: [first.household_id]}


def test_the_typed_nik_of_another_family_is_a_fact(sweep):
    first, second, third = sweep.add_houses(3)
    forms = [
        *sweep.fill(first, "penyisiran", typed_nik=second.nik),
        *sweep.fill(second, "penyisiran"),
        *sweep.fill(third, "penyisiran", typed_nik="3599010101708888"),
        *sweep.fill(third, "aset"),
    ]
    ids = work_through(sweep, forms, each=False)
    with sweep.office.session() as session:
        visits = screening.load_visits(session, sweep.office.backends, ids)
        assert [visit.facts.typed_nik_elsewhere for visit in visits] == [True, False, False, None]
        session.rollback()


# --- moving, repeating, order ----------------------------------------------------------------------------------------


def test_an_edit_that_names_another_family_takes_its_findings_along(any_sweep):
    first, second = any_sweep.add_houses(2)
    right = any_sweep.fill(first, is_poor=True, withdraws=True)
    wrong = any_sweep.fill(second, is_poor=True, withdraws=True)
    work_through(any_sweep, wrong, each=False)
    assert household(any_sweep, second)["EX05"] == "fires"
    work_through(any_sweep, [any_sweep.edit(*pair) for pair in zip(wrong, right, strict=True)], each=True)
    assert household(any_sweep, second) == {}
    assert household(any_sweep, first)["EX05"] == "fires"
    empty, full = any_sweep.case_of(second), any_sweep.case_of(first)
    assert (empty.open_high, empty.open_protect, empty.officer_id) == (0, 0, None)
    assert full.open_protect > 0
    assert {item.household_id for item in any_sweep.findings() if item.state == "open"} == {
        first.household_id
    }


def test_a_submission_whose_family_is_found_later_leaves_its_own_case(sweep):
    house = sweep.add_house()
    form = sweep.fill(house, "aset", cars=1)[0]
    with sweep.office.session() as session:
        session.execute(update(Entity).where(Entity.uuid == house.uuid).values(household_id=None))
    (number,) = work_through(sweep, [form], each=True)
    with sweep.office.session() as session:
        assert session.scalars(select(Case.submission_id)).all() == [number]
        session.execute(
            update(Entity).where(Entity.uuid == house.uuid).values(household_id=house.household_id)
        )
        rescreening.owe(session, sweep.office.project_id)
    sweep.office.work()
    with sweep.office.session() as session:
        case = session.scalars(select(Case)).one()
        assert (case.household_id, case.open_high) == (house.household_id, 1)


def story(sweep: Sweep) -> list:
    """Houses that look alike in several ways, visited in all forms."""
    a, b, c, d = sweep.add_houses(4)
    photo = draw_photo("rumah", "rumah")
    return [
        *sweep.fill(a, photo=photo, is_poor=True, withdraws=True),
        *sweep.fill(b, photo=photo, point=a.point, cars=1),
        *sweep.fill(
            c, photo=draw_photo("rumah", "lain"), point=a.point, has_civil_servant=True, is_poor=True
        ),
        *sweep.fill(d, "penyisiran", seconds=60, point="-7.9 112.9 0 5"),
        *sweep.fill(d, "penyisiran"),
        *sweep.fill(d, "penyisiran", no_gps=True, presence="pindah_lain"),
    ]


def test_one_by_one_in_a_batch_and_again_all_say_the_same(any_sweep):
    forms = story(any_sweep)
    ids = work_through(any_sweep, forms, each=True)
    one_by_one = stands(any_sweep)
    assert len(one_by_one) > 20
    any_sweep.owe_all()
    any_sweep.office.work()
    assert stands(any_sweep) == one_by_one
    for batch in (ids[::-1][:7], ids[:3], ids[5:9], *([number] for number in ids)):
        with any_sweep.office.session() as session:
            screening.screen_submissions(session, any_sweep.office.backends, batch)
    assert stands(any_sweep) == one_by_one
    assert any_sweep.office.work() == 0, "nobody owes anybody anything any more"


def test_what_came_in_one_by_one_says_the_same_as_what_came_in_together(sweep, tmp_path):
    forms = story(sweep)
    other = open_sweep(open_office(tmp_path / "other", SISIR_KEY=sweep.office.backends.config.key or ""))
    assert story(other)
    with sweep.office.session() as here, other.office.session() as there:
        uuids = dict(here.execute(select(Entity.household_id, Entity.uuid)).all())
        for entity in there.scalars(select(Entity).where(Entity.household_id.is_not(None))):
            entity.uuid = uuids[entity.household_id]
        source_ids = dict(here.execute(select(Household.id, Household.source_id)).all())
        for row in there.scalars(select(Household)):
            row.source_id = source_ids[row.id]
    work_through(sweep, forms, each=False)
    work_through(other, forms, each=True)
    assert stands(other) == stands(sweep)


def test_screening_again_writes_nothing(sweep):
    work_through(sweep, story(sweep), each=False)

    def rows() -> list:
        return [(f.id, f.state, f.evidence_hash, f.updated_at, f.case_id) for f in sweep.findings()]

    before = rows()
    sweep.owe_all()
    sweep.office.work()
    assert rows() == before


def test_a_decided_case_opens_again_when_something_of_weight_comes_in(sweep):
    house = sweep.add_house()
    work_through(sweep, sweep.fill(house), each=False)
    with sweep.office.session() as session:
        case = session.scalars(select(Case)).one()
        case.state, case.decided_at = CaseState.decided, case.created_at
    sweep.owe_all()
    sweep.office.work()
    assert sweep.case_of(house).state == CaseState.decided
    work_through(sweep, sweep.fill(house, "aset", cars=1), each=True)
    assert sweep.case_of(house).state == CaseState.open


# --- doubtful input --------------------------------------------------------------------------------------------------


def test_what_nobody_can_know_is_stored_as_unknown(sweep):
    house = sweep.add_house()
    work_through(sweep, sweep.fill(house, "penyisiran", no_gps=True), each=False)
    unknown = {
        item.code: item.evidence["reason"]
        for item in sweep.findings()
        if item.outcome == "unknown" and "reason" in item.evidence
    }
    assert unknown["SP03"] == unknown["SP06"] == "no_point"
    assert sweep.findings("SP01")[0].outcome == "fires"


@pytest.mark.parametrize(
    "answers",
    [
        {"start": "0001-01-01T00:00:00.000+07:00", "end": "9999-12-31T23:00:00.000-07:00"},
        {"start": "1970-01-01T00:00:00.000+07:00", "end": "2970-01-01T00:00:00.000+07:00"},
        {"today": "0001-01-01"},
        {"start": "kemarin", "today": "kemarin"},
        {"titik_rumah": "9e99 9e99 9e99 9e99"},
        {"titik_rumah": "0 0 0 0"},
        {"titik_rumah": "nan nan"},
        {"nik": "'3599010101709000"},
        {"nik": "9" * 5000},
        {"jml_art": "9" * 30},
    ],
)
def test_nonsense_is_taken_and_screened(any_sweep, answers):
    house = any_sweep.add_house()
    (form,) = any_sweep.fill(house, "penyisiran")
    xml = form.xml
    for name, value in answers.items():
        start = xml.index(f"<{name}>".encode()) + len(name) + 2
        xml = xml[:start] + value.encode() + xml[xml.index(f"</{name}>".encode()) :]
    (number,) = work_through(any_sweep, [type(form)(form.form_id, xml)], each=False)
    with any_sweep.office.session() as session:
        stored = session.get_one(Submission, number)
        assert (stored.screening_error, stored.household_id) == (None, house.household_id)
        assert stored.screened_at is not None


def test_an_audit_log_that_is_no_log_is_passed_over(sweep):
    house = sweep.add_house()
    (form,) = sweep.fill(house, "penyisiran")
    xml = form.xml.replace(b"<instanceID>", b"<audit>audit.csv</audit><instanceID>")
    log = b"event,node,start,end\nquestion,/data/x," + b"9" * 5000 + b"," + b"9" * 5000 + b"\n"
    (number,) = work_through(sweep, [type(form)(form.form_id, xml, {"audit.csv": log})], each=False)
    with sweep.office.session() as session:
        stored = session.get_one(Submission, number)
        assert (stored.screening_error, stored.active_s) == (None, 1500)


def test_forms_without_households_are_screened_too(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    for age in (140, 30):
        post(any_office.client, phone, instance(body=f"<nama>Sari</nama><umur>{age}</umur>")[1])
    assert any_office.work() == 2
    with any_office.session() as session:
        found = session.scalars(select(Finding).where(Finding.code == "X01")).one()
        cases = {case.submission_id: case for case in session.scalars(select(Case))}
        assert (found.household_id, found.case_id) == (None, cases[found.submission_id].id)
        assert [case.open_high for _, case in sorted(cases.items())] == [1, 0]


def test_campaigns_do_not_see_each_other(sweep):
    """One batch with submissions of two campaigns: each is compared with its own campaign only."""
    with sweep.office.session() as session:
        other_id = projects.create_project(session, name="Lain").id
    twin = Office(sweep.office.backends, sweep.office.app, other_id)
    publish_forms(twin)
    made = Sweep(twin, twin.phone("Lain", "3599"), sweep.definitions, sweep.villages)
    first, second = sweep.add_house(), made.add_house()
    sweep.send(sweep.fill(first, "penyisiran"))
    made.send(made.fill(second, "penyisiran", point=first.point))
    assert sweep.office.work() == 2
    assert sweep.findings("SP06") == []
    made.send(made.fill(made.add_house(), "penyisiran", point=first.point))
    sweep.office.work()
    assert len(sweep.findings("SP06")) == 2


def test_a_reader_reads_each_version_once(sweep):
    (number,) = sweep.send(sweep.fill(sweep.add_house(), "aset"))
    reader = Reader(sweep.office.backends)
    with sweep.office.session() as session:
        version_id = session.get_one(Submission, number).current_version_id
        first = reader.document(session, version_id)
        assert reader.document(session, version_id) is first
        assert reader.document(session, 999) is None
        assert reader.answers(session, 999, sweep.definitions["aset"]) is None
