"""`sisir demo` as a whole: what it leaves behind, and what it leaves alone."""

import hashlib
import stat
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from forms.rule_terms import Kind
from server.db import session_scope
from server.demo.record import DemoRecord, Login, OfficerAccess, read_record, write_record
from server.demo.stories import STORIES
from server.models.area import Area, AreaLevel
from server.models.case import Case, CaseState, Proposal
from server.models.entity import Entity
from server.models.finding import Finding
from server.models.household import Household
from server.models.submission import EntityState, Submission
from server.services import accounts, logins
from server.services.passwords import verify_password
from server.services.processing import process_owed
from tests.server.demo.conftest import URL, run_sisir

REGISTER_CODES = ("KP07", "KP10", "ID01", "ID02", "ID03", "ID04", "ID05", "EL16", "SP05")


def fired(session):
    return set(session.scalars(select(Finding.code).where(Finding.outcome == "fires").distinct()))


def test_places_people_and_visits_are_there(session):
    def count(query):
        return session.scalar(select(func.count()).select_from(query.subquery()))

    assert count(select(Area.id).where(Area.level == AreaLevel.village)) == 12
    assert count(select(Household.id)) == 600
    assert count(select(Submission.household_id).distinct()) == 198
    assert session.scalar(select(Area.name).where(Area.code == "990101")) == "Kecamatan Contoh (rekaan)"


def test_everything_was_processed_without_errors(installed, session):
    states = session.execute(
        select(
            Submission.entity_state, Submission.screening_error, Submission.screened_at.is_(None)
        ).distinct()
    )
    assert [tuple(row) for row in states] == [(EntityState.done, None, False)]
    assert session.scalar(select(func.count()).select_from(Entity).where(Entity.conflict.is_not(None))) == 0
    assert process_owed(installed.backends) == 0


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_finding_is_shown(session, kind):
    assert session.scalar(
        select(Finding.id).where(Finding.kind == kind.value, Finding.outcome == "fires").limit(1)
    )


def test_every_code_that_a_story_is_there_for_fires(session):
    assert {code for story in STORIES for code in story.codes} | set(REGISTER_CODES) <= fired(session)


def test_most_families_have_nothing_against_them(session):
    clean = select(func.count()).select_from(Case).where(Case.open_high == 0, Case.open_medium == 0)
    assert session.scalar(clean) > 100


def test_the_queue_shows_every_state_and_proposal(session):
    assert set(session.scalars(select(Case.state).distinct())) == set(CaseState)
    assert set(session.scalars(select(Case.proposal).distinct())) == {None, *Proposal}


def test_cases_and_submissions_have_natural_times(session):
    now = datetime.now(UTC)
    for opened_at, visited_at in session.execute(select(Case.opened_at, Case.visited_at)):
        assert visited_at < now
        assert opened_at < now
        assert (now - opened_at).days <= 16
    late = select(func.count()).select_from(Submission).where(Submission.created_at < Submission.started_at)
    assert session.scalar(late) == 0


def test_the_record_is_for_scripts_and_only_its_owner_s(installed, session):
    record = installed.record
    assert set(record) == {"base_url", "project_id", "admin", "supervisor", "dinsos", "officers"}
    assert record["base_url"] == URL
    assert stat.S_IMODE((installed.folder / "demo.json").stat().st_mode) == 0o600
    assert len(record["officers"]) == 6
    for officer in record["officers"]:
        assert set(officer) == {"name", "token", "areas"}
        found = accounts.find_session(session, officer["token"])
        assert found is not None
        assert found[1].display_name == officer["name"]
        assert all(area.startswith("9901012") for area in officer["areas"])


@pytest.mark.parametrize("who", ["admin", "supervisor", "dinsos"])
def test_people_can_log_in_with_a_password_made_for_this_installation(installed, session, who):
    login = installed.record[who]
    assert login["email"] == f"{who}@contoh.sisir"
    assert len(login["password"]) >= 12
    checked = logins.find_credentials(session, login["email"])
    assert verify_password(checked.password_hash, login["password"])


def test_the_command_prints_address_log_ins_and_a_code(installed):
    assert URL in installed.output
    for who in ("admin", "supervisor", "dinsos"):
        assert installed.record[who]["password"] in installed.output
    assert installed.record["officers"][0]["token"] in installed.output
    assert "█" in installed.output


def fingerprint(installed):
    digest = hashlib.sha256((installed.folder / "demo.json").read_bytes()).hexdigest()
    with session_scope(installed.backends.sessions, read_only=True) as session:
        submissions, findings = func.count(Submission.id), func.max(Finding.id)
        return digest, session.scalar(select(submissions)), session.scalar(select(findings))


def test_a_second_demo_is_refused(installed):
    before = fingerprint(installed)
    done = installed.run()
    assert done.returncode == 1
    assert "empty" in done.stderr
    assert fingerprint(installed) == before


def test_if_empty_leaves_a_database_in_use_as_it_is_and_says_how_to_log_in(installed):
    before = fingerprint(installed)
    done = installed.run("--if-empty")
    assert done.returncode == 0
    assert installed.record["admin"]["password"] in done.stdout
    assert "█" in done.stdout
    assert fingerprint(installed) == before


def test_if_empty_on_somebody_else_s_installation_shows_the_address_only(tmp_path):
    assert run_sisir(tmp_path, "init").returncode == 0
    done = run_sisir(tmp_path, "demo", "--if-empty")
    assert done.returncode == 0
    assert URL in done.stdout
    assert "contoh.sisir" not in done.stdout
    assert not (tmp_path / "demo.json").exists()


def test_a_record_is_read_back_and_a_broken_one_is_none(tmp_path):
    login = Login("a@b.c", "secret")
    record = DemoRecord(URL, 7, login, login, login, (OfficerAccess("Ayu", "t" * 64, ("9901012001",)),))
    path = tmp_path / "demo.json"
    write_record(record, path)
    assert read_record(path) == record
    path.write_text("{}")
    assert read_record(path) is None
    assert read_record(tmp_path / "none.json") is None
