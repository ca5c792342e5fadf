"""A plan: blocks with reasons, moved events, findings with what would help, and counts."""

from dataclasses import dataclass
from typing import Literal

from almanac.domain.explanation import Explanation

State = Literal["late", "partial", "unplaced", "missed", "at_risk"]
"""late: wholly placed, after its deadline; partial and unplaced: tasks; missed: a habit's date; at_risk: on time with
less free time left before the deadline than the task itself takes."""


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """One block for the calendar; instants in minutes since the epoch."""

    item: str
    start: int
    end: int
    reason: Explanation
    people: tuple[str, ...] = ()
    """Whose time it takes: of a meeting all who come."""
    optional: tuple[str, ...] = ()
    """Those of them who need not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one item is not simply in its place, and the smallest changes that would help, any of them alone."""

    item: str
    state: State
    date: str | None
    """Local date of a missed habit occurrence."""
    missing_minutes: int
    late_minutes: int
    cause: Explanation
    suggestions: tuple[Explanation, ...]
    people: tuple[str, ...] = ()
    """Whose item it is: of a meeting all who must come."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a plan: tasks, except that `moved` counts items that left a place of the previous plan or calendar."""

    scheduled: int
    late: int
    partial: int
    unscheduled: int
    habits_placed: int
    habits_missed: int
    moved: int
    at_risk: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that keeps every hard rule. `objective` is in points, less is better."""

    instance: str
    blocks: tuple[PlannedBlock, ...]
    moved: tuple[PlannedBlock, ...]
    findings: tuple[Finding, ...]
    summary: Summary
    objective: float
    search_cut_percent: int = 0
    """How much of the search's work there was no time for: more than 0 where a clock cut it short."""
