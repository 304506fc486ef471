"""Enrolment: what phones get of the register, and what a repeat may touch."""

import json
import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.models.area import Area
from server.models.entity import Entity, EntityListArea, EntityVersion
from server.models.household import Household
from server.services import entity_lists, projects
from server.services.enrolment import HOUSEHOLD_PROPERTIES, enrol_areas, enrol_households
from server.services.entities import Change, Origin, update_by_server, update_entity
from tests.server.factories import JOGOROTO, PERAK, add_household, add_village

NIK, KK = "351701******9001", "3517010101******"


@pytest.fixture
def project_id(session: Session) -> int:
    return projects.create_project(session, name="Penyisiran").id


@pytest.fixture
def family(session: Session) -> Household:
    return add_household(
        session, f"{PERAK}/001/002", address="Dsn. Krajan", nik_mask=NIK, kk_mask=KK, members=3, desil=2,
        programmes=["PKH", "BPNT"], finding_text="PLN", lat=-7.604602, lon=112.1632805, point_source="survei",
    )  # fmt: skip


def entities(session: Session) -> list[Entity]:
    session.expire_all()
    return list(session.scalars(select(Entity).order_by(Entity.id)))


def versions(session: Session, entity: Entity) -> list[EntityVersion]:
    return list(
        session.scalars(
            select(EntityVersion).where(EntityVersion.entity_id == entity.id).order_by(EntityVersion.version)
        )
    )


def revisions(session: Session) -> dict[str, int]:
    rows = session.execute(select(EntityListArea.village_code, EntityListArea.revision))
    return {row.village_code: row.revision for row in rows}


def test_a_household_becomes_an_entity_with_masked_columns(
    session: Session, project_id: int, family: Household
) -> None:
    report = enrol_households(session, project_id)
    assert (report.created, report.updated, report.unchanged) == (1, 0, 0)
    (entity,) = entities(session)
    assert entity.label == f"Siti Rohmah Cemara / 002-001 / {NIK}"
    assert entity.data == {
        "kode_desa": PERAK, "rt": "002", "rw": "001", "alamat": "Dsn. Krajan", "nama_kepala": "Siti Rohmah Cemara",
        "nik_samar": NIK, "nik_akhir4": "9001", "nokk_samar": KK, "jml_art": "3", "program": "PKH, BPNT", "desil": "2",
        "temuan": "PLN", "status_kepesertaan": "penerima", "geometry": "-7.604602 112.1632805 0 0", "tugas": "kunjungan",
    }  # fmt: skip
    assert (entity.household_id, entity.area_path, entity.version) == (family.id, f"{PERAK}/001/002", 1)
    assert uuid.UUID(entity.uuid).version == 4
    (version,) = versions(session, entity)
    assert (version.data, version.source, version.submission_version_id) == (
        entity.data,
        {"register": True},
        None,
    )


def test_the_list_has_the_columns_that_forms_expect_in_their_order(session: Session, project_id: int) -> None:
    enrol_households(session, project_id)
    listed = entity_lists.get_list(session, project_id, "keluarga")
    assert entity_lists.list_properties(session, listed) == HOUSEHOLD_PROPERTIES
    assert HOUSEHOLD_PROPERTIES[:3] == ["kode_desa", "rt", "rw"]
    assert HOUSEHOLD_PROPERTIES[-1] == "geometry"


def test_no_full_number_reaches_an_entity(session: Session, project_id: int) -> None:
    add_household(session, PERAK, nik_mask=NIK, kk_mask=KK, nik_sealed=b"3517012309509001")
    enrol_households(session, project_id)
    (entity,) = entities(session)
    assert not re.search("[0-9]{13}", json.dumps(entity.data) + entity.label)


@pytest.mark.parametrize("source", ["kantor_desa", "dibulatkan", None])
def test_a_point_that_is_not_the_house_is_not_sent(
    session: Session, project_id: int, source: str | None
) -> None:
    add_household(session, PERAK, lat=-7.6, lon=112.1, point_source=source)
    enrol_households(session, project_id)
    assert "geometry" not in entities(session)[0].data


def test_membership_follows_the_register(session: Session, project_id: int) -> None:
    add_household(session, source_id="1", programmes=[])
    add_household(session, source_id="2", is_inactive=True)
    add_household(session, source_id="3")
    enrol_households(session, project_id)
    assert [entity.data["status_kepesertaan"] for entity in entities(session)] == [
        "bukan_penerima",
        "nonaktif",
        "penerima",
    ]


def test_a_repeat_changes_nothing(session: Session, project_id: int, family: Household) -> None:
    enrol_households(session, project_id)
    before = (revisions(session), [(entity.version, entity.updated_at) for entity in entities(session)])
    report = enrol_households(session, project_id)
    assert (report.created, report.updated, report.unchanged) == (0, 0, 1)
    assert (
        revisions(session),
        [(entity.version, entity.updated_at) for entity in entities(session)],
    ) == before


def test_what_the_register_changed_is_a_new_version(
    session: Session, project_id: int, family: Household
) -> None:
    enrol_households(session, project_id)
    family.desil, family.programmes, family.finding_text = 5, ["PKH"], ""
    session.flush()
    assert enrol_households(session, project_id).updated == 1
    (entity,) = entities(session)
    assert (entity.version, entity.data["desil"], entity.data["program"], entity.data["temuan"]) == (
        2,
        "5",
        "PKH",
        "",
    )
    assert entity.data["tugas"] == "kunjungan"
    last = versions(session, entity)[-1]
    assert set(last.data_received) == {"desil", "program", "temuan", "label"}
    assert (last.version, last.base_version, last.conflict) == (2, 1, None)


def visited(session: Session, project_id: int, **answers: str) -> Entity:
    (entity,) = entities(session)
    listed = entity_lists.get_list(session, project_id, "keluarga")
    change = Change(entity.uuid, None, answers, base_version=entity.version)
    return update_entity(session, listed, change, Origin(None, source={"submission": {}}))


def test_what_a_form_wrote_is_never_overwritten(session: Session, project_id: int, family: Household) -> None:
    enrol_households(session, project_id)
    visited(session, project_id, alamat="Jl. Baru 5", kunjungan_ke="1", geometry="-7.7 112.2 0 5")
    family.address, family.lat, family.desil = "Dsn. Lama", -7.9, 7
    session.flush()
    assert enrol_households(session, project_id).updated == 1
    (entity,) = entities(session)
    assert (entity.data["alamat"], entity.data["geometry"], entity.data["kunjungan_ke"]) == (
        "Jl. Baru 5",
        "-7.7 112.2 0 5",
        "1",
    )
    assert (entity.data["desil"], entity.version) == ("7", 3)
    assert enrol_households(session, project_id).unchanged == 1, (
        "a difference that stays is no new version each time"
    )


def test_what_a_decision_wrote_is_never_overwritten(
    session: Session, project_id: int, family: Household
) -> None:
    enrol_households(session, project_id)
    (entity,) = entities(session)
    update_by_server(
        session, entity, {"status_kepesertaan": "graduasi", "tugas": "selesai"}, source={"decision": 1}
    )
    report = enrol_households(session, project_id)
    (entity,) = entities(session)
    assert (report.unchanged, entity.data["status_kepesertaan"], entity.data["tugas"]) == (
        1,
        "graduasi",
        "selesai",
    )


def test_the_area_follows_the_register_and_both_villages_hear_of_it(
    session: Session, project_id: int, family: Household
) -> None:
    enrol_households(session, project_id)
    visited(session, project_id, kode_desa=PERAK, rt="009")
    before = revisions(session)
    family.area_path, family.village_code, family.rt, family.rw = (
        f"{JOGOROTO}/003/004",
        JOGOROTO,
        "004",
        "003",
    )
    session.flush()
    enrol_households(session, project_id)
    (entity,) = entities(session)
    assert (entity.area_path, entity.data["rt"], entity.data["rw"]) == (f"{JOGOROTO}/003/004", "009", "003")
    assert revisions(session) == {PERAK: before[PERAK] + 1, JOGOROTO: 1}


def test_only_the_areas_asked_for_are_enrolled(session: Session, project_id: int) -> None:
    add_household(session, f"{PERAK}/001/002")
    add_household(session, f"{PERAK}/001/003")
    add_household(session, JOGOROTO)
    assert enrol_households(session, project_id, area_paths=(f"{PERAK}/001/002",)).created == 1
    assert enrol_households(session, project_id, area_paths=(PERAK,)).created == 1
    assert enrol_households(session, project_id, area_paths=()).total == 0
    assert revisions(session) == {PERAK: 2}


def test_families_that_a_visit_found_are_left_to_their_phone(
    session: Session, project_id: int, family: Household
) -> None:
    family.source_id = None
    session.flush()
    assert enrol_households(session, project_id).total == 0


def test_a_deleted_entity_stays_deleted(session: Session, project_id: int, family: Household) -> None:
    enrol_households(session, project_id)
    entities(session)[0].deleted_at = now()
    session.flush()
    family.desil = 9
    session.flush()
    report = enrol_households(session, project_id)
    assert (report.created, report.updated) == (0, 0)


def test_campaigns_have_entities_of_their_own(session: Session, project_id: int, family: Household) -> None:
    enrol_households(session, project_id)
    enrol_households(session, projects.create_project(session, name="Tahun depan").id)
    assert len({entity.uuid for entity in entities(session)}) == 2


def test_many_households_come_in_batches(
    session: Session, project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.enrolment.BATCH_ROWS", 2)
    for number in range(5):
        add_household(session, PERAK, source_id=f"H{number}")
    seen: list[tuple[int, int]] = []
    assert (
        enrol_households(session, project_id, progress=lambda done, total: seen.append((done, total))).created
        == 5
    )
    assert seen == [(2, 5), (4, 5), (5, 5)]
    assert revisions(session) == {PERAK: 5}


def test_villages_become_entities_once(session: Session, project_id: int) -> None:
    session.add(Area(code="351701", level=6, name="Perak", parent_code="3517"))
    session.add(Area(code="3517", level=4, name="Kabupaten Jombang", parent_code="35"))
    village = add_village(session, PERAK, name="Jantiganggong")
    add_village(session, JOGOROTO)
    assert enrol_areas(session, project_id, ["35.17.01"]).created == 1
    (entity,) = entities(session)
    assert entity.data == {"kode_desa": PERAK, "kecamatan": "Perak", "kabupaten": "Kabupaten Jombang"}
    assert (entity.label, entity.area_path, entity.household_id) == ("Jantiganggong (Perak)", PERAK, None)
    assert enrol_areas(session, project_id, ["35.17"]).created == 1
    village.name = "Janti"
    session.flush()
    assert enrol_areas(session, project_id, ["35.17"]).updated == 1
    assert entities(session)[0].label == "Janti (Perak)"
