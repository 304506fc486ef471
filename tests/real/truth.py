"""The truth of a synthetic campaign: what a visit finds at each house, and which problems must be found.

Reads any folder with villages_*.geojson, households_*.csv.gz and households_*_truth.csv.gz.
"""

import csv
import gzip
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ASSET_CODES = {"CAR": "AS01", "MOTORCYCLES": "AS02", "AC": "AS04", "POWER_2200": "AS06", "LAND_2HA": "AS10"}
PLAIN_CODES = {
    "SAME_GPS": ("SP06",),
    "DUP_NIK": ("KP10",),
    "REUSED_PHOTO": ("QC05", "QC06"),
    "TOO_FAST": ("QC01",),
    "MOVED": ("EL10",),
    "DECEASED": ("EL09",),
    "STICKER_REFUSED": ("EL14",),
    "ASN_MEMBER": ("EL01",),
    "PKH_BLT_DOUBLE": ("KP07",),
}


@dataclass(frozen=True)
class Folder:
    """The three files of one data set."""

    villages: Path
    register: Path
    truth: Path


def find_folder(folder: Path) -> Folder:
    """The files in a folder. Raises: SystemExit saying which is missing."""
    truth = sorted(folder.glob("households_*_truth.csv.gz"))
    register = [path for path in sorted(folder.glob("households_*.csv.gz")) if path not in truth]
    villages = sorted(folder.glob("villages_*.geojson"))
    if not (truth and register and villages):
        raise SystemExit(
            f"{folder} needs villages_*.geojson, households_*.csv.gz and households_*_truth.csv.gz"
        )
    return Folder(villages[0], register[0], truth[0])


@dataclass(frozen=True)
class House:
    """One household: its register row and what the visit finds. Both as the files have them."""

    register: dict[str, str]
    truth: dict[str, str]

    @property
    def id(self) -> str:
        return self.register["household_id"]

    @property
    def village(self) -> str:
        return self.register["village_code"].replace(".", "")

    @property
    def programmes(self) -> list[str]:
        return [name for name in self.register["programmes"].split(";") if name]

    @property
    def problems(self) -> set[str]:
        return {name for name in self.truth["problems"].split(";") if name}

    @property
    def benign(self) -> bool:
        return not self.problems

    @property
    def is_met(self) -> bool:
        return self.truth["visit_result"] == "interviewed"

    @property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.truth["interview_start"])

    @property
    def seconds(self) -> int:
        return int(self.truth["interview_seconds"])

    @property
    def accuracy_m(self) -> float:
        return float(self.truth["obs_accuracy_m"])

    @property
    def outside_m(self) -> float:
        return float(self.truth["boundary_dist_m"])


def read_houses(folder: Folder, share: float) -> list[House]:
    """Every household, or the first share of the villages' households: whole groups, so that pairs stay together."""
    register = _rows(folder.register)
    truth = {row["household_id"]: row for row in _rows(folder.truth)}
    houses = [House(row, truth[row["household_id"]]) for row in register]
    return houses if share >= 1 else _sample(houses, share)


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sample(houses: list[House], share: float) -> list[House]:
    """Every n-th household, and whole groups: a pair that shares a photo stays a pair."""
    step = max(1, round(1 / share))
    chosen = {house.id for place, house in enumerate(houses) if place % step == 0}
    while True:
        groups = {key for house in houses if house.id in chosen for key in _groups(house)}
        grown = {house.id for house in houses if house.id in chosen or groups & set(_groups(house))}
        if grown == chosen:
            return [house for house in houses if house.id in chosen]
        chosen = grown


def _groups(house: House) -> list[tuple[str, str]]:
    names = ("same_gps_group", "dup_nik_group", "photo_group")
    return [(name, house.truth[name]) for name in names if house.truth[name]]


def expected(houses: list[House]) -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Problem -> (codes that answer it, ids of the households that have it)."""
    table: dict[str, tuple[tuple[str, ...], set[str]]] = {
        "GPS_OUTSIDE": (("SP03",), {h.id for h in houses if _is_far_outside(h)}),
    }
    for problem, codes in PLAIN_CODES.items():
        table[problem] = (codes, {h.id for h in houses if problem in h.problems})
    for asset, code in ASSET_CODES.items():
        name = f"INELIGIBLE_ASSET:{asset}"
        table[name] = ((code,), {h.id for h in houses if name in h.problems})
    return table


def _is_far_outside(house: House) -> bool:
    return house.truth["geo_class"] == "outside" and house.outside_m > max(100, 2 * house.accuracy_m)
