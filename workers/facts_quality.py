"""Facts about the quality of one visit: its form version, its clock, its numbers, and the visits it may be a copy of.

Belongs here: value classes. Does not: gathering (server.services.facts_quality), judging (workers.checks).
Everywhere: None means "nobody has looked"; an empty tuple means "looked, there is none".
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class Overlap(NamedTuple):
    """Another submission of the same officer, not known to be of the same household, open at the same time. A tuple, as an
    officer whose forms lie open all day has a hundred for each visit.

    seconds: how long both interviews ran together, from the starts and ends that the phone wrote.
    """

    submission_id: int
    household_id: int | None
    label: str
    seconds: int


@dataclass(frozen=True)
class Twin:
    """Another house's submission of the same officer and form version.

    items: questions answered in at least one of the two; same: those answered alike in both.
    """

    submission_id: int
    household_id: int | None
    label: str
    items: int
    same: int


@dataclass(frozen=True)
class BackCheck:
    """Another complete visit to the household with the same form, by another officer.

    items: key questions answered in both; differing: names of those answered differently. days: between the two visits.
    """

    submission_id: int
    officer_id: int | None
    visited_on: date | None
    days: int | None
    items: int
    differing: tuple[str, ...]


@dataclass(frozen=True)
class NumberFacts:
    """A number that was answered, beside what others answered. Of a repeat, the largest of its rows.

    mean, sd: of the form version's answers so far, both to two significant digits and with the upper twentieth drawn in;
    None while there are none. answers: how many.
    """

    name: str
    value: float
    mean: float | None = None
    sd: float | None = None
    answers: int = 0


@dataclass(frozen=True)
class PhonePeer:
    """Another family that gave the same telephone number; submission_id: its first visit with it."""

    submission_id: int
    household_id: int
    label: str


@dataclass(frozen=True)
class QualityFacts:
    """What the checks of quality know beside times and photos.

    version_known: somebody looked whether the form version is current; version_replaced_at: when the next version was
    published, None when it is the current one.
    overlaps, twins: in order of arrival. twins: None also for forms too short to compare.
    """

    version_known: bool = False
    version_replaced_at: datetime | None = None
    overlaps: tuple[Overlap, ...] | None = None
    twins: tuple[Twin, ...] | None = None
    back_checks: tuple[BackCheck, ...] | None = None
    numbers: tuple[NumberFacts, ...] | None = None
    same_phone: tuple[PhonePeer, ...] | None = None
