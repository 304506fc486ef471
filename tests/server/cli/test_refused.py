"""`sisir refused`: a visit that was refused is not lost."""

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from server.cli import cli
from server.models.form import FormState
from server.models.submission import Refused, Submission
from tests.office import HEADERS, Office, Phone

FORM = b"""
| survey | | | |
| | type | name | label |
| | text | nama | Nama |
| settings | | |
| | form_id | form_title | version |
| | kunjungan | Kunjungan | 1 |
"""
XML = (
    b'<data id="kunjungan" version="1"><nama>Sari</nama>'
    b"<meta><instanceID>uuid:5f0c6e1c-0000-4000-8000-000000000009</instanceID></meta></data>"
)


def run(office: Office, *words: object) -> Result:
    return CliRunner().invoke(cli, ["refused", *map(str, words)], obj=office.backends)


def send(office: Office, phone: Phone, xml: bytes = XML) -> int:
    return office.client.post(
        phone.url("submission"),
        data={"xml_submission_file": (io.BytesIO(xml), "a.xml", "text/xml")},
        content_type="multipart/form-data",
        headers=HEADERS,
    ).status_code


def set_state(office: Office, state: FormState) -> None:
    with office.session() as session:
        office.form(session, "kunjungan").state = state


@pytest.fixture
def refused(office: Office) -> int:
    """A visit that came when its form was closed; its number."""
    office.publish(FORM)
    phone = office.phone("Siti")
    set_state(office, FormState.closed)
    assert [send(office, phone), send(office, phone)] == [409, 409]
    with office.session() as session:
        return session.scalars(select(Refused.id)).one()


def test_the_list_tells_whose_and_why_and_no_answer(office: Office, refused: int) -> None:
    listed = run(office, "list").output
    assert "Siti" in listed
    assert "409.2" in listed
    assert "2x" in listed
    assert "Sari" not in listed


def test_once_the_cause_is_mended_it_is_taken_in_and_checked(office: Office, refused: int) -> None:
    set_state(office, FormState.open)
    done = run(office, "take", refused)
    assert done.exit_code == 0, done.output
    office.work()
    with office.session() as session:
        found = session.scalars(select(Submission)).one()
        assert found.screened_at is not None
        assert found.submitter_id is not None
        assert session.scalar(select(func.count()).select_from(Refused)) == 0
    assert "Nothing was refused" in run(office, "list").output


def test_while_the_cause_lasts_it_stays(office: Office, refused: int) -> None:
    done = run(office, "take", refused)
    assert done.exit_code == 1
    assert "still refused, 409.2" in done.output
    with office.session() as session:
        assert session.scalar(select(func.count()).select_from(Refused)) == 1
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def test_the_phones_own_next_try_is_the_same_submission(office: Office, refused: int) -> None:
    set_state(office, FormState.open)
    run(office, "take", refused)
    with office.session() as session:
        officer = session.scalars(select(Submission.submitter_id)).one()
    assert officer is not None
    assert run(office, "take", refused).exit_code == 1
    with office.session() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_the_xml_goes_to_a_file_as_it_was_sent(office: Office, refused: int, tmp_path: Path) -> None:
    target = tmp_path / "visit.xml"
    assert run(office, "show", refused, "--to", target).exit_code == 0
    assert target.read_bytes() == XML
    assert target.stat().st_mode & 0o077 == 0


def test_dropping_asks_first(office: Office, refused: int) -> None:
    assert run(office, "drop", refused).exit_code == 1
    assert run(office, "drop", refused, "--yes").exit_code == 0
    assert "Nothing was refused" in run(office, "list").output


@pytest.mark.parametrize("words", [("show", 999, "--to", "x"), ("take", 999), ("drop", 999, "--yes")])
def test_a_number_that_is_none_says_so(office: Office, tmp_path: Path, monkeypatch, words) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(office, *words)
    assert done.exit_code == 1
    assert "no refused submission 999" in done.output + str(done.exception)
