"""Entities: versions, bases, conflicts, labels, new families."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.models.entity import Entity, EntityList, EntityListArea, EntityVersion
from server.models.household import Household
from server.services import entity_lists
from server.services.entities import (
    BaseMissingError,
    Change,
    EntityProblem,
    Origin,
    create_entity,
    update_by_server,
    update_entity,
)
from server.services.entity_work import working_on
from tests import factories

BRANCH = "5f0c2a52-5b0a-4f2c-9d5e-0f6a2b1c3d4e"
SERVER = Origin(None)


@pytest.fixture
def office_session(any_office) -> Iterator[Session]:
    with any_office.session() as session:
        factories.make_areas(session)
        yield session


@pytest.fixture
def listed(any_office, office_session) -> EntityList:
    return entity_lists.ensure_list(office_session, any_office.project_id, "keluarga", factories.COLUMNS)


def new(**values) -> Change:
    return replace(Change(str(uuid.uuid4()), "Sari", {"rt": "1", "rw": "2"}), **values)


def make(session: Session, listed: EntityList, **values) -> Entity:
    return create_entity(session, listed, new(**values), SERVER)


def change(entity: Entity, label: str | None = None, **properties: str) -> Change:
    return Change(entity.uuid, label, properties, base_version=entity.version)


def versions(session: Session, entity: Entity) -> list[EntityVersion]:
    query = select(EntityVersion).where(EntityVersion.entity_id == entity.id)
    return list(session.scalars(query.order_by(EntityVersion.version)))


def revisions(session: Session, listed: EntityList) -> dict[str, int]:
    query = select(EntityListArea.village_code, EntityListArea.revision)
    return dict(session.execute(query.where(EntityListArea.entity_list_id == listed.id)).all())


def test_a_created_entity_has_its_first_version(office_session, listed):
    entity = make(office_session, listed)
    (first,) = versions(office_session, entity)
    assert (entity.label, entity.data, entity.version, entity.conflict) == (
        "Sari",
        {"rt": "1", "rw": "2"},
        1,
        None,
    )
    assert first.data_received == {"rt": "1", "rw": "2", "label": "Sari"}


@pytest.mark.parametrize("label", [None, "", "  "])
def test_a_create_without_label_is_refused(office_session, listed, label):
    with pytest.raises(EntityProblem) as problem:
        make(office_session, listed, label=label)
    assert problem.value.code == "400.2"


def test_a_uuid_is_taken_once_over_all_lists(any_office, office_session, listed):
    entity = make(office_session, listed)
    other = entity_lists.ensure_list(office_session, any_office.project_id, "lain", ["rt"])
    with pytest.raises(EntityProblem) as problem:
        make(office_session, other, uuid=entity.uuid)
    assert problem.value.code == "409.3"


def test_the_uuid_of_a_deleted_entity_stays_taken(office_session, listed):
    entity = make(office_session, listed)
    entity.deleted_at = entity.created_at
    with pytest.raises(EntityProblem) as problem:
        make(office_session, listed, uuid=entity.uuid)
    assert problem.value.code == "409.19"


def test_an_update_lays_what_was_sent_over_what_is_there(office_session, listed):
    entity = make(office_session, listed)
    update_entity(office_session, listed, change(entity, rt="7", alamat=""), SERVER)
    assert entity.data == {"rt": "7", "rw": "2", "alamat": ""}
    assert (entity.version, entity.conflict) == (2, None)
    assert versions(office_session, entity)[1].base_version == 1


@pytest.mark.parametrize(
    ("label", "kept"), [(None, "Sari"), ("", "Sari"), ("  ", "Sari"), (" Dewi ", "Dewi")]
)
def test_a_blank_label_keeps_the_old_one(office_session, listed, label, kept):
    entity = make(office_session, listed)
    update_entity(office_session, listed, change(entity, label), SERVER)
    assert entity.label == kept


@pytest.mark.parametrize(
    ("theirs", "mine", "conflict", "properties"),
    [
        ({"rt": "5"}, {"rw": "9"}, "soft", None),
        ({"rt": "5"}, {"rt": "5"}, "soft", None),
        ({"rt": "5"}, {"rt": "6", "rw": "9"}, "hard", ["rt"]),
    ],
)
def test_two_changes_of_one_version_conflict(office_session, listed, theirs, mine, conflict, properties):
    entity = make(office_session, listed)
    stale = replace(change(entity), properties=mine)
    update_entity(office_session, listed, change(entity, **theirs), SERVER)
    update_entity(office_session, listed, stale, SERVER)
    assert entity.conflict == conflict
    assert versions(office_session, entity)[-1].conflicting_properties == properties
    assert entity.data == {"rt": "1", "rw": "2", **theirs, **mine}


def test_labels_conflict_too(office_session, listed):
    entity = make(office_session, listed)
    stale = change(entity, "Dewi")
    update_entity(office_session, listed, change(entity, "Ratna"), SERVER)
    update_entity(office_session, listed, stale, SERVER)
    assert entity.conflict == "hard"
    assert versions(office_session, entity)[-1].conflicting_properties == ["label"]


def test_a_hard_conflict_is_never_made_soft(office_session, listed):
    entity = make(office_session, listed)
    first = change(entity, rt="5")
    update_entity(office_session, listed, change(entity, rt="4"), SERVER)
    update_entity(office_session, listed, first, SERVER)
    update_entity(office_session, listed, replace(first, properties={"rw": "8"}), SERVER)
    assert versions(office_session, entity)[-1].conflict == "soft"
    assert entity.conflict == "hard"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"base_version": 9}, "404.9"),
        ({"base_version": None}, "400.2"),
        ({"trunk_version": 1}, "400.2"),
        ({"trunk_version": 7, "branch_id": BRANCH}, "404.9"),
        ({"uuid": "00000000-0000-4000-8000-000000000000"}, "404.8"),
    ],
)
def test_an_update_without_a_base_is_refused(office_session, listed, values, code):
    entity = make(office_session, listed)
    with pytest.raises(EntityProblem) as problem:
        update_entity(office_session, listed, replace(change(entity, rt="5"), **values), SERVER)
    assert problem.value.code == code


def test_a_deleted_entity_is_not_updated(office_session, listed):
    entity = make(office_session, listed)
    entity.deleted_at = entity.created_at
    with pytest.raises(EntityProblem) as problem:
        update_entity(office_session, listed, change(entity, rt="5"), SERVER)
    assert problem.value.code == "404.11"


def test_an_entity_of_another_list_is_not_there(any_office, office_session, listed):
    entity = make(office_session, listed)
    other = entity_lists.ensure_list(office_session, any_office.project_id, "lain", ["rt"])
    with pytest.raises(EntityProblem) as problem:
        update_entity(office_session, other, change(entity, rt="5"), SERVER)
    assert problem.value.code == "404.8"


def branch(entity: Entity, base: int, trunk: int | None = 1, **properties: str) -> Change:
    return Change(entity.uuid, None, properties, base, trunk, BRANCH)


def test_a_branch_in_order_has_no_conflict(office_session, listed):
    entity = make(office_session, listed)
    for base in (1, 2, 3):
        update_entity(office_session, listed, branch(entity, base, rt=str(base)), SERVER)
    assert (entity.version, entity.data["rt"], entity.conflict) == (4, "3", None)
    assert [item.branch_base_version for item in versions(office_session, entity)] == [None, 1, 2, 3]


def test_a_branch_out_of_order_waits(office_session, listed):
    entity = make(office_session, listed)
    with pytest.raises(BaseMissingError):
        update_entity(office_session, listed, branch(entity, 2, rt="2"), SERVER)
    assert entity.version == 1


def test_a_branch_counts_from_its_trunk(office_session, listed):
    entity = make(office_session, listed)
    for number in range(3):
        update_entity(office_session, listed, change(entity, rt=f"{number}"), SERVER)
    update_entity(office_session, listed, branch(entity, 4, 4, rw="4"), SERVER)
    update_entity(office_session, listed, branch(entity, 5, 4, rw="5"), SERVER)
    assert (entity.version, entity.conflict, entity.data["rw"]) == (6, None, "5")


def test_a_change_of_others_within_a_branch_is_a_soft_conflict_although_its_base_is_current(
    office_session, listed
):
    entity = make(office_session, listed)
    update_entity(office_session, listed, change(entity, rt="9"), SERVER)
    update_entity(office_session, listed, branch(entity, 1, rw="1"), SERVER)
    assert entity.conflict == "soft"
    entity.conflict = None
    update_entity(office_session, listed, branch(entity, 2, rw="2"), SERVER)
    assert entity.conflict == "soft"


def test_a_later_change_of_others_conflicts_with_the_rest_of_the_branch(office_session, listed):
    entity = make(office_session, listed)
    update_entity(office_session, listed, branch(entity, 1, rw="1"), SERVER)
    update_entity(office_session, listed, change(entity, rw="9"), SERVER)
    update_entity(office_session, listed, branch(entity, 2, rw="2"), SERVER)
    assert entity.conflict == "hard"
    assert versions(office_session, entity)[-1].base_version == 2


def test_a_forced_update_takes_the_newest_version_as_its_base(office_session, listed):
    entity = make(office_session, listed)
    update_entity(office_session, listed, branch(entity, 5, rt="5"), SERVER, forced=True)
    assert (entity.version, entity.data["rt"]) == (2, "5")
    update_entity(office_session, listed, branch(entity, 6, rt="6"), SERVER)
    assert entity.data["rt"] == "6", "what comes after a forced version finds it"


def test_the_server_writes_only_what_differs(office_session, listed):
    entity = make(office_session, listed)
    update_by_server(office_session, entity, {"rt": "1"}, source={})
    assert entity.version == 1
    update_by_server(office_session, entity, {"rt": "8"}, source={"taskId": 3})
    assert (entity.version, entity.data["rt"]) == (2, "8")


def test_a_new_family_becomes_a_household_in_its_village(office_session, listed):
    data = {
        "kode_desa": "35.99.01.2002",
        "rw": "1",
        "rt": "3",
        "alamat": "Dusun",
        "nama_kepala": "Dewi",
        "jml_art": "3",
    }
    entity = make(office_session, listed, properties=data)
    household = office_session.get_one(Household, entity.household_id)
    assert entity.area_path == household.area_path == "3599012002/001/003"
    assert (household.source_id, household.head_name, household.members) == (None, "Dewi", 3)
    assert household.programmes == []


def test_a_family_of_an_unknown_village_is_no_household_and_seen_by_no_other_village(office_session, listed):
    entity = make(office_session, listed, properties={"kode_desa": "9999999999"})
    assert (entity.household_id, entity.area_path) == (None, "9999999999")


@pytest.mark.parametrize("code", ["", "desa", "35990120", "٣٥٩٩٠١٢٠٠١"])
def test_a_family_without_a_village_has_no_area(office_session, listed, code):
    entity = make(office_session, listed, properties={"kode_desa": code})
    assert (entity.household_id, entity.area_path) == (None, "")


def test_entities_of_other_lists_are_no_households(any_office, office_session):
    other = entity_lists.ensure_list(office_session, any_office.project_id, "usaha", ["kode_desa"])
    entity = make(office_session, other, properties={"kode_desa": "3599012001"})
    assert (entity.household_id, entity.area_path) == (None, "3599012001")
    assert office_session.scalar(select(func.count()).select_from(Household)) == 0


def test_every_change_is_counted_for_the_phones_of_its_village(office_session, listed):
    entity = make(office_session, listed, properties={"kode_desa": "3599012001"})
    with working_on(office_session):
        update_entity(office_session, listed, change(entity, rt="2"), SERVER)
        update_entity(office_session, listed, change(entity, rt="3"), SERVER)
        assert revisions(office_session, listed) == {"3599012001": 1}
    assert revisions(office_session, listed) == {"3599012001": 3}


def test_changes_of_a_block_that_fails_are_not_counted_later(office_session, listed):
    with pytest.raises(ZeroDivisionError), working_on(office_session):
        make(office_session, listed)
        raise ZeroDivisionError
    make(office_session, listed)
    assert revisions(office_session, listed) == {"": 1}
