"""Scoring: recall and precision per problem, the relation of every point, and what benign houses must not have."""

from dataclasses import dataclass
from typing import Protocol

from tests.real.truth import House, expected

RECALL, PRECISION = 0.99, 0.98
UNCERTAINTY_M = 11.0
QUIET_KINDS = {"ineligible", "location", "quality"}


class Tables(Protocol):
    """The exported tables."""

    findings: list[dict[str, str]]
    visits: list[dict[str, str]]


@dataclass(frozen=True)
class Line:
    """One problem's figures; None where there is nothing to divide by."""

    problem: str
    codes: tuple[str, ...]
    truth: int
    found: int
    both: int

    @property
    def recall(self) -> float | None:
        return self.both / self.truth if self.truth else None

    @property
    def precision(self) -> float | None:
        return self.both / self.found if self.found else None

    @property
    def is_good(self) -> bool:
        return (self.recall is None or self.recall >= RECALL) and (
            self.precision is None or self.precision >= PRECISION
        )


def score_problems(houses: list[House], tables: Tables) -> list[Line]:
    """One line per problem of the truth file."""
    visited = {house.id for house in houses}
    lines = []
    for problem, (codes, truth) in expected(houses).items():
        found = {
            row["source_id"]
            for row in tables.findings
            if row["code"] in codes
            and row["outcome"] == "fires"
            and row["state"] != "closed"
            and row["source_id"] in visited
        }
        if problem == "INELIGIBLE_ASSET:LAND_2HA":
            found &= _with_severity(tables, codes, "high")
        lines.append(Line(problem, codes, len(truth), len(found), len(truth & found)))
    return lines


def _with_severity(tables: Tables, codes: tuple[str, ...], severity: str) -> set[str]:
    return {
        row["source_id"] for row in tables.findings if row["code"] in codes and row["severity"] == severity
    }


def wrong_relations(houses: list[House], tables: Tables) -> list[str]:
    """Houses whose point is certain and was placed otherwise, and boundary points that were called outside."""
    placed = {row["source_id"]: row["relation"] for row in tables.visits if row["form"] == "penyisiran"}
    wrong = []
    for house in houses:
        truth, ours = house.truth["geo_class"], placed.get(house.id, "missing")
        certain = abs(house.outside_m) > house.accuracy_m + UNCERTAINTY_M
        if (certain and ours != truth) or (truth == "boundary" and ours == "outside") or ours == "missing":
            wrong.append(
                f"{house.id}: {truth} at {house.outside_m} m, accuracy {house.accuracy_m} m, found {ours}"
            )
    return wrong


def loud_benign(houses: list[House], tables: Tables) -> list[str]:
    """Findings of high severity on households without any problem."""
    benign = {house.id for house in houses if house.benign}
    return [
        f"{row['source_id']}: {row['code']} {row['form']} {row['evidence']}"
        for row in tables.findings
        if row["source_id"] in benign
        and row["severity"] == "high"
        and row["outcome"] == "fires"
        and row["state"] != "closed"
        and row["kind"] in QUIET_KINDS
    ]


def print_score(houses: list[House], tables: Tables) -> bool:
    """Prints the table. Returns: True when every figure is as promised."""
    lines = score_problems(houses, tables)
    print(f"\n{len(houses)} households, {len(tables.visits)} submissions, {len(tables.findings)} findings")
    print(f"{'problem':34} {'codes':12} {'truth':>6} {'found':>6} {'recall':>8} {'precision':>10}")
    for line in lines:
        print(
            f"{line.problem:34} {' '.join(line.codes):12} {line.truth:6} {line.found:6} "
            f"{_figure(line.recall):>8} {_figure(line.precision):>10}{'' if line.is_good else '  << below'}"
        )
    relations, loud = wrong_relations(houses, tables), loud_benign(houses, tables)
    print(f"relation wrong: {len(relations)}; high findings on benign households: {len(loud)}")
    for example in [*relations[:5], *loud[:5]]:
        print(f"  {example}")
    return all(line.is_good for line in lines) and not relations and not loud


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
