"""The pattern that seeding copies: the demo's campaign as it stands in the database, rows as they can be written back.

Belongs here: reading it. Does not: changing it for a copy (copying.py), writing (seeding.py).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from media.sealing import Seal
from server.demo.places import DISTRICT
from server.errors import SetupError
from server.migrating import newest_revision, tables_at
from server.services.backup_rows import iter_lines, iter_rows, kinds_of, read_tables
from server.services.enrolment_views import SURVEYED

Row = dict[str, Any]
"""Column -> value as `bulk.copy_rows` takes it; JSON is text."""

FINDINGS_A_VISIT = 2
_RANKS = {"high": 3, "medium": 2, "low": 1, "info": 0}


@dataclass(frozen=True)
class Home:
    """What tells one family from another in a visit's XML. point: longitude, latitude of the house; None when nobody measured
    it."""

    entity: str
    village: str
    village_entity: str
    name: str
    label: str
    nik: str
    kk: str
    point: tuple[float, float] | None


@dataclass(frozen=True)
class PatternVisit:
    """A submission of the pattern with everything that hangs on it. xml: in clear."""

    submission: Row
    version: Row
    xml: bytes
    attachments: tuple[Row, ...]
    findings: tuple[Row, ...]
    household: int


@dataclass(frozen=True)
class Pattern:
    """The pattern. households, entities, homes: one for each family, in the same order; visits in order of arrival."""

    project_id: int
    areas: tuple[Row, ...]
    households: tuple[Row, ...]
    entities: tuple[Row, ...]
    entity_version: Row
    homes: tuple[Home, ...]
    visits: tuple[PatternVisit, ...]
    case: Row
    columns: Mapping[str, tuple[str, ...]]


def read_pattern(connection: Connection, seal: Seal) -> Pattern:
    """Reads the demo's kecamatan. Raises: SetupError when the database does not hold it."""
    rows, columns = _read(connection)
    households = [row for row in rows["household"] if row["village_code"].startswith(DISTRICT)]
    families = {row["id"]: place for place, row in enumerate(households)}
    entity_of = {row["household_id"]: row for row in rows["entity"] if row["household_id"] in families}
    households = [row for row in households if row["id"] in entity_of]
    families = {row["id"]: place for place, row in enumerate(households)}
    village_entities = {
        row["area_path"]: row["uuid"]
        for row in rows["entity"]
        if row["household_id"] is None and len(row["area_path"]) == 10
    }
    visits = _visits(rows, families, seal)
    if not visits or not rows["campaign_case"]:
        raise SetupError("there is no demo to copy from; run `sisir seed` on an empty database")
    entities = [entity_of[row["id"]] for row in households]
    return Pattern(
        project_id=visits[0].submission["project_id"],
        areas=tuple(row for row in rows["area"] if row["code"].startswith(DISTRICT)),
        households=tuple(households),
        entities=tuple(entities),
        entity_version=rows["entity_version"][0],
        homes=tuple(
            _home(household, entity, village_entities, seal)
            for household, entity in zip(households, entities, strict=True)
        ),
        visits=tuple(visits),
        case=next(row for row in rows["campaign_case"] if row["household_id"] in families),
        columns=columns,
    )


def _read(connection: Connection) -> tuple[dict[str, list[Row]], dict[str, tuple[str, ...]]]:
    wanted = {
        "area", "household", "entity", "entity_version", "submission", "submission_version", "attachment", "finding",
        "campaign_case",
    }  # fmt: skip
    rows, columns = {}, {}
    for table in read_tables(connection, tables_at(newest_revision())):
        if table.name in wanted:
            kinds = kinds_of(table)
            columns[table.name] = tuple(kinds)
            lines = iter_lines(connection, table, list(kinds))
            rows[table.name] = [
                dict(zip(kinds, values, strict=True)) for values in iter_rows(lines, list(kinds.values()))
            ]
    return rows, columns


def _home(household: Row, entity: Row, village_entities: Mapping[str, str], seal: Seal) -> Home:
    def number(column: str) -> str:
        return seal.open_text(household[column]) if household[column] else ""

    has_point = household["point_source"] == SURVEYED and household["lat"] is not None
    return Home(
        entity=entity["uuid"],
        village=household["village_code"],
        village_entity=village_entities.get(household["village_code"], ""),
        name=household["head_name"],
        label=entity["label"],
        nik=number("nik_sealed"),
        kk=number("kk_sealed"),
        point=(household["lon"], household["lat"]) if has_point else None,
    )


def _visits(rows: Mapping[str, list[Row]], families: Mapping[int, int], seal: Seal) -> list[PatternVisit]:
    versions = {row["id"]: row for row in rows["submission_version"]}
    attachments: dict[int, list[Row]] = defaultdict(list)
    for row in rows["attachment"]:
        attachments[row["submission_version_id"]].append(row)
    findings: dict[int, list[Row]] = defaultdict(list)
    for row in rows["finding"]:
        if row["subject_kind"] == "submission":
            findings[row["subject_id"]].append(row)
    found = []
    for submission in rows["submission"]:
        version = versions[submission["current_version_id"]]
        if submission["household_id"] not in families or submission["screened_at"] is None:
            continue
        found.append(
            PatternVisit(
                submission,
                version,
                seal.open(version["xml"]) if version["is_sealed"] else version["xml"],
                tuple(attachments[version["id"]]),
                tuple(sorted(findings[submission["id"]], key=_weight, reverse=True)[:FINDINGS_A_VISIT]),
                families[submission["household_id"]],
            )
        )
    return found


def _weight(finding: Row) -> tuple[bool, int, int]:
    return (
        finding["outcome"] == "fires" and finding["state"] == "open",
        _RANKS[finding["severity"]],
        -finding["id"],
    )
