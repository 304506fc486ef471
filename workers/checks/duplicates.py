"""Checks of what is there twice: aid, identity numbers, visits.

Belongs here: KP and QC rules that compare a household with lists, other households or its own other visits.
Does not: photos (photos.py), equal points (location.py). Source: docs/domain 7.2 and 7.7.
"""

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Knob, Subject, Unknown, check
from workers.checks.location import no_point, usable_point
from workers.facts import MAX_PEERS, NEAR_M, Facts, Reason
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
    "KP11",
    kind=Kind.DATA,
    severity=Severity.HIGH,
    subject=Subject.HOUSEHOLD,
    source="domain catalogue 7.2, KP11",
    label_id="KK ganda lintas desa",
    label_en="KK in two villages",
    explain_id="No. KK keluarga ini juga tercatat pada {same_households} keluarga di desa lain (batas {threshold}): "
    "{households}, desa {villages}.",
    explain_en="This household's KK number also stands in {same_households} families of other villages (limit "
    "{threshold}): {households}, villages {villages}.",
)
def kk_in_two_villages(facts: Facts) -> Answer:
    """Fires when another active family of the register, in another village, has this household's KK number."""
    register = facts.register
    if register is None or register.is_new or register.inactive:
        return NOT_APPLICABLE
    if not register.no_kk or not register.village_code:
        return Unknown(Reason.NO_REGISTER_VALUE)
    if facts.same_kk is None:
        return Unknown(Reason.NOT_LOOKED)
    peers = [
        peer
        for peer in facts.same_kk
        if peer.village != register.village_code and peer.household_id != register.household_id
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
    "KP12",
    kind=Kind.DATA,
    severity=Severity.INFO,
    source="domain catalogue 7.2, KP12: often legal",
    label_id="Serumah beberapa KPM",
    label_en="Several recipients in one house",
    explain_id="{same_houses} keluarga penerima lain dengan No. KK berbeda dalam jarak {threshold} m: {labels}.",
    explain_en="{same_houses} other recipient families with another KK number within {threshold} m: {labels}.",
    knobs={"within_m": Knob("Jarak satu rumah", "Size of one house", minimum=0, maximum=NEAR_M)},
)
def recipients_in_one_house(facts: Facts, *, within_m: float = 10.0) -> Answer:
    """Fires when another family with an active programme and another KK number was visited, with the same
    form, within within_m of this point.
    """
    if usable_point(facts) is None:
        return no_point(facts)
    register = facts.register
    if register is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if not programme_codes(register.programmes):
        return NOT_APPLICABLE
    if facts.near_houses is None:
        return Unknown(Reason.NOT_LOOKED)
    near = [peer for peer in facts.near_houses if peer.distance_m <= within_m]
    peers = [peer for peer in near if peer.same_kk is False][:MAX_PEERS]
    if not peers:
        return Unknown(Reason.NO_REGISTER_VALUE) if any(peer.same_kk is None for peer in near) else None
    evidence = {
        "same_houses": len({peer.household_id for peer in peers}),
        "labels": sorted({peer.label for peer in peers}),
        "threshold": within_m,
        "unit": "m",
    }
    return Fires(evidence, peers=tuple(peer.submission_id for peer in peers))


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
    knobs={"others": Knob("Kunjungan lengkap lain", "Other complete visits", minimum=1)},
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
