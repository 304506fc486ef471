import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.javarosa.engine import Device, Engine, EngineError, EngineUnavailable, Place
from tests.javarosa.xforms import compile_markdown, write_csv

NIK = r"^[1-9][0-9]{5}(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(0[1-9]|1[0-2])[0-9]{6}$"

TYPES = f"""
| survey | | | | | | | |
| | type | name | label | constraint | required | relevant | parameters |
| | start | start | | | | | |
| | end | end | | | | | |
| | today | today | | | | | |
| | username | username | | | | | |
| | deviceid | deviceid | | | | | |
| | start-geopoint | titik_mulai | | | | | |
| | text | nik | NIK | regex(., '{NIK.replace("|", chr(92) + "|")}') and substr(., 12) != '0000' | yes | | |
| | text | hp | HP | regex(., '^(08\\|628)[0-9]{{7,12}}$') | yes | | |
| | text | stiker | Stiker | regex(., '^[A-Z0-9-]{{4,20}}$') | yes | | |
| | text | uraian | Uraian | string-length(.) >= 15 | yes | | |
| | integer | tahun | Tahun | . >= 2024 and . <= 2100 | yes | | |
| | integer | sedikit | Sedikit | . > 3 and . < 6 | yes | | |
| | decimal | berat | Berat | . >= 0.5 and . <= 4.5 | yes | | |
| | date | kembali | Kembali | . >= today() | yes | | |
| | geopoint | titik | Titik | selected-at(., 3) <= 100 | yes | | |
| | geoshape | batas | Batas | | yes | | |
| | range | nilai | Nilai | | yes | | start=10 end=0 step=2 |
| | select_multiple apa | apa | Apa | not(selected(., 'nihil') and count-selected(.) > 1) | yes | | |
| | rank apa | urut | Urut | | yes | | |
| | acknowledge | ok | OK | | yes | | |
| | image | foto | Foto | | yes | | |
| | audio | suara | Suara | | yes | | |
| | note | catatan | Baca ini | | | | |
| | text | alasan | Alasan | | yes | ${{sedikit}} = 4 | |
| | text | bebas | Bebas | | | | |
| choices | | | |
| | list_name | name | label |
| | apa | a | A |
| | apa | b | B |
| | apa | nihil | N |
| settings | | | |
| | form_id | version | instance_name |
| | jenis | 7 | concat('J ', ${{tahun}}) |
"""

ROWS = """
| survey | | | | | |
| | type | name | label | required | repeat_count |
| | integer | jumlah | Jumlah | yes | |
| | begin_repeat | art | Anggota | | ${jumlah} |
| | integer | umur | Umur | yes | |
| | end_repeat | | | | |
| | begin_repeat | kunjungan | Kunjungan | | |
| | text | nama | Nama | yes | |
| | end_repeat | | | | |
| settings | |
| | form_id |
| | baris |
"""

ENTITY = """
| survey | | | | | | | | |
| | type | name | label | required | calculation | relevant | choice_filter | save_to |
| | select_one_from_file desa.csv | desa | Desa | yes | | | | |
| | calculate | kode | | | instance('desa')/root/item[name=${desa}]/kode_desa | | | |
| | select_one_from_file keluarga.csv | keluarga | Keluarga | yes | | | kode_desa = ${kode} | |
| | calculate | label_k | | | instance('keluarga')/root/item[name=${keluarga}]/label | | | |
| | text | rt | RT | yes | | | | rt |
| settings | |
| | form_id |
| | pilih |
| entities | | | | |
| | list_name | entity_id | update_if | label |
| | keluarga | ${keluarga} | true() | ${label_k} |
"""
KEL_1 = "9b1a3c52-5f0e-4c0c-9f3f-000000000001"
KEL_2 = "9b1a3c52-5f0e-4c0c-9f3f-000000000002"


def load(engine: Engine, folder: Path, markdown: str, device: Device | None = None) -> None:
    form = folder / "form.xml"
    form.write_text(compile_markdown(markdown), encoding="utf-8")
    engine.load(form, folder, device)


def submission(engine: Engine, folder: Path) -> etree._Element:
    return etree.fromstring(engine.serialize(folder / "out.xml").read_bytes())


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    write_csv(
        tmp_path / "desa.csv",
        "name label __version kode_desa",
        [["d1", "A", "1", "11"], ["d2", "B", "1", "22"]],
    )
    rows = [[KEL_1, "Satu", "3", "3", "cabang", "11"], [KEL_2, "Dua", "2", "", "", "22"]]
    write_csv(tmp_path / "keluarga.csv", "name label __version __trunkVersion __branchId kode_desa", rows)
    return tmp_path


@pytest.mark.parametrize("seed", range(8))
def test_answers_of_every_type_satisfy_their_constraints(engine: Engine, tmp_path: Path, seed: int) -> None:
    load(engine, tmp_path, TYPES)
    filling = engine.fill(seed)
    assert engine.validate() is None
    assert re.fullmatch(NIK, filling.value("nik") or "")
    assert re.fullmatch(r"(08|628)\d{7,12}", filling.value("hp") or "")
    assert re.fullmatch(r"[A-Z0-9-]{4,20}", filling.value("stiker") or "")
    assert len(filling.value("uraian") or "") >= 15
    assert 2024 <= int(filling.value("tahun") or 0) <= 2100
    assert filling.value("sedikit") in ("4", "5")
    assert 0.5 <= float(filling.value("berat") or 0) <= 4.5
    assert (filling.value("nilai") or "") in ("0", "2", "4", "6", "8", "10")
    assert set((filling.value("urut") or "").split()) == {"a", "b", "nihil"}
    assert filling.value("ok") == "OK"
    assert set(filling.media) == {"/data/foto", "/data/suara"}
    assert filling.media["/data/foto"].endswith(".jpg")


def test_submission_has_the_shape_of_collects(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES, Device(device_id="collect:abc", username="budi"))
    engine.fill(3, {"sedikit": "5", "tahun": "2030"}, duration_s=900)
    data = submission(engine, tmp_path)
    assert (data.get("id"), data.get("version")) == ("jenis", "7")
    assert data.findtext("deviceid") == "collect:abc"
    assert data.findtext("username") == "budi"
    began, ended = (datetime.fromisoformat(data.findtext(name) or "") for name in ("start", "end"))
    assert timedelta(seconds=899) <= ended - began <= timedelta(seconds=930)
    assert ended.utcoffset() == timedelta(hours=7)
    assert data.findtext("today") == ended.date().isoformat()
    assert (data.findtext("meta/instanceID") or "").startswith("uuid:")
    assert data.findtext("meta/instanceName") == "J 2030"
    corners = (data.findtext("batas") or "").split(";")
    assert corners[0] == corners[-1]


def test_irrelevant_question_is_absent_and_open_one_is_empty(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES)
    engine.fill(1, {"sedikit": "5", "bebas": ""})
    data = submission(engine, tmp_path)
    assert data.find("alasan") is None
    assert data.find("bebas") is not None
    assert not data.findtext("bebas")
    engine.fill(1, {"sedikit": "4"})
    assert submission(engine, tmp_path).findtext("alasan")


def test_optional_questions_are_answered_as_often_as_asked(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES)
    assert all(engine.fill(seed, optional_share=1.0).value("bebas") for seed in range(5))
    assert not any(engine.fill(seed, optional_share=0.0).value("bebas") for seed in range(5))


def test_fixes_lie_where_the_phone_stands(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES)
    engine.fill(1, place=Place.at(-7.55, 112.25, accuracy_m=8.0))
    data = submission(engine, tmp_path)
    for name in ("titik", "titik_mulai"):
        latitude, longitude, _, accuracy = map(float, (data.findtext(name) or "").split())
        assert abs(latitude + 7.55) < 0.0001
        assert abs(longitude - 112.25) < 0.0001
        assert accuracy == 8.0


def test_start_point_is_empty_when_location_is_off(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES)
    engine.fill(1, place=Place(location_on=False))
    assert not submission(engine, tmp_path).findtext("titik_mulai")


def test_same_seed_gives_the_same_answers(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TYPES)
    first, second, other = engine.fill(5), engine.fill(5), engine.fill(6)
    stable = ("nik", "hp", "uraian", "titik", "apa")
    assert [first.value(name) for name in stable] == [second.value(name) for name in stable]
    assert first.value("nik") != other.value("nik")


def test_rows_follow_the_count_and_a_list_hints_one_per_row(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, ROWS)
    filling = engine.fill(
        2, {"jumlah": "3", "umur": ["40", "38"], "/data/art[3]/umur": "5", "kunjungan": "2"}
    )
    assert filling.values("umur") == ["40", "38", "5"]
    assert list(filling.answers)[-2:] == ["/data/kunjungan[1]/nama", "/data/kunjungan[2]/nama"]
    data = submission(engine, tmp_path)
    assert len(data.findall("art")) == 3
    assert len(data.findall("kunjungan")) == 2


def test_hints_that_no_question_uses_are_reported(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, ROWS)
    assert engine.fill(2, {"jumlah": "1", "salah_ketik": "x"}).unused_hints == ["salah_ketik"]


def test_choices_come_from_the_filtered_csv(engine: Engine, lists: Path) -> None:
    load(engine, lists, ENTITY)
    pairs = {(filling.value("desa"), filling.value("keluarga")) for filling in map(engine.fill, range(8))}
    assert pairs == {("d1", KEL_1), ("d2", KEL_2)}


def test_entity_update_carries_version_trunk_and_branch(engine: Engine, lists: Path) -> None:
    load(engine, lists, ENTITY)
    engine.fill(1, {"desa": "d1"})
    entity = submission(engine, lists).find("meta/entity")
    assert entity is not None
    wanted = {"dataset": "keluarga", "id": KEL_1, "update": "1", "baseVersion": "3"}
    assert {str(key): value for key, value in entity.attrib.items()} == wanted | {
        "trunkVersion": "3",
        "branchId": "cabang",
    }
    assert entity.findtext("label") == "Satu"


def test_media_may_change_between_two_fillings(engine: Engine, lists: Path) -> None:
    load(engine, lists, ENTITY)
    engine.fill(1, {"desa": "d1"})
    row = [KEL_1, "Satu lagi", "4", "3", "cabang", "11"]
    write_csv(lists / "keluarga.csv", "name label __version __trunkVersion __branchId kode_desa", [row])
    assert engine.fill(1, {"desa": "d1"}).value("keluarga") == KEL_1
    entity = submission(engine, lists).find("meta/entity")
    assert entity is not None
    assert entity.get("baseVersion") == "4"


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        ({"tahun": "1999"}, "the form refuses the answer 1999 for /data/tahun"),
        ({"tahun": ""}, "required"),
        ({"apa": "zzz"}, "choice zzz is not offered; offered: a b nihil"),
        ({"apa": "a nihil"}, "constraint"),
        ({"kembali": "bukan tanggal"}, "cannot answer /data/kembali"),
    ],
)
def test_impossible_hint_is_an_error_that_names_the_question(
    engine: Engine, tmp_path: Path, hints: dict[str, str], text: str
) -> None:
    load(engine, tmp_path, TYPES)
    with pytest.raises(EngineError, match=re.escape(text)):
        engine.fill(1, hints)
    assert engine.fill(1).value("ok") == "OK"


def test_empty_choice_list_is_an_error_that_names_the_question(engine: Engine, lists: Path) -> None:
    write_csv(lists / "keluarga.csv", "name label __version kode_desa", [])
    load(engine, lists, ENTITY)
    with pytest.raises(EngineError, match="no acceptable answer for /data/keluarga"):
        engine.fill(1)


def test_broken_form_gives_javarosas_message(engine: Engine, tmp_path: Path) -> None:
    broken = compile_markdown(ROWS).replace(
        'nodeset="/data/jumlah"', 'nodeset="/data/jumlah" relevant="foo("'
    )
    (tmp_path / "form.xml").write_text(broken, encoding="utf-8")
    with pytest.raises(EngineError, match="XFormParseException"):
        engine.load(tmp_path / "form.xml", tmp_path)


def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    with Engine() as engine:
        load(engine, tmp_path, ROWS)
    with pytest.raises(EngineUnavailable, match="closed"):
        engine.fill(1)
