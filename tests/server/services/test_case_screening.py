"""The office's own work: what waits too long, what lost its proof, what was decided without a word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from server.db import now
from server.models.case import Case, CaseState, Proposal
from server.models.finding import Finding, FindingState
from server.models.submission import Submission
from server.services import case_screening, rescreening
from tests.sweep import House, Sweep


def workflow(sweep: Sweep) -> dict[str, Finding]:
    found = sweep.findings(subject="case")
    return {item.code: item for item in found if item.state != FindingState.closed}


def set_case(sweep: Sweep, house: House, **columns: object) -> int:
    """As if people had worked on the case."""
    with sweep.office.session() as session:
        case = session.scalars(select(Case).where(Case.household_id == house.household_id)).one()
        for name, value in columns.items():
            setattr(case, name, value)
        case.revision += 1
        return case.id


def at(sweep: Sweep, days: int):
    """The office so many days later."""
    return replace(sweep.office.backends, clock=lambda: now() + timedelta(days=days))


@pytest.fixture
def house(sweep: Sweep) -> House:
    """A family with an open high finding: a car of its own."""
    made = sweep.add_house()
    sweep.send(sweep.fill(made, "aset", cars=1))
    sweep.office.work()
    return made


def test_time_alone_makes_a_review_late(sweep: Sweep, house: House):
    assert case_screening.judge_late_cases(at(sweep, 6)) == 0
    assert case_screening.judge_late_cases(at(sweep, 9)) == 1
    found = workflow(sweep)["WF01"]
    case = sweep.case_of(house)
    assert (found.case_id, found.evidence["codes"], found.severity) == (case.id, ["AS01"], "medium")
    assert case.open_medium == 1
    assert case_screening.judge_late_cases(at(sweep, 30)) == 0, "it has been said"


def test_a_review_is_late_no_more_when_everything_was_decided(sweep: Sweep, house: House):
    case_screening.judge_late_cases(at(sweep, 9))
    with sweep.office.session() as session:
        session.execute(update(Finding).where(Finding.code == "AS01").values(state=FindingState.dismissed))
        session.execute(update(Case).values(open_high=0))
    assert case_screening.judge_late_cases(at(sweep, 9)) == 1
    assert workflow(sweep) == {}
    assert sweep.case_of(house).open_medium == 0


def test_screening_does_not_close_what_was_said_about_the_office(sweep: Sweep, house: House):
    case_screening.judge_late_cases(at(sweep, 9))
    sweep.owe_all()
    sweep.office.work()
    assert set(workflow(sweep)) == {"WF01"}


def test_a_proposal_that_waits_for_dinsos_is_late_too(sweep: Sweep, house: House):
    set_case(sweep, house, state=CaseState.proposed, proposal=Proposal.keep, proposed_at=now())
    assert case_screening.judge_late_cases(at(sweep, 6)) == 0
    case_screening.judge_late_cases(at(sweep, 9))
    assert workflow(sweep)["WF01"].evidence["what"] == "waits_confirmation"


def test_a_removal_whose_photo_is_gone_lacks_proof(any_sweep: Sweep):
    from server.demo.drawing import draw_photo

    house = any_sweep.add_house()
    (number,) = any_sweep.send(any_sweep.fill(house, "penyisiran", photo=draw_photo("rumah", "rumah")))
    any_sweep.office.work()
    set_case(any_sweep, house, state=CaseState.proposed, proposal=Proposal.removal, proposed_at=now())
    case_screening.judge_owed_cases(any_sweep.office.backends)
    assert workflow(any_sweep) == {}
    assert case_screening.judge_owed_cases(any_sweep.office.backends) == 0
    with any_sweep.office.session() as session:
        visit = session.get_one(Submission, number)
        visit.deleted_at = visit.created_at
        rescreening.withdraw(session, visit)
    assert case_screening.judge_owed_cases(any_sweep.office.backends) == 1
    assert {code: item.severity for code, item in workflow(any_sweep).items()} == {"WF02": "high"}
    assert any_sweep.case_of(house).open_high == 1


@pytest.mark.parametrize(("note", "expected"), [("", {"WF03"}), ("Sudah dibahas di musdes.", set())])
def test_a_decision_without_a_word_about_a_high_finding(
    sweep: Sweep, house: House, note: str, expected: set[str]
):
    day = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
    keep = {"proposal": Proposal.keep, "decided_at": day, "proposed_at": day}
    set_case(sweep, house, state=CaseState.decided, decision_note=note, **keep)
    assert case_screening.judge_owed_cases(sweep.office.backends) == 1
    assert set(workflow(sweep)) == expected
    assert case_screening.judge_owed_cases(sweep.office.backends) == 0


@pytest.mark.parametrize(("hour", "expected"), [(16, set()), (17, {"WF05"})])
def test_the_cut_off_goes_by_the_local_day(sweep: Sweep, house: House, hour: int, expected: set[str]):
    decided = datetime(2026, 11, 15, hour, 30, tzinfo=UTC)
    note = "Keluarga sudah mampu menurut musdes."
    columns = {"proposal": Proposal.graduation, "proposal_note": note, "decided_at": decided}
    set_case(sweep, house, state=CaseState.decided, **columns)
    case_screening.judge_owed_cases(sweep.office.backends)
    assert set(workflow(sweep)) == expected
