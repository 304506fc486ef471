from datetime import date
from typing import Any

import pytest

from forms.values import Value
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_facts, make_register
from workers.explaining import explain_check
from workers.facts import Facts, HistoryFacts
from workers.findings import CATALOG
from workers.masks import mask_number

CODES = ("ID06", "ID08", "KP03", "KP13")


def registered(**changes: Any) -> Facts:
    return make_facts(register=make_register(**changes))


@pytest.mark.parametrize("code", CODES)
def test_a_family_that_the_register_lacks_has_nothing_to_check(code: str) -> None:
    assert outcome(code, registered(is_new=True, source_id=None)) is NOT_APPLICABLE
    assert reason(code, make_facts(register=None)) == "no_household"


# --- ID06 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "number", "fault"),
    [
        ({"nik": "3.51701E+15"}, "nik", "exponent"),
        ({"nik": "3,51701e15"}, "nik", "exponent"),
        ({"nik_manager": "3517011203759002.0"}, "nik_pengurus", "decimal"),
        ({"no_kk": "'3517011509170001"}, "no_kk", "apostrophe"),
        ({"no_kk": "3517011509170001’"}, "no_kk", "apostrophe"),
    ],
)
def test_id06_fires_for_what_a_spreadsheet_leaves(changes: dict[str, Value], number: str, fault: str) -> None:
    found = ask("ID06", registered(**changes))
    assert (found.outcome, found.evidence["number"], found.evidence["fault"]) == (FIRES, number, fault)
    damaged = str(next(iter(changes.values())))
    assert found.evidence["shown"] == mask_number(damaged)
    assert damaged not in str(found.evidence)


def test_id06_fires_for_a_zero_at_the_end_in_an_import_full_of_them() -> None:
    ends = {"nik": (100, 31), "no_kk": (100, 10)}
    found = ask("ID06", registered(nik="3517014107809000", number_ends=ends))
    assert (found.evidence["fault"], found.evidence["ending_zero_pct"]) == ("ends_in_zero", 31.0)
    said = explain_check(CATALOG["ID06"], found.evidence, "id")
    assert said.endswith("Nomor impor ini yang berakhir 0: 31%, batas 30%.") and "NIK kepala keluarga" in said


@pytest.mark.parametrize(
    "ends",
    [{"nik": (100, 30)}, {"nik": (29, 29)}, {"no_kk": (100, 90)}, {}],
    ids=["30 %", "small", "kk", "none"],
)
def test_id06_clear_for_a_zero_at_the_end_among_others(ends: dict[str, tuple[int, int]]) -> None:
    assert outcome("ID06", registered(nik="3517014107809000", number_ends=ends)) is CLEAR


def test_id06_clear_for_whole_numbers_however_they_are_spaced() -> None:
    ends = {"nik": (100, 90), "nik_pengurus": (100, 90), "no_kk": (100, 90)}
    assert outcome("ID06", registered(number_ends=ends)) is CLEAR
    assert outcome("ID06", registered(nik="351701.410780.9001", no_kk="3517 0115 0917 0001")) is CLEAR


def test_id06_unknown_without_any_number() -> None:
    assert reason("ID06", registered(nik=None, nik_manager=None, no_kk="")) == "no_register_value"


# --- ID08 ------------------------------------------------------------------------------------------------------------


def test_id08_fires_when_the_register_says_no() -> None:
    found = ask("ID08", registered(dukcapil_matched=False))
    assert found.outcome is FIRES
    assert "padan Dukcapil: tidak; seharusnya ya" in explain_check(CATALOG["ID08"], found.evidence, "id")


def test_id08_clear_when_it_says_yes() -> None:
    assert outcome("ID08", make_facts()) is CLEAR


def test_id08_unknown_when_it_does_not_say() -> None:
    assert reason("ID08", registered(dukcapil_matched=None)) == "no_register_value"


# --- KP03 ------------------------------------------------------------------------------------------------------------


def with_children(*born_on: date, count: int | None = None, **changes: Any) -> Facts:
    return registered(early_children=count, early_children_born_on=born_on, **changes)


def test_kp03_fires_for_a_child_of_seven() -> None:
    found = ask("KP03", with_children(date(2019, 11, 24), date(2022, 1, 1)))
    assert (found.outcome, found.evidence["ages"], found.evidence["threshold"]) == (FIRES, [7], 6)
    assert "berumur 7 tahun; batas 6 tahun" in explain_check(CATALOG["KP03"], found.evidence, "id")


def test_kp03_clear_the_day_before_the_seventh_birthday_and_without_such_children() -> None:
    assert outcome("KP03", with_children(date(2019, 11, 25))) is CLEAR
    assert outcome("KP03", with_children(count=0)) is CLEAR
    assert outcome("KP03", with_children(date(2019, 1, 1)), age_maximum=7) is CLEAR


def test_kp03_unknown_when_the_register_has_no_birth_dates() -> None:
    assert reason("KP03", with_children()) == "no_register_value"
    assert reason("KP03", with_children(count=2)) == "no_register_value"
    assert reason("KP03", with_children(date(2022, 1, 1), count=2)) == "no_register_value"


@pytest.mark.parametrize("code", ["KP03", "KP13"])
def test_without_pkh_nothing_applies(code: str) -> None:
    assert outcome(code, registered(programmes=frozenset({"BPNT"}), pkh_since_year=2010)) is NOT_APPLICABLE


# --- KP13 ------------------------------------------------------------------------------------------------------------


def test_kp13_fires_after_more_than_five_years() -> None:
    found = ask("KP13", registered(pkh_since_year=2020))
    assert (found.outcome, found.evidence["years"], found.evidence["threshold"]) == (FIRES, 6, 5)
    assert "PKH sejak 2020: 6 tahun" in explain_check(CATALOG["KP13"], found.evidence, "id")


def test_kp13_clear_in_the_fifth_year_and_below_another_limit() -> None:
    assert outcome("KP13", registered(pkh_since_year=2021)) is CLEAR
    assert outcome("KP13", registered(pkh_since_year=2020), years_maximum=6) is CLEAR


def test_kp13_unknown_without_the_year() -> None:
    assert reason("KP13", registered(pkh_since_year=None)) == "no_register_value"


def test_the_households_latest_day_decides_whichever_visit_is_looked_at() -> None:
    later = HistoryFacts(last_visited_on=date(2027, 1, 1))
    assert outcome("KP13", make_facts(register=make_register(pkh_since_year=2021), history=later)) is FIRES
    child = make_register(early_children=1, early_children_born_on=(date(2019, 12, 1),))
    assert outcome("KP03", make_facts(register=child, history=later)) is FIRES
    assert outcome("KP03", make_facts(register=child)) is CLEAR
