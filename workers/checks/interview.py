"""Checks of the interview itself: did it take place as it should.

Belongs here: QC rules about time and who was asked. Does not: what was answered (answers.py), all visits of an officer
together (officers.py).
Source: docs/domain 7.7.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Unknown, check
from workers.facts import Facts, Reason

NAMED = 20
"""Overlapping interviews that a finding names: the first to come in, the same ones whoever asks."""


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
    The evidence names the median only where it decides: it moves as visits come in.
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
    }
    if usual_s is not None and threshold_s != floor_s:
        evidence["version_median_s"] = usual_s
    return Fires(evidence)


@check(
    "QC02",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC02",
    label_id="Wawancara terlalu lama",
    label_en="Interview too long",
    explain_id="Wawancara {minutes} menit (batas {threshold} menit), mulai {started}, selesai {ended}.",
    explain_en="The interview took {minutes} minutes (limit {threshold} minutes), from {started} to {ended}.",
)
def too_long(facts: Facts, *, active_min: float = 120.0) -> Answer:
    """Fires when the interview took over active_min minutes, or ended on another local day than it began."""
    started, ended = _local(facts, facts.interview.started_at), _local(facts, facts.interview.ended_at)
    active_s = (
        facts.interview.active_s if facts.interview.active_s is not None else facts.interview.duration_s
    )
    if active_s is None and (started is None or ended is None):
        return Unknown(Reason.NO_TIMES)
    other_day = started is not None and ended is not None and started.date() < ended.date()
    if not other_day and (active_s is None or active_s <= active_min * 60):
        return None
    evidence = {
        "minutes": None if active_s is None else round(active_s / 60, 1),
        "threshold": active_min,
        "unit": "min",
        "other_day": other_day,
        "started": _clock(started),
        "ended": _clock(ended),
    }
    return Fires(evidence)


@check(
    "QC03",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC03",
    label_id="Jam tidak wajar",
    label_en="Odd hour",
    explain_id="Wawancara mulai {started} waktu setempat ({zone}), di luar jam {from_hour}.00 sampai {until_hour}.00.",
    explain_en="The interview began at {started} local time ({zone}), outside {from_hour}:00 to {until_hour}:00.",
)
def odd_hour(facts: Facts, *, from_hour: int = 6, until_hour: int = 21) -> Answer:
    """Fires when it began before from_hour or after until_hour by the clock of the village."""
    started = _local(facts, facts.interview.started_at)
    if started is None:
        return Unknown(Reason.NO_TIMES)
    minutes = started.hour * 60 + started.minute
    if from_hour * 60 <= minutes <= until_hour * 60:
        return None
    hours = {"from_hour": from_hour, "until_hour": until_hour}
    return Fires({"started": f"{started:%H.%M}", "zone": facts.timezone, **hours})


@check(
    "QC11",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC11; semantics, section 5",
    label_id="Jam HP salah",
    label_en="Wrong clock",
    explain_id="Jam HP menunjukkan {what} {claimed}, server menerima {received}. Batas: {ahead_min} menit di depan, "
    "{behind_days} hari di belakang.",
    explain_en="The phone's clock said {what} {claimed}, the server received it {received}. Limits: {ahead_min} minutes "
    "ahead, {behind_days} days behind.",
)
def wrong_clock(facts: Facts, *, ahead_min: float = 10.0, behind_days: int = 366) -> Answer:
    """Fires when the phone wrote a time over ahead_min minutes after it was received, or over behind_days before."""
    received = facts.received_at
    if received is None:
        return Unknown(Reason.NO_TIMES)
    times = list(_phone_times(facts))
    if not times:
        return Unknown(Reason.NO_TIMES)
    latest, earliest = received + timedelta(minutes=ahead_min), received - timedelta(days=behind_days)
    wrong = next(((what, time) for what, time in times if not earliest <= time <= latest), None)
    if wrong is None:
        return _wrong_day(facts, received, behind_days, ahead_min)
    return _clock_evidence(facts, wrong[0], _clock(_local(facts, wrong[1])), received, ahead_min, behind_days)


def _phone_times(facts: Facts) -> Iterator[tuple[str, datetime]]:
    for what, time in (("end", facts.interview.ended_at), ("start", facts.interview.started_at)):
        if time is not None and time.tzinfo is not None:
            yield what, time


def _wrong_day(facts: Facts, received: datetime, behind_days: int, ahead_min: float) -> Answer:
    """The day that the phone wrote into `today`: a form may have no other clock."""
    day = facts.visited_on
    if day is None:
        return None
    arrived = (_local(facts, received) or received).date()
    if -1 <= (arrived - day).days <= behind_days + 1:
        return None
    return _clock_evidence(facts, "day", day.isoformat(), received, ahead_min, behind_days)


def _clock_evidence(
    facts: Facts, what: str, claimed: str | None, received: datetime, ahead_min: float, behind_days: int
) -> Fires:
    limits = {"ahead_min": ahead_min, "behind_days": behind_days}
    return Fires({"what": what, "claimed": claimed, "received": _clock(_local(facts, received)), **limits})


@check(
    "QC13",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC13",
    label_id="Wawancara tumpang tindih",
    label_en="Overlap in time",
    explain_id="Wawancara ini berjalan {minutes} menit bersamaan dengan wawancara lain petugas yang sama ({labels}); "
    "batas {threshold} menit.",
    explain_en="This interview ran {minutes} minutes at the same time as another one of the same officer ({labels}); "
    "limit {threshold} minutes.",
)
def overlap(facts: Facts, *, together_min: float = 3.0) -> Answer:
    """Fires when a submission of the officer at another household was open at the same time for longer."""
    interview = facts.interview
    if facts.officer_id is None:
        return NOT_APPLICABLE
    if facts.household_id is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if interview.started_at is None or interview.ended_at is None:
        return Unknown(Reason.NO_TIMES)
    if facts.quality.overlaps is None:
        return Unknown(Reason.DOUBTFUL_TIMES)
    found = [item for item in facts.quality.overlaps if item.seconds > together_min * 60][:NAMED]
    if not found:
        return None
    evidence = {
        "minutes": round(max(item.seconds for item in found) / 60, 1),
        "threshold": together_min,
        "unit": "min",
        "labels": list(dict.fromkeys(item.label for item in found)),
    }
    return Fires(evidence, peers=tuple(item.submission_id for item in found))


@check(
    "QC19",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC19: give the household to another officer",
    label_id="Kerabat petugas",
    label_en="Officer's relative",
    explain_id="Petugas menyatakan keluarga ini kerabatnya ({question} = {value}).",
    explain_en="The officer declares that this family is a relative ({question} = {value}).",
)
def relative_of_officer(facts: Facts) -> Answer:
    """Fires when the officer said so."""
    return _fires_on(facts, "pernyataan_kerabat", "ya")


@check(
    "QC20",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC20",
    label_id="Wawancara ditutup tanpa responden",
    label_en="Proxy respondent",
    explain_id="Yang menjawab bukan anggota keluarga ({question} = {value}).",
    explain_en="Who answered is no member of the family ({question} = {value}).",
)
def proxy_respondent(facts: Facts) -> Answer:
    """Fires when the respondent is no member of the family."""
    return _fires_on(facts, "responden", "bukan_anggota")


def _fires_on(facts: Facts, question: str, value: str) -> Answer:
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    if not facts.asked(question):
        return NOT_APPLICABLE
    answer = facts.text(question)
    if not answer:
        return Unknown(Reason.NO_ANSWER, {"question": question})
    return Fires({"question": question, "value": value}) if answer == value else None


def _local(facts: Facts, moment: datetime | None) -> datetime | None:
    return moment.astimezone(ZoneInfo(facts.timezone)) if moment is not None and moment.tzinfo else None


def _clock(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
