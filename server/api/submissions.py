"""Submissions: sending, listing, reading, reviewing, the trash. Source: the REST specification, "Submissions over REST"."""

from flask import Response, request
from marshmallow import fields

from server.api.call import Call
from server.api.routes import File, Many, Table
from server.api.shapes import ActorShape, Flag, PageQuery, Shape
from server.api.submission_paths import FORM, on_both, sends_to_root, shelf_of
from server.api.submission_shapes import ExtendedSubmission, NewSubmissionShape, SubmissionShape
from server.edge import jobs
from server.errors import MissingParameterError
from server.models.actor import Actor
from server.models.form import FormState
from server.models.submission import Submission
from server.problems import EditorClosedError, NotSupportedError
from server.services import submission_reviews, submission_trash, submission_writes, submissions
from server.services.submission_shelf import require_draft_token
from server.services.submissions import SubmissionView
from server.uploads import read_xml_body

table = Table("Submissions")
ONE = f"{FORM}/submissions/<instance_id>"
XML = File("application/xml")
SENDING = ("400.2", "400.8", "404.6", "409.2", "413.1")


class ListQuery(PageQuery):
    """deleted: those in the trash instead."""

    deleted = Flag(load_default=False)


class SendQuery(Shape):
    """deviceID: which phone or browser sends."""

    device_id = fields.String(data_key="deviceID", load_default=None)


class ReviewChanges(Shape):
    """null, edited, hasIssues, rejected or approved."""

    review_state = fields.String(allow_none=True)


@on_both(table, "GET", "", right="submission.list", query=ListQuery, gives=Many(SubmissionShape), extended=Many(ExtendedSubmission))  # fmt: skip
def list_submissions(call: Call) -> list[SubmissionView]:
    """The submissions of a form within the caller's areas, newest first."""
    return submissions.list_submissions(call.session, shelf_of(call), **call.query)


@on_both(table, "POST", "", right="submission.create", takes=XML, query=SendQuery, gives=NewSubmissionShape, problems=SENDING)  # fmt: skip
def create_submission(call: Call) -> SubmissionView:
    """Sends a submission; its files follow, one request each. A repeat is refused."""
    return _create(call)


@table.post(
    "/test/<draft_token>" + f"{FORM}/draft/submissions",
    right=(),
    is_open=True,
    takes=XML,
    query=SendQuery,
    gives=NewSubmissionShape,
    problems=("404.4", *SENDING),
)
def test_draft(call: Call) -> SubmissionView:
    """Sends a submission to a draft by its test address, without log-in."""
    call.is_draft = True
    require_draft_token(call.session, call.form, call.path["draft_token"])
    return _create(call)


def _create(call: Call) -> SubmissionView:
    upload = read_xml_body(request, call.backends.clock())
    made = submission_writes.create_submission(
        call.session, call.backends, upload, shelf=shelf_of(call), caller=call.anybody
    )
    return _stored(call, made)


@on_both(table, "GET", "/submitters", right="submission.list", gives=Many(ActorShape))
def list_submitters(call: Call) -> list[Actor]:
    """Who sent submissions to the form, by name."""
    return submissions.list_submitters(call.session, shelf_of(call))


class KeyShape(Shape):
    """An encryption key."""

    id = fields.Integer()
    public = fields.String()


@on_both(table, "GET", "/keys", right="submission.list", gives=Many(KeyShape))
def list_keys(call: Call) -> list[object]:
    """The managed encryption keys that the submissions need: none, since this server does not manage any."""
    shelf_of(call)
    return []


@on_both(table, "GET", "/<instance_id>", right="submission.read", gives=SubmissionShape, extended=ExtendedSubmission, problems=("301",))  # fmt: skip
@sends_to_root
def get_submission(call: Call) -> SubmissionView:
    """One submission by the instanceID of its first version; by that of a later one, 301 to that version."""
    return submissions.view_submission(call.session, shelf_of(call), call.path["instance_id"])


@table.put(ONE, right="submission.update", takes=XML, query=SendQuery, gives=SubmissionShape, problems=("400.19", "409.9", *SENDING))  # fmt: skip
def edit_submission(call: Call) -> SubmissionView:
    """Sends a new version: its deprecatedID names the version that it replaces, its instanceID is new."""
    upload = read_xml_body(request, call.backends.clock())
    edited = submission_writes.edit_submission(
        call.session,
        call.backends,
        upload,
        shelf=shelf_of(call),
        caller=call.caller,
        instance_id=call.path["instance_id"],
    )
    return _stored(call, edited)


@table.patch(ONE, right="submission.update", takes=ReviewChanges, gives=SubmissionShape, problems=("400.8",))
def review_submission(call: Call) -> SubmissionView:
    """Sets the review state; an approval makes entities that waited for it."""
    found = find(call, lock=True)
    if "review_state" not in call.body:
        raise MissingParameterError(
            "the required value reviewState is missing", details={"field": "reviewState"}
        )
    state = call.body["review_state"]
    if submission_reviews.set_review_state(call.session, call.form, found, state, actor_id=call.actor_id):
        screen_after(call, found)
    return submissions.view_row(call.session, found)


@table.delete(ONE, right="submission.delete")
def delete_submission(call: Call) -> None:
    """Into the trash."""
    found = find(call, lock=True)
    submission_trash.delete_submission(call.session, call.form, found, actor_id=call.actor_id)


@table.post(f"{ONE}/restore", right="submission.restore")
def restore_submission(call: Call) -> None:
    """Out of the trash."""
    found = submissions.get_submission(
        call.session, shelf_of(call), call.path["instance_id"], deleted=True, lock=True
    )
    submission_trash.restore_submission(call.session, call.form, found, actor_id=call.actor_id)
    screen_after(call, found)


@table.get(f"{ONE}/edit", right="submission.update", gives=File("text/html"), problems=("409.12", "501.1"))
def edit_in_browser(call: Call) -> Response:
    """Leads to a web editor, of a form that is open; this server has none yet."""
    find(call)
    if call.form.state != FormState.open:
        raise EditorClosedError()
    raise NotSupportedError("this server has no web editor for submissions")


def find(call: Call, *, lock: bool = False) -> Submission:
    """The submission that a path names, in the call's own transaction. Raises: NotFoundError."""
    return submissions.get_submission(call.session, shelf_of(call), call.path["instance_id"], lock=lock)


def screen_after(call: Call, submission: Submission) -> None:
    """Wakes a worker after the commit; test data of a draft is not checked."""
    if not submission.is_draft:
        number = submission.id
        call.after(lambda: jobs().screen(number))


def _stored(call: Call, submission: Submission) -> SubmissionView:
    screen_after(call, submission)
    return submissions.view_row(call.session, submission)
