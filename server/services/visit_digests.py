"""Digests of visits: written when a visit is settled, taken away when it is deleted; norms and districts follow.

Belongs here: keeping VisitDigest true. Does not: what goes into one (workers.answer_prints), what is usual (norms.py), the
officers of a district (officer_screening.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import insert_for, one_of
from server.models.norm import DistrictDue, ExtremeAnswer, VisitDigest
from server.models.submission import Submission
from server.services.facts_visits import Visit
from server.services.norms import Change, count_changes
from workers.answer_prints import boil_down, find_plan

DISTRICT_DIGITS = 6
PHONE_QUESTION = "no_hp"
_COLUMNS = [column.key for column in VisitDigest.__table__.columns]


def write_digests(session: Session, backends: Backends, visits: Sequence[Visit]) -> set[int]:
    """Brings the digests of these visits up to date; active times must stand in their rows. A repeat changes nothing.

    Returns: other visits that are owed a screening, as what is usual moved past them.
    Effects: locks the norms of the form versions until the transaction ends; the districts are due.
    """
    known = _load(session, [visit.submission.id for visit in visits])
    fresh = {visit.submission.id: _digest(backends, visit) for visit in visits}
    changed = {number: row for number, row in fresh.items() if known.get(number) != row}
    if changed:
        _upsert(session, changed.values())
    owed = _count(session, {number: known.get(number) for number in changed}, changed)
    _mark_due(session, {_due(visit.submission) for visit in visits if visit.submission.id in changed})
    return owed - set(fresh)


def forget_digests(session: Session, submissions: Iterable[Submission]) -> set[int]:
    """Takes these visits out of all comparisons. Returns: as write_digests."""
    rows = list(submissions)
    known = _load(session, [row.id for row in rows])
    if not known:
        return set()
    owed = _count(session, known, {})
    for model in (ExtremeAnswer, VisitDigest):
        session.execute(delete(model).where(model.submission_id.in_(known)))
    _mark_due(session, {_due(row) for row in rows})
    return owed - set(known)


def _load(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    query = select(*VisitDigest.__table__.columns).where(one_of(VisitDigest.submission_id, ids))
    return {row["submission_id"]: dict(row) for row in session.execute(query).mappings()}


def _digest(backends: Backends, visit: Visit) -> dict[str, Any]:
    """The row of one visit; of one whose answers cannot be read, an empty one."""
    submission = visit.submission
    active_s = submission.active_s if submission.is_final else None
    row: dict[str, Any] = dict.fromkeys(_COLUMNS)
    row |= {"submission_id": submission.id, "form_version_id": visit.version.form_version_id}
    row |= {"numbers": [active_s], "others": 0, "others_asked": 0}
    if visit.answers is None:
        return row
    boiled = boil_down(find_plan(visit.definition), visit.form.xml_form_id, visit.answers)
    return row | {
        "numbers": [active_s, *boiled.numbers],
        "print": boiled.print,
        "not_found": boiled.not_found,
        "all_no": boiled.all_no,
        "others": boiled.others,
        "others_asked": boiled.others_asked,
        "phone_hash": _phone_hash(backends, visit),
    }


def _phone_hash(backends: Backends, visit: Visit) -> bytes | None:
    fields = visit.definition.by_name.get(PHONE_QUESTION, ())
    text = visit.answers.text(fields[0].path) if fields and visit.answers is not None else ""
    digits = normal_phone(text)
    return backends.seal.keyed_hash(f"hp:{digits}") if digits else None


def normal_phone(text: str) -> str:
    """'0812-3456 789' and '+62 812 3456 789' -> '628123456789'; '' for what has under 8 digits."""
    digits = "".join(letter for letter in text if letter in "0123456789")
    if digits.startswith("0"):
        digits = "62" + digits[1:]
    return digits if len(digits) >= 8 else ""


def _upsert(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    statement = insert_for(session, VisitDigest)
    new = {name: statement.excluded[name] for name in _COLUMNS if name != "submission_id"}
    session.execute(statement.on_conflict_do_update(index_elements=["submission_id"], set_=new), list(rows))


def _count(
    session: Session, before: Mapping[int, Mapping[str, Any] | None], after: Mapping[int, Mapping[str, Any]]
) -> set[int]:
    """Counts what changed, version by version in their order: two workers wait for each other in turn, never both."""
    by_version: dict[int, list[Change]] = {}
    for number in sorted({*before, *after}):
        old, new = before.get(number), after.get(number)
        if old and new and old["form_version_id"] == new["form_version_id"]:
            if old["numbers"] != new["numbers"]:
                change = Change(number, old["numbers"], new["numbers"])
                by_version.setdefault(new["form_version_id"], []).append(change)
            continue
        if old:
            by_version.setdefault(old["form_version_id"], []).append(Change(number, old["numbers"], ()))
        if new:
            by_version.setdefault(new["form_version_id"], []).append(Change(number, (), new["numbers"]))
    owed: set[int] = set()
    for version_id in sorted(by_version):
        owed |= count_changes(session, version_id, by_version[version_id])
    return owed


def _due(submission: Submission) -> tuple[int, str]:
    return submission.project_id, (submission.area_path or "")[:DISTRICT_DIGITS]


def _mark_due(session: Session, districts: Collection[tuple[int, str]]) -> None:
    if districts:
        rows = [{"project_id": project, "district": district} for project, district in sorted(districts)]
        session.execute(insert_for(session, DistrictDue).values(rows).on_conflict_do_nothing())
