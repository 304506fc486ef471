"""Submissions as JSON. Source: the REST specification, "Submissions over REST"."""

from marshmallow import fields

from server.api.shapes import ActorShape, Shape, Time


class SubmissionVersionShape(Shape):
    """One version of a submission."""

    instance_id = fields.String()
    instance_name = fields.String()
    submitter_id = fields.Integer()
    device_id = fields.String()
    user_agent = fields.String()
    created_at = Time()
    current = fields.Boolean()


class ExtendedVersion(SubmissionVersionShape):
    """The same with who sent it, and the version of the form that it was filled in with."""

    submitter: fields.Nested = fields.Nested(ActorShape)
    form_version = fields.String()


class CurrentVersion(SubmissionVersionShape):
    """The current version with who sent it."""

    submitter: fields.Nested = fields.Nested(ActorShape)


class NewSubmissionShape(Shape):
    """A submission as it was just sent; instanceId is that of its first version, whatever edits follow."""

    instance_id = fields.String()
    submitter_id = fields.Integer()
    device_id = fields.String()
    user_agent = fields.String()
    created_at = Time()
    updated_at = Time()
    current_version: fields.Nested = fields.Nested(SubmissionVersionShape)


class SubmissionShape(NewSubmissionShape):
    """A submission."""

    review_state = fields.String()
    deleted_at = Time()


class ExtendedSubmission(SubmissionShape):
    """The same with who sent it, at both levels."""

    submitter: fields.Nested = fields.Nested(ActorShape)
    current_version: fields.Nested = fields.Nested(CurrentVersion)
