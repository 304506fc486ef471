"""Progress bars of long commands: on stderr, and only when a person watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never

from tqdm import tqdm


class Bar:
    """A bar that is told where it stands; it learns its length at the first call."""

    def __init__(self, label: str) -> None:
        self._bar: tqdm[Never] = tqdm(
            desc=label, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False
        )

    def show(self, done: int, total: int, unit: str = "row") -> None:
        """Moves the bar to `done` of `total`; unit 'B' counts bytes."""
        self._bar.total = max(total, done)
        self._bar.unit, self._bar.unit_scale = unit, unit == "B"
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()


@contextmanager
def progress_bar(label: str) -> Iterator[Bar]:
    """A bar that is gone when the block ends."""
    bar = Bar(label)
    try:
        yield bar
    finally:
        bar.close()


class PhaseBars:
    """A bar for each phase of long work, one after the other: for services that tell phase, done, total, unit."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._phase = ""
        self._bar: Bar | None = None

    def show(self, phase: str, done: int, total: int, unit: str) -> None:
        """Moves the bar of this phase; a new phase takes the earlier bar away."""
        if phase != self._phase or self._bar is None:
            self.close()
            self._phase, self._bar = phase, Bar(self._labels.get(phase, phase))
        self._bar.show(done, total, unit)

    def close(self) -> None:
        """Takes the last bar away."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def phase_bars(labels: dict[str, str]) -> Iterator[PhaseBars]:
    """Bars that are gone when the block ends. labels: phase -> what people read."""
    bars = PhaseBars(labels)
    try:
        yield bars
    finally:
        bars.close()
