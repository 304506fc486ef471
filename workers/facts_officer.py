"""Facts about an officer: all visits of one campaign together, beside those of the others who work in the same kecamatan.

Belongs here: value classes. Does not: counting (server.services.facts_officers), judging (workers.checks.officers).
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DayCount:
    """How many submissions of one form the officer's phone sent for one local day."""

    day: date
    form_id: str
    visits: int


@dataclass(frozen=True)
class Tally:
    """How many of `asked` were `found`: visits, or answers."""

    found: int = 0
    asked: int = 0

    @property
    def pct(self) -> float | None:
        """Share in percent; None when nobody asked."""
        return 100.0 * self.found / self.asked if self.asked else None


@dataclass(frozen=True)
class Counts:
    """not_found: visits that met nobody at the address. all_no: asset interviews in which everything was "no".
    other: answers "lainnya" among the questions that offer it."""

    not_found: Tally = Tally()
    all_no: Tally = Tally()
    other: Tally = Tally()


@dataclass(frozen=True)
class OfficerFacts:
    """One officer in one campaign.

    districts: kecamatan codes of the visits, sorted; peers: the visits of other officers there, None when nobody else
    works there. usual_day: median of the peers' submissions a day, None without peers.
    """

    officer_id: int
    districts: tuple[str, ...] = ()
    days: tuple[DayCount, ...] | None = None
    own: Counts = Counts()
    peers: Counts | None = None
    peer_officers: int = 0
    usual_day: float | None = None
