"""The questions behind the pages that people wait for are answered from an index: asked of the database's own plans.

Each question is asked through its service; whatever SQL that sends is explained on the database it was sent to. Dropping the
index, or a query that cannot use it any more, fails the test. The planner is left as it is; there are enough rows for it to
choose an index by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session

from server.db import Sessions, open_database, session_scope
from server.migrating import upgrade_database
from server.models.actor import Actor, ActorKind
from server.models.case import Case, CaseState
from server.models.finding import Finding, SubjectKind
from server.models.form import Form, FormVersion
from server.models.household import Household
from server.models.project import Project
from server.models.submission import EntityState, Submission, SubmissionVersion
from server.permissions import Caller
from server.services import case_queue, claims, finding_codes, overview, queue_choices, submission_lists
from server.services.case_queue import Filters
from server.services.facts_near import Spot, cell_of, load_near_houses
from server.services.facts_places import load_same_points
from tests.servers import fresh_database

ROWS = 6_000
OFFICERS = 60
ZONE = ZoneInfo("Asia/Jakarta")
THEN = datetime(2026, 3, 1, tzinfo=UTC)
DISTRICTS = 30


@dataclass(frozen=True)
class Full:
    """A database with ROWS families, visits, cases and findings in one campaign."""

    engine: Engine
    sessions: Sessions


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    if request.param == "sqlite":
        yield from fill(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'full.db'}")
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        yield from fill(database.url)


def fill(url: str) -> Iterator[Full]:
    engine, sessions = open_database(url)
    upgrade_database(engine)
    with session_scope(sessions) as session:
        write_rows(session)
    if engine.dialect.name == "postgresql":  # which does so by itself; SQLite plans without statistics
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    yield Full(engine, sessions)
    engine.dispose()


def write_rows(session: Session) -> None:
    def actor(number: int) -> dict[str, object]:
        project = {"project_id": 1, "display_name": f"Petugas {number}", "kind": ActorKind.field_key}
        return {"id": number, "actee_id": f"a{number}", "created_at": THEN, **project}

    session.execute(insert(Project), [{"id": 1, "actee_id": "p1", "name": "Penyisiran", "created_at": THEN}])
    session.execute(insert(Actor), [actor(number) for number in range(1, OFFICERS + 1)])
    forms = [
        {"id": n, "project_id": 1, "actee_id": f"f{n}", "xml_form_id": f"form{n}", "created_at": THEN}
        for n in (1, 2)
    ]
    session.execute(insert(Form), forms)
    session.execute(insert(FormVersion), [version(number) for number in (1, 2)])
    session.execute(text("UPDATE form SET current_version_id = id"))
    numbers = range(1, ROWS + 1)
    session.execute(insert(Household), [household(number) for number in numbers])
    session.execute(insert(Submission), [visit(number) for number in numbers])
    session.execute(insert(SubmissionVersion), [visit_version(number) for number in numbers])
    session.execute(insert(Case), [case(number) for number in numbers])
    session.execute(insert(Finding), [finding(number) for number in numbers])


def village(number: int) -> str:
    return f"9901{number % DISTRICTS + 1:02d}2{number % 7 + 1:03d}"


def version(number: int) -> dict[str, object]:
    texts = dict.fromkeys(("version", "md5", "sha1", "sha256", "source_kind"), "x")
    row = {"id": number, "form_id": number, "title": f"Formulir {number}", "xml": b"<x/>", **texts}
    known = {column.name for column in FormVersion.__table__.columns}
    needed = {
        column.name: {} if "JSON" in str(column.type) else b""
        for column in FormVersion.__table__.columns
        if not column.nullable and column.default is None and column.name not in row
    }
    return {**needed, **row, "created_at": THEN} if "created_at" in known else {**needed, **row}


def household(number: int) -> dict[str, object]:
    path = f"{village(number)}/001/002"
    numbers = {"nik_hash": number.to_bytes(32, "big"), "programmes": ["pkh"], "extra": {}}
    names = {"source_id": f"K{number}", "head_name": f"Kepala {number}", "village_code": village(number)}
    return {"id": number, "area_path": path, "created_at": THEN, **numbers, **names}


def visit(number: int) -> dict[str, object]:
    lat, lon = -7.0 - number * 0.001, 112.0
    place = {"lat": lat, "lon": lon, "near_cell": cell_of(lat, lon), "point_key": f"{lat:.6f},{lon:.6f}"}
    moment = THEN + timedelta(hours=number)
    times = {"created_at": moment, "received_at": moment, "visited_on": moment.date()}
    owed = number % 500 == 0
    return {
        "id": number,
        "project_id": 1,
        "form_id": 1 + (number % 40 == 0),
        "instance_id": f"uuid:{number}",
        "current_version_id": number,
        "submitter_id": 1 + number % OFFICERS,
        "household_id": number,
        "area_path": f"{village(number)}/001/002",
        "screened_at": None if owed else moment,
        "entity_state": EntityState.done,
        **times,
        **place,
    }


def visit_version(number: int) -> dict[str, object]:
    form = 1 + (number % 40 == 0)
    ids = {"id": number, "submission_id": number, "form_id": form, "form_version_id": form}
    return {
        **ids,
        "instance_id": f"uuid:{number}",
        "xml": b"<x/>",
        "xml_digest": b"x" * 32,
        "created_at": THEN,
    }


def case(number: int) -> dict[str, object]:
    moment = THEN + timedelta(hours=number)
    return {
        "id": number,
        "project_id": 1,
        "household_id": number,
        "area_path": f"{village(number)}/001/002",
        "title": f"Kepala {number}",
        "search_text": f"kepala {number}",
        "state": CaseState.open if number % 100 else CaseState.proposed,
        "open_high": number % 4,
        "officer_id": 1 + number % OFFICERS,
        "visited_at": moment,
        "opened_at": moment,
        "created_at": moment,
    }


def finding(number: int) -> dict[str, object]:
    what = {"kind": "quality", "severity": "high", "outcome": "fires", "rule_version": "x"}
    return {
        "project_id": 1,
        "subject_kind": SubjectKind.submission,
        "subject_id": number,
        "code": f"QC{number % 30:02d}",
        "evidence": {},
        "evidence_hash": "x",
        "case_id": number,
        "submission_id": number,
        "created_at": THEN,
        **what,
    }


def used(full: Full, ask: Callable[[Session], object]) -> str:
    """What the database says of how it answers, for all statements that a question sends."""
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        sent.append((statement, parameters))

    with session_scope(full.sessions, read_only=True) as session:
        event.listen(full.engine, "before_cursor_execute", note)
        try:
            ask(session)
        finally:
            event.remove(full.engine, "before_cursor_execute", note)
        word = "EXPLAIN" if full.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        asked = [pair for pair in sent if pair[0].lstrip().upper().startswith(("SELECT", "WITH"))]
        lines = [
            str(row)
            for statement, parameters in asked
            for row in session.connection().exec_driver_sql(f"{word} {statement}", parameters)
        ]
    assert lines
    return "\n".join(lines)


def person(*areas: str) -> Caller:
    return Caller(1, ActorKind.user, "Penguji", {}, areas or None)


def queue(filters: Filters, *areas: str, cursor: str | None = None) -> Callable[[Session], object]:
    return lambda session: case_queue.list_queue(
        session, person(*areas), 1, filters, timezone=ZONE, cursor=cursor
    )


DEEP = f"1.0.{int((THEN + timedelta(hours=3000)).timestamp() * 1_000_000)}.3000"
SPOT = Spot(77, 1, 77, -7.077, 112.0)
QUESTIONS: dict[str, tuple[Callable[[Session], object], str]] = {
    "queue": (queue(Filters()), "ix_case_order"),
    "queue further on": (queue(Filters(), cursor=DEEP), "ix_case_order"),
    "queue of a district": (queue(Filters(), "990105"), "ix_case_area"),
    "queue of an area": (queue(Filters(area="9901052001")), "ix_case_area"),
    "queue of a state": (queue(Filters(state="confirm")), "ix_case_state"),
    "queue of a day": (
        queue(Filters(state="all", first_on=date(2026, 3, 9), last_on=date(2026, 3, 9))),
        "ix_case_visited",
    ),
    "queue of a code": (queue(Filters(code="QC07")), "ix_finding_code"),
    "queue of a severity": (queue(Filters(severity="high")), "ix_finding_case"),
    "queue of a form": (queue(Filters(form_id=1)), "ix_submission_household_form"),
    "queue of a number": (
        queue(Filters(search="x", identity=(7).to_bytes(32, "big").hex())),
        "ix_household_nik_hash",
    ),
    "codes to choose": (lambda s: finding_codes.list_codes(s, 1), "ix_finding_code"),
    "open findings of the rules": (lambda s: finding_codes.count_open(s, 1), "ix_finding_code"),
    "areas to choose": (lambda s: queue_choices.list_choices(s, person(), 1), "ix_case_area"),
    "officers to choose": (lambda s: queue_choices.list_choices(s, person(), 1), "ix_case_officer"),
    "submissions that are owed": (lambda s: s.scalars(claims.owed_query()).all(), "ix_submission_owed"),
    "submissions at one point": (
        lambda s: load_same_points(s, 1, {77: ("-7.077000,112.000000", 77)}),
        "ix_submission_project_point",
    ),
    "houses close by": (lambda s: load_near_houses(s, [SPOT]), "ix_submission_form_cell"),
}


ON_POSTGRES = {
    "queue of an officer": (queue(Filters(officer_id=7)), "ix_case_officer"),
    "submissions of a village": (
        lambda s: submission_lists.list_submissions(s, person("9901052001"), 1),
        "ix_submission_area",
    ),
    "forms of the first page": (lambda s: overview._forms(s, person("9901052001"), 1), "ix_submission_area"),
}
"""SQLite, which keeps no statistics of itself, reads in the order of the page until it is full."""


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_hot_question_uses_its_index(full, name):
    ask, index = QUESTIONS[name]
    plan = used(full, ask)
    assert index in plan, plan


@pytest.mark.parametrize("full", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", ON_POSTGRES)
def test_a_hot_question_of_a_server_uses_its_index(full, name):
    ask, index = ON_POSTGRES[name]
    plan = used(full, ask)
    assert index in plan, plan
