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


class FormVersionShape(ExtendedForm):
    """A published version with who published it."""

    published_by = fields.Nested(ActorShape)


class FieldShape(Shape):
    """A node of the form, in document order; binary and selectMultiple are true or null."""

    path = fields.String()
    name = fields.String()
    type = fields.String()
    binary = fields.Boolean()
    select_multiple = fields.Boolean()


class SlotShape(Shape):
    """A file that the form expects."""

    name = fields.String()
    type = fields.String()
    hash = fields.String()
    exists = fields.Boolean()
    blob_exists = fields.Boolean()
    dataset_exists = fields.Boolean()
    updated_at = Time()
    size = fields.Integer()


class DatasetProperty(Shape):
    """What a form does to a property of an entity list."""

    name = fields.String()
    is_new = fields.Boolean()
    in_form = fields.Boolean()


class DatasetDiff(Shape):
    """What a form does to an entity list."""

    name = fields.String()
    is_new = fields.Boolean()
    properties = fields.List(fields.Nested(DatasetProperty))
