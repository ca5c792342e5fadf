"""A planning instance in minutes: what format 1 says, read and checked, not yet on the slot grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.weights import Weights
from almanac.domain.wall_clock import Interval, Week


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task as asked for. Instants are minutes since the epoch, lengths are minutes."""

    id: str
    category: str
    priority: str
    minutes: int
    earliest: int | None
    deadline: int | None
    hard_deadline: bool
    splittable: bool
    min_chunk: int
    max_chunk: int
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HabitSpec:
    """A habit as asked for. `days` are weekdays (Monday 0), ideal and hard windows are wall minutes.

    `dates`, if given, narrows the weekdays to these local dates: a recurrence that weekdays cannot say.
    """

    id: str
    category: str
    priority: str
    days: tuple[int, ...]
    min_minutes: int
    preferred_minutes: int
    max_minutes: int
    ideal: Interval
    hard: Interval
    dates: frozenset[date] | None = None


@dataclass(frozen=True, slots=True)
class LockedEvent:
    """Time that is taken; its buffers are as hard as the event."""

    id: str
    start: int
    end: int
    buffer_before: int
    buffer_after: int


@dataclass(frozen=True, slots=True)
class MovableEvent:
    """An event that may move inside [move_from, move_until] and its category's hours, at a cost in points."""

    id: str
    start: int
    end: int
    category: str
    move_from: int
    move_until: int
    move_cost: float


@dataclass(frozen=True, slots=True)
class PreviousBlock:
    """A block the last plan put on the calendar, in minutes since the epoch."""

    item: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One planning request: the window, what is taken in it and what is to be placed."""

    id: str
    zone: ZoneInfo
    now: int
    end: int
    break_minutes: int
    notice_minutes: int
    daily_caps: Mapping[str, int]
    hours: Mapping[str, Week]
    locked: tuple[LockedEvent, ...]
    movable: tuple[MovableEvent, ...]
    tasks: tuple[TaskSpec, ...]
    habits: tuple[HabitSpec, ...]
    previous: tuple[PreviousBlock, ...]
    weights: Weights
