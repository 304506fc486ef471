"""Submissions as API clients see them: lists, single ones, their versions and who sent them.

Belongs here: reading rows of a shelf. Does not: their answers (submission_xml.py), files (submission_files.py), changing them.
Source: the REST specification, "Submissions over REST".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.errors import NotFoundError
from server.models.actor import Actor
from server.models.audit import Audit
from server.models.form import FormVersion
from server.models.submission import Submission, SubmissionVersion
from server.services.audit_reading import Act
from server.services.submission_shelf import Shelf

FILES_ACTION = "submission.attachment.update"


@dataclass(frozen=True)
class VersionView:
    """One version of a submission."""

    instance_id: str
    instance_name: str | None
    submitter_id: int | None
    device_id: str | None
    user_agent: str | None
    created_at: datetime
    current: bool
    submitter: Actor | None
    form_version: str


@dataclass(frozen=True)
class SubmissionView:
    """A submission; what is not said of current_version belongs to its first version. id: ours, for jobs."""

    id: int
    instance_id: str
    submitter_id: int | None
    device_id: str | None
    user_agent: str | None
    review_state: str | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    submitter: Actor | None
    current_version: VersionView


def list_submissions(
    session: Session, shelf: Shelf, *, deleted: bool = False, limit: int | None = None, offset: int = 0
) -> list[SubmissionView]:
    """Newest first, ties by age of the row; deleted: the trash instead."""
    wanted = Submission.deleted_at.is_not(None) if deleted else Submission.deleted_at.is_(None)
    query = (
        select(Submission, SubmissionVersion, FormVersion.version)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(shelf.condition, wanted)
        .order_by(Submission.created_at.desc(), Submission.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return _view(session, session.execute(query).all())


def view_submission(session: Session, shelf: Shelf, instance_id: str) -> SubmissionView:
    """One submission by the instanceID of its first version. Raises: NotFoundError."""
    return view_row(session, get_submission(session, shelf, instance_id))


def view_row(session: Session, submission: Submission) -> SubmissionView:
    """The same of a row that was found already."""
    query = (
        select(Submission, SubmissionVersion, FormVersion.version)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(Submission.id == submission.id)
        .execution_options(populate_existing=True)
    )
    return _view(session, session.execute(query).all())[0]


def get_submission(
    session: Session, shelf: Shelf, instance_id: str, *, deleted: bool = False, lock: bool = False
) -> Submission:
    """The row of a submission, by the instanceID of its first version. Raises: NotFoundError.

    deleted: one in the trash instead; lock: nobody else changes it until the transaction ends.
    """
    wanted = Submission.deleted_at.is_not(None) if deleted else Submission.deleted_at.is_(None)
    query = select(Submission).where(shelf.condition, wanted, Submission.instance_id == instance_id)
    found = session.scalar(query.with_for_update(of=Submission) if lock else query)
    if found is None:
        raise NotFoundError(
            "there is no such submission", message_id="Kiriman ini tidak ada di wilayah Anda."
        )
    return found


def find_root(session: Session, shelf: Shelf, instance_id: str) -> str | None:
    """The submission that has a later version with this instanceID; None when there is none."""
    return session.scalar(
        select(Submission.instance_id)
        .join(SubmissionVersion, SubmissionVersion.submission_id == Submission.id)
        .where(
            shelf.condition,
            Submission.deleted_at.is_(None),
            SubmissionVersion.form_id == shelf.form.id,
            SubmissionVersion.is_draft.is_(shelf.is_draft),
            SubmissionVersion.instance_id == instance_id,
            Submission.instance_id != instance_id,
        )
    )


def list_versions(session: Session, submission: Submission) -> list[VersionView]:
    """All versions of a submission, newest first."""
    rows = _version_rows(session, submission)
    actors = _actors(session, [version.submitter_id for version, _ in rows])
    return [_view_version(version, text, submission, actors) for version, text in rows]


def get_version(
    session: Session, submission: Submission, instance_id: str | None = None
) -> SubmissionVersion:
    """The row of one version, the current one without instanceID. Raises: NotFoundError."""
    wanted: ColumnElement[bool] = (
        SubmissionVersion.id == submission.current_version_id
        if instance_id is None
        else SubmissionVersion.instance_id == instance_id
    )
    found = session.scalar(
        select(SubmissionVersion).where(SubmissionVersion.submission_id == submission.id, wanted)
    )
    if found is None:
        raise NotFoundError("the submission has no such version")
    return found


def list_submitters(session: Session, shelf: Shelf) -> list[Actor]:
    """Who sent the submissions of a form, by name."""
    senders = select(Submission.first_submitter_id).where(shelf.condition, Submission.deleted_at.is_(None))
    query = select(Actor).where(Actor.id.in_(senders)).order_by(Actor.display_name, Actor.id)
    return list(session.scalars(query))


def list_acts(session: Session, submission: Submission) -> list[Act]:
    """What was done to a submission, newest first; changes of its files stand in the whole log only."""
    rows = session.scalars(
        select(Audit)
        .where(Audit.submission_id == submission.id, Audit.action != FILES_ACTION)
        .order_by(Audit.logged_at.desc(), Audit.id.desc())
    ).all()
    actors = _actors(session, [row.actor_id for row in rows])
    return [
        Act(
            row.actor_id,
            row.action,
            row.actee_id,
            row.details or None,
            row.notes,
            row.logged_at,
            actors.get(row.actor_id or 0),
        )
        for row in rows
    ]


def _version_rows(session: Session, submission: Submission) -> Sequence[Any]:
    return session.execute(
        select(SubmissionVersion, FormVersion.version)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(SubmissionVersion.submission_id == submission.id)
        .order_by(SubmissionVersion.id.desc())
    ).all()


def _view(session: Session, rows: Sequence[Any]) -> list[SubmissionView]:
    senders = {number for row in rows for number in (row[0].first_submitter_id, row[1].submitter_id)}
    actors = _actors(session, senders)
    return [
        SubmissionView(
            id=submission.id,
            instance_id=submission.instance_id,
            submitter_id=submission.first_submitter_id,
            device_id=submission.device_id,
            user_agent=submission.user_agent,
            review_state=submission.review_state,
            created_at=submission.created_at,
            updated_at=submission.updated_at,
            deleted_at=submission.deleted_at,
            submitter=actors.get(submission.first_submitter_id or 0),
            current_version=_view_version(version, text, submission, actors),
        )
        for submission, version, text in rows
    ]


def _view_version(
    version: SubmissionVersion, form_version: str, submission: Submission, actors: dict[int, Actor]
) -> VersionView:
    return VersionView(
        instance_id=version.instance_id,
        instance_name=version.instance_name,
        submitter_id=version.submitter_id,
        device_id=version.device_id,
        user_agent=version.user_agent,
        created_at=version.created_at,
        current=version.id == submission.current_version_id,
        submitter=actors.get(version.submitter_id or 0),
        form_version=form_version,
    )


def _actors(session: Session, ids: Iterable[int | None]) -> dict[int, Actor]:
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    return {actor.id: actor for actor in session.scalars(select(Actor).where(Actor.id.in_(wanted)))}
