"""Submissions that API clients send: new ones and edits, each with the refusals of the REST interface.

Belongs here: what REST refuses and phones are allowed (a repeat), and the other way round. Does not: rows (receiving.py, which
both doors share).
Source: the REST specification, "Submissions over REST".
"""

from sqlalchemy.orm import Session

from server.backends import Backends
from server.errors import SupersededError
from server.models.submission import Submission
from server.permissions import Caller
from server.problems import MissingDeprecatedIdError
from server.services import receiving, submissions
from server.services.incoming import Door, find_known, read_incoming
from server.services.submission_shelf import Shelf
from server.uploads import SubmissionUpload


def create_submission(
    session: Session, backends: Backends, upload: SubmissionUpload, *, shelf: Shelf, caller: Caller | None
) -> Submission:
    """A new submission with empty slots for its files.

    Raises: the refusals of the decision table; ConflictError (409.3) for any repeat of an instanceID, also a deleted one.
    Effects: as receiving.store; the edge sends the job.
    """
    door = Door(shelf.form.xml_form_id, shelf.is_draft, names_instances=True)
    incoming = read_incoming(
        session, backends, upload, project_id=shelf.form.project_id, caller=caller, door=door
    )
    receipt = None if incoming.known else receiving.store_new(session, backends, incoming)
    if receipt is None:
        raise receiving.taken(incoming)
    return session.get_one(Submission, receipt.submission_id)


def edit_submission(
    session: Session,
    backends: Backends,
    upload: SubmissionUpload,
    *,
    shelf: Shelf,
    caller: Caller,
    instance_id: str,
) -> Submission:
    """A new version of a submission, which its deprecatedID must call by the instanceID of the current one.

    Raises: MissingDeprecatedIdError, SupersededError, ConflictError (409.3: the new instanceID is taken), NotFoundError;
    the refusals of the decision table.
    """
    door = Door(shelf.form.xml_form_id, shelf.is_draft)
    incoming = read_incoming(
        session, backends, upload, project_id=shelf.form.project_id, caller=caller, door=door
    )
    if incoming.deprecated_id is None:
        raise MissingDeprecatedIdError()
    submission = submissions.get_submission(session, shelf, instance_id, lock=True)
    current = submissions.get_version(session, submission)
    if current.instance_id != incoming.deprecated_id:
        raise SupersededError(
            "the version to be replaced is not the newest one of this submission",
            details={"deprecatedId": incoming.deprecated_id},
        )
    if find_known(session, shelf.form.id, incoming.instance_id, is_draft=shelf.is_draft) is not None:
        raise receiving.taken(incoming)
    receiving.store_edit(session, backends, incoming, submission, current.id)
    return submission
