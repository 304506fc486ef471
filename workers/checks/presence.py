"""Checks of presence: was the officer at this house, at that time, in an area of theirs.

Belongs here: SP rules over the officer's day, over photos' own place and time, over assignments. Does not: the
point against boundaries (location.py).
Source: docs/domain 7.6.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from forms.rule_terms import Kind, Severity
from workers.area_codes import path_covers
from workers.checking import NOT_APPLICABLE, Answer, Fires, Knob, Unknown, check
from workers.checks.location import no_point, usable_point
from workers.facts import MAX_PEERS, NEAR_M, DayVisit, Facts, PhotoFacts, Reason, known_accuracy_m
from workers.metres import distance_between_m, metres_per_degree

_presence = partial(check, kind=Kind.LOCATION, severity=Severity.MEDIUM)
_SHORTEST_S = 60.0
"""Phones' clocks and forms opened side by side: no journey is taken to be shorter."""


@_presence(
    "SP07",
    source="domain catalogue 7.6, SP07: filled in at the village office",
    label_id="Banyak titik berkumpul",
    label_en="Cluster at one spot",
    explain_id="Pada hari yang sama petugas ini mengirim {same_houses} rumah dalam jarak {within_m} m (batas "
    "{threshold} rumah): {labels}.",
    explain_en="On the same day this officer sent {same_houses} houses within {within_m} m (limit {threshold} "
    "houses): {labels}.",
    knobs={
        "houses": Knob("Jumlah rumah", "Number of houses", minimum=2),
        "within_m": Knob("Jarak satu titik", "Size of one spot", minimum=0, maximum=NEAR_M),
    },
)
def cluster(facts: Facts, *, houses: int = 5, within_m: float = 15.0) -> Answer:
    """Fires when the visit is one of at least `houses` households within within_m of one of their points, all
    sent by one officer on one day. Every visit of such a spot gets the finding, not only the one in its middle.
    """
    point = usable_point(facts)
    if point is None:
        return no_point(facts)
    if facts.household_id is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if facts.officer_id is None:
        return Unknown(Reason.NO_OFFICER)
    if facts.officer_day is None:
        return Unknown(Reason.NOT_LOOKED)
    own = DayVisit(facts.submission_id, facts.household_id, "", point.lat, point.lon)
    crowd = _crowd(own, facts.officer_day.near, houses, within_m)
    if not crowd:
        return None
    evidence = {
        "same_houses": len({visit.household_id for visit in crowd}) + 1,
        "labels": sorted({visit.label for visit in crowd}),
        "within_m": within_m,
        "threshold": houses,
        "unit": "households",
    }
    return Fires(evidence, peers=tuple(visit.submission_id for visit in crowd))


def _crowd(own: DayVisit, near: tuple[DayVisit, ...], houses: int, within_m: float) -> list[DayVisit]:
    """The other visits of all full spots that hold this one, by id: whom this names, names this."""
    everybody = (own, *near)
    crowd: dict[int, DayVisit] = {}
    for centre in everybody:
        if not _around(centre, (own,), within_m):
            continue
        spot = _around(centre, everybody, within_m)
        if len({visit.household_id for visit in spot}) >= houses:
            crowd |= {visit.submission_id: visit for visit in spot if visit is not own}
    return [crowd[number] for number in sorted(crowd)][:MAX_PEERS]


def _around(centre: DayVisit, visits: Iterable[DayVisit], within_m: float) -> list[DayVisit]:
    """Those within a distance, measured from the centre alone, so that all who ask for it get the same."""
    east_m, north_m = metres_per_degree(centre.lat)
    return [
        visit
        for visit in visits
        if math.hypot((visit.lon - centre.lon) * east_m, (visit.lat - centre.lat) * north_m) <= within_m
    ]


def _apart_m(one: DayVisit, other: DayVisit) -> float:
    return distance_between_m(one.lat, one.lon, other.lat, other.lon)


@_presence(
    "SP08",
    source="domain catalogue 7.6, SP08: a point set on the map has accuracy 0",
    label_id="Titik palsu atau dipasang manual",
    label_en="Mock point, or placed by hand",
    explain_id="Ketelitian GPS tertulis {accuracy_m} m (seharusnya lebih dari {threshold} m): titik dipasang di "
    "peta atau dari GPS palsu.",
    explain_en="The GPS accuracy reads {accuracy_m} m (a measured one is above {threshold} m): the point was "
    "placed on the map or comes from a mock GPS.",
)
def placed_by_hand(facts: Facts) -> Answer:
    """Fires when the point's accuracy is exactly 0, which no GPS measures."""
    point = usable_point(facts)
    if point is None:
        return no_point(facts)
    if point.accuracy_m == 0:
        return Fires({"accuracy_m": 0, "threshold": 0, "unit": "m"})
    if known_accuracy_m(point.accuracy_m) is None:
        return Unknown(Reason.NO_ACCURACY, {"accuracy_m": point.accuracy_m})
    return None


@_presence(
    "SP09",
    source="domain catalogue 7.6, SP09",
    label_id="Kecepatan tidak wajar",
    label_en="Impossible travel",
    explain_id="Perjalanan {distance_m} m dari atau ke {labels} dalam {gap_min} menit: {speed_kmh} km/jam, batas "
    "{threshold} km/jam.",
    explain_en="{distance_m} m from or to {labels} in {gap_min} minutes: {speed_kmh} km/h, limit {threshold} km/h.",
    knobs={"limit_kmh": Knob("Kecepatan tertinggi", "Highest speed", minimum=1)},
)
def impossible_travel(facts: Facts, *, limit_kmh: float = 80.0) -> Answer:
    """Fires when the way from the officer's visit before, or to the one after, needs more than limit_kmh.

    The accuracies of both points are taken off the way; where two interviews overlap, the time between their
    beginnings counts; under a minute counts as one.
    """
    point, start, end = usable_point(facts), facts.interview.started_at, facts.interview.ended_at
    if point is None:
        return no_point(facts)
    if facts.officer_id is None:
        return Unknown(Reason.NO_OFFICER)
    if start is None or end is None:
        return Unknown(Reason.NO_TIMES)
    day = facts.officer_day
    if day is None:
        return Unknown(Reason.NOT_LOOKED)
    own = DayVisit(facts.submission_id, None, "", point.lat, point.lon, point.accuracy_m, start, end)
    legs = [_leg(*pair) for pair in ((day.before, own), (own, day.after))]
    fast = [
        (*leg, other)
        for leg, other in zip(legs, (day.before, day.after), strict=True)
        if leg is not None and other is not None and leg[0] > limit_kmh
    ]
    if not fast:
        return None if any(legs) else NOT_APPLICABLE
    speed_kmh, metres, gap_s, _ = max(fast, key=lambda found: found[0])
    evidence = {
        "speed_kmh": round(speed_kmh, 1),
        "distance_m": round(metres, 1),
        "gap_min": round(gap_s / 60.0, 1),
        "labels": sorted({visit.label for *_, visit in fast}),
        "threshold": limit_kmh,
        "unit": "km/h",
    }
    return Fires(evidence, peers=tuple(sorted(visit.submission_id for *_, visit in fast)))


def _leg(first: DayVisit | None, second: DayVisit | None) -> tuple[float, float, float] | None:
    """(km/h, metres, seconds) from one visit to the next; None when there is none."""
    if first is None or second is None:
        return None
    if first.started_at is None or first.ended_at is None or second.started_at is None:
        return None
    left_at = first.ended_at if first.ended_at <= second.started_at else first.started_at
    gap_s = max(_SHORTEST_S, (second.started_at - left_at).total_seconds())
    vague_m = sum(known_accuracy_m(visit.accuracy_m) or 0.0 for visit in (first, second))
    metres = max(0.0, _apart_m(first, second) - vague_m)
    return metres / gap_s * 3.6, metres, gap_s


@_presence(
    "SP10",
    source="domain catalogue 7.6, SP10",
    label_id="Foto jauh dari rumah",
    label_en="Photo far from the house",
    explain_id="Foto {field}: {distance_m} m dari titik rumah (batas {threshold} m) dan {hours} jam dari waktu "
    "kunjungan (batas {limit_h} jam).",
    explain_en="Photo {field}: {distance_m} m from the house point (limit {threshold} m) and {hours} hours from "
    "the time of the visit (limit {limit_h} hours).",
    knobs={
        "limit_m": Knob("Jarak terjauh foto dari rumah", "Farthest from the house", minimum=0),
        "limit_h": Knob("Selisih waktu terlama", "Longest time from the visit", minimum=0),
    },
)
def photo_elsewhere(facts: Facts, *, limit_m: float = 200.0, limit_h: float = 24.0) -> Answer:
    """Fires when a photo's own place is over limit_m from the house point, or its own time over limit_h from
    the visit. Clear when at least one photo of the visit says where or when, and none is elsewhere.
    """
    if not facts.photos:
        return NOT_APPLICABLE
    measured = list(_measured(facts))
    far = [
        (photo, metres, hours)
        for photo, metres, hours in measured
        if (metres is not None and metres > limit_m) or (hours is not None and hours > limit_h)
    ]
    if far:
        photo, metres, hours = far[0]
        evidence = {
            "photo": photo.name,
            "field": photo.field,
            "distance_m": None if metres is None else round(metres, 1),
            "hours": None if hours is None else round(hours, 1),
            "photos": [found.name for found, _, _ in far],
            "threshold": limit_m,
            "limit_h": limit_h,
            "unit": "m",
        }
        return Fires(evidence)
    if any(metres is not None or hours is not None for _, metres, hours in measured):
        return None
    pending = next((photo for photo in facts.photos if not photo.present), None)
    if pending is not None:
        return Unknown(Reason.PHOTO_PENDING, {"photo": pending.name, "field": pending.field})
    if any(photo.is_picture is None for photo in facts.photos):
        return Unknown(Reason.NOT_LOOKED)
    return Unknown(Reason.NO_EXIF)


def _measured(facts: Facts) -> Iterator[tuple[PhotoFacts, float | None, float | None]]:
    """(photo, metres from the house point, hours outside of the visit), None for what is not known."""
    point = usable_point(facts)
    start = facts.interview.started_at or facts.interview.ended_at
    end = facts.interview.ended_at or start
    for photo in facts.photos:
        metres = hours = None
        if point is not None and photo.lat is not None and photo.lon is not None:
            metres = distance_between_m(point.lat, point.lon, photo.lat, photo.lon)
        if photo.taken_at is not None and start is not None and end is not None:
            hours = _outside_h(photo.taken_at, start, end)
        yield photo, metres, hours


def _outside_h(moment: datetime, start: datetime, end: datetime) -> float:
    return max(0.0, (start - moment).total_seconds(), (moment - end).total_seconds()) / 3600.0


@_presence(
    "SP11",
    source="domain catalogue 7.6, SP11; semantics 5: taken, with a finding",
    label_id="Di luar wilayah tugas",
    label_en="Outside the assignment",
    explain_id="Keluarga tercatat di {area}, sedangkan wilayah tugas petugas: {threshold}.",
    explain_en="The household stands in {area} in the register; the officer's areas are: {threshold}.",
)
def outside_assignment(facts: Facts) -> Answer:
    """Fires when no area of the officer holds the household's village, RW and RT of the register."""
    if facts.register is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if facts.officer_id is None:
        return Unknown(Reason.NO_OFFICER)
    if facts.officer_areas is None:
        return Unknown(Reason.NOT_LOOKED)
    area = facts.register.area_path
    if not area:
        return Unknown(Reason.NO_REGISTER_VALUE)
    answers = [path_covers(path, area) for path in facts.officer_areas]
    if True in answers:
        return None
    evidence = {"area": area, "threshold": sorted(facts.officer_areas), "unit": "area"}
    return Unknown(Reason.NO_REGISTER_VALUE, evidence) if None in answers else Fires(evidence)
