"""The invented desk: some cases worked on already, so that the queue shows every state.

Belongs here: which cases, what is proposed and decided. Does not: the acts themselves (services.reviewing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import session_scope
from server.demo.visits import Visit
from server.models.actor import Actor
from server.models.case import Case, Proposal
from server.models.finding import Finding, FindingState
from server.models.household import Household
from server.models.submission import Submission
from server.permissions import Caller
from server.services import accounts, reviewing


class Answer(StrEnum):
    """What Dinsos does with a proposal; waits: nothing yet."""

    waits = "waits"
    confirms = "confirms"
    returns = "returns"


@dataclass(frozen=True)
class Act:
    """One case that the desk worked on: the place-th family (from 0) of a story."""

    story: str
    place: int
    proposal: Proposal
    note: str
    answer: Answer = Answer.waits
    reply: str = ""


ACTS = (
    Act("civil_servant_with_car", 0, Proposal.removal, "ASN dan mobil sendiri, terlihat di dua formulir; foto ada."),
    Act(
        "civil_servant_with_car", 1, Proposal.removal, "Kepala keluarga PPPK, mobil atas nama sendiri; foto rumah ada.",
        Answer.confirms, "Setuju, dibawa ke musyawarah desa.",
    ),
    Act("car", 0, Proposal.graduation, "Usaha sudah maju, keluarga bersedia graduasi mandiri."),
    Act(
        "car", 1, Proposal.graduation, "Penghasilan membaik sejak dua tahun, punya mobil usaha.",
        Answer.confirms, "Graduasi disetujui, terima kasih kepada keluarga.",
    ),
    Act(
        "motorcycles", 0, Proposal.keep, "Motor dipakai tiga anak untuk bekerja, semuanya bekas.",
        Answer.confirms, "Tetap menerima.",
    ),
    Act("poor_with_car", 0, Proposal.keep, "Mobil pinjaman kerabat, rumah rusak berat: tetap dibantu."),
    Act(
        "some_land", 0, Proposal.keep, "Sawah warisan yang belum dibagi, digarap bersama saudara.",
        Answer.returns, "Mohon lampirkan keterangan desa tentang tanah itu.",
    ),
    Act("other_village", 0, Proposal.revisit, "Titik di luar desa: mohon ulangi dengan berdiri di depan pintu."),
    Act("too_fast", 0, Proposal.revisit, "Wawancara hanya dua menit: mohon diulang dengan lengkap."),
    Act("other_card", 0, Proposal.correction, "NIK tidak sama dengan register: periksa KTP kepala keluarga."),
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """One finding that the supervisor decided on a case that stays open."""

    story: str
    place: int
    code: str
    state: FindingState
    note: str


VERDICTS = (
    Verdict("cool_house", 0, "AS06", FindingState.confirmed, "Meteran 2.200 VA terlihat jelas di foto."),
    Verdict("power", 0, "AS06", FindingState.dismissed, "Meteran milik usaha tetangga, bukan keluarga ini."),
    Verdict(
        "too_fast", 1, "QC01", FindingState.dismissed, "Keluarga sudah dikenal, data sama dengan bulan lalu."
    ),
)


def work_on_cases(
    backends: Backends,
    project_id: int,
    *,
    supervisor_id: int,
    dinsos_id: int,
    visits: Sequence[Visit],
    today: date,
) -> None:
    """Does ACTS and VERDICTS as these two people; cases open on the day of their first visit's arrival."""
    with session_scope(backends.sessions) as session:
        _date_cases(session, project_id)
        supervisor, dinsos = (
            accounts.load_caller(session, session.get_one(Actor, actor_id), None)
            for actor_id in (supervisor_id, dinsos_id)
        )
        for verdict in VERDICTS:
            case = _case_of(session, project_id, visits, verdict.story, verdict.place)
            _decide(session, supervisor, case, verdict)
        for act in ACTS:
            case = _case_of(session, project_id, visits, act.story, act.place)
            _do(session, supervisor, dinsos, case, act, today)


def _date_cases(session: Session, project_id: int) -> None:
    first = (
        select(func.min(Submission.created_at))
        .where(Submission.project_id == Case.project_id, Submission.household_id == Case.household_id)
        .scalar_subquery()
    )
    session.execute(
        update(Case)
        .where(Case.project_id == project_id, Case.household_id.is_not(None))
        .values(opened_at=first, created_at=first)
        .execution_options(synchronize_session=False)
    )


def _case_of(session: Session, project_id: int, visits: Sequence[Visit], story: str, place: int) -> Case:
    families = dict.fromkeys(
        visit.family.source_id for visit in visits if visit.story and visit.story.name == story
    )
    query = select(Case).join(Household, Household.id == Case.household_id)
    return session.scalars(
        query.where(Case.project_id == project_id, Household.source_id == list(families)[place])
    ).one()


def _decide(session: Session, supervisor: Caller, case: Case, verdict: Verdict) -> None:
    finding = session.scalars(
        select(Finding).where(Finding.case_id == case.id, Finding.code == verdict.code)
    ).first()
    if finding is None:
        raise LookupError(f"the demo expected {verdict.code} in case {case.id}")
    reviewing.decide_finding(
        session,
        supervisor,
        case,
        finding.id,
        state=verdict.state,
        note=verdict.note,
        expected_revision=case.revision,
    )


def _do(session: Session, supervisor: Caller, dinsos: Caller, case: Case, act: Act, today: date) -> None:
    reviewing.propose(
        session, supervisor, case, proposal=act.proposal, note=act.note, expected_revision=case.revision
    )
    if act.answer == Answer.confirms:
        reviewing.confirm(session, dinsos, case, note=act.reply, expected_revision=case.revision, on=today)
    elif act.answer == Answer.returns:
        reviewing.return_case(session, dinsos, case, note=act.reply, expected_revision=case.revision)
