"""Checks of photos: is each of its own house, is the one that must be there there.

Belongs here: QC and WF rules over PhotoFacts. Does not: reading pictures (media), searching look-alikes
(server facts).
Source: docs/domain 7.7.
"""

from collections.abc import Iterable, Mapping

from forms.rule_terms import Kind, Severity
from workers.checking import NOT_APPLICABLE, Answer, Fires, Unknown, check
from workers.facts import Facts, PhotoFacts, PhotoPeer, Reason

HOUSE_PHOTO = "house_photo"
STICKER_PHOTO = "foto_stiker"
PUT_UP = frozenset({"terpasang", "diganti"})


def _others(facts: Facts, peers: Iterable[PhotoPeer]) -> list[PhotoPeer]:
    """Peers that are surely another house: both households are known and differ."""
    own = facts.household_id
    if own is None:
        return []
    return [peer for peer in peers if peer.household_id is not None and peer.household_id != own]


def _unsure(facts: Facts, peers: Iterable[PhotoPeer]) -> bool:
    """True when a peer of another submission may be the same house or not: a household is not known."""
    others = (peer for peer in peers if peer.submission_id != facts.submission_id)
    return any(peer.household_id is None or facts.household_id is None for peer in others)


def _not_compared(facts: Facts, photos: Iterable[PhotoFacts], *, pictures: bool) -> Answer:
    """The answer when nothing was found: clear only if every photo could be compared."""
    for photo in photos:
        if not photo.present:
            return Unknown(Reason.PHOTO_PENDING, {"photo": photo.name, "field": photo.field})
        if photo.same is None or (pictures and photo.is_picture is None):
            return Unknown(Reason.NOT_LOOKED, {"photo": photo.name, "field": photo.field})
        if pictures and (not photo.is_picture or photo.phash is None):
            return Unknown(Reason.NO_PICTURE, {"photo": photo.name, "field": photo.field})
    return None


def _evidence(photo: PhotoFacts, peers: list[PhotoPeer]) -> dict[str, object]:
    labels = list(dict.fromkeys(peer.label for peer in peers))
    return {"photo": photo.name, "field": photo.field, "same_photos": len(peers), "labels": labels}


@check(
    "QC05",
    kind=Kind.QUALITY,
    severity=Severity.HIGH,
    source="domain catalogue 7.7, QC05",
    label_id="Foto sama persis",
    label_en="Identical photo",
    explain_id="Foto {field} sama persis dengan foto rumah lain: {labels}.",
    explain_en="Photo {field} is byte for byte the photo of another house: {labels}.",
)
def identical_photo(facts: Facts) -> Answer:
    """Fires when a photo's SHA-256 is also that of a photo of another house."""
    if not facts.photos:
        return NOT_APPLICABLE
    exact = {photo.name: [p for p in photo.same or () if p.exact] for photo in facts.photos}
    hits = [(photo, found) for photo in facts.photos if (found := _others(facts, exact[photo.name]))]
    if hits:
        photo, peers = hits[0]
        shown = {**_evidence(photo, peers), "sha256": photo.sha256, "photos": [item.name for item, _ in hits]}
        all_peers = dict.fromkeys(peer.submission_id for _, found in hits for peer in found)
        return Fires(shown, peers=tuple(all_peers))
    if any(_unsure(facts, peers) for peers in exact.values()):
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    return _not_compared(facts, facts.photos, pictures=False)


@check(
    "QC06",
    kind=Kind.QUALITY,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, QC06",
    label_id="Foto mirip",
    label_en="Similar photo",
    explain_id="Foto rumah {field} mirip dengan foto rumah lain ({labels}): beda {distance_bits} dari 64, "
    "batas {threshold}.",
    explain_en="House photo {field} resembles that of another house ({labels}): {distance_bits} of 64 bits "
    "differ, "
    "limit {threshold}.",
)
def similar_photo(facts: Facts, *, distance_bits: int = 6) -> Answer:
    """Fires when a house photo, another file, differs by at most distance_bits of 64 from that of another
    house."""
    photos = [photo for photo in facts.photos if photo.role == HOUSE_PHOTO]
    if not photos:
        return NOT_APPLICABLE
    near = {p.name: [x for x in p.same or () if not x.exact and x.distance <= distance_bits] for p in photos}
    hits = [(photo, found) for photo in photos if (found := _others(facts, near[photo.name]))]
    if hits:
        photo, peers = hits[0]
        measured = {
            "distance_bits": min(p.distance for p in peers),
            "threshold": distance_bits,
            "unit": "bits of 64",
        }
        all_peers = dict.fromkeys(peer.submission_id for _, found in hits for peer in found)
        return Fires({**_evidence(photo, peers), **measured}, peers=tuple(all_peers))
    if any(_unsure(facts, peers) for peers in near.values()):
        return Unknown(Reason.NO_HOUSEHOLD) if facts.about_household else NOT_APPLICABLE
    return _not_compared(facts, photos, pictures=True)


@check(
    "WF04",
    kind=Kind.WORKFLOW,
    severity=Severity.MEDIUM,
    source="domain catalogue 7.7, WF04",
    label_id="Stiker tanpa foto",
    label_en="Sticker without photo",
    explain_id="Stiker dicatat {result}, tetapi foto stiker tidak ada ({state}).",
    explain_en="The sticker is recorded as {result}, but there is no photo of it ({state}).",
)
def sticker_without_photo(facts: Facts) -> Answer:
    """Fires when a sticker was put up and its photo was not taken, or has not arrived."""
    if facts.form_id != "stiker":
        return NOT_APPLICABLE
    if facts.answers is None:
        return Unknown(Reason.NO_ANSWERS)
    result = facts.text("hasil_stiker")
    if not result:
        return Unknown(Reason.NO_ANSWER)
    if result not in PUT_UP:
        return NOT_APPLICABLE
    named = facts.text(STICKER_PHOTO)
    if not named:
        return Fires({"result": result, "state": "not_taken", "field": STICKER_PHOTO})
    photo = next((item for item in facts.photos if item.name == named), None)
    if photo is None or not photo.present:
        return Fires({"result": result, "state": "not_arrived", "field": STICKER_PHOTO, "photo": named})
    return None


@check(
    "QC07",
    kind=Kind.QUALITY,
    severity=Severity.LOW,
    source="domain catalogue 7.7, QC07; thresholds from drawn pictures, see the docstring",
    label_id="Foto buruk",
    label_en="Bad photo",
    explain_id="Foto {field} {problem}: {value}, batas {threshold}.",
    explain_en="Photo {field} {problem}: {value}, limit {threshold}.",
)
def bad_photo(
    facts: Facts, *, short_px: int = 480, dark: float = 30.0, blurred: float = 0.1, screen: float = 5.0
) -> Answer:
    """Fires for a photo whose shorter side is under short_px, whose mean brightness (0 to 255) is under `dark`, whose edges
    are softer than `blurred` (media.fitness.edge_sharpness), or, of a house, that has the pattern of a screen from `screen` on
    (media.fitness.screen_pattern; print and guilloches of papers have such patterns too).

    Chosen on 20 pictures of each kind, drawn by tests/media/conditions.py, 1600 px at JPEG quality 80. Called good, rightly:
    sharp 20 of 20, half again the light 20, 0.4 of it 20, blurred by 2 px 20, by 4 px 20, a white wall 20, fog 20, fences and
    roofs of perfect regularity 20. Called bad, rightly: 0.15 of the light 20 of 20 (dark), blurred by 8 px 20, by 12 px 20,
    shaken by 40 px 5 (along its edges a house stays sharp), photographed from a screen 16. No good picture was called bad.
    A picture without any edge (a white wall, a foggy field) is never called blurred.
    """
    if not facts.photos:
        return NOT_APPLICABLE
    limits = {"small": short_px, "dark": dark, "blurred": blurred, "screen": screen}
    bad = [(photo, *found) for photo in facts.photos if (found := find_problem(photo, limits)) is not None]
    if bad:
        photo, problem, value = bad[0]
        shown = {"photo": photo.name, "field": photo.field, "problem": problem, "value": value}
        others = [item.name for item, *_ in bad[1:]]
        return Fires({**shown, "threshold": limits[problem], "other_photos": others})
    for photo in facts.photos:
        if not photo.present:
            return Unknown(Reason.PHOTO_PENDING, {"photo": photo.name, "field": photo.field})
        if photo.is_picture is None:
            return Unknown(Reason.NOT_LOOKED, {"photo": photo.name, "field": photo.field})
        if not photo.is_picture or photo.brightness is None:
            return Unknown(Reason.NO_PICTURE, {"photo": photo.name, "field": photo.field})
    return None


def find_problem(photo: PhotoFacts, limits: Mapping[str, float]) -> tuple[str, float] | None:
    """What is wrong with a photo, and the value measured; None when nothing is, or nothing could be measured."""
    if photo.width is not None and photo.height is not None:
        shorter_px = min(photo.width, photo.height)
        if shorter_px < limits["small"]:
            return "small", shorter_px
    if photo.brightness is not None and photo.brightness < limits["dark"]:
        return "dark", round(photo.brightness, 1)
    if photo.role == HOUSE_PHOTO and photo.screen is not None and photo.screen >= limits["screen"]:
        return "screen", round(photo.screen, 1)
    if photo.edges is not None and photo.edges < limits["blurred"]:
        return "blurred", round(photo.edges, 2)
    return None
