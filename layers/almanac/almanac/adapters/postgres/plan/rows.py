"""Rows of plan.sql as what the domain plans. Column order is that of the statements."""

from collections.abc import Sequence
from typing import Any

from almanac.domain.workspace_plan.snapshot import Block, CalendarEvent, Dependency, Habit, Recurrence, TaskRow

Row = Sequence[Any]


def task(row: Row) -> TaskRow:
    """A row of load_tasks."""
    return TaskRow(*(*row[:12], _slots(row[12:14])))


def dependency(row: Row) -> Dependency:
    """A row of load_dependencies."""
    return Dependency(*row)


def event(row: Row) -> CalendarEvent:
    """A row of load_events, or of load_events_of_people, which says whose time it takes."""
    own, users = row[:10], row[10] if len(row) > len(CalendarEvent.__slots__) - 1 else None
    return CalendarEvent(*(*own, None if users is None else frozenset(users)))


def block(row: Row) -> Block:
    """A row of load_blocks."""
    return Block(*(*row[:-1], tuple(row[-1] or ())))


def habit(row: Row) -> Habit:
    """A row of load_habits."""
    own = (*row[:10], recurrence(row[10:19]), *row[19:23], _slots(row[23:25]))
    return Habit(**dict(zip(Habit.__slots__, own, strict=True)))


def _slots(row: Row) -> tuple[tuple[Any, Any], ...]:
    starts, ends = row
    return tuple(zip(starts or (), ends or (), strict=True))


def recurrence(row: Row) -> Recurrence:
    """On which dates a habit falls: frequency, interval, first and last date, then what it has in a week or month."""
    frequency, interval, start, end, weekdays, monthly_type, day_of_month, week_of_month, weekday_of_month = row
    by_weekday = monthly_type == "day_of_week"
    return Recurrence(
        frequency=frequency,
        interval=interval,
        start=start,
        end=end,
        weekdays=tuple(from_monday(day) for day in weekdays or ()),
        day_of_month=None if by_weekday else day_of_month,
        week_of_month=week_of_month if by_weekday else None,
        weekday_of_month=from_monday(weekday_of_month) if by_weekday else None,
    )


def from_monday(day: int) -> int:
    """Weekday from Monday 0; stored from Sunday 0."""
    return (day + 6) % 7


def to_sunday(day: int) -> int:
    """The way back."""
    return (day + 1) % 7
