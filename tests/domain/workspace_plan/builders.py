"""Tasks, habits, events and blocks with everything of no interest filled in. 2 March 2026 is a Monday."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.wall_clock import Week
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import (
    Block,
    CalendarEvent,
    Habit,
    Preferences,
    Recurrence,
    TaskRow,
    Workspace,
)

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
WORK: Week = (((540, 1020),),) * 5 + ((), ())
WS = UUID(int=999)


def at(text: str) -> datetime:
    """A wall time in Berlin: "03-02 09:00" of 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


def window(days: int = 7, *, notice: int = 0, now: datetime = NOW) -> PlanningWindow:
    return PlanningWindow.of(now, BERLIN, notice, days)


def task(n: int = 1, minutes: int | None = 60, **fields: Any) -> TaskRow:
    default = {
        "id": UUID(int=n),
        "title": f"T{n}",
        "priority": "normal",
        "total_minutes": minutes,
        "done_minutes": 0,
        "splittable": False,
        "min_chunk": None,
        "max_chunk": None,
        "earliest": None,
        "deadline": None,
        "hard_deadline": False,
        "category": "work",
    }
    return TaskRow(**{**default, **fields})


def habit(n: int = 1, minutes: int = 30, **fields: Any) -> Habit:
    default = {
        "id": UUID(int=n),
        "name": f"H{n}",
        "color": "BLUE",
        "priority": "normal",
        "category": "work",
        "min_minutes": minutes,
        "preferred_minutes": minutes,
        "max_minutes": minutes,
        "ideal_time": None,
        "part_of_day": None,
        "recurrence": Recurrence("daily", 1, MONDAY),
        "instances": 1,
        "other_habit": None,
        "order": None,
    }
    return Habit(**{**default, **fields})


def event(start: str, end: str, n: int = 1, **fields: Any) -> CalendarEvent:
    default = {
        "id": UUID(int=n),
        "title": f"E{n}",
        "start": at(start),
        "end": at(end),
        "transparency": "opaque",
        "response": None,
        "event_type": "default",
        "ical_uid": None,
        "own_block": False,
    }
    return CalendarEvent(**{**default, **fields})


def block(start: str, end: str, n: int = 100, *, owner: int | None = 1, **fields: Any) -> Block:
    begin, finish = at(start), at(end)
    default = {
        "event_id": UUID(int=n),
        "kind": "task",
        "owner": None if owner is None else UUID(int=owner),
        "title": f"T{owner}",
        "start": begin,
        "end": finish,
        "minutes": round((finish - begin).total_seconds() / 60),
        "locked": False,
        "started": False,
        "done": False,
    }
    return Block(**{**default, **fields})


def workspace(**fields: Any) -> Workspace:
    default = {
        "time_zone": "Europe/Berlin",
        "version": "v",
        "preferences": Preferences(0, 0, {}),
        "hours": {"work": WORK},
        "unreadable_hours": {},
        "tasks": (),
        "dependencies": (),
        "habits": (),
        "skipped": frozenset(),
        "events": (),
        "blocks": (),
    }
    return Workspace(**{**default, **fields})
