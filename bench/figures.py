"""One measured thing beside its target, and the table of all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Target:
    """What a value is held against: at least, or at most, `limit`."""

    sense: Literal["at least", "at most"]
    limit: float

    def met_by(self, value: float) -> bool:
        """Whether the value is on the right side; the limit itself is."""
        return value >= self.limit if self.sense == "at least" else value <= self.limit

    def __str__(self) -> str:
        return f"{self.sense} {number(self.limit)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value in its unit, such as `events/s` or `MB`; one without a target informs."""

    part: str
    name: str
    value: float
    unit: str
    target: Target | None = None

    @property
    def missed(self) -> bool:
        """Whether there is a target and the value is on the wrong side of it."""
        return self.target is not None and not self.target.met_by(self.value)

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        verdict = "" if self.target is None else "MISSED" if self.missed else "met"
        return self.part, self.name, f"{number(self.value)} {self.unit}", str(self.target or ""), verdict


_HEAD = ("part", "what", "measured", "target", "")
_RIGHT = 2  # the column of values


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table whose columns also line up in a terminal."""
    rows = [_HEAD, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * (width - 1) + (":" if place == _RIGHT else "-") for place, width in enumerate(widths)]
    lines = [_line(rows[0], widths), "| " + " | ".join(rule) + " |"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows[1:])])


def number(value: float) -> str:
    """Short and exact enough: 56,111 or 12.3 or 0.83."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(w) if place == _RIGHT else cell.ljust(w)
        for place, (cell, w) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join(padded) + " |"
