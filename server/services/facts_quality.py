"""Facts about the quality of visits: form version, overlaps, copies, back-checks, numbers, telephone numbers.

Belongs here: reading rows in batches into the values of workers.facts_quality. Does not: digests (visit_digests.py), what is
usual (norms.py), judging.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from server.models.form import FormVersion
from server.models.household import Household
from server.models.norm import AnswerNorm, VisitDigest
from server.models.submission import Submission
from server.services import form_cache
from server.services.facts_people import PastVisit, other_visits
from server.services.facts_visits import Visit
from workers.answer_prints import Plan, compare_prints, find_plan, key_answers
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
        .where(FormVersion.id.in_(bindparam("ids", expanding=True)))
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
        row.submission_id: row for row in session.execute(query.where(VisitDigest.submission_id.in_(ids)))
    }


def _live(project_id: Any, table: Any) -> Any:
    return and_(table.project_id == project_id, table.deleted_at.is_(None), table.is_draft.is_(False))


# --- overlaps ---------------------------------------------------------------------------------------------------------


def _overlaps(session: Session, project_id: int, visits: Sequence[Visit]) -> dict[int, tuple[Overlap, ...]]:
    """Submission -> others of its officer that were open at the same time; absent where the times are doubtful."""
    times = {visit.submission.id: _span(visit.submission) for visit in visits}
    sure = {number: span for number, span in times.items() if span is not None}
    if not sure:
        return {}
    since = min(start for start, _ in sure.values()) - LONGEST
    rows = session.execute(_OVERLAPS, {"ids": list(sure), "project_id": project_id, "since": since})
    overlaps: dict[int, tuple[Overlap, ...]] = dict.fromkeys(sure, ())
    for row in rows:
        span = _span(row)
        if span is not None:
            start, end = sure[row.own_id]
            together = min(end, span[1]) - max(start, span[0])
            item = Overlap(row.id, row.household_id, row.label, int(together.total_seconds()))
            overlaps[row.own_id] = (*overlaps[row.own_id], item)
    return overlaps


def _overlaps_query() -> Select[Any]:
    """Pairs of an officer's submissions at two households that were open at the same time, the first ones to come in."""
    own, other = aliased(Submission), aliased(Submission)
    together = and_(
        other.submitter_id == own.submitter_id,
        other.id != own.id,
        other.household_id != own.household_id,
        other.started_at >= bindparam("since"),
        other.started_at < own.ended_at,
        other.ended_at > own.started_at,
    )
    place = func.row_number().over(partition_by=own.id, order_by=other.id)
    label = func.coalesce(Household.source_id, other.instance_id)
    found = (
        select(
            own.id.label("own_id"),
            other.id,
            other.household_id,
            other.started_at,
            other.ended_at,
            label.label("label"),
            place.label("place"),
        )
        .join(other, together)
        .outerjoin(Household, Household.id == other.household_id)
        .where(own.id.in_(bindparam("ids", expanding=True)), _live(bindparam("project_id"), other))
        .subquery()
    )
    return select(found).where(found.c.place <= _ROWS_OF_ONE).order_by(found.c.own_id, found.c.id)


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
        for visit in group:
            taken = digests[visit.submission.id].print
            twins[visit.submission.id] = tuple(_alike(visit, taken, others))
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


def _alike(visit: Visit, taken: bytes, others: Sequence[Any]) -> Iterable[Twin]:
    """Those that share three quarters of the answers: under that nobody would call it a copy."""
    for row in others:
        is_own = row.id == visit.submission.id
        same_house = visit.household_id is not None and row.household_id == visit.household_id
        if is_own or same_house or abs(row.started_at - _moment(visit)) > COPY_WINDOW:
            continue
        items, same = compare_prints(taken, row.print)
        if 4 * same >= 3 * items > 0:
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
