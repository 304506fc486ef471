"""Deciding findings, proposing, confirming: who may, what is asked for, what follows."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import BadValueError, GuardError, NotAllowedError, NotFoundError, StaleError
from server.models.actor import Actor
from server.models.audit import Audit
from server.models.case import Case, CaseEvent, CaseState, Proposal
from server.models.entity import Entity, EntityListArea, EntityVersion
from server.models.finding import Finding, FindingState
from server.models.household import Household
from server.models.submission import Submission
from server.models.task import Task, TaskState
from server.permissions import Caller
from server.services import accounts, evidence, guard, reviewing, tasks
from tests import factories
from tests.media.pictures import draw_house, encode
from tests.office import Office, open_office
from tests.servers import Database

NOTE = "Dilihat langsung, mobil terparkir di garasi."
FORM = b"""
| survey | | | |
| | type | name | label |
| | text | nama | Nama |
| settings | | | |
| | form_id | form_title | version |
| | FORM | Uji | 1 |
"""


class World:
    """One family, two officers, two forms; people who work on its case."""

    def __init__(self, office: Office, session: Session) -> None:
        self.office, self.session = office, session
        factories.make_areas(session)
        self.rina = self.caller("Rina", "supervisor", "3599")
        self.dewi = self.caller("Dewi", "dinsos", "3599")
        self.siti = factories.make_officer(session, office.backends, office.project_id, "Siti", "3599012001")
        self.budi = factories.make_officer(session, office.backends, office.project_id, "Budi", "3599")
        self.household = factories.make_household(session, office.project_id, "Suparmi")

    def caller(self, name: str, role: str, *areas: str) -> Caller:
        return accounts.load_caller(self.session, factories.make_user(self.session, name, role, *areas), None)

    def visit(
        self, officer: Actor, form: str = "satu", *, days_ago: float = 2, photo: bool = True, **values: object
    ) -> Submission:
        found = factories.get_form(self.session, self.office.project_id, form)
        made = factories.make_submission(
            self.session, found, self.household, officer=officer, days_ago=days_ago, **values
        )
        if photo:
            data = encode(draw_house(made.id, (64, 48)))
            factories.make_attachment(self.session, self.office.backends, made, "rumah.jpg", data)
        return made

    def case(self) -> Case:
        return factories.make_case(self.session, self.office.project_id, self.household)

    def provable(self) -> Case:
        """A case that may be proposed for removal: two findings of two visits."""
        factories.make_finding(self.session, self.visit(self.siti), "AS01")
        factories.make_finding(
            self.session, self.visit(self.budi, "dua", days_ago=1), "AS06", severity="medium"
        )
        return self.case()

    def propose(self, case: Case, proposal: Proposal, note: str = NOTE, **values: object) -> Case:
        caller = values.pop("caller", self.rina)
        return reviewing.propose(
            self.session,
            caller,
            case,
            proposal=proposal,
            note=note,
            expected_revision=case.revision,
            **values,
        )

    def entity(self) -> Entity:
        query = select(Entity).where(Entity.household_id == self.household.id)
        return self.session.scalars(query.execution_options(populate_existing=True)).one()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_office(tmp_path_factory.mktemp("office"))
    for form in (b"satu", b"dua"):
        made.publish(FORM.replace(b"FORM", form))
    yield made
    made.backends.engine.dispose()


@pytest.fixture
def world(office: Office) -> Iterator[World]:
    """A world in a transaction that is rolled back."""
    with office.backends.sessions() as session:
        yield World(office, session)


def missing(error: pytest.ExceptionInfo[GuardError]) -> list[str]:
    assert error.value.details is not None
    return [item["code"] for item in error.value.details["missing"]]  # type: ignore[attr-defined]


def test_confirmed_finding_keeps_who_when_and_why(world: World) -> None:
    finding = factories.make_finding(world.session, world.visit(world.siti))
    case = world.case()
    assert case.open_high == 1
    reviewing.decide_finding(
        world.session,
        world.rina,
        case,
        finding.id,
        state=FindingState.confirmed,
        note=f"  {NOTE} ",
        expected_revision=1,
    )
    assert (finding.state, finding.decision_note, finding.decided_by_id) == (
        "confirmed",
        NOTE,
        world.rina.actor_id,
    )
    assert finding.decided_hash == finding.evidence_hash
    assert (case.open_high, case.revision) == (0, 2)
    event = world.session.scalars(select(CaseEvent)).one()
    assert (event.action, event.note, event.details["code"]) == ("finding.confirmed", NOTE, "AS01")


def test_high_finding_is_not_dismissed_without_a_note(world: World) -> None:
    finding = factories.make_finding(world.session, world.visit(world.siti))
    with pytest.raises(GuardError) as error:
        reviewing.decide_finding(
            world.session,
            world.rina,
            world.case(),
            finding.id,
            state=FindingState.dismissed,
            note="tidak",
            expected_revision=1,
        )
    assert missing(error) == ["note"]


def test_medium_finding_needs_no_note(world: World) -> None:
    finding = factories.make_finding(world.session, world.visit(world.siti), severity="medium")
    case = world.case()
    reviewing.decide_finding(
        world.session,
        world.rina,
        case,
        finding.id,
        state=FindingState.dismissed,
        note="",
        expected_revision=1,
    )
    assert (finding.state, case.open_medium) == ("dismissed", 0)


def test_finding_of_another_case_is_not_found(world: World) -> None:
    other = factories.make_household(world.session, world.office.project_id, "Lain")
    visit = factories.make_submission(
        world.session, factories.get_form(world.session, world.office.project_id, "satu"), other
    )
    finding = factories.make_finding(world.session, visit)
    factories.make_case(world.session, world.office.project_id, other)
    world.visit(world.siti)
    with pytest.raises(NotFoundError):
        reviewing.decide_finding(
            world.session,
            world.rina,
            world.case(),
            finding.id,
            state=FindingState.dismissed,
            note=NOTE,
            expected_revision=1,
        )


def test_second_person_is_told_and_nothing_is_overwritten(world: World) -> None:
    case = world.provable()
    world.propose(case, Proposal.keep)
    bagus = world.caller("Bagus", "supervisor", "3599")
    with pytest.raises(StaleError):
        reviewing.propose(
            world.session,
            bagus,
            case,
            proposal=Proposal.graduation,
            note=NOTE,
            expected_revision=1,
        )
    world.session.refresh(case)
    assert (case.proposal, case.proposed_by_id, case.revision) == ("keep", world.rina.actor_id, 2)


def test_case_of_another_area_is_not_found(world: World) -> None:
    world.visit(world.siti)
    case = world.case()
    joko = world.caller("Joko", "supervisor", "3599012002")
    with pytest.raises(NotFoundError):
        reviewing.find_case(world.session, joko, world.office.project_id, case.id)
    with pytest.raises(NotFoundError):
        world.propose(case, Proposal.keep, caller=joko)


def test_auditor_may_not_propose(world: World) -> None:
    world.visit(world.siti)
    with pytest.raises(NotAllowedError):
        world.propose(world.case(), Proposal.keep, caller=world.caller("Tono", "auditor", "3599"))


def test_nobody_reviews_an_own_visit(world: World) -> None:
    world.visit(world.siti, submitter_id=world.rina.actor_id)
    with pytest.raises(GuardError, match="own visit"):
        world.propose(world.case(), Proposal.keep)


def test_keep_needs_no_note_and_graduation_does(world: World) -> None:
    world.visit(world.siti)
    with pytest.raises(GuardError):
        world.propose(world.case(), Proposal.graduation, note="")
    world.propose(world.case(), Proposal.keep, note="")


def test_removal_with_two_visits_a_photo_and_a_note_is_proposed(world: World) -> None:
    case = world.propose(world.provable(), Proposal.removal)
    assert (case.state, case.proposal, case.proposal_note) == (CaseState.proposed, Proposal.removal, NOTE)
    actions = set(world.session.scalars(select(Audit.action)))
    assert "case.propose" in actions


def test_removal_lists_everything_that_is_missing(world: World) -> None:
    factories.make_finding(world.session, world.visit(world.siti, photo=False), "AS01")
    with pytest.raises(GuardError) as error:
        world.propose(world.case(), Proposal.removal, note="mampu")
    assert missing(error) == ["evidence", "note", "photo"]
    assert "Usul nonaktif belum bisa diajukan" in error.value.message_id


def test_two_findings_of_one_visit_are_not_enough(world: World) -> None:
    visit = world.visit(world.siti)
    factories.make_finding(world.session, visit, "AS01")
    factories.make_finding(world.session, visit, "AS06")
    with pytest.raises(GuardError) as error:
        world.propose(world.case(), Proposal.removal)
    assert missing(error) == ["evidence"]


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "low"},
        {"kind": "component"},
        {"outcome": "unknown"},
        {"state": FindingState.dismissed},
        {"state": FindingState.closed},
    ],
)
def test_second_finding_of_another_sort_does_not_count(world: World, change: dict[str, object]) -> None:
    factories.make_finding(world.session, world.visit(world.siti), "AS01")
    factories.make_finding(world.session, world.visit(world.budi, "dua", days_ago=1), "AS06", **change)
    with pytest.raises(GuardError) as error:
        world.propose(world.case(), Proposal.removal)
    assert missing(error) == ["evidence"]


def test_one_finding_confirmed_at_a_revisit_by_another_officer_is_enough(world: World) -> None:
    world.visit(world.siti, days_ago=5)
    revisit = world.visit(world.budi, days_ago=1)
    factories.make_finding(world.session, revisit, "AS01", state=FindingState.confirmed)
    assert world.propose(world.case(), Proposal.removal).proposal == Proposal.removal


@pytest.mark.parametrize("state", [FindingState.open, FindingState.confirmed])
def test_one_finding_at_a_revisit_by_the_same_officer_is_not_enough(
    world: World, state: FindingState
) -> None:
    world.visit(world.siti, days_ago=5)
    factories.make_finding(world.session, world.visit(world.siti, days_ago=1), "AS01", state=state)
    with pytest.raises(GuardError) as error:
        world.propose(world.case(), Proposal.removal)
    assert missing(error) == ["evidence"]


@pytest.mark.parametrize("kind", ["location", "identity", "quality"])
def test_open_high_doubt_about_the_visit_stops_a_removal(world: World, kind: str) -> None:
    first = world.visit(world.siti)
    factories.make_finding(world.session, first, "AS01")
    factories.make_finding(world.session, world.visit(world.budi, "dua", days_ago=1), "AS06")
    doubt = factories.make_finding(world.session, first, "SP06", kind=kind)
    case = world.case()
    with pytest.raises(GuardError) as error:
        world.propose(case, Proposal.removal)
    assert missing(error) == ["doubt"]
    world.session.refresh(case)
    reviewing.decide_finding(
        world.session,
        world.rina,
        case,
        doubt.id,
        state=FindingState.dismissed,
        note=NOTE,
        expected_revision=case.revision,
    )
    assert world.propose(case, Proposal.removal).state == CaseState.proposed


def test_doubt_about_a_visit_that_is_not_needed_does_not_stop_a_removal(world: World) -> None:
    world.provable()
    third = world.visit(world.siti, days_ago=0.5)
    factories.make_finding(world.session, third, "SP06", kind="location")
    assert world.propose(world.case(), Proposal.removal).state == CaseState.proposed


def test_revisit_reaches_the_phone_with_its_reason_at_once(world: World) -> None:
    world.visit(world.siti)
    before = world.session.scalar(select(EntityListArea.revision)) or 0
    world.propose(world.case(), Proposal.revisit, officer_id=world.budi.id)
    entity = world.entity()
    assert entity.data["tugas"] == entity.data["status_verval"] == "kunjungan_ulang"
    assert entity.data["alasan_tugas"] == NOTE
    assert entity.data["nama_kepala"] == "Suparmi"
    assert world.session.scalars(select(EntityListArea.revision)).first() > before
    versions = list(
        world.session.scalars(select(EntityVersion.version).where(EntityVersion.entity_id == entity.id))
    )
    assert versions == [1, 2]
    task = world.session.scalars(select(Task)).one()
    assert (task.kind, task.reason, task.officer_id, task.state) == ("revisit", NOTE, world.budi.id, "open")


def test_correction_gives_the_officer_a_correction(world: World) -> None:
    world.visit(world.siti)
    world.propose(world.case(), Proposal.correction)
    data = world.entity().data
    assert (data["tugas"], data["status_verval"]) == ("perbaikan", "perlu_perbaikan")


def test_task_is_not_given_to_an_officer_of_another_area(world: World) -> None:
    world.visit(world.siti)
    other = factories.make_officer(
        world.session, world.office.backends, world.office.project_id, "Lain", "3599012003"
    )
    with pytest.raises(BadValueError, match="cannot be given"):
        world.propose(world.case(), Proposal.revisit, officer_id=other.id)


def test_task_is_not_given_to_an_officer_without_access(world: World) -> None:
    world.visit(world.siti)
    accounts.revoke_officer(world.session, world.siti, actor_id=None)
    with pytest.raises(BadValueError, match="cannot be given"):
        world.propose(world.case(), Proposal.revisit, officer_id=world.siti.id)


def test_case_without_household_cannot_be_revisited(world: World) -> None:
    form = factories.get_form(world.session, world.office.project_id, "satu")
    alone = factories.make_submission(world.session, form, None, officer=world.siti)
    case = factories.make_case(world.session, world.office.project_id, None, alone)
    with pytest.raises(BadValueError, match="without household"):
        world.propose(case, Proposal.revisit)


def test_new_visit_answers_the_task_and_opens_the_case(world: World) -> None:
    world.visit(world.siti)
    case = world.propose(world.case(), Proposal.revisit)
    early = world.visit(world.budi, days_ago=1)
    tasks.complete_tasks(world.session, early, "satu")
    assert case.state == CaseState.proposed
    visit = world.visit(world.budi, days_ago=-0.01)
    for _ in range(2):
        tasks.complete_tasks(world.session, visit, "satu")
    world.session.refresh(case)
    assert (case.state, case.revision) == (CaseState.open, 3)
    task = world.session.scalars(select(Task)).one()
    assert (task.state, task.done_by_submission_id) == (TaskState.done, visit.id)
    assert world.entity().data["tugas"] == "selesai"


def test_later_task_drops_the_earlier_one(world: World) -> None:
    world.visit(world.siti)
    world.propose(world.case(), Proposal.revisit)
    tasks.give_task(
        world.session,
        project_id=world.office.project_id,
        household_id=world.household.id,
        kind="correction",
        reason=NOTE,
        officer_id=None,
        case_id=None,
        given_by_id=None,
    )
    assert list(world.session.scalars(select(Task.state).order_by(Task.id))) == ["dropped", "open"]


def decide(world: World, case: Case, caller: Caller | None = None) -> Case:
    return reviewing.confirm(
        world.session,
        caller or world.dewi,
        case,
        note="",
        expected_revision=case.revision,
        on=date(2026, 11, 24),
    )


def test_supervisor_may_not_confirm(world: World) -> None:
    case = world.propose(world.provable(), Proposal.keep)
    with pytest.raises(NotAllowedError):
        decide(world, case, world.rina)


def test_nobody_confirms_or_returns_an_own_proposal(world: World) -> None:
    case = world.propose(world.provable(), Proposal.keep, caller=world.dewi)
    with pytest.raises(GuardError, match="own proposal"):
        decide(world, case)
    world.session.refresh(case)
    with pytest.raises(GuardError, match="own proposal"):
        reviewing.return_case(world.session, world.dewi, case, note=NOTE, expected_revision=case.revision)


@pytest.mark.parametrize(
    ("proposal", "columns"),
    [
        (Proposal.keep, {"tugas": "selesai", "status_verval": "disetujui"}),
        (Proposal.graduation, {"status_kepesertaan": "graduasi", "tgl_graduasi": "2026-11-24"}),
        (Proposal.removal, {"status_kepesertaan": "usul_nonaktif", "tugas": "selesai"}),
    ],
)
def test_confirmed_decision_reaches_the_phone(
    world: World, proposal: Proposal, columns: dict[str, str]
) -> None:
    case = decide(world, world.propose(world.provable(), proposal))
    assert (case.state, case.decided_by_id) == (CaseState.decided, world.dewi.actor_id)
    data = world.entity().data
    assert {name: data.get(name) for name in columns} == columns


def test_removal_is_not_confirmed_when_its_evidence_fell(world: World) -> None:
    case = world.propose(world.provable(), Proposal.removal)
    for row in world.session.scalars(select(Finding).where(Finding.code == "AS06")):
        row.state = FindingState.closed
    world.session.flush()
    with pytest.raises(GuardError) as error:
        decide(world, case)
    assert missing(error) == ["evidence"]


def test_confirming_changes_no_register_status(world: World) -> None:
    decide(world, world.propose(world.provable(), Proposal.removal))
    household = world.session.get_one(Household, world.household.id)
    assert (household.is_inactive, household.programmes) == (False, ["pkh", "sembako"])


def test_revisit_waits_for_no_confirmation(world: World) -> None:
    world.visit(world.siti)
    case = world.propose(world.case(), Proposal.revisit)
    with pytest.raises(GuardError):
        decide(world, case)


def test_returned_case_goes_back_with_its_reason_and_can_be_proposed_again(world: World) -> None:
    case = world.propose(world.provable(), Proposal.graduation)
    with pytest.raises(GuardError):
        reviewing.return_case(world.session, world.dewi, case, note="kurang", expected_revision=case.revision)
    world.session.refresh(case)
    reviewing.return_case(world.session, world.dewi, case, note=NOTE, expected_revision=case.revision)
    assert (case.state, case.decision_note) == (CaseState.returned, NOTE)
    assert world.propose(case, Proposal.keep).state == CaseState.proposed


def test_decided_case_takes_no_further_decision(world: World) -> None:
    case = decide(world, world.propose(world.provable(), Proposal.keep))
    with pytest.raises(GuardError):
        world.propose(case, Proposal.graduation)


def test_of_two_people_at_the_same_moment_one_is_told(tmp_path: Path, postgres_database: Database) -> None:
    office = open_office(tmp_path, SISIR_DATABASE=postgres_database.url)
    office.publish(FORM.replace(b"FORM", b"satu"))
    office.publish(FORM.replace(b"FORM", b"dua"))
    with office.session() as session:
        world = World(office, session)
        world.visit(world.siti)
        case_id = world.case().id
        callers = [world.rina, world.caller("Bagus", "supervisor", "3599")]
    start = threading.Barrier(2)

    def propose(caller: Caller) -> str:
        try:
            with office.session() as session:
                case = session.get_one(Case, case_id)
                start.wait()
                reviewing.propose(
                    session, caller, case, proposal=Proposal.keep, note=caller.name, expected_revision=1
                )
        except StaleError:
            return "told"
        return caller.name

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(propose, callers))
    with office.session() as session:
        case = session.get_one(Case, case_id)
        assert (case.revision, case.proposal_note) == (2, next(name for name in outcomes if name != "told"))
    assert outcomes[-1] == "told"
    office.backends.engine.dispose()


def test_nobody_reviews_a_visit_of_which_they_sent_any_version(world: World) -> None:
    visit = world.visit(world.siti)
    factories.add_version(world.session, visit, submitter_id=world.rina.actor_id)
    factories.add_version(world.session, visit, submitter_id=world.siti.id)
    with pytest.raises(GuardError, match="own visit"):
        world.propose(world.case(), Proposal.keep)


def test_revisit_counts_only_without_a_hand_of_the_first_officer(world: World) -> None:
    """Budi's revisit confirms what Siti saw, unless Siti had a hand in it."""
    world.visit(world.siti, days_ago=3)
    revisit = world.visit(world.budi, "dua", days_ago=1)
    factories.make_finding(world.session, revisit, "AS01", state=FindingState.confirmed)
    case = world.case()
    assert not guard.missing_for_removal(world.session, case, NOTE)
    factories.add_version(world.session, revisit, submitter_id=world.siti.id)
    assert [item.code for item in guard.missing_for_removal(world.session, case, NOTE)] == ["evidence"]


def test_first_submitter_is_found_behind_later_versions(world: World) -> None:
    visit = world.visit(world.siti)
    factories.add_version(world.session, visit, submitter_id=world.budi.id)
    world.session.expire(visit)
    assert (visit.submitter_id, visit.first_submitter_id) == (world.budi.id, world.siti.id)


@pytest.mark.parametrize("act", ["finding", "propose", "confirm", "return"])
def test_nothing_is_decided_about_evidence_that_was_not_seen(world: World, act: str) -> None:
    case, waiting = world.provable(), act in ("confirm", "return")
    if waiting:
        world.propose(case, Proposal.keep)
    finding = evidence.list_findings(world.session, case)[0]
    seen_one = evidence.digest_of([finding])
    seen = evidence.digest_of(evidence.list_findings(world.session, case))

    def do(seen_one: str, seen: str) -> object:
        values = {"note": NOTE, "expected_revision": case.revision}
        session = world.session
        if act == "finding":
            state = FindingState.confirmed
            return reviewing.decide_finding(
                session, world.rina, case, finding.id, state=state, seen=seen_one, **values
            )
        if act == "propose":
            return reviewing.propose(session, world.rina, case, proposal=Proposal.keep, seen=seen, **values)
        if act == "confirm":
            return reviewing.confirm(session, world.dewi, case, on=date(2026, 11, 25), seen=seen, **values)
        return reviewing.return_case(session, world.dewi, case, seen=seen, **values)

    finding.evidence_hash = "AS01 2"
    world.session.flush()
    with pytest.raises(StaleError) as caught:
        do(seen_one, seen)
    assert caught.value.details == {"evidence": True}
    world.session.refresh(case)
    do(
        evidence.digest_of([finding]),
        evidence.digest_of(evidence.list_findings(world.session, case)),
    )


def test_finding_that_three_forms_repeat_is_decided_once(world: World) -> None:
    first = factories.make_finding(world.session, world.visit(world.siti), "AS01")
    second = factories.make_finding(world.session, world.visit(world.budi, "dua"), "AS01")
    other = factories.make_finding(world.session, world.visit(world.budi, "dua", days_ago=1), "AS06")
    case = world.case()
    values = {"state": FindingState.confirmed, "note": NOTE, "expected_revision": case.revision}
    with pytest.raises(NotFoundError):
        reviewing.decide_finding(world.session, world.rina, case, first.id, together=[other.id], **values)
    world.session.refresh(case)
    values["expected_revision"] = case.revision
    reviewing.decide_finding(world.session, world.rina, case, first.id, together=[second.id], **values)
    assert (first.state, second.state, other.state) == ("confirmed", "confirmed", "open")
    event = reviewing.list_events(world.session, case)[-1]
    assert event.details["findingIds"] == [first.id, second.id]
