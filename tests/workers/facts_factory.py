"""Facts for tests: a plain visit to a plain household where nothing is wrong; tests change one thing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from forms.values import Answers, GeoPoint, Row, Value
from workers.facts import (
    Facts,
    HistoryFacts,
    InterviewFacts,
    LocationFacts,
    OfficerDay,
    PhotoFacts,
    RegisterFacts,
    Relation,
)
from workers.facts_quality import QualityFacts

NIK = "3517014107809001"
"""A woman born on 1 July 1980."""
NIK_MANAGER = "3517011203759002"
"""A man born on 12 March 1975."""
NO_KK = "3517011509170001"
POINT = GeoPoint(-7.55, 112.23, 40.0, 6.0)


def make_answers(
    values: dict[str, Value], asked: tuple[str, ...] = (), rows: tuple[dict[str, Value], ...] = ()
) -> Answers:
    """Answers by question name; asked: questions left empty; rows: members of the repeat `art`."""
    leaves = {f"/g/{name}": value for name, value in values.items()}
    present = frozenset({"", "/g", *leaves, *(f"/g/{name}" for name in asked)})
    members = tuple(
        Row(
            "/g/art",
            number,
            {f"/g/art/{k}": v for k, v in row.items()},
            frozenset(f"/g/art/{k}" for k in row),
        )
        for number, row in enumerate(rows)
    )
    return Answers(Row("", 0, leaves, present, {"/g/art": members} if members else {}))


def make_register(**changes: Any) -> RegisterFacts:
    plain = RegisterFacts(
        household_id=1,
        source_id="H1",
        village_code="3517012001",
        nik=NIK,
        nik_manager=NIK_MANAGER,
        no_kk=NO_KK,
        sex="p",
        born_on=date(1980, 7, 1),
        programmes=frozenset({"PKH", "BPNT"}),
        in_blt_dd=False,
        desil=2,
        snapshot="2026-T3",
        lat=POINT.lat,
        lon=POINT.lon,
        point_source="survei",
        area_path="3517012001/003/002",
        head_name="Siti Rohmah Cemara",
        number_ends={"nik": (7000, 630), "nik_pengurus": (900, 80), "no_kk": (7000, 700)},
        dukcapil_matched=True,
        pkh_since_year=2022,
        early_children=0,
    )
    return replace(plain, **changes)


def make_location(**changes: Any) -> LocationFacts:
    plain = LocationFacts(
        claimed_village="3517012001",
        claimed_name="Jantiganggong",
        relation=Relation.INSIDE,
        outside_m=0.0,
        edge_m=-300.0,
        accuracy_m=6.0,
        uncertainty_m=11.0,
        found_villages=("3517012001",),
        outside_district_m=0.0,
        outside_regency=False,
        from_register_m=5.0,
        from_last_visit_m=None,
    )
    return replace(plain, **changes)


def make_photo(**changes: Any) -> PhotoFacts:
    plain = PhotoFacts(
        name="depan.jpg",
        field="foto_depan",
        role="house_photo",
        sha256="a" * 64,
        phash=0x1234,
        is_picture=True,
        width=1600,
        height=1200,
        taken_at=datetime(2026, 11, 24, 3, 5, tzinfo=UTC),
        lat=POINT.lat,
        lon=POINT.lon,
        brightness=140.0,
        edges=0.36,
        screen=1.9,
    )
    return replace(plain, **changes)


def make_quality(**changes: Any) -> QualityFacts:
    plain = QualityFacts(version_known=True, overlaps=(), twins=(), back_checks=(), numbers=())
    return replace(plain, **changes)


def make_facts(**changes: Any) -> Facts:
    plain = Facts(
        submission_id=10,
        instance_id="uuid:10",
        form_id="penyisiran",
        officer_id=7,
        received_at=datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
        visited_on=date(2026, 11, 24),
        answers=make_answers(
            {"status_keberadaan": "ada", "hasil_wawancara": "lengkap", "nik": NIK, "no_kk": NO_KK}
        ),
        house_point=POINT,
        house_point_asked=True,
        register=make_register(),
        location=make_location(),
        photos=(make_photo(),),
        interview=InterviewFacts(
            started_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
            ended_at=datetime(2026, 11, 24, 3, 15, tzinfo=UTC),
            duration_s=900,
            active_s=900,
            finished=True,
            version_median_s=900,
            version_visits=100,
        ),
        history=HistoryFacts(visits_before=0, last_visited_on=date(2026, 11, 24)),
        quality=make_quality(),
        same_point=(),
        same_nik=(),
        same_kk=(),
        near_houses=(),
        officer_day=OfficerDay(),
        officer_areas=("3517",),
    )
    return replace(plain, **changes)
