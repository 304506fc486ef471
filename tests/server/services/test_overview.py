"""Where a campaign stands: figures that agree with the lists they lead to."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models.actor import Account, Actor
from server.models.project import Project
from server.permissions import Caller
from server.services import accounts
from server.services.case_queue import Filters, list_queue
from server.services.overview import Overview, load_overview
from tests.servers import fresh_database
from tests.stage import FAMILIES, Stage, open_stage


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if request.param == "sqlite":
        made = open_stage(tmp_path_factory.mktemp("stage"))
        yield made
        made.office.backends.engine.dispose()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        made = open_stage(tmp_path_factory.mktemp("stage"), SISIR_DATABASE=database.plain_url)
        yield made
        made.office.backends.engine.dispose()


def caller(session: Session, name: str) -> Caller:
    actor = session.scalars(
        select(Actor).join(Account, Account.actor_id == Actor.id).where(Actor.display_name == name)
    ).one()
    return accounts.load_caller(session, actor, None)


def seen_by(stage: Stage, name: str) -> Overview:
    with stage.office.session() as session:
        return load_overview(session, caller(session, name), session.get_one(Project, 1))


def test_every_visited_family_counts_once(stage):
    seen = seen_by(stage, "Rina")
    assert (seen.visited, seen.families) == (7, len(FAMILIES))
    assert {line.code: line.visited for line in seen.villages} == {
        "3599012001": 3,
        "3599012002": 2,
        "3599012003": 2,
    }


def test_a_village_has_as_much_to_do_as_its_queue_has_lines(stage):
    seen = seen_by(stage, "Rina")
    with stage.office.session() as session:
        rina = caller(session, "Rina")
        for line in seen.villages:
            page = list_queue(
                session, rina, 1, Filters(area=line.code), timezone=stage.office.backends.config.timezone
            )
            assert line.todo == len(page.rows)
            assert line.high == sum(row.case.open_high > 0 for row in page.rows)


def test_severities_add_up_what_the_cases_count(stage):
    seen = seen_by(stage, "Rina")
    with stage.office.session() as session:
        page = list_queue(
            session, caller(session, "Rina"), 1, Filters(state="all"),
            timezone=stage.office.backends.config.timezone,
        )  # fmt: skip
        cases = [row.case for row in page.rows]
    assert seen.severities == {
        "high": sum(case.open_high for case in cases),
        "medium": sum(case.open_medium for case in cases),
        "low": sum(case.open_low for case in cases),
        "protect": sum(case.open_protect for case in cases),
    }
    assert seen.severities["high"] > 0
    assert seen.severities["protect"] == 2


def test_nobody_sees_figures_of_other_areas(stage):
    seen = seen_by(stage, "Joko")
    assert [line.code for line in seen.villages] == ["3599012002"]
    assert seen.visited == 2
    assert sum(line.submissions for line in seen.forms) == 2


def test_families_beyond_the_villages_shown_are_counted_too(stage, monkeypatch):
    monkeypatch.setattr("server.services.village_counts.MAX_VILLAGES", 1)
    seen = seen_by(stage, "Rina")
    assert len(seen.villages) == 1
    assert (seen.visited, seen.families) == (7, len(FAMILIES))
