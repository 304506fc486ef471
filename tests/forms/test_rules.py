from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from forms.rule_terms import Kind, Level, Outcome, Severity
from forms.rules import RuleSet, compile_rules
from forms.rules_evaluate import Situation, evaluate_rules
from forms.rules_explain import pick_text, render_explanation
from forms.values import GeoPoint, Unreadable
from tests.forms.rules_cases import (
    ASSETS,
    EXPLAIN,
    FAMILY,
    LABEL,
    VISIT,
    answer,
    compile_rows,
    family,
    outcome_of,
    result_of,
    sheet,
)

NOBODY_HOME = family(absent=("/g_aset", "/g_art"))
HEAD_AND_CHILD = family(
    {"jml_mobil": 0, "jml_motor": 1},
    art=[
        {"umur": 45, "kerja_khusus": frozenset({"tidak_ada"}), "komponen": "tidak_ada"},
        {"umur": 10, "komponen": "sd"},
    ],
)


def people(*ages: int | None) -> list[dict[str, object]]:
    return [{"umur": age} for age in ages]


# The worked examples of semantics.md, section 3.


def test_a_car_fires():
    assert outcome_of("${jml_mobil} >= 1", family({"jml_mobil": 1})) == "fires"


def test_a_group_that_was_never_opened_is_unknown():
    result = result_of("${jml_mobil} >= 1", NOBODY_HOME)
    assert (result.outcome, result.unknown) == (Outcome.UNKNOWN, ("jml_mobil",))


def test_a_child_that_is_not_asked_leaves_the_rule_clear():
    assert outcome_of("selected(${kerja_khusus}, 'asn')", HEAD_AND_CHILD) == "clear"


def test_a_question_left_empty_is_unknown_though_another_row_was_not_asked():
    answers = family(art=[{"umur": 45, "kerja_khusus": None}, {"umur": 10}])
    result = result_of("selected(${kerja_khusus}, 'asn')", answers)
    assert (result.outcome, result.unknown) == (Outcome.UNKNOWN, ("kerja_khusus",))
    assert result.evidence["$rows"] == [1]


def test_conditions_on_two_questions_of_a_repeat_hold_in_one_row_or_not_at_all():
    rows = [{"umur": 4, "komponen": "anak_usia_dini"}, {"umur": 40, "komponen": "tidak_ada"}]
    assert outcome_of("${komponen} = 'anak_usia_dini' and ${umur} > 6", family(art=rows)) == "clear"


def test_rows_counts_the_rows_for_which_a_condition_holds():
    rows = [{"komponen": "sd"}] * 5
    assert outcome_of("rows(${komponen} != 'tidak_ada') > 4", family(art=rows)) == "fires"
    assert outcome_of("rows(${komponen} != 'tidak_ada') > 4", family(art=rows[1:])) == "clear"


def test_one_side_of_or_is_enough():
    assert (
        outcome_of("${jml_motor} >= 3 or ${jml_mobil} >= 1", family({"jml_motor": 4, "jml_mobil": None}))
        == "fires"
    )


def test_one_side_of_and_is_enough_to_be_clear():
    assert (
        outcome_of("${jml_motor} >= 3 and ${jml_mobil} >= 1", family({"jml_motor": 1, "jml_mobil": None}))
        == "clear"
    )


def test_dates_compare_as_dates():
    rows = [{"tgl_lahir": date(2021, 5, 1)}]
    assert outcome_of("${tgl_lahir} > date('2020-01-01')", family(art=rows)) == "fires"


def test_a_fact_without_gps_is_unknown():
    result = result_of("$outside_m > 100", family(), facts={"outside_m": None})
    assert (result.outcome, result.unknown) == (Outcome.UNKNOWN, ("$outside_m",))


def test_a_jump_without_an_earlier_visit_is_unknown():
    others = {"aset": answer(ASSETS, {"/skor_aset": "9"})}
    rule = "$aset.skor_aset - $asset_score_before >= 4"
    assert outcome_of(rule, family(), other_answers=others) == "unknown"
    assert outcome_of(rule, family(), other_answers=others, facts={"asset_score_before": 5}) == "fires"
    assert outcome_of(rule, family(), facts={"asset_score_before": 5}) == "unknown"


def test_a_household_rule_over_a_fired_and_an_unknown_rule_is_unknown():
    facts = {"fires_AS01": True, "fires_EX01": None}
    assert outcome_of("$fires_AS01 and $fires_EX01", None, Level.HOUSEHOLD, facts=facts) == "unknown"


# Not asked, not known.


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
def test_every_comparison_with_what_was_not_asked_is_false(sign):
    assert outcome_of(f"${{jml_mobil}} {sign} 1", family()) == "clear"
    assert outcome_of(f"not(${{jml_mobil}} {sign} 1)", family()) == "fires"


@pytest.mark.parametrize("sign", ["+", "-", "*", "div", "mod"])
def test_arithmetic_with_what_was_not_asked_is_not_applicable_even_beside_an_unknown(sign):
    assert outcome_of(f"${{jml_mobil}} {sign} ${{jml_motor}} = 1", family({"jml_motor": None})) == "clear"
    assert outcome_of(f"${{jml_mobil}} {sign} 1 = 1", family({"jml_mobil": None})) == "unknown"


def test_predicates_are_false_for_what_was_not_asked():
    for test in ("contains(${alasan}, 'a')", "starts-with(${alasan}, 'a')", "regex(${alasan}, 'a')"):
        assert outcome_of(test, family()) == "clear"
        assert outcome_of(test, family({"alasan": None})) == "unknown"


def test_an_unreadable_answer_is_unknown():
    assert outcome_of("${jml_mobil} >= 1", family({"jml_mobil": Unreadable("dua")})) == "unknown"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999"), 10**60])
def test_a_number_that_no_form_means_is_unknown(value):
    assert outcome_of("int(${luas}) * 2 > 1", family({"luas": value})) == "unknown"


def test_an_absent_group_inside_a_row_is_unknown_and_a_present_one_not_asked():
    assert outcome_of("${gaji} > 5", family(art=[{"absent": ("/g_art/art/g_gaji",)}])) == "unknown"
    assert outcome_of("${gaji} > 5", family(art=[{}])) == "clear"


def test_a_household_without_the_form_is_unknown():
    assert outcome_of("${jml_mobil} >= 1", None) == "unknown"
    assert outcome_of("${umur} > 3", None) == "unknown"
    assert outcome_of("rows(${umur} > 3) >= 1", None) == "unknown"


# Repeats.


def test_evidence_names_the_rows_that_fire():
    result = result_of("${umur} > 59", family(art=people(70, 30, 61)))
    assert (result.evidence["$rows"], result.evidence["umur"]) == ([1, 3], [70, 61])


def test_a_fired_row_wins_over_an_unknown_one():
    result = result_of("${umur} > 59", family(art=people(None, 61)))
    assert (result.outcome, result.evidence["$rows"], result.unknown) == (Outcome.FIRES, [2], ())


def test_no_rows_are_clear_when_the_group_was_there_and_unknown_when_not():
    assert outcome_of("${umur} > 59", family()) == "clear"
    assert outcome_of("${umur} > 59", NOBODY_HOME) == "unknown"
    assert (
        outcome_of("${umur} > 59 and ${jml_mobil} = 1", family({"jml_mobil": 0}, absent=("/g_art",)))
        == "clear"
    )


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("rows(${umur} > 0) = 0", "fires"),
        ("count(${umur}) = 0", "fires"),
        ("sum(${umur}) = 0", "fires"),
        ("max(${umur}) >= 0", "clear"),
        ("not(min(${umur}) >= 0)", "fires"),
    ],
)
def test_functions_over_no_rows(expression, outcome):
    assert outcome_of(expression, family()) == outcome
    assert outcome_of(expression, NOBODY_HOME) == "unknown"


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("sum(${umur}) = 110", "fires"),
        ("min(${umur}) = 10", "fires"),
        ("max(${umur}) = 70", "fires"),
        ("count(${umur}) = 3", "fires"),
        ("sum(if(${umur} >= 18, 1, 0)) = 2", "fires"),
        ("max(${umur} * 2) > 140", "clear"),
    ],
)
def test_functions_over_known_rows_skip_those_not_asked(expression, outcome):
    assert outcome_of(expression, family(art=[*people(70, 30, 10), {}])) == outcome


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("rows(${umur} >= 60) >= 1", "fires"),
        ("rows(${umur} >= 60) >= 2", "unknown"),
        ("rows(${umur} >= 60) >= 3", "clear"),
        ("rows(${umur} >= 60) != 5", "fires"),
        ("rows(${umur} >= 60) = 1", "unknown"),
        ("rows(${umur} >= 60) + 1 <= 3", "fires"),
        ("count(${umur}) > 2", "unknown"),
        ("sum(${umur}) > 0", "unknown"),
        ("max(${umur}) >= 60", "unknown"),
        ("sum(if(${umur} >= 60, 1, 0)) >= 1", "fires"),
        ("sum(if(${umur} >= 60, 1, 0)) >= 2", "unknown"),
    ],
)
def test_an_unknown_row_leaves_certain_what_it_cannot_change(expression, outcome):
    assert outcome_of(expression, family(art=people(70, 30, None))) == outcome


def test_a_count_of_criteria_fires_once_enough_are_known():
    criteria = "if(${jml_mobil} = 0, 1, 0) + if(${jml_motor} = 0, 1, 0) + if(${lantai} = '8', 1, 0)"
    partly = family({"jml_mobil": 0, "jml_motor": None, "lantai": "8"})
    assert outcome_of(f"{criteria} >= 2", partly) == "fires"
    assert outcome_of(f"{criteria} >= 3", partly) == "unknown"
    assert outcome_of(f"{criteria} >= $k262_minimum", partly, settings={"k262_minimum": 2}) == "fires"
    assert outcome_of(f"{criteria} < 2", partly) == "clear"


def test_nested_repeats_are_walked_within_their_row():
    rows = [{"umur": 30, "usaha": [{"omzet": 5}, {"omzet": 9}]}, {"umur": 60, "usaha": [{"omzet": 1}]}]
    answers = family(art=rows)
    assert outcome_of("sum(${omzet}) = 15", answers) == "fires"
    by_person = result_of("sum(${omzet}) > 10 and ${umur} < 40", answers)
    assert (by_person.outcome, by_person.evidence["$rows"]) == (Outcome.FIRES, [1])
    by_other_person = result_of("sum(${omzet}) = 1 and ${umur} > 40", answers)
    assert by_other_person.evidence["$rows"] == [2]
    by_business = result_of("${omzet} = 9 and ${umur} = 30", answers)
    assert (by_business.outcome, by_business.evidence["$rows"]) == (Outcome.FIRES, ["1.2"])
    assert outcome_of("rows(${omzet} > 0 and ${umur} > 50) = 1", answers) == "fires"


def test_a_person_may_be_compared_with_the_whole_family():
    for rule in ("${umur} > 60 and max(${umur}) = 70", "max(${umur}) = 70 and ${umur} > 60"):
        result = result_of(rule, family(art=people(70, 30)))
        assert (result.outcome, result.evidence["umur"]) == (Outcome.FIRES, [70])


def test_rows_of_another_form_are_read_inside_functions():
    others = {"aset": answer(ASSETS, {}, art=[{"penghasilan": "a"}, {"penghasilan": "b"}])}
    assert outcome_of("rows($aset.penghasilan = 'a') = 1", family(), other_answers=others) == "fires"
    assert outcome_of("rows($aset.penghasilan = 'a') = 1", family()) == "unknown"


# Types and functions.


@pytest.mark.parametrize(
    "expression",
    [
        "1 + 2 * 3 = 7",
        "(1 + 2) * 3 = 9",
        "7 - 2 - 1 = 4",
        "- 7 mod 3 = -1",
        "7 mod -3 = 1",
        "7 div 2 = 3.5",
        "-2 * -3 = 6",
        "0.1 + 0.2 = 0.3",
        "true() or false() and false()",
        "not(false()) = true()",
        "int(2.9) = 2 and int(-2.9) = -2",
        "round(2.5) = 3 and round(-2.5) = -3 and round(2.345, 2) = 2.35 and round(1250, -2) = 1300",
        "if(1 < 2, 'a', 'b') = 'a'",
        "substr('abcdef', 1, 3) = 'bc' and substr('abcdef', 4) = 'ef' and substr('abcdef', -2) = 'ef'",
        "string-length('abc') = 3",
        "starts-with('pindah_desa', 'pindah') and contains('abc', 'b') and not(contains('abc', 'z'))",
        "regex('08123456789', '^(08|628)[0-9]{7,12}$')",
        "not(regex('x08123456789', '(08|628)[0-9]{7,12}'))",
        "number('3.50') = 3.5 and number(' -4 ') = -4",
        "days-between(date('2026-01-30'), date('2026-02-02')) = 3",
        "days-between(today(), date('2026-04-30')) = -1",
        "today() = date('2026-05-01')",
        "coalesce(${jml_mobil}, 4) = 4",
        "count-selected(coalesce(${program}, 'tidak_ada')) = 1",
    ],
)
def test_what_the_language_says(expression):
    assert outcome_of(expression, family()) == "fires"


@pytest.mark.parametrize(
    "expression", ["1 div 0 = 1", "5 mod 0 = 1", "1 div (${jml_mobil} - 2) > 0", "number('x') = 1"]
)
def test_a_calculation_without_result_is_unknown(expression):
    result = result_of(expression, family({"jml_mobil": 2}))
    assert (result.outcome, result.unknown) == (Outcome.UNKNOWN, ())


def test_dividing_by_what_may_be_zero_is_unknown():
    rule = "6 div if(${jml_motor} > 1, 0, 2) = 3"
    assert outcome_of(rule, family({"jml_motor": None})) == "unknown"
    assert outcome_of("6 div if(${jml_motor} > 1, 1, 2) >= 3", family({"jml_motor": None})) == "fires"


def test_if_with_an_unknown_condition_is_known_when_both_branches_agree():
    answers = family({"jml_mobil": None})
    assert outcome_of("if(${jml_mobil} = 1, 'a', 'a') = 'a'", answers) == "fires"
    assert outcome_of("if(${jml_mobil} = 1, 'a', 'b') = 'a'", answers) == "unknown"
    assert outcome_of("if(${jml_mobil} = 1, 3, 5) > 2", answers) == "fires"


def test_coalesce_takes_the_first_that_is_known():
    answers = family({"jml_mobil": None, "jml_motor": 2})
    assert outcome_of("coalesce(${jml_mobil}, ${jml_motor}) = 2", answers) == "fires"
    assert outcome_of("coalesce(${jml_mobil}, ${luas}) = 2", answers) == "unknown"
    assert outcome_of("not(coalesce(${luas}, ${luas}) = 2)", family()) == "fires"


def test_an_empty_answer_can_be_asked_for_with_coalesce():
    assert outcome_of("coalesce(${foto}, '') = ''", family({"foto": None})) == "fires"
    assert outcome_of("coalesce(${foto}, '') = ''", family({"foto": "a.jpg"})) == "clear"
    assert outcome_of("coalesce(${mobil_milik}, '') = ''", family({"mobil_milik": "kerja"})) == "clear"


def test_selected_works_on_one_choice_and_on_several():
    answers = family({"program": frozenset({"asn", "tni_polri"}), "mobil_milik": "kerja"})
    assert outcome_of("selected(${program}, 'asn') and count-selected(${program}) = 2", answers) == "fires"
    assert outcome_of("selected(${mobil_milik}, 'kerja')", answers) == "fires"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("12", "fires"), ("12.50", "fires"), ("9", "clear"), ("", "unknown"), ("x", "unknown")],
)
def test_a_calculated_value_is_a_number_where_numbers_are(text, outcome):
    assert outcome_of("${skor} >= 12", family({"skor": text or None})) == outcome


def test_a_calculated_value_is_a_text_or_date_where_those_are():
    assert outcome_of("${skor} = 'ya'", family({"skor": "ya"})) == "fires"
    assert outcome_of("${skor} <= today()", family({"skor": "2026-05-01"})) == "fires"
    assert (
        outcome_of("days-between(${skor}, today()) = 1", family({"skor": "2026-04-30T23:00:00+07:00"}))
        == "fires"
    )
    assert (
        outcome_of(
            "${skor} > ${mulai}", family({"skor": "kemarin", "mulai": datetime(2026, 1, 1, tzinfo=UTC)})
        )
        == "unknown"
    )


def test_a_moment_becomes_the_day_it_was_at_the_house():
    late = family({"mulai": datetime(2026, 4, 30, 18, 0, tzinfo=UTC), "tgl": date(2026, 5, 1)})
    assert outcome_of("${mulai} = ${tgl} and date(${mulai}) = today()", late) == "fires"
    assert outcome_of("${mulai} = ${tgl}", late, tzinfo=UTC) == "clear"
    assert outcome_of("${mulai} = ${mulai}", late) == "fires"


def test_a_moment_at_the_end_of_time_is_unknown_and_one_without_zone_is_local():
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12)))
    assert outcome_of("${mulai} = today()", family({"mulai": last})) == "unknown"
    assert outcome_of("${mulai} = today()", family({"mulai": datetime(2026, 5, 1, 0, 30)})) == "fires"


def test_regex_does_not_judge_very_long_texts():
    assert outcome_of("regex(${alasan}, '[a-z]*')", family({"alasan": "a" * 200})) == "fires"
    assert outcome_of("regex(${alasan}, '[a-z]*')", family({"alasan": "a" * 201})) == "unknown"


# Facts and settings.


def test_facts_of_every_type_are_read():
    facts = {
        "programmes": ["pkh", "sembako"],
        "desil": 3,
        "outside_m": 120.5,
        "relation": "outside",
        "in_blt_dd": True,
        "snapshot": "DTSEN-2026-T3",
    }
    rule = (
        "selected($programmes, 'pkh') and $desil <= 4 and $outside_m = 120.5 and $relation = 'outside' "
        "and $in_blt_dd and starts-with($snapshot, 'DTSEN')"
    )
    result = result_of(rule, family(), facts=facts)
    assert result.outcome is Outcome.FIRES
    assert result.evidence["$outside_m"] == "120.5"
    assert result.evidence["$programmes"] == ["pkh", "sembako"]


@pytest.mark.parametrize("value", [None, "unknown", 3, float("nan")])
def test_a_fact_without_a_usable_value_is_unknown(value):
    assert outcome_of("$relation != 'inside'", family(), facts={"relation": value}) == "unknown"
    assert (
        outcome_of("$outside_m > 1", family(), facts={"outside_m": value if value != 3 else "x"}) == "unknown"
    )


def test_a_missing_setting_is_unknown():
    assert outcome_of("$desil > $desil_gate_pkh", family(), facts={"desil": 9}) == "unknown"
    assert (
        outcome_of("$desil > $desil_gate_pkh", family(), facts={"desil": 9}, settings={"desil_gate_pkh": 4})
        == "fires"
    )


# Applies, alternatives, dates, levels.

INELIGIBLE = {"kind": "ineligible", "expression": "${jml_mobil} >= 1"}


@pytest.mark.parametrize(
    ("programmes", "cars", "outcome"),
    [
        ({"pkh"}, 1, "fires"),
        ({"pkh"}, 0, "clear"),
        (set(), 1, "not_applicable"),
        (None, 1, "unknown"),
        (None, 0, "clear"),
    ],
)
def test_ineligible_rules_ask_only_families_with_a_programme(programmes, cars, outcome):
    assert outcome_of(INELIGIBLE, family({"jml_mobil": cars}), facts={"programmes": programmes}) == outcome


def test_unknown_programmes_are_named():
    assert result_of(INELIGIBLE, family({"jml_mobil": 1})).unknown == ("$programmes",)


def test_applies_overrides_the_default_of_the_kind():
    always = {**INELIGIBLE, "applies": "true()"}
    assert outcome_of(always, family({"jml_mobil": 1}), facts={"programmes": set()}) == "fires"
    narrowed = {"expression": "${jml_mobil} >= 1", "applies": "$desil > 4"}
    assert outcome_of(narrowed, family({"jml_mobil": 1}), facts={"desil": 2}) == "not_applicable"
    assert outcome_of(narrowed, family({"jml_mobil": 1})) == "unknown"


LAND = (
    {"name": "AS10", "severity": "sedang", "expression": "${luas} > 1"},
    {"name": "AS10", "severity": "tinggi", "expression": "${luas} > 2 and ${jml_mobil} > 0"},
)


@pytest.mark.parametrize(
    ("land", "cars", "outcome", "severity"),
    [
        (3, 1, Outcome.FIRES, Severity.HIGH),
        (3, 0, Outcome.FIRES, Severity.MEDIUM),
        (3, None, Outcome.FIRES, Severity.MEDIUM),
        (1, 1, Outcome.CLEAR, Severity.MEDIUM),
        (None, 1, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_the_gravest_alternative_that_fires_decides(land, cars, outcome, severity):
    situation = Situation(family({"luas": land, "jml_mobil": cars}), VISIT)
    (result,) = evaluate_rules(compile_rows(*LAND), situation)
    assert (result.name, result.outcome, result.rule.severity) == ("AS10", outcome, severity)


def test_unknown_alternatives_name_all_that_is_missing():
    (result,) = evaluate_rules(
        compile_rows(*LAND), Situation(family({"luas": None, "jml_mobil": None}), VISIT)
    )
    assert result.unknown == ("luas", "jml_mobil")


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2025, 12, 31), "not_applicable"),
        (date(2026, 1, 1), "fires"),
        (date(2026, 6, 30), "fires"),
        (date(2026, 7, 1), "not_applicable"),
    ],
)
def test_a_rule_holds_from_its_first_to_its_last_day(on, outcome):
    row = {"expression": "true()", "from": "2026-01-01", "until": "2026-06-30 00:00:00"}
    assert outcome_of(row, family(), on=on) == outcome


def test_levels_are_evaluated_apart():
    rules = compile_rows(
        {"name": "A1", "expression": "true()"},
        {"name": "H1", "level": "household", "expression": "$count_protect > 0"},
    )
    situation = Situation(family(), VISIT, {"count_protect": 1})
    assert [item.name for item in evaluate_rules(rules, situation)] == ["A1"]
    household = evaluate_rules(rules, situation, level=Level.HOUSEHOLD)
    assert [(item.name, item.outcome) for item in household] == [("H1", Outcome.FIRES)]


def test_a_household_rule_may_read_the_form_too():
    row = {"expression": "${jml_mobil} = 1 and $count_high_ineligible >= 2"}
    facts = {"count_high_ineligible": 2}
    assert outcome_of(row, family({"jml_mobil": 1}), Level.HOUSEHOLD, facts=facts) == "fires"


def test_the_day_of_the_visit_is_today_so_that_a_replay_repeats():
    rule = "days-between(${tgl}, today()) > 30"
    answers = family({"tgl": date(2026, 4, 15)})
    assert outcome_of(rule, answers, on=date(2026, 5, 1)) == "clear"
    assert outcome_of(rule, answers, on=date(2026, 6, 1)) == "fires"
    assert result_of(rule, answers) == result_of(rule, answers)


# Evidence and sentences.


def test_evidence_is_plain_and_masks_sensitive_answers():
    answers = family(
        {
            "nik": "3517014501900001",
            "luas": Decimal("36.50"),
            "tgl": date(2026, 4, 1),
            "titik": GeoPoint(-7.5, 112.2),
        },
        art=[{"gaji": 4_000_000}],
    )
    rule = {
        "expression": "${luas} > 36 and ${tgl} < today() and rows(${gaji} > 5) > 0 and contains(${nik}, '3')",
        EXPLAIN: "{titik}",
    }
    assert result_of(rule, answers).evidence == {
        "nik": "351701******0001",
        "luas": "36.50",
        "tgl": "2026-04-01",
        "gaji": ["***"],
        "titik": "***",
    }


def test_evidence_of_a_clear_rule_is_empty():
    assert result_of("${jml_mobil} > 1", family({"jml_mobil": 1})).evidence == {}


def test_evidence_of_long_repeats_is_cut():
    result = result_of("rows(${umur} > 1) > 0", family(art=people(*[5] * 80)))
    assert len(result.evidence["umur"]) == 50


EXPLAINED = {
    "expression": "${jml_mobil} >= $car_minimum and ${mobil_milik} = 'sendiri'",
    EXPLAIN: "Ada {jml_mobil} mobil (batas {$car_minimum}), milik: ${mobil_milik}; motor: { jml_motor }.",
}


def test_an_explanation_is_filled_with_values_and_choice_labels():
    answers = family({"jml_mobil": 2, "mobil_milik": "sendiri"})
    result = result_of(EXPLAINED, answers, settings={"car_minimum": 1})
    text = render_explanation(result.rule, result.evidence, "id")
    assert text == "Ada 2 mobil (batas 1), milik: Sendiri; motor: tidak diketahui."


def test_an_explanation_names_rows():
    result = result_of(
        {"expression": "${umur} > 59", EXPLAIN: "Anggota {rows} berumur {umur}."},
        family(art=people(60, 3, 71)),
    )
    assert render_explanation(result.rule, result.evidence) == "Anggota 1, 3 berumur 60, 71."


def test_without_an_explanation_label_and_evidence_speak():
    result = result_of(
        "${jml_mobil} >= 1 and $in_blt_dd", family({"jml_mobil": 2}), facts={"in_blt_dd": True}
    )
    assert render_explanation(result.rule, result.evidence, "en") == "Label: jml_mobil = 2; $in_blt_dd = yes."
    bare = result_of("true()", family())
    assert render_explanation(bare.rule, bare.evidence) == "Label."


def test_texts_are_picked_by_name_code_or_else_the_first():
    texts = {"Bahasa Indonesia (id)": "satu", "English (en)": "one"}
    assert [pick_text(texts, wanted) for wanted in ("en", "Bahasa Indonesia (id)", "fr")] == [
        "one",
        "satu",
        "satu",
    ]
    assert pick_text({}, "id") == ""


# The rule set.


def test_a_rule_carries_what_its_row_says():
    rules = compile_rows(
        {
            "name": "AS01",
            "kind": "ineligible",
            "severity": "tinggi",
            LABEL: "Memiliki mobil",
            "expression": "${jml_mobil} >= 1",
            "source": "S17",
            "from": "2026-01-01",
        }
    )
    (rule,) = rules.rules
    assert (rule.name, rule.kind, rule.severity, rule.level) == (
        "AS01",
        Kind.INELIGIBLE,
        Severity.HIGH,
        Level.SUBMISSION,
    )
    assert (rule.labels, rule.source, rule.from_on) == (
        {"Bahasa Indonesia (id)": "Memiliki mobil"},
        "S17",
        date(2026, 1, 1),
    )
    assert (rule.until_on, rule.applies, rule.row) == (None, None, 2)
    assert [reference.key for reference in rule.references] == ["jml_mobil", "$programmes"]


def test_stored_rows_compile_to_the_same_rules():
    rules = compile_rows(*LAND, {**EXPLAINED, "name": "AS01"})
    again = RuleSet.from_json(rules.to_json(), FAMILY, {"aset": ASSETS})
    assert again == rules


def test_a_stored_rule_that_no_longer_compiles_is_unknown_and_the_others_go_on():
    rules = compile_rows(
        {"name": "A1", "expression": "$aset.jml_mobil >= 1"}, {"name": "A2", "expression": "true()"}
    )
    again = RuleSet.from_json(rules.to_json(), FAMILY, {})
    outcomes = [result.outcome for result in evaluate_rules(again, Situation(family(), VISIT))]
    assert outcomes == [Outcome.UNKNOWN, Outcome.FIRES]
    assert any("no form 'aset'" in warning for warning in again.warnings)


def test_an_empty_sheet_has_no_rules():
    assert compile_rules(sheet(header=("name",)), FAMILY).rules == ()
