"""Comments on a submission, and its lines of the audit log. Source: the REST specification, "Submissions over REST"."""

from marshmallow import fields

from server.api.audits import ActShape
from server.api.call import Call
from server.api.routes import Many, Table
from server.api.shapes import ActorShape, Shape, Text, Time
from server.api.submission_paths import FORM
from server.api.submissions import find
from server.services import submission_reviews, submissions
from server.services.audit_reading import Act
from server.services.submission_reviews import CommentView

table = Table("Submission comments")
ALL = f"{FORM}/submissions/<instance_id>/comments"


class CommentShape(Shape):
    """A comment on a submission."""

    body = fields.String()
    actor_id = fields.Integer()
    created_at = Time()


class ExtendedComment(CommentShape):
    """The same with who wrote it."""

    actor: fields.Nested = fields.Nested(ActorShape)


class NewComment(Shape):
    """What to say."""

    body = Text(required=True)


class ActOnSubmission(ActShape):
    """One act on a submission, with who did it."""

    actor: fields.Nested = fields.Nested(ActorShape)


@table.get(ALL, right="submission.read", gives=Many(CommentShape), extended=Many(ExtendedComment))
def list_comments(call: Call) -> list[CommentView]:
    """The comments on a submission, newest first."""
    return submission_reviews.list_comments(call.session, find(call))


@table.post(ALL, right="submission.update", takes=NewComment, gives=CommentShape)
def add_comment(call: Call) -> CommentView:
    """One more comment."""
    body = call.body["body"]
    return submission_reviews.add_comment(call.session, find(call), body, actor_id=call.actor_id)


@table.get(
    f"{FORM}/submissions/<instance_id>/audits",
    right="submission.read",
    gives=Many(ActShape),
    extended=Many(ActOnSubmission),
)
def list_acts(call: Call) -> list[Act]:
    """What was done to a submission, newest first; changes of its files stand in the whole log only."""
    return submissions.list_acts(call.session, find(call))
