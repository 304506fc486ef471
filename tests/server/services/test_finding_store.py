"""The life of a finding between two screenings."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.models.finding import Finding, FindingState, SubjectKind
from server.services.finding_store import Draft, hash_evidence, store_findings

SUBJECT = (SubjectKind.submission, 7)
HOUSE = (SubjectKind.household, 7)


@pytest.fixture
def project_id(any_office) -> int:
    return any_office.project_id


@pytest.fixture
def opened(any_office) -> Iterator[Session]:
    with any_office.session() as session:
        yield session


def draft(**values) -> Draft:
    made = Draft(
        subject=SUBJECT,
        code="AS01",
        kind="ineligible",
        severity="medium",
        outcome="fires",
        evidence={"values": {"jml_mobil": 1, "luas": 2.5, "baris": [1, 2]}, "unknown": []},
        rule_version="aset 1",
    )
    return replace(made, **values)


def stored(session: Session) -> Finding:
    session.expire_all()
    return session.scalars(select(Finding)).one()


def decide(session: Session, state: FindingState) -> None:
    finding = stored(session)
    finding.state, finding.decided_at = state, now()
    finding.decided_hash = finding.evidence_hash
    session.flush()


def test_a_new_finding_is_open(opened, project_id):
    result = store_findings(opened, project_id, [SUBJECT], [draft()])
    assert (result.changed, [item.code for item in result.opened]) == (1, ["AS01"])
    finding = stored(opened)
    assert (finding.state, finding.outcome, finding.severity) == ("open", "fires", "medium")
    assert finding.closed_at is None


def test_a_repeat_changes_nothing(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    result = store_findings(opened, project_id, [SUBJECT], [draft()])
    assert (result.changed, result.opened) == (0, ())
    assert stored(opened).updated_at is None


def test_what_no_longer_holds_is_closed_and_may_come_back(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    assert store_findings(opened, project_id, [SUBJECT], []).changed == 1
    assert stored(opened).state == FindingState.closed
    assert stored(opened).closed_at is not None
    assert store_findings(opened, project_id, [SUBJECT], []).changed == 0
    again = store_findings(opened, project_id, [SUBJECT], [draft()])
    assert [item.code for item in again.opened] == ["AS01"]
    assert (stored(opened).state, stored(opened).closed_at) == ("open", None)


def test_other_subjects_are_left_alone(opened, project_id):
    store_findings(opened, project_id, [HOUSE], [draft(subject=HOUSE)])
    store_findings(opened, project_id, [SUBJECT], [])
    store_findings(opened, project_id, [(SubjectKind.household, 8)], [])
    assert stored(opened).state == FindingState.open


@pytest.mark.parametrize("state", [FindingState.confirmed, FindingState.dismissed])
@pytest.mark.parametrize("severity", ["low", "medium"])
def test_what_a_person_decided_stays_when_the_evidence_changes(opened, project_id, state, severity):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    decide(opened, state)
    result = store_findings(
        opened, project_id, [SUBJECT], [draft(evidence={"values": {}}, severity=severity)]
    )
    finding = stored(opened)
    assert (finding.state, result.opened) == (state, ())
    assert finding.evidence_hash != finding.decided_hash, "it says that the evidence changed since"
    assert finding.severity == severity


@pytest.mark.parametrize("state", [FindingState.confirmed, FindingState.dismissed])
def test_what_a_person_decided_opens_again_when_its_severity_rose(opened, project_id, state):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    decide(opened, state)
    result = store_findings(opened, project_id, [SUBJECT], [draft(severity="high")])
    assert stored(opened).state == FindingState.open
    assert [item.code for item in result.opened] == ["AS01"]


def test_a_dismissed_unknown_that_fires_now_opens_again(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft(outcome="unknown", severity="high")])
    decide(opened, FindingState.dismissed)
    store_findings(opened, project_id, [SUBJECT], [draft(severity="low")])
    assert stored(opened).state == FindingState.open


def test_a_confirmed_finding_that_became_unknown_stays_confirmed(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    decide(opened, FindingState.confirmed)
    store_findings(opened, project_id, [SUBJECT], [draft(outcome="unknown")])
    assert (stored(opened).state, stored(opened).outcome) == ("confirmed", "unknown")


def test_a_decision_is_kept_while_the_finding_is_gone(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft()])
    decide(opened, FindingState.dismissed)
    store_findings(opened, project_id, [SUBJECT], [])
    assert stored(opened).state == FindingState.dismissed
    assert stored(opened).closed_at is not None
    store_findings(opened, project_id, [SUBJECT], [draft()])
    assert (stored(opened).state, stored(opened).closed_at) == ("dismissed", None)


def test_of_two_drafts_of_one_code_the_gravest_counts(opened, project_id):
    drafts = [
        draft(severity="high", outcome="unknown"),
        draft(severity="low"),
        draft(severity="medium", rule_version="lain 1"),
    ]
    store_findings(opened, project_id, [SUBJECT], drafts)
    finding = stored(opened)
    assert (finding.severity, finding.outcome, finding.rule_version) == ("medium", "fires", "lain 1")
    assert store_findings(opened, project_id, [SUBJECT], drafts).changed == 0


def test_long_names_of_rules_fit(opened, project_id):
    store_findings(opened, project_id, [SUBJECT], [draft(code="A" * 64)])
    assert stored(opened).code == "A" * 64


def test_the_same_evidence_has_the_same_hash():
    assert hash_evidence("fires", {"a": 1, "b": [1]}) == hash_evidence("fires", {"b": [1], "a": 1})
    assert hash_evidence("fires", {"a": 1}) != hash_evidence("unknown", {"a": 1})
    assert hash_evidence("fires", {"a": Decimal("1.5")}) != hash_evidence("fires", {"a": Decimal("1.6")})
