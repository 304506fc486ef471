"""Checks of place: is there a point, is it good, does it lie where it should, is it a house's own.

Belongs here: SP rules of one submission. Does not: computing distances (workers.geography, server facts).
Source: docs/domain 7.6, docs/semantics section 4.
"""

from functools import partial

from forms.rule_terms import Kind, Severity
from forms.values import GeoPoint
from workers.checking import NOT_APPLICABLE, Answer, Fires, Knob, Unknown, check
from workers.facts import Facts, LocationFacts, Reason, Relation, known_accuracy_m
from workers.masks import mask_numbers_in

_location = partial(check, kind=Kind.LOCATION)

OFFICE_POINT = "kantor_desa"
ROUNDED_POINT = "dibulatkan"
MOVED = frozenset({"pindah_dalam_desa", "pindah_luar_desa", "pindah_luar_kab", "luar_negeri"})


def usable_point(facts: Facts) -> GeoPoint | None:
    """The house point, None when there is none or it is no place on earth."""
    point = facts.house_point
    return point if point is not None and point.is_plausible else None


def no_point(facts: Facts) -> Answer:
    """The answer of a check that needs a point and has none: not applicable where the form did not ask for
    it."""
    if facts.answers is None and facts.house_point_asked is None:
        return Unknown(Reason.NO_ANSWERS)
    asked = facts.house_point_asked or bool(facts.text("alasan_tanpa_gps"))
    return Unknown(Reason.NO_POINT) if asked else NOT_APPLICABLE


def _place(location: LocationFacts) -> dict[str, object]:
    """The evidence that all checks against a boundary show."""
    return {
        "claimed_village": location.claimed_village,
        "claimed_name": location.claimed_name or location.claimed_village,
        "found_villages": list(location.found_villages),
        "accuracy_m": location.accuracy_m,
        "uncertainty_m": location.uncertainty_m,
    }


@_location(
    "SP01",
    severity=Severity.MEDIUM,
    source="domain catalogue 7.6, SP01",
    label_id="Tanpa GPS",
    label_en="No GPS",
    explain_id="Titik rumah diminta tetapi tidak ada yang dapat dipakai ({state}). Alasan petugas: "
    "{stated_reason}.",
    explain_en="A house point was asked for, but there is none to use ({state}). The officer's reason: "
    "{stated_reason}.",
)
def no_gps(facts: Facts) -> Answer:
    """Fires when the house point was asked for and is empty, or is no place on earth."""
    if usable_point(facts) is not None:
        return None
    reason = facts.text("alasan_tanpa_gps").strip()
    if facts.house_point is not None:
        return Fires({"state": "implausible", "stated_reason": mask_numbers_in(reason) or None})
    missing = no_point(facts)
    if isinstance(missing, Unknown) and missing.reason is Reason.NO_POINT:
        return Fires({"state": "empty", "stated_reason": mask_numbers_in(reason) or None})
    return missing


@_location(
    "SP02",
    severity=Severity.LOW,
    source="domain catalogue 7.6, SP02; BPS Wilkerstat: default 20 m, at most 50 m",
    label_id="Akurasi GPS rendah",
    label_en="Poor GPS accuracy",
    explain_id="Ketelitian GPS {accuracy_m} m, lebih buruk dari {threshold} m.",
    explain_en="The GPS accuracy is {accuracy_m} m, worse than {threshold} m.",
    knobs={
        "low_m": Knob("Batas rendah", "Limit for low", minimum=0),
        "medium_m": Knob("Batas sedang", "Limit for medium", minimum=0),
    },
)
def poor_accuracy(facts: Facts, *, low_m: float = 20.0, medium_m: float = 50.0) -> Answer:
    """Fires low above low_m, medium above medium_m; an accuracy of 0 or 9999 is not known."""
    point = usable_point(facts)
    if point is None:
        return no_point(facts)
    accuracy_m = known_accuracy_m(point.accuracy_m)
    if accuracy_m is None:
        return Unknown(Reason.NO_ACCURACY, {"accuracy_m": point.accuracy_m})
    if accuracy_m > medium_m:
        return Fires({"accuracy_m": accuracy_m, "threshold": medium_m, "unit": "m"}, Severity.MEDIUM)
    if accuracy_m > low_m:
        return Fires({"accuracy_m": accuracy_m, "threshold": low_m, "unit": "m"}, Severity.LOW)
    return None


def _unplaced(facts: Facts) -> Answer:
    """Why the relation to the claimed village is not known."""
    if usable_point(facts) is None:
        return no_point(facts)
    return Unknown((facts.location and facts.location.why_unknown) or Reason.NOT_LOOKED)


@_location(
    "SP03",
    severity=Severity.MEDIUM,
    source="domain catalogue 7.6, SP03; semantics 4",
    label_id="Di luar batas desa",
    label_en="Outside the village",
    explain_id="Titik rumah {outside_m} m di luar batas {claimed_name}; ketelitian GPS {accuracy_m} m. "
    "Batas toleransi {threshold} m.",
    explain_en="The house point lies {outside_m} m outside {claimed_name}; the GPS accuracy is {accuracy_m} "
    "m. "
    "The tolerance is {threshold} m.",
    knobs={
        "tolerance_m": Knob("Toleransi", "Tolerance", minimum=0),
        "accuracies": Knob("Kelipatan ketelitian GPS", "Multiple of the GPS accuracy", minimum=0),
    },
)
def outside_village(facts: Facts, *, tolerance_m: float = 100.0, accuracies: float = 2.0) -> Answer:
    """Fires when the point lies outside the claimed village by more than max(tolerance_m, accuracies x
    accuracy)."""
    location = facts.location
    if location is None or location.relation is Relation.UNKNOWN or location.outside_m is None:
        return _unplaced(facts)
    threshold_m = max(tolerance_m, accuracies * (known_accuracy_m(location.accuracy_m) or 0.0))
    if location.relation is not Relation.OUTSIDE or location.outside_m <= threshold_m:
        return None
    measured = {"outside_m": round(location.outside_m, 1), "threshold": threshold_m, "unit": "m"}
    return Fires({**measured, **_place(location)})


@_location(
    "SP04",
    severity=Severity.HIGH,
    source="domain catalogue 7.6, SP04",
    label_id="Di luar kecamatan/kabupaten",
    label_en="Outside the sub-district or district",
    explain_id="Titik rumah {outside_district_m} m di luar kecamatan dari {claimed_name} (batas {threshold} "
    "m); "
    "desa tempat titik itu: {found_villages}.",
    explain_en="The house point lies {outside_district_m} m outside the sub-district of {claimed_name} "
    "(limit {threshold} m); villages at that point: {found_villages}.",
    knobs={"limit_m": Knob("Jarak dari kecamatan", "Distance from the sub-district", minimum=0)},
)
def outside_district(facts: Facts, *, limit_m: float = 500.0) -> Answer:
    """Fires beyond limit_m outside the claimed kecamatan, or in another kabupaten or kota."""
    location = facts.location
    if location is None or location.relation is Relation.UNKNOWN:
        return _unplaced(facts)
    if location.relation is not Relation.OUTSIDE:
        return None
    far = location.outside_district_m is not None and location.outside_district_m > limit_m
    if far or location.outside_regency:
        metres = location.outside_district_m
        measured = {
            "outside_district_m": None if metres is None else round(metres, 1),
            "outside_regency": location.outside_regency,
            "threshold": limit_m,
            "unit": "m",
        }
        return Fires({**measured, **_place(location)})
    return Unknown(Reason.NO_AREA) if location.outside_district_m is None else None


@_location(
    "SP05",
    severity=Severity.MEDIUM,
    source="domain catalogue 7.6, SP05",
    label_id="Jauh dari titik lama",
    label_en="Far from an earlier point",
    explain_id="Titik rumah {distance_m} m dari titik {earlier}; batas {threshold} m.",
    explain_en="The house point lies {distance_m} m from the point of {earlier}; the limit is {threshold} m.",
    knobs={
        "limit_m": Knob("Jarak dari titik lama", "Distance from the earlier point", minimum=0),
        "rounding_m": Knob("Tambahan untuk titik yang dibulatkan", "More for a rounded point", minimum=0),
    },
)
def far_from_earlier_point(facts: Facts, *, limit_m: float = 250.0, rounding_m: float = 80.0) -> Answer:
    """Fires beyond limit_m from the registered point, or the last visit's, unless the family moved.

    A village office is no house: not compared. A point rounded to 3 decimals gets rounding_m more.
    """
    if usable_point(facts) is None:
        return no_point(facts)
    if facts.text("status_keberadaan") in MOVED:
        return NOT_APPLICABLE
    register, location = facts.register, facts.location
    if location is None:
        return Unknown(Reason.NOT_LOOKED)
    source = register.point_source if register else None
    compared = [] if source == OFFICE_POINT else [("register", location.from_register_m)]
    compared.append(("last_visit", location.from_last_visit_m))
    known = [(name, metres) for name, metres in compared if metres is not None]
    for name, metres in known:
        threshold_m = limit_m + (rounding_m if name == "register" and source == ROUNDED_POINT else 0.0)
        if metres > threshold_m:
            measured = {"distance_m": round(metres, 1), "threshold": threshold_m, "unit": "m"}
            return Fires(
                {"earlier": name, **measured, "accuracy_m": location.accuracy_m, "point_source": source}
            )
    if known:
        return None
    no_house = source == OFFICE_POINT or (register is not None and register.lat is None)
    return NOT_APPLICABLE if no_house or not facts.about_household else Unknown(Reason.NO_REGISTER)


@_location(
    "SP06",
    severity=Severity.HIGH,
    source="domain catalogue 7.6, SP06: a sign of interviews that never happened",
    label_id="Koordinat kembar",
    label_en="Same coordinates",
    explain_id="Koordinat sama persis dengan {same_houses} rumah lain: {labels}.",
    explain_en="Exactly the coordinates of {same_houses} other houses: {labels}.",
    knobs={"houses": Knob("Jumlah rumah", "Number of houses", minimum=2)},
)
def same_coordinates(facts: Facts, *, houses: int = 2) -> Answer:
    """Fires when at least `houses` different households, this one included, have one point to 6 decimals."""
    if usable_point(facts) is None:
        return no_point(facts)
    if facts.household_id is None:
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    if facts.same_point is None:
        return Unknown(Reason.NOT_LOOKED)
    others = [peer for peer in facts.same_point if peer.household_id not in (None, facts.household_id)]
    households = {peer.household_id for peer in others}
    if len(households) + 1 < houses:
        return None
    labels = sorted({peer.label for peer in others})
    evidence = {"same_houses": len(households), "labels": labels, "threshold": houses, "unit": "households"}
    return Fires(evidence, peers=tuple(peer.submission_id for peer in others))
