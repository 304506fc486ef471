"""The checks as a whole: the catalogue of all of them, and running them over facts.

Belongs here: CATALOG, run_checks; and the names that the server needs of this package's facts and findings.
Does not: how a check is declared (checking.py), the checks (workers.checks), storing findings (server).
"""

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from forms.rule_terms import Kind, Outcome, Severity
from workers.checking import (
    NOT_APPLICABLE,
    REGISTRY,
    Check,
    Finding,
    Fires,
    Parameter,
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
    "Tuned",
    "Twin",
    "Unknown",
    "VisitFacts",
    "check",
    "explain_check",
    "fact_values",
    "register_values",
    "run_checks",
    "run_tuned",
    "tune_checks",
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


class Tuned(NamedTuple):
    """A check with the settings in force; parameters: None when it has a setting that it cannot use."""

    check: Check
    parameters: Mapping[str, Parameter] | None


def tune_checks(
    settings: Mapping[str, Mapping[str, object]], checks: Iterable[Check] = CATALOG.values()
) -> tuple[Tuned, ...]:
    """The checks with their settings read, for running them over many facts.

    Args: settings: check code -> setting name -> value, for those that differ from the default.
    Effects: one with a setting it cannot use is logged; it will be unknown with reason `error`.
    """
    return tuple(Tuned(check, _parameters(check, settings.get(check.code, {}))) for check in checks)


def _parameters(check: Check, given: Mapping[str, object]) -> Mapping[str, Parameter] | None:
    try:
        return check.parameters(given)
    except Exception as error:  # an office's value, or a check's knob: the other checks must go on
        _log(check, error, {})
        return None


def run_checks(
    facts: Facts | OfficerFacts | CaseFacts,
    settings: Mapping[str, Mapping[str, object]],
    *,
    checks: Iterable[Check] | None = None,
) -> list[Finding]:
    """What fires and what is unknown, in the order of the catalogue; every check of it was evaluated.

    Args: settings: as of tune_checks. checks: others than those of CATALOG that are about what the facts are about: a visit,
    an officer, a case.
    Effects: as run_tuned.
    """
    return run_tuned(facts, tune_checks(settings, _OF_FACTS[type(facts)] if checks is None else checks))


def run_tuned(facts: Facts | OfficerFacts | CaseFacts, checks: Iterable[Tuned]) -> list[Finding]:
    """What fires and what is unknown, in the order of the checks; every one of them was evaluated.

    Effects: a check that raises, or has a setting it cannot use, becomes unknown with reason `error` and is
    logged by code and id; the others go on.
    """
    findings = []
    for tuned, parameters in checks:
        if parameters is None:
            findings.append(tuned.failed())
            continue
        try:
            answer = tuned.function(facts, **parameters)
            # Nearly all are fine, and of what is fine nothing is kept.
            if answer is not None and answer is not NOT_APPLICABLE:
                findings.append(tuned.finding(answer, parameters))
        except Exception as error:
            # The edge of a check: one broken check must not silence the others.
            _log(tuned, error, _identify(facts))
            findings.append(tuned.failed())
    return findings


def _log(check: Check, error: Exception, about: Mapping[str, int]) -> None:
    """Frames only: a message may quote an answer."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "check.failed", extra={"code": check.code, "error": type(error).__name__, **about, "where": where}
    )


def _identify(facts: Facts | OfficerFacts | CaseFacts) -> dict[str, int]:
    if isinstance(facts, Facts):
        return {"submission_id": facts.submission_id}
    return {"officer_id": facts.officer_id} if isinstance(facts, OfficerFacts) else {"case_id": facts.case_id}
