"""Every bundled workbook, filled by the engine that the phones have."""

import random
import uuid
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from tests.javarosa.engine import Engine, Filling
from tests.javarosa.xforms import compile_workbook, write_csv

WORKBOOKS = Path(__file__).parents[2] / "forms" / "xlsform"
SEEDS = range(30)
KELUARGA = (
    "name label __version __trunkVersion __branchId kode_desa rt rw alamat nama_kepala nik_samar nik_akhir4 "
    "jml_art program temuan kunjungan_ke status_keberadaan status_stiker skor_aset status_kepesertaan "
    "jenis_graduasi tgl_graduasi tugas alasan_tugas"
)
BEYOND_REACH = ("alamat_tidak_ditemukan", "tidak_dikenal")
STAYED = ("ada", "pindah_dalam_desa")


def family(number: int, kode_desa: str) -> list[str]:
    dice = random.Random(number)
    made = {
        "name": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "label": f"KELUARGA {number} / 001-002 / 3517",
        "__version": str(1 + number % 3),
        "__trunkVersion": str(1 + number % 3),
        "__branchId": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "kode_desa": kode_desa,
        "nama_kepala": f"Kepala {number}",
        "nik_akhir4": "1234",
        "jml_art": str(1 + number % 6) if number % 4 else "",
        "program": "pkh sembako",
        "temuan": "asn" if number % 3 == 0 else "",
        "kunjungan_ke": "2" if number % 2 else "",
        "status_stiker": "terpasang" if number % 2 else "",
        "status_kepesertaan": "graduasi" if number % 3 == 1 else "aktif",
        "tgl_graduasi": "2026-01-15" if number % 3 == 1 else "",
    }
    return [made.get(column, "") for column in KELUARGA.split()]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    villages = [[f"desa-{n}", f"Desa {n}", "1", f"351701200{n}"] for n in (1, 2)]
    write_csv(folder / "desa.csv", "name label __version kode_desa", villages)
    families = [family(number, villages[number % 2][3]) for number in range(24)]
    write_csv(folder / "keluarga.csv", KELUARGA, families)
    return folder


def open_form(engine: Engine, media: Path, name: str) -> None:
    form = media / f"{name}.xml"
    if not form.exists():
        form.write_text(compile_workbook(WORKBOOKS / f"{name}.xlsx"), encoding="utf-8")
    engine.load(form, media)


def submission(engine: Engine, media: Path) -> etree._Element:
    return etree.fromstring(engine.serialize(media / "out").read_bytes())


def texts(data: etree._Element) -> dict[str, str]:
    return {str(node.tag): node.text or "" for node in data.iter() if len(node) == 0}


@pytest.mark.parametrize("name", sorted(path.stem for path in WORKBOOKS.glob("*.xlsx")))
def test_any_way_through_a_bundled_form_can_be_finalised(engine: Engine, media: Path, name: str) -> None:
    open_form(engine, media, name)
    for seed in SEEDS:
        filling = engine.fill(seed, optional_share=(seed % 3) / 2)
        assert engine.validate() is None
        assert set(filling.media.values()) <= set(texts(submission(engine, media)).values())


def outcomes(engine: Engine, media: Path, name: str, question: str, **hints: object) -> Counter[str]:
    open_form(engine, media, name)
    return Counter(engine.fill(seed, hints).value(question) or "" for seed in range(120))


@pytest.mark.parametrize(
    ("name", "question", "choices"),
    [
        ("penyisiran", "jenis_sasaran", 2),
        ("penyisiran", "status_keberadaan", 9),
        ("penyisiran", "saran", 6),
        ("stiker", "hasil_stiker", 8),
        ("stiker", "pilihan_keluarga", 4),
        ("aset", "penerangan", 4),
        ("aset", "luas_lahan", 6),
    ],
)
def test_every_outcome_of_a_question_can_be_reached(
    engine: Engine, media: Path, name: str, question: str, choices: int
) -> None:
    seen = outcomes(engine, media, name, question)
    assert len(set(seen) - {""}) == choices


@pytest.mark.parametrize("result", ["lengkap", "sebagian", "tidak_di_rumah", "menolak"])
def test_interview_is_asked_exactly_when_it_took_place(engine: Engine, media: Path, result: str) -> None:
    open_form(engine, media, "penyisiran")
    for seed in SEEDS:
        hints = {"status_keberadaan": {"any": list(STAYED)}, "hasil_wawancara": result, "jml_art": "2"}
        engine.fill(seed, hints)
        data = submission(engine, media)
        took_place = result in ("lengkap", "sebagian")
        assert (data.find("g_wawancara") is not None) is took_place
        assert len(data.findall("g_wawancara/art")) == (2 if took_place else 0)


def test_sweep_has_a_point_and_a_photo_only_where_there_is_a_house(engine: Engine, media: Path) -> None:
    open_form(engine, media, "penyisiran")
    for seed in SEEDS:
        filling = engine.fill(seed)
        where = filling.value("status_keberadaan")
        assert (filling.value("gps_bisa") is None) is (where in BEYOND_REACH)
        assert (filling.value("titik_rumah") is None) is (filling.value("gps_bisa") != "ya")
        assert bool(filling.value("foto_depan")) is (filling.value("foto_depan_boleh") == "ya")


@pytest.mark.parametrize("name", ["penyisiran", "stiker", "aset"])
def test_update_names_the_chosen_family_and_the_version_it_had(
    engine: Engine, media: Path, name: str
) -> None:
    open_form(engine, media, name)
    versions = {row[0]: row[2:5] for row in (family(n, "") for n in range(24))}
    for seed in SEEDS:
        filling = engine.fill(seed, {"jenis_sasaran": "terdaftar"})
        entity = submission(engine, media).find("meta/entity")
        assert entity is not None
        assert (entity.get("id"), entity.get("update")) == (filling.value("keluarga"), "1")
        found = [entity.get(key) for key in ("baseVersion", "trunkVersion", "branchId")]
        assert found == versions[str(filling.value("keluarga"))]


def test_new_family_is_created_under_a_fresh_uuid(engine: Engine, media: Path) -> None:
    open_form(engine, media, "penyisiran")
    ids = set()
    for seed in range(5):
        filling: Filling = engine.fill(seed, {"jenis_sasaran": "baru", "nama_baru": "Painem"})
        data = submission(engine, media)
        entity = data.find("meta/entity")
        assert entity is not None
        assert (entity.get("create"), entity.get("id")) == ("1", data.findtext("uuid_baru"))
        assert filling.value("keluarga") is None
        assert "Painem" in (entity.findtext("label") or "")
        ids.add(entity.get("id"))
    assert len(ids) == 5


def test_saved_dates_are_plain_dates(engine: Engine, media: Path) -> None:
    open_form(engine, media, "penyisiran")
    engine.fill(1)
    data = submission(engine, media)
    assert data.findtext("tgl_simpan") == data.findtext("today")


def test_sticker_needs_the_familys_consent(engine: Engine, media: Path) -> None:
    open_form(engine, media, "stiker")
    for seed in SEEDS:
        filling = engine.fill(seed, {"hasil_stiker": {"any": ["terpasang", "diganti"]}})
        assert filling.value("pilihan_keluarga") == "tetap_tempel"
        number = submission(engine, media).findtext("no_stiker_simpan")
        assert number == (filling.value("no_stiker") or filling.value("no_stiker_ketik"))
