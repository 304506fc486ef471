"""Filling a database at scale: `sisir seed`.

Belongs here: refusals, the order of things, writing in bulk. Does not: what a copy looks like (copying.py).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from server.backends import Backends
from server.bulk import copy_rows, defer_foreign_keys, open_snapshot, set_sequences, without_indexes
from server.db import Base, session_scope
from server.demo import campaign
from server.errors import SetupError
from server.models.entity import Entity
from server.models.household import Household
from server.models.project import Project
from server.seed.copying import Place, copy_areas, copy_rows_of, district_code, make_templates
from server.seed.pattern import Pattern, Row, read_pattern
from server.services import accounts, enrolment, entity_lists, village_counts

TABLES = (
    "household", "entity", "entity_version", "submission", "submission_version", "attachment", "campaign_case", "finding",
)  # fmt: skip
OFFICERS_A_DISTRICT = 6
INVENTED = "99"

Progress = Callable[[str, int, int, str], object]
"""What is being done, how much of how much is done, the unit."""


@dataclass(frozen=True)
class Seeded:
    """What was written. seconds: of writing households, visits and all that hangs on them, indexes included."""

    households: int
    submissions: int
    rows: int
    seconds: float


def seed(backends: Backends, *, households: int, submissions: int, progress: Progress) -> Seeded:
    """Writes so many invented families and visits beside the demo's, which is made first when the database is empty.

    Raises: SetupError when the database holds anybody who is not invented, or was seeded before; nothing is changed then.
    Effects: areas, lists and officers first, then everything else in one transaction; no server may run meanwhile.
    """
    _refuse_real(backends)
    if campaign.is_empty(backends):
        total = campaign.STEPS
        done = 0

        def show(_text: str, steps: int) -> None:
            nonlocal done
            done = min(done + steps, total)
            progress("pattern", done, total, "step")

        campaign.build_demo(backends, show)
    with open_snapshot(backends.engine) as connection:
        pattern = read_pattern(connection, backends.seal)
    copies = max(1, -(-households // len(pattern.households)))
    officers = _make_places(backends, pattern, copies, progress)
    return _fill(backends, pattern, _Plan(copies, households, submissions), officers, progress)


def _refuse_real(backends: Backends) -> None:
    with session_scope(backends.sessions, read_only=True) as session:
        real = session.scalar(
            select(func.count()).select_from(Household).where(~Household.village_code.startswith(INVENTED))
        )
        if real:
            raise SetupError(
                f"the database holds {real} households that are not invented; seed another one (SISIR_VAR, SISIR_DATABASE). "
                "Nothing was changed."
            )
        if session.scalar(select(Household.id).where(Household.source_id.startswith("BEBAN-")).limit(1)):
            raise SetupError("this database was seeded before; seed another one (SISIR_VAR, SISIR_DATABASE)")


@dataclass(frozen=True)
class _Plan:
    copies: int
    households: int
    submissions: int

    def share(self, number: int, total: int) -> int:
        """What the copy of this number gets of a total, as even as can be."""
        return total * (number + 1) // self.copies - total * number // self.copies


def _make_places(
    backends: Backends, pattern: Pattern, copies: int, progress: Progress
) -> dict[int, tuple[int, ...]]:
    """Areas, villages on the phones' list, officers. Returns: copy -> its officers' ids."""
    columns = [name for name in pattern.columns["area"] if name != "id"]
    with backends.engine.begin() as connection:
        rows = [row for number in range(copies) for row in copy_areas(pattern, number)]
        codes = sorted({district_code(number)[:4] for number in range(copies)})
        regency = {**dict.fromkeys(columns), "level": 4, "parent_code": INVENTED}
        rows += [{**regency, "code": code, "name": f"Kabupaten Rekaan {code}"} for code in codes]
        copy_rows(connection, "area", columns, [[row[name] for name in columns] for row in rows])
    officers: dict[int, tuple[int, ...]] = {}
    with session_scope(backends.sessions) as session:
        enrolment.enrol_areas(session, pattern.project_id, codes)
        project = session.get_one(Project, pattern.project_id)
        for number in range(copies):
            officers[number] = tuple(
                accounts.create_officer(
                    session,
                    backends.seal,
                    project=project,
                    name=f"Petugas Rekaan {number + 1}-{place + 1}",
                    areas=(district_code(number),),
                )[0].id
                for place in range(OFFICERS_A_DISTRICT)
            )
            progress("places", number + 1, copies, "kecamatan")
    return officers


def _fill(
    backends: Backends,
    pattern: Pattern,
    plan: _Plan,
    officers: Mapping[int, tuple[int, ...]],
    progress: Progress,
) -> Seeded:
    with session_scope(backends.sessions, read_only=True) as session:
        villages = dict(
            session.execute(
                select(Entity.area_path, Entity.uuid).where(
                    Entity.household_id.is_(None), func.length(Entity.area_path) == 10
                )
            ).all()
        )
    templates = make_templates(pattern)
    started = time.perf_counter()
    rows = 0
    with backends.engine.begin() as connection:
        defer_foreign_keys(connection)
        first = {name: _next_id(connection, name) for name in TABLES}
        with without_indexes(connection, TABLES):
            done = 0
            for number in range(plan.copies):
                place = Place(
                    number,
                    plan.share(number, plan.households),
                    plan.share(number, plan.submissions),
                    dict(first),
                    officers[number],
                    villages,
                )
                for name, made in copy_rows_of(pattern, place, backends.seal, templates).items():
                    rows += _write(connection, name, pattern.columns[name], made)
                    first[name] += len(made)
                done += place.submissions
                progress("submissions", done, plan.submissions, "kiriman")
            progress("indexes", 0, 1, "step")
        set_sequences(connection, [Base.metadata.tables[name] for name in TABLES])
    seconds = time.perf_counter() - started
    _tell_phones(backends, pattern, plan.copies)
    return Seeded(plan.households, plan.submissions, rows, seconds)


def _write(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> int:
    return copy_rows(connection, table, columns, ([row[name] for name in columns] for row in rows))


def _next_id(connection: Connection, table: str) -> int:
    largest = connection.scalar(select(func.max(Base.metadata.tables[table].c.id)))
    return int(largest or 0) + 1


def _tell_phones(backends: Backends, pattern: Pattern, copies: int) -> None:
    """New revisions of the family list, and statistics for the planner."""
    villages = [row["code"] for row in pattern.areas if len(row["code"]) == 10]
    with session_scope(backends.sessions) as session:
        listed = entity_lists.get_list(session, pattern.project_id, enrolment.HOUSEHOLD_LIST)
        for number in range(copies):
            entity_lists.bump_revisions(
                session, listed.id, [district_code(number) + code[6:] for code in villages]
            )
    with backends.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    village_counts.count_big_campaigns(backends)
