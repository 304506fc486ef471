"""Checks of the interview itself: did it take place as it should.

Belongs here: QC rules about time. Does not: comparing many visits of an officer (needs facts about officers).
Source: docs/domain 7.7.
"""

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Unknown, check
from workers.facts import Facts, Reason


@check(
    "QC01",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC01",
    label_id="Wawancara terlalu cepat",
    label_en="Interview too short",
    explain_id="Wawancara {active_s} detik, kurang dari {threshold} detik.",
    explain_en="The interview took {active_s} seconds, less than {threshold} seconds.",
)
def too_fast(
    facts: Facts,
    *,
    median_pct: float = 40.0,
    median_visits: int = 30,
    penyisiran_s: float = 240.0,
    stiker_s: float = 180.0,
    aset_s: float = 300.0,
) -> Answer:
    """Fires for a complete interview shorter than max(median_pct of the form version's median, the form's
    floor).

    Below median_visits complete visits only the floor counts; a form without a floor is then not applicable.
    """
    interview = facts.interview
    if interview.finished is None:
        return Unknown(Reason.NO_ANSWERS)
    if not interview.finished:
        return NOT_APPLICABLE
    floor_s = {"penyisiran": penyisiran_s, "stiker": stiker_s, "aset": aset_s}.get(facts.form_id)
    usual_s = interview.version_median_s if interview.version_visits >= median_visits else None
    limits = [floor_s, None if usual_s is None else usual_s * median_pct / 100.0]
    known = [limit for limit in limits if limit is not None]
    if not known:
        return NOT_APPLICABLE
    active_s = interview.active_s if interview.active_s is not None else interview.duration_s
    if active_s is None:
        return Unknown(Reason.NO_TIMES)
    threshold_s = max(known)
    if active_s >= threshold_s:
        return None
    evidence = {
        "active_s": active_s,
        "threshold": round(threshold_s, 1),
        "unit": "s",
        "floor_s": floor_s,
        "version_median_s": interview.version_median_s,
        "version_visits": interview.version_visits,
    }
    return Fires(evidence)
