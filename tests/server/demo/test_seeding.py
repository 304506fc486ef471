"""`sisir seed`: what it writes is a campaign that the program works on, and nobody real is ever touched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from server.app import create_app
from server.backends import Backends, open_backends
from server.boundaries import BoundaryCache
from server.cli import cli
from server.config import load_config
from server.db import open_database, session_scope
from server.errors import SetupError
from server.migrating import upgrade_database
from server.models.actor import Actor, ActorKind
from server.models.area import Area
from server.models.case import Case
from server.models.entity import Entity
from server.models.finding import Finding
from server.models.household import Household
from server.models.submission import Attachment, Submission
from server.seed.seeding import Seeded, seed
from server.services import accounts, cases, processing, rescreening
from server.services.backup import make_backup
from server.services.backup_files import read_manifest
from server.services.doctor import examine
from server.services.restore import restore_tables
from tests.office import HEADERS
from tests.server.demo.conftest import Installed
from tests.server.factories import add_household
from tests.servers import fresh_database

FAMILIES, VISITS = 700, 1500
"""Two copies, the first of them with more than one round of visits."""


def ignore(*_progress: object) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def demo_backup(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the demo: making the demo anew for each database would cost more than all tests here."""
    return make_backup(installed.backends, tmp_path_factory.mktemp("demo-backup"), progress=ignore).folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seeded(
    request: pytest.FixtureRequest,
    installed: Installed,
    demo_backup: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Backends, Seeded]]:
    """A seeded database; tests look at it, and screen some of it again."""
    folder = tmp_path_factory.mktemp("seed")
    if request.param == "sqlite":
        yield from _seed(installed, demo_backup, f"sqlite:///{folder}/sisir.db")
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        yield from _seed(installed, demo_backup, database.url)


def _seed(installed: Installed, backup: Path, database: str) -> Iterator[tuple[Backends, Seeded]]:
    demo = installed.backends
    engine, sessions = open_database(database)
    restore_tables(backup, read_manifest(backup, demo.seal), engine, ignore)
    upgrade_database(engine)
    backends = replace(
        demo,
        config=replace(demo.config, database=database, key=demo.config.key_file.read_text().strip()),
        engine=engine,
        sessions=sessions,
        boundaries=BoundaryCache(sessions),
    )
    yield backends, seed(backends, households=FAMILIES, submissions=VISITS, progress=ignore)
    engine.dispose()


def test_so_many_families_and_visits_all_of_them_invented(seeded: tuple[Backends, Seeded]) -> None:
    backends, done = seeded
    with session_scope(backends.sessions, read_only=True) as session:
        ours = select(func.count()).select_from(Household).where(Household.source_id.startswith("BEBAN-"))
        assert session.scalar(ours) == FAMILIES == done.households
        copied = Submission.area_path.startswith("9902")
        assert session.scalar(select(func.count()).select_from(Submission).where(copied)) == VISITS
        assert (
            session.scalars(select(Household.id).where(~Household.village_code.startswith("99"))).all() == []
        )
        assert session.scalars(select(Area.code).where(~Area.code.startswith("99"))).all() == []
        villages = set(session.scalars(select(Household.village_code)))
        with_boundary = set(session.scalars(select(Area.code).where(Area.boundary.is_not(None))))
        assert villages <= with_boundary
        for column in (Submission.instance_id, Entity.uuid, Household.nik_hash):
            values = session.scalars(select(column).where(column.is_not(None))).all()
            assert len(values) - len(set(values)) < 20, "the demo has a few families with the same NIK"
        assert (
            session.scalar(select(func.count(Attachment.id)).where(Attachment.blob_id.is_not(None))) or 0
        ) > 100


def test_cases_count_what_the_program_counts(seeded: tuple[Backends, Seeded]) -> None:
    backends, _ = seeded
    names = (
        "open_high",
        "open_medium",
        "open_low",
        "open_protect",
        "open_unknown",
        "area_path",
        "officer_id",
    )
    with session_scope(backends.sessions) as session:
        query = select(Case).where(Case.area_path.startswith("9902")).order_by(Case.id)
        before = {case.id: [getattr(case, name) for name in names] for case in session.scalars(query)}
        keys = {cases.CaseKey(household_id=case.household_id): case.id for case in session.scalars(query)}
        project_id = session.scalars(query).first().project_id  # type: ignore[union-attr]
        cases.refresh_cases(session, project_id, keys)
        session.expire_all()
        assert {case.id: [getattr(case, name) for name in names] for case in session.scalars(query)} == before
        assert sum(row[0] for row in before.values()) > 20
        session.rollback()


def test_seeded_visits_are_read_and_screened_like_any_other(seeded: tuple[Backends, Seeded]) -> None:
    """Answers open, points lie where the stored relation says, findings that were copied hold when the checks run again."""
    backends, _ = seeded
    with session_scope(backends.sessions) as session:
        ids = session.scalars(
            select(Submission.id)
            .where(Submission.area_path.startswith("990202"))
            .order_by(Submission.id.desc())
            .limit(40)
        ).all()
        before = {
            row.id: (row.household_id, row.relation)
            for row in session.scalars(select(Submission).where(Submission.id.in_(ids)))
        }
        wanted = Finding.subject_id.in_(ids), Finding.code.in_(("AS01", "AS02", "AS04", "AS06", "EL01"))
        found = set(
            session.execute(
                select(Finding.subject_id, Finding.code).where(*wanted, Finding.outcome == "fires")
            ).all()
        )
        for row in session.scalars(select(Submission).where(Submission.id.in_(ids))):
            row.screened_at = None
    processing.process_owed(backends)
    with session_scope(backends.sessions) as session:
        rows = session.scalars(select(Submission).where(Submission.id.in_(ids))).all()
        assert all(row.screened_at is not None and row.screening_error is None for row in rows)
        assert {row.id: row.household_id for row in rows} == {key: value[0] for key, value in before.items()}
        same = sum(row.relation == before[row.id][1] for row in rows)
        assert same >= 0.8 * len(rows), "families of other shapes of village may lie elsewhere"
        state = select(Finding.subject_id, Finding.code).where(
            *wanted, Finding.outcome == "fires", Finding.state == "open"
        )
        assert found <= set(session.execute(state).all())
        assert rescreening.count_owed(session, rows[0].project_id) == 0


def test_phones_and_pages_work_on_it(seeded: tuple[Backends, Seeded]) -> None:
    backends, _ = seeded
    client = create_app(backends).test_client()
    with session_scope(backends.sessions) as session:
        officer = session.scalars(
            select(Actor).where(Actor.kind == ActorKind.field_key, Actor.display_name == "Petugas Rekaan 1-1")
        ).one()
        token = accounts.officer_token(session, backends.seal, officer.id)
        admin = accounts.create_user(
            session, email="ukur@contoh.sisir", password="sandi-panjang-1", name="Ukur"
        )
        accounts.assign(session, admin.id, "admin")
    base = f"/v1/key/{token}/projects/1"
    assert client.get(f"{base}/formList", headers=HEADERS).text.count("<xform>") == 3
    rows = client.get(f"{base}/forms/penyisiran/attachments/keluarga.csv", headers=HEADERS)
    assert rows.status_code == 200
    assert rows.text.count("\n") > 300
    assert "990201" in rows.text
    assert "990202" not in rows.text
    client.post(
        "/login",
        data={"email": "ukur@contoh.sisir", "password": "sandi-panjang-1"},
        headers={"Origin": "http://localhost"},
    )
    page = client.get("/projects/1/queue?area=990202")
    assert page.status_code == 200
    assert "Rekaan" in page.text


def test_the_doctor_has_nothing_against_the_data(seeded: tuple[Backends, Seeded]) -> None:
    backends, _ = seeded
    codes = {item.code for item in examine(backends.config)}
    assert codes & {"key_wrong", "sealed_damaged", "media_missing", "media_altered", "boundaries_missing", "work_failed", "officers_without_area"} == set()  # fmt: skip


def test_a_second_time_is_refused(seeded: tuple[Backends, Seeded]) -> None:
    with pytest.raises(SetupError, match="seeded before"):
        seed(seeded[0], households=1, submissions=1, progress=ignore)


def test_real_families_are_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SISIR_VAR", str(tmp_path / "var"))
    assert CliRunner().invoke(cli, ["init"]).exit_code == 0
    monkeypatch.delenv("SISIR_KEY", raising=False)
    backends = open_backends(load_config({"SISIR_VAR": str(tmp_path / "var")}))
    with session_scope(backends.sessions) as session:
        add_household(session, "3517012001/001/001")
    done = CliRunner().invoke(cli, ["seed", "--submissions", "10", "--households", "10"])
    assert isinstance(done.exception, SetupError)
    assert "1 households that are not invented" in str(done.exception)
    with session_scope(backends.sessions) as session:
        assert session.scalar(select(func.count(Household.id))) == 1
        assert session.scalar(select(func.count(Submission.id))) == 0
    backends.engine.dispose()
