"""What processes cost: CPU seconds and memory of process trees, from /proc.

Belongs here: reading the kernel's counters. Does not: what is measured, or against what.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _SPENT = 1, slice(11, 15)
"""Places in /proc/PID/stat behind the name: parent; own user and system time, and that of children that ended."""


@dataclass(frozen=True)
class Trees:
    """Processes by the ids of their roots, with everything below them."""

    roots: tuple[int, ...]

    def cpu_s(self) -> float:
        """Seconds of user and system time that they have spent so far, ended children included."""
        stats = dict(_stats())
        return sum(sum(map(int, stats[pid][_SPENT])) for pid in _below(self.roots, stats)) * _TICK_S

    def pss_mb(self) -> float:
        """Memory in MB: each process's own pages, and its share of those that it shares."""
        return sum(map(_pss_kb, _below(self.roots, dict(_stats())))) / 1024


def _stats() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(folder.name), text.rpartition(") ")[2].split()


def _below(roots: Iterable[int], stats: dict[int, list[str]]) -> set[int]:
    found = {pid for pid in roots if pid in stats}
    while more := {pid for pid, stat in stats.items() if int(stat[_PARENT]) in found} - found:
        found |= more
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
