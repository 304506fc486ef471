"""Findings about officers: judged beside the others of the kecamatan, kept like other findings, decided by people."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.errors import GuardError, NotFoundError, StaleError
from server.models.audit import Audit
from server.models.finding import Finding
from server.models.norm import DistrictDue
from server.models.project import Project
from server.models.submission import Submission
from server.permissions import Caller
from server.services import officer_screening, rescreening
from tests import factories
from tests.sweep import FIRST_DAY, Sweep

NOTE = "Sudah didampingi, alamat memang kosong."


def gone(sweep: Sweep, count: int, *, missing: int) -> list[int]:
    """Sweeps of so many families, `missing` of them not found."""
    houses = sweep.add_houses(count)
    forms = []
    for place, house in enumerate(houses):
        presence = "alamat_tidak_ditemukan" if place < missing else "ada"
        start = FIRST_DAY + timedelta(minutes=40 * (place % 12), days=place // 12)
        forms += sweep.fill(house, "penyisiran", started_at=start, presence=presence)
    ids = sweep.send(forms)
    sweep.office.work()
    return ids


def judge(sweep: Sweep) -> dict[tuple[int, str], Finding]:
    officer_screening.judge_due_officers(sweep.office.backends)
    found = sweep.findings(subject="officer")
    return {(item.subject_id, item.code): item for item in found if item.state != "closed"}


def work_of_two(sweep: Sweep) -> tuple[int, int, list[int]]:
    """One officer finds nobody, another nearly everybody. Returns: both, and the visits of the first."""
    lazy = sweep.phone
    ids = gone(sweep, 8, missing=6)
    sweep.phone = sweep.office.phone("Petugas Dua", factories.REGENCY)
    gone(sweep, 12, missing=1)
    return lazy.officer_id, sweep.phone.officer_id, ids


def test_an_officer_who_finds_nobody_is_seen_beside_the_others(any_sweep: Sweep):
    lazy, _, _ = work_of_two(any_sweep)
    found = judge(any_sweep)
    assert {key for key, item in found.items() if item.outcome == "fires"} == {(lazy, "QC12")}
    evidence = found[lazy, "QC12"].evidence
    assert (evidence["found"], evidence["visits"], evidence["own_pct"], evidence["peers_pct"]) == (
        6,
        8,
        75.0,
        8.3,
    )
    assert (evidence["peer_officers"], evidence["districts"]) == (1, ["359901"])


def test_only_what_changed_is_looked_at_and_a_deleted_visit_counts_no_more(any_sweep: Sweep):
    lazy, _, ids = work_of_two(any_sweep)
    judge(any_sweep)
    assert officer_screening.judge_due_officers(any_sweep.office.backends) == 0
    with any_sweep.office.session() as session:
        for number in ids[:2]:
            visit = session.get_one(Submission, number)
            visit.deleted_at = visit.created_at
            rescreening.withdraw(session, visit)
    assert (lazy, "QC12") not in judge(any_sweep)
    with any_sweep.office.session() as session:
        assert session.scalars(select(DistrictDue)).all() == []


def test_alone_in_a_kecamatan_it_cannot_be_said(sweep: Sweep):
    gone(sweep, 8, missing=6)
    found = judge(sweep)
    assert {key[1]: item.outcome for key, item in found.items()} == {"QC12": "unknown"}


def test_too_many_a_day_names_day_and_limit(sweep: Sweep):
    houses = sweep.add_houses(26)
    forms = [
        form
        for place, house in enumerate(houses)
        for form in sweep.fill(
            house, "penyisiran", started_at=FIRST_DAY + timedelta(minutes=place), seconds=60
        )
    ]
    sweep.send(forms)
    sweep.office.work()
    found = judge(sweep)[sweep.phone.officer_id, "QC04"]
    assert (found.evidence["visits"], found.evidence["threshold"], found.evidence["day"]) == (
        26,
        25,
        "2026-03-02",
    )


@pytest.fixture
def judged(sweep: Sweep) -> tuple[Sweep, Finding]:
    lazy, _, _ = work_of_two(sweep)
    return sweep, judge(sweep)[lazy, "QC12"]


def decide(sweep: Sweep, finding: Finding, areas: tuple[str, ...] | None, **changes: str) -> None:
    with sweep.office.session() as session:
        project = session.get_one(Project, sweep.office.project_id)
        actor = factories.make_user(
            session, f"S{len(session.scalars(select(Audit)).all())}", "supervisor", *(areas or ())
        )
        caller = Caller(actor.id, "user", "S", {"*": frozenset({"case.propose", "case.read"})}, areas)
        given = {
            "state": "confirmed",
            "note": NOTE,
            "stamp": f"{finding.state}-{finding.evidence_hash}",
            **changes,
        }
        officer_screening.decide_finding(session, caller, project, finding.id, **given)


def test_a_decision_stays_when_judged_again(judged):
    sweep, finding = judged
    decide(sweep, finding, (factories.REGENCY,))
    sweep.owe_all()
    sweep.office.work()
    kept = judge(sweep)[finding.subject_id, "QC12"]
    assert (kept.state, kept.decision_note) == ("confirmed", NOTE)
    with sweep.office.session() as session:
        assert session.scalars(select(Audit.action).order_by(Audit.id.desc())).first() == "finding.confirmed"


def test_nobody_decides_about_officers_of_other_areas_without_a_note_or_on_an_old_page(judged):
    sweep, finding = judged
    with pytest.raises(NotFoundError):
        decide(sweep, finding, ("3599012001",))
    with pytest.raises(GuardError):
        decide(sweep, finding, None, note="ya")
    with pytest.raises(StaleError):
        decide(sweep, finding, None, stamp="open-old")
    decide(sweep, finding, None)
