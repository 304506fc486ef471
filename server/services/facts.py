"""From rows to facts: everything that checks and rules may know about a batch of submissions, read in batches.

Belongs here: gathering. Does not: what a submission is about (facts_visits.py), judging (workers.checks, forms.rules),
storing what was found (screening.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal, InvalidOperation
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from forms.values import Answers
from server.backends import Backends
from server.db import now, one_of
from server.models.household import Household
from server.models.submission import Submission, SubmissionVersion
from server.services import facts_days, facts_near, facts_people, facts_photos, facts_places, form_cache
from server.services.answers import Reader
from server.services.facts_days import Days
from server.services.facts_interview import load_interviews
from server.services.facts_people import PastVisit
from server.services.facts_quality import load_quality
from server.services.facts_visits import Visit, read_visits
from server.services.identity import number_hash
from workers.findings import (
    Facts,
    HousePeer,
    InterviewFacts,
    KkPeer,
    LocationFacts,
    NikPeer,
    PhotoFacts,
    PointPeer,
    QualityFacts,
    RegisterFacts,
)
from workers.zones import find_zone

__all__ = ["Visit", "load_visits"]

ASSET_SCORE = "skor_aset"
TYPED_NIK = "nik"


def load_visits(
    session: Session, backends: Backends, ids: Sequence[int], reader: Reader | None = None
) -> list[Visit]:
    """The submissions with their facts, in order of arrival.

    Effects: writes household, place, day and times to the submission rows, and that they are screened: the caller does so
    before the transaction ends. Locks their households until the transaction
    ends, so that another worker with a visit to one of them waits, and then sees what was found here.
    """
    reader = reader or Reader(backends)
    visits = read_visits(session, backends, ids, reader)
    _lock_households(session, visits)
    by_project = sorted(visits, key=lambda visit: visit.submission.project_id)
    for project_id, group in groupby(by_project, key=lambda visit: visit.submission.project_id):
        _gather(session, backends, project_id, list(group), reader)
    return visits


def _lock_households(session: Session, visits: Iterable[Visit]) -> None:
    """In the order of their ids; a lock that lets others refer to the rows. SQLite has one writer at a time anyway."""
    ids = _households(visits)
    if ids:
        query = select(Household.id).where(one_of(Household.id, ids)).order_by(Household.id)
        session.execute(query.with_for_update(key_share=True))


def _households(visits: Iterable[Visit]) -> set[int]:
    return {visit.household_id for visit in visits if visit.household_id is not None}


@dataclass(frozen=True)
class _Around:
    """What was read for a whole batch; by submission id or by household id."""

    register: Mapping[int, RegisterFacts]
    past: Mapping[int, list[PastVisit]]
    same_nik: Mapping[int, tuple[NikPeer, ...]]
    same_kk: Mapping[int, tuple[KkPeer, ...]]
    typed_niks: Mapping[int, bool]
    locations: Mapping[int, LocationFacts]
    same_points: Mapping[int, tuple[PointPeer, ...]]
    near_houses: Mapping[int, tuple[HousePeer, ...]]
    days: Days
    photos: Mapping[int, tuple[PhotoFacts, ...]]
    interviews: Mapping[int, InterviewFacts]
    quality: Mapping[int, QualityFacts]
    asset_scores: Mapping[int, Decimal]


def _gather(
    session: Session, backends: Backends, project_id: int, visits: list[Visit], reader: Reader
) -> None:
    household_ids = _households(visits)
    register = facts_people.load_register(session, backends.seal, household_ids)
    past = facts_people.load_visits(session, project_id, household_ids)
    points = {v.submission.id: (v.submission.point_key, v.household_id) for v in visits}
    locations = facts_places.load_locations(
        session, backends.boundaries, [_claim(visit, register, past) for visit in visits]
    )
    _keep_places(session, visits, locations)
    around = _Around(
        register=register,
        past=past,
        same_nik=facts_people.load_same_nik(session, household_ids),
        same_kk=facts_people.load_same_kk(session, household_ids),
        typed_niks=_typed_niks(session, backends, visits),
        locations=locations,
        same_points=facts_places.load_same_points(session, project_id, points),
        near_houses=facts_near.load_near_houses(session, [_spot(visit) for visit in visits]),
        days=facts_days.load_days(session, project_id, list(points)),
        photos=facts_photos.load_photos(session, project_id, {v.submission.id: v.version.id for v in visits}),
        interviews=load_interviews(session, visits),
        quality=load_quality(session, project_id, visits, past),
        asset_scores=_asset_scores(session, visits, past, reader),
    )
    for visit in visits:
        visit.facts = _facts(visit, around, backends.config.timezone.key)
        visit.beside = around.days.beside


def _facts(visit: Visit, around: _Around, timezone: str) -> Facts:
    key, household_id = visit.submission.id, visit.household_id or 0
    others = facts_people.other_visits(around.past, visit.household_id, key)
    return Facts(
        submission_id=key,
        instance_id=visit.submission.instance_id,
        form_id=visit.form.xml_form_id,
        officer_id=visit.submission.submitter_id,
        received_at=visit.submission.created_at,
        visited_on=visit.visited_on,
        timezone=find_zone(visit.area_path) or timezone,
        definition=visit.definition,
        answers=visit.answers,
        house_point=visit.point,
        house_point_asked=visit.point_asked,
        register=around.register.get(household_id),
        location=around.locations.get(key),
        photos=around.photos.get(key, ()),
        interview=around.interviews[key],
        quality=around.quality[key],
        history=facts_people.history_facts(
            [item for item in others if item.form_id == visit.form.id],
            visits_before=_days_before(visit, others),
            asset_score_before=around.asset_scores.get(key),
            last_visited_on=_last_day(around.past.get(household_id, ()), ZoneInfo(timezone)),
        ),
        same_point=around.same_points.get(key, ()),
        same_nik=around.same_nik.get(household_id, ()),
        typed_nik_elsewhere=around.typed_niks.get(key),
        same_kk=around.same_kk.get(household_id, ()),
        near_houses=around.near_houses.get(key, ()),
        officer_day=around.days.facts.get(key),
        officer_areas=visit.beats,
    )


def _last_day(visits: Iterable[PastVisit], timezone: tzinfo) -> date | None:
    """The latest day of a household's visits; where a phone's clock runs ahead, the day it was received."""
    days = (
        min(item.visited_on, item.received_at.astimezone(timezone).date())
        for item in visits
        if item.visited_on is not None
    )
    return max(days, default=None)


def _spot(visit: Visit) -> facts_near.Spot:
    row = visit.submission
    return facts_near.Spot(row.id, row.form_id, row.household_id, row.lat, row.lon)


def _days_before(visit: Visit, others: Iterable[PastVisit]) -> int:
    """On how many earlier days the household was visited; the forms of one day are one visit."""
    days = {item.visited_on for item in others if item.visited_on is not None}
    return sum(1 for day in days if visit.visited_on is not None and day < visit.visited_on)


def _keep_places(session: Session, visits: Iterable[Visit], locations: Mapping[int, LocationFacts]) -> None:
    """Writes to the rows where the points lie, for maps and exports, and that the submissions are screened.

    Their screening ends in this transaction, or nothing of it is kept: said here, it costs no write of its own where the
    place changed, and one statement for all the others.
    """
    moment, as_before = now(), []
    for visit in visits:
        row = visit.submission
        place = _place(locations.get(row.id))
        if place == (row.relation, row.outside_m, row.found_village) and row.screening_error is None:
            as_before.append(row.id)
            set_committed_value(row, "screened_at", moment)
        else:
            row.relation, row.outside_m, row.found_village = place
            row.screened_at, row.screening_error = moment, None
    if as_before:
        session.execute(
            update(Submission)
            .where(one_of(Submission.id, as_before))
            .values(screened_at=moment)
            .execution_options(synchronize_session=False)
        )


def _place(location: LocationFacts | None) -> tuple[str | None, float | None, str | None]:
    """Relation, metres outside and the village found."""
    if location is None:
        return None, None, None
    return location.relation.value, location.outside_m, next(iter(location.found_villages), None)


def _claim(
    visit: Visit, register: Mapping[int, RegisterFacts], past: Mapping[int, list[PastVisit]]
) -> facts_places.Claim:
    known = register.get(visit.household_id or 0)
    registered = (known.lat, known.lon) if known and known.lat is not None and known.lon is not None else None
    earlier = [
        (item.lat, item.lon)
        for item in _earlier(visit, past)
        if item.lat is not None and item.lon is not None
    ]
    return facts_places.Claim(
        visit.submission.id, visit.point, visit.claimed_village, registered, earlier[-1] if earlier else None
    )


def _earlier(visit: Visit, past: Mapping[int, list[PastVisit]]) -> list[PastVisit]:
    """The household's submissions that took place before this one and were not rejected, the latest last."""
    others = facts_people.other_visits(past, visit.household_id, visit.submission.id)
    own = facts_people.visit_order(visit.submission)
    return [item for item in others if item.order < own and not item.is_rejected]


def _typed_niks(session: Session, backends: Backends, visits: Iterable[Visit]) -> dict[int, bool]:
    """Submission id -> whether the NIK typed is that of another household of the register; absent when none was typed."""
    hashes = {
        visit.submission.id: (number_hash(backends.seal, _typed_nik(visit)), visit.household_id)
        for visit in visits
    }
    owners = facts_people.load_nik_owners(session, {digest for digest, _ in hashes.values() if digest})
    return {
        submission_id: bool(owners.get(digest, set()) - {household_id})
        for submission_id, (digest, household_id) in hashes.items()
        if digest is not None
    }


def _typed_nik(visit: Visit) -> str:
    fields = visit.definition.by_name.get(TYPED_NIK, ())
    return visit.answers.text(fields[0].path) if fields and visit.answers is not None else ""


def _asset_scores(
    session: Session, visits: Iterable[Visit], past: Mapping[int, list[PastVisit]], reader: Reader
) -> dict[int, Decimal]:
    """Submission id -> asset score of the household's previous submission of this form, where the form computes one."""
    previous: dict[int, int] = {}
    for visit in visits:
        same_form = [item for item in _earlier(visit, past) if item.form_id == visit.form.id]
        if same_form and ASSET_SCORE in visit.definition.by_name:
            previous[visit.submission.id] = same_form[-1].version_id
    if not previous:
        return {}
    answers = _read_versions(session, set(previous.values()), reader)
    scores = {key: _asset_score(*answers[version_id]) for key, version_id in previous.items()}
    return {key: score for key, score in scores.items() if score is not None}


def _read_versions(
    session: Session, version_ids: set[int], reader: Reader
) -> dict[int, tuple[Answers | None, str | None]]:
    """Submission version -> its answers and the path of the asset score in its form version."""
    reader.fetch(session, version_ids)
    rows = session.execute(
        select(SubmissionVersion.id, SubmissionVersion.form_version_id).where(
            one_of(SubmissionVersion.id, version_ids)
        )
    ).all()
    definitions = form_cache.definitions_of(session, {row.form_version_id for row in rows})
    found = {}
    for version_id, form_version_id in rows:
        definition = definitions[form_version_id]
        fields = definition.by_name.get(ASSET_SCORE, ())
        path = fields[0].path if fields else None
        found[version_id] = (reader.answers(session, version_id, definition), path)
    return found


def _asset_score(answers: Answers | None, path: str | None) -> Decimal | None:
    value = answers.get(path) if answers is not None and path is not None else None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    try:
        score = Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return score if score is not None and score.is_finite() else None
