"""Facts: all that checks may know about one submission. Frozen values, no rows, no objects that reach back.

Belongs here: the value classes and the few readings of them that several checks share.
Does not: gathering facts (server.services.facts), judging them (workers.checks), what rules see
(fact_values.py).
Everywhere: None means "not known" and is never read as fine; an empty tuple means "looked, there is none".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from forms.definition import FormDefinition
from forms.values import Answers, GeoPoint, Row, Value
from workers.facts_quality import QualityFacts
from workers.visits import find_value, is_asked, iter_rows, names_household

NO_ACCURACY_M = 9999.0
MAX_PEERS = 20
"""Submissions that one finding names at most: the first to come in, the same ones whoever asks."""
NEAR_M = 30.0
"""How far apart houses may stand to be looked at as one spot (KP12, SP07): settings cannot ask for more."""


class Relation(StrEnum):
    """Where the house point lies against the claimed village's line."""

    INSIDE = "inside"
    BOUNDARY = "boundary"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a check could not look."""

    NO_POINT = "no_point"
    NO_ACCURACY = "no_accuracy"
    NO_VILLAGE = "no_village"
    NO_BOUNDARY = "no_boundary"
    NO_AREA = "no_area"
    NO_HOUSEHOLD = "no_household"
    NO_REGISTER = "no_register"
    NO_REGISTER_VALUE = "no_register_value"
    NO_ANSWERS = "no_answers"
    NO_ANSWER = "no_answer"
    NO_TIMES = "no_times"
    PHOTO_PENDING = "photo_pending"
    NO_PICTURE = "no_picture"
    NO_EXIF = "no_exif"
    NO_OFFICER = "no_officer"
    NOT_LOOKED = "not_looked"
    DOUBTFUL_TIMES = "doubtful_times"
    NO_PEERS = "no_peers"
    ERROR = "error"


@dataclass(frozen=True)
class RegisterFacts:
    """The household as the register has it, identity numbers in clear: for checks only, never for evidence.

    source_id: the register's own id, None for a household that the register does not have (is_new).
    area_path: '3517012001/003/002'. sex: 'l' or 'p'. programmes: as the register spells them ('PKH', 'BPNT',
    'BLT-DD').
    lat, lon: the registered point in degrees. point_source: 'survei' (the house), 'kantor_desa' (village
    office), 'dibulatkan' (3 decimals) or None. in_blt_dd: on the BLT-DD list of the period, None when no list
    was imported.
    """

    household_id: int
    source_id: str | None = None
    area_path: str | None = None
    village_code: str | None = None
    nik: str | None = None
    nik_manager: str | None = None
    no_kk: str | None = None
    head_name: str | None = None
    sex: str | None = None
    born_on: date | None = None
    programmes: frozenset[str] = frozenset()
    in_blt_dd: bool | None = None
    desil: int | None = None
    snapshot: str | None = None
    lat: float | None = None
    lon: float | None = None
    point_source: str | None = None
    inactive: bool = False
    is_new: bool = False
    number_ends: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of the import the row came with: 'nik', 'nik_pengurus', 'no_kk' -> (numbers of 16 digits, of these those
    that end in 0). Empty when nobody counted."""
    dukcapil_matched: bool | None = None
    pkh_since_year: int | None = None
    early_children: int | None = None
    """Members that the register counts as component anak_usia_dini."""
    early_children_born_on: tuple[date, ...] = ()

    @property
    def niks(self) -> tuple[str, ...]:
        """Every NIK known for the household: head, then manager."""
        return tuple(nik for nik in (self.nik, self.nik_manager) if nik)


@dataclass(frozen=True)
class LocationFacts:
    """Where the house point lies. Distances in metres, codes of 10 digits.

    outside_m: 0.0 inside. edge_m: distance to the claimed village's line, negative inside.
    accuracy_m: as the phone gave it, also 0 or 9999. uncertainty_m: of the boundary file.
    found_villages: those that contain the point, the claimed one first; () = none of the known ones.
    outside_district_m: distance to the nearest village of the claimed kecamatan, 0.0 inside.
    outside_regency: True only when another kabupaten/kota contains the point, beyond accuracy and
    uncertainty.
    """

    claimed_village: str | None = None
    claimed_name: str | None = None
    relation: Relation = Relation.UNKNOWN
    why_unknown: Reason | None = None
    outside_m: float | None = None
    edge_m: float | None = None
    accuracy_m: float | None = None
    uncertainty_m: float | None = None
    found_villages: tuple[str, ...] = ()
    outside_district_m: float | None = None
    outside_regency: bool | None = None
    from_register_m: float | None = None
    from_last_visit_m: float | None = None


@dataclass(frozen=True)
class PhotoPeer:
    """The same photo (exact) or a similar one, in another submission. distance: bits of 64 that differ."""

    submission_id: int
    household_id: int | None
    exact: bool
    distance: int
    label: str


@dataclass(frozen=True)
class PhotoFacts:
    """A photo that the submission names. field: the question; role: 'house_photo' or None; present: its
    bytes arrived.

    phash: 64 bits, None for what is no picture. same: look-alikes, None when nobody has searched yet.
    brightness, edges, screen: as media.photos measures them, None when the pixels could not be read; edges also
    when the picture shows none.
    """

    name: str
    field: str = ""
    role: str | None = None
    present: bool = True
    sha256: str | None = None
    phash: int | None = None
    is_picture: bool | None = None
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    brightness: float | None = None
    edges: float | None = None
    screen: float | None = None
    same: tuple[PhotoPeer, ...] | None = ()


@dataclass(frozen=True)
class InterviewFacts:
    """Times of the visit (aware). active_s: time in the form by its audit log, else the whole duration.

    finished: a complete interview (workers.visits.is_complete). version_median_s over version_visits
    complete ones.
    """

    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    active_s: float | None = None
    finished: bool | None = None
    version_median_s: float | None = None
    version_visits: int = 0


@dataclass(frozen=True)
class VisitFacts:
    """Another submission about the household."""

    submission_id: int
    visited_on: date | None = None
    officer_id: int | None = None


@dataclass(frozen=True)
class HistoryFacts:
    """Other visits to the household in this campaign.

    same_form: other complete submissions of this form, earlier and later. visits_before: days visited before
    this. last_visited_on: the latest day it was visited, this visit included: the day of what is said about
    the household as a whole, whichever visit is looked at. asset_score_before: of the latest earlier visit
    that was not rejected.
    """

    same_form: tuple[VisitFacts, ...] = ()
    visits_before: int | None = None
    asset_score_before: Decimal | int | None = None
    last_visited_on: date | None = None


@dataclass(frozen=True)
class PointPeer:
    """A submission of another household at the same point to 6 decimals."""

    submission_id: int
    household_id: int | None
    label: str


@dataclass(frozen=True)
class NikPeer:
    """Another active family of the register that has this household's NIK."""

    household_id: int
    source_id: str | None
    village: str | None
    no_kk_differs: bool


@dataclass(frozen=True)
class KkPeer:
    """Another active family of the register that has this household's KK number."""

    household_id: int
    source_id: str | None
    village: str | None


@dataclass(frozen=True)
class HousePeer:
    """A submission of the same form about another recipient household, at most NEAR_M away. same_kk: None when
    a KK number is not known."""

    submission_id: int
    household_id: int
    label: str
    distance_m: float
    same_kk: bool | None


@dataclass(frozen=True)
class DayVisit:
    """Another submission of the same officer on the same day, with its point in degrees."""

    submission_id: int
    household_id: int | None
    label: str
    lat: float
    lon: float
    accuracy_m: float | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class OfficerDay:
    """The officer's other submissions of the day in this campaign, those without a point left out.

    before, after: the ones next to this in time, None for the first and the last. near: those about other
    households within 2 NEAR_M, by submission id.
    """

    before: DayVisit | None = None
    after: DayVisit | None = None
    near: tuple[DayVisit, ...] = ()


@dataclass(frozen=True)
class Facts:
    """One submission and what is known around it. timezone: IANA name, of the village where its province is
    known, else of the office. visited_on: the local day of the visit.

    house_point_asked: the question's node is in the XML; None when the form has no house point or cannot be
    read.
    same_point, same_nik, same_kk, near_houses, officer_day, history: None when nobody has looked.
    typed_nik_elsewhere: the NIK typed belongs to another household of the register. officer_areas: area paths
    given to the officer, '' = everywhere.
    """

    submission_id: int
    instance_id: str
    form_id: str
    officer_id: int | None = None
    received_at: datetime | None = None
    visited_on: date | None = None
    timezone: str = "Asia/Jakarta"
    definition: FormDefinition | None = None
    answers: Answers | None = None
    house_point: GeoPoint | None = None
    house_point_asked: bool | None = None
    register: RegisterFacts | None = None
    location: LocationFacts | None = None
    photos: tuple[PhotoFacts, ...] = ()
    interview: InterviewFacts = field(default_factory=InterviewFacts)
    quality: QualityFacts = field(default_factory=QualityFacts)
    history: HistoryFacts | None = None
    same_point: tuple[PointPeer, ...] | None = None
    same_nik: tuple[NikPeer, ...] | None = None
    typed_nik_elsewhere: bool | None = None
    same_kk: tuple[KkPeer, ...] | None = None
    near_houses: tuple[HousePeer, ...] | None = None
    officer_day: OfficerDay | None = None
    officer_areas: tuple[str, ...] | None = None

    @property
    def household_id(self) -> int | None:
        """The household of the submission, None when it has none."""
        return self.register.household_id if self.register else None

    def value(self, name: str) -> Value | None:
        """The answer to a question outside repeats; None when it is absent, empty or there are no answers."""
        return None if self.answers is None else find_value(self.answers, name)

    def text(self, name: str) -> str:
        """The answer as text; '' when there is none or it is no text."""
        value = self.value(name)
        return value if isinstance(value, str) else ""

    def asked(self, name: str) -> bool:
        """True when a question of this name, outside repeats, is in the XML, answered or not."""
        return self.answers is not None and is_asked(self.answers, name)

    @property
    def about_household(self) -> bool:
        """False for a form that names no household at all: a village form, a notice. True when the form is
        not known."""
        return self.definition is None or names_household(self.definition)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a repeat, by the repeat's name."""
        return iter(()) if self.answers is None else iter_rows(self.answers.root, name)


def known_accuracy_m(accuracy_m: float | None) -> float | None:
    """The accuracy in metres, or None where a phone says that it does not know: nothing, 0, or 9999 and
    more."""
    if accuracy_m is None or not 0 < accuracy_m < NO_ACCURACY_M:
        return None
    return accuracy_m
