"""Sensitive bytes at rest: no identity number of the demo stands in clear in any file of the installation."""

import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from forms.leaks import marked
from forms.xform_model import Model
from server.models.form import FormVersion
from server.models.household import Household
from server.models.submission import SubmissionVersion
from server.services.answers import read_answers

RUNS = re.compile(rb"(?:[0-9][ .-]?){15,}[0-9]")
DIGITS = 16


def numbers_in(data: bytes) -> set[str]:
    """All rows of 16 digits, also those within longer ones and those with dots, dashes or blanks between."""
    found = set()
    for run in RUNS.findall(data):
        digits = re.sub(rb"[^0-9]", b"", run).decode()
        found |= {digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1)}
    return found


def leaks(folder: Path, secret: set[str]) -> dict[str, set[str]]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    return {
        str(path.relative_to(folder)): hit
        for path in files
        if (hit := numbers_in(path.read_bytes()) & secret)
    }


def secrets_of(session, backends) -> set[str]:
    """Every NIK and KK that the office knows: of the register, and what officers typed."""
    opened: set[str] = set()
    columns = [column.key for column in Household.__table__.columns if column.key.endswith("_sealed")]
    assert len(columns) >= 3
    for household in session.scalars(select(Household)):
        opened |= {backends.seal.open_text(value) for name in columns if (value := getattr(household, name))}
    for version in session.scalars(select(SubmissionVersion).where(SubmissionVersion.is_sealed)):
        opened |= typed(session, backends, version)
    return {text for text in opened if len(text) == DIGITS and text.isdigit()}


def typed(session, backends, version) -> Iterable[str]:
    xml = backends.seal.open(version.xml)
    paths = marked(Model(session.get_one(FormVersion, version.form_version_id).xml))
    names = {path.rpartition("/")[2] for path in paths}
    assert read_answers(session, backends, version)
    return {
        text.decode()
        for name in names
        for text in re.findall(rb"<%s>([^<]+)</%s>" % (name.encode(), name.encode()), xml)
    }


def test_no_identity_number_stands_in_any_file(installed, session):
    secret = secrets_of(session, installed.backends)
    assert len(secret) > 1000, "600 families with NIK and KK, and what was typed at their doors"
    assert (installed.folder / "sisir.db").exists()
    assert leaks(installed.folder, secret) == {}


def test_the_search_finds_a_number_that_stands_there(tmp_path):
    secret = {"9901014107800001"}
    (tmp_path / "a").write_bytes(b"\x00x9901014107800001y")
    (tmp_path / "b").write_bytes(b"1239901014107800001456")
    (tmp_path / "c").write_bytes(b"99.01.01.410780.0001")
    assert set(leaks(tmp_path, secret)) == {"a", "b", "c"}
