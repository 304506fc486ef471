"""Tasks: a household given to an officer, and how the officer's phone hears of it.

A task travels as columns of the household's `keluarga` entity: tugas, alasan_tugas, status_verval. The phone gets them
at its next sync like any other change of the entity list.
"""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError
from server.models.actor import Actor, ActorArea, ActorKind, AuthSession
from server.models.case import Case, CaseEvent, CaseState, Proposal
from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.models.submission import Submission
from server.models.task import Task, TaskKind, TaskState
from server.scope import covers
from server.services import entities
from server.services.new_households import HOUSEHOLD_LIST

COLUMNS: Mapping[TaskKind, Mapping[str, str]] = {
    TaskKind.visit: {"tugas": "kunjungan", "status_verval": "ditugaskan"},
    TaskKind.revisit: {"tugas": "kunjungan_ulang", "status_verval": "kunjungan_ulang"},
    TaskKind.correction: {"tugas": "perbaikan", "status_verval": "perlu_perbaikan"},
}
TASK_KINDS: Mapping[Proposal, TaskKind] = {
    Proposal.revisit: TaskKind.revisit,
    Proposal.correction: TaskKind.correction,
}
"""Proposals that take effect without Dinsos: the case waits for the officer."""
MAX_REASON = 500


def give_task(
    session: Session,
    *,
    project_id: int,
    household_id: int,
    kind: TaskKind,
    reason: str,
    officer_id: int | None,
    case_id: int | None,
    given_by_id: int | None,
) -> Task:
    """A new open task; an earlier open one of the household is dropped.

    Args: officer_id None = any officer of the area. reason is one sentence that the officer reads on the phone.
    Effects: the household's entity gets the columns of the task, so that the phone sees it at the next sync. A household
    without an entity in this campaign gets the task only.
    Raises: BadValueError when the officer has no access any more, is not of the campaign or not of the area.
    """
    if officer_id is not None:
        _require_officer(session, project_id, household_id, officer_id)
    drop_tasks(session, project_id, household_id)
    text = " ".join(reason.split())[:MAX_REASON]
    task = Task(
        project_id=project_id,
        household_id=household_id,
        case_id=case_id,
        officer_id=officer_id,
        kind=kind,
        reason=text,
        state=TaskState.open,
        given_by_id=given_by_id,
        created_at=now(),
    )
    session.add(task)
    session.flush()
    source = {"taskId": task.id}
    tell_phones(
        session,
        project_id,
        household_id,
        {**COLUMNS[kind], "alasan_tugas": text},
        source=source,
        actor_id=given_by_id,
    )
    return task


def drop_tasks(session: Session, project_id: int, household_id: int) -> None:
    """Closes the open tasks of a household that nobody will do any more."""
    session.execute(
        update(Task)
        .where(Task.project_id == project_id, Task.household_id == household_id, Task.state == TaskState.open)
        .values(state=TaskState.dropped, closed_at=now())
    )


def complete_tasks(session: Session, submission: Submission, form_id: str = "") -> list[Task]:
    """The tasks that a visit answers: open ones of its household given before it came in, now done.

    Args: form_id names the form in the log of the entity.
    Effects: the phone's copy says so, and a case that waited for the visit is open again. A repeat changes nothing.
    """
    if submission.household_id is None or submission.is_draft:
        return []
    tasks = list(
        session.scalars(
            select(Task).where(
                Task.project_id == submission.project_id,
                Task.household_id == submission.household_id,
                Task.state == TaskState.open,
                Task.created_at < submission.created_at,
            )
        )
    )
    for task in tasks:
        task.state, task.closed_at, task.done_by_submission_id = TaskState.done, now(), submission.id
    if tasks:
        columns = {"tugas": "selesai", "alasan_tugas": "", "status_verval": "dikirim"}
        source = {"submissionId": submission.id, "xmlFormId": form_id}
        tell_phones(
            session, submission.project_id, submission.household_id, columns, source=source, actor_id=None
        )
    _reopen_waiting(session, submission)
    return tasks


def _reopen_waiting(session: Session, submission: Submission) -> None:
    """A case that waits for a revisit or correction asked for before this visit goes back to the queue."""
    case = session.scalar(
        select(Case)
        .where(
            Case.project_id == submission.project_id,
            Case.household_id == submission.household_id,
            Case.state == CaseState.proposed,
            Case.proposal.in_(list(TASK_KINDS)),
            Case.proposed_at < submission.created_at,
        )
        .execution_options(populate_existing=True)
    )
    if case is None:
        return
    case.state, case.revision, case.opened_at = CaseState.open, case.revision + 1, now()
    details = {"submissionId": submission.id, "revision": case.revision}
    session.add(CaseEvent(case_id=case.id, actor_id=None, action="case.visited", details=details, at=now()))
    session.flush()


def tell_phones(
    session: Session,
    project_id: int,
    household_id: int,
    columns: Mapping[str, str],
    *,
    source: Mapping[str, object],
    actor_id: int | None,
) -> None:
    """Writes server-owned columns to the household's entity of `keluarga` in this campaign, when it has one."""
    found = session.scalars(
        select(Entity)
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .where(
            EntityList.project_id == project_id,
            EntityList.name == HOUSEHOLD_LIST,
            EntityList.deleted_at.is_(None),
            Entity.household_id == household_id,
            Entity.deleted_at.is_(None),
        )
    )
    for entity in list(found):
        entities.update_by_server(session, entity, dict(columns), source=dict(source), actor_id=actor_id)


def officers_for(session: Session, project_id: int, area_path: str) -> list[Actor]:
    """The officers of a campaign with access whose areas cover a place, by name."""
    rows = session.execute(
        select(Actor, ActorArea.path)
        .join(ActorArea, ActorArea.actor_id == Actor.id)
        .where(
            Actor.project_id == project_id,
            Actor.kind == ActorKind.field_key,
            Actor.deleted_at.is_(None),
            select(AuthSession.id).where(AuthSession.actor_id == Actor.id).exists(),
        )
        .order_by(Actor.display_name, Actor.id)
    )
    found: dict[int, Actor] = {}
    for actor, path in rows:
        if covers(path, area_path):
            found[actor.id] = actor
    return list(found.values())


def _require_officer(session: Session, project_id: int, household_id: int, officer_id: int) -> None:
    household = session.get_one(Household, household_id)
    if officer_id not in {actor.id for actor in officers_for(session, project_id, household.area_path)}:
        raise BadValueError(
            "this officer cannot be given the task: no access, or the household is outside the officer's areas",
            message_id="Petugas ini tidak bisa ditugaskan: aksesnya dicabut atau keluarga di luar wilayahnya.",
        )
