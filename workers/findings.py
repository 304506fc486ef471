"""The checks as a whole: the catalogue of all of them, and running them over facts.

Belongs here: CATALOG, run_checks; and the names that the server needs of this package's facts and findings.
Does not: how a check is declared (checking.py), the checks (workers.checks), storing findings (server).
"""

import logging
import traceback
from collections.abc import Iterable, Mapping

from forms.rule_terms import Kind, Outcome, Severity
from workers.checking import (
    NOT_APPLICABLE,
    REGISTRY,
    Check,
    Finding,
    Fires,
    Setting,
    Subject,
    Unknown,
    check,
)
from workers.checks import duplicates, identity, interview, location, members, photos, presence, register
from workers.explaining import REASONS, explain_check
from workers.fact_values import fact_values, register_values
from workers.facts import (
    DayVisit,
    Facts,
    HistoryFacts,
    HousePeer,
    InterviewFacts,
    KkPeer,
    LocationFacts,
    NikPeer,
    OfficerDay,
    PhotoFacts,
    PhotoPeer,
    PointPeer,
    Reason,
    RegisterFacts,
    Relation,
    VisitFacts,
)

__all__ = [
    "CATALOG",
    "FAMILIES",
    "NOT_APPLICABLE",
    "REASONS",
    "Check",
    "DayVisit",
    "Facts",
    "Finding",
    "Fires",
    "HistoryFacts",
    "HousePeer",
    "InterviewFacts",
    "Kind",
    "KkPeer",
    "LocationFacts",
    "NikPeer",
    "OfficerDay",
    "Outcome",
    "PhotoFacts",
    "PhotoPeer",
    "PointPeer",
    "Reason",
    "RegisterFacts",
    "Relation",
    "Setting",
    "Severity",
    "Subject",
    "Unknown",
    "VisitFacts",
    "check",
    "explain_check",
    "fact_values",
    "register_values",
    "run_checks",
]

log = logging.getLogger(__name__)

FAMILIES = (location, presence, identity, members, register, duplicates, interview, photos)
CATALOG: Mapping[str, Check] = {code: REGISTRY[code] for code in sorted(REGISTRY)}
"""Every check by code. run_checks evaluates all of them."""


def run_checks(
    facts: Facts, settings: Mapping[str, Mapping[str, object]], *, checks: Iterable[Check] | None = None
) -> list[Finding]:
    """What fires and what is unknown, in the order of the catalogue; every check of it was evaluated.

    Args: settings: check code -> setting name -> value, for those that differ from the default. checks:
    others than CATALOG.
    Effects: a check that raises, or has a setting it cannot use, becomes unknown with reason `error` and is
    logged by code and submission id; the others go on.
    """
    findings = (_run(check, facts, settings.get(check.code, {})) for check in (checks or CATALOG.values()))
    return [finding for finding in findings if finding.outcome in (Outcome.FIRES, Outcome.UNKNOWN)]


def _run(check: Check, facts: Facts, given: Mapping[str, object]) -> Finding:
    try:
        return check.run(facts, given)
    except Exception as error:
        # The edge of a check: one broken check must not silence the others. Frames only: a message may quote
        # an answer.
        where = "".join(traceback.format_tb(error.__traceback__))
        named = {"code": check.code, "submission_id": facts.submission_id, "error": type(error).__name__}
        log.error("check.failed", extra={**named, "where": where})
        return check.failed()
