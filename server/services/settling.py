"""Settling: what new and edited submissions are about is written down before any of them is checked.

Committed on its own, so that two workers who check look-alikes at the same time both know of the other one: the one that
settles later sees the earlier one and has it checked again.

Belongs here: settling a batch, and whom it concerns beside look-alikes: other visits to the household. Does not: what a
submission is about (facts_visits.py), checks (screening.py), look-alikes (peers.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import one_of
from server.models.finding import Finding, SubjectKind
from server.models.form import Form
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.services import cases, choices_seen, entity_actions, facts_days, peers
from server.services.answers import Reader
from server.services.campaign_rules import load_campaign_rules
from server.services.facts_interview import write_active_times
from server.services.facts_people import visit_order
from server.services.facts_visits import Visit, read_visits
from server.services.finding_store import store_findings
from server.services.visit_digests import write_digests


def settle_submissions(
    session: Session,
    backends: Backends,
    ids: Sequence[int],
    reader: Reader,
    later: set[int] | None = None,
) -> None:
    """Does what these submissions ask of entity lists, then writes household, place and day to their rows.

    Args: later: see peers.owe.
    Effects: other visits to a household that was visited anew or left are owed a screening where their findings may depend
    on it; so are visits that what is usual moved past, which is counted last, as it locks the form version's norm. A repeat
    changes nothing.
    """
    before = {
        row.id: row
        for row in session.execute(
            select(
                Submission.id,
                Submission.household_id,
                Submission.entity_state,
                Submission.project_id,
                Submission.submitter_id,
                Submission.visited_on,
                Submission.started_at,
                Submission.ended_at,
                Submission.lat,
                Submission.lon,
                Submission.instance_id,
                Submission.created_at,
            ).where(one_of(Submission.id, ids))
        )
    }
    _apply_entities(
        session,
        backends,
        [key for key, row in before.items() if row.entity_state == EntityState.owed],
        reader,
    )
    visits = read_visits(session, backends, ids, reader)
    choices_seen.note_choices(session, visits)
    moved = [visit for visit in visits if before[visit.submission.id].household_id != visit.household_id]
    fresh = [visit for visit in visits if before[visit.submission.id].entity_state == EntityState.owed]
    changed = {visit.submission.id: visit for visit in [*fresh, *moved]}
    concerned = _find_concerned(session, changed.values(), before)
    concerned |= _find_left_behind(session, fresh, before)
    peers.owe(session, concerned, later)
    _retie(session, moved)
    left: dict[int, set[int]] = {}
    for visit in moved:
        if (household_id := before[visit.submission.id].household_id) is not None:
            left.setdefault(visit.submission.project_id, set()).add(household_id)
    for project_id, households in left.items():
        refresh_left(session, project_id, households, later)
    write_active_times(session, backends, visits)
    peers.owe(session, write_digests(session, backends, visits), later)


def _apply_entities(session: Session, backends: Backends, ids: Collection[int], reader: Reader) -> None:
    if not ids:
        return
    owed = session.scalars(select(Submission).where(one_of(Submission.id, ids)).order_by(Submission.id)).all()
    reader.fetch(session, [item.current_version_id for item in owed if item.current_version_id is not None])
    entity_actions.apply_entities(session, backends, owed, reader)


def _find_left_behind(session: Session, edited: Iterable[Visit], before: Mapping[int, Any]) -> set[int]:
    """Visits of the same officers that stood next to one in time, which an edit has put elsewhere."""
    old = {visit.submission.id: facts_days.moment_of(before[visit.submission.id]) for visit in edited}
    moved = {
        old[visit.submission.id]
        for visit in edited
        if old[visit.submission.id] != facts_days.moment_of(visit.submission)
    }
    return facts_days.find_beside(session, moved) - before.keys()


def _find_concerned(session: Session, visits: Iterable[Visit], before: Mapping[int, Any]) -> set[int]:
    """Other visits to the same households that take place later than these do or did, or whose rules read their forms.

    Args: before: the rows of the whole batch as they were.
    """
    by_household: dict[tuple[int, int], list[Visit]] = {}
    for visit in visits:
        if visit.household_id is not None:
            by_household.setdefault((visit.submission.project_id, visit.household_id), []).append(visit)
    concerned: set[int] = set()
    for project_id in sorted({project_id for project_id, _ in by_household}):
        households = {number for project, number in by_household if project == project_id}
        others = _other_visits(session, project_id, households, before.keys())
        rules = load_campaign_rules(session, project_id) if others else None
        concerned |= {
            row.id
            for row in others
            for visit in by_household[project_id, row.household_id]
            if visit_order(row) > _first_order(visit, before[visit.submission.id])
            or (rules and visit.form.xml_form_id in rules.forms_read(session, row.form_version_id))
        }
    return concerned


def _first_order(visit: Visit, before: Any) -> tuple[date, datetime, str]:
    """Where the visit stands among those to its household, or stood before an edit, whichever is earlier."""
    own = visit_order(visit.submission)
    return own if before.visited_on is None else min(own, visit_order(before))


def _other_visits(
    session: Session, project_id: int, households: Collection[int], batch: Collection[int]
) -> Sequence[Any]:
    """Visits to these households, those of the batch apart; also those that another worker is checking at the moment."""
    return session.execute(
        select(
            Submission.id,
            Submission.household_id,
            Submission.visited_on,
            Submission.started_at,
            Submission.created_at,
            Submission.instance_id,
            SubmissionVersion.form_version_id,
            Form.xml_form_id,
        )
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .where(
            Submission.project_id == project_id,
            one_of(Submission.household_id, households),
            Submission.id.not_in(batch),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
    ).all()


def _retie(session: Session, moved: Iterable[Visit]) -> None:
    """The findings of a submission go with it to its new household, or to its own case."""
    visits = {visit.submission.id: visit for visit in moved}
    if not visits:
        return
    mine = Finding.subject_kind == SubjectKind.submission
    of_visits = select(Finding.subject_id).where(mine, one_of(Finding.submission_id, visits)).distinct()
    for submission_id in session.scalars(of_visits).all():
        session.execute(
            update(Finding)
            .where(mine, Finding.submission_id == submission_id)
            .values(household_id=visits[submission_id].household_id, case_id=None)
            .execution_options(synchronize_session=False)
        )


def refresh_left(
    session: Session, project_id: int, households: Collection[int], later: set[int] | None = None
) -> None:
    """Households that a submission was about and is no longer: their other visits are owed a screening.

    Args: later: see peers.owe.
    Effects: where no visit is left, findings about the household are closed. Their cases are counted again.
    """
    rows = session.execute(
        select(Submission.id, Submission.household_id).where(
            Submission.project_id == project_id,
            one_of(Submission.household_id, households),
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
        )
    ).all()
    peers.owe(session, {row.id for row in rows}, later)
    gone = set(households) - {row.household_id for row in rows}
    store_findings(session, project_id, [(SubjectKind.household, number) for number in gone], [])
    keys = {cases.CaseKey(household_id=number) for number in households}
    cases.refresh_cases(session, project_id, cases.find_cases(session, project_id, keys))
