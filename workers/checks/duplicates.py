"""Checks of what is there twice: aid, identity numbers, visits.

Belongs here: KP and QC rules that compare a household with lists, other households or its own other visits.
Does not: photos (photos.py), points (location.py). Source: docs/domain 7.2 and 7.7.
"""

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Subject, Unknown, check
from workers.facts import Facts, Reason
from workers.programmes import programme_codes

PKH = "pkh"
BLT_DD = "blt_dd"


@check(
    "KP07",
    kind=Kind.COMPONENT,
    severity=Severity.HIGH,
    source="domain catalogue 7.2, KP07",
    label_id="Rangkap PKH dan BLT-DD",
    label_en="PKH and BLT-DD together",
    explain_id="Keluarga menerima PKH menurut register dan BLT Dana Desa menurut: {blt_dd_from}.",
    explain_en="The household has PKH in the register and BLT Dana Desa according to: {blt_dd_from}.",
)
def pkh_and_blt_dd(facts: Facts) -> Answer:
    """Fires when the register has PKH, and BLT-DD is in the register, on the list or among the answers."""
    register = facts.register
    if register is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    programmes = programme_codes(register.programmes)
    if PKH not in programmes:
        return NOT_APPLICABLE
    answered = facts.value("program_diterima")
    sources = {
        "register": BLT_DD in programmes,
        "list": bool(register.in_blt_dd),
        "answer": isinstance(answered, frozenset) and BLT_DD in answered,
    }
    told_by = [name for name, has_it in sources.items() if has_it]
    if told_by:
        return Fires(
            {"programmes": sorted(programmes), "blt_dd_from": told_by, "snapshot": register.snapshot}
        )
    return None


@check(
    "KP10",
    kind=Kind.DATA,
    severity=Severity.HIGH,
    subject=Subject.HOUSEHOLD,
    source="domain catalogue 7.2, KP10",
    label_id="NIK ganda",
    label_en="NIK in two families",
    explain_id="NIK keluarga ini juga tercatat pada {same_households} keluarga lain dengan No. KK berbeda: "
    "{households}.",
    explain_en="This household's NIK also stands in {same_households} other families with another KK "
    "number: {households}.",
)
def nik_in_two_families(facts: Facts) -> Answer:
    """Fires when another active family with another KK number has this household's NIK."""
    register = facts.register
    if register is None or register.is_new or register.inactive:
        return NOT_APPLICABLE
    if not register.niks:
        return Unknown(Reason.NO_REGISTER_VALUE)
    if facts.same_nik is None:
        return Unknown(Reason.NOT_LOOKED)
    peers = [
        peer for peer in facts.same_nik if peer.no_kk_differs and peer.household_id != register.household_id
    ]
    if not peers:
        return None
    evidence = {
        "same_households": len(peers),
        "households": [peer.source_id or f"#{peer.household_id}" for peer in peers],
        "villages": [peer.village for peer in peers],
        "snapshot": register.snapshot,
        "threshold": 1,
        "unit": "households",
    }
    return Fires(evidence, peers=tuple(peer.household_id for peer in peers))


@check(
    "QC15",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC15: keep both",
    label_id="Kirim ganda",
    label_en="Double visit",
    explain_id="Keluarga ini sudah punya {others} kunjungan lengkap lain dengan formulir yang sama "
    "({dates}). Keduanya disimpan.",
    explain_en="This household has {others} other complete visits with the same form ({dates}). Both are "
    "kept.",
)
def double_visit(facts: Facts, *, others: int = 1) -> Answer:
    """Fires when the household has at least `others` more complete submissions of the same form in the
    campaign."""
    finished = facts.interview.finished
    if finished is None:
        return Unknown(Reason.NO_ANSWERS)
    if not finished:
        return NOT_APPLICABLE
    if facts.household_id is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if facts.history is None:
        return Unknown(Reason.NOT_LOOKED)
    visits = [visit for visit in facts.history.same_form if visit.submission_id != facts.submission_id]
    if len(visits) < others:
        return None
    evidence = {
        "others": len(visits),
        "submissions": [visit.submission_id for visit in visits],
        "dates": [visit.visited_on.isoformat() if visit.visited_on else None for visit in visits],
        "same_officer": any(visit.officer_id == facts.officer_id for visit in visits),
        "threshold": others,
        "unit": "submissions",
    }
    return Fires(evidence, peers=tuple(visit.submission_id for visit in visits))
