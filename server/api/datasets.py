"""Entity lists. Source: the REST specification, "Datasets and entities"."""

from flask import jsonify

from server.api.answers import render
from server.api.call import Call
from server.api.dataset_shapes import (
    DatasetChanges,
    DatasetShape,
    ExtendedDataset,
    FullDatasetShape,
    NewDataset,
    NewEntityProperty,
    TrashedDataset,
)
from server.api.routes import Many, Table
from server.api.shapes import Flag, Shape
from server.edge import jobs
from server.services import dataset_facts, datasets
from server.services.dataset_facts import FullDataset

table = Table("Entity lists")
ALL = "/projects/<project_id>/datasets"
ONE = f"{ALL}/<dataset>"


class DatasetQuery(Shape):
    """?deleted=true: those in the trash."""

    deleted = Flag(load_default=False)


class ConvertQuery(Shape):
    """?convert: whether entities are made of submissions that still wait for approval."""

    convert = Flag(load_default=None)


@table.get(
    ALL, right="dataset.list", query=DatasetQuery, gives=Many(DatasetShape), extended=Many(ExtendedDataset)
)
def list_datasets(call: Call) -> object:
    """The entity lists of a project, by name; counts are of the caller's areas."""
    deleted = call.query["deleted"]
    found = dataset_facts.list_datasets(call.session, call.project.id, call.areas, deleted=deleted)
    if not deleted:
        return found
    return jsonify(render(Many(TrashedDataset), found))


@table.post(
    ALL,
    right="dataset.create",
    takes=NewDataset,
    gives=FullDatasetShape,
    problems=("400.2", "400.8", "400.13", "409.16"),
)
def create_dataset(call: Call) -> FullDataset:
    """A new entity list."""
    listed = datasets.create_list(
        call.session,
        call.project,
        name=call.body["name"],
        approval_required=bool(call.body["approval_required"]),
        actor_id=call.actor_id,
    )
    return dataset_facts.view_dataset(call.session, listed)


@table.get(ONE, right="dataset.read", gives=FullDatasetShape)
def get_dataset(call: Call) -> FullDataset:
    """One entity list with its properties and the forms around it."""
    return dataset_facts.view_dataset(call.session, call.entity_list)


@table.patch(
    ONE,
    right="dataset.update",
    takes=DatasetChanges,
    query=ConvertQuery,
    gives=FullDatasetShape,
    problems=("400.29", "501.1"),
)
def update_dataset(call: Call) -> FullDataset:
    """Whether new entities need an approved submission, and whether phones see only their own."""
    owed = datasets.update_list(
        call.session, call.entity_list, call.body, convert=call.query["convert"], actor_id=call.actor_id
    )
    if owed:
        call.after(lambda: jobs().screen(owed[0]))
    return dataset_facts.view_dataset(call.session, call.entity_list)


@table.delete(ONE, right="dataset.delete", problems=("409.21",))
def delete_dataset(call: Call) -> None:
    """Into the trash, with its entities; not while a form writes to it or reads it."""
    datasets.delete_list(call.session, call.entity_list, actor_id=call.actor_id)


@table.post(
    f"{ONE}/properties",
    right="dataset.update",
    takes=NewEntityProperty,
    problems=("400.2", "400.8", "400.13"),
)
def add_property(call: Call) -> None:
    """One more property."""
    datasets.add_property(call.session, call.entity_list, call.body["name"], actor_id=call.actor_id)


@table.delete(f"{ONE}/properties/<property_name>", right="dataset.update", problems=("409.22",))
def delete_property(call: Call) -> None:
    """Removes a property that no form writes and no entity has a value of."""
    datasets.delete_property(
        call.session, call.entity_list, call.path["property_name"], actor_id=call.actor_id
    )
