"""From rows to facts: everything that checks and rules may know about a batch of submissions, read in batches.

Belongs here: gathering. Does not: judging (workers.checks, forms.rules), storing what was found (screening.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import roles
from forms.definition import Field, FormDefinition
from forms.entities import read_entity_actions
from forms.errors import FormsError
from forms.submission import SubmissionDocument
from forms.values import Answers, GeoPoint
from server.backends import Backends
from server.models.entity import Entity, EntityList
from server.models.form import Form
from server.models.submission import Submission, SubmissionVersion
from server.services import facts_people, facts_photos, facts_places, form_cache
from server.services.answers import read_answers, read_document
from server.services.areas import area_path
from server.services.facts_interview import load_interviews
from server.services.facts_people import PastVisit
from workers.findings import Facts, RegisterFacts

ASSET_SCORE = "skor_aset"


@dataclass
class Visit:
    """One submission of a batch, with what was read out of it on the way to its facts.

    answers is None when the XML cannot be read (encrypted by the form, or of a version that is gone).
    """

    submission: Submission
    version: SubmissionVersion
    form: Form
    definition: FormDefinition
    document: SubmissionDocument | None
    answers: Answers | None
    household_id: int | None = None
    area_path: str | None = None
    claimed_village: str | None = None
    point: GeoPoint | None = None
    point_asked: bool | None = None
    visited_on: date | None = None
    facts: Facts | None = None


def load_visits(session: Session, backends: Backends, ids: Sequence[int]) -> list[Visit]:
    """The submissions with their facts, in order of arrival.

    Effects: writes household, place and day to the submission rows, so that those of one batch find each other.
    """
    visits = _read(session, backends, ids)
    _find_households(session, visits)
    register = facts_people.load_register(session, backends.seal, _households(visits))
    for visit in visits:
        _settle(visit, register, backends)
    session.flush()
    _gather(session, backends, visits, register)
    return visits


def _read(session: Session, backends: Backends, ids: Sequence[int]) -> list[Visit]:
    rows = session.execute(
        select(Submission, SubmissionVersion, Form)
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .join(Form, Form.id == Submission.form_id)
        .where(Submission.id.in_(ids))
        .order_by(Submission.id)
    ).all()
    visits = []
    for submission, version, form in rows:
        definition = form_cache.definition_of(session, version.form_version_id)
        document: SubmissionDocument | None
        try:
            document = read_document(backends, version)
            answers = None if document.envelope.encrypted else document.answers(definition)
        except FormsError:
            document, answers = None, None
        visits.append(Visit(submission, version, form, definition, document, answers))
    return visits


def _find_households(session: Session, visits: list[Visit]) -> None:
    """The household by the entity of `keluarga` in meta, else by the first select from keluarga.csv."""
    uuids = {visit.submission.id: _entity_uuid(visit) for visit in visits}
    wanted = {uuid for uuid in uuids.values() if uuid}
    if not wanted:
        return
    rows = session.execute(
        select(Entity.uuid, Entity.household_id, EntityList.project_id)
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .where(Entity.uuid.in_(wanted), EntityList.name == roles.HOUSEHOLD_LIST)
    )
    known = {(row.uuid, row.project_id): row.household_id for row in rows}
    for visit in visits:
        visit.household_id = known.get((uuids[visit.submission.id] or "", visit.submission.project_id))


def _entity_uuid(visit: Visit) -> str | None:
    if visit.document is None or visit.answers is None:
        return None
    for action in read_entity_actions(visit.document, visit.definition):
        uuid = action.entity_id.value
        if action.dataset == roles.HOUSEHOLD_LIST and uuid and (action.create or action.update):
            return uuid
    field = roles.find_household_select(visit.definition)
    return visit.answers.text(field.path).removeprefix("uuid:").lower() or None if field else None


def _households(visits: list[Visit]) -> set[int]:
    return {visit.household_id for visit in visits if visit.household_id is not None}


def _settle(visit: Visit, register: dict[int, RegisterFacts], backends: Backends) -> None:
    """Claimed village, area, point and day; written to the row."""
    submission, answers = visit.submission, visit.answers
    known = register.get(visit.household_id or 0)
    visit.claimed_village = known.village_code if known and not known.is_new else _answered_village(visit)
    visit.area_path = _area(visit, known)
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
    submission.lat = visit.point.lat if visit.point and visit.point.is_plausible else None
    submission.lon = visit.point.lon if visit.point and visit.point.is_plausible else None
    submission.accuracy_m = visit.point.accuracy_m if visit.point else None
    submission.point_key = facts_places.point_key(visit.point)


def _answered_village(visit: Visit) -> str | None:
    field = roles.find_village_answer(visit.definition)
    if field is None or visit.answers is None:
        return None
    code = visit.answers.text(field.path).replace(".", "")
    return code if code.isdecimal() and len(code) == 10 else None


def _area(visit: Visit, known: RegisterFacts | None) -> str | None:
    if known is not None:
        return known.area_path
    return area_path(visit.claimed_village, "", "") if visit.claimed_village else None


def _moment(visit: Visit, preload: str) -> datetime | None:
    field = roles.find_preload(visit.definition, preload)
    value = visit.answers.get(field.path) if field and visit.answers else None
    return value if isinstance(value, datetime) else None


def _day(visit: Visit, backends: Backends) -> date:
    field = roles.find_preload(visit.definition, "date/today")
    value = visit.answers.get(field.path) if field and visit.answers else None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = visit.submission.started_at or visit.submission.created_at
    return moment.astimezone(backends.config.timezone).date()


def _gather(
    session: Session, backends: Backends, visits: list[Visit], register: dict[int, RegisterFacts]
) -> None:
    if not visits:
        return
    project_id = visits[0].submission.project_id
    household_ids = _households(visits)
    past = facts_people.load_visits(session, project_id, household_ids)
    same_nik = facts_people.load_same_nik(session, household_ids)
    locations = facts_places.load_locations(
        session, backends.boundaries, [_claim(visit, register, past) for visit in visits]
    )
    points = {v.submission.id: (v.submission.point_key, v.household_id) for v in visits}
    same_points = facts_places.load_same_points(session, project_id, points)
    photos = facts_photos.load_photos(session, project_id, {v.submission.id: v.version.id for v in visits})
    interviews = load_interviews(session, backends, visits)
    for visit in visits:
        key = visit.submission.id
        others = facts_people.other_visits(past, visit.household_id, key)
        earlier = [item for item in others if item.submission_id < key]
        visit.facts = Facts(
            submission_id=key,
            instance_id=visit.submission.instance_id,
            form_id=visit.form.xml_form_id,
            officer_id=visit.submission.submitter_id,
            received_at=visit.submission.created_at,
            visited_on=visit.visited_on,
            timezone=backends.config.timezone.key,
            definition=visit.definition,
            answers=visit.answers,
            house_point=visit.point,
            house_point_asked=visit.point_asked,
            register=register.get(visit.household_id or 0),
            location=locations.get(key),
            photos=photos.get(key, ()),
            interview=interviews[key],
            history=facts_people.history_facts(
                [item for item in others if item.form_id == visit.form.id],
                visits_before=len({item.visited_on for item in earlier if item.visited_on}),
                asset_score_before=_asset_score_before(session, backends, visit, earlier),
            ),
            same_point=same_points.get(key, ()),
            same_nik=same_nik.get(visit.household_id or 0, ()),
        )
        visit.submission.relation = visit.facts.location.relation.value if visit.facts.location else None
        visit.submission.outside_m = visit.facts.location.outside_m if visit.facts.location else None
        found = visit.facts.location.found_villages if visit.facts.location else ()
        visit.submission.found_village = found[0] if found else None


def _claim(
    visit: Visit, register: dict[int, RegisterFacts], past: dict[int, list[PastVisit]]
) -> facts_places.Claim:
    known = register.get(visit.household_id or 0)
    registered = (known.lat, known.lon) if known and known.lat is not None and known.lon is not None else None
    earlier = [
        (item.lat, item.lon)
        for item in facts_people.other_visits(past, visit.household_id, visit.submission.id)
        if item.submission_id < visit.submission.id and item.lat is not None and item.lon is not None
    ]
    return facts_places.Claim(
        visit.submission.id, visit.point, visit.claimed_village, registered, earlier[-1] if earlier else None
    )


def _asset_score_before(
    session: Session, backends: Backends, visit: Visit, earlier: list[PastVisit]
) -> Decimal | None:
    """The asset score of the household's previous submission of this form, when the form computes one."""
    field: Field | None = next(iter(visit.definition.by_name.get(ASSET_SCORE, ())), None)
    previous = [item for item in earlier if item.form_id == visit.form.id]
    if field is None or not previous:
        return None
    version = session.get_one(SubmissionVersion, previous[-1].version_id)
    text = read_answers(session, backends, version).text(field.path)
    return Decimal(text) if text.isdecimal() else None
