"""Which submissions an export or table holds: $filter over what the server knows of them, deleted ones left out.

Source: the REST specification, "OData for submissions" ($filter).
"""

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from server.models.submission import Submission
from server.services.odata_filter import NUMBER, TEXT, TIME, FilterField, parse_filter
from server.services.submission_shelf import Shelf

FIELDS = {
    "__id": FilterField(Submission.instance_id, TEXT),
    "__system/submissionDate": FilterField(Submission.created_at, TIME),
    "__system/updatedAt": FilterField(Submission.updated_at, TIME),
    "__system/deletedAt": FilterField(Submission.deleted_at, TIME),
    "__system/submitterId": FilterField(Submission.first_submitter_id, NUMBER),
    "__system/reviewState": FilterField(Submission.review_state, TEXT),
}
DELETED = "__system/deletedAt"


def chosen(
    session: Session, shelf: Shelf, text: str | None, *, only_root: bool = False
) -> ColumnElement[bool]:
    """The condition on rows of Submission: of the shelf, by the filter; the trash only where the filter speaks of it.

    Raises: as parse_filter.
    """
    live = Submission.deleted_at.is_(None)
    if not text or not text.strip():
        return and_(shelf.condition, live)
    found = parse_filter(session, text, FIELDS, only_root=only_root)
    return and_(shelf.condition, found.condition, *(() if DELETED in found.names else (live,)))
