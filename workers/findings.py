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
from workers.checks import (
    answers,
    duplicates,
    identity,
    interview,
    location,
    members,
    officers,
    photos,
    presence,
    register,
    workflow,
)
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
from workers.facts_case import CaseFacts, HighFinding
from workers.facts_officer import Counts, DayCount, OfficerFacts, Tally
from workers.facts_quality import BackCheck, NumberFacts, Overlap, PhonePeer, QualityFacts, Twin

__all__ = [
    "CATALOG",
    "FAMILIES",
    "NOT_APPLICABLE",
    "REASONS",
    "VISIT_SUBJECTS",
    "BackCheck",
    "CaseFacts",
    "Check",
    "Counts",
    "DayCount",
    "DayVisit",
    "Facts",
    "Finding",
    "Fires",
    "HighFinding",
    "HistoryFacts",
    "HousePeer",
    "InterviewFacts",
    "Kind",
    "KkPeer",
    "LocationFacts",
    "NikPeer",
    "NumberFacts",
    "OfficerDay",
    "OfficerFacts",
    "Outcome",
    "Overlap",
    "PhonePeer",
    "PhotoFacts",
    "PhotoPeer",
    "PointPeer",
    "QualityFacts",
    "Reason",
    "RegisterFacts",
    "Relation",
    "Setting",
    "Severity",
    "Subject",
    "Tally",
    "Twin",
    "Unknown",
    "VisitFacts",
    "check",
    "explain_check",
    "fact_values",
    "register_values",
    "run_checks",
]

log = logging.getLogger(__name__)

FAMILIES = (
    location,
    presence,
    identity,
    members,
    register,
    duplicates,
    interview,
    answers,
    photos,
    officers,
    workflow,
)
CATALOG: Mapping[str, Check] = {code: REGISTRY[code] for code in sorted(REGISTRY)}
"""Every check by code. run_checks evaluates all of them that are about what its facts are about."""
VISIT_SUBJECTS = (Subject.SUBMISSION, Subject.HOUSEHOLD)
_SUBJECTS: Mapping[type, tuple[Subject, ...]] = {
    Facts: VISIT_SUBJECTS,
    OfficerFacts: (Subject.OFFICER,),
    CaseFacts: (Subject.CASE,),
}
_OF_FACTS = {
    kind: tuple(check for check in CATALOG.values() if check.subject in subjects)
    for kind, subjects in _SUBJECTS.items()
}


def run_checks(
    facts: Facts | OfficerFacts | CaseFacts,
    settings: Mapping[str, Mapping[str, object]],
    *,
    checks: Iterable[Check] | None = None,
) -> list[Finding]:
    """What fires and what is unknown, in the order of the catalogue; every check of it was evaluated.

    Args: settings: check code -> setting name -> value, for those that differ from the default. checks:
    others than those of CATALOG that are about what the facts are about: a visit, an officer, a case.
    Effects: a check that raises, or has a setting it cannot use, becomes unknown with reason `error` and is
    logged by code and id; the others go on.
    """
    chosen = _OF_FACTS[type(facts)] if checks is None else checks
    findings = (_run(check, facts, settings.get(check.code, {})) for check in chosen)
    return [finding for finding in findings if finding.outcome in (Outcome.FIRES, Outcome.UNKNOWN)]


def _run(check: Check, facts: Facts | OfficerFacts | CaseFacts, given: Mapping[str, object]) -> Finding:
    try:
        return check.run(facts, given)
    except Exception as error:
        # The edge of a check: one broken check must not silence the others. Frames only: a message may quote
        # an answer.
        where = "".join(traceback.format_tb(error.__traceback__))
        named = {"code": check.code, "error": type(error).__name__, **_identify(facts)}
        log.error("check.failed", extra={**named, "where": where})
        return check.failed()


def _identify(facts: Facts | OfficerFacts | CaseFacts) -> dict[str, int]:
    if isinstance(facts, Facts):
        return {"submission_id": facts.submission_id}
    return {"officer_id": facts.officer_id} if isinstance(facts, OfficerFacts) else {"case_id": facts.case_id}
