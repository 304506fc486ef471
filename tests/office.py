"""An office in a test: a whole installation over backends of any kind, with the shortcuts that tests need."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from forms.library import open_bundled
from media.sealing import new_key
from server.app import create_app
from server.backends import Backends, open_backends
from server.config import load_config
from server.db import session_scope
from server.migrating import upgrade_database
from server.models.form import Form
from server.models.project import Project
from server.services import accounts, processing, projects, publishing

HEADERS = {"X-OpenRosa-Version": "1.0"}


@dataclass(frozen=True)
class Phone:
    """An officer's phone: its id and the address it was given."""

    officer_id: int
    token: str
    base: str

    def url(self, rest: str) -> str:
        return f"{self.base}/{rest}"


@dataclass(frozen=True)
class Office:
    """An installation with one campaign."""

    backends: Backends
    app: Flask
    project_id: int

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction of its own."""
        with session_scope(self.backends.sessions) as session:
            yield session

    def phone(self, name: str = "Petugas", *areas: str) -> Phone:
        """A new officer's phone."""
        with self.session() as session:
            project = session.get_one(Project, self.project_id)
            actor, token = accounts.create_officer(
                session, self.backends.seal, project=project, name=name, areas=areas
            )
            return Phone(actor.id, token, f"/v1/key/{token}/projects/{self.project_id}")

    def publish(self, data: bytes, file_name: str = "form.md") -> str:
        """Compiles and publishes a form; returns its id."""
        with self.session() as session:
            known = publishing.known_definitions(session, self.project_id)
        upload = publishing.compile_upload(data, file_name=file_name, known_forms=known, allow_text=True)
        with self.session() as session:
            project = session.get_one(Project, self.project_id)
            form, _ = publishing.save_draft(
                session, self.backends, project=project, upload=upload, actor_id=None
            )
            publishing.publish_draft(session, form, actor_id=None)
            return form.xml_form_id

    def publish_bundled(self, *names: str) -> None:
        """Publishes bundled forms, all of them without names."""
        for name in names or ("penyisiran", "aset", "stiker"):
            self.publish(open_bundled(name), f"{name}.xlsx")

    def form(self, session: Session, xml_form_id: str) -> Form:
        return publishing.get_form(session, self.project_id, xml_form_id)

    def work(self) -> int:
        """Does everything that submissions are owed."""
        return processing.process_owed(self.backends)


def open_office(folder: Path, **variables: str) -> Office:
    """A new installation in a folder; variables as in the environment (SISIR_DATABASE=…)."""
    environ = {
        "SISIR_VAR": str(folder),
        "SISIR_URL": "http://sisir.test",
        "SISIR_KEY": new_key(),
        "SISIR_QUEUE": "memory:",
        **variables,
    }
    folder.mkdir(parents=True, exist_ok=True)
    backends = open_backends(load_config(environ))
    upgrade_database(backends.engine)
    with session_scope(backends.sessions) as session:
        accounts.seed_roles(session)
        project = projects.create_project(session, name="Penyisiran 2026")
        project_id = project.id
    return Office(backends, create_app(backends), project_id)
