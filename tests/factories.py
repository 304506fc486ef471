"""Rows for tests: each function makes one thing with defaults that hang together, and returns it.

Belongs here: invented people, places and findings. Does not: starting an office (office.py), phones (collect_phone.py).
All names are made up; village codes begin with 35.99, which no office has.
"""

import io
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import shapely
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import now
from server.models.actor import Actor
from server.models.area import Area, AreaLevel
from server.models.case import Case, CaseState
from server.models.entity import Entity, EntityVersion
from server.models.finding import Finding, FindingState, SubjectKind
from server.models.form import Form, FormVersion
from server.models.household import Household, Snapshot
from server.models.project import Project
from server.models.submission import Attachment, EntityState, Submission, SubmissionVersion
from server.services import accounts, cases, entity_lists, publishing
from server.services.blobs import keep_blob

PASSWORD = "rahasia-kantor-1"
VILLAGES = {"3599012001": "Sumberagung", "3599012002": "Karangpilang", "3599012003": "Mojoduwur"}
DISTRICT, REGENCY = "359901", "3599"
SOUTH, WEST, SIZE = -7.55, 112.20, 0.02
_NUMBERS = count(1)

COLUMNS = [
    "kode_desa",
    "rt",
    "rw",
    "nama_kepala",
    "nik_samar",
    "tugas",
    "alasan_tugas",
    "status_verval",
    "status_kepesertaan",
    "tgl_graduasi",
]


def make_areas(session: Session) -> None:
    """A regency with one district of three villages side by side, each a square of about 2 km."""
    rows = {
        REGENCY: ("Kabupaten Contoh", AreaLevel.regency),
        DISTRICT: ("Kecamatan Diwarna", AreaLevel.district),
    }
    for code, (name, level) in rows.items():
        session.add(Area(code=code, name=name, level=level, parent_code=None))
    for place, (code, name) in enumerate(VILLAGES.items()):
        box = shapely.box(WEST + place * SIZE, SOUTH, WEST + (place + 1) * SIZE, SOUTH + SIZE)
        min_lon, min_lat, max_lon, max_lat = box.bounds
        session.add(
            Area(
                code=code,
                name=name,
                level=AreaLevel.village,
                parent_code=DISTRICT,
                boundary=shapely.to_wkb(box),
                min_lon=min_lon,
                min_lat=min_lat,
                max_lon=max_lon,
                max_lat=max_lat,
                uncertainty_m=11.0,
            )
        )
    session.flush()


def make_user(session: Session, name: str, role: str, *areas: str, site: bool = False) -> Actor:
    """A person with a role on every campaign there is (or the site) and areas; mail name@dinsos.test, PASSWORD."""
    actor = accounts.create_user(session, email=f"{name.lower()}@dinsos.test", password=PASSWORD, name=name)
    actees = ["*"] if site else [project.actee_id for project in session.query(Project)]
    for actee in actees:
        accounts.assign(session, actor.id, role, actee)
    accounts.set_areas(session, actor.id, areas)
    return actor


def make_officer(
    session: Session, backends: Backends, project_id: int, name: str = "Petugas", *areas: str
) -> Actor:
    """An officer's phone of a campaign."""
    project = session.get_one(Project, project_id)
    return accounts.create_officer(
        session, backends.seal, project=project, name=name, areas=areas or (REGENCY,)
    )[0]


def make_snapshot(session: Session, name: str = "DTSEN-2026-T3") -> Snapshot:
    """An import of the register."""
    snapshot = Snapshot(
        kind="register", name=name, file_name="register.csv", sha256="0" * 64, imported_at=now()
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def make_household(session: Session, project_id: int, head_name: str = "Suparmi", **values: Any) -> Household:
    """A family of the first village that receives PKH, with its entity in the campaign."""
    number = next(_NUMBERS)
    village = values.pop("village_code", "3599012001")
    household = Household(
        **{
            "source_id": f"K{number:06d}",
            "area_path": f"{village}/001/002",
            "village_code": village,
            "rt": "002",
            "rw": "001",
            "address": "Dusun Krajan",
            "head_name": head_name,
            "nik_mask": f"359901******{number:04d}",
            "kk_mask": "3599012001******",
            "members": 4,
            "desil": 3,
            "programmes": ["pkh", "sembako"],
            "lat": SOUTH + SIZE / 2,
            "lon": WEST + SIZE / 2,
            "point_source": "survei",
            "extra": {"padan_dukcapil": "ya", "tahun_masuk": "2023", "pkh_anak_usia_dini": "0"},
            "created_at": now(),
            **values,
        }
    )
    session.add(household)
    session.flush()
    make_entity(session, project_id, household)
    return household


def make_entity(session: Session, project_id: int, household: Household) -> Entity:
    """The household as the campaign's phones see it."""
    listed = entity_lists.ensure_list(session, project_id, "keluarga", COLUMNS)
    data = {
        "kode_desa": household.village_code,
        "rt": household.rt,
        "rw": household.rw,
        "nama_kepala": household.head_name,
        "nik_samar": household.nik_mask,
    }
    entity = Entity(
        entity_list_id=listed.id,
        uuid=str(uuid.uuid4()),
        label=household.head_name,
        data=data,
        version=1,
        household_id=household.id,
        area_path=household.area_path,
        created_at=now(),
    )
    session.add(entity)
    session.flush()
    session.add(
        EntityVersion(
            entity_id=entity.id,
            version=1,
            label=entity.label,
            data=data,
            data_received=data,
            source={},
            created_at=now(),
        )
    )
    session.flush()
    return entity


def make_submission(
    session: Session,
    form: Form,
    household: Household | None,
    *,
    officer: Actor | None = None,
    xml: bytes | None = None,
    days_ago: float = 1,
    **values: Any,
) -> Submission:
    """A screened visit that was taken in some days ago; without xml it has no answers at all."""
    version = session.get_one(FormVersion, form.current_version_id)
    moment = now() - timedelta(days=days_ago)
    instance_id = f"uuid:{uuid.uuid4()}"
    submission = Submission(
        **{
            "project_id": form.project_id,
            "form_id": form.id,
            "instance_id": instance_id,
            "submitter_id": officer.id if officer else None,
            "household_id": household.id if household else None,
            "area_path": household.area_path if household else "3599012001",
            "entity_state": EntityState.done,
            "visited_on": moment.date(),
            "started_at": moment - timedelta(minutes=20),
            "lat": household.lat if household else None,
            "lon": household.lon if household else None,
            "accuracy_m": 8.0,
            "relation": "inside",
            "is_final": True,
            "created_at": moment,
            "received_at": moment,
            "screened_at": moment,
            **values,
        }
    )
    session.add(submission)
    session.flush()
    root = (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="{form.xml_form_id}" version="{version.version}"/>'
    )
    stored = SubmissionVersion(
        submission_id=submission.id,
        form_id=form.id,
        form_version_id=version.id,
        instance_id=instance_id,
        instance_name=household.head_name if household else "Tanpa keluarga",
        xml=xml or root.encode(),
        xml_digest=bytes(32),
        submitter_id=submission.submitter_id,
        created_at=moment,
    )
    session.add(stored)
    session.flush()
    submission.current_version_id, submission.first_submitter_id = stored.id, submission.submitter_id
    session.flush()
    return submission


def add_version(session: Session, submission: Submission, *, submitter_id: int) -> SubmissionVersion:
    """An edit of a visit by somebody, as receiving leaves it."""
    old = session.get_one(SubmissionVersion, submission.current_version_id)
    stored = SubmissionVersion(
        submission_id=submission.id,
        form_id=old.form_id,
        form_version_id=old.form_version_id,
        is_draft=False,
        instance_id=f"uuid:{uuid.uuid4()}",
        deprecated_id=old.instance_id,
        xml=old.xml,
        xml_digest=bytes(32),
        submitter_id=submitter_id,
        created_at=now(),
    )
    session.add(stored)
    session.flush()
    submission.current_version_id, submission.submitter_id = stored.id, submitter_id
    session.flush()
    return stored


def make_attachment(
    session: Session,
    backends: Backends,
    submission: Submission,
    name: str,
    data: bytes | None,
    *,
    field_path: str = "",
    is_sensitive: bool = False,
) -> Attachment:
    """A photo of a visit; data None = not yet received."""
    blob = keep_blob(session, backends, io.BytesIO(data), sealed=is_sensitive) if data is not None else None
    attachment = Attachment(
        submission_version_id=submission.current_version_id,
        name=name,
        field_path=field_path,
        is_sensitive=is_sensitive,
        blob_id=blob.id if blob else None,
        content_type="image/jpeg",
        received_at=now() if blob else None,
    )
    session.add(attachment)
    session.flush()
    return attachment


def make_finding(
    session: Session,
    submission: Submission,
    code: str = "AS01",
    *,
    kind: str = "ineligible",
    severity: str = "high",
    outcome: str = "fires",
    state: FindingState = FindingState.open,
    evidence: Mapping[str, Any] | None = None,
    **values: Any,
) -> Finding:
    """A finding that rests on a visit."""
    finding = Finding(
        **{
            "project_id": submission.project_id,
            "subject_kind": SubjectKind.submission,
            "subject_id": submission.id,
            "code": code,
            "kind": kind,
            "severity": severity,
            "outcome": outcome,
            "evidence": dict(evidence or {}),
            "evidence_hash": f"{code} 1",
            "rule_version": f"check {code} v1",
            "submission_id": submission.id,
            "household_id": submission.household_id,
            "officer_id": submission.submitter_id,
            "form_id": submission.form_id,
            "state": state,
            "created_at": now(),
            **values,
        }
    )
    session.add(finding)
    session.flush()
    return finding


def make_case(
    session: Session,
    project_id: int,
    household: Household | None = None,
    submission: Submission | None = None,
) -> Case:
    """The case of a household or of a submission without one, its findings tied and counted."""
    key = (
        cases.CaseKey(household_id=household.id) if household else cases.CaseKey(submission_id=submission.id)
    )  # type: ignore[union-attr]
    ids = cases.ensure_cases(session, project_id, [key])
    cases.refresh_cases(session, project_id, ids)
    session.expire_all()
    return session.get_one(Case, ids[key])


def make_form(office: Any, text: bytes) -> str:
    """Publishes a form written as Markdown tables; returns its id."""
    return str(office.publish(text))


def get_form(session: Session, project_id: int, xml_form_id: str) -> Form:
    """A published form."""
    return publishing.get_form(session, project_id, xml_form_id)


def open_states() -> Iterable[CaseState]:
    """States in which a supervisor works on a case."""
    return (CaseState.open, CaseState.returned)


def at(text: str) -> datetime:
    """An aware time of a text like '2026-11-24 08:00', UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
