"""What is usual for a form version: counted up as visits come in, and, when it moves, exactly those judged again whom it
passed.

A finding that compares a visit with what is usual must not depend on what came in first. So every visit is counted once
(VisitDigest says with what), the norm follows from the counts alone, and a visit whose value lies beyond the old or the new
limit is owed a screening when the norm moves: it is found in ExtremeAnswer, where all values stand that lie beyond a
"watch". A norm that moves to the near side of its watch has the version's visits looked through once, and gets a nearer one.

Belongs here: counting, moving, who is owed. Does not: bins and statistics (workers.norms), judging (workers.checks).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from server.db import insert_for
from server.models.norm import AnswerNorm, ExtremeAnswer, VisitDigest
from server.services.settings import SettingTable, load_settings
from workers import norms as statistics
from workers.findings import CATALOG

TIME = 0
"""The place of the active time; numbers follow."""
WATCH_FACTOR = 1.5
"""How much farther than its limit a time is watched; a number from limit / WATCH_FACTOR deviations on."""
Numbers = Sequence[Any]


@dataclass(frozen=True)
class Change:
    """A visit that counts for something else now. before, after: VisitDigest.numbers, () for nothing."""

    submission_id: int
    before: Numbers
    after: Numbers


@dataclass(frozen=True)
class Limits:
    """What offices set anywhere: the widest that a limit can reach. visits, answers: from how many on a norm counts."""

    median_pct: float
    visits: tuple[int, ...]
    deviations: float
    answers: tuple[int, ...]


def count_changes(session: Session, version_id: int, changes: Sequence[Change]) -> set[int]:
    """Counts these visits of one form version. Returns: visits that are owed a screening since a norm moved past them.

    Effects: the version's norm is locked until the transaction ends, so let this be the last thing that a transaction does.
    """
    norm = _lock(session, version_id)
    tallies = [dict(tally) for tally in norm.tallies]
    touched = {place for change in changes for place in _count(tallies, change)}
    limits = _limits(load_settings(session))
    norms, watches = _padded(norm.norms, len(tallies)), _padded(norm.watches, len(tallies))
    _write_extremes(session, version_id, changes, watches)
    owed: set[int] = set()
    for place in sorted(touched):
        old, new = norms[place], _norm(place, tallies[place])
        norms[place] = new
        reach = _reach(place, old, new, limits)
        if reach is None:
            continue
        if watches[place] is None or not _within(place, reach, watches[place]):
            watches[place] = _watch(place, new, reach, limits)
            _look_through(session, version_id, place, watches[place])
        owed |= _beyond(session, version_id, place, reach)
    _save(session, version_id, tallies, norms, watches)
    return owed


def load_norms(session: Session, version_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Form version -> its norms by place; absent while nothing was counted."""
    query = select(AnswerNorm.form_version_id, AnswerNorm.norms)
    return dict(session.execute(query.where(AnswerNorm.form_version_id.in_(set(version_ids)))).all())


def _lock(session: Session, version_id: int) -> Any:
    fresh = {"form_version_id": version_id, "tallies": [], "norms": [], "watches": []}
    query = (
        select(AnswerNorm.tallies, AnswerNorm.norms, AnswerNorm.watches)
        .where(AnswerNorm.form_version_id == version_id)
        .with_for_update()
    )
    found = session.execute(query).first()
    if found is None:
        session.execute(insert_for(session, AnswerNorm).values(fresh).on_conflict_do_nothing())
        found = session.execute(query).one()
    return found


def _save(
    session: Session, version_id: int, tallies: list[Any], norms: list[Any], watches: list[Any]
) -> None:
    session.execute(
        update(AnswerNorm)
        .where(AnswerNorm.form_version_id == version_id)
        .values(tallies=tallies, norms=norms, watches=watches)
        .execution_options(synchronize_session=False)
    )


def _padded(values: Sequence[Any], size: int) -> list[Any]:
    return [*values, *[None] * (size - len(values))]


def _count(tallies: list[dict[str, int]], change: Change) -> Iterable[int]:
    """Counts one visit. Returns: the places that it touched."""
    places = max(len(change.before), len(change.after))
    tallies += [{} for _ in range(places - len(tallies))]
    for place in range(places):
        old, new = _values(change.before, place), _values(change.after, place)
        if old != new:
            for values, step in ((old, -1), (new, 1)):
                _add(tallies[place], place, values, step)
            yield place


def _values(numbers: Numbers, place: int) -> list[float]:
    value = numbers[place] if place < len(numbers) else None
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _add(tally: dict[str, int], place: int, values: Iterable[float], step: int) -> None:
    for value in values:
        name = statistics.time_bin(value) if place == TIME else statistics.number_bin(value)
        tally[name] = tally.get(name, 0) + step
        if tally[name] <= 0:
            del tally[name]


def _norm(place: int, tally: Mapping[str, int]) -> list[Any] | None:
    """[how many, median], or [how many, mean, deviation]; None of nothing."""
    total = statistics.count(tally)
    if place == TIME:
        median = statistics.median_norm(tally)
        return None if median is None else [total, median]
    spread = statistics.spread_norm(tally)
    return None if spread is None else [total, *spread]


def _limits(table: SettingTable) -> Limits:
    return Limits(
        median_pct=max(_set_values(table, "QC01", "median_pct")),
        visits=tuple(int(value) for value in _set_values(table, "QC01", "median_visits")),
        deviations=min(_set_values(table, "QC16", "deviations")),
        answers=tuple(int(value) for value in _set_values(table, "QC16", "answers")),
    )


def _set_values(table: SettingTable, code: str, knob: str) -> list[float]:
    """The default and whatever was set for any area and day."""
    default = float(CATALOG[code].settings[knob].default)
    return [default, *(float(value) for name, _, _, value in table.rows if name == f"{code}.{knob}")]


def _reach(place: int, old: list[Any] | None, new: list[Any] | None, limits: Limits) -> float | None:
    """The value beyond which findings may have changed; None when the norm did not move for anybody."""
    from_on = limits.visits if place == TIME else limits.answers
    if _standing(old, from_on) == _standing(new, from_on):
        return None
    found = [_limit(place, norm, limits) for norm in (old, new) if norm and norm[0] >= min(from_on)]
    if not found:
        return None
    return max(found) if place == TIME else min(found)


def _standing(norm: list[Any] | None, from_on: Sequence[int]) -> object:
    """What a finding can see of a norm: nothing before it counts for anybody."""
    if norm is None:
        return None
    counts = tuple(norm[0] >= number for number in from_on)
    return (counts, *norm[1:]) if any(counts) else None


def _limit(place: int, norm: Sequence[float], limits: Limits) -> float:
    if place == TIME:
        return norm[1] * limits.median_pct / 100
    return norm[1] + limits.deviations * norm[2]


def _within(place: int, reach: float, watch: float) -> bool:
    """Whether all that lies beyond `reach` is watched."""
    return reach <= watch if place == TIME else reach >= watch


def _watch(place: int, norm: Sequence[float] | None, reach: float, limits: Limits) -> float:
    if place == TIME:
        return reach * WATCH_FACTOR
    nearer = norm[1] + limits.deviations * norm[2] / WATCH_FACTOR if norm else reach
    return min(reach, nearer)


def _is_watched(place: int, value: float, watch: float) -> bool:
    return value < watch if place == TIME else value > watch


def _extreme(place: int, numbers: Numbers) -> float | None:
    """The value of a visit that decides: the largest of a repeat's."""
    return max(_values(numbers, place), default=None)


def _write_extremes(
    session: Session, version_id: int, changes: Sequence[Change], watches: Sequence[Any]
) -> None:
    known = [change.submission_id for change in changes if change.before]
    if known:
        session.execute(delete(ExtremeAnswer).where(ExtremeAnswer.submission_id.in_(known)))
    rows = [
        _row(change.submission_id, place, version_id, value)
        for change in changes
        for place, watch in enumerate(watches)
        if watch is not None
        and (value := _extreme(place, change.after)) is not None
        and _is_watched(place, value, watch)
    ]
    if rows:
        session.execute(insert(ExtremeAnswer), rows)


def _row(submission_id: int, place: int, version_id: int, value: float) -> dict[str, Any]:
    return {"submission_id": submission_id, "place": place, "form_version_id": version_id, "value": value}


def _look_through(session: Session, version_id: int, place: int, watch: float) -> None:
    """Puts every visit of the version that the new watch covers into ExtremeAnswer."""
    session.execute(
        delete(ExtremeAnswer).where(ExtremeAnswer.form_version_id == version_id, ExtremeAnswer.place == place)
    )
    query = select(VisitDigest.submission_id, VisitDigest.numbers)
    rows = [
        _row(submission_id, place, version_id, value)
        for submission_id, numbers in session.execute(query.where(VisitDigest.form_version_id == version_id))
        if (value := _extreme(place, numbers)) is not None and _is_watched(place, value, watch)
    ]
    if rows:
        session.execute(insert(ExtremeAnswer), rows)


def _beyond(session: Session, version_id: int, place: int, reach: float) -> set[int]:
    beyond = ExtremeAnswer.value < reach if place == TIME else ExtremeAnswer.value > reach
    query = select(ExtremeAnswer.submission_id)
    return set(
        session.scalars(
            query.where(ExtremeAnswer.form_version_id == version_id, ExtremeAnswer.place == place, beyond)
        )
    )
