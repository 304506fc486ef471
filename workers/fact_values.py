"""The `$facts` of one submission, as rules read them.

Belongs here: from Facts to name -> value of forms.facts_catalog. Does not: the catalogue, evaluating rules.
"""

from datetime import UTC
from zoneinfo import ZoneInfo

from workers.facts import Facts, LocationFacts, PhotoFacts, RegisterFacts, Relation, known_accuracy_m
from workers.metres import distance_between_m
from workers.programmes import programme_codes


def fact_values(facts: Facts) -> dict[str, object]:
    """Name without `$` -> value, those that are not known left out. Types and units: forms.facts_catalog."""
    values = {
        **register_values(facts.register),
        **_location(facts.location),
        **_photos(facts),
        **_interview(facts),
        **_history(facts),
        "nik_in_other_household": facts.typed_nik_elsewhere,
    }
    return _known(values)


def register_values(register: RegisterFacts | None) -> dict[str, object]:
    """The facts that come from the register alone; {} without a register row."""
    if register is None or register.is_new:
        return {}
    return _known(
        {
            "programmes": programme_codes(register.programmes),
            "desil": register.desil,
            "snapshot": register.snapshot,
            "registered_village": register.village_code,
            "in_blt_dd": register.in_blt_dd,
        }
    )


def _known(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _location(location: LocationFacts | None) -> dict[str, object]:
    if location is None:
        return {}
    return {
        "relation": None if location.relation is Relation.UNKNOWN else location.relation.value,
        "outside_m": location.outside_m,
        "accuracy_m": known_accuracy_m(location.accuracy_m),
        "found_village": next(iter(location.found_villages), None),
        "from_register_m": location.from_register_m,
        "from_last_visit_m": location.from_last_visit_m,
    }


def _photos(facts: Facts) -> dict[str, object]:
    searched = [photo for photo in facts.photos if photo.present and photo.same is not None]
    reused = any(photo.same for photo in searched)
    return {
        "photos": sum(photo.present for photo in facts.photos),
        "photo_reused": reused if reused or len(searched) == len(facts.photos) else None,
        "photo_exif_m": max(
            (m for photo in facts.photos if (m := _exif_m(facts, photo)) is not None), default=None
        ),
    }


def _exif_m(facts: Facts, photo: PhotoFacts) -> float | None:
    """Metres from the house point to where the photo says it was taken."""
    point = facts.house_point
    if point is None or not point.is_plausible or photo.lat is None or photo.lon is None:
        return None
    return distance_between_m(point.lat, point.lon, photo.lat, photo.lon)


def _interview(facts: Facts) -> dict[str, object]:
    interview = facts.interview
    start, end, received = interview.started_at, interview.ended_at, facts.received_at
    active = interview.active_s if interview.active_s is not None else interview.duration_s
    return {
        "duration_s": active,
        "start_hour": start.astimezone(ZoneInfo(facts.timezone)).hour if start and start.tzinfo else None,
        "delay_h": (received.astimezone(UTC) - end).total_seconds() / 3600
        if received and end and end.tzinfo
        else None,
    }


def _history(facts: Facts) -> dict[str, object]:
    history = facts.history
    if history is None:
        return {}
    return {
        "visits": None if history.visits_before is None else history.visits_before + 1,
        "asset_score_before": history.asset_score_before,
    }
