"""Checks of an officer: all visits of a campaign together, beside those of the others who work in the same kecamatan.

Belongs here: QC rules over OfficerFacts. Does not: single visits (interview.py, answers.py).
Source: docs/domain 7.7. A finding here is a reason to accompany an officer, never a verdict.
"""

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Subject, Unknown, check
from workers.facts import Reason
from workers.facts_officer import OfficerFacts

SHOWN = 5


@check(
    "QC04",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    subject=Subject.OFFICER,
    source="domain catalogue 7.7, QC04",
    label_id="Terlalu banyak per hari",
    label_en="Too many a day",
    explain_id="{visits} {form} pada {day}, batas {threshold} sehari; {days_over} hari lewat batas. Petugas lain di kecamatan "
    "yang sama biasanya mengirim {usual_day} sehari.",
    explain_en="{visits} {form} on {day}, limit {threshold} a day; {days_over} days over the limit. Other officers in the same "
    "sub-district usually send {usual_day} a day.",
)
def too_many_a_day(
    facts: OfficerFacts, *, penyisiran: int = 25, stiker: int = 60, forms: int = 100
) -> Answer:
    """Fires when more than so many submissions of a form, or `forms` of all forms together, are of one local day."""
    if facts.days is None:
        return Unknown(Reason.NOT_LOOKED)
    limits = {"penyisiran": penyisiran, "stiker": stiker}
    over = [
        (item.visits - limits[item.form_id], item.day, item.form_id, item.visits, limits[item.form_id])
        for item in facts.days
        if item.form_id in limits and item.visits > limits[item.form_id]
    ]
    totals = {
        day: sum(item.visits for item in facts.days if item.day == day) for day in {i.day for i in facts.days}
    }
    over += [
        (count - forms, day, "all_forms", count, forms) for day, count in totals.items() if count > forms
    ]
    if not over:
        return None
    _, day, form, visits, threshold = max(over)
    days = sorted({item[1].isoformat() for item in over}, reverse=True)
    shown = {"day": day.isoformat(), "form": form, "visits": visits, "threshold": threshold}
    return Fires({**shown, "days_over": len(days), "days": days[:SHOWN], "usual_day": facts.usual_day})


@check(
    "QC08",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    subject=Subject.OFFICER,
    source="domain catalogue 7.7, QC08",
    label_id="Jawaban seragam",
    label_en="Straight-lining",
    explain_id='{own_pct} % dari {visits} kunjungan aset petugas ini berisi "tidak punya apa-apa" (batas {threshold} %), '
    "petugas lain di kecamatan yang sama {peers_pct} % (batas {peers_threshold} %).",
    explain_en='{own_pct} % of this officer\'s {visits} asset visits say "owns nothing" (limit {threshold} %), other officers '
    "in the same sub-district {peers_pct} % (limit {peers_threshold} %).",
)
def straight_lining(
    facts: OfficerFacts, *, own_pct: float = 80.0, peers_pct: float = 40.0, visits: int = 10
) -> Answer:
    """Fires when over own_pct of the officer's asset interviews are all "no" while under peers_pct of the peers' are; both
    need so many `visits`."""
    own = facts.own.all_no
    if own.pct is None or own.asked < visits:
        return NOT_APPLICABLE
    if own.pct <= own_pct:
        return None
    peers = facts.peers.all_no if facts.peers else None
    if peers is None or peers.pct is None or peers.asked < visits:
        return Unknown(Reason.NO_PEERS)
    if peers.pct >= peers_pct:
        return None
    return _rates(facts, own.pct, own.asked, own_pct, peers.pct, peers_pct)


@check(
    "QC12",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    subject=Subject.OFFICER,
    source="domain catalogue 7.7, QC12",
    label_id="Tidak ditemukan terlalu banyak",
    label_en="Too many not found",
    explain_id="Petugas ini tidak menemukan {found} dari {visits} keluarga ({own_pct} %); petugas lain di kecamatan yang sama "
    "{peers_pct} %, batas {threshold} %.",
    explain_en="This officer did not find {found} of {visits} families ({own_pct} %); other officers in the same sub-district "
    "{peers_pct} %, limit {threshold} %.",
)
def too_many_not_found(
    facts: OfficerFacts, *, times: float = 3.0, found: int = 5, visits: int = 10
) -> Answer:
    """Fires when the officer did not find at least `found` families, and that is over `times` the peers' share; the peers
    need so many `visits`."""
    own = facts.own.not_found
    if own.pct is None:
        return NOT_APPLICABLE
    if own.found < found:
        return None
    peers = facts.peers.not_found if facts.peers else None
    if peers is None or peers.pct is None or peers.asked < visits:
        return Unknown(Reason.NO_PEERS)
    if own.pct <= times * peers.pct:
        return None
    shown = _rates(facts, own.pct, own.asked, times * peers.pct, peers.pct, None)
    return Fires({**shown.evidence, "found": own.found})


@check(
    "QC17",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    subject=Subject.OFFICER,
    source="domain catalogue 7.7, QC17",
    label_id='"Lainnya" terlalu sering',
    label_en='Too many "other"',
    explain_id='{own_pct} % dari {visits} jawaban petugas ini "lainnya", batas {threshold} %; petugas lain di kecamatan yang '
    "sama {peers_pct} %.",
    explain_en='{own_pct} % of this officer\'s {visits} answers are "other", limit {threshold} %; other officers in the same '
    "sub-district {peers_pct} %.",
)
def too_many_other(
    facts: OfficerFacts, *, own_pct: float = 20.0, times: float = 2.0, answers: int = 50
) -> Answer:
    """Fires when over own_pct of the officer's answers to questions that offer "other" are that, and more than `times` the
    peers' share: where everybody answers so, the form lacks a choice."""
    own = facts.own.other
    if own.pct is None or own.asked < answers:
        return NOT_APPLICABLE
    if own.pct <= own_pct:
        return None
    peers = facts.peers.other if facts.peers else None
    if peers is None or peers.pct is None or peers.asked < answers:
        return Unknown(Reason.NO_PEERS)
    if own.pct <= times * peers.pct:
        return None
    return _rates(facts, own.pct, own.asked, own_pct, peers.pct, None)


def _rates(
    facts: OfficerFacts,
    own_pct: float,
    asked: int,
    threshold: float,
    peers_pct: float,
    peers_threshold: float | None,
) -> Fires:
    evidence: dict[str, object] = {
        "own_pct": round(own_pct, 1),
        "visits": asked,
        "threshold": round(threshold, 1),
        "peers_pct": round(peers_pct, 1),
        "unit": "%",
        "peer_officers": facts.peer_officers,
        "districts": list(facts.districts),
    }
    return Fires(evidence if peers_threshold is None else {**evidence, "peers_threshold": peers_threshold})
