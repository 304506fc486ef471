import pytest

from forms.facts_catalog import FACTS, find_fact
from forms.rule_terms import Level
from forms.rules_types import Type
from forms.settings_catalog import SETTINGS, default_settings


def test_every_fact_has_a_meaning_in_both_languages_and_a_source():
    for fact in FACTS.values():
        assert set(fact.description) == {"id", "en"}
        assert all(fact.description.values())
        assert fact.source


def test_a_unit_stands_in_the_name_and_in_the_catalogue():
    assert {name: fact.unit for name, fact in FACTS.items() if fact.unit} == {
        **{name: "m" for name in FACTS if name.endswith("_m")},
        "duration_s": "s",
        "start_hour": "h",
        "delay_h": "h",
    }


def test_whether_a_rule_fires_is_a_fact_of_the_household():
    fact = find_fact("fires_AS01")
    assert fact is not None
    assert (fact.type, fact.level, fact.description["en"]) == (
        Type.BOOLEAN,
        Level.HOUSEHOLD,
        "AS01 fires for this household",
    )


@pytest.mark.parametrize("name", ["", "fires_", "fires_1", "fires_AS 01", "umk", "$desil"])
def test_other_names_are_no_facts(name):
    assert find_fact(name) is None


def test_a_name_is_a_fact_or_a_setting_and_settings_have_labels():
    assert not FACTS.keys() & SETTINGS.keys()
    assert all(set(setting.label) == {"id", "en"} and setting.rules for setting in SETTINGS.values())


def test_settings_without_a_right_value_have_no_default():
    assert default_settings().keys() == SETTINGS.keys() - {"umk"}
    assert default_settings()["desil_gate_pkh"] == 4
