"""Settling: what new and edited submissions are about is written down before any of them is checked.

Committed on its own, so that two workers who check look-alikes at the same time both know of the other one: the one that
settles later sees the earlier one and has it checked again.

Belongs here: settling a batch, and whom it concerns beside look-alikes: other visits to the household. Does not: what a
submission is about (facts_visits.py), checks (screening.py), look-alikes (peers.py).
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.models.finding import Finding, SubjectKind
from server.models.form import Form
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.services import cases, entities, entity_actions, peers
from server.services.answers import Reader
from server.services.campaign_rules import load_campaign_rules
from server.services.facts_visits import Visit, read_visits
from server.services.finding_store import store_findings


def settle_submissions(session: Session, backends: Backends, ids: Sequence[int], reader: Reader) -> None:
    """Does what these submissions ask of entity lists, then writes household, place and day to their rows.

    Effects: other visits to a household that was visited anew or left are owed a screening where their findings may depend
    on it. A repeat changes nothing.
    """
    before = {
        row.id: row
        for row in session.execute(
            select(
                Submission.id, Submission.household_id, Submission.project_id, Submission.entity_state
            ).where(Submission.id.in_(ids))
        )
    }
    _apply_entities(
        session,
        backends,
        [key for key, row in before.items() if row.entity_state == EntityState.owed],
        reader,
    )
    visits = read_visits(session, backends, ids, reader)
    moved = [visit for visit in visits if before[visit.submission.id].household_id != visit.household_id]
    fresh = [visit for visit in visits if before[visit.submission.id].entity_state == EntityState.owed]
    _owe_household(session, {visit.submission.id: visit for visit in [*fresh, *moved]}.values(), set(before))
    left: dict[int, set[int]] = {}
    for visit in moved:
        if (household_id := before[visit.submission.id].household_id) is not None:
            left.setdefault(visit.submission.project_id, set()).add(household_id)
    for project_id, households in left.items():
        _retie(session, [visit for visit in moved if visit.submission.project_id == project_id])
        refresh_left(session, project_id, households)


def _apply_entities(session: Session, backends: Backends, ids: Collection[int], reader: Reader) -> None:
    if not ids:
        return
    owed = session.scalars(select(Submission).where(Submission.id.in_(ids)).order_by(Submission.id)).all()
    reader.fetch(session, [item.current_version_id for item in owed if item.current_version_id is not None])
    with entities.counted_together(session):
        for submission in owed:
            entity_actions.apply_entities(session, backends, submission, reader)
    session.flush()


def _owe_household(session: Session, visits: Iterable[Visit], batch: Collection[int]) -> None:
    """Checked visits to the same households that came in or took place later, or whose rules read the form of this one."""
    by_household: dict[tuple[int, int], list[Visit]] = {}
    for visit in visits:
        if visit.household_id is not None:
            by_household.setdefault((visit.submission.project_id, visit.household_id), []).append(visit)
    for project_id in sorted({project_id for project_id, _ in by_household}):
        households = {number for project, number in by_household if project == project_id}
        others = _checked_visits(session, project_id, households, batch)
        rules = load_campaign_rules(session, project_id) if others else None
        owed = {
            row.id
            for row in others
            for visit in by_household[project_id, row.household_id]
            if row.id > visit.submission.id
            or (row.visited_on and visit.visited_on and row.visited_on > visit.visited_on)
            or (rules and visit.form.xml_form_id in rules.forms_read(session, row.form_version_id))
        }
        peers.owe(session, owed)


def _checked_visits(
    session: Session, project_id: int, households: Collection[int], batch: Collection[int]
) -> Sequence[Any]:
    """Visits to these households, those of the batch apart, that have been checked."""
    return session.execute(
        select(
            Submission.id,
            Submission.household_id,
            Submission.visited_on,
            SubmissionVersion.form_version_id,
            Form.xml_form_id,
        )
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .where(
            Submission.project_id == project_id,
            Submission.household_id.in_(households),
            Submission.id.not_in(batch),
            Submission.screened_at.is_not(None),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
    ).all()


def _retie(session: Session, moved: Iterable[Visit]) -> None:
    """The findings of a submission go with it to its new household, or to its own case."""
    for visit in moved:
        session.execute(
            update(Finding)
            .where(Finding.subject_kind == SubjectKind.submission, Finding.subject_id == visit.submission.id)
            .values(household_id=visit.household_id, case_id=None)
            .execution_options(synchronize_session=False)
        )


def refresh_left(session: Session, project_id: int, households: Collection[int]) -> None:
    """Households that a submission was about and is no longer: their other visits are owed a screening.

    Effects: where no visit is left, findings about the household are closed. Their cases are counted again.
    """
    visited = select(Submission.household_id).where(
        Submission.project_id == project_id,
        Submission.household_id.in_(households),
        Submission.deleted_at.is_(None),
        Submission.is_draft.is_(False),
    )
    still = set(session.scalars(visited))
    session.execute(
        update(Submission)
        .where(
            Submission.project_id == project_id,
            Submission.household_id.in_(still),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
        .values(screened_at=None)
        .execution_options(synchronize_session=False)
    )
    gone = set(households) - still
    store_findings(session, project_id, [(SubjectKind.household, number) for number in gone], [])
    keys = {cases.CaseKey(household_id=number) for number in households}
    cases.refresh_cases(session, project_id, cases.find_cases(session, project_id, keys))
