import time

import pytest

from forms.errors import RulesError
from forms.rules import compile_rules
from forms.rules_grammar import MAX_CHARACTERS
from tests.forms.rules_cases import EXPLAIN, FAMILY, HEADER, LABEL, compile_rows, sheet


def mistakes_of(*rows: dict[str, str], **more) -> list[str]:
    with pytest.raises(RulesError) as caught:
        compile_rows(*rows, **more)
    return [str(mistake) for mistake in caught.value.mistakes]


def mistake_of(expression: str, **row: str) -> str:
    (mistake,) = mistakes_of({"expression": expression, **row})
    return mistake


def test_a_mistake_says_sheet_row_column_and_character():
    with pytest.raises(RulesError) as caught:
        compile_rows({"expression": "true()"}, {"name": "R02", "expression": "1 < 2 and ${jml_mobl} > 1"})
    (mistake,) = caught.value.mistakes
    assert (mistake.sheet, mistake.row, mistake.column) == ("rules", 3, "expression")
    assert mistake.message == "character 11: the form has no question 'jml_mobl'. Did you mean ${jml_mobil}?"


def test_all_mistakes_of_all_rows_are_told_at_once():
    told = mistakes_of(
        {"expression": "foo(${satu}) and $dua > 1", "kind": "inelegible"},
        {"expression": "1 +", "from": "besok"},
    )
    assert [line.split(":")[0] for line in told] == [
        "sheet rules, row 2, column kind",
        *["sheet rules, row 2, column expression"] * 3,
        "sheet rules, row 3, column from",
        "sheet rules, row 3, column expression",
    ]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        # Names.
        ("${Jml_Mobil} > 1", "no question 'Jml_Mobil'. Did you mean ${jml_mobil}?"),
        ("${zzz} > 1", "no question 'zzz'."),
        ("${g_aset} > 1", "is a group or repeat, not a question"),
        ("${ganda} > 1", "stands in several groups (/g_dua/ganda, /g_aset/ganda)"),
        ("$jml_mobil > 1", "no fact or setting $jml_mobil. Did you mean ${jml_mobil}?"),
        ("${outside_m} > 1", "no question 'outside_m'. Did you mean $outside_m?"),
        ("${$outside_m} > 1", "a name in ${…} is not closed"),
        ("$outsid_m > 1", "Did you mean $outside_m?"),
        ("$b14_minimun > 1", "Did you mean $b14_minimum?"),
        ("$jml_mobl > 1", "Did you mean ${jml_mobil}?"),
        ("$asset.jml_mobil > 1", "there is no form 'asset'. Did you mean $aset.jml_mobil?"),
        ("$aset.jml_mobl > 1", "form 'aset' has no question 'jml_mobl'. Did you mean $aset.jml_mobil?"),
        ("$fires_AS01", "$fires_AS01 is only known to rules of level household"),
        ("$count_protect > 1", "only known to rules of level household"),
        ("slected(${program}, 'asn')", "no function slected(). Did you mean selected()?"),
        ("concat('a', 'b') = 'ab'", "no function concat()"),
        # Form.
        ("1 +", "ends too early"),
        ("(1 > 2", "ends too early"),
        ("1 > 2)", "')' cannot stand here"),
        ("${jml_mobil} == 1", "with a single ="),
        ("1 < 2 < 3", "compare two values at a time"),
        ("${jml_mobil} > 1 && 1 > 0", "the operators are"),
        ("jml_mobil > 1", "a question is written ${question}"),
        ("${mobil_milik} = ‘kerja’", "use straight quotes"),
        ("${mobil_milik} = 'kerja", "a quote is not closed"),
        ("not ${jml_mobil} > 1", "write not(…)"),
        ("../jml_mobil > 1", "paths and predicates"),
        ("${jml_mobil}[1] > 1", "paths and predicates"),
        ("/data/jml_mobil > 1", "paths and predicates"),
        ("${jml_mobil > 1", "is not closed"),
        ("$ > 1", "$ must be followed by a name"),
        ("1" * 25 + " > 1", "at most 20 digits"),
        # Types.
        ("${jml_mobil}", "a yes/no condition is needed here, this is a number"),
        ("'ya'", "a yes/no condition is needed here, this is a text"),
        ("${jml_mobil} and true()", "a yes/no condition is needed here, this is a number"),
        ("${jml_mobil} = '1'", "write the number without quotes"),
        ("${lantai} = 8", "a text cannot be compared with a number; write '8' in quotes"),
        ("${lantai} = ${jml_mobil}", "number(…) makes a number of a text"),
        ("${lantai} > '3'", "not smaller or larger than another; number(…)"),
        ("${tgl} > '2020-01-01'", "write date('2026-01-31')"),
        ("${tgl} + 1 > 2", "days-between"),
        ("today() - ${tgl} > 2", "days-between"),
        ("${program} = 'asn'", "selected(…, 'choice')"),
        ("${titik} = 'x'", "a place cannot be compared; use $relation"),
        ("true() > false()", "not smaller or larger"),
        ("(1 > 2) = 'x'", "a condition stands alone, or under not()"),
        ("if(true(), 1, 'a') = 1", "a number is needed here, this is a text"),
        ("string-length(${jml_mobil}) > 1", "a text is needed here, this is a number"),
        ("int('x') > 1", "a number is needed here, this is a text"),
        # Choices.
        ("${mobil_milik} = 'sendri'", "${mobil_milik} has no choice 'sendri'. Did you mean 'sendiri'?"),
        ("'sendri' != ${mobil_milik}", "has no choice 'sendri'"),
        ("selected(${program}, 'asnn')", "${program} has no choice 'asnn'. Did you mean 'asn'?"),
        ("selected($programmes, 'bpntt')", "$programmes has no choice 'bpntt'"),
        ("$relation = 'unknown'", "$relation has no choice 'unknown'"),
        ("if(true(), ${mobil_milik}, 'x') = 'y'", "this has no choice 'y'"),
        ("${mobil_milik} = ''", "write coalesce(${mobil_milik}, '') = ''"),
        ("${alasan} != ''", "write coalesce(${alasan}, '') = ''"),
        ("selected(${program}, 'asn tni_polri')", "selected() asks for one choice"),
        # Functions.
        ("selected(${program}) = 1", "selected() takes 2 values, not 1"),
        ("today(1) = today()", "today() takes 0 values, not 1"),
        ("substr('a') = 'a'", "substr() takes 2 to 3 values, not 1"),
        ("date('2026-02-30') = today()", "a day such as '2026-01-31'"),
        ("date('2026-02-20x') = today()", "a day such as '2026-01-31'"),
        ("date(20260101) = today()", "a day such as '2026-01-31'"),
        ("round(1, ${jml_mobil}) = 1", "a written whole number of places"),
        ("round(1, 99) = 1", "a written whole number of places"),
        ("regex(${alasan}, ${alasan})", "must be written out in quotes"),
        ("regex(${alasan}, '(a+)+$')", "could take too long"),
        ("regex(${alasan}, '(?=a)')", "not understood from character 2 on"),
        # Repeats.
        ("sum(${jml_mobil}) > 1", "reads a question of a repeat; there is none here"),
        ("rows(${umur}) > 1", "a yes/no condition is needed here, this is a number"),
        ("rows(${umur} > max(${umur})) > 1", "cannot hold another"),
        ("${umur} > 3 and ${ekor} > 4", "questions of two repeats"),
        ("rows(${umur} > 3 and ${ekor} > 4) > 1", "questions of two repeats"),
        ("$aset.penghasilan = 'a'", "a repeat of 'aset' can only be read inside"),
        ("rows(${umur} > 1 and $aset.penghasilan = 'a') > 0", "questions of two repeats"),
    ],
)
def test_each_mistake_is_told_once_and_in_words_that_help(expression, said):
    assert said in mistake_of(expression)


def test_codes_of_fires_are_checked_when_they_are_known():
    row = {"level": "household", "expression": "$fires_AS01 and $fires_AS1"}
    rule = {"name": "AS01", "expression": "true()"}
    (mistake,) = mistakes_of(rule, row, codes=["EX01"])
    assert "there is no rule 'AS1'. Did you mean $fires_AS01?" in mistake
    assert compile_rows(row).rules


def test_household_rules_do_not_read_each_other():
    rows = [
        {"name": name, "level": "household", "expression": f"$fires_{other}"}
        for name, other in (("H1", "H2"), ("H2", "X1"))
    ]
    (mistake,) = mistakes_of(*rows)
    assert "H2 is a household rule itself" in mistake


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"kind": "inelegible"}, "column kind: 'inelegible' is not known. Did you mean ineligible?"),
        ({"severity": "gawat"}, "column severity: 'gawat' is not known. Known: tinggi, sedang"),
        ({"severity": ""}, "column severity: the cell is empty"),
        ({"kind": ""}, "column kind: the cell is empty"),
        ({"level": "desa"}, "column level: 'desa' is not known."),
        ({"name": "AS 01"}, "column name: 'AS 01' is no name"),
        ({"name": ""}, "column name: the cell is empty"),
        ({"expression": ""}, "column expression: the cell is empty"),
        ({LABEL: ""}, f"column {LABEL}: the rule has no label"),
        ({"from": "31/12/2026"}, "column from: '31/12/2026' is no date"),
        ({"until": "2026-02-30"}, "column until: '2026-02-30' is no date"),
        ({"from": "2026-02-02", "until": "2026-02-01"}, "column until: the rule ends before it begins"),
        ({"applies": "${umur} > 3"}, "column applies: applies is about the household"),
        (
            {"applies": "$desi > 3"},
            "column applies: character 1: there is no fact or setting $desi. Did you mean $desil?",
        ),
        ({EXPLAIN: "Ada {jml_mobl}"}, "Did you mean ${jml_mobil}?"),
        ({EXPLAIN: "Baris {rows}"}, "{rows}"),
        ({EXPLAIN: "Ada {}"}, "{}: the form has no question ''"),
        ({EXPLAIN: "Nilai {$aset.skor}"}, "Did you mean $aset.skor_aset?"),
    ],
)
def test_wrong_cells_are_told_with_their_column(row, said):
    (mistake,) = mistakes_of({"expression": "true()", **row})
    assert said in mistake


def test_explanations_may_name_facts_settings_and_other_forms():
    text = "{outside_m} {$outside_m} {umk} {$aset.skor_aset} {aset.skor_aset} {nik}"
    (rule,) = compile_rows({"expression": "true()", EXPLAIN: text}).rules
    keys = {name: reference.key for name, reference in rule.places.items()}
    assert keys["outside_m"] == keys["$outside_m"] == "$outside_m"
    assert keys["aset.skor_aset"] == keys["$aset.skor_aset"] == "$aset.skor_aset"


def test_rows_of_one_name_agree_on_kind_and_level():
    told = mistakes_of(
        {"name": "AS10", "expression": "true()"},
        {"name": "AS10", "expression": "true()", "kind": "protect", "level": "household"},
    )
    assert [line.partition(": ")[2] for line in told] == [
        "AS10 has another kind in row 2",
        "AS10 has another level in row 2",
    ]


def test_required_columns_are_asked_for():
    with pytest.raises(RulesError) as caught:
        compile_rules(sheet({"expression": "true()"}, header=("name", "expression")), FAMILY)
    told = [str(mistake) for mistake in caught.value.mistakes if mistake.row == 1]
    assert told == [
        "sheet rules, row 1: the sheet needs a column 'kind'",
        "sheet rules, row 1: the sheet needs a column 'severity'",
        "sheet rules, row 1: the sheet needs a column 'label' or 'label::language'",
    ]


@pytest.mark.parametrize("extra", ["explain :: Indonesia (id)", "name", "EXPRESSION"])
def test_a_column_may_stand_only_once(extra):
    with pytest.raises(RulesError) as caught:
        compile_rules(sheet({"expression": "true()"}, header=(*HEADER, extra)), FAMILY)
    assert [mistake.column for mistake in caught.value.mistakes] == [extra]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("expresion", "Did you mean 'expression'?"),
        ("label:English (en)", "is not read"),
        ("catatan", "its cells are lost"),
    ],
)
def test_a_column_that_is_not_read_is_a_warning(column, said):
    rules = compile_rules(sheet({"expression": "true()"}, header=(*HEADER, column)), FAMILY)
    (warning,) = rules.warnings
    assert f"{column!r} is not read" in warning
    assert said in warning


def test_columns_may_be_written_in_any_case():
    header = ("Name", "Kind", "SEVERITY", "Label", "Expression")
    row = {"Name": "R1", "Kind": "Data", "SEVERITY": "Tinggi", "Label": "L", "Expression": "true()"}
    (rule,) = compile_rules(sheet(row, header=header), FAMILY).rules
    assert rule.labels == {"": "L"}


# Hostile expressions end quickly.


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("${jml_mobil} > 1 or " * 5_000 + "true()", "characters"),
        ("(" * (MAX_CHARACTERS // 2) + "1", "ends too early"),
        ("not(" * 30 + "true()" + ")" * 30, "31 levels deep; 20 are the limit"),
        ("-" * 3_000 + "1 > 0", "200 are the limit"),
        (" or ".join(["1 > 0"] * 80), "241 parts; 200 are the limit"),
        ("regex('a', '" + "(a|a)" * 35 + "')", "could take too long"),
        ("regex('a', '" + "a?" * 90 + "')", "could take too long"),
        ("regex('a', '" + "a" * 300 + "')", "200 are the limit"),
        ("regex('a', '" + "(" * 190 + "')", "not understood"),
        ("$" * 4_000, "must be followed"),
    ],
)
def test_hostile_expressions_are_refused_quickly(expression, said):
    started = time.perf_counter()
    assert said in mistake_of(expression)
    assert time.perf_counter() - started < 1


def test_many_parentheses_are_no_depth():
    assert compile_rows({"expression": "(" * 1_900 + "true()" + ")" * 1_900}).rules


def test_fourteen_criteria_fit_into_one_rule():
    criteria = " + ".join(["if(${lantai} = '5' or ${lantai} = '7' or ${lantai} = '8', 1, 0)"] * 14)
    assert compile_rows({"expression": f"{criteria} >= $b14_minimum"}).rules
