"""Checks of what was answered, beside what others answered: copies, back-checks, outliers, shared numbers, old forms.

Belongs here: QC rules over the answers of one submission. Does not: times (interview.py), photos, all visits of an officer
together (officers.py).
Source: docs/domain 7.7.
"""

from collections.abc import Mapping

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Unknown, check
from workers.facts import Facts, Reason
from workers.facts_quality import NumberFacts

SHOWN = 8
NAMED = 20
"""Look-alikes that a finding names: the first to come in, the same ones whoever asks."""


@check(
    "QC09",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC09; Kuriakose and Robbins, Statistical Journal of the IAOS 2016",
    label_id="Isian nyaris kembar",
    label_en="Near-duplicate answers",
    explain_id="{match_pct} % dari {items} jawaban sama dengan isian petugas yang sama di rumah lain ({labels}); batas "
    "{threshold} %.",
    explain_en="{match_pct} % of {items} answers are those of another house by the same officer ({labels}); limit "
    "{threshold} %.",
)
def near_duplicate(facts: Facts, *, match_pct: float = 90.0, items: int = 40) -> Answer:
    """Fires when at least match_pct of at least `items` answers are those of another house by the same officer.

    The usual limit of 85 % flags too many where a village lives alike: a question to a person, of low severity.
    """
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    if facts.quality.twins is None or facts.officer_id is None:
        return NOT_APPLICABLE
    alike = [
        twin
        for twin in facts.quality.twins
        if twin.items >= items and 100 * twin.same >= match_pct * twin.items
    ]
    if facts.household_id is None:
        if alike:
            return Unknown(Reason.NO_HOUSEHOLD)
        return None
    found = [twin for twin in alike if twin.household_id is not None][:NAMED]
    if not found:
        return Unknown(Reason.NO_HOUSEHOLD) if alike else None
    nearest = max(found, key=lambda twin: twin.same / twin.items)
    evidence = {
        "match_pct": round(100 * nearest.same / nearest.items, 1),
        "items": nearest.items,
        "same": nearest.same,
        "threshold": match_pct,
        "unit": "%",
        "labels": list(dict.fromkeys(twin.label for twin in found)),
    }
    return Fires(evidence, peers=tuple(twin.submission_id for twin in found))


@check(
    "QC10",
    kind=Kind.QUALITY,
    severity=Severity.INFO,
    source="domain catalogue 7.7, QC10",
    label_id="Versi form lama",
    label_en="Old form version",
    explain_id="Form diisi {days} hari setelah versi baru terbit ({published}); batas {threshold} hari.",
    explain_en="The form was filled in {days} days after a new version was published ({published}); limit {threshold} "
    "days.",
)
def old_version(facts: Facts, *, grace_days: float = 3.0) -> Answer:
    """Fires when the visit began over grace_days after the next version of its form was published."""
    if not facts.quality.version_known:
        return Unknown(Reason.NOT_LOOKED)
    published = facts.quality.version_replaced_at
    if published is None:
        return None
    moment = facts.interview.started_at or facts.received_at
    if moment is None or moment.tzinfo is None:
        return Unknown(Reason.NO_TIMES)
    days = (moment - published).total_seconds() / 86400
    if days <= grace_days:
        return None
    shown = {"days": round(days, 1), "published": published.date().isoformat()}
    return Fires({**shown, "threshold": grace_days, "unit": "days"})


@check(
    "QC14",
    kind=Kind.QUALITY,
    severity=Severity.HIGH,
    source="domain catalogue 7.7, QC14",
    label_id="Beda dengan uji ulang",
    label_en="Back-check differs",
    explain_id="{differ_pct} % dari {items} jawaban kunci berbeda dengan kunjungan petugas lain ({visited_on}): {questions}; "
    "batas {threshold} %.",
    explain_en="{differ_pct} % of {items} key answers differ from the visit of another officer ({visited_on}): {questions}; "
    "limit {threshold} %.",
)
def back_check_differs(
    facts: Facts, *, differ_pct: float = 10.0, items: int = 10, within_days: int = 60
) -> Answer:
    """Fires when over differ_pct of at least `items` key answers differ from those of another officer's complete visit to
    the household with the same form, at most within_days apart: later a family may have changed."""
    finished = facts.interview.finished
    if finished is None:
        return Unknown(Reason.NO_ANSWERS)
    if not finished or facts.household_id is None:
        return NOT_APPLICABLE
    if facts.quality.back_checks is None:
        return Unknown(Reason.NOT_LOOKED)
    compared = [
        item
        for item in facts.quality.back_checks
        if item.items >= items and item.days is not None and item.days <= within_days
    ]
    found = [item for item in compared if 100 * len(item.differing) > differ_pct * item.items]
    if not found:
        return None
    worst = max(found, key=lambda item: (len(item.differing) / item.items, -item.submission_id))
    evidence = {
        "differ_pct": round(100 * len(worst.differing) / worst.items, 1),
        "items": worst.items,
        "questions": list(worst.differing[:SHOWN]),
        "visited_on": worst.visited_on.isoformat() if worst.visited_on else None,
        "threshold": differ_pct,
        "unit": "%",
    }
    return Fires(evidence, peers=tuple(item.submission_id for item in found))


_ITEMS = ("jml_mobil", "jml_motor", "jml_sepeda", "jml_kulkas", "jml_tv", "jml_ac", "jml_pemanas_air", "jml_laptop",
          "jml_hp", "jml_perahu", "jml_kapal")  # fmt: skip
_HARD_LIMITS: Mapping[str, str] = {
    "umur": "age",
    "jml_art": "members",
    "luas_lantai": "floor_m2",
    "jml_meter": "meters",
    **dict.fromkeys(_ITEMS, "things"),
    **dict.fromkeys(("jml_sapi", "jml_kerbau", "jml_kambing"), "animals"),
}
"""Question -> the setting that holds its hard limit."""


@check(
    "QC16",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC16",
    label_id="Angka pencilan",
    label_en="Outlier",
    explain_id="Jawaban {question} = {value} di atas {threshold} ({why}).",
    explain_en="The answer {question} = {value} is above {threshold} ({why}).",
)
def outlier(
    facts: Facts,
    *,
    deviations: float = 3.0,
    answers: int = 30,
    age: int = 110,
    members: int = 20,
    floor_m2: int = 500,
    meters: int = 4,
    things: int = 10,
    animals: int = 100,
) -> Answer:
    """Fires when a number is over its hard limit, or over mean + `deviations` standard deviations of the form version's
    answers once there are so many `answers`. Mean and deviation are those of NumberFacts."""
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    if facts.quality.numbers is None:
        return Unknown(Reason.NOT_LOOKED)
    if not facts.quality.numbers:
        return NOT_APPLICABLE
    hard = {
        "age": age,
        "members": members,
        "floor_m2": floor_m2,
        "meters": meters,
        "things": things,
        "animals": animals,
    }
    found = [
        (number, limit, why)
        for number in facts.quality.numbers
        for limit, why in [_limit(number, hard, deviations, answers)]
        if limit is not None and number.value > limit
    ]
    if not found:
        return None
    number, limit, why = max(
        found, key=lambda item: (item[2] == "hard_limit", item[0].value - (item[1] or 0))
    )
    evidence: dict[str, object] = {
        "question": number.name,
        "value": _whole(number.value),
        "threshold": _whole(limit or 0),
        "why": why,
        "other_questions": [item.name for item, _, _ in found if item.name != number.name],
    }
    if why == "spread":
        evidence |= {"mean": number.mean, "sd": number.sd, "deviations": deviations}
    return Fires(evidence)


def _limit(
    number: NumberFacts, hard: Mapping[str, float], deviations: float, answers: int
) -> tuple[float | None, str]:
    """The lower one of the two limits that a number has, and which one it is; None when it has none."""
    fixed = hard.get(_HARD_LIMITS.get(number.name, ""))
    if number.mean is None or number.sd is None or number.answers < answers:
        return fixed, "hard_limit"
    spread = round(number.mean + deviations * number.sd, 6)
    return (fixed, "hard_limit") if fixed is not None and fixed <= spread else (spread, "spread")


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)


@check(
    "QC18",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC18",
    label_id="Nomor HP dipakai banyak",
    label_en="Shared phone number",
    explain_id="Nomor HP ini diberikan oleh {families} keluarga ({labels}); batas {threshold}.",
    explain_en="This telephone number was given by {families} families ({labels}); limit {threshold}.",
)
def shared_phone(facts: Facts, *, families: int = 4) -> Answer:
    """Fires when at least so many families, this one among them, gave the same telephone number. The number itself is no
    evidence."""
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    if not facts.text("no_hp"):
        return NOT_APPLICABLE
    if facts.household_id is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if facts.quality.same_phone is None:
        return Unknown(Reason.NOT_LOOKED)
    peers = facts.quality.same_phone
    if len(peers) + 1 < families:
        return None
    labels = [peer.label for peer in peers]
    evidence = {"families": len(peers) + 1, "labels": labels, "threshold": families, "unit": "families"}
    return Fires(evidence, peers=tuple(peer.submission_id for peer in peers))
