"""Habits as the planner wants them: one specification per occurrence of a day, and the dates that are wanted of it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from almanac.domain.planning.day_order import DayWindow, day_windows, in_circles, order_pairs, ordered_windows
from almanac.domain.planning.free_time import FreeTime
from almanac.domain.planning.horizon import Horizon
from almanac.domain.planning.report import Note
from almanac.domain.planning.workspace import Block, Habit
from almanac.domain.scheduling.instance import HabitSpec, Week
from almanac.domain.scheduling.walltime import wall_instant

Dates = Mapping[UUID, Set[date]]

_CRAMPED = "the day has no room for it beside the habits it comes before or after"


@dataclass(frozen=True, slots=True)
class Wish:
    """One of a habit's occurrences of a day, with a window and the dates on which that is its window."""

    spec_id: str
    habit: Habit
    instance: int
    window: DayWindow
    dates: frozenset[date]

    def ahead(self, horizon: Horizon) -> frozenset[date]:
        """The dates whose ideal window is still ahead and inside: those the planner will want (its rule H10)."""
        return frozenset(day for day in self.dates if self._is_ahead(day, horizon))

    def spec(self, wanted: Collection[date]) -> HabitSpec:
        """The planner's habit, on the wanted dates only."""
        habit = self.habit
        return HabitSpec(
            id=self.spec_id,
            category=habit.category,
            priority=habit.priority,
            days=tuple(sorted({day.weekday() for day in wanted})),
            min_minutes=habit.min_minutes,
            preferred_minutes=habit.preferred_minutes,
            max_minutes=habit.max_minutes,
            ideal=self.window.ideal,
            hard=self.window.hard,
            dates=frozenset(wanted),
        )

    def _is_ahead(self, day: date, horizon: Horizon) -> bool:
        start, end = (wall_instant(day, wall, horizon.zone) for wall in self.window.ideal)
        return end <= horizon.end and max(start, horizon.first) + self.habit.min_minutes <= end


def habit_faults(
    habits: Sequence[Habit], hours: Mapping[str, Week], category_faults: Mapping[str, str]
) -> dict[UUID, str]:
    """The habits that no plan can hold, with the reason."""
    faults = {}
    circular = in_circles(order_pairs(habits))
    for habit in habits:
        if habit.category in category_faults:
            faults[habit.id] = category_faults[habit.category]
        elif not any(hours[habit.category]):
            faults[habit.id] = f"the hours '{habit.category}' never open"
        elif habit.id in circular:
            faults[habit.id] = "its order before and after other habits runs in a circle"
    return faults


def habit_wishes(
    habits: Sequence[Habit], hours: Mapping[str, Week], dates: Dates, free: FreeTime, held: Sequence[Block]
) -> tuple[list[Wish], list[Note]]:
    """The wishes of the habits (those without a fault), and a note per date that their order leaves no room for one.

    `dates` are those each habit falls on, skipped ones left out. The order of two habits counts on days that have both.
    An occurrence that is bound to stay (one of `held`) is followed where it is.
    """
    own = {habit.id: day_windows(habit, hours[habit.category]) for habit in habits}
    by_id = {habit.id: habit for habit in habits}
    order = {habit.id: position for position, habit in enumerate(habits)}
    ends = {(block.owner, block.instance, free.horizon.day(block.first_minute)): block.last_minute for block in held}
    days_of: dict[tuple[UUID, int, DayWindow], set[date]] = defaultdict(set)
    notes = []

    def natural_end(key: UUID, instance: int, window: DayWindow, day: date) -> int | None:
        end = ends.get((key, instance, day))
        return free.natural_end(by_id[key], window, day) if end is None else free.horizon.wall(end, day)

    for day in sorted(set().union(*dates.values())) if dates else ():
        for key, windows in _windows_on(day, by_id, own, dates, natural_end).items():
            for n, window in enumerate(windows, 1):
                if _has_room(window, by_id[key]):
                    days_of[key, n, window].add(day)
                elif Wish("", by_id[key], n, own[key][n - 1], frozenset({day})).ahead(free.horizon):
                    notes.append(Note("habit", str(key), "left_out", f"{day}: {_CRAMPED}"))
    wishes = [
        Wish(_spec_id(key, n, window), by_id[key], n, window, frozenset(days))
        for (key, n, window), days in days_of.items()
    ]
    return sorted(wishes, key=lambda wish: (order[wish.habit.id], wish.instance, wish.spec_id)), notes


def _windows_on(
    day: date,
    habits: Mapping[UUID, Habit],
    own: Mapping[UUID, list[DayWindow]],
    dates: Dates,
    natural_end: Callable[[UUID, int, DayWindow, date], int | None],
) -> Mapping[UUID, list[DayWindow]]:
    here = [habit for habit in habits.values() if day in dates[habit.id]]
    return ordered_windows(
        {habit.id: own[habit.id] for habit in here},
        order_pairs(here),
        {habit.id: habit.preferred_minutes for habit in here},
        lambda key, instance, window: natural_end(key, instance, window, day),
    )


def _spec_id(habit: UUID, instance: int, window: DayWindow) -> str:
    return "/".join(map(str, (habit, instance, *window.ideal, *window.hard)))


def _has_room(window: DayWindow, habit: Habit) -> bool:
    return min(right - left for left, right in (window.ideal, window.hard)) >= habit.min_minutes
