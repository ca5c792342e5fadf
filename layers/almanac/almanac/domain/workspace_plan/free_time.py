"""How much of a day hours and calendar leave to one habit, before anything is planned into it, and on which dates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.slot_mask import ceil_to_slot, floor_to_slot
from almanac.domain.wall_clock import Interval, Week, date_span, merged, wall_instant, weekly_hours
from almanac.domain.workspace_plan.habit_windows import DayWindow, day_windows
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Habit, Workspace

_Dates = Mapping[UUID, Set[date]]
"""Local dates by the id of a habit."""


@dataclass(frozen=True, slots=True)
class FreeTime:
    """Opening hours less what is taken, per category, in minutes since the epoch."""

    window: PlanningWindow
    spans: Mapping[str, Sequence[Interval]]

    @classmethod
    def of(cls, hours: Mapping[str, Week], taken: Iterable[Interval], window: PlanningWindow) -> "FreeTime":
        """Return the free time inside the horizon."""
        busy = merged(taken)
        opened = {c: weekly_hours(week, window.first, window.end, window.zone) for c, week in hours.items()}
        return cls(window, {category: list(_without(spans, busy)) for category, spans in opened.items()})

    def natural_end(self, habit: Habit, window: DayWindow, day: date) -> int | None:
        """Return when the habit would end if it were alone: wall minutes of `day`, None without a free place.

        Best is nearest to its ideal window at the window's length, else at its shortest.
        """
        zone = self.window.zone
        first, last = (wall_instant(day, wall, zone) for wall in window.hard)
        ideal = wall_instant(day, window.ideal[0], zone)
        for length in dict.fromkeys((window.length, habit.min_minutes)):
            starts = [
                max(ceil_to_slot(max(a, first)), min(ideal, floor_to_slot(min(b, last) - length)))
                for a, b in self.spans[habit.category]
                if min(b, last) - ceil_to_slot(max(a, first, self.window.first)) >= length
            ]
            if starts:
                best = min(starts, key=lambda start: (abs(start - ideal), start))
                return self.window.wall(best + length, day)
        return None


def _without(spans: Iterable[Interval], busy: Sequence[Interval]) -> Iterator[Interval]:
    for start, end in spans:
        at = start
        for taken, free_again in busy:
            if free_again <= at or taken >= end:
                continue
            if taken > at:
                yield at, taken
            at = free_again
        if at < end:
            yield at, end


def due_dates(workspace: Workspace, dates: _Dates, zone: ZoneInfo) -> _Dates:
    """Return the dates of every habit that count: a work habit has its weekend off.

    A date on whose weekday no hours begin counts all the same where those of the night before are open at the time the
    habit belongs to.
    """
    return {habit.id: frozenset(_open_days(workspace, habit, dates, zone)) for habit in workspace.habits}


def without_open_dates(
    workspace: Workspace, habits: Iterable[Habit], dates: _Dates, due: _Dates, window: PlanningWindow
) -> Iterator[ItemFinding]:
    """Yield a finding for each of the habits that has dates in the window and open hours on none of them."""
    reach = (window.now, window.end)
    for habit in habits:
        asked = {
            day
            for day in dates[habit.id]
            if (habit.id, day) not in workspace.skipped and _meet(date_span(day, window.zone), reach)
        }
        if asked and not asked & due[habit.id]:
            cause = Explanation("hours_closed_on_its_dates", category=habit.category)
            yield ItemFinding("habit", str(habit.id), "nothing_to_place", cause)


def _open_days(workspace: Workspace, habit: Habit, dates: _Dates, zone: ZoneInfo) -> Iterator[date]:
    week = workspace.hours.get(habit.category)
    for day in dates[habit.id]:
        if (habit.id, day) in workspace.skipped:
            continue
        if week is None or not any(week) or week[day.weekday()] or _open_from_the_night_before(habit, week, day, zone):
            yield day


def _open_from_the_night_before(habit: Habit, week: Week, day: date, zone: ZoneInfo) -> bool:
    if not any(end <= start for start, end in week[day.weekday() - 1]):
        return False
    ideals = [window.ideal for window in day_windows(habit, week)]
    instants = [(wall_instant(day, start, zone), wall_instant(day, end, zone)) for start, end in ideals]
    return any(_meet(span, opened) for span in instants for opened in weekly_hours(week, *span, zone))


def _meet(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]
