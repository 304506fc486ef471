"""An office in the middle of a campaign: people, families, visits with photos, findings. For tests of the console.

Belongs here: one story that pages can be tested on. Does not: single rows (factories.py), the office (office.py).
Visits come in through the phones' door and are screened for real.
"""

import io
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from server.models.case import Case
from server.models.entity import Entity
from tests import factories
from tests.factories import SIZE, SOUTH, WEST
from tests.media.pictures import draw_house, encode
from tests.office import HEADERS, Office, Phone, open_office

ASSETS = """
| survey | | | | | | | | |
| | type | name | label::Bahasa Indonesia (id) | label::English (en) | required | bind::sisir:role | bind::sisir:sensitive | relevant |
| | start | start | | | | | | |
| | end | end | | | | | | |
| | today | today | | | | | | |
| | select_one_from_file keluarga.csv | keluarga | Keluarga | Family | yes | | | |
| | begin_group | g_letak | Letak rumah | Place of the house | | | | |
| | geopoint | titik | Titik rumah | House point | yes | house_point | | |
| | image | foto_depan | Foto rumah tampak depan | House front | yes | house_photo | | |
| | image | foto_kk | Foto Kartu Keluarga | Family card | | | yes | |
| | end_group | g_letak | | | | | | |
| | begin_group | g_aset | Aset keluarga | Assets | | | | |
| | integer | jml_mobil | Jumlah mobil | Number of cars | yes | | | |
| | select_one milik | mobil_milik | Mobil itu milik siapa? | Whose car is it? | | | | ${jml_mobil} > 0 |
| | select_one daya | daya | Daya listrik | Power | yes | | | |
| | select_one lantai | lantai | Lantai terluas | Floor | | | | |
| | text | nik | NIK kepala keluarga | NIK of the head | | | yes | |
| | text | catatan | Catatan petugas | Note of the officer | | | | |
| | end_group | g_aset | | | | | | |
| | begin_repeat | anggota | Anggota keluarga | Member | | | | |
| | text | nama_art | Nama | Name | | | | |
| | integer | umur | Umur | Age | | | | |
| | end_repeat | anggota | | | | | | |
| choices | | | | |
| | list_name | name | label::Bahasa Indonesia (id) | label::English (en) |
| | milik | sendiri | Milik sendiri | Own |
| | milik | pinjam | Pinjaman | On loan |
| | daya | 1 | 450 VA | 450 VA |
| | daya | 4 | 2.200 VA | 2200 VA |
| | lantai | 2 | Keramik | Ceramic |
| | lantai | 8 | Tanah | Soil |
| settings | | | | | |
| | form_id | form_title | version | namespaces | default_language |
| | FORM | TITLE | 1 | sisir="https://sisir.id/xforms" | Bahasa Indonesia (id) |
| rules | | | | | | | | |
| | name | kind | severity | label::Bahasa Indonesia (id) | label::English (en) | explain::Bahasa Indonesia (id) | explain::English (en) | expression | source |
| | AS01 | ineligible | tinggi | Memiliki mobil sendiri | Own car | Keluarga punya {jml_mobil} mobil, {mobil_milik}. | The family has {jml_mobil} cars, {mobil_milik}. | ${jml_mobil} >= 1 and ${mobil_milik} = 'sendiri' | S17, S22 |
| | AS06 | ineligible | tinggi | Daya listrik besar | High power | Daya listrik rumah {daya}. | The power of the house is {daya}. | ${daya} = '4' | S22 |
| | EX01 | protect | info | Kriteria fakir miskin | Criteria of the very poor | Lantai terluas: {lantai}. | Largest floor: {lantai}. | ${lantai} = '8' | Kepmensos 262/HUK/2022 |
"""


@dataclass(frozen=True)
class Stage:
    """The office with everybody in it. cases: head of the family -> case id; entities: -> uuid."""

    office: Office
    siti: Phone
    budi: Phone
    cases: dict[str, int]
    entities: dict[str, str]

    def send(self, phone: Phone, head: str, *, form: str = "aset", seed: int = 1, **answers: str) -> str:
        """A visit from a phone, answered; returns its instanceID. The office has yet to work on it."""
        instance_id = f"uuid:{uuid.uuid4()}"
        photo = encode(draw_house(seed, (640, 480)))
        xml = visit_xml(form, instance_id, self.entities.get(head, ""), answers)
        files = {"depan.jpg": photo, "kk.jpg": encode(draw_house(seed + 500, (640, 480)))}
        answer = self.office.client.post(
            phone.url("submission?deviceID=collect%3Aabc"),
            data={"xml_submission_file": (io.BytesIO(xml), "a.xml", "text/xml")}
            | {name: (io.BytesIO(data), name, "image/jpeg") for name, data in files.items()},
            content_type="multipart/form-data",
            headers=HEADERS,
        )
        assert answer.status_code == 201, answer.data
        return instance_id

    def refresh(self) -> "Stage":
        """Does what submissions are owed and looks the cases up again."""
        self.office.work()
        with self.office.session() as session:
            self.cases.clear()
            self.cases.update(dict(session.execute(select(Case.title, Case.id)).all()))
        return self


def visit_xml(form: str, instance_id: str, entity: str, answers: dict[str, str]) -> bytes:
    """A submission's XML; answers override the defaults, '' leaves a node empty."""
    given = {
        "lat": f"{SOUTH + SIZE / 2:.6f}",
        "lon": f"{WEST + SIZE / 2:.6f}",
        "accuracy": "9",
        "mobil": "0",
        "milik": "",
        "daya": "1",
        "lantai": "2",
        "nik": NIK,
        "catatan": "",
        "anggota": "Sari:34",
        "hour": "09",
        **answers,
    }
    owned = f"<mobil_milik>{given['milik']}</mobil_milik>" if given["milik"] else ""
    members = "".join(
        f"<anggota><nama_art>{name}</nama_art><umur>{age}</umur></anggota>"
        for name, age in (item.split(":") for item in given["anggota"].split(","))
    )
    return (
        f'<data id="{form}" version="1" xmlns:orx="http://openrosa.org/xforms">'
        f"<start>2026-11-23T{given['hour']}:00:00.000+07:00</start><end>2026-11-23T{given['hour']}:24:00.000+07:00</end>"
        "<today>2026-11-23</today>"
        f"<keluarga>{entity}</keluarga><g_letak><titik>{given['lat']} {given['lon']} 40 {given['accuracy']}</titik>"
        "<foto_depan>depan.jpg</foto_depan><foto_kk>kk.jpg</foto_kk></g_letak>"
        f"<g_aset><jml_mobil>{given['mobil']}</jml_mobil>{owned}<daya>{given['daya']}</daya>"
        f"<lantai>{given['lantai']}</lantai><nik>{given['nik']}</nik><catatan>{given['catatan']}</catatan></g_aset>"
        f"{members}<meta><instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def form_text(form_id: str, title: str) -> bytes:
    """The stage's form under a form id of its own."""
    return ASSETS.replace("FORM", form_id).replace("TITLE", title).encode()


NIK = "3599014107800001"
FAMILIES = (
    "Suparmi",
    "Kasiyem",
    "Slamet Riyadi",
    "Tukinah",
    "Ngatemin",
    "Sri Wahyuni",
    "Paijan",
    "Mulyono",
    "Warsini",
    "Sutrisno",
)


def open_stage(folder: Path, **variables: str) -> Stage:
    """The office, its campaign under way.

    Supervisor Rina and Bagus (the regency), supervisor Joko (the second village only), Dinsos Dewi, auditor Tono, admin
    Admin. Suparmi has a car and a large power meter found at two visits by two officers; the others less.
    """
    office = open_office(folder, **variables)
    with office.session() as session:
        factories.make_areas(session)
        factories.make_user(session, "Rina", "supervisor", "3599")
        factories.make_user(session, "Bagus", "supervisor", "3599")
        factories.make_user(session, "Joko", "supervisor", "3599012002")
        factories.make_user(session, "Dewi", "dinsos", "3599")
        factories.make_user(session, "Tono", "auditor", "3599")
        factories.make_user(session, "Admin", "admin", site=True)
        snapshot = factories.make_snapshot(session)
        seal = office.backends.seal
        for place, head in enumerate(FAMILIES):
            village = place % 3
            factories.make_household(
                session,
                office.project_id,
                head,
                village_code=f"359901200{village + 1}",
                snapshot_id=snapshot.id,
                rt=f"{place % 4 + 1:03d}",
                area_path=f"359901200{village + 1}/001/{place % 4 + 1:03d}",
                lat=SOUTH + SIZE / 2 + place * 0.0007,
                lon=WEST + (village + 0.5) * SIZE,
                nik_hash=seal.keyed_hash(NIK) if place == 0 else None,
                nik_sealed=seal.seal_text(NIK) if place == 0 else None,
            )
        entities = dict(session.execute(select(Entity.label, Entity.uuid)).all())
    office.publish(form_text("aset", "Pemeriksaan aset"), "aset.md")
    office.publish(form_text("aset_ulang", "Aset, kunjungan ulang"), "aset_ulang.md")
    stage = Stage(
        office, office.phone("Siti Aminah", "3599"), office.phone("Budi Santoso", "3599"), {}, entities
    )
    _visit(stage)
    return stage.refresh()


def _visit(stage: Stage) -> None:
    far = {"lat": f"{SOUTH - 0.004:.6f}"}
    stage.send(stage.siti, "Suparmi", seed=1, mobil="1", milik="sendiri", daya="4", lantai="8")
    stage.send(stage.budi, "Suparmi", form="aset_ulang", seed=2, mobil="1", milik="sendiri", daya="4")
    stage.send(stage.siti, "Kasiyem", seed=3, hour="10", mobil="1", milik="sendiri", **_spot(1, 1))
    stage.send(stage.siti, "Slamet Riyadi", seed=4, hour="11", daya="4", **_spot(2, 2))
    stage.send(stage.siti, "Tukinah", seed=4, hour="12", lantai="8", **_spot(0, 3))
    stage.send(stage.budi, "Ngatemin", seed=6, hour="10", **{**_spot(1, 4), **far})
    stage.send(
        stage.budi, "Sri Wahyuni", seed=7, hour="11", mobil="2", milik="sendiri", daya="", **_spot(2, 5)
    )
    stage.send(stage.budi, "Paijan", seed=8, hour="12", catatan="Rumah dikontrakkan", **_spot(0, 6))


def _spot(village: int, place: int) -> dict[str, str]:
    return {
        "lat": f"{SOUTH + SIZE / 2 + place * 0.0007 + 0.0001:.6f}",
        "lon": f"{WEST + (village + 0.5) * SIZE + 0.0001:.6f}",
    }
