"""Cases and their counts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.db import now
from server.models.case import Case, CaseEvent, CaseState
from server.models.finding import Finding, FindingState
from server.services.case_visits import visit_time
from server.services.cases import CaseKey, drop_untouched, ensure_cases, refresh_cases, reopen_cases
from tests import factories
from tests.flows.shapes import FORM


@pytest.fixture
def opened(any_office) -> Iterator[Session]:
    any_office.publish(FORM)
    with any_office.session() as session:
        factories.make_areas(session)
        yield session


@pytest.fixture
def form(any_office, opened):
    return any_office.form(opened, "uji")


@pytest.fixture
def house(any_office, opened):
    return factories.make_household(opened, any_office.project_id, "Suparmi")


def refresh(session: Session, project_id: int, *keys: CaseKey) -> list[Case]:
    ids = ensure_cases(session, project_id, keys)
    refresh_cases(session, project_id, ids)
    session.expire_all()
    return [session.get_one(Case, ids[key]) for key in keys]


def counts(case: Case) -> tuple[int, int, int, int]:
    return case.open_high, case.open_medium, case.open_low, case.open_protect


def test_a_household_has_one_case_in_a_campaign(any_office, opened, house):
    key = CaseKey(household_id=house.id)
    assert ensure_cases(opened, any_office.project_id, [key, key]) == ensure_cases(
        opened, any_office.project_id, [key]
    )
    (case,) = refresh(opened, any_office.project_id, key)
    assert (case.title, case.area_path, case.state) == ("Suparmi", house.area_path, "open")
    assert case.search_text == f"suparmi {house.source_id}".lower()


def test_open_findings_are_counted_by_severity_and_protection_apart(any_office, opened, form, house):
    visit = factories.make_submission(opened, form, house)
    for code, kind, severity in (
        ("A", "ineligible", "high"),
        ("B", "quality", "medium"),
        ("C", "identity", "low"),
        ("D", "data", "info"),
        ("E", "protect", "high"),
    ):
        factories.make_finding(opened, visit, code, kind=kind, severity=severity)
    factories.make_finding(opened, visit, "F", outcome="unknown")
    for code, state in zip("GHI", ("confirmed", "dismissed", "closed"), strict=True):
        factories.make_finding(opened, visit, code, state=FindingState(state))
    (case,) = refresh(opened, any_office.project_id, CaseKey(household_id=house.id))
    assert counts(case) == (1, 1, 2, 1)
    assert set(opened.scalars(select(Finding.case_id))) == {case.id}


def test_counts_go_back_to_nothing(any_office, opened, form, house):
    finding = factories.make_finding(opened, factories.make_submission(opened, form, house))
    key = CaseKey(household_id=house.id)
    assert counts(refresh(opened, any_office.project_id, key)[0]) == (1, 0, 0, 0)
    finding.state = FindingState.closed
    opened.flush()
    assert counts(refresh(opened, any_office.project_id, key)[0]) == (0, 0, 0, 0)


def test_the_latest_visit_is_shown(any_office, opened, form, house):
    officers = [
        factories.make_officer(opened, any_office.backends, any_office.project_id, name)
        for name in ("A", "B")
    ]
    moment = now()
    factories.make_submission(
        opened, form, house, officer=officers[0], days_ago=1, started_at=moment - timedelta(days=1, hours=2)
    )
    factories.make_submission(
        opened, form, house, officer=officers[1], days_ago=0, started_at=moment - timedelta(days=3)
    )
    (case,) = refresh(opened, any_office.project_id, CaseKey(household_id=house.id))
    assert case.officer_id == officers[0].id, "the other one only came in later"
    assert case.visited_at == moment - timedelta(days=1, hours=2)


@pytest.mark.parametrize("years", [-40, 30])
def test_a_clock_that_cannot_be_right_is_not_believed(years):
    received = now()
    assert visit_time(received + timedelta(days=365 * years), received) == received
    assert visit_time(None, received) == received
    assert visit_time(received - timedelta(days=9), received) == received - timedelta(days=9)


def test_a_submission_without_household_has_a_case_of_its_own(any_office, opened, form):
    visits = [factories.make_submission(opened, form, None) for _ in range(2)]
    factories.make_finding(opened, visits[0], severity="medium")
    first, second = refresh(opened, any_office.project_id, *(CaseKey(submission_id=v.id) for v in visits))
    assert (counts(first), counts(second)) == ((0, 1, 0, 0), (0, 0, 0, 0))
    assert (first.title, first.area_path) == ("Tanpa keluarga", "3599012001")
    assert first.visited_at is not None


def test_the_own_case_of_a_submission_goes_when_its_household_is_known(any_office, opened, form, house):
    visit = factories.make_submission(opened, form, None)
    factories.make_finding(opened, visit)
    refresh(opened, any_office.project_id, CaseKey(submission_id=visit.id))
    visit.household_id = house.id
    for finding in opened.scalars(select(Finding)):
        finding.household_id = house.id
    opened.flush()
    (case,) = refresh(opened, any_office.project_id, CaseKey(household_id=house.id))
    drop_untouched(opened, any_office.project_id, [visit.id])
    assert opened.scalars(select(Case.id)).all() == [case.id]
    assert counts(case) == (1, 0, 0, 0)


def test_an_own_case_that_somebody_worked_on_stays_and_is_empty(any_office, opened, form, house):
    visit = factories.make_submission(opened, form, None)
    factories.make_finding(opened, visit)
    (own,) = refresh(opened, any_office.project_id, CaseKey(submission_id=visit.id))
    opened.add(CaseEvent(case_id=own.id, action="case.propose", details={}, at=now()))
    for finding in opened.scalars(select(Finding)):
        finding.household_id = house.id
    opened.flush()
    refresh(opened, any_office.project_id, CaseKey(household_id=house.id))
    drop_untouched(opened, any_office.project_id, [visit.id])
    opened.expire_all()
    assert counts(opened.get_one(Case, own.id)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("state", "after"),
    [(CaseState.decided, "open"), (CaseState.proposed, "proposed"), (CaseState.open, "open")],
)
def test_only_decided_cases_are_opened_again(any_office, opened, house, state, after):
    key = CaseKey(household_id=house.id)
    (case,) = refresh(opened, any_office.project_id, key)
    case.state = state
    opened.flush()
    changed = reopen_cases(opened, any_office.project_id, [key])
    opened.expire_all()
    assert (case.state, changed) == (after, int(state == CaseState.decided))
    assert case.revision == 1 + changed
    events = opened.scalar(select(func.count()).select_from(CaseEvent))
    assert events == changed


def test_a_case_moves_with_its_household(any_office, opened, house):
    key = CaseKey(household_id=house.id)
    refresh(opened, any_office.project_id, key)
    house.area_path = "3599012003/001/001"
    opened.flush()
    assert refresh(opened, any_office.project_id, key)[0].area_path == "3599012003/001/001"
