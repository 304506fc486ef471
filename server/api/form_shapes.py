"""Forms as JSON. Source: the REST specification, "Forms"."""

from marshmallow import fields

from server.api.shapes import ActorShape, Shape, Time


class FormShape(Shape):
    """A form; name, version and hashes are those of the version shown. publishedAt null: only a draft exists."""

    project_id = fields.Integer()
    xml_form_id = fields.String()
    name = fields.String()
    version = fields.String()
    state = fields.String()
    hash = fields.String()
    sha = fields.String()
    sha256 = fields.String()
    key_id = fields.Integer()
    draft_token = fields.String()
    enketo_id = fields.String()
    enketo_once_id = fields.String()
    webforms_enabled = fields.Boolean()
    created_at = Time()
    updated_at = Time()
    published_at = Time()


class ExtendedForm(FormShape):
    """The same with counts and where it came from."""

    submissions = fields.Integer()
    review_states = fields.Dict(keys=fields.String(), values=fields.Integer())
    last_submission = Time()
    excel_content_type = fields.String()
    created_by: fields.Nested = fields.Nested(ActorShape)
    entity_related = fields.Boolean()
    public_links = fields.Integer()


class EditorsForm(ExtendedForm):
    """The same for those who may change it."""

    publish_notes = fields.String()


class TrashedForm(ExtendedForm):
    """A form in the trash: its number restores it."""

    id = fields.Integer()
    deleted_at = Time()
