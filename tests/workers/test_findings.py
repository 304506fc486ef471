import ast
import json
import logging
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from forms.rule_terms import Kind, Outcome, Severity
from tests.workers.facts_factory import NIK, make_facts, make_photo, make_register
from workers.checking import Answer, Check, Fires, check
from workers.explaining import REASONS, explain_check
from workers.facts import Facts, PhotoPeer, Reason
from workers.findings import CATALOG, run_checks


def declare(registry: dict[str, Check], code: str = "XX01", **changes: object) -> object:
    values: dict[str, object] = {"kind": Kind.QUALITY, "severity": Severity.LOW, "source": "test"}
    texts = {"label_id": "l", "label_en": "l", "explain_id": "e {a}", "explain_en": "e {a}"}
    return check(code, registry=registry, **{**values, **texts, **changes})  # type: ignore[arg-type]


def test_a_plain_visit_has_no_findings() -> None:
    assert run_checks(make_facts(), {}) == []


def test_only_what_fires_or_is_unknown_is_returned() -> None:
    photos = (make_photo(same=(PhotoPeer(11, 2, True, 0, "H2"),)), make_photo(name="b.jpg", present=False))
    found = run_checks(make_facts(photos=photos), {})
    assert [(item.code, item.outcome) for item in found] == [
        ("QC05", Outcome.FIRES),
        ("QC06", Outcome.UNKNOWN),
        ("QC07", Outcome.UNKNOWN),
    ]


def test_evidence_of_everything_is_plain_json() -> None:
    found = run_checks(Facts(submission_id=1, instance_id="uuid:1", form_id="penyisiran"), {})
    assert {item.outcome for item in found} == {Outcome.UNKNOWN}
    assert json.loads(json.dumps([dict(item.evidence) for item in found]))


def test_settings_change_a_check_and_are_kept_in_the_finding() -> None:
    facts = make_facts(location=None)
    assert CATALOG["SP03"].parameters({"tolerance_m": "250"})["tolerance_m"] == 250.0
    found = CATALOG["SP02"].run(facts, {"low_m": 5})
    assert (found.outcome, found.parameters) == (Outcome.FIRES, {"low_m": 5.0, "medium_m": 50.0})


def test_a_check_that_breaks_is_unknown_logged_by_id_and_silences_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry: dict[str, Check] = {}

    @declare(registry)  # type: ignore[operator]
    def broken(facts: Facts) -> Answer:
        raise KeyError(facts.value("nik"))

    @declare(registry, "XX02")  # type: ignore[operator]
    def firing(facts: Facts) -> Answer:
        return Fires({"a": 1})

    with caplog.at_level(logging.ERROR):
        found = run_checks(make_facts(), {}, checks=registry.values())
    assert [(item.code, item.outcome) for item in found] == [
        ("XX01", Outcome.UNKNOWN),
        ("XX02", Outcome.FIRES),
    ]
    assert found[0].evidence == {"reason": "error"}
    record = caplog.records[0]
    assert (record.message, record.code, record.submission_id) == ("check.failed", "XX01", 10)  # type: ignore[attr-defined]
    assert NIK not in json.dumps(record.__dict__, default=str)


@pytest.mark.parametrize("given", [{"tolerance_m": "much"}, {"tolerance": 5}, {"tolerance_m": float("nan")}])
def test_a_setting_that_cannot_be_used_makes_its_check_unknown(given: dict[str, object]) -> None:
    found = run_checks(make_facts(), {"SP03": given})
    assert [(item.code, dict(item.evidence)) for item in found] == [("SP03", {"reason": "error"})]


def test_a_code_cannot_be_used_twice() -> None:
    registry: dict[str, Check] = {}
    declare(registry)(lambda facts: None)  # type: ignore[operator]
    with pytest.raises(ValueError, match="XX01 is taken"):
        declare(registry)(lambda facts: None)  # type: ignore[operator]


def test_units_come_from_the_names_of_settings() -> None:
    units = {name: setting.unit for name, setting in CATALOG["QC01"].settings.items()}
    assert units["median_pct"] == "%"
    assert (units["aset_s"], units["median_visits"]) == ("s", "")


def test_every_check_explains_itself_in_both_languages() -> None:
    for item in CATALOG.values():
        places = [_places(item.explain[language]) for language in ("id", "en")]
        assert places[0] == places[1], item.code
        assert item.label["id"] != item.label["en"] and item.source and item.function.__doc__, item.code


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_sentences_show_numbers_and_words_as_people_write_them() -> None:
    evidence = {"outside_m": 1213.4, "claimed_name": "Perak", "accuracy_m": 6.0, "threshold": 100.0}
    said = explain_check(CATALOG["SP03"], evidence, "id")
    assert said == "Titik rumah 1.213,4 m di luar batas Perak; ketelitian GPS 6 m. Batas toleransi 100 m."
    assert "1,213.4 m outside Perak" in explain_check(CATALOG["SP03"], evidence, "en")
    assert "tidak difoto" in explain_check(
        CATALOG["WF04"], {"result": "terpasang", "state": "not_taken"}, "id"
    )


def test_a_sentence_without_evidence_does_not_break() -> None:
    assert "– m" in explain_check(CATALOG["SP03"], {}, "id")


def test_an_unknown_says_why() -> None:
    assert explain_check(CATALOG["SP03"], {"reason": "no_boundary"}, "id") == "Batas desa belum diimpor."
    assert set(REASONS) == set(Reason)


def test_a_new_household_has_no_register_to_differ_from() -> None:
    new = make_register(
        source_id=None,
        is_new=True,
        nik=None,
        nik_manager=None,
        no_kk=None,
        programmes=frozenset(),
        lat=None,
        lon=None,
    )
    assert run_checks(make_facts(register=new), {}) == []


CHECK_TESTS = Path(__file__).parent / "checks"


def _test_names() -> Iterator[str]:
    for path in CHECK_TESTS.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                yield node.name


def test_every_check_is_tested_where_it_fires_is_clear_and_cannot_look() -> None:
    names = list(_test_names())
    missing = [
        f"{code} {word}"
        for code in CATALOG
        for word in ("fires", "clear", "unknown")
        if not any(code.lower() in name and word in name for name in names)
    ]
    assert missing == []
