"""Habits as the planner takes them: one specification per occurrence of a day, and its dates."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.instance import HabitSpec
from almanac.domain.planner.model.weights import PRIORITIES
from almanac.domain.wall_clock import DAY_MINUTES, Interval, Week, minutes_of, wall_instant
from almanac.domain.workspace_plan.existing_blocks import worked_minutes
from almanac.domain.workspace_plan.free_time import FreeTime
from almanac.domain.workspace_plan.habit_windows import DayWindow, day_windows, in_circles, order_pairs, ordered_windows
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, Habit, ceil_minutes

Dates = Mapping[UUID, Set[date]]
OccurrenceKey = tuple[UUID | None, int, date | None]
"""A habit, which of several that day (from 1), and the local date."""

MinuteLimits = Mapping[OccurrenceKey, int]
"""Minutes that a plan found for occurrences that could not be as long as their owners had made them."""
UNLIMITED: MinuteLimits = MappingProxyType({})
"""Before the first plan of a run."""

_CRAMPED = Explanation("order_leaves_no_room")


@dataclass(frozen=True, slots=True)
class CalendarConstraints:
    """What the calendar already says about occurrences of habits.

    `bound` are those that no plan moves, in minutes since the epoch; `lengthened` the minutes that owners have made
    others long.
    """

    bound: Mapping[OccurrenceKey, Interval]
    lengthened: Mapping[OccurrenceKey, int]

    @classmethod
    def of(
        cls,
        habits: Iterable[Habit],
        bound: Iterable[Block],
        others: Iterable[Block],
        window: PlanningWindow,
        limits: MinuteLimits = UNLIMITED,
    ) -> "CalendarConstraints":
        """Return what the blocks say. No plan makes a block longer than preferred: its owner did, which counts up to
        the habit's longest.

        A bound one counts on the day it lies on, whichever it was for. `limits` bound what counts.
        """
        by_id: dict[UUID | None, Habit] = {habit.id: habit for habit in habits}
        lengths = (
            (key, min(worked_minutes(b), by_id[b.owner].max_minutes, limits.get(key, DAY_MINUTES)), by_id[b.owner])
            for b in others
            if b.kind == "habit" and b.owner in by_id and (key := (b.owner, b.instance, b.day))
        )
        return cls(
            {
                (b.owner, b.instance, window.day(b.first_minute)): (b.first_minute, b.last_minute)
                for b in bound
                if b.kind == "habit"
            },
            {key: minutes for key, minutes, habit in lengths if minutes > habit.preferred_minutes},
        )


@dataclass(frozen=True, slots=True)
class OccurrenceRequest:
    """One of a habit's occurrences of a day, with a window and the dates on which that is its window."""

    spec_id: str
    habit: Habit
    instance: int
    window: DayWindow
    dates: frozenset[date]

    def ahead(self, window: PlanningWindow) -> frozenset[date]:
        """Return the dates whose ideal window is still ahead and inside: those the planner places (its rule H10)."""
        return frozenset(day for day in self.dates if self._is_ahead(day, window))

    def spec(self, wanted: Collection[date]) -> HabitSpec:
        """Return the planner's habit, on the wanted dates only."""
        habit = self.habit
        return HabitSpec(
            id=self.spec_id,
            category=habit.category,
            priority=habit.priority,
            days=tuple(sorted({day.weekday() for day in wanted})),
            min_minutes=habit.min_minutes,
            preferred_minutes=self.window.length,
            max_minutes=habit.max_minutes,
            ideal=self.window.ideal,
            hard=self.window.hard,
            dates=frozenset(wanted),
            refused=tuple((minutes_of(start), ceil_minutes(end)) for start, end in habit.refused),
        )

    def _is_ahead(self, day: date, window: PlanningWindow) -> bool:
        start, end = (wall_instant(day, wall, window.zone) for wall in self.window.ideal)
        return end <= window.end and max(start, window.first) + self.habit.min_minutes <= end


def habit_faults(
    habits: Sequence[Habit], hours: Mapping[str, Week], category_faults: Mapping[str, Explanation]
) -> dict[UUID, Explanation]:
    """Return the habits that no plan can hold, with the fault of each."""
    faults = {}
    circular = in_circles(order_pairs(habits))
    for habit in habits:
        fault = _own_fault(habit) or category_faults.get(habit.category)
        if fault is not None:
            faults[habit.id] = fault
        elif not any(hours[habit.category]):
            faults[habit.id] = Explanation("hours_never_open", category=habit.category)
        elif habit.id in circular:
            faults[habit.id] = Explanation("order_in_circle")
    return faults


def _own_fault(habit: Habit) -> Explanation | None:
    """Return what is wrong with the habit itself. Our own tables refuse it; a team's may not."""
    if habit.priority not in PRIORITIES:
        return Explanation("priority_unknown", quotes=(habit.priority, *PRIORITIES))
    if not 1 <= habit.min_minutes <= habit.preferred_minutes <= habit.max_minutes <= DAY_MINUTES:
        return Explanation("lengths_reversed", minutes=(habit.min_minutes, habit.preferred_minutes, habit.max_minutes))
    return None


def occurrence_requests(
    habits: Sequence[Habit], hours: Mapping[str, Week], dates: Dates, free: FreeTime, constraints: CalendarConstraints
) -> tuple[list[OccurrenceRequest], list[ItemFinding]]:
    """Return the occurrences of the habits (those without a fault), and a finding per date that is left no room.

    `dates` are those each habit falls on, skipped ones left out. The order of two habits counts on days that have both.
    An occurrence that is bound to stay is followed, or gone before, where it is.
    """
    own = {habit.id: day_windows(habit, hours[habit.category]) for habit in habits}
    by_id = {habit.id: habit for habit in habits}
    order = {habit.id: position for position, habit in enumerate(habits)}
    days_of: dict[tuple[UUID, int, DayWindow], set[date]] = defaultdict(set)
    found = []
    for day in sorted(set().union(*dates.values())) if dates else ():
        here = [habit for habit in habits if day in dates[habit.id]]
        for key, windows in _Day(day, here, own, free, constraints).windows().items():
            for n, window in enumerate(windows, 1):
                alone = own[key][n - 1].on(day, free.window.zone)
                if _has_room(window, by_id[key]):
                    days_of[key, n, window].add(day)
                elif OccurrenceRequest("", by_id[key], n, alone, frozenset({day})).ahead(free.window):
                    found.append(ItemFinding("habit", str(key), "left_out", _CRAMPED, date=day.isoformat()))
    occurrences = [
        OccurrenceRequest(_spec_id(key, n, window), by_id[key], n, window, frozenset(days))
        for (key, n, window), days in days_of.items()
    ]
    return sorted(occurrences, key=lambda one: (order[one.habit.id], one.instance, one.spec_id)), found


@dataclass(frozen=True, slots=True)
class _Day:
    """The habits of one date; `own` are the windows that each would have without the others."""

    day: date
    habits: Sequence[Habit]
    own: Mapping[UUID, Sequence[DayWindow]]
    free: FreeTime
    constraints: CalendarConstraints

    def windows(self) -> Mapping[UUID, Sequence[DayWindow]]:
        """Return the windows of each habit in the order that the habits ask for."""
        windows = {
            habit.id: [self._lengthened(habit.id, n, window) for n, window in enumerate(self.own[habit.id], 1)]
            for habit in self.habits
        }
        return ordered_windows(windows, order_pairs(self.habits), self._natural_end, self._bound)

    def _lengthened(self, key: UUID, instance: int, window: DayWindow) -> DayWindow:
        minutes = self.constraints.lengthened.get((key, instance, self.day))
        wanted = window if minutes is None else window.lengthened(minutes)
        return wanted.on(self.day, self.free.window.zone)

    def _natural_end(self, key: UUID, _instance: int, window: DayWindow) -> int | None:
        habit = next(habit for habit in self.habits if habit.id == key)
        return self.free.natural_end(habit, window, self.day)

    def _bound(self, key: UUID, instance: int) -> Interval | None:
        span = self.constraints.bound.get((key, instance, self.day))
        if span is None:
            return None
        start, end = (self.free.window.wall(minute, self.day) for minute in span)
        return start, end


def _spec_id(habit: UUID, instance: int, window: DayWindow) -> str:
    return "/".join(map(str, (habit, instance, window.length, *window.ideal, *window.hard)))


def _has_room(window: DayWindow, habit: Habit) -> bool:
    return min(right - left for left, right in (window.ideal, window.hard)) >= habit.min_minutes
