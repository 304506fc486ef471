"""The bundled rules that count criteria of poverty, and those that read other forms."""

import pytest

from tests.forms.families import AWAY, Group, assets, member, pupil, talk
from tests.forms.judging import CLEAR, FIRES, UNKNOWN, judge

HOMELESS = {"punya_tempat": "tidak", "g_rumah": None}
K262 = [
    {"kk_bekerja": "tidak"},
    {"khawatir_makan": "ya"},
    {"makan_separuh": "ya"},
    {"beli_pakaian": 0},
    {"lantai": "8"},
    {"dinding": "1", "plester": "tidak"},
    {"bab": "4"},
    {"penerangan": "4", "daya": None, "jml_meter": None},
]


@pytest.mark.parametrize("first", range(len(K262)))
def test_three_criteria_of_kepmensos_262_fire_and_two_do_not(first):
    chosen = [K262[(first + step) % len(K262)] for step in range(3)]
    assert judge("EX01", assets(**chosen[0], **chosen[1], **chosen[2])).outcome is FIRES
    assert judge("EX01", assets(**chosen[0], **chosen[1])).outcome is CLEAR


@pytest.mark.parametrize(
    "poor", [{"dinding": code, "plester": None} for code in "23456"] + [{"lantai": "6"}, {"daya": "1"}]
)
def test_other_ways_to_meet_a_criterion_of_kepmensos_262(poor):
    two = {**K262[0], **K262[1]}
    assert judge("EX01", assets(**two, **poor)).outcome is FIRES


def test_homeless_family_meets_kepmensos_262_at_once():
    assert judge("EX01", assets(**HOMELESS)).outcome is FIRES


def test_kepmensos_262_is_unknown_when_an_open_answer_decides():
    two = {**K262[0], **K262[1]}
    assert judge("EX01", assets(**two, lantai="")).outcome is UNKNOWN
    assert judge("EX01", assets(**K262[0], lantai="")).outcome is CLEAR


B14 = [
    {"luas_per_orang": "7.9"},
    {"lantai": "7"},
    {"dinding": "4", "plester": None},
    {"bab": "6"},
    {"penerangan": "4", "daya": None},
    {"air": "10"},
    {"bahan_bakar": "9"},
    {"makan_daging": 1},
    {"beli_pakaian": 1},
    {"frek_makan": 2},
    {"bayar_berobat": "tidak"},
    {"pendidikan_kk": "2"},
    {"tabungan_500": "tidak"},
]
POOR_SWEEP = {"penyisiran": talk(member(penghasilan="lt1jt"), member(penghasilan="tidak_ada"), pupil())}
BETTER_SWEEP = {"penyisiran": talk(member(penghasilan="lt1jt"), member(penghasilan="sd_umk"))}


def poor(first: int, count: int) -> Group:
    merged: dict[str, object] = {}
    for step in range(count):
        merged |= B14[(first + step) % len(B14)]
    return assets(**merged)


@pytest.mark.parametrize("first", range(len(B14)))
def test_nine_of_the_fourteen_criteria_fire_and_eight_do_not(first):
    assert judge("EX02", poor(first, 9), BETTER_SWEEP).outcome is FIRES
    assert judge("EX02", poor(first, 8), BETTER_SWEEP).outcome is CLEAR


def test_low_income_of_the_sweep_counts_as_one_of_the_fourteen():
    assert judge("EX02", poor(0, 8), POOR_SWEEP).outcome is FIRES
    assert judge("EX02", poor(0, 7), POOR_SWEEP).outcome is CLEAR


@pytest.mark.parametrize("others", [{}, {"penyisiran": AWAY}])
def test_without_an_interview_the_fourteen_criteria_are_unknown_only_where_income_decides(others):
    assert judge("EX02", poor(0, 9), others).outcome is FIRES
    assert judge("EX02", poor(0, 8), others).outcome is UNKNOWN
    assert judge("EX02", poor(0, 7), others).outcome is CLEAR


SWEPT = {"penyisiran": talk(program_diterima="tidak_ada")}
NEW = {"penyisiran": {**SWEPT["penyisiran"], "g_sasaran": {"jenis_sasaran": "baru", "nama_baru": "Sari"}}}
POOR = {"fires_EX01": True, "fires_EX02": False, "programmes": {"pbi_jk"}}
UNSERVED = [
    (SWEPT, {}, FIRES),
    (SWEPT, {"fires_EX01": False, "fires_EX02": True}, FIRES),
    (SWEPT, {"programmes": set()}, FIRES),
    (NEW, {"programmes": None}, FIRES),
    (SWEPT, {"programmes": None}, UNKNOWN),
    ({}, {}, UNKNOWN),
    (SWEPT, {"fires_EX01": None}, UNKNOWN),
    (SWEPT, {"fires_EX01": False}, CLEAR),
    (SWEPT, {"programmes": {"sembako"}}, CLEAR),
    ({"penyisiran": talk(program_diterima="pkh")}, {}, CLEAR),
]


@pytest.mark.parametrize(("others", "facts", "outcome"), UNSERVED)
def test_poor_family_without_pkh_and_food_aid_is_found(others, facts, outcome):
    assert judge("EX04", assets(), others, **{**POOR, **facts}).outcome is outcome


RTLH = [
    {"kondisi_atap": "rusak_berat"},
    {"atap": "7"},
    {"lantai": "5"},
    {"bab": "5"},
    {"luas_per_orang": "7.1"},
]


@pytest.mark.parametrize("first", range(len(RTLH)))
def test_three_of_five_signs_make_an_unfit_house(first):
    chosen = [RTLH[(first + step) % len(RTLH)] for step in range(3)]
    assert judge("EX07", assets(**chosen[0], **chosen[1], **chosen[2])).outcome is FIRES
    assert judge("EX07", assets(**chosen[0], **chosen[1])).outcome is CLEAR


def test_unfit_house_is_unknown_without_a_house():
    assert judge("EX07", assets(**HOMELESS)).outcome is UNKNOWN
