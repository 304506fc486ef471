"""The figures and how they are printed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. most: what the issue allows; limit: (what no program can beat, its value in the same unit)."""

    name: str
    value: float
    unit: str
    most: float | None = None
    limit: tuple[str, float] | None = None
    note: str = ""
    at_least: float | None = None

    @property
    def is_met(self) -> bool:
        too_much = self.most is not None and self.value > self.most
        too_little = self.at_least is not None and self.value < self.at_least
        return not too_much and not too_little


def render_figures(figures: Iterable[Figure]) -> str:
    """Lines of text, one a figure."""
    return "\n".join(map(_render, figures))


def _render(figure: Figure) -> str:
    ratio = ""
    if figure.limit is not None:
        name, value = figure.limit
        ratio = f"{figure.value / value:6.1f} x {name} ({value:.2f})" if value else name
    aim = f"<= {figure.most:g}" if figure.most is not None else ""
    aim = f">= {figure.at_least:g}" if figure.at_least is not None else aim
    verdict = "" if not aim else "ok" if figure.is_met else "MISSED"
    return f"{figure.name:44} {figure.value:9.2f} {figure.unit:6} {aim:9} {verdict:6} {ratio:40} {figure.note}".rstrip()
