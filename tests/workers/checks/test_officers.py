from datetime import date

import pytest

from forms.rule_terms import Outcome
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, UNKNOWN
from workers.explaining import explain_check
from workers.facts_officer import Counts, DayCount, OfficerFacts, Tally
from workers.findings import CATALOG, Finding, run_checks

DAY = date(2026, 11, 24)


def ask(code: str, facts: OfficerFacts, **settings: object) -> Finding:
    return CATALOG[code].run(facts, settings)


def outcome(code: str, facts: OfficerFacts, **settings: object) -> Outcome:
    return ask(code, facts, **settings).outcome


def sent(**visits: int) -> OfficerFacts:
    days = tuple(DayCount(DAY, form, count) for form, count in visits.items())
    return OfficerFacts(7, ("351701",), days=days, usual_day=12.0)


@pytest.mark.parametrize(("form", "limit"), [("penyisiran", 25), ("stiker", 60), ("aset", 100)])
def test_qc04_fires_over_the_limit_of_a_day_and_is_clear_at_it(form: str, limit: int) -> None:
    assert outcome("QC04", sent(**{form: limit})) is CLEAR
    found = ask("QC04", sent(**{form: limit + 1}))
    assert (found.outcome, found.evidence["threshold"], found.evidence["day"]) == (FIRES, limit, "2026-11-24")


def test_qc04_counts_all_forms_together() -> None:
    found = ask("QC04", sent(penyisiran=25, stiker=50, aset=26))
    assert (found.evidence["form"], found.evidence["visits"]) == ("all_forms", 101)
    said = explain_check(CATALOG["QC04"], found.evidence, "id")
    assert "101 formulir semuanya pada 2026-11-24, batas 100 sehari" in said
    assert "biasanya mengirim 12 sehari" in said


def test_qc04_unknown_when_nobody_counted() -> None:
    assert outcome("QC04", OfficerFacts(7)) is UNKNOWN


def shares(name: str, own: tuple[int, int], peers: tuple[int, int] | None) -> OfficerFacts:
    theirs = None if peers is None else Counts(**{name: Tally(*peers)})
    return OfficerFacts(
        7, ("351701",), days=(), own=Counts(**{name: Tally(*own)}), peers=theirs, peer_officers=3
    )


@pytest.mark.parametrize(
    ("own", "peers", "expected"),
    [
        ((17, 20), (3, 10), FIRES),
        ((16, 20), (3, 10), CLEAR),
        ((17, 20), (4, 10), CLEAR),
        ((9, 9), (0, 50), NOT_APPLICABLE),
        ((0, 0), (0, 50), NOT_APPLICABLE),
    ],
)
def test_qc08_fires_for_all_no_beside_peers_who_find_something_and_is_clear_else(
    own: tuple[int, int], peers: tuple[int, int], expected: object
) -> None:
    assert outcome("QC08", shares("all_no", own, peers)) is expected


@pytest.mark.parametrize("peers", [None, (0, 9)])
def test_qc08_unknown_without_enough_peers(peers: tuple[int, int] | None) -> None:
    found = ask("QC08", shares("all_no", (20, 20), peers))
    assert found.evidence["reason"] == "no_peers"


@pytest.mark.parametrize(
    ("own", "peers", "expected"),
    [
        ((7, 20), (10, 100), FIRES),
        ((6, 20), (10, 100), CLEAR),
        ((4, 4), (0, 100), CLEAR),
        ((5, 20), (0, 100), FIRES),
    ],
)
def test_qc12_fires_over_three_times_the_peers_and_five_and_is_clear_else(
    own: tuple[int, int], peers: tuple[int, int], expected: object
) -> None:
    assert outcome("QC12", shares("not_found", own, peers)) is expected


def test_qc12_unknown_without_enough_peers() -> None:
    assert ask("QC12", shares("not_found", (7, 20), (0, 9))).evidence["reason"] == "no_peers"


@pytest.mark.parametrize(
    ("own", "peers", "expected"),
    [
        ((21, 100), (10, 100), FIRES),
        ((20, 100), (1, 100), CLEAR),
        ((30, 100), (15, 100), CLEAR),
        ((20, 49), (0, 100), NOT_APPLICABLE),
    ],
)
def test_qc17_fires_over_a_fifth_and_twice_the_peers_and_is_clear_else(
    own: tuple[int, int], peers: tuple[int, int], expected: object
) -> None:
    assert outcome("QC17", shares("other", own, peers)) is expected


def test_qc17_unknown_without_enough_peers() -> None:
    assert ask("QC17", shares("other", (30, 100), None)).evidence["reason"] == "no_peers"


def test_an_officer_is_asked_the_checks_of_officers_only() -> None:
    found = run_checks(sent(penyisiran=26), {})
    assert [item.code for item in found] == ["QC04"]
    assert found[0].subject.value == "officer"
