"""One stage for all safety tests on SQLite, one on PostgreSQL; people who are logged in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from server.models.finding import Finding
from server.models.submission import Attachment, Submission
from server.services import accounts
from tests import factories
from tests.safety.people import PEOPLE, Ids, Visitor, log_in
from tests.servers import PostgresServer, fresh_database
from tests.stage import Stage, open_stage


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = open_stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.office.backends.engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def any_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of a module's own that may be wrecked, on either database."""
    with ExitStack() as stack:
        variables = {}
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            variables["SISIR_DATABASE"] = stack.enter_context(fresh_database(server)).plain_url
        made = open_stage(tmp_path_factory.mktemp("stage"), **variables)
        yield made
        made.office.backends.engine.dispose()


@pytest.fixture
def visit(stage: Stage) -> Callable[[str], Visitor]:
    """Logs a person of the stage in."""
    return lambda name: log_in(stage, name)


@pytest.fixture(scope="package")
def ids(stage: Stage) -> Ids:
    """A case of the first village; people of every role there (Di-role) and elsewhere (Luar-role)."""
    case_id = stage.cases["Suparmi"]
    with stage.office.session() as session:
        visit = session.scalars(
            select(Submission).where(Submission.area_path.startswith("3599012001")).order_by(Submission.id)
        ).first()
        photo = session.scalars(
            select(Attachment.id).where(
                Attachment.submission_version_id == visit.current_version_id,
                Attachment.is_sensitive.is_(False),
                Attachment.blob_id.is_not(None),
            )
        ).first()
        finding = session.scalar(select(Finding.id).where(Finding.case_id == case_id))
        officer, _ = accounts.create_officer(
            session,
            stage.office.backends.seal,
            project=session.get_one(factories.Project, 1),
            name="Jauh",
            areas=["3599012001"],
        )
        for role in PEOPLE:
            factories.make_user(session, f"Di-{role}", role, "3599012001")
            factories.make_user(session, f"Luar-{role}", role, "3599012003")
        for name in ("Tanpa",):
            factories.make_user(session, name, "supervisor")
        return Ids(
            {
                "project_id": "1",
                "case_id": str(case_id),
                "finding_id": str(finding),
                "submission_id": str(visit.id),
                "attachment_id": str(photo),
                "officer_id": str(officer.id),
                "form_id": "1",
            }
        )
