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
