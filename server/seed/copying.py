"""One copy of the pattern: another kecamatan with its families, their visits, findings and cases, all numbers its own.

Belongs here: what a copy changes. Does not: reading the pattern (pattern.py), writing rows (seeding.py).
Everything stays plainly invented: region code 99, names of the demo, source ids that begin with BEBAN.
"""

import hashlib
import json
import random  # drawings, not secrets
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import shapely

from media.sealing import Seal
from server.demo.places import DISTRICT, Point
from server.seed.pattern import Home, Pattern, PatternVisit, Row
from server.services.identity import kk_columns, nik_columns

DISTRICTS_A_REGENCY = 60
FIRST_REGENCY = 2
STEP = (0.12, -0.1)
"""Degrees between copies, east and south: more than a kecamatan is wide."""
ROUND = timedelta(days=15)
NEXT_FAMILY = 211
"""How many families further the same visits are made in the next round; prime to the pattern's number of families."""
COPIES_WITH_PHOTOS = 2
_COUNTS = ("open_high", "open_medium", "open_low", "open_protect", "open_unknown")


@dataclass(frozen=True)
class Place:
    """Which copy it is, how far it lies from the pattern, and who and what there is: ids follow on these."""

    number: int
    families: int
    submissions: int
    first: Mapping[str, int]
    """Table -> the id of its first row."""
    officers: tuple[int, ...]
    village_entities: Mapping[str, str]

    @property
    def district(self) -> str:
        """Its 6-digit code."""
        return district_code(self.number)


def district_code(number: int) -> str:
    """'990201', '990202', …: region code 99, which no place has."""
    return f"99{FIRST_REGENCY + number // DISTRICTS_A_REGENCY:02d}{1 + number % DISTRICTS_A_REGENCY:02d}"


def shift_of(number: int) -> Point:
    """Degrees east and north that a copy lies from the pattern."""
    return (
        STEP[0] * (1 + number % DISTRICTS_A_REGENCY),
        STEP[1] * (1 + number // DISTRICTS_A_REGENCY),
    )


def copy_areas(pattern: Pattern, number: int) -> Iterator[Row]:
    """The district and its villages; ids are left to the database."""
    east, north = shift_of(number)
    code = district_code(number)
    for row in pattern.areas:
        copied = {
            **row,
            "code": code + row["code"][6:],
            "name": f"{row['name']} {number + 1}",
            "parent_code": code if len(row["code"]) > 6 else code[:4],
        }
        if row["boundary"] is not None:
            shape = shapely.transform(
                shapely.from_wkb(row["boundary"]), lambda xy: xy + np.array([east, north])
            )
            copied["boundary"] = shapely.to_wkb(shape)
            copied |= dict(zip(("min_lon", "min_lat", "max_lon", "max_lat"), shape.bounds, strict=True))
        yield copied


def copy_rows_of(
    pattern: Pattern, place: Place, seal: Seal, templates: "tuple[_Template, ...]"
) -> dict[str, list[Row]]:
    """Table -> the rows of one copy, in the order in which they can be written."""
    dice = random.Random(place.number)  # noqa: S311
    families = _Families(pattern, place, seal, dice)
    visits = _Visits(pattern, place, seal, dice, families, templates)
    visits.make()
    return {
        "household": families.households,
        "entity": families.entities,
        "entity_version": families.versions,
        "submission": visits.submissions,
        "submission_version": visits.versions,
        "attachment": visits.attachments,
        "campaign_case": list(visits.cases()),
        "finding": visits.findings,
    }


class _Families:
    """Households with their entities."""

    def __init__(self, pattern: Pattern, place: Place, seal: Seal, dice: random.Random) -> None:
        self.households: list[Row] = []
        self.entities: list[Row] = []
        self.versions: list[Row] = []
        self.homes: list[Home] = []
        self._place, self._seal, self._dice = place, seal, dice
        self._shift = shift_of(place.number)
        for index in range(place.families):
            self._add(pattern, index)
        measured = {home.village: home.point for home in self.homes if home.point is not None}
        self.doors = [home.point or measured.get(home.village) for home in self.homes]
        """Where each family lives; of one that nobody measured, a neighbour's house."""

    def _add(self, pattern: Pattern, index: int) -> None:
        old, row, entity = pattern.homes[index], pattern.households[index], pattern.entities[index]
        place, first = self._place, self._place.first
        village = place.district + old.village[6:]
        nik, kk = _moved_number(old.nik, place), _moved_number(old.kk, place)
        nik_sealed, nik_hash, nik_mask = nik_columns(self._seal, nik)
        kk_sealed, kk_hash, kk_mask = kk_columns(self._seal, kk)
        area_path = village + row["area_path"][10:]
        east, north = self._shift
        point = None if old.point is None else (old.point[0] + east, old.point[1] + north)
        label = old.label.replace(row["nik_mask"], nik_mask) if row["nik_mask"] else old.label
        self.households.append(
            {
                **row,
                "id": first["household"] + index,
                "source_id": f"BEBAN-{place.number:04d}-{index:04d}",
                "village_code": village,
                "area_path": area_path,
                "nik_sealed": nik_sealed,
                "nik_hash": nik_hash,
                "nik_mask": nik_mask,
                "kk_sealed": kk_sealed,
                "kk_hash": kk_hash,
                "kk_mask": kk_mask,
                "manager_nik_sealed": None,
                "manager_nik_hash": None,
                "row_hash": None,
                "lon": None if row["lon"] is None else round(row["lon"] + east, 7),
                "lat": None if row["lat"] is None else round(row["lat"] + north, 7),
            }
        )
        made = {
            **entity,
            "id": first["entity"] + index,
            "uuid": _uuid(self._dice),
            "label": label,
            "data": _moved_data(entity["data"], village, nik_mask, kk_mask),
            "version": 1,
            "conflict": None,
            "household_id": first["household"] + index,
            "area_path": area_path,
            "updated_at": None,
        }
        self.entities.append(made)
        self.versions.append(
            {
                **pattern.entity_version,
                "id": first["entity_version"] + index,
                "entity_id": made["id"],
                "version": 1,
                "label": label,
                "data": made["data"],
                "data_received": made["data"],
                "created_at": made["created_at"],
            }
        )
        self.homes.append(
            Home(made["uuid"], village, place.village_entities[village], old.name, label, nik, kk, point)
        )


class _Visits:
    """Submissions with what hangs on them, and the counts of the cases."""

    def __init__(
        self,
        pattern: Pattern,
        place: Place,
        seal: Seal,
        dice: random.Random,
        families: _Families,
        templates: "tuple[_Template, ...]",
    ) -> None:
        self._templates = templates
        self.submissions: list[Row] = []
        self.versions: list[Row] = []
        self.attachments: list[Row] = []
        self.findings: list[Row] = []
        self._pattern, self._place, self._seal, self._dice, self._families = (
            pattern, place, seal, dice, families,
        )  # fmt: skip
        self._cases: dict[int, _CaseCount] = {}

    def make(self) -> None:
        """All visits of the copy, the oldest round first."""
        rounds = -(-self._place.submissions // len(self._pattern.visits))
        for number in range(self._place.submissions):
            turn, which = divmod(number, len(self._pattern.visits))
            target = (self._pattern.visits[which].household + turn * NEXT_FAMILY) % self._place.families
            self._add(number, which, target, ROUND * (rounds - 1 - turn))

    def _add(self, number: int, which: int, target: int, ago: timedelta) -> None:
        visit = self._pattern.visits[which]
        first, old = self._place.first, visit.submission
        home, household = self._families.homes[target], self._families.households[target]
        instance_id = f"uuid:{_uuid(self._dice)}"
        submission_id, version_id = first["submission"] + number, first["submission_version"] + number
        officer = self._place.officers[target % len(self._place.officers)]
        before = self._pattern.homes[visit.household].point
        door = None if target == visit.household else self._families.doors[target]
        point = _moved_point(old, before, door, shift_of(self._place.number))
        row = {
            **old,
            "id": submission_id,
            "instance_id": instance_id,
            "current_version_id": version_id,
            "submitter_id": officer,
            "household_id": household["id"],
            "area_path": household["area_path"],
            **point,
            "found_village": home.village if old["found_village"] else None,
            **{
                name: old[name] - ago if old[name] is not None else None
                for name in (
                    "created_at",
                    "received_at",
                    "screened_at",
                    "started_at",
                    "ended_at",
                    "visited_on",
                )
            },
        }
        self.submissions.append(row)
        self._add_version(visit, row, self._templates[which].write(home, row))
        self._add_files(visit, version_id)
        self._add_findings(visit, row, target)

    def _add_version(self, visit: PatternVisit, row: Row, xml: bytes) -> None:
        version = visit.version
        self.versions.append(
            {
                **version,
                "id": row["current_version_id"],
                "submission_id": row["id"],
                "instance_id": row["instance_id"],
                "deprecated_id": None,
                "xml": self._seal.seal(xml) if version["is_sealed"] else xml,
                "xml_digest": self._seal.keyed_hash(hashlib.sha256(xml).hexdigest()),
                "submitter_id": row["submitter_id"],
                "created_at": row["received_at"],
            }
        )

    def _add_files(self, visit: PatternVisit, version_id: int) -> None:
        """Photos without files, but for a few copies that share those of the demo: drawing a million takes days."""
        has_files = self._place.number < COPIES_WITH_PHOTOS and version_id < self._place.first[
            "submission_version"
        ] + len(self._pattern.visits)
        for old in visit.attachments:
            copied = {
                **old,
                "id": self._place.first["attachment"] + len(self.attachments),
                "submission_version_id": version_id,
            }
            if not has_files:
                copied |= {"blob_id": None, "received_at": None}
            self.attachments.append(copied)

    def _add_findings(self, visit: PatternVisit, row: Row, target: int) -> None:
        count = self._cases.setdefault(
            target, _CaseCount(self._place.first["campaign_case"] + len(self._cases))
        )
        count.see(row)
        for old in visit.findings:
            self.findings.append(
                {
                    **old,
                    "id": self._place.first["finding"] + len(self.findings),
                    "subject_id": row["id"],
                    "submission_id": row["id"],
                    "household_id": row["household_id"],
                    "officer_id": row["submitter_id"],
                    "case_id": count.id,
                    "state": "open",
                    "decided_by_id": None,
                    "decided_at": None,
                    "decision_note": None,
                    "decided_hash": None,
                    "closed_at": None,
                    "created_at": row["screened_at"],
                    "updated_at": None,
                }
            )
            count.add(old)

    def cases(self) -> Iterator[Row]:
        """One case for each family that was visited."""
        for target, count in self._cases.items():
            household = self._families.households[target]
            yield {
                **self._pattern.case,
                "id": count.id,
                "household_id": household["id"],
                "submission_id": None,
                "area_path": household["area_path"],
                "title": household["head_name"],
                "search_text": f"{household['head_name']} {household['source_id']}".lower(),
                "state": "open",
                **count.counts(),
                "officer_id": count.last["submitter_id"],
                "visited_at": count.last["received_at"],
                "opened_at": count.last["screened_at"],
                **_UNDECIDED,
                "revision": 1,
                "created_at": count.last["screened_at"],
            }


_UNDECIDED: Row = {
    "proposal": None, "proposal_note": None, "proposed_by_id": None, "proposed_at": None, "decision_note": None,
    "decided_by_id": None, "decided_at": None,
}  # fmt: skip


class _CaseCount:
    """Open findings of a case as the queue counts them: each code once."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.last: Row = {}
        self._codes: set[tuple[str, str]] = set()

    def see(self, submission: Row) -> None:
        """A visit of the family; the latest one is kept."""
        if not self.last or submission["received_at"] >= self.last["received_at"]:
            self.last = submission

    def add(self, finding: Row) -> None:
        """An open finding."""
        if finding["outcome"] == "unknown":
            self._codes.add(("open_unknown", finding["code"]))
        elif finding["kind"] == "protect":
            self._codes.add(("open_protect", finding["code"]))
        else:
            weight = finding["severity"] if finding["severity"] in ("high", "medium") else "low"
            self._codes.add((f"open_{weight}", finding["code"]))

    def counts(self) -> dict[str, int]:
        """The columns of the case."""
        return {name: sum(1 for column, _ in self._codes if column == name) for name in _COUNTS}


def _uuid(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def _moved_number(number: str, place: Place) -> str:
    """A number of the demo's district as one of this place's; damaged ones stay as they are."""
    return place.district + number[6:] if number.startswith(DISTRICT) else number


def _moved_data(text: str, village: str, nik_mask: str, kk_mask: str) -> str:
    data: dict[str, Any] = json.loads(text)
    data["kode_desa"] = village
    data |= {"nik_samar": nik_mask, "nokk_samar": kk_mask}
    return json.dumps({name: value for name, value in data.items() if value}, ensure_ascii=False)


def _moved_point(old: Row, before: Point | None, door: Point | None, shift: Point) -> Row:
    """Where the visit was: at the new family's door, as far off as it was at the old one's.

    Args: before: the old family's house, None when nobody measured it; door: the new one's, None for the same family.
    """
    if old["lat"] is None:
        return {}
    east, north = shift
    if door is not None:
        start = before or (old["lon"], old["lat"])
        east, north = door[0] - start[0], door[1] - start[1]
    lat, lon = round(old["lat"] + north, 7), round(old["lon"] + east, 7)
    return {"lat": lat, "lon": lon, "point_key": f"{lat:.6f},{lon:.6f}"}


class _Template:
    """A visit's XML cut at the words that tell its family apart, so that writing another family's is one join."""

    def __init__(self, visit: PatternVisit, before: Home) -> None:
        old = visit.submission
        words = {
            visit.version["instance_id"]: "instance",
            before.entity: "entity",
            before.label: "label",
            before.name: "name",
            before.nik: "nik",
            before.kk: "kk",
            before.village_entity: "village_entity",
            before.village: "village",
        }
        if old["lat"] is not None:
            words[f"{old['lat']:.7f} {old['lon']:.7f}"] = "point"
        words.pop("", None)
        longest_first = sorted(words, key=len, reverse=True)
        pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", visit.xml.decode())
        self._fixed = [piece.encode() for piece in pieces]
        self._slots = [(place, words[piece]) for place, piece in enumerate(pieces) if place % 2]

    def write(self, home: Home, row: Row) -> bytes:
        """The XML of this family's visit."""
        values = {
            "instance": row["instance_id"],
            "entity": home.entity,
            "label": home.label,
            "name": home.name,
            "nik": home.nik,
            "kk": home.kk,
            "village_entity": home.village_entity,
            "village": home.village,
            "point": "" if row["lat"] is None else f"{row['lat']:.7f} {row['lon']:.7f}",
        }
        encoded = {name: value.encode() for name, value in values.items()}
        pieces = self._fixed.copy()
        for place, name in self._slots:
            pieces[place] = encoded[name]
        return b"".join(pieces)


def make_templates(pattern: Pattern) -> tuple[_Template, ...]:
    """One for each visit of the pattern."""
    return tuple(_Template(visit, pattern.homes[visit.household]) for visit in pattern.visits)
