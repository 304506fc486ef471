"""Rows about what leaves the office: the CSV of a form with 20,000 submissions of 60 questions and 80,000 repeat rows."""

import time
import uuid
from datetime import timedelta
from http.client import HTTPConnection

import requests
from sqlalchemy import func, insert, select

from server.db import now
from server.models.form import Form
from server.models.submission import ChoiceSeen, EntityState, Submission, SubmissionVersion
from server.services import publishing
from tests.benchmarks.table import Figure
from tests.benchmarks.world import World
from tests.installation import PASSWORD
from tests.office import Office

FORM_ID = "ekspor"
COUNT, QUESTIONS, ROWS = 20_000, 60, 4
GROUPS = 6
PAGE = 2_000


def measure_csv_zip(world: World) -> list[Figure]:
    """GET submissions.csv.zip as an administrator, from request to last byte."""
    fill(world.office)
    token = _log_in(world)
    _read(world, token, "submissions.csv.zip?attachments=false")
    with world.measured() as spent:
        size, first_s = _read(world, token, "submissions.csv.zip?attachments=false")
    with world.measured() as split:
        _read(world, token, "submissions.csv.zip?attachments=false&splitSelectMultiples=true")
    with world.measured() as root:
        _read(world, token, "submissions.csv")
    note = f"{size / 1e6:.1f} MB; {spent.shares(1000)}"
    return [
        Figure("csv.zip of 20,000 x 60, 80,000 repeat rows", spent.cpu_s, "s CPU", 2.5, note=note),
        Figure("the same, select multiples split", split.cpu_s, "s CPU", note=split.shares(1000)),
        Figure("its root table alone", root.cpu_s, "s CPU", note=root.shares(1000)),
        Figure("its first byte after", first_s * 1000, "ms", note="clock time"),
        Figure("memory of web and worker after it", world.server.pss_mb(), "MB", 400),
    ]


def fill(office: Office, count: int = COUNT) -> None:
    """The form and its submissions, screened; nothing when they are there."""
    with office.session() as session:
        if publishing.find_form(session, office.project_id, FORM_ID) is not None:
            return
    office.publish(_workbook(), "ekspor.md")
    with office.session() as session:
        form = publishing.get_form(session, office.project_id, FORM_ID)
        multiples = [f"/g{group}/q{group}_{place}" for group in range(GROUPS) for place in (4,)]
        choices = [{"path": path, "value": value} for path in multiples for value in ("ya", "ragu")]
        session.execute(insert(ChoiceSeen), [{"form_id": form.id, **choice} for choice in choices])
        for start in range(0, count, PAGE):
            _insert(office, session, form, range(start, min(start + PAGE, count)))


def _workbook() -> bytes:
    lines = ["| survey | | | |", "| | type | name | label |"]
    for group in range(GROUPS):
        lines.append(f"| | begin_group | g{group} | G |")
        for place in range(QUESTIONS // GROUPS):
            lines.append(f"| | {_kind(place)} | q{group}_{place} | Pertanyaan |")
        lines.append("| | end_group | | |")
    lines += [
        "| | begin_repeat | anggota | Anggota |",
        "| | text | nama | Nama |",
        "| | integer | umur | Umur |",
    ]
    lines += ["| | select_one ya | sekolah | Sekolah |", "| | text | kerja | Kerja |", "| | end_repeat | | |"]
    lines += ["| choices | | | |", "| | list_name | name | label |"]
    lines += [f"| | ya | {code} | {code} |" for code in ("ya", "tidak", "ragu", "lain")]
    lines += ["| settings | | | |", "| | form_id | form_title | version |", f"| | {FORM_ID} | Ekspor | 1 |"]
    return "\n".join(lines).encode()


def _kind(place: int) -> str:
    kinds = ("text", "integer", "decimal", "select_one ya", "select_multiple ya", "date")
    return "geopoint" if place == 9 else kinds[place % len(kinds)]


def _answer(place: int, number: int) -> str:
    if place == 9:
        return f"-7.{number % 90000:05d} 112.{number % 80000:05d} 40.0 5.0"
    answers = (f"Jawaban nomor {number}", str(number), f"{number % 97}.5", "tidak", "ya ragu", "2026-10-12")
    return answers[place % len(answers)]


def _xml(number: int, instance_id: str) -> bytes:
    groups = "".join(
        f"<g{group}>"
        + "".join(
            f"<q{group}_{place}>{_answer(place, number + place)}</q{group}_{place}>"
            for place in range(QUESTIONS // GROUPS)
        )
        + f"</g{group}>"
        for group in range(GROUPS)
    )
    people = "".join(
        f"<anggota><nama>Anggota {number} {place}</nama><umur>{place * 11}</umur><sekolah>ya</sekolah>"
        "<kerja>petani</kerja></anggota>"
        for place in range(ROWS)
    )
    return (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="{FORM_ID}" version="1">{groups}{people}'
        f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID></orx:meta></data>"
    ).encode()


def _insert(office: Office, session, form: Form, numbers: range) -> None:
    moment = now()
    first = session.scalar(select(func.coalesce(func.max(Submission.id), 0))) + 1
    first_version = session.scalar(select(func.coalesce(func.max(SubmissionVersion.id), 0))) + 1
    submissions, versions = [], []
    for place, number in enumerate(numbers):
        instance_id, at = f"uuid:{uuid.uuid4()}", moment + timedelta(milliseconds=number)
        shared = {"form_id": form.id, "instance_id": instance_id, "submitter_id": None, "created_at": at}
        submissions.append(
            {
                **shared,
                "project_id": form.project_id,
                "current_version_id": first_version + place,
                "received_at": at,
                "screened_at": at,
                "entity_state": EntityState.done,
            }
        )
        versions.append(
            {
                **shared,
                "submission_id": first + place,
                "form_version_id": form.current_version_id,
                "xml": _xml(number, instance_id),
                "xml_digest": bytes(32),
            }
        )
    session.execute(
        insert(Submission), [{"id": first + place, **row} for place, row in enumerate(submissions)]
    )
    session.execute(
        insert(SubmissionVersion),
        [{"id": first_version + place, **row} for place, row in enumerate(versions)],
    )


def _log_in(world: World) -> str:
    answer = requests.post(
        f"{world.installation.url}/v1/sessions",
        json={"email": "admin@office.test", "password": PASSWORD},
        timeout=60,
    )
    return str(answer.json()["token"])


def _read(world: World, token: str, name: str) -> tuple[int, float]:
    """(bytes, seconds until the first of them)."""
    connection = HTTPConnection("127.0.0.1", world.port, timeout=600)
    started = time.perf_counter()
    path = f"/v1/projects/1/forms/{FORM_ID}/{name}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()[:500]
    size = len(answer.read(1))
    first_s = time.perf_counter() - started
    while piece := answer.read(1 << 16):
        size += len(piece)
    connection.close()
    return size, first_s
