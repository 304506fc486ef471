"""Putting the demo in place: an empty installation gets a campaign that has been under way for two weeks.

Belongs here: the order of things. Does not: inventing (places.py, people.py, planning.py), what is told about it
(record.py), the command line (server.cli.demo).
"""

import secrets
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select

from forms.compile import CompiledForm, compile_form
from forms.definition import FormDefinition
from forms.library import BundledForm, list_bundled, open_bundled
from forms.rules import compile_rules
from server.backends import Backends
from server.db import session_scope
from server.demo.desk import work_on_cases
from server.demo.people import Family, invent_families
from server.demo.places import REGENCY, invent_villages, write_geojson
from server.demo.planning import VISITS, plan_visits
from server.demo.record import PEOPLE, PROJECT, DemoRecord, Login, OfficerAccess
from server.demo.register_file import write_register
from server.demo.sending import send_visits
from server.demo.visits import OFFICERS
from server.models.actor import Account
from server.models.project import Project
from server.services import (
    accounts,
    area_import,
    enrolment,
    processing,
    projects,
    publishing,
    register_import,
    settings,
)

DESCRIPTION = (
    "Semua desa, keluarga, petugas, foto dan kunjungan di sini rekaan. / Everything here is invented."
)
SNAPSHOT = "REKAAN-2026-T3"
UNCERTAINTY_M = 11.0
MINIMUM_WAGE = "2500000"
STEPS = 2 * VISITS + 60
"""What `Progress` adds up to."""

Progress = Callable[[str, int], object]
"""What is being done (Indonesian), and steps done since the last call."""


def is_empty(backends: Backends) -> bool:
    """True when the database holds no account and no project."""
    with session_scope(backends.sessions, read_only=True) as session:
        return not session.scalar(select(exists(select(Account.actor_id)) | exists(select(Project.id))))


def build_demo(backends: Backends, progress: Progress) -> DemoRecord:
    """Fills an empty installation. Takes some ten seconds; forms are compiled beside the rest.

    Raises: whatever the services raise; the installation is half filled then and should be removed.
    """
    with ThreadPoolExecutor(len(list_bundled())) as pool:
        compiling = {form: pool.submit(_compile, form) for form in list_bundled()}
        timezone = backends.config.timezone
        today = datetime.now(timezone).date()
        families = invent_families(invent_villages(), today)
        visits = plan_visits(families, today, timezone)
        actors, logins = _make_people(backends)
        _import(backends, families, actors["admin"], progress)
        project_id = _open_project(backends, actors["admin"])
        _publish(backends, project_id, compiling, actors["admin"], progress)
    _enrol(backends, project_id, actors["admin"], progress)
    officer_ids, officers = _make_officers(backends, project_id, actors["admin"])
    send_visits(backends, project_id, officer_ids, visits, lambda: progress("Kunjungan dikirim", 1))
    while done := processing.process_owed(backends, limit=1):
        progress("Pemeriksaan", round(done / 3))
    work_on_cases(
        backends,
        project_id,
        supervisor_id=actors["supervisor"],
        dinsos_id=actors["dinsos"],
        visits=visits,
        today=today,
    )
    return DemoRecord(
        backends.config.url, project_id, logins["admin"], logins["supervisor"], logins["dinsos"], officers
    )


def _compile(form: BundledForm) -> CompiledForm:
    return compile_form(open_bundled(form.name), file_name=f"{form.name}.xlsx")


def _make_people(backends: Backends) -> tuple[dict[str, int], dict[str, Login]]:
    actors: dict[str, int] = {}
    logins: dict[str, Login] = {}
    with session_scope(backends.sessions) as session:
        accounts.seed_roles(session)
        for person in PEOPLE:
            login = Login(person.email, secrets.token_urlsafe(12))
            actor = accounts.create_user(
                session, email=login.email, password=login.password, name=person.name
            )
            accounts.assign(session, actor.id, person.role)
            accounts.set_areas(session, actor.id, () if person.role == "admin" else (REGENCY,))
            actors[person.key], logins[person.key] = actor.id, login
    return actors, logins


def _open_project(backends: Backends, admin_id: int) -> int:
    with session_scope(backends.sessions) as session:
        return projects.create_project(session, name=PROJECT, description=DESCRIPTION, actor_id=admin_id).id


def _import(backends: Backends, families: list[Family], admin_id: int, progress: Progress) -> None:
    """Boundaries and register, by way of files as an office has them."""
    villages = list(dict.fromkeys(family.village for family in families))
    with tempfile.TemporaryDirectory(prefix="sisir-demo-") as name:
        boundaries, register = Path(name) / "batas_desa_rekaan.geojson", Path(name) / "register_rekaan.csv"
        write_geojson(villages, boundaries)
        write_register(families, register)
        with session_scope(backends.sessions) as session:
            area_import.import_boundaries(session, boundaries, uncertainty_m=UNCERTAINTY_M, actor_id=admin_id)
            first_day = datetime.now(backends.config.timezone).date().replace(month=1, day=1)
            settings.set_value(
                session, "umk", MINIMUM_WAGE, from_on=first_day, area_code=REGENCY, actor_id=admin_id
            )
        progress("Batas desa", 10)
        register_import.import_register(backends, register, name=SNAPSHOT, actor_id=admin_id)
        progress("Register keluarga", 10)


def _publish(
    backends: Backends,
    project_id: int,
    compiling: Mapping[BundledForm, Future[CompiledForm]],
    admin_id: int,
    progress: Progress,
) -> None:
    """The bundled forms in their order, since rules read the forms before."""
    known: dict[str, FormDefinition] = {}
    for bundled, future in compiling.items():
        compiled = future.result()
        rules = (
            compile_rules(compiled.rules_sheet, compiled.definition, known) if compiled.rules_sheet else None
        )
        known[bundled.name] = compiled.definition
        upload = publishing.Upload(compiled, rules, open_bundled(bundled.name))
        with session_scope(backends.sessions) as session:
            project = session.get_one(Project, project_id)
            form, _ = publishing.save_draft(
                session, backends, project=project, upload=upload, actor_id=admin_id
            )
            publishing.publish_draft(session, form, actor_id=admin_id)
        progress("Formulir", 10)


def _enrol(backends: Backends, project_id: int, admin_id: int, progress: Progress) -> None:
    """The campaign's lists for the phones: villages and masked families."""
    with session_scope(backends.sessions) as session:
        enrolment.enrol_areas(session, project_id, (REGENCY,), actor_id=admin_id)
        enrolment.enrol_households(session, project_id, actor_id=admin_id)
    progress("Daftar untuk HP petugas", 10)


def _make_officers(
    backends: Backends, project_id: int, admin_id: int
) -> tuple[list[int], tuple[OfficerAccess, ...]]:
    ids: list[int] = []
    phones: list[OfficerAccess] = []
    with session_scope(backends.sessions) as session:
        project = session.get_one(Project, project_id)
        for officer in OFFICERS:
            actor, token = accounts.create_officer(
                session,
                backends.seal,
                project=project,
                name=officer.name,
                areas=officer.areas,
                created_by_id=admin_id,
            )
            ids.append(actor.id)
            phones.append(OfficerAccess(officer.name, token, officer.areas))
    return ids, tuple(phones)
