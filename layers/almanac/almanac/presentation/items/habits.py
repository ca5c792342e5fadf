"""Habits: listings for people, documents for programs."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from almanac.domain.items.habits import HabitWishes, ListedHabit
from almanac.domain.items.recurrences import LAST_WEEK
from almanac.domain.operations.people import ListedMember
from almanac.domain.wall_clock import WEEKDAYS, wall_text
from almanac.domain.workspace_plan.snapshot import Recurrence
from almanac.presentation.items.hours import DAYS
from almanac.presentation.people import who
from almanac.presentation.phrases import finding, length
from almanac.presentation.tables import instant_text, listing

_UNITS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_NTH = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", LAST_WEEK: "last"}
NOTES_SHOWN = 2
"""Of a habit that has no block; the run shows all."""


def habits_document(ws_id: UUID, found: Iterable[ListedHabit]) -> Mapping[str, Any]:
    """Return the habits for --json."""
    return {"ws_id": ws_id, "habits": [habit_document(each) for each in found]}


def habit_document(habit: ListedHabit) -> Mapping[str, Any]:
    """Return one of them: what is wished, its next blocks, and what the last plan says."""
    wishes, rule = habit.wishes, habit.wishes.recurrence
    return {
        "habit_id": habit.habit_id,
        "name": wishes.name,
        "user_id": wishes.user_id,
        "minutes": wishes.minutes,
        "min_minutes": wishes.min_minutes,
        "max_minutes": wishes.max_minutes,
        "priority": wishes.priority,
        "hours": wishes.hours,
        "color": wishes.color,
        "ideal_time": None if wishes.ideal_time is None else wall_text(wishes.ideal_time),
        "time_preference": wishes.time_preference,
        **_recurrence_document(rule),
        "times": wishes.times,
        "after": wishes.other if wishes.order == "after" else None,
        "before": wishes.other if wishes.order == "before" else None,
        "when_block_deleted": wishes.when_block_deleted,
        "active": wishes.active,
        "planned": habit.planned,
        "skipped": list(habit.skipped),
        "blocks": [asdict(block) for block in habit.blocks],
        "notes": [asdict(note) for note in habit.notes],
    }


def _recurrence_document(rule: Recurrence) -> Mapping[str, Any]:
    """What counts of it: a daily habit has no weekdays, whatever is stored."""
    monthly = rule.frequency == "monthly"
    by_weekday = monthly and rule.week_of_month is not None and rule.weekday_of_month is not None
    nth = {"week": rule.week_of_month, "weekday": WEEKDAYS[rule.weekday_of_month or 0]}
    return {
        "frequency": rule.frequency,
        "interval": rule.interval,
        "weekdays": [WEEKDAYS[day] for day in sorted(set(rule.weekdays))] if rule.frequency == "weekly" else [],
        "month_day": rule.day_of_month if monthly else None,
        "month_weekday": nth if by_weekday else None,
        "start_date": rule.start,
        "end_date": rule.end,
    }


def habits_text(found: Iterable[ListedHabit], members: Iterable[ListedMember]) -> str:
    """Return the habits as a listing; it says whose owner is no member any more."""
    habits, users = list(found), {member.user_id for member in members}
    names = {each.habit_id: each.wishes.name for each in habits}
    rows = [
        (
            (each.wishes.name, length(each.wishes.minutes), each.wishes.user_id, _state(each), _next_block(each)),
            (each.habit_id, _stranger(each, users), when_text(each.wishes, names), *_details(each)),
        )
        for each in habits
    ]
    return listing(("HABIT", "TAKES", "WHOSE", "STATE", "NEXT"), rows) if rows else "no habits"


def _stranger(habit: ListedHabit, users: Container[str]) -> str:
    user = habit.wishes.user_id
    return "" if user is None or user in users else f"of {who(user, users)}"


def _state(habit: ListedHabit) -> str:
    if not habit.wishes.active:
        return "paused"
    return "planned" if habit.planned else "not planned"


def _next_block(habit: ListedHabit) -> str:
    return instant_text(habit.blocks[0].start if habit.blocks else None)


def when_text(wishes: HabitWishes, names: Mapping[UUID, str]) -> str:
    """Return "every week on Mon from 2026-03-02 at 07:30 in work hours, after Run"; `names` are those of habits."""
    times = f", {wishes.times} times a day" if wishes.times > 1 else ""
    order = f", {wishes.order} {names.get(wishes.other, 'another habit')}" if wishes.other is not None else ""
    return f"{_dates(wishes.recurrence)}{times}{_time_of_day(wishes)} in {wishes.hours} hours{order}"


def _time_of_day(wishes: HabitWishes) -> str:
    """Return " at 07:30", " in the morning", "" for any open hour."""
    if wishes.ideal_time is not None:
        return f" at {wall_text(wishes.ideal_time)}"
    if wishes.time_preference is not None:
        return " at night" if wishes.time_preference == "night" else f" in the {wishes.time_preference}"
    return ""


def _dates(rule: Recurrence) -> str:
    """Return "every 2 weeks on Mon, Wed", "every month on the last Fri until 2026-12-31"."""
    unit = _UNITS[rule.frequency]
    often = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    until = "" if rule.end is None else f" until {rule.end.isoformat()}"
    return f"{often}{_on(rule)} from {rule.start.isoformat()}{until}"


def _on(rule: Recurrence) -> str:
    if rule.frequency == "weekly":
        return f" on {', '.join(DAYS[day] for day in sorted(set(rule.weekdays)) or (rule.start.weekday(),))}"
    if rule.frequency == "yearly":
        return f" on {rule.start:%d %b}"
    if rule.frequency == "daily":
        return ""
    if rule.week_of_month is not None and rule.weekday_of_month is not None:
        return f" on the {_NTH[rule.week_of_month]} {DAYS[rule.weekday_of_month]}"
    return f" on day {rule.day_of_month or rule.start.day}"


def _skipped(dates: Iterable[date]) -> str:
    said = ", ".join(day.isoformat() for day in dates)
    return f"without {said}" if said else ""


def _details(habit: ListedHabit) -> Iterator[str]:
    """Yield the dates that are left out, and why it has no block, as far as the last plan knows."""
    yield _skipped(habit.skipped)
    if not habit.blocks and habit.wishes.active:
        yield from (finding(note.status, note.reason, note.hint) for note in habit.notes[:NOTES_SHOWN])
