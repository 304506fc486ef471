"""Schemas of entity lists, which several resources show."""

from typing import Any

from marshmallow import fields, post_dump

from server.api.shapes import Shape, Text, Time


class DatasetShape(Shape):
    """An entity list in a list of them."""

    name = fields.String()
    project_id = fields.Integer()
    created_at = Time()
    approval_required = fields.Boolean()
    owner_only = fields.Boolean()
    deleted_at = Time()


class ExtendedDataset(DatasetShape):
    """The same with how many entities the caller sees, when the last came, how many are in conflict."""

    entities = fields.Integer()
    last_entity = Time()
    conflicts = fields.Integer()


class TrashedDataset(DatasetShape):
    """An entity list in the trash."""

    id = fields.Integer()


class UsingFormShape(Shape):
    """A form that reads or writes the list; repeatPath only when its entities come from a repeat."""

    name = fields.String()
    xml_form_id = fields.String()
    repeat_path = fields.String()

    @post_dump
    def drop_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """repeatPath is there or not; null would say something else."""
        return data if data["repeatPath"] is not None else {key: data[key] for key in ("name", "xmlFormId")}


class EntityPropertyShape(Shape):
    """A property, and the forms that write it."""

    name = fields.String()
    odata_name = fields.String()
    published_at = Time()
    forms = fields.List(fields.Nested(UsingFormShape))


class FullDatasetShape(Shape):
    """An entity list with its properties and the forms around it."""

    name = fields.String()
    project_id = fields.Integer()
    approval_required = fields.Boolean()
    owner_only = fields.Boolean()
    created_at = Time()
    deleted_at = Time()
    last_update = Time()
    linked_forms = fields.List(fields.Nested(UsingFormShape))
    source_forms = fields.List(fields.Nested(UsingFormShape))
    draft_linked_forms = fields.List(fields.Nested(UsingFormShape))
    draft_source_forms = fields.List(fields.Nested(UsingFormShape))
    properties = fields.List(fields.Nested(EntityPropertyShape))


class NewDataset(Shape):
    """The name of a list, and whether new entities wait until their submission is approved."""

    name = Text(required=True, max_chars=100)
    approval_required = fields.Boolean(load_default=False)


class DatasetChanges(Shape):
    """What changes; what is left out stays. ownerOnly: phones get only what they made themselves."""

    approval_required = fields.Boolean()
    owner_only = fields.Boolean()
    access_filter = fields.Raw()


class NewEntityProperty(Shape):
    """The name of a property."""

    name = Text(required=True, max_chars=100)
