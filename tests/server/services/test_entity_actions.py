"""What submissions do to entities: through the phones' door and the worker."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.db import now
from server.models.audit import Audit
from server.models.case import Case
from server.models.entity import Entity, EntityHold, EntityList, EntityVersion
from server.models.household import Household
from server.models.submission import EntityState, Submission
from server.problems import PendingSubmissionsError
from server.services import (
    accounts,
    datasets,
    entity_actions,
    entity_history,
    entity_lists,
    processing,
    rescreening,
)
from tests import factories
from tests.flows.shapes import instance, post
from tests.sweep import with_entity

BRANCH = "5f0c2a52-5b0a-4f2c-9d5e-0f6a2b1c3d4e"

TWO = b"""
| survey |
|        | type         | name    | label   | save_to      |
|        | text         | judul   | Judul   |              |
|        | begin_repeat | usaha   | Usaha   |              |
|        | text         | nama    | Nama    | usaha#jenis  |
|        | end_repeat   | usaha   |         |              |
| entities |
|          | list_name | label   | repeat |
|          | usaha     | ${nama} | ${usaha} |
| settings |
|          | form_title | form_id | version |
|          | Dua        | dua     | 1       |
"""


def entity_of(sweep, uuid_: str) -> Entity:
    with sweep.office.session() as session:
        return session.scalars(select(Entity).where(Entity.uuid == uuid_)).one()


def versions_of(sweep, uuid_: str) -> list[EntityVersion]:
    with sweep.office.session() as session:
        query = select(EntityVersion).join(Entity, Entity.id == EntityVersion.entity_id)
        return list(session.scalars(query.where(Entity.uuid == uuid_).order_by(EntityVersion.version)))


def submission(sweep, number: int) -> Submission:
    with sweep.office.session() as session:
        return session.get_one(Submission, number)


def audits(sweep, action: str) -> list[Audit]:
    with sweep.office.session() as session:
        return list(session.scalars(select(Audit).where(Audit.action == action).order_by(Audit.id)))


def new_family(sweep, house, uuid_: str, village: str = "3599012002", **attributes: str):
    (form,) = sweep.fill(
        house,
        "penyisiran",
        answers={
            "kode_desa_simpan": village,
            "jenis_sasaran": "baru",
            "keluarga": "",
            "kode_desa": village,
            "nama_reg": "Dewi Baru",
        },
    )
    return with_entity(form, id=uuid_, create="1", baseVersion="", **attributes)


def branch_of(sweep, house, base: int, trunk: str = "1", **answers: str):
    """A step of an offline branch: a sweep form that says how often it was there."""
    (form,) = sweep.fill(house, "penyisiran", answers={"kunjungan_ke": str(base), **answers})
    return with_entity(
        form, id=house.uuid, update="1", baseVersion=str(base), trunkVersion=trunk, branchId=BRANCH
    )


def test_a_visit_updates_its_family(any_sweep):
    house = any_sweep.add_house()
    any_sweep.send(any_sweep.fill(house, "penyisiran"))
    any_sweep.office.work()
    entity = entity_of(any_sweep, house.uuid)
    assert (entity.version, entity.data["status_keberadaan"], entity.conflict) == (2, "ada", None)
    assert versions_of(any_sweep, house.uuid)[1].source["submission"]["xmlFormId"] == "penyisiran"


def test_a_new_family_gets_household_case_and_area(any_sweep):
    house, uuid_ = any_sweep.add_house(), str(uuid.uuid4())
    (number,) = any_sweep.send([new_family(any_sweep, house, uuid_)])
    any_sweep.office.work()
    entity, stored = entity_of(any_sweep, uuid_), submission(any_sweep, number)
    with any_sweep.office.session() as session:
        household = session.get_one(Household, entity.household_id)
        case = session.scalars(select(Case).where(Case.household_id == household.id)).one()
    assert (household.source_id, household.village_code) == (None, "3599012002")
    assert stored.household_id == household.id
    assert stored.area_path == entity.area_path == case.area_path == "3599012002/001/002"
    assert stored.relation == "outside", "its point lies in the first village, its answer says the second"


def test_a_new_family_of_an_unknown_village_has_a_case_of_its_own(sweep):
    uuid_ = str(uuid.uuid4())
    (number,) = sweep.send([new_family(sweep, sweep.add_house(), uuid_, village="9999999999")])
    sweep.office.work()
    stored = submission(sweep, number)
    assert (stored.household_id, stored.area_path, stored.relation) == (None, "9999999999", "unknown")
    assert entity_of(sweep, uuid_).household_id is None
    with sweep.office.session() as session:
        assert session.scalars(select(Case.submission_id)).all() == [number]


def test_an_error_is_kept_and_audited_and_the_submission_stays(any_sweep):
    house = any_sweep.add_house()
    (form,) = any_sweep.fill(house, "aset")
    (number,) = any_sweep.send([with_entity(form, id=house.uuid, update="1", baseVersion="9")])
    any_sweep.office.work()
    stored = submission(any_sweep, number)
    assert (stored.entity_state, stored.entity_error) == ("failed", "404.9 the entity has no version 9")
    assert stored.screened_at is not None and stored.household_id == house.household_id
    (logged,) = audits(any_sweep, "entity.error")
    assert logged.details["submissionId"] == number
    assert logged.details["problem"] == {"problemCode": 404.9}
    any_sweep.owe_all()
    any_sweep.office.work()
    assert len(audits(any_sweep, "entity.error")) == 1


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"dataset": "tidak_ada", "update": "1"}, "404.7"),
        ({"id": "bukan-uuid", "update": "1", "baseVersion": "1"}, "400.11"),
        ({"update": "1", "baseVersion": "1"}, "400.2"),
        ({"update": "1", "baseVersion": "satu"}, "400.11"),
        ({"update": "1", "baseVersion": "99999999999999"}, "404.9"),
        ({"create": "1"}, "403.2"),
        ({"update": "true", "baseVersion": ""}, "400.2"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_why(sweep, attributes, code):
    house = sweep.add_house()
    (form,) = sweep.fill(house, "aset")
    given = {"id": house.uuid, **attributes}
    if attributes == {"update": "1", "baseVersion": "1"}:
        del given["id"]
    dataset = given.pop("dataset", None)
    sent = with_entity(form, **given)
    if dataset:
        sent = type(sent)(
            sent.form_id, sent.xml.replace(b'dataset="keluarga"', f'dataset="{dataset}"'.encode())
        )
    (number,) = sweep.send([sent])
    sweep.office.work()
    assert str(submission(sweep, number).entity_error).startswith(code)
    assert entity_of(sweep, house.uuid).version == 1


def test_upsert_updates_what_is_there_and_creates_what_is_not(sweep):
    house, fresh = sweep.add_house(), str(uuid.uuid4())
    (form,) = sweep.fill(house, "penyisiran")
    (other,) = sweep.fill(house, "penyisiran")
    sweep.send([with_entity(form, id=house.uuid, create="1", update="1", baseVersion="1")])
    sweep.send([with_entity(other, id=fresh, create="1", update="1", baseVersion="1")])
    sweep.office.work()
    assert entity_of(sweep, house.uuid).version == 2
    assert entity_of(sweep, fresh).version == 1


def test_an_upsert_without_base_of_something_that_is_there_is_an_error(sweep):
    house = sweep.add_house()
    (form,) = sweep.fill(house, "penyisiran")
    (number,) = sweep.send([with_entity(form, id=house.uuid, create="1", update="1", baseVersion="")])
    sweep.office.work()
    assert str(submission(sweep, number).entity_error).startswith("409.3")


def test_a_branch_may_arrive_in_any_order(any_sweep):
    house = any_sweep.add_house()
    steps = {base: branch_of(any_sweep, house, base) for base in (1, 2, 3)}
    (third,) = any_sweep.send([steps[3]])
    any_sweep.office.work()
    assert submission(any_sweep, third).entity_state == EntityState.held
    assert submission(any_sweep, third).screened_at is not None, "checks do not wait"
    (second,) = any_sweep.send([steps[2]])
    any_sweep.office.work()
    assert entity_of(any_sweep, house.uuid).version == 1
    any_sweep.send([steps[1]])
    any_sweep.office.work()
    entity = entity_of(any_sweep, house.uuid)
    assert (entity.version, entity.data["kunjungan_ke"]) == (4, "3")
    assert [submission(any_sweep, number).entity_state for number in (second, third)] == ["done", "done"]
    assert [item.details["submissionId"] for item in audits(any_sweep, "submission.backlog.hold")] == [
        third,
        second,
    ]
    released = audits(any_sweep, "submission.backlog.reprocess")
    assert [item.details["submissionId"] for item in released] == [second, third]
    with any_sweep.office.session() as session:
        assert session.scalars(select(EntityHold)).all() == []


def test_only_the_next_of_the_branch_is_let_go(sweep):
    house = sweep.add_house()
    (last,) = sweep.send([branch_of(sweep, house, 4)])
    sweep.office.work()
    sweep.send([branch_of(sweep, house, 1)])
    sweep.office.work()
    assert submission(sweep, last).entity_state == EntityState.held
    assert audits(sweep, "submission.backlog.reprocess") == []


def test_a_family_made_offline_is_found_by_what_follows(sweep):
    house, uuid_ = sweep.add_house(), str(uuid.uuid4())
    (form,) = sweep.fill(house, "aset")
    after = with_entity(form, id=uuid_, update="1", baseVersion="1", trunkVersion="", branchId=BRANCH)
    (number,) = sweep.send([after])
    sweep.office.work()
    assert submission(sweep, number).entity_state == EntityState.held
    sweep.send([new_family(sweep, house, uuid_)])
    sweep.office.work()
    stored, entity = submission(sweep, number), entity_of(sweep, uuid_)
    assert (stored.entity_state, entity.version, entity.conflict) == ("done", 2, None)


def make_overdue(sweep) -> None:
    with sweep.office.session() as session:
        for held in session.scalars(select(EntityHold)):
            held.held_at = now() - timedelta(days=5, minutes=1)


def force(sweep) -> int:
    with sweep.office.session() as session:
        return entity_actions.force_held(session, sweep.office.backends)


def test_after_five_days_a_held_update_is_applied_to_the_newest_version(any_sweep):
    house = any_sweep.add_house()
    any_sweep.send([branch_of(any_sweep, house, 4), branch_of(any_sweep, house, 3)])
    any_sweep.office.work()
    assert force(any_sweep) == 0
    make_overdue(any_sweep)
    assert force(any_sweep) == 1, "the second follows the first by itself"
    entity = entity_of(any_sweep, house.uuid)
    assert (entity.version, entity.data["kunjungan_ke"]) == (3, "4")
    assert len(audits(any_sweep, "submission.backlog.force")) == 1
    assert force(any_sweep) == 0


def test_a_forced_update_without_entity_makes_one_and_its_late_create_is_a_conflict(any_sweep):
    house, uuid_ = any_sweep.add_house(), str(uuid.uuid4())
    (form,) = any_sweep.fill(house, "penyisiran", answers={"kunjungan_ke": "7", "kode_desa_simpan": ""})
    update = with_entity(
        form, label=None, id=uuid_, update="1", baseVersion="2", trunkVersion="", branchId=BRANCH
    )
    any_sweep.send([update])
    any_sweep.office.work()
    make_overdue(any_sweep)
    assert force(any_sweep) == 1
    entity = entity_of(any_sweep, uuid_)
    assert (entity.label, entity.version, entity.household_id) == ("auto generated", 1, None)
    (late,) = any_sweep.send([new_family(any_sweep, house, uuid_)])
    any_sweep.office.work()
    entity = entity_of(any_sweep, uuid_)
    assert submission(any_sweep, late).entity_error is None
    assert (entity.version, entity.conflict) == (2, "hard")
    assert entity.household_id is not None and entity.area_path.startswith("3599012002")


def test_a_try_in_vain_does_not_lengthen_the_wait(sweep):
    house = sweep.add_house()
    (number,) = sweep.send([branch_of(sweep, house, 4)])
    sweep.office.work()
    make_overdue(sweep)
    with sweep.office.session() as session:
        stored = session.get_one(Submission, number)
        stored.entity_state, stored.screened_at = EntityState.owed, None
    sweep.office.work()
    assert submission(sweep, number).entity_state == EntityState.held
    assert len(audits(sweep, "submission.backlog.hold")) == 1
    assert force(sweep) == 1


def test_an_edit_does_not_do_the_same_again(any_sweep):
    house = any_sweep.add_house()
    (first,) = any_sweep.fill(house, "aset")
    (second,) = any_sweep.fill(house, "aset", cars=1)
    any_sweep.send([first])
    any_sweep.office.work()
    (number,) = any_sweep.send([any_sweep.edit(first, second)])
    any_sweep.office.work()
    assert entity_of(any_sweep, house.uuid).version == 2
    assert submission(any_sweep, number).entity_state == EntityState.done


def test_an_edit_mends_what_failed(sweep):
    house = sweep.add_house()
    (form,) = sweep.fill(house, "aset")
    broken = with_entity(form, id=house.uuid, update="1", baseVersion="9")
    (number,) = sweep.send([broken])
    sweep.office.work()
    (good,) = sweep.fill(house, "aset")
    sweep.send([sweep.edit(broken, good)])
    sweep.office.work()
    assert submission(sweep, number).entity_error is None
    assert entity_of(sweep, house.uuid).version == 2


def rows(*entities: tuple[str, str]) -> str:
    return "".join(
        f'<usaha><nama>{name}</nama><meta><entity dataset="usaha" id="{key}" create="1">'
        f"<label>{name}</label></entity></meta></usaha>"
        for key, name in entities
    )


def usaha(office) -> list[str]:
    with office.session() as session:
        return list(session.scalars(select(Entity.label).order_by(Entity.id)))


def test_several_entities_of_one_submission_succeed_together_or_not_at_all(any_office):
    any_office.publish(TWO)
    phone = any_office.phone()
    a, b, c = (str(uuid.uuid4()) for _ in range(3))
    post(any_office.client, phone, instance(form="dua", body=rows((a, "Warung"), (b, "Bengkel")))[1])
    any_office.work()
    assert usaha(any_office) == ["Warung", "Bengkel"]
    post(any_office.client, phone, instance(form="dua", body=rows((c, "Salon"), (a, "Warung lagi")))[1])
    any_office.work()
    assert usaha(any_office) == ["Warung", "Bengkel"]
    with any_office.session() as session:
        failed = session.scalars(select(Submission).where(Submission.entity_state == "failed")).one()
        assert str(failed.entity_error).startswith("400.43 2 entities")


def test_new_entities_of_a_list_with_approval_wait_for_it(sweep):
    house, uuid_ = sweep.add_house(), str(uuid.uuid4())
    with sweep.office.session() as session:
        listed = session.scalars(select(EntityList).where(EntityList.name == "keluarga")).one()
        listed.approval_required = True
    (number,) = sweep.send([new_family(sweep, house, uuid_)])
    sweep.send(sweep.fill(house, "aset"))
    sweep.office.work()
    assert submission(sweep, number).entity_state == EntityState.held
    assert entity_of(sweep, house.uuid).version == 2, "updates do not wait"
    with sweep.office.session() as session:
        stored = session.get_one(Submission, number)
        stored.review_state = "approved"
        rescreening.owe_reviewed(session, stored)
    sweep.office.work()
    assert entity_of(sweep, uuid_).household_id is not None
    assert submission(sweep, number).household_id == entity_of(sweep, uuid_).household_id


def test_forms_without_entities_are_done_at_once(office):
    from tests.flows.shapes import FORM

    office.publish(FORM)
    post(office.client, office.phone(), instance()[1])
    assert processing.process_owed(office.backends) == 1
    with office.session() as session:
        assert session.scalars(select(Submission.entity_state)).all() == ["done"]


def test_an_officer_of_other_villages_does_not_get_a_family_of_an_unknown_village(sweep):
    uuid_ = str(uuid.uuid4())
    sweep.send([new_family(sweep, sweep.add_house(), uuid_, village="9999999999")])
    sweep.office.work()
    with sweep.office.session() as session:
        listed = entity_lists.get_list(session, sweep.office.project_id, "keluarga")
        for areas, seen in (((factories.REGENCY,), False), (None, True)):
            found = {row.uuid for row in entity_lists.iter_entity_rows(session, listed, areas)}
            assert (uuid_ in found) is seen


def test_a_step_of_a_branch_waits_for_its_create_also_when_it_could_create(sweep):
    house, uuid_ = sweep.add_house(), str(uuid.uuid4())
    (form,) = sweep.fill(house, "penyisiran", answers={"kunjungan_ke": "2"})
    after = with_entity(
        form, id=uuid_, create="1", update="1", baseVersion="1", trunkVersion="", branchId=BRANCH
    )
    (number,) = sweep.send([after])
    sweep.office.work()
    assert submission(sweep, number).entity_state == EntityState.held
    sweep.send([new_family(sweep, house, uuid_)])
    sweep.office.work()
    assert (submission(sweep, number).entity_state, entity_of(sweep, uuid_).version) == ("done", 2)


def test_a_trunk_without_branch_is_an_error_also_when_there_is_no_entity(sweep):
    (form,) = sweep.fill(sweep.add_house(), "aset")
    (number,) = sweep.send(
        [with_entity(form, id=str(uuid.uuid4()), update="1", baseVersion="1", trunkVersion="1")]
    )
    sweep.office.work()
    assert str(submission(sweep, number).entity_error).startswith("400.2")


@pytest.mark.parametrize(("convert", "made"), [(True, 1), (False, 0)])
def test_what_waits_for_approval_is_decided_when_none_is_asked_any_more(any_sweep, convert, made):
    sweep, uuid_ = any_sweep, str(uuid.uuid4())
    with sweep.office.session() as session:
        listed = session.scalars(select(EntityList).where(EntityList.name == "keluarga")).one()
        listed.approval_required = True
    (number,) = sweep.send([new_family(sweep, sweep.add_house(), uuid_)])
    sweep.office.work()
    with sweep.office.session() as session:
        actor = accounts.create_user(session, email="a@b.id", password=None, name="A").id
    options = {"actor_id": actor, "convert": None}
    with pytest.raises(PendingSubmissionsError) as refused, sweep.office.session() as session:
        found = session.get_one(EntityList, listed.id)
        datasets.update_list(session, found, {"approval_required": False}, **options)
    assert refused.value.details == {"count": 1}
    with sweep.office.session() as session:
        found = session.get_one(EntityList, listed.id)
        assert found.approval_required is True
        owed = datasets.update_list(
            session, found, {"approval_required": False}, **{**options, "convert": convert}
        )
    assert owed == [number][:made]
    sweep.office.work()
    with sweep.office.session() as session:
        count = session.scalar(select(func.count()).where(Entity.uuid == uuid_))
    assert count == made


def test_the_log_tells_of_every_entity_and_the_submission_it_came_from(sweep):
    house = sweep.add_house()
    (number,) = sweep.send(sweep.fill(house, "penyisiran"))
    sweep.office.work()
    (logged,) = audits(sweep, "entity.update.version")
    assert logged.details["entity"] == {"uuid": house.uuid, "dataset": "keluarga"}
    stored = submission(sweep, number)
    assert logged.details["submissionDefId"] == stored.current_version_id
    with sweep.office.session() as session:
        entity = session.scalars(select(Entity).where(Entity.uuid == house.uuid)).one()
        listed = session.get_one(EntityList, entity.entity_list_id)
        *_, last = entity_history.list_versions(session, listed, entity)
        assert last.source["submission"]["instanceId"] == stored.instance_id
        assert last.source["event"]["action"] == "submission.create"
