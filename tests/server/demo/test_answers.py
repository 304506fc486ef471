"""What an officer types: relevant questions only, as a phone leaves the others out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

from server.demo.answers import Scene, fill_forms

ENTITY = {"name": "e-1", "label": "Budi Rekaan / 001-001"}
SCENE = Scene(
    name="Budi Rekaan",
    nik="9901010101809001",
    no_kk="9901010101109001",
    sex="l",
    born_on=date(1980, 1, 1),
    rt="001",
    rw="001",
    address="Dsn. Krajan",
    village_code="9901012001",
    members=3,
    components=("sd",),
    programmes=("pkh",),
    point="-6.2 112.1 0.0 5.0",
    started_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
    seconds=900,
    photo=b"photo",
)


def fill(**changes):
    return {form.form_id: form for form in fill_forms(replace(SCENE, **changes), ENTITY, "v-1")}


def test_one_visit_is_three_forms_one_after_another():
    forms = list(fill().values())
    assert [form.form_id for form in forms] == ["penyisiran", "stiker", "aset"]
    assert all(earlier.ended_at < later.started_at for earlier, later in pairwise(forms))


def test_nobody_met_means_no_interview_no_sticker_no_assets():
    forms = fill(presence="pindah_luar_kab")
    assert list(forms) == ["penyisiran"]
    assert "nik" not in forms["penyisiran"].answers
    assert forms["penyisiran"].answers["tujuan_pindah"]


def test_the_members_are_the_head_the_components_and_children_up_to_the_card():
    members = fill()["penyisiran"].answers["art"]
    assert [member["komponen"] for member in members] == ["tidak_ada", "sd", "tidak_ada"]
    assert members[0]["shdk"] == "1"


def test_a_dead_head_is_asked_nothing():
    head = fill(head_is_dead=True)["penyisiran"].answers["art"][0]
    assert head["status_art"] == "2"
    assert "kerja_khusus" not in head
    assert "komponen" not in head


def test_without_gps_there_is_a_reason_and_no_point():
    answers = fill(no_gps=True)["penyisiran"].answers
    assert answers["alasan_tanpa_gps"]
    assert "titik_rumah" not in answers


def test_the_sticker_s_photo_is_another_shot_when_there_is_one():
    assert fill()["stiker"].files == {"stiker.jpg": b"photo"}
    assert fill(sticker_photo=b"shot")["stiker"].files == {"stiker.jpg": b"shot"}


def test_a_lost_sticker_photo_is_named_and_not_sent():
    sticker = fill(sticker_photo_lost=True)["stiker"]
    assert sticker.answers["foto_stiker"] == "stiker.jpg"
    assert sticker.files == {}


def test_a_family_that_withdraws_signs_a_letter():
    sticker = fill(withdraws=True, letter=b"letter")["stiker"]
    assert sticker.answers["pilihan_keluarga"] == "mundur"
    assert sticker.files == {"surat.jpg": b"letter"}


def test_pace_stretches_sticker_and_assets():
    def minutes(form):
        return (form.ended_at - form.started_at).total_seconds() / 60

    assert minutes(fill(pace=2.0)["aset"]) == 2 * minutes(fill()["aset"])
    assert minutes(fill(pace=2.0)["penyisiran"]) == minutes(fill()["penyisiran"])
