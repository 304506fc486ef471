"""Submissions as visits: read, tied to household, place and day. What peers look at is written to the submission's row.

Belongs here: the semantics' household, claimed village, area and point of a submission. Does not: facts around it
(facts.py), whom a change concerns (settling.py).
Source: the house's semantics, section 1.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import roles
from forms.definition import FormDefinition
from forms.entities import read_entity_actions
from forms.submission import SubmissionDocument
from forms.values import Answers, GeoPoint
from server.backends import Backends
from server.db import one_of
from server.models.actor import Actor, ActorArea, ActorKind
from server.models.entity import Entity, EntityList
from server.models.form import Form
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion
from server.scope import common_area
from server.services import facts_near, facts_places, form_cache
from server.services.answers import Reader
from server.services.areas import area_path
from workers.findings import Facts
from workers.visits import is_complete

_YEARS = range(2, 9999)
"""Years that stay years in every time zone."""


@dataclass(frozen=True)
class Home:
    """What a household's row says about where it belongs. is_new: the register does not have it."""

    household_id: int
    village_code: str
    area_path: str
    is_new: bool
    snapshot_id: int | None


@dataclass
class Visit:
    """One submission of a batch, with what was read out of it on the way to its facts.

    answers is None when the XML cannot be read (encrypted by the form, or not to be opened).
    """

    submission: Submission
    version: SubmissionVersion
    form: Form
    definition: FormDefinition
    document: SubmissionDocument | None
    answers: Answers | None
    home: Home | None = None
    area_path: str | None = None
    claimed_village: str | None = None
    point: GeoPoint | None = None
    point_asked: bool | None = None
    visited_on: date | None = None
    facts: Facts | None = None
    beside: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Of the whole batch: the officers' visits next to it in time, each with those next to them."""
    beats: tuple[str, ...] | None = None
    """Area paths given to the officer, '' = everywhere; None when there is no officer."""

    @property
    def household_id(self) -> int | None:
        """The household, None when the submission belongs to none."""
        return self.home.household_id if self.home else None


def read_visits(session: Session, backends: Backends, ids: Sequence[int], reader: Reader) -> list[Visit]:
    """The submissions tied to household, place and day, in order of arrival.

    Effects: writes these to the submission rows (flushed), so that submissions find each other.
    """
    visits = _read(session, ids, reader)
    _find_homes(session, visits)
    beats = _officers_areas(session, {visit.submission.submitter_id for visit in visits})
    for visit in visits:
        visit.beats = beats.get(visit.submission.submitter_id)
        _settle(visit, backends, common_area(visit.beats or ()))
    session.flush()
    return visits


def _read(session: Session, ids: Sequence[int], reader: Reader) -> list[Visit]:
    rows = session.execute(
        select(Submission, SubmissionVersion, Form)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .where(one_of(Submission.id, ids))
        .order_by(Submission.id)
        .execution_options(populate_existing=True)
    ).all()
    reader.fetch(session, [version.id for _, version, _ in rows])
    definitions = form_cache.definitions_of(session, {version.form_version_id for _, version, _ in rows})
    visits = []
    for submission, version, form in rows:
        definition = definitions[version.form_version_id]
        answers = reader.answers(session, version.id, definition)
        document = reader.document(session, version.id)
        visits.append(Visit(submission, version, form, definition, document, answers))
    return visits


def _find_homes(session: Session, visits: list[Visit]) -> None:
    """The household by the entities of `keluarga` that it may mean, the first that is there."""
    candidates = {visit.submission.id: _entity_uuids(visit) for visit in visits}
    wanted = {uuid for uuids in candidates.values() for uuid in uuids}
    known = _homes(session, wanted) if wanted else {}
    for visit in visits:
        homes = (known.get((uuid, visit.submission.project_id)) for uuid in candidates[visit.submission.id])
        visit.home = next((home for home in homes if home), None)


def _homes(session: Session, uuids: Iterable[str]) -> dict[tuple[str, int], Home]:
    """(entity's uuid, project) -> household."""
    rows = session.execute(
        select(
            Entity.uuid,
            EntityList.project_id,
            Household.id,
            Household.village_code,
            Household.area_path,
            Household.source_id,
            Household.snapshot_id,
        )
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .join(Household, Household.id == Entity.household_id)
        .where(one_of(Entity.uuid, uuids), EntityList.name == roles.HOUSEHOLD_LIST)
    )
    return {
        (row.uuid, row.project_id): Home(
            row.id, row.village_code, row.area_path, row.source_id is None, row.snapshot_id
        )
        for row in rows
    }


def _entity_uuids(visit: Visit) -> list[str]:
    """Entities of `keluarga` that it creates or updates; then the one that its first select from keluarga.csv names."""
    if visit.document is None or visit.answers is None:
        return []
    uuids = [
        action.entity_id.value
        for action in read_entity_actions(visit.document, visit.definition)
        if action.dataset == roles.HOUSEHOLD_LIST and (action.create or action.update)
    ]
    field = roles.find_household_select(visit.definition)
    if field is not None:
        uuids.append(visit.answers.text(field.path).strip().lower().removeprefix("uuid:"))
    return [uuid for uuid in uuids if uuid]


def _settle(visit: Visit, backends: Backends, beat: str) -> None:
    """Claimed village, area, point, day and completeness; written to the row.

    Args: beat: the smallest area that holds all of the officer's: where a visit without household or village belongs.
    """
    submission, answers, home = visit.submission, visit.answers, visit.home
    visit.claimed_village = home.village_code if home and not home.is_new else _answered_village(visit)
    visit.area_path = _area(visit) or beat or None
    point_field = roles.find_house_point(visit.definition)
    if point_field is not None and answers is not None:
        value = answers.get(point_field.path)
        visit.point = value if isinstance(value, GeoPoint) else None
        visit.point_asked = point_field.path in answers.root.present
    submission.started_at = _moment(visit, "timestamp/start")
    submission.ended_at = _moment(visit, "timestamp/end")
    visit.visited_on = _day(visit, backends)
    submission.household_id, submission.area_path = visit.household_id, visit.area_path
    submission.visited_on = visit.visited_on
    place = visit.point if visit.point and visit.point.is_plausible else None
    submission.lat, submission.lon = (place.lat, place.lon) if place else (None, None)
    submission.accuracy_m = visit.point.accuracy_m if visit.point else None
    submission.point_key = facts_places.point_key(visit.point)
    submission.near_cell = facts_near.cell_of(place.lat, place.lon) if place else None
    submission.is_final = answers is not None and is_complete(
        visit.form.xml_form_id, visit.definition, answers
    )


def _answered_village(visit: Visit) -> str | None:
    """The answer saved to kode_desa; of a new family whose visit does not ask again, the village it was created with."""
    field = roles.find_village_answer(visit.definition)
    text = visit.answers.text(field.path) if field is not None and visit.answers is not None else ""
    code = text.strip().replace(".", "")
    if code.isascii() and code.isdecimal() and len(code) == 10:
        return code
    return visit.home.village_code if visit.home else None


def _officers_areas(
    session: Session, officer_ids: Collection[int | None]
) -> dict[int | None, tuple[str, ...]]:
    """Officer -> their area paths, sorted; '' = everywhere, for people of the office without areas of their own."""
    rows = session.execute(
        select(Actor.id, Actor.kind, ActorArea.path)
        .outerjoin(ActorArea, ActorArea.actor_id == Actor.id)
        .where(one_of(Actor.id, officer_ids))
        .order_by(Actor.id, ActorArea.path)
    )
    paths: dict[int | None, tuple[str, ...]] = {}
    for actor_id, kind, path in rows:
        everywhere = ("",) if kind != ActorKind.field_key else ()
        paths[actor_id] = (*paths.get(actor_id, ()), path) if path is not None else everywhere
    return paths


def _area(visit: Visit) -> str | None:
    if visit.home is not None:
        return visit.home.area_path
    return area_path(visit.claimed_village) if visit.claimed_village else None


def _moment(visit: Visit, preload: str) -> datetime | None:
    """The phone's clock; None for years that no time zone could be applied to."""
    field = roles.find_preload(visit.definition, preload)
    value = visit.answers.get(field.path) if field and visit.answers else None
    return value if isinstance(value, datetime) and value.year in _YEARS else None


def _day(visit: Visit, backends: Backends) -> date:
    field = roles.find_preload(visit.definition, "date/today")
    value = visit.answers.get(field.path) if field and visit.answers else None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = visit.submission.started_at or visit.submission.created_at
    return moment.astimezone(backends.config.timezone).date()
