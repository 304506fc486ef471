from dataclasses import replace
from datetime import date, timedelta

import pytest

from forms.rule_terms import Outcome
from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, UNKNOWN
from workers.explaining import explain_check
from workers.facts_case import CaseFacts, HighFinding
from workers.findings import CATALOG, Finding

TODAY = date(2026, 11, 24)


def ask(code: str, facts: CaseFacts, **settings: object) -> Finding:
    return CATALOG[code].run(facts, settings)


def outcome(code: str, facts: CaseFacts, **settings: object) -> Outcome:
    return ask(code, facts, **settings).outcome


def waiting(days: int, state: str = "open", *, is_open: bool = True) -> CaseFacts:
    return CaseFacts(1, TODAY, state, high=(HighFinding("SP06", is_open, TODAY - timedelta(days=days)),))


def test_wf01_fires_after_seven_days_and_is_clear_on_the_seventh() -> None:
    found = ask("WF01", waiting(8))
    assert (found.outcome, found.evidence["since"], found.evidence["due"]) == (
        FIRES,
        "2026-11-16",
        "2026-11-23",
    )
    said = explain_check(CATALOG["WF01"], found.evidence, "id")
    assert said.startswith("Temuan tinggi belum diputuskan sejak 2026-11-16 (SP06); batas 7 hari")
    assert outcome("WF01", waiting(7)) is CLEAR
    assert outcome("WF01", waiting(8), open_days=14) is CLEAR
    assert outcome("WF01", waiting(8, is_open=False)) is CLEAR


def test_wf01_says_the_same_on_the_next_day() -> None:
    assert ask("WF01", replace(waiting(8), today=TODAY + timedelta(days=30))) == ask("WF01", waiting(8))


def test_wf01_fires_for_a_proposal_that_waits_for_dinsos_not_for_a_revisit() -> None:
    facts = CaseFacts(1, TODAY, "proposed", "removal", proposed_on=TODAY - timedelta(days=8), high=())
    assert ask("WF01", facts).evidence["what"] == "waits_confirmation"
    assert outcome("WF01", replace(facts, proposal="revisit")) is CLEAR
    assert outcome("WF01", replace(facts, state="decided")) is NOT_APPLICABLE


def test_wf01_unknown_when_nobody_read_the_findings() -> None:
    assert outcome("WF01", CaseFacts(1, TODAY, "open")) is UNKNOWN


@pytest.mark.parametrize("state", ["proposed", "decided"])
def test_wf02_fires_for_a_removal_without_picture_and_is_clear_with_one(state: str) -> None:
    facts = CaseFacts(1, TODAY, state, "removal", high=(), has_picture=False)
    assert outcome("WF02", facts) is FIRES
    assert outcome("WF02", replace(facts, has_picture=True)) is CLEAR
    assert outcome("WF02", replace(facts, proposal="keep")) is NOT_APPLICABLE
    assert outcome("WF02", replace(facts, state="returned")) is NOT_APPLICABLE


def test_wf02_unknown_when_nobody_looked_for_pictures() -> None:
    assert outcome("WF02", CaseFacts(1, TODAY, "proposed", "removal")) is UNKNOWN


def decided(note: str = "", finding_note: str = "", **changes: object) -> CaseFacts:
    high = (HighFinding("SP06", True, TODAY, finding_note),)
    return replace(CaseFacts(1, TODAY, "decided", "keep", note, decided_on=TODAY, high=high), **changes)  # type: ignore[arg-type]


def test_wf03_fires_when_nobody_wrote_a_reason_and_is_clear_when_somebody_did() -> None:
    found = ask("WF03", decided("ok"))
    assert (found.outcome, found.evidence["codes"], found.evidence["letters"]) == (FIRES, ["SP06"], 2)
    assert outcome("WF03", decided("Sudah dilihat ke rumah")) is CLEAR
    assert outcome("WF03", decided(finding_note="Sudah dilihat ke rumah")) is CLEAR
    assert outcome("WF03", decided(decision_note="Sudah dilihat ke rumah")) is CLEAR
    assert outcome("WF03", decided(high=())) is CLEAR
    assert outcome("WF03", decided(state="open")) is NOT_APPLICABLE


def test_wf03_unknown_when_nobody_read_the_findings() -> None:
    assert outcome("WF03", decided(high=None)) is UNKNOWN


@pytest.mark.parametrize(("day", "expected"), [(15, CLEAR), (16, FIRES)])
def test_wf05_fires_after_the_cut_off_day_and_is_clear_on_it(day: int, expected: object) -> None:
    facts = CaseFacts(1, TODAY, "decided", "graduation", decided_on=date(2026, 11, day), high=())
    assert outcome("WF05", facts) is expected
    assert outcome("WF05", facts, cut_off_day=20) is CLEAR
    assert outcome("WF05", replace(facts, proposal="keep")) is NOT_APPLICABLE


def test_wf05_unknown_without_a_day() -> None:
    assert outcome("WF05", CaseFacts(1, TODAY, "decided", "removal", high=())) is UNKNOWN
