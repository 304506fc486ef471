"""Projects: campaigns. Source: the REST specification, "Projects"."""

from dataclasses import replace

from marshmallow import fields

from server.api.call import Call
from server.api.dataset_shapes import ExtendedDataset
from server.api.form_shapes import ExtendedForm
from server.api.routes import ANYBODY, Many, Table
from server.api.shapes import Flag, Shape, Text, Time, Whole
from server.models.project import Project
from server.problems import NotSupportedError
from server.services import dataset_facts, form_facts, project_facts, project_forms, projects
from server.services.project_facts import ProjectView

table = Table("Projects")
ONE = "/projects/<project_id>"


class ProjectShape(Shape):
    """A project."""

    id = fields.Integer()
    name = fields.String()
    description = fields.String()
    archived = fields.Boolean()
    key_id = fields.Integer(dump_default=None)
    created_at = Time()
    updated_at = Time()
    deleted_at = Time()


class ProjectWithVerbs(ProjectShape):
    """The same with what the caller may do there."""

    verbs = fields.List(fields.String())


class ExtendedProject(ProjectWithVerbs):
    """The same with counts, and when something last came in."""

    forms = fields.Integer()
    app_users = fields.Integer()
    datasets = fields.Integer()
    last_submission = Time()
    last_entity = Time()


class ListedProject(ExtendedProject):
    """A project with its forms or entity lists, where asked for."""

    form_list = fields.List(fields.Nested(ExtendedForm))
    dataset_list = fields.List(fields.Nested(ExtendedDataset))


class NewProject(Shape):
    """What a project begins with."""

    name = Text(required=True, max_chars=200)
    description = Text()


class ProjectChanges(Shape):
    """What changes; what is left out stays."""

    name = Text(max_chars=200)
    description = Text()
    archived = fields.Boolean()


class HolderShape(Shape):
    """Who is to hold which role on a form."""

    role_id = Whole(required=True)
    actor_id = Whole(required=True)


class WholeForm(Shape):
    """A form's state and who holds roles on it; assignments left out stay."""

    xml_form_id = Text(required=True)
    state = Text()
    webforms_enabled = fields.Boolean()
    assignments = fields.List(fields.Nested(HolderShape))


class WholeProject(Shape):
    """The project as it is to be: what is left out becomes empty. forms, if given, must name every form."""

    name = Text(required=True, max_chars=200)
    description = Text(load_default=None)
    archived = fields.Boolean(load_default=None)
    forms = fields.List(fields.Nested(WholeForm))


class NewKey(Shape):
    """The passphrase of a managed key."""

    passphrase = Text(required=True, load_only=True)
    hint = Text()


class ProjectQuery(Shape):
    """What to add to each project."""

    forms = Flag(load_default=False)
    datasets = Flag(load_default=False)


@table.get(
    "/projects",
    right=ANYBODY,
    query=ProjectQuery,
    gives=Many(ProjectWithVerbs),
    extended=Many(ExtendedProject),
)
def list_projects(call: Call) -> object:
    """The projects that the caller may read, archived ones last; ?forms=true and ?datasets=true add what is in them."""
    found = projects.list_projects(call.session, call.caller)
    asked = call.query["forms"] or call.query["datasets"]
    views = project_facts.view_projects(call.session, call.caller, found, extended=call.extended or asked)
    if not asked:
        return views
    return _listed(call, found, views)


@table.post("/projects", right="project.create", takes=NewProject, gives=ProjectShape)
def create_project(call: Call) -> Project:
    """A new project."""
    return projects.create_project(
        call.session,
        name=call.body["name"],
        description=call.body.get("description"),
        actor_id=call.actor_id,
    )


@table.get(ONE, right="project.read", gives=ProjectShape, extended=ExtendedProject)
def get_project(call: Call) -> ProjectView:
    """One project."""
    return _view(call)


@table.patch(ONE, right="project.update", takes=ProjectChanges, gives=ProjectShape, extended=ExtendedProject)
def update_project(call: Call) -> ProjectView:
    """Another name or description; archives or brings back."""
    projects.update_project(call.session, call.project, call.body, actor_id=call.actor_id)
    return _view(call)


@table.put(
    ONE,
    right="project.update",
    takes=WholeProject,
    gives=ProjectShape,
    extended=ExtendedProject,
    problems=("501.2",),
)
def replace_project(call: Call) -> ProjectView:
    """The project, the states of its forms and who holds roles on them, all at once."""
    wanted = dict(call.body)
    forms = wanted.pop("forms", None)
    projects.update_project(call.session, call.project, wanted, actor_id=call.actor_id)
    if forms is not None:
        project_forms.replace_forms(call.session, call.caller, call.project, forms)
    return _view(call)


@table.delete(ONE, right="project.delete")
def delete_project(call: Call) -> None:
    """Takes a project away from everybody, phones too."""
    projects.delete_project(call.session, call.project, actor_id=call.actor_id)


@table.post(f"{ONE}/key", right="project.update", takes=NewKey, problems=("501.1",))
def set_key(call: Call) -> None:
    """Managed encryption: not offered; self-managed encrypted forms are taken as they come."""
    raise NotSupportedError("this server manages no encryption keys")


def _view(call: Call) -> ProjectView:
    return project_facts.view_projects(call.session, call.caller, [call.project], extended=call.extended)[0]


def _listed(call: Call, found: list[Project], views: list[ProjectView]) -> object:
    from flask import jsonify

    filled = []
    for project, view in zip(found, views, strict=True):
        forms = datasets = None
        if call.query["forms"]:
            forms = form_facts.list_views(call.session, call.caller, project, extended=True)
        if call.query["datasets"] and call.caller.may("dataset.list", project.actee_id):
            datasets = dataset_facts.list_datasets(call.session, project.id, call.areas)
        filled.append(replace(view, form_list=forms, dataset_list=datasets))
    without = tuple(
        name for name in ("form_list", "dataset_list") if all(getattr(v, name) is None for v in filled)
    )
    return jsonify(ListedProject(exclude=without).dump(filled, many=True))
