"""Every rule of the bundled workbooks, over answers as phones send them; the counted criteria stand in
test_bundled_rules_protection.py."""

import pytest

from forms.rule_terms import Severity
from forms.rules_explain import render_explanation
from tests.forms.bundled import NAMES
from tests.forms.families import AWAY, Group, assets, dead, member, pupil, sticker, sweep, talk
from tests.forms.judging import CLEAR, FIRES, NOT, UNKNOWN, codes, judge, rules_of


def jobs(*choices: str) -> Group:
    return talk(member(kerja_khusus=" ".join(choices)), pupil())


UNANSWERED_JOB = talk(member(kerja_khusus=""), pupil())
JOBS = [
    ("EL01", "asn"),
    ("EL01", "tni_polri"),
    ("EL02", "pensiunan"),
    ("EL03", "perangkat_desa"),
    ("EL04", "bumn_bumd"),
    ("EL04", "pejabat"),
    ("EL05", "honorer"),
    ("EL05", "guru_sertifikasi"),
    ("EL05", "nakes"),
    ("EL07", "pengurus_usaha"),
    ("EL08", "pendamping"),
]


@pytest.mark.parametrize(("code", "choice"), JOBS)
def test_job_of_any_member_fires(code, choice):
    assert judge(code, jobs(choice)).outcome is FIRES
    assert judge(code, talk(member(), member(kerja_khusus=choice), pupil())).evidence["$rows"] == [2]


@pytest.mark.parametrize("code", sorted({code for code, _ in JOBS}))
def test_job_rule_is_clear_unknown_or_not_applicable(code):
    others = [choice for rule, choice in JOBS if rule != code]
    assert judge(code, jobs(*others)).outcome is CLEAR
    assert judge(code, UNANSWERED_JOB).outcome is UNKNOWN
    assert judge(code, AWAY).outcome is UNKNOWN
    assert judge(code, jobs(*[choice for _, choice in JOBS]), programmes=set()).outcome is NOT


def test_a_job_is_unknown_while_nobody_knows_whether_the_family_receives_aid():
    assert judge("EL01", jobs("asn"), programmes=None).outcome is UNKNOWN
    assert judge("EL01", jobs("tidak_ada"), programmes=None).outcome is CLEAR


HEAD_DEAD = [dead(), pupil()]
PENYISIRAN = [
    ("EL06", talk(member(penghasilan="umk_10jt")), {}, FIRES),
    ("EL06", talk(member(penghasilan="gt_10jt")), {}, FIRES),
    ("EL06", talk(member(penghasilan="umk")), {}, CLEAR),
    ("EL06", talk(member(penghasilan="")), {}, UNKNOWN),
    ("EL09", sweep(status_keberadaan="meninggal_semua", hasil_wawancara=None, g_wawancara=None), {}, FIRES),
    ("EL09", talk(*HEAD_DEAD, pengurus_diganti="tidak"), {}, FIRES),
    ("EL09", talk(*HEAD_DEAD, pengurus_diganti="tt"), {}, FIRES),
    ("EL09", talk(*HEAD_DEAD, pengurus_diganti="ya"), {}, CLEAR),
    ("EL09", talk(*HEAD_DEAD, pengurus_diganti=""), {}, UNKNOWN),
    ("EL09", talk(member(), dead(shdk="2", pengurus="ya"), pengurus_diganti="tidak"), {}, FIRES),
    ("EL09", talk(member(), dead(shdk="6")), {}, CLEAR),
    ("EL09", AWAY, {}, UNKNOWN),
    ("EL09", talk(*HEAD_DEAD, pengurus_diganti="tidak"), {"programmes": set()}, FIRES),
    ("EL10", sweep(status_keberadaan="pindah_luar_desa", g_wawancara=None), {}, FIRES),
    ("EL10", sweep(status_keberadaan="pindah_luar_kab", g_wawancara=None), {}, FIRES),
    ("EL10", sweep(status_keberadaan="luar_negeri", g_wawancara=None), {"programmes": set()}, FIRES),
    ("EL10", sweep(status_keberadaan="pindah_dalam_desa"), {}, CLEAR),
    ("EL10", sweep(status_keberadaan=""), {}, UNKNOWN),
    ("EL11", sweep(status_keberadaan="alamat_tidak_ditemukan", sumber_info="rt_rw tetangga"), {}, FIRES),
    ("EL11", sweep(status_keberadaan="tidak_dikenal", sumber_info="rt_rw"), {}, FIRES),
    ("EL11", sweep(status_keberadaan="tidak_dikenal", sumber_info="tetangga"), {}, CLEAR),
    ("EL11", sweep(status_keberadaan="tidak_dikenal", sumber_info=""), {}, UNKNOWN),
    ("EL11", sweep(), {}, CLEAR),
    ("EL12", AWAY, {"visits": 3}, FIRES),
    ("EL12", AWAY, {"visits": 2}, CLEAR),
    ("EL12", AWAY, {"visits": None}, UNKNOWN),
    ("EL12", sweep(), {"visits": 5}, CLEAR),
    ("EL16", sweep(), {"desil": 5}, FIRES),
    ("EL16", sweep(), {"desil": 4}, CLEAR),
    ("EL16", sweep(), {"desil": 5, "programmes": {"sembako"}}, CLEAR),
    ("EL16", sweep(), {"desil": 6, "programmes": {"sembako"}}, FIRES),
    ("EL16", sweep(), {"desil": 9, "programmes": {"blt_dd"}}, CLEAR),
    ("EL16", sweep(), {"desil": None}, UNKNOWN),
    ("EL16", sweep(), {"desil": 9, "programmes": set()}, NOT),
    ("EL17", talk(temuan_sesuai="sesuai"), {}, FIRES),
    ("EL17", talk(temuan_sesuai="tidak_sesuai"), {}, CLEAR),
    ("EL17", talk(), {}, CLEAR),
    ("EL17", AWAY, {}, UNKNOWN),
    ("EL18", talk(temuan_sesuai="tidak_sesuai"), {}, FIRES),
    ("EL18", talk(temuan_sesuai="belum"), {}, CLEAR),
    ("EL18", talk(temuan_sesuai=""), {}, UNKNOWN),
    ("KP01", talk(member(), member(umur=40)), {}, FIRES),
    ("KP01", talk(member(), dead(umur=8)), {}, FIRES),
    ("KP01", talk(), {}, CLEAR),
    ("KP01", talk(member(), program_diterima="sembako"), {}, CLEAR),
    ("KP01", talk(member(), member(komponen="")), {}, UNKNOWN),
    ("KP01", talk(art=None), {}, CLEAR),
    ("KP02", talk(member(), pupil(sekolah="3")), {}, FIRES),
    ("KP02", talk(member(), pupil(umur=30, komponen="sma", sekolah=None)), {}, FIRES),
    ("KP02", talk(), {}, CLEAR),
    ("KP02", talk(member(), pupil(sekolah="3", komponen="tidak_ada")), {}, CLEAR),
    ("KP02", talk(member(), pupil(sekolah="")), {}, UNKNOWN),
    ("KP05", talk(member(umur=59, komponen="lansia")), {}, FIRES),
    ("KP05", talk(member(umur=60, komponen="lansia")), {}, CLEAR),
    ("KP05", talk(member(umur="", komponen="lansia")), {}, UNKNOWN),
    ("KP06", talk(*[pupil()] * 5), {}, FIRES),
    ("KP06", talk(*[pupil()] * 4, dead()), {}, CLEAR),
    ("KP06", talk(*[pupil()] * 4, pupil(komponen="")), {}, UNKNOWN),
    ("KP09", talk(member(umur=69), program_diterima="pkh pkh_plus"), {}, FIRES),
    ("KP09", talk(member(), dead(umur=75), program_diterima="pkh_plus"), {}, FIRES),
    ("KP09", talk(member(umur=70), program_diterima="pkh_plus"), {}, CLEAR),
    ("KP09", talk(member(umur=69)), {}, CLEAR),
    ("KP09", talk(member(umur=""), program_diterima="pkh_plus"), {}, UNKNOWN),
    ("KP15", talk(program_diterima="ppse"), {}, FIRES),
    ("KP15", talk(program_diterima="jatim_puspa sembako"), {}, FIRES),
    ("KP15", talk(program_diterima="ppse"), {"programmes": {"sembako"}}, CLEAR),
    ("KP15", talk(program_diterima="ppse"), {"programmes": None}, UNKNOWN),
    ("KP15", talk(), {"programmes": None}, CLEAR),
    ("EX03", talk(member(disabilitas="berat")), {}, FIRES),
    ("EX03", talk(member(), pupil(sakit_kronis="ya")), {"programmes": set()}, FIRES),
    ("EX03", talk(member(jk="p", komponen="ibu_hamil")), {}, FIRES),
    ("EX03", talk(member(umur=60)), {}, FIRES),
    ("EX03", talk(member(umur=60), dead()), {}, FIRES),
    ("EX03", talk(member(umur=60), member(umur=30)), {}, CLEAR),
    ("EX03", talk(member(disabilitas="ringan"), pupil()), {}, CLEAR),
    ("EX03", talk(member(disabilitas=""), pupil()), {}, UNKNOWN),
]
REFUSED = {"pilihan_keluarga": "tetap_tolak", "hasil_stiker": "ditolak"}
WITHDREW = {"pilihan_keluarga": "mundur", "hasil_stiker": "ditolak", "g_mundur": {"foto_surat": "1772.jpg"}}
NO_LETTER = {**WITHDREW, "g_mundur": {"foto_surat": ""}}
STIKER = [
    ("EL13", sticker(**WITHDREW), {}, FIRES),
    ("EL13", sticker(**NO_LETTER), {}, UNKNOWN),
    ("EL13", sticker(), {}, CLEAR),
    ("EL14", sticker(**REFUSED), {}, FIRES),
    ("EL14", sticker(ada_responden="tidak", pilihan_keluarga=None, hasil_stiker="ditolak"), {}, FIRES),
    ("EL14", sticker(**WITHDREW), {}, CLEAR),
    ("EL14", sticker(), {}, CLEAR),
    ("EL14", sticker(hasil_stiker=""), {}, UNKNOWN),
    ("EL15", sticker(stiker_lama="terpasang", hasil_stiker="hilang"), {}, FIRES),
    ("EL15", sticker(stiker_lama="diganti", hasil_stiker="hilang"), {}, FIRES),
    ("EL15", sticker(stiker_lama="sudah_ada", hasil_stiker="hilang"), {}, FIRES),
    ("EL15", sticker(stiker_lama="ditolak", hasil_stiker="hilang"), {}, CLEAR),
    ("EL15", sticker(stiker_lama="", hasil_stiker="hilang"), {}, UNKNOWN),
    ("EL15", sticker(stiker_lama="terpasang", hasil_stiker="sudah_ada"), {}, CLEAR),
    ("EX05", sticker(**WITHDREW), {"fires_EX01": True, "fires_EX03": None}, FIRES),
    ("EX05", sticker(**WITHDREW), {"fires_EX01": False, "fires_EX03": True}, FIRES),
    ("EX05", sticker(**WITHDREW), {"fires_EX01": False, "fires_EX03": False}, CLEAR),
    ("EX05", sticker(**WITHDREW), {"fires_EX01": None, "fires_EX03": False}, UNKNOWN),
    ("EX05", sticker(), {"fires_EX01": True, "fires_EX03": True}, CLEAR),
]
GOOD_HOUSE = {"lantai": "2", "luas_lantai": 100}
ASET = [
    ("EL19", assets(omzet_usaha="4"), {}, FIRES),
    ("EL19", assets(omzet_usaha="3"), {}, CLEAR),
    ("EL19", assets(omzet_usaha=""), {}, UNKNOWN),
    ("AS01", assets(jml_mobil=1, mobil_milik="sendiri"), {}, FIRES),
    ("AS01", assets(jml_mobil=1, mobil_milik="orang_lain"), {}, CLEAR),
    ("AS01", assets(jml_mobil=2, mobil_milik="kerja"), {}, CLEAR),
    ("AS01", assets(jml_mobil=1, mobil_milik=""), {}, UNKNOWN),
    ("AS01", assets(jml_mobil=1, mobil_milik="sendiri"), {"programmes": set()}, NOT),
    ("AS02", assets(jml_motor=3), {}, FIRES),
    ("AS02", assets(jml_motor=1, motor_baru="ya"), {}, FIRES),
    ("AS02", assets(jml_motor=2), {}, CLEAR),
    ("AS02", assets(jml_motor=0, motor_baru=None), {}, CLEAR),
    ("AS02", assets(jml_motor=2, motor_baru=""), {}, UNKNOWN),
    ("AS03", assets(emas_10g="ya"), {}, FIRES),
    ("AS03", assets(emas_10g="tt"), {}, CLEAR),
    ("AS03", assets(emas_10g=""), {}, UNKNOWN),
    ("AS04", assets(jml_ac=1), {}, FIRES),
    ("AS04", assets(), {}, CLEAR),
    ("AS04", assets(jml_ac=""), {}, UNKNOWN),
    ("AS05", assets(jml_pemanas_air=1), {}, FIRES),
    ("AS05", assets(), {}, CLEAR),
    ("AS05", assets(jml_pemanas_air=""), {}, UNKNOWN),
    ("AS06", assets(daya="4"), {}, FIRES),
    ("AS06", assets(daya="5"), {}, FIRES),
    ("AS06", assets(daya="3"), {}, CLEAR),
    ("AS06", assets(penerangan="4", daya=None), {}, CLEAR),
    ("AS06", assets(punya_tempat="tidak", g_rumah=None), {}, UNKNOWN),
    ("AS07", assets(daya="3"), {}, FIRES),
    ("AS07", assets(daya="4"), {}, CLEAR),
    ("AS07", assets(daya=""), {}, UNKNOWN),
    ("AS08", assets(jml_meter=2), {}, FIRES),
    ("AS08", assets(), {}, CLEAR),
    ("AS08", assets(jml_meter=""), {}, UNKNOWN),
    ("AS09", assets(rumah_lain="ya"), {}, FIRES),
    ("AS09", assets(), {}, CLEAR),
    ("AS09", assets(rumah_lain=""), {}, UNKNOWN),
    ("AS10", assets(luas_lahan="m1000_5000"), {}, CLEAR),
    ("AS10", assets(luas_lahan=""), {}, UNKNOWN),
    ("AS11", assets(jml_sapi=2, jml_kerbau=1), {}, FIRES),
    ("AS11", assets(jml_sapi=2), {}, CLEAR),
    ("AS11", assets(jml_sapi=""), {}, UNKNOWN),
    ("AS12", assets(**GOOD_HOUSE), {}, FIRES),
    ("AS12", assets(**GOOD_HOUSE, status_rumah="2"), {}, CLEAR),
    ("AS12", assets(lantai="2", luas_lantai=99), {}, CLEAR),
    ("AS12", assets(**GOOD_HOUSE, dinding="3"), {}, CLEAR),
    ("AS12", assets(**{**GOOD_HOUSE, "luas_lantai": ""}), {}, UNKNOWN),
    ("AS13", assets(jml_lantai_bangunan=2), {}, FIRES),
    ("AS13", assets(jml_lantai_bangunan=2, status_rumah="3"), {}, CLEAR),
    ("AS13", assets(jml_lantai_bangunan=""), {}, UNKNOWN),
    ("AS14", assets(jml_kapal=1), {}, FIRES),
    ("AS14", assets(), {}, CLEAR),
    ("AS14", assets(jml_kapal=""), {}, UNKNOWN),
    ("AS15", assets(jml_kulkas=1, jml_tv=2, jml_laptop=1), {}, FIRES),
    ("AS15", assets(jml_kulkas=1, jml_tv=2), {}, CLEAR),
    ("AS15", assets(jml_kulkas=1, jml_tv=2, jml_laptop=""), {}, UNKNOWN),
    ("AS15", assets(jml_kulkas=1, jml_tv=2, jml_laptop=1, jml_pemanas_air=""), {}, FIRES),
    ("AS15", assets(jml_kulkas=1, jml_laptop=""), {}, CLEAR),
    ("AS16", assets(jml_mobil=1, mobil_milik="sendiri", jml_laptop=1), {}, FIRES),
    ("AS16", assets(rumah_lain="ya", jml_motor=2), {}, FIRES),
    ("AS16", assets(luas_lahan="m5000_10000", jml_sapi=3), {}, FIRES),
    ("AS16", assets(emas_10g="ya", jml_ac=1, jml_kapal=1), {}, FIRES),
    ("AS16", assets(jml_pemanas_air=1, motor_baru="ya", jml_ac=1), {}, FIRES),
    ("AS16", assets(jml_mobil=1, mobil_milik="sendiri"), {}, CLEAR),
    ("AS16", assets(jml_mobil=1, mobil_milik="kerja", jml_ac=1, emas_10g="ya"), {}, CLEAR),
    ("AS16", assets(skor_aset=20), {}, CLEAR),
    ("AS16", assets(rumah_lain="ya", jml_ac=""), {}, UNKNOWN),
    ("AS16", assets(rumah_lain="ya", jml_ac=1, emas_10g=""), {}, FIRES),
    ("AS17", assets(skor_aset=6), {"asset_score_before": 2}, FIRES),
    ("AS17", assets(skor_aset=5), {"asset_score_before": 2}, CLEAR),
    ("AS17", assets(skor_aset=9), {}, UNKNOWN),
    ("AS17", assets(skor_aset=9), {"asset_score_before": 0, "programmes": set()}, NOT),
    ("AS18", assets(bahan_bakar="2"), {}, FIRES),
    ("AS18", assets(bahan_bakar="3"), {}, FIRES),
    ("AS18", assets(bahan_bakar="4"), {}, CLEAR),
    ("AS18", assets(bahan_bakar=""), {}, UNKNOWN),
    ("AS19", assets(beda_pengamatan="ya", ket_pengamatan="mobil di garasi"), {}, FIRES),
    ("AS19", assets(), {}, CLEAR),
    ("AS19", assets(beda_pengamatan=""), {}, UNKNOWN),
    ("AS19", assets(beda_pengamatan="ya"), {"programmes": set()}, NOT),
    ("EX06", assets(), {"count_high_ineligible": 1, "fires_EX01": True}, FIRES),
    ("EX06", assets(), {"count_high_ineligible": 0, "fires_EX01": True}, CLEAR),
    ("EX06", assets(), {"count_high_ineligible": 2, "fires_EX01": False}, CLEAR),
    ("EX06", assets(), {"count_high_ineligible": 2, "fires_EX01": None}, UNKNOWN),
]


@pytest.mark.parametrize(("code", "answers", "facts", "outcome"), [*PENYISIRAN, *STIKER, *ASET])
def test_outcome(code, answers, facts, outcome):
    assert judge(code, answers, **facts).outcome is outcome


@pytest.mark.parametrize(
    ("band", "severity"),
    [
        ("m5000_10000", Severity.MEDIUM),
        ("m10000_20000", Severity.MEDIUM),
        ("gt_20000", Severity.HIGH),
    ],
)
def test_land_is_graver_above_two_hectares(band, severity):
    result = judge("AS10", assets(luas_lahan=band))
    assert (result.outcome, result.rule.severity) == (FIRES, severity)


def test_every_rule_has_a_case_that_fires_and_one_that_is_clear():
    own = {code for code, _ in JOBS} | {"AS10", "EX01", "EX02", "EX04", "EX07"}
    for outcome in (FIRES, CLEAR):
        assert own | {code for code, *_, seen in [*PENYISIRAN, *STIKER, *ASET] if seen is outcome} == codes()


def test_rules_compile_without_warnings():
    assert [rules_of(name).warnings for name in NAMES] == [()] * len(NAMES)


def test_explanation_says_value_and_limit_in_both_languages():
    result = judge("AS01", assets(jml_mobil=2, mobil_milik="sendiri"))
    assert render_explanation(result.rule, result.evidence, "id") == (
        "Keluarga memakai 2 mobil, kepemilikan: Milik sendiri. Batas: 1. "
        "Mobil pinjaman dan kendaraan kerja tidak dihitung."
    )
    assert render_explanation(result.rule, result.evidence, "en").startswith(
        "Cars the family uses: 2, ownership: Own."
    )


def test_explanation_of_a_sensitive_answer_keeps_it_hidden():
    result = judge("EX03", talk(member(disabilitas="berat")))
    assert "Berat" not in render_explanation(result.rule, result.evidence)
    assert result.evidence["disabilitas"] == ["***"]
