"""The tasks, habits and hours that the demo gives a workspace to plan."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.adapters.postgres.connection import Database

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_WEEKEND = ("saturday", "sunday")
_WORK = [{"startTime": "09:00", "endTime": "17:30"}]
_PERSONAL = [{"startTime": "07:00", "endTime": "22:00"}]
_HOURS = {
    "work": {day: {"enabled": True, "timeBlocks": _WORK} for day in _WEEKDAYS},
    "personal": {day: {"enabled": True, "timeBlocks": _PERSONAL} for day in (*_WEEKDAYS, *_WEEKEND)},
}


@dataclass(frozen=True, slots=True)
class _Task:
    """A task; `chunks` are the shortest and longest piece in minutes, `due` counts working days from today."""

    title: str
    priority: str
    minutes: int
    due: int | None = None
    chunks: tuple[int, int] | None = None
    after: str | None = None
    category: str = "work"


@dataclass(frozen=True, slots=True)
class _Habit:
    """A habit of every day or of some weekdays (from Sunday 0); `minutes` are shortest, preferred and longest."""

    name: str
    priority: str
    minutes: tuple[int, int, int]
    ideal: str | None = None
    part: str | None = None
    weekdays: list[int] | None = None
    category: str = "personal"


TOO_LONG = "Model for the trade fair"
"""The task that cannot have a place: longer than any day of work, in one piece."""
_TASKS = (
    _Task("Brand concept", "critical", 180, due=3, chunks=(60, 120)),
    _Task("Client proposal", "high", 120, due=3),
    _Task("Prototype of the app", "critical", 240, due=7, chunks=(60, 120), after="Brand concept"),
    _Task("Test with users", "normal", 90, due=9, after="Prototype of the app"),
    _Task("Website copy", "high", 150, due=5, chunks=(45, 90)),
    _Task("Contract review", "high", 60, due=4),
    _Task("Invoices", "normal", 45, due=4),
    _Task("Photo selection", "normal", 90),
    _Task("Tidy the shared drive", "low", 60),
    _Task(TOO_LONG, "high", 600, due=8),
    _Task("Tax papers", "high", 90, due=6, category="personal"),
    _Task("Book train tickets", "normal", 30, due=3, category="personal"),
)
_HABITS = (
    _Habit("Lunch", "high", (15, 30, 45), ideal="12:30"),
    _Habit("Run", "normal", (30, 45, 60), part="morning", weekdays=[1, 3, 5]),
    _Habit("Inbox", "normal", (15, 30, 30), ideal="09:00", weekdays=[1, 2, 3, 4, 5], category="work"),
    _Habit("Read", "low", (30, 30, 60), part="evening"),
)


def furnish(database: Database, ws_id: UUID, zone: str) -> tuple[int, int]:
    """Give the workspace hours, tasks and habits; returns how many of the latter two."""
    for category, week in _HOURS.items():
        database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:ws_id, :type, :data::jsonb)",
            ws_id=ws_id,
            type=category,
            data=json.dumps(week),
        )
    today = datetime.now(ZoneInfo(zone)).date()
    ids = {task.title: _insert_task(database, ws_id, task, today, zone) for task in _TASKS}
    for task in _TASKS:
        if task.after is not None:
            database.run(
                "INSERT INTO task_dependencies (ws_id, task_id, depends_on_task_id) VALUES (:ws_id, :task, :after)",
                ws_id=ws_id,
                task=ids[task.title],
                after=ids[task.after],
            )
    for habit in _HABITS:
        _insert_habit(database, ws_id, habit, today)
    return len(_TASKS), len(_HABITS)


def _insert_task(database: Database, ws_id: UUID, task: _Task, today: date, zone: str) -> UUID:
    shortest, longest = task.chunks or (None, None)
    found: UUID = database.run(
        "INSERT INTO tasks (ws_id, title, priority, total_minutes, is_splittable, min_split_duration_minutes,"
        " max_split_duration_minutes, end_date, calendar_hours) VALUES (:ws_id, :title, :priority, :minutes,"
        " :splittable, :shortest, :longest, :due::timestamptz, :category) RETURNING id",
        ws_id=ws_id,
        title=task.title,
        priority=task.priority,
        minutes=task.minutes,
        splittable=task.chunks is not None,
        shortest=shortest,
        longest=longest,
        due=None if task.due is None else _evening(today, task.due, zone),
        category=task.category,
    )[0][0]
    return found


def _insert_habit(database: Database, ws_id: UUID, habit: _Habit, today: date) -> None:
    least, wanted, most = habit.minutes
    database.run(
        "INSERT INTO workspace_habits (ws_id, name, color, priority, calendar_hours, min_duration_minutes,"
        " duration_minutes, max_duration_minutes, ideal_time, time_preference, frequency, days_of_week, start_date)"
        " VALUES (:ws_id, :name, 'GREEN', :priority, :category, :least, :wanted, :most, :ideal::time, :part,"
        " :frequency, :weekdays::integer[], :today)",
        ws_id=ws_id,
        name=habit.name,
        priority=habit.priority,
        category=habit.category,
        least=least,
        wanted=wanted,
        most=most,
        ideal=habit.ideal,
        part=habit.part,
        frequency="daily" if habit.weekdays is None else "weekly",
        weekdays=habit.weekdays,
        today=today,
    )


def _evening(today: date, working_days: int, zone: str) -> datetime:
    """17:30 on a working day, counted from the one after today."""
    day = today
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < len(_WEEKDAYS)
    return datetime(day.year, day.month, day.day, 17, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
