"""Giving stories to visits: which families suit, and the tricks that need the map or another family.

Belongs here: handing out STORIES over visits. Does not: the stories themselves (stories.py).
"""

import random  # drawings, not secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import shapely

from server.demo.people import Family
from server.demo.places import Point, find_outside
from server.demo.stories import PAIRS, STORIES, Story, Trick
from server.demo.visits import Visit, officers_of

Key = tuple[str, int]


def tell(visits: Sequence[Visit], villages: shapely.Geometry, dice: random.Random) -> list[Visit]:
    """The visits, some of them with a story, and the second visits that stories need at the end.

    Args: villages: the union of all villages. Families with an odd row in the register keep to themselves.
    """
    told = _Told(visits, villages, dice)
    for story in sorted(STORIES, key=lambda story: _RANK.get(story.trick, len(_RANK))):
        told.give(story)
    return told.visits


_RANK = {trick: place for place, trick in enumerate((Trick.visited_twice, Trick.other_district, *PAIRS))}
"""The choosy ones first."""


class _Told:
    """Visits by family while stories are handed out."""

    def __init__(self, visits: Sequence[Visit], villages: shapely.Geometry, dice: random.Random) -> None:
        self._villages = villages
        self._by_family = {visit.family.source_id: visit for visit in visits}
        self._second: list[Visit] = []
        self._free = [visit.family for visit in visits if visit.family.oddity is None]
        dice.shuffle(self._free)

    @property
    def visits(self) -> list[Visit]:
        return [*self._by_family.values(), *self._second]

    def give(self, story: Story) -> None:
        """Hands the story to as many families as it is told about."""
        if story.trick in PAIRS:
            self._give_pair(story)
            return
        able = [family for family in self._free if story.suits(family)]
        if story.trick == Trick.visited_twice:
            able.sort(key=lambda family: len(officers_of(family)), reverse=True)
        given = 0
        for family in able:
            if given < story.times and self._give_one(story, family):
                given += 1

    def _give_one(self, story: Story, family: Family) -> bool:
        fix = self._fix_for(story, family)
        if fix is None:
            return False
        visit = self._take(story, family)
        visit = replace(visit, fix=fix, accuracy_m=story.accuracy_m or visit.accuracy_m)
        self._by_family[family.source_id] = visit
        if story.trick == Trick.visited_twice:
            others = [place for place in officers_of(family) if place != visit.officer]
            officer, photo = (
                others[0] if others else visit.officer,
                (visit.photo[0], f"{visit.photo[1]} again"),
            )
            self._second.append(replace(visit, officer=officer, photo=photo, number=2))
        return True

    def _give_pair(self, story: Story) -> None:
        able = [family for family in self._free if story.suits(family)]
        first, second = next(_neighbours(able))
        leader, follower = self._take(story, first), self._take(story, second)
        self._by_family[first.source_id] = leader
        self._by_family[second.source_id] = _COPY[story.trick](leader, follower)

    def _take(self, story: Story, family: Family) -> Visit:
        self._free.remove(family)
        visit = self._by_family[family.source_id]
        changes = dict(story.changes)
        seconds = int(changes.pop("seconds", visit.seconds))
        return replace(visit, story=story, changes=changes, seconds=seconds)

    def _fix_for(self, story: Story, family: Family) -> Point | None:
        """Where the phone says it stood; None when the story cannot happen here."""
        visit = self._by_family[family.source_id]
        if story.trick == Trick.other_district:
            return find_outside(family.village, family.home, self._villages, 900, 1800)
        if story.trick == Trick.other_village:
            place = find_outside(family.village, family.home, family.village.shape, 220, 420)
            return place if place is not None and shapely.contains_xy(self._villages, *place) else None
        return visit.fix


def _neighbours(families: Sequence[Family]) -> Iterator[tuple[Family, Family]]:
    """Pairs of the same RW that one officer visits."""
    for place, first in enumerate(families):
        for second in families[place + 1 :]:
            if (first.village.code, first.rw) == (second.village.code, second.rw):
                yield first, second


def _same_point(leader: Visit, follower: Visit) -> Visit:
    return replace(follower, fix=leader.fix, accuracy_m=leader.accuracy_m)


def _same_photo(leader: Visit, follower: Visit) -> Visit:
    return replace(follower, photo=leader.photo)


def _similar_photo(leader: Visit, follower: Visit) -> Visit:
    return replace(follower, photo=(leader.photo[0], follower.photo[1]))


_COPY: dict[Trick, Callable[[Visit, Visit], Visit]] = {
    Trick.same_point: _same_point,
    Trick.same_photo: _same_photo,
    Trick.similar_photo: _similar_photo,
}
