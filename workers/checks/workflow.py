"""Checks of the office's own work on a case: in time, with proof, with a reason, before the cut-off.

Belongs here: WF rules over CaseFacts. Does not: a sticker without photo (photos.py), refusing an act (server.services.guard):
what is refused cannot be found; these look at what could still happen.
Source: docs/domain 7.7.
"""

from datetime import timedelta

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Subject, Unknown, check
from workers.facts import Reason
from workers.facts_case import CaseFacts

LEAVING = ("graduation", "removal")


@check(
    "WF01",
    kind=Kind.WORKFLOW,
    severity=Severity.MEDIUM,
    subject=Subject.CASE,
    source="domain catalogue 7.7, WF01",
    label_id="Lewat batas tanggap",
    label_en="Review late",
    explain_id="{what} sejak {since} ({codes}); batas {threshold} hari lewat pada {due}.",
    explain_en="{what} since {since} ({codes}); the limit of {threshold} days passed on {due}.",
)
def late_review(facts: CaseFacts, *, open_days: int = 7) -> Answer:
    """Fires when a high finding has waited for over open_days, or a proposal for as long for its confirmation.

    The evidence holds days, not how many have gone by, so that it does not change every night.
    """
    if facts.state == "decided":
        return NOT_APPLICABLE
    if facts.high is None:
        return Unknown(Reason.NOT_LOOKED)
    limit = timedelta(days=open_days)
    late = [item for item in facts.high if item.open and facts.today - item.since > limit]
    if facts.state in ("open", "returned") and late:
        since = min(item.since for item in late)
        what, codes = "waits_review", sorted({item.code for item in late})
    elif facts.state == "proposed" and _waits_for_confirmation(facts, limit):
        since, what, codes = facts.proposed_on or facts.today, "waits_confirmation", [facts.proposal or ""]
    else:
        return None
    due = (since + limit).isoformat()
    return Fires(
        {"what": what, "since": since.isoformat(), "codes": codes, "threshold": open_days, "due": due}
    )


def _waits_for_confirmation(facts: CaseFacts, limit: timedelta) -> bool:
    """A revisit waits for the officer, not for Dinsos."""
    is_late = facts.proposed_on is not None and facts.today - facts.proposed_on > limit
    return is_late and facts.proposal not in ("revisit", "correction")


@check(
    "WF02",
    kind=Kind.WORKFLOW,
    severity=Severity.HIGH,
    subject=Subject.CASE,
    source="domain catalogue 7.7, WF02; semantics, removal guard",
    label_id="Bukti usulan kurang",
    label_en="Proposal lacks proof",
    explain_id="Usul nonaktif ({state}) tanpa foto atau surat yang sah: {pictures} berkas, minimal {threshold}.",
    explain_en="A removal ({state}) without a valid photo or letter: {pictures} files, at least {threshold} needed.",
)
def removal_without_proof(facts: CaseFacts) -> Answer:
    """Fires when a removal is proposed or decided and no photo or letter of the household stands any more.

    The guard lets no such proposal through; a visit that is deleted or edited later, or a file that turns out to be no
    picture, can take the proof away.
    """
    if facts.proposal != "removal" or facts.state not in ("proposed", "decided"):
        return NOT_APPLICABLE
    if facts.has_picture is None:
        return Unknown(Reason.NOT_LOOKED)
    return None if facts.has_picture else Fires({"state": facts.state, "pictures": 0, "threshold": 1})


@check(
    "WF03",
    kind=Kind.WORKFLOW,
    severity=Severity.MEDIUM,
    subject=Subject.CASE,
    source="domain catalogue 7.7, WF03",
    label_id="Disetujui tanpa catatan",
    label_en="Closed without note",
    explain_id="Kasus diputuskan {decided_on}; temuan tinggi tanpa alasan: {codes}. Catatan terpanjang {letters} huruf, minimal "
    "{threshold}.",
    explain_en="The case was decided on {decided_on}; high findings without a reason: {codes}. The longest note has {letters} "
    "letters, at least {threshold} needed.",
)
def closed_without_note(facts: CaseFacts, *, letters: int = 15) -> Answer:
    """Fires when a case is decided while high findings stand about which nobody wrote `letters` letters: not at the finding,
    not with the proposal, not with the decision."""
    if facts.state != "decided":
        return NOT_APPLICABLE
    if facts.high is None:
        return Unknown(Reason.NOT_LOOKED)
    about_case = max(len(note.strip()) for note in (facts.proposal_note, facts.decision_note))
    silent = [item for item in facts.high if len(item.note.strip()) < letters]
    if about_case >= letters or not silent:
        return None
    longest = max(about_case, *(len(item.note.strip()) for item in silent))
    day = facts.decided_on.isoformat() if facts.decided_on else None
    codes = sorted({item.code for item in silent})
    return Fires({"decided_on": day, "codes": codes, "letters": longest, "threshold": letters})


@check(
    "WF05",
    kind=Kind.WORKFLOW,
    severity=Severity.INFO,
    subject=Subject.CASE,
    source="domain catalogue 7.7, WF05; S13: BPS publishes around the 20th",
    label_id="Lewat tenggat ekspor",
    label_en="After the cut-off",
    explain_id="Diputuskan {decided_on}, setelah tenggat tanggal {threshold}; ikut berkas bulan berikutnya.",
    explain_en="Decided on {decided_on}, after the cut-off on day {threshold}; it goes with the next month's file.",
)
def after_cut_off(facts: CaseFacts, *, cut_off_day: int = 15) -> Answer:
    """Fires when a graduation or removal was decided after cut_off_day of the month: the operators' file has gone by then."""
    if facts.state != "decided" or facts.proposal not in LEAVING:
        return NOT_APPLICABLE
    if facts.decided_on is None:
        return Unknown(Reason.NOT_LOOKED)
    if facts.decided_on.day <= cut_off_day:
        return None
    return Fires(
        {"decided_on": facts.decided_on.isoformat(), "threshold": cut_off_day, "day": facts.decided_on.day}
    )
