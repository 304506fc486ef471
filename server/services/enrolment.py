"""Enrolment: the register's villages and households as entities of one campaign, masked, for its phones.

Belongs here: filling `desa` and `keluarga` from the register, and bringing them up to date. Does not: what forms and
decisions write (entities.py), importing the register (register.py).
Source: the questionnaires, "Entity lists" and "Who writes a column".

A column that anybody else wrote in an entity - a form, a decision - is never touched again here. The area of an entity, which
decides whose phone gets it, always follows the register.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.scope import AreaPaths, within_areas
from server.services import areas, audit, entity_lists
from server.services.enrolment_views import HOUSEHOLD_COLUMNS, WantedEntity, household_entity, village_entity
from server.services.enrolment_writes import (
    NewEntity,
    Refreshed,
    insert_entities,
    refresh_entities,
    written_by_others,
)

AREA_LIST, HOUSEHOLD_LIST = entity_lists.AREA_LIST, "keluarga"
AREA_PROPERTIES = [
    "kode_desa",
    "kecamatan",
    "kabupaten",
    "puskesos",
    "bumdes",
    "skor_dbs",
    "kategori_dbs",
    "tgl_dbs",
]
HOUSEHOLD_PROPERTIES = [
    "kode_desa",
    "rt",
    "rw",
    "alamat",
    "nama_kepala",
    "nama_pengurus",
    "nik_samar",
    "nik_akhir4",
    "nokk_samar",
    "jml_art",
    "program",
    "desil",
    "temuan",
    "prioritas",
    "batch",
    "kunjungan_ke",
    "hasil_terakhir",
    "tgl_kunjungan",
    "status_keberadaan",
    "status_stiker",
    "no_stiker",
    "skor_aset",
    "status_kepesertaan",
    "jenis_graduasi",
    "tgl_graduasi",
    "tugas",
    "alasan_tugas",
    "status_verval",
    "geometry",
]
BATCH_ROWS = 1000
Progress = Callable[[int, int], None]


@dataclass
class EnrolReport:
    """What an enrolment did, in entities."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All that were looked at."""
        return self.created + self.updated + self.unchanged


class _Current(NamedTuple):
    id: int
    key: Any
    label: str
    data: dict[str, str]
    version: int
    area_path: str


def enrol_areas(
    session: Session, project_id: int, codes: Iterable[str], *, actor_id: int | None = None
) -> EnrolReport:
    """Fills `desa` with the villages of these areas ('35.17' is a whole regency). A repeat updates names.

    Raises: errors of ensure_list.
    """
    listed = entity_lists.ensure_list(session, project_id, AREA_LIST, AREA_PROPERTIES)
    villages = areas.list_villages(session, tuple(code.replace(".", "") for code in codes))
    names = areas.area_names(session, {village.code[:digits] for village in villages for digits in (4, 6)})
    wanted = {village.code: village_entity(village, names) for village in villages}
    report = EnrolReport()
    _enrol(session, listed, wanted, _entities_by_area(session, listed), report, actor_id)
    _finish(session, listed, report, actor_id)
    return report


def enrol_households(
    session: Session,
    project_id: int,
    *,
    area_paths: AreaPaths = None,
    progress: Progress | None = None,
    actor_id: int | None = None,
) -> EnrolReport:
    """Fills `keluarga` with the households of these areas (None = all); forms find them with masked numbers only.

    Args: progress(done, total).
    Effects: a new household becomes an entity with the task 'kunjungan'; of one that is enrolled already, what the register
    says now becomes a new version, except columns that a form or a decision wrote. Entities that somebody deleted stay so.
    """
    listed = entity_lists.ensure_list(session, project_id, HOUSEHOLD_LIST, HOUSEHOLD_PROPERTIES)
    covered = within_areas(Household.area_path, area_paths)
    total = session.scalar(select(func.count()).select_from(Household).where(covered, _of_register())) or 0
    report = EnrolReport()
    for households in _batches(session, covered):
        wanted = {row.id: household_entity(row) for row in households}
        _enrol(
            session, listed, wanted, _entities_by_household(session, listed, list(wanted)), report, actor_id
        )
        if progress is not None:
            progress(report.total, total)
    _finish(session, listed, report, actor_id)
    return report


def _enrol(
    session: Session,
    listed: EntityList,
    wanted: Mapping[Any, WantedEntity],
    current: Mapping[Any, _Current | None],
    report: EnrolReport,
    actor_id: int | None,
) -> None:
    """Creates what is missing and refreshes what differs. current: None for one that was deleted."""
    new = [
        NewEntity(
            str(uuid.uuid4()), want.label, {**want.data, **want.first}, want.household_id, want.area_path
        )
        for key, want in wanted.items()
        if key not in current
    ]
    known = [(want, current[key]) for key, want in wanted.items() if key in current]
    differing = [(want, have) for want, have in known if have is not None and _differs(want, have)]
    others = written_by_others(session, [have.id for _, have in differing])
    refreshed = [
        change
        for want, have in differing
        if (change := _refresh(want, have, others.get(have.id, frozenset())))
    ]
    insert_entities(session, listed.id, new, actor_id=actor_id)
    refresh_entities(session, refreshed, actor_id=actor_id)
    villages = [item.area_path for item in new] + [
        path for item in refreshed for path in {item.area_path, item.old_area_path}
    ]
    entity_lists.bump_revisions(session, listed.id, [path[:10] for path in villages])
    report.created += len(new)
    report.updated += len(refreshed)
    report.unchanged += len(known) - len(refreshed)


def _differs(want: WantedEntity, have: _Current) -> bool:
    if want.label != have.label or want.area_path != have.area_path:
        return True
    return any(have.data.get(name, "") != value for name, value in want.data.items())


def _refresh(want: WantedEntity, have: _Current, others: frozenset[str]) -> Refreshed | None:
    """What changes, columns of others left out; None when nothing remains."""
    received = {
        name: value
        for name, value in want.data.items()
        if name not in others and have.data.get(name, "") != value
    }
    label = have.label if "label" in others else want.label
    if not received and label == have.label and want.area_path == have.area_path:
        return None
    return Refreshed(
        have.id, have.version, label, {**have.data, **received}, received, want.area_path, have.area_path
    )


def _of_register() -> Any:
    """Families that a visit found have an entity already, made by the phone."""
    return Household.source_id.is_not(None)


def _batches(session: Session, covered: Any) -> Iterator[list[Any]]:
    """The households in the order of their ids, so many at a time."""
    last = 0
    while True:
        query = (
            select(*HOUSEHOLD_COLUMNS)
            .where(Household.id > last, covered, _of_register())
            .order_by(Household.id)
            .limit(BATCH_ROWS)
        )
        rows = session.execute(query).all()
        if not rows:
            return
        yield list(rows)
        last = rows[-1].id


def _entities_by_household(
    session: Session, listed: EntityList, ids: list[int]
) -> dict[Any, _Current | None]:
    return _current(session, listed, Entity.household_id, Entity.household_id.in_(ids))


def _entities_by_area(session: Session, listed: EntityList) -> dict[Any, _Current | None]:
    return _current(session, listed, Entity.area_path, Entity.area_path != "")


def _current(session: Session, listed: EntityList, key: Any, condition: Any) -> dict[Any, _Current | None]:
    """What is enrolled, by key; the rows are locked in the order of their ids until the transaction ends."""
    query = (
        select(
            Entity.id,
            key.label("key"),
            Entity.label.label("entity_label"),
            Entity.data,
            Entity.version,
            Entity.area_path.label("path"),
            Entity.deleted_at,
        )
        .where(Entity.entity_list_id == listed.id, condition)
        .order_by(Entity.id)
        .with_for_update()
    )
    found: dict[Any, _Current | None] = {}
    for row in session.execute(query):
        if found.get(row.key) is None:
            found[row.key] = None if row.deleted_at else _Current(*row[:6])
    return found


def _finish(session: Session, listed: EntityList, report: EnrolReport, actor_id: int | None) -> None:
    if report.created or report.updated:
        details = {"dataset": listed.name, "created": report.created, "updated": report.updated}
        audit.record(session, actor_id, "entity.bulk.create", listed.actee_id, details)
    entity_lists.link_empty_slots(session, listed.project_id)
