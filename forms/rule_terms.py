"""The words of findings: kind, severity, outcome, level.

Belongs here: the enums that rules (forms) and checks (workers) share, and the words a sheet may use for them.
Does not: what decides them (rules.py, workers.checks).
Source: docs/semantics, sections 2 and 3.
"""

from collections.abc import Mapping
from enum import Enum


class Severity(Enum):
    """How much a finding asks of a supervisor. HIGH must be decided, INFO is only shown."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """3 for HIGH down to 0 for INFO: larger is graver."""
        return _RANKS[self]


_RANKS: Mapping[Severity, int] = {
    Severity.HIGH: 3,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.INFO: 0,
}


class Kind(Enum):
    """What a finding is about. INELIGIBLE applies only to households with an active programme."""

    INELIGIBLE = "ineligible"
    PROTECT = "protect"
    COMPONENT = "component"
    DATA = "data"
    IDENTITY = "identity"
    LOCATION = "location"
    QUALITY = "quality"
    WORKFLOW = "workflow"


class Outcome(Enum):
    """The answer of a rule or check. UNKNOWN is "could not look", never a pass."""

    FIRES = "fires"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    CLEAR = "clear"


class Level(Enum):
    """What a rule looks at: one submission, or a household after all its submission rules."""

    SUBMISSION = "submission"
    HOUSEHOLD = "household"


SEVERITY_WORDS: Mapping[str, Severity] = {
    "tinggi": Severity.HIGH,
    "sedang": Severity.MEDIUM,
    "rendah": Severity.LOW,
    "info": Severity.INFO,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}
KIND_WORDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
LEVEL_WORDS: Mapping[str, Level] = {
    "submission": Level.SUBMISSION,
    "kiriman": Level.SUBMISSION,
    "household": Level.HOUSEHOLD,
    "keluarga": Level.HOUSEHOLD,
}
