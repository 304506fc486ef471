"""Forms and submissions for the API's tests of submissions."""

import itertools
from dataclasses import replace
from xml.sax.saxutils import escape

from sqlalchemy import delete, select, update

from server.models.audit import Audit
from server.models.case import Case
from server.models.finding import Finding
from server.models.form import FormState
from server.models.norm import ExtremeAnswer, VisitDigest
from server.models.project import Project
from server.models.submission import Attachment, ChoiceSeen, Comment, Submission, SubmissionVersion
from server.services import accounts, projects, publishing
from tests.server.api.conftest import Client, Service

NUMBERS = itertools.count(1)
PROJECTS: dict[str, int] = {}
"""Form -> its project: these forms stand in a project of their own, whose manager is Bob."""
GARDEN = """
| survey | | | |
| | type | name | label |
| | text | pemilik | Pemilik |
| | geopoint | titik | Titik |
| | select_multiple tanaman | tanaman | Tanaman |
| | image | foto | Foto |
| | begin_group | lahan | Lahan |
| | decimal | luas | Luas |
| | begin_repeat | panen | Panen |
| | integer | tahun | Tahun |
| | decimal | ton | Ton |
| | end_repeat | | |
| | end_group | | |
| choices | | | |
| | list_name | name | label |
| | tanaman | padi | Padi |
| | tanaman | jagung | Jagung |
| settings | | | |
| | form_id | form_title | version |
| | {form_id} | Kebun | {version} |
"""
SECRET = """
| survey | | | | |
| | type | name | label | bind::sisir:sensitive |
| | text | nama | Nama | |
| | text | nik | NIK | yes |
| | image | foto_kk | Foto KK | yes |
| settings | | | | |
| | form_id | form_title | version | namespaces |
| | {form_id} | Rahasia | 1 | sisir="https://sisir.id/xforms" |
"""
PLACED = """
| survey | | | |
| | type | name | label |
| | text | kode_desa | Desa |
| | text | nama | Nama |
| settings | | | |
| | form_id | form_title | version |
| | {form_id} | Kunjungan | 1 |
"""
XML = {"Content-Type": "text/xml"}


def publish(service: Service, text: str = GARDEN, *, version: str = "1", form_id: str | None = None) -> str:
    """A form of its own; returns its id."""
    name = form_id or f"kebun_{next(NUMBERS)}"
    PROJECTS[name] = PROJECTS.get(name) or _project(service)
    office = replace(service.office, project_id=PROJECTS[name])
    office.publish(text.format(form_id=name, version=version).encode())
    return name


def _project(service: Service) -> int:
    with service.office.session() as session:
        found = session.scalar(select(Project).where(Project.name == "Kebun"))
        if found is None:
            found = projects.create_project(session, name="Kebun")
            accounts.assign(session, service.ids["bob"], "manager", found.actee_id)
        return found.id


def empty(service: Service, form_id: str) -> None:
    """Removes all submissions of a form, so that tests can share it: publishing one takes seconds."""
    with service.office.session() as session:
        form = publishing.get_form(session, PROJECTS[form_id], form_id)
        form.state = FormState.open
        mine = select(Submission.id).where(Submission.form_id == form.id)
        versions = select(SubmissionVersion.id).where(SubmissionVersion.submission_id.in_(mine))
        for statement in (
            delete(ChoiceSeen).where(ChoiceSeen.form_id == form.id),
            delete(Attachment).where(Attachment.submission_version_id.in_(versions)),
            delete(Comment).where(Comment.submission_id.in_(mine)),
            delete(VisitDigest).where(VisitDigest.submission_id.in_(mine)),
            delete(ExtremeAnswer).where(ExtremeAnswer.submission_id.in_(mine)),
            delete(Finding).where(Finding.submission_id.in_(mine)),
            update(Case).where(Case.submission_id.in_(mine)).values(submission_id=None),
            delete(SubmissionVersion).where(SubmissionVersion.submission_id.in_(mine)),
            update(Audit).where(Audit.submission_id.in_(mine)).values(submission_id=None),
            delete(Submission).where(Submission.form_id == form.id),
        ):
            session.execute(statement.execution_options(synchronize_session=False))


def visit(
    form_id: str, instance_id: str, body: str = "", *, old: str | None = None, version: str = "1"
) -> bytes:
    """A submission; body is XML of the questions, old the instanceID that it replaces."""
    replaced = f"<orx:deprecatedID>{old}</orx:deprecatedID>" if old else ""
    meta = f"<orx:meta><orx:instanceID>{escape(instance_id)}</orx:instanceID>{replaced}</orx:meta>"
    return (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="{form_id}" version="{version}">{body}{meta}</data>'
    ).encode()


def path_of(form_id: str, rest: str = "") -> str:
    return f"{form_path(form_id)}/submissions{rest}"


def form_path(form_id: str) -> str:
    return f"/projects/{PROJECTS[form_id]}/forms/{form_id}"


def send(client: Client, form_id: str, instance_id: str, body: str = "", **options: object):
    """POSTs a submission."""
    xml = visit(form_id, instance_id, body, **options)  # type: ignore[arg-type]
    return client.call("POST", path_of(form_id), data=xml, headers=XML)


def edit(client: Client, form_id: str, root: str, instance_id: str, old: str | None, body: str = ""):
    """PUTs a submission."""
    xml = visit(form_id, instance_id, body, old=old)
    return client.call("PUT", path_of(form_id, f"/{root}"), data=xml, headers=XML)
