"""A sweep in small: an office with the bundled forms, families in three villages, one officer whose phone sends.

Belongs here: making such an office, families, filled forms, sending them. Does not: rows one by one (factories.py), the
console's story (stage.py).
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from sqlalchemy import select

from forms.definition import FormDefinition
from forms.library import open_bundled
from server.db import now
from server.demo.answers import FilledForm, Scene, fill_forms
from server.demo.filling import render_form
from server.models.case import Case
from server.models.entity import Entity, EntityVersion
from server.models.finding import Finding
from server.models.project import Project
from server.models.submission import Submission, SubmissionVersion
from server.services import entity_lists, form_cache, publishing
from tests import factories
from tests.factories import SIZE, SOUTH, VILLAGES, WEST
from tests.flows.shapes import post
from tests.office import Office, Phone

FORMS = ("penyisiran", "stiker", "aset")
JAKARTA = timezone(timedelta(hours=7))
FIRST_DAY = datetime(2026, 3, 2, 8, 0, tzinfo=JAKARTA)


@dataclass(frozen=True)
class House:
    """A family of the register as the sweep knows it."""

    number: int
    household_id: int
    uuid: str
    label: str
    village: str
    nik: str
    no_kk: str

    @property
    def point(self) -> str:
        """Where it stands: about 11 m from the next house, inside its village."""
        west = WEST + list(VILLAGES).index(self.village) * SIZE
        return f"{SOUTH + SIZE / 2:.6f} {west + 0.001 + self.number % 150 * 0.0001:.6f} 40 5.0"


@dataclass(frozen=True)
class Sent:
    """A filled form as XML."""

    form_id: str
    xml: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass
class Sweep:
    """The office and its phone."""

    office: Office
    phone: Phone
    definitions: dict[str, FormDefinition]
    villages: dict[str, str]
    """Village code -> its entity in desa.csv."""
    houses: list[House] = field(default_factory=list)

    def add_house(self, **columns: Any) -> House:
        """A family that receives PKH, in the campaign, in the first village unless told otherwise."""
        return self.add_houses(1, **columns)[0]

    def add_houses(self, count: int, **columns: Any) -> list[House]:
        """So many families."""
        with self.office.session() as session:
            made = [self._house(session, len(self.houses) + place, dict(columns)) for place in range(count)]
        self.houses += made
        return made

    def _house(self, session: Any, number: int, columns: dict[str, Any]) -> House:
        seal = self.office.backends.seal
        nik = columns.pop("nik", f"359901010170{9000 + number % 1000:04d}"[:16])
        no_kk = columns.pop("no_kk", f"359901010199{9000 + number % 1000:04d}"[:16])
        household = factories.make_household(
            session,
            self.office.project_id,
            f"Kepala Rekaan {number}",
            nik_sealed=seal.seal_text(nik),
            nik_hash=seal.keyed_hash(nik),
            kk_sealed=seal.seal_text(no_kk),
            kk_hash=seal.keyed_hash(no_kk),
            head_sex="l",
            head_born_on=date(1970, 1, 1),
            **{"lat": None, "lon": None, "point_source": None, **columns},
        )
        entity = session.scalars(select(Entity).where(Entity.household_id == household.id)).one()
        return House(number, household.id, entity.uuid, entity.label, household.village_code, nik, no_kk)

    def fill(self, house: House, *forms: str, **changes: Any) -> list[Sent]:
        """The forms of one visit, all three without names; changes are of the Scene, `answers` of single questions,
        `entity` of the phone's row of keluarga.csv."""
        answers, entity = changes.pop("answers", {}), changes.pop("entity", {})
        row = {"name": house.uuid, "label": house.label, "__version": "1", **entity}
        scene = Scene(
            **{
                "name": house.label,
                "nik": house.nik,
                "no_kk": house.no_kk,
                "sex": "l",
                "born_on": date(1970, 1, 1),
                "rt": "002",
                "rw": "001",
                "address": "Dusun Rekaan",
                "village_code": house.village,
                "members": 4,
                "components": ("sd",),
                "programmes": ("pkh",),
                "point": house.point,
                "started_at": FIRST_DAY + timedelta(hours=house.number),
                "seconds": 1500,
                **changes,
            }
        )
        filled = fill_forms(scene, row, self.villages[house.village])
        return [self._render(form, row, answers) for form in filled if not forms or form.form_id in forms]

    def _render(self, form: FilledForm, row: Mapping[str, str], answers: Mapping[str, Any]) -> Sent:
        definition = self.definitions[form.form_id]
        form.answers.update({name: value for name, value in answers.items() if name in definition.by_name})
        xml = render_form(definition, form, row, username="Petugas")
        return Sent(form.form_id, xml, dict(form.files))

    def send(self, sent: Iterable[Sent]) -> list[int]:
        """Posts forms in this order. Returns: ids of the submissions."""
        ids = []
        for item in sent:
            answer = post(self.office.client, self.phone, item.xml, dict(item.files))
            assert answer.status_code == 201, answer.data
            ids.append(self.submission_id(item.xml))
        return ids

    def edit(self, old: Sent, new: Sent) -> Sent:
        """The second form as an edit of the first."""
        return Sent(new.form_id, make_edit(old.xml, new.xml), new.files)

    def submission_id(self, xml: bytes) -> int:
        with self.office.session() as session:
            return submission_of(session, instance_id_of(xml))

    def findings(self, *codes: str, subject: str | None = None) -> list[Finding]:
        """Stored findings in order of their ids, all codes without names."""
        with self.office.session() as session:
            query = select(Finding).order_by(Finding.id)
            if codes:
                query = query.where(Finding.code.in_(codes))
            if subject:
                query = query.where(Finding.subject_kind == subject)
            return list(session.scalars(query))

    def case_of(self, house: House) -> Case:
        with self.office.session() as session:
            return session.scalars(select(Case).where(Case.household_id == house.household_id)).one()

    def owe_all(self) -> None:
        """Every submission is owed a screening again."""
        with self.office.session() as session:
            for submission in session.scalars(select(Submission)):
                submission.screened_at = None


def with_entity(sent: Sent, *, label: str | None = "sama", **attributes: str) -> Sent:
    """The same form with another <entity> element. label 'sama' keeps the label, None leaves it out."""
    old = re.search(rb"<entity [^>]*>(<label>.*?</label>)?", sent.xml)
    assert old is not None
    named = "".join(f' {name}="{value}"' for name, value in attributes.items()).encode()
    if label == "sama":
        inner = old[1] or b""
    else:
        inner = f"<label>{label}</label>".encode() if label is not None else b""
    start, end = old.span()
    return replace(
        sent, xml=sent.xml[:start] + b'<entity dataset="keluarga"' + named + b">" + inner + sent.xml[end:]
    )


def instance_id_of(xml: bytes) -> str:
    """The instanceID in an XML of ours."""
    return xml.partition(b"instanceID>")[2].partition(b"<")[0].decode()


def make_edit(old: bytes, new: bytes) -> bytes:
    """The new XML with the old one's instanceID as deprecatedID."""
    tag = f"<deprecatedID>{instance_id_of(old)}</deprecatedID>".encode()
    start = new.index(b"<instanceID>") if b"<instanceID>" in new else new.index(b"<orx:instanceID>")
    return new[:start] + tag + new[start:]


def submission_of(session: Any, instance_id: str) -> int:
    """The submission that this instanceID belongs to."""
    query = select(SubmissionVersion.submission_id).where(SubmissionVersion.instance_id == instance_id)
    return session.scalars(query).one()


def open_sweep(office: Office) -> Sweep:
    """Villages, lists, the bundled forms and an officer of the whole regency in a new office."""
    with office.session() as session:
        factories.make_areas(session)
        villages = _list_villages(session, office.project_id)
        entity_lists.ensure_list(session, office.project_id, "keluarga", factories.COLUMNS)
    publish_forms(office)
    with office.session() as session:
        entity_lists.link_empty_slots(session, office.project_id)
        definitions = {
            name: form_cache.definition_of(session, office.form(session, name).current_version_id)
            for name in FORMS
        }
    return Sweep(office, office.phone("Petugas", factories.REGENCY), definitions, villages)


def _list_villages(session: Any, project_id: int) -> dict[str, str]:
    listed = entity_lists.ensure_list(session, project_id, "desa", ["kode_desa"])
    uuids = {code: str(uuid.uuid4()) for code in VILLAGES}
    for code, name in VILLAGES.items():
        data = {"kode_desa": code}
        entity = Entity(
            entity_list_id=listed.id,
            uuid=uuids[code],
            label=name,
            data=data,
            area_path=code,
            created_at=now(),
        )
        session.add(entity)
        session.flush()
        session.add(
            EntityVersion(
                entity_id=entity.id,
                version=1,
                label=name,
                data=data,
                data_received=data,
                source={},
                created_at=now(),
            )
        )
    return uuids


@cache
def _compiled() -> dict[str, publishing.Upload]:
    """The bundled forms, compiled once for the run: it takes a second each."""
    known: dict[str, FormDefinition] = {}
    uploads = {}
    for name in FORMS:
        uploads[name] = publishing.compile_upload(
            open_bundled(name), file_name=f"{name}.xlsx", known_forms=known
        )
        known[name] = uploads[name].compiled.definition
    return uploads


def publish_forms(office: Office) -> None:
    """Publishes the bundled forms."""
    for upload in _compiled().values():
        with office.session() as session:
            project = session.get_one(Project, office.project_id)
            form, _ = publishing.save_draft(
                session, office.backends, project=project, upload=upload, actor_id=None
            )
            publishing.publish_draft(session, form, actor_id=None)
