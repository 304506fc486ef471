"""A campaign as an office runs it: real commands, real server and worker, the phone's own form engine."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.demo.places import invent_villages, write_geojson
from tests.balancing import balancing
from tests.collect.entity_store import Origin
from tests.collect.instances import InstanceState
from tests.collect_phone import CollectPhone
from tests.installation import Installation, new_installation
from tests.javarosa.engine import Engine, Place
from tests.servers import S3Server, find_free_port, fresh_database

FORMS = ("penyisiran", "stiker", "aset")
COLUMNS = [
    "household_id",
    "no_kk",
    "nik_head",
    "head_name",
    "sex_head",
    "dob_head",
    "address",
    "rt",
    "rw",
    "village_code",
    "village_name",
    "district_name",
    "regency_name",
    "n_members",
    "desil",
    "programmes",
    "registered_lat",
    "registered_lon",
    "registered_source",
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


@pytest.fixture(scope="module", params=["one machine", "two machines"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A campaign on the embedded defaults; then on two web servers and two workers that share PostgreSQL and S3."""
    folder = tmp_path_factory.mktemp("campaign")
    if request.param == "one machine":
        made = new_installation(folder / "var")
        prepare(made, folder)
        with made.serving():
            yield made
        return
    s3: S3Server = request.getfixturevalue("s3_server")
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        shared = {"SISIR_DATABASE": database.plain_url, "SISIR_QUEUE": database.plain_url}
        made = new_installation(folder / "var", SISIR_MEDIA=s3.url("two-machines"), **shared)
        prepare(made, folder)
        ports = [find_free_port(), find_free_port()]
        with made.serving(port=ports[0]), made.serving(port=ports[1]):
            with balancing(int(made.environ["SISIR_PORT"]), ports) as used:
                yield made
            assert set(used) == set(ports)


def prepare(made: Installation, folder: Path) -> None:
    """Villages, families, forms."""
    villages = invent_villages()
    write_geojson(villages, folder / "villages.geojson")
    write_register(folder / "register.csv", [village.dotted for village in villages[:2]])
    made.run("area", "import", str(folder / "villages.geojson"), "--uncertainty", "11")
    made.run("household", "import", str(folder / "register.csv"), "--name", "uji")
    made.run("household", "enrol", "--area", "9901")
    made.run("form", "publish", "--bundled")


def write_register(path: Path, codes: list[str]) -> None:
    """Ten families in each village."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for place, code in enumerate(codes):
            for number in range(10):
                nik = f"990101{10 + number}0570{9000 + place * 100 + number}"
                kk = f"990101{10 + number}0511{9000 + place * 100 + number}"
                person = [
                    f"H{place}{number}",
                    kk,
                    nik,
                    f"Rekaan {place}{number}",
                    "L",
                    f"1970-05-{10 + number}",
                    "Jl. Contoh 1",
                ]
                rest = ["001", f"00{1 + number % 2}", code, "Desa", "Kec", "Kab", "3", "2", "PKH", "", "", ""]
                rows.writerow([*person, *rest])


def add_phone(office: Installation, engine: Engine, folder: Path, area: str) -> CollectPhone:
    listed = folder / "officer.csv"
    listed.write_text(f"name,areas\nPetugas,{area}\n", encoding="utf-8")
    token = office.run("officer", "import", str(listed)).splitlines()[1].rpartition(",")[2]
    return CollectPhone(f"{office.url}/v1/key/{token}/projects/1", folder=folder / "phone", engine=engine)


@pytest.fixture(scope="module")
def phone(
    office: Installation, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CollectPhone]:
    folder = tmp_path_factory.mktemp("phone")
    with add_phone(office, engine, folder, invent_villages()[0].code) as made:
        yield made


def test_a_phone_gets_the_three_forms_and_only_the_families_of_its_village(phone):
    report = phone.sync()
    assert (report.shown, report.problems) == (None, [])
    assert set(phone.forms) == set(FORMS)
    assert len(phone.entities("desa")) == 1
    families = phone.entities("keluarga")
    assert len(families) == 10
    assert {family.properties["kode_desa"] for family in families} == {invent_villages()[0].code}


def test_a_list_carries_masks_and_no_identity_number(phone):
    phone.sync()
    for family in phone.entities("keluarga"):
        assert "******" in family.properties["nik_samar"]
        assert not any(value.isdecimal() and len(value) == 16 for value in family.properties.values())


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_filled_in_and_sent_with_its_photos(office, phone, form):
    phone.sync()
    place = Place.at(-6.21, 112.09)
    for seed in range(6):
        result = phone.send(
            phone.fill(form, seed, {"desa": {"any": [e.id for e in phone.entities("desa")]}}, place=place)
        )
        assert (result.state, result.statuses) == (InstanceState.SENT, (201,)), result.shown
    office.wait_until_checked(120)  # a list that changes between manifest and download is no fault
    assert phone.sync().problems == []


def test_what_the_visit_saved_comes_back_as_the_servers_version(office, phone):
    phone.sync()
    family = phone.entities("keluarga")[0]
    village = phone.entities("desa")[0]
    hints = {
        "desa": village.id,
        "keluarga": family.id,
        "jenis_sasaran": "terdaftar",
        "status_keberadaan": "rumah_kosong",
    }
    phone.send(phone.fill("penyisiran", 77, hints, place=Place.at(-6.21, 112.09)))
    office.wait_until_checked(120)
    assert phone.sync().problems == []
    row = next(entity for entity in phone.entities("keluarga") if entity.id == family.id)
    assert row.origin is Origin.ONLINE
    assert row.version == family.version + 1
    assert row.properties["status_keberadaan"] == "rumah_kosong"


def test_an_officer_of_one_neighbourhood_sees_only_that(office, engine, tmp_path):
    with add_phone(office, engine, tmp_path, f"{invent_villages()[0].code}/001") as narrow:
        narrow.sync()
        assert {family.properties["rw"] for family in narrow.entities("keluarga")} == {"001"}
        assert len(narrow.entities("keluarga")) == 5


def test_another_village_has_its_own_families(office, engine, tmp_path):
    with add_phone(office, engine, tmp_path, invent_villages()[1].code) as other:
        other.sync()
        assert {family.properties["kode_desa"] for family in other.entities("keluarga")} == {
            invent_villages()[1].code
        }


def test_findings_can_be_exported_and_scored(office, phone):
    office.wait_until_checked(120)
    lines = office.run("export", "findings").splitlines()
    assert lines[0] == "source_id,submission,form,officer,code,kind,severity,outcome,state,evidence,at"
    assert len(lines) > 1
