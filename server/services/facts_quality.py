"""Facts about the quality of visits: form version, overlaps, copies, back-checks, numbers, telephone numbers.

Belongs here: reading rows in batches into the values of workers.facts_quality. Does not: digests (visit_digests.py), what is
usual (norms.py), judging.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from server.db import one_of
from server.models.form import FormVersion
from server.models.household import Household
from server.models.norm import AnswerNorm, VisitDigest
from server.models.submission import Submission
from server.services import form_cache
from server.services.facts_people import PastVisit, other_visits
from server.services.facts_visits import Visit
from workers.answer_prints import Plan, Prints, find_alike, find_plan, key_answers, stack_prints
from workers.findings import BackCheck, NumberFacts, Overlap, PhonePeer, QualityFacts, Twin

MAX_PEERS = 20
"""Submissions that are named: the first to come in, the same ones whoever asks."""
LONGEST = timedelta(hours=12)
"""An interview that seems to have taken longer is a form left open or a wrong clock: it overlaps with nothing."""
COPY_WINDOW = timedelta(days=7)
"""How far apart two visits of an officer may lie to be compared for copying."""
MIN_ITEMS = 40
"""Forms with less room for answers are not compared."""
_ROWS_OF_ONE = 5 * MAX_PEERS


def load_quality(
    session: Session, project_id: int, visits: Sequence[Visit], past: Mapping[int, list[PastVisit]]
) -> dict[int, QualityFacts]:
    """submission id -> facts about its quality, for visits that were settled.

    Args: past = household -> all visits to it, as facts_people.load_visits gives them.
    """
    checkers = {visit.submission.id: _other_officers(visit, past) for visit in visits}
    wanted = {item.submission_id for found in checkers.values() for item in found}
    digests = _digests(session, wanted | set(checkers))
    versions = _versions(session, {visit.version.form_version_id for visit in visits})
    overlaps = _overlaps(session, project_id, visits)
    twins = _twins(session, project_id, visits, digests)
    phones = _same_phones(session, project_id, visits, digests)
    plans = _plans(session, digests, visits)
    facts = {}
    for visit in visits:
        number = visit.submission.id
        version = versions[visit.version.form_version_id]
        facts[number] = QualityFacts(
            version_known=version.published_at is not None,
            version_replaced_at=version.replaced_at,
            overlaps=overlaps.get(number),
            twins=twins.get(number),
            back_checks=_back_checks(visit, checkers[number], digests, plans),
            numbers=_numbers(visit, digests.get(number), version.norms),
            same_phone=phones.get(number),
        )
    return facts


@dataclass(frozen=True)
class _Version:
    published_at: datetime | None
    replaced_at: datetime | None
    norms: Sequence[Any]


def _versions(session: Session, ids: Collection[int]) -> dict[int, _Version]:
    """Form version -> when it and the next one were published, and what is usual for it."""
    rows = session.execute(_VERSIONS, {"ids": list(ids)})
    return {row.id: _Version(row.published_at, row.replaced_at, row.norms or ()) for row in rows}


def _versions_query() -> Select[Any]:
    later = aliased(FormVersion)
    replaced = (
        select(later.published_at)
        .where(later.form_id == FormVersion.form_id, later.published_at > FormVersion.published_at)
        .order_by(later.published_at)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(FormVersion.id, FormVersion.published_at, replaced.label("replaced_at"), AnswerNorm.norms)
        .outerjoin(AnswerNorm, AnswerNorm.form_version_id == FormVersion.id)
        .where(one_of(FormVersion.id, bindparam("ids")))
    )


_VERSIONS = _versions_query()


def _digests(session: Session, ids: Collection[int]) -> dict[int, Any]:
    query = select(
        VisitDigest.submission_id,
        VisitDigest.form_version_id,
        VisitDigest.numbers,
        VisitDigest.print,
        VisitDigest.phone_hash,
    )
    return {
        row.submission_id: row for row in session.execute(query.where(one_of(VisitDigest.submission_id, ids)))
    }


def _live(project_id: Any, table: Any) -> Any:
    return and_(table.project_id == project_id, table.deleted_at.is_(None), table.is_draft.is_(False))


# --- overlaps ---------------------------------------------------------------------------------------------------------


def _overlaps(session: Session, project_id: int, visits: Sequence[Visit]) -> dict[int, tuple[Overlap, ...]]:
    """Submission -> others of its officer that were open at the same time; absent where the times are doubtful.

    The database finds who overlaps with anybody of the batch, each once; who with whom is told here: pairs are many more.
    """
    sure = {visit.submission.id: span for visit in visits if (span := _span(visit.submission)) is not None}
    if not sure:
        return {}
    since = min(start for start, _ in sure.values()) - LONGEST
    found = session.execute(_OVERLAPS, {"ids": list(sure), "project_id": project_id, "since": since})
    officers: dict[int | None, list[_Open]] = {}
    for row in found:
        officers.setdefault(row.submitter_id, []).append(_open(row))
    begun = {number: [item.start_us for item in opened] for number, opened in officers.items()}
    overlaps: dict[int, tuple[Overlap, ...]] = dict.fromkeys(sure, ())
    for visit in visits:
        number, officer = visit.submission.id, visit.submission.submitter_id
        if number in sure and officer in officers and visit.household_id is not None:
            start, end = map(_microseconds, sure[number])
            first = bisect_left(begun[officer], start - _LONGEST_US)
            last = bisect_left(begun[officer], end)
            own = (start, end, number, visit.household_id)
            overlaps[number] = tuple(_overlapping(own, officers[officer][first:last]))
    return overlaps


class _Open(NamedTuple):
    """When a submission was open, in microseconds of the epoch: an officer's day makes thousands of pairs."""

    start_us: int
    end_us: int
    id: int
    household_id: int
    label: str


def _open(row: Any) -> _Open:
    times = _microseconds(row.started_at), _microseconds(row.ended_at)
    return _Open(*times, row.id, row.household_id, row.label)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_US = LONGEST // timedelta(microseconds=1)


def _overlapping(own: tuple[int, int, int, int], begun_before_its_end: Sequence[_Open]) -> Iterable[Overlap]:
    """The first ones to come in, the same ones whoever asks; own: start, end, submission, household."""
    start, end, number, home = own
    together = [
        (other_id, other_home, label, (other_end if other_end < end else end) - max(start, other_start))
        for other_start, other_end, other_id, other_home, label in begun_before_its_end
        if other_home != home
        and other_id != number
        and start < other_end
        and other_start <= other_end <= other_start + _LONGEST_US
    ]
    together.sort()
    return (Overlap(*item[:3], item[3] // 1_000_000) for item in together[:_ROWS_OF_ONE])


def _overlaps_query() -> Select[*tuple[Any, ...]]:
    """An officer's submissions that were open at the same time as one of the batch at another household, by their start."""
    own, other = aliased(Submission), aliased(Submission)
    together = and_(
        other.submitter_id == own.submitter_id,
        other.id != own.id,
        other.household_id != own.household_id,
        other.started_at >= bindparam("since"),
        other.started_at < own.ended_at,
        other.ended_at > own.started_at,
    )
    found = (
        select(other.id)
        .select_from(own)
        .join(other, together)
        .where(one_of(own.id, bindparam("ids")), _live(bindparam("project_id"), other))
    )
    return (
        select(
            Submission.id,
            Submission.submitter_id,
            Submission.household_id,
            Submission.started_at,
            Submission.ended_at,
            func.coalesce(Household.source_id, Submission.instance_id).label("label"),
        )
        .outerjoin(Household, Household.id == Submission.household_id)
        .where(Submission.id.in_(found))
        .order_by(Submission.started_at)
    )


_OVERLAPS = _overlaps_query()


def _span(row: Any) -> tuple[datetime, datetime] | None:
    """Start and end where they can be true; None where they cannot."""
    start, end = row.started_at, row.ended_at
    return (start, end) if start and end and timedelta(0) <= end - start <= LONGEST else None


# --- copies -----------------------------------------------------------------------------------------------------------


def _twins(
    session: Session, project_id: int, visits: Sequence[Visit], digests: Mapping[int, Any]
) -> dict[int, tuple[Twin, ...]]:
    """Submission -> those of the same officer and form version at other houses, near in time, with half of the answers
    alike; absent where the form has too little room for answers."""
    groups: dict[tuple[int, int], list[Visit]] = {}
    for visit in visits:
        officer, digest = visit.submission.submitter_id, digests.get(visit.submission.id)
        long_enough = find_plan(visit.definition).size >= MIN_ITEMS
        if officer is not None and digest is not None and digest.print and long_enough and _moment(visit):
            groups.setdefault((officer, visit.version.form_version_id), []).append(visit)
    twins = {}
    for (officer, version_id), group in sorted(groups.items()):
        others = _prints(session, project_id, officer, version_id, [_moment(visit) for visit in group])
        stacked = stack_prints([row.print for row in others])
        for visit in group:
            taken = digests[visit.submission.id].print
            twins[visit.submission.id] = tuple(_alike(visit, taken, others, stacked))
    return twins


def _moment(visit: Visit) -> Any:
    return visit.submission.started_at


def _prints(
    session: Session, project_id: int, officer_id: int, version_id: int, moments: Sequence[datetime]
) -> Sequence[Any]:
    """Prints of an officer around these moments, in order of arrival."""
    around = {"since": min(moments) - COPY_WINDOW, "until": max(moments) + COPY_WINDOW}
    ours = {"project_id": project_id, "officer_id": officer_id, "version_id": version_id}
    return session.execute(_PRINTS, {**ours, **around}).all()


_PRINTS = (
    select(
        Submission.id,
        Submission.household_id,
        Submission.started_at,
        VisitDigest.print,
        func.coalesce(Household.source_id, Submission.instance_id).label("label"),
    )
    .join(VisitDigest, VisitDigest.submission_id == Submission.id)
    .outerjoin(Household, Household.id == Submission.household_id)
    .where(
        Submission.submitter_id == bindparam("officer_id"),
        Submission.started_at >= bindparam("since"),
        Submission.started_at <= bindparam("until"),
        _live(bindparam("project_id"), Submission),
        VisitDigest.form_version_id == bindparam("version_id"),
        VisitDigest.print.is_not(None),
    )
    .order_by(Submission.id)
)


def _alike(visit: Visit, taken: bytes, others: Sequence[Any], stacked: Prints) -> Iterable[Twin]:
    """Those that share three quarters of the answers: under that nobody would call it a copy."""
    for place, items, same in find_alike(taken, stacked, share=0.75):
        row = others[place]
        is_own = row.id == visit.submission.id
        same_house = visit.household_id is not None and row.household_id == visit.household_id
        if not is_own and not same_house and abs(row.started_at - _moment(visit)) <= COPY_WINDOW:
            yield Twin(row.id, row.household_id, row.label, items, same)


# --- back-checks ------------------------------------------------------------------------------------------------------


def _other_officers(visit: Visit, past: Mapping[int, list[PastVisit]]) -> list[PastVisit]:
    if not visit.submission.is_final:
        return []
    others = other_visits(past, visit.household_id, visit.submission.id)
    return [
        item
        for item in others
        if item.form_id == visit.form.id
        and item.is_final
        and item.officer_id != visit.submission.submitter_id
    ][:MAX_PEERS]


def _plans(session: Session, digests: Mapping[int, Any], visits: Sequence[Visit]) -> dict[int, Plan]:
    plans = {visit.version.form_version_id: find_plan(visit.definition) for visit in visits}
    missing = {row.form_version_id for row in digests.values()} - plans.keys()
    if missing:
        found = form_cache.definitions_of(session, missing)
        plans |= {number: find_plan(definition) for number, definition in found.items()}
    return plans


def _back_checks(
    visit: Visit, others: Sequence[PastVisit], digests: Mapping[int, Any], plans: Mapping[int, Plan]
) -> tuple[BackCheck, ...] | None:
    """None when the visit itself has no digest yet."""
    own = digests.get(visit.submission.id)
    if own is None or own.print is None:
        return None
    mine = key_answers(plans[own.form_version_id], own.print)
    return tuple(
        _compare(visit, mine, item, key_answers(plans[row.form_version_id], row.print))
        for item in others
        if (row := digests.get(item.submission_id)) is not None and row.print is not None
    )


def _compare(
    visit: Visit, mine: Mapping[str, tuple[str, int]], item: PastVisit, theirs: Mapping[str, tuple[str, int]]
) -> BackCheck:
    shared = [path for path in mine if path in theirs]
    days = abs((visit.visited_on - item.visited_on).days) if visit.visited_on and item.visited_on else None
    return BackCheck(
        submission_id=item.submission_id,
        officer_id=item.officer_id,
        visited_on=item.visited_on,
        days=days,
        items=len(shared),
        differing=tuple(mine[path][0] for path in shared if mine[path] != theirs[path]),
    )


# --- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(visit: Visit, digest: Any, norms: Sequence[Any]) -> tuple[NumberFacts, ...] | None:
    """None when nobody has settled the visit, or its answers cannot be read."""
    if digest is None or digest.print is None:
        return None
    fields = find_plan(visit.definition).numbers
    found = []
    for place, (field, value) in enumerate(zip(fields, digest.numbers[1:], strict=False), start=1):
        if value is not None:
            largest = max(value) if isinstance(value, list) else value
            norm = norms[place] if place < len(norms) else None
            answers, mean, deviation = norm or (0, None, None)
            found.append(NumberFacts(field.name, float(largest), mean, deviation, answers))
    return tuple(found)


# --- telephone numbers ------------------------------------------------------------------------------------------------


def _same_phones(
    session: Session, project_id: int, visits: Sequence[Visit], digests: Mapping[int, Any]
) -> dict[int, tuple[PhonePeer, ...]]:
    """Submission -> other families with its telephone number, each by its first visit with it."""
    hashes = {number: row.phone_hash for number, row in digests.items() if row.phone_hash is not None}
    mine = {v.submission.id: hashes[v.submission.id] for v in visits if v.submission.id in hashes}
    if not mine:
        return {}
    first = (
        select(VisitDigest.phone_hash, Submission.household_id, func.min(Submission.id).label("id"))
        .join(Submission, Submission.id == VisitDigest.submission_id)
        .where(
            VisitDigest.phone_hash.in_(set(mine.values())),
            Submission.household_id.is_not(None),
            _live(project_id, Submission),
        )
        .group_by(VisitDigest.phone_hash, Submission.household_id)
        .subquery()
    )
    rows = session.execute(
        select(first, Household.source_id)
        .join(Household, Household.id == first.c.household_id)
        .order_by(first.c.id)
    ).all()
    by_hash: dict[bytes, list[PhonePeer]] = {}
    for row in rows:
        peer = PhonePeer(row.id, row.household_id, row.source_id or f"#{row.household_id}")
        by_hash.setdefault(row.phone_hash, []).append(peer)
    homes = {visit.submission.id: visit.household_id for visit in visits}
    return {
        number: tuple(
            [peer for peer in by_hash.get(digest, ()) if peer.household_id != homes[number]][:MAX_PEERS]
        )
        for number, digest in mine.items()
    }
