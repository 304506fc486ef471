"""Facts about officers: their visits of a campaign counted, and those of the others in the same kecamatan.

Belongs here: counting in the database. Does not: who is owed a look (officer_screening.py), judging (workers.checks.officers).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from sqlalchemy import Integer, case, func, select
from sqlalchemy.orm import Session

from server.models.form import Form
from server.models.norm import VisitDigest
from server.models.submission import Submission
from server.services.visit_digests import DISTRICT_DIGITS
from workers.findings import Counts, DayCount, OfficerFacts, Tally

_DISTRICT = func.substr(func.coalesce(Submission.area_path, ""), 1, DISTRICT_DIGITS)
_NAMES = ("found", "sought", "plain", "assets", "others", "asked")


def officers_of_districts(session: Session, project_id: int, districts: Collection[str]) -> list[int]:
    """Officers with visits in these kecamatan."""
    query = select(Submission.submitter_id).where(*_live(project_id), _DISTRICT.in_(districts)).distinct()
    return sorted(number for number in session.scalars(query) if number is not None)


def load_officers(session: Session, project_id: int, officer_ids: Collection[int]) -> dict[int, OfficerFacts]:
    """Officer -> counts of the campaign, own and of the others in the kecamatan where the officer works."""
    own = _counts(session, project_id, Submission.submitter_id.in_(officer_ids))
    places: dict[int, set[str]] = {}
    for officer, district in own:
        places.setdefault(officer, set()).add(district)
    districts = {district for found in places.values() for district in found if district}
    around = _counts(session, project_id, _DISTRICT.in_(districts)) if districts else {}
    days = _days(session, project_id, {officer for officer, _ in around} | set(officer_ids))
    return {
        officer: _facts(officer, places[officer], own, around, days)
        for officer in sorted(officer_ids)
        if officer in places
    }


def _live(project_id: int) -> tuple[Any, ...]:
    return (
        Submission.project_id == project_id,
        Submission.deleted_at.is_(None),
        Submission.is_draft.is_(False),
    )


def _counts(session: Session, project_id: int, condition: Any) -> dict[tuple[int, str], Any]:
    """(officer, kecamatan) -> sums over the visits there."""

    def times(flag: Any) -> Any:
        return func.sum(case((flag.is_(True), 1), else_=0)).cast(Integer)

    rows = session.execute(
        select(
            Submission.submitter_id,
            _DISTRICT.label("district"),
            times(VisitDigest.not_found).label("found"),
            func.count(VisitDigest.not_found).label("sought"),
            times(VisitDigest.all_no).label("plain"),
            func.count(VisitDigest.all_no).label("assets"),
            func.sum(VisitDigest.others).cast(Integer).label("others"),
            func.sum(VisitDigest.others_asked).cast(Integer).label("asked"),
        )
        .join(VisitDigest, VisitDigest.submission_id == Submission.id)
        .where(*_live(project_id), Submission.submitter_id.is_not(None), condition)
        .group_by(Submission.submitter_id, _DISTRICT)
    )
    return {(row.submitter_id, row.district): row for row in rows}


def _days(session: Session, project_id: int, officer_ids: Collection[int]) -> dict[int, list[DayCount]]:
    """Officer -> submissions by local day and form."""
    rows = session.execute(
        select(Submission.submitter_id, Submission.visited_on, Form.xml_form_id, func.count().label("visits"))
        .join(Form, Form.id == Submission.form_id)
        .where(
            *_live(project_id), Submission.submitter_id.in_(officer_ids), Submission.visited_on.is_not(None)
        )
        .group_by(Submission.submitter_id, Submission.visited_on, Form.xml_form_id)
        .order_by(Submission.submitter_id, Submission.visited_on, Form.xml_form_id)
    )
    days: dict[int, list[DayCount]] = {}
    for row in rows:
        days.setdefault(row.submitter_id, []).append(DayCount(row.visited_on, row.xml_form_id, row.visits))
    return days


def _facts(
    officer: int,
    places: set[str],
    own: Mapping[tuple[int, str], Any],
    around: Mapping[tuple[int, str], Any],
    days: Mapping[int, Sequence[DayCount]],
) -> OfficerFacts:
    mine = [row for (number, _), row in own.items() if number == officer]
    districts = {district for district in places if district}
    others = {key: row for key, row in around.items() if key[0] != officer and key[1] in districts}
    colleagues = {number for number, _ in others}
    return OfficerFacts(
        officer_id=officer,
        districts=tuple(sorted(districts)),
        days=tuple(days.get(officer, ())),
        own=_sum(mine),
        peers=_sum(others.values()) if others else None,
        peer_officers=len(colleagues),
        usual_day=_usual_day(days, colleagues),
    )


def _sum(rows: Iterable[Any]) -> Counts:
    total = dict.fromkeys(_NAMES, 0)
    for row in rows:
        for name in _NAMES:
            total[name] += getattr(row, name) or 0
    return Counts(
        not_found=Tally(total["found"], total["sought"]),
        all_no=Tally(total["plain"], total["assets"]),
        other=Tally(total["others"], total["asked"]),
    )


def _usual_day(days: Mapping[int, Sequence[DayCount]], colleagues: Collection[int]) -> float | None:
    """Median of what these officers send on a day on which they send something."""
    sent: dict[tuple[int, Any], int] = {}
    for officer in colleagues:
        for item in days.get(officer, ()):
            sent[officer, item.day] = sent.get((officer, item.day), 0) + item.visits
    return float(median(sent.values())) if sent else None
