"""Which dates of a habit count: those it is not skipped on and on which its hours are open for it."""

from collections.abc import Iterable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.wall_clock import Interval, Week, date_span, wall_instant, weekly_hours
from almanac.domain.workspace_plan.habit_requests import Dates
from almanac.domain.workspace_plan.habit_windows import day_windows
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Habit, Workspace


def due_dates(workspace: Workspace, dates: Dates, zone: ZoneInfo) -> Dates:
    """Return the dates of every habit that count: a work habit has its weekend off.

    A date on whose weekday no hours begin counts all the same where those of the night before are open at the time the
    habit belongs to.
    """
    return {habit.id: frozenset(_open_days(workspace, habit, dates, zone)) for habit in workspace.habits}


def without_open_dates(
    workspace: Workspace, habits: Iterable[Habit], dates: Dates, due: Dates, window: PlanningWindow
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


def _open_days(workspace: Workspace, habit: Habit, dates: Dates, zone: ZoneInfo) -> Iterator[date]:
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
