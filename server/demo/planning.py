"""Planning the invented campaign: six officers, two weeks, 200 visits; most unremarkable, some of them a story.

Belongs here: who visits whom, and when. Does not: what is found (stories.py, telling.py), sending (sending.py).
"""

import random  # drawings, not secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

import shapely

from server.demo.people import Family
from server.demo.places import moved
from server.demo.telling import tell
from server.demo.visits import OFFICERS, Visit, officers_of

SEED = 200
VISITS = 200
FIRST_VISITS_PER_OFFICER = 33
DAYS = 14
_SUNDAY = 6
_START = time(7, 50)
_EVENING = time(18, 40)
_SENT_IN_THE_EVENING = 0.15


def plan_visits(families: Sequence[Family], today: date, timezone: tzinfo) -> list[Visit]:
    """200 visits of the two weeks before today, in order of their arrival at the server."""
    dice = random.Random(SEED)  # noqa: S311
    plain = [
        _plain(family, officer, dice)
        for officer, chosen in enumerate(_choose(families, dice))
        for family in chosen
    ]
    villages = shapely.union_all(
        [village.shape for village in dict.fromkeys(family.village for family in families)]
    )
    told = tell(plain, villages, dice)
    days = _workdays(today)
    rounds = ([visit for visit in told if visit.officer == officer] for officer in range(len(OFFICERS)))
    dated = [visit for visits in rounds for visit in _dated(visits, days, timezone, dice)]
    return sorted(dated, key=lambda visit: visit.received_at)


def _choose(families: Sequence[Family], dice: random.Random) -> list[list[Family]]:
    """For each officer the families to visit: all with an odd row, then others at random; nobody twice."""
    taken: set[str] = set()
    chosen: list[list[Family]] = []
    for officer in range(len(OFFICERS)):
        near = [
            family for family in families if officer in officers_of(family) and family.source_id not in taken
        ]
        dice.shuffle(near)
        near.sort(key=lambda family: family.oddity is None)
        mine = near[:FIRST_VISITS_PER_OFFICER]
        taken |= {family.source_id for family in mine}
        chosen.append(
            sorted(mine, key=lambda family: (family.village.code, family.rw, family.rt, family.source_id))
        )
    return chosen


def _plain(family: Family, officer: int, dice: random.Random) -> Visit:
    accuracy_m = round(min(16.0, max(2.6, dice.lognormvariate(1.7, 0.45))), 1)
    return Visit(
        family=family,
        officer=officer,
        fix=moved(family.home, dice.gauss(0, accuracy_m / 3), dice.gauss(0, accuracy_m / 3)),
        accuracy_m=accuracy_m,
        photo=(family.source_id, family.source_id),
        seconds=dice.randrange(640, 1500),
        pace=round(dice.uniform(0.75, 1.6), 2),
    )


def _workdays(today: date) -> list[date]:
    days = [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
    return [day for day in days if day.weekday() != _SUNDAY]


def _dated(
    visits: Sequence[Visit], days: Sequence[date], timezone: tzinfo, dice: random.Random
) -> Iterator[Visit]:
    """The visits one after another, spread over the days; second visits come last, on the last day."""
    for place, day in enumerate(days):
        first, last = place * len(visits) // len(days), (place + 1) * len(visits) // len(days)
        free_at = datetime.combine(day, _START, timezone)
        for visit in visits[first:last]:
            started_at = free_at + timedelta(minutes=dice.randrange(6, 40), seconds=dice.randrange(60))
            free_at = started_at + visit.length
            sent_at = free_at + timedelta(minutes=dice.randrange(2, 25), seconds=dice.randrange(60))
            if dice.random() < _SENT_IN_THE_EVENING:
                sent_at = datetime.combine(day, _EVENING, timezone) + timedelta(seconds=dice.randrange(3000))
            yield replace(visit, started_at=started_at, received_at=sent_at)
