"""Habits in Postgres, as people set them up."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan.rows import recurrence, to_sunday
from almanac.domain.items.habits import HabitBlock, HabitNote, HabitWishes, ListedHabit
from almanac.domain.wall_clock import wall_text
from almanac.domain.workspace_plan.snapshot import Recurrence
from almanac.services.items.ports import HabitStore


class PostgresHabits(HabitStore):
    """HabitStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("items/habits.sql")

    @override
    def add(self, ws_id: UUID, habit_id: UUID, habit: HabitWishes) -> None:
        columns = {name: value for group in _columns(habit) for name, value in group.items()}
        self._run.alone("add_habit", ws_id=ws_id, habit_id=habit_id, columns=json.dumps(columns))

    @override
    def change(self, ws_id: UUID, habit_id: UUID, changed: Callable[[ListedHabit], HabitWishes]) -> bool:
        which = {"ws_id": ws_id, "habit_id": habit_id}
        with self._db.transaction():
            if not self._run("hold_habit", **which):
                return False
            was = _listed(self._run("list_habits", **which)[0])
            columns = _changed(was.wishes, changed(was))
            if columns:
                self._run("change_habit", **which, columns=json.dumps(columns))
        return True

    @override
    def skip(self, ws_id: UUID, habit_id: UUID, day: date) -> None:
        self._run.alone("skip", ws_id=ws_id, habit_id=habit_id, date=day.isoformat())

    @override
    def unskip(self, ws_id: UUID, habit_id: UUID, day: date) -> None:
        self._run.alone("unskip", ws_id=ws_id, habit_id=habit_id, date=day.isoformat())

    @override
    def remove(self, ws_id: UUID, habit_id: UUID) -> bool:
        # Its row comes before its blocks, in a plan that is written now they come before it.
        return bool(self._run.retried("remove_habit", ws_id=ws_id, habit_id=habit_id))

    @override
    def all(self, ws_id: UUID) -> Sequence[ListedHabit]:
        return [_listed(row) for row in self._run.alone("list_habits", ws_id=ws_id, habit_id=None)]

    @override
    def zone(self, ws_id: UUID, user: str | None) -> str | None:
        found = self._run.alone("zone", ws_id=ws_id, user_id=user)
        return found[0][0] if found else None


def _changed(was: HabitWishes, wanted: HabitWishes) -> Mapping[str, Any]:
    """Return the columns of every group that differs: what a product has written of the others stays."""
    pairs = zip(_columns(was), _columns(wanted), strict=True)
    return {name: value for before, after in pairs if before != after for name, value in after.items()}


def _columns(habit: HabitWishes) -> Sequence[Mapping[str, Any]]:
    """Return the columns in groups that mean something together."""
    ideal = None if habit.ideal_time is None else wall_text(habit.ideal_time)
    return (
        {"name": habit.name},
        {"user_id": habit.user_id},
        {"duration_minutes": habit.minutes},
        {"min_duration_minutes": habit.min_minutes},
        {"max_duration_minutes": habit.max_minutes},
        {"priority": habit.priority},
        {"calendar_hours": habit.hours},
        {"color": habit.color},
        {"ideal_time": ideal},
        {"time_preference": habit.time_preference},
        _dates(habit.recurrence),
        {"start_date": habit.recurrence.start.isoformat()},
        {"end_date": None if habit.recurrence.end is None else habit.recurrence.end.isoformat()},
        {"instances_per_day": habit.times},
        {"dependency_habit_id": None if habit.other is None else str(habit.other), "dependency_type": habit.order},
        {"when_block_deleted": habit.when_block_deleted},
        {"is_active": habit.active},
    )


def _dates(rule: Recurrence) -> Mapping[str, Any]:
    weekday = rule.weekday_of_month
    return {
        "frequency": rule.frequency,
        "recurrence_interval": rule.interval,
        "days_of_week": sorted({to_sunday(day) for day in rule.weekdays}) or None,
        "monthly_type": None if rule.frequency != "monthly" else "day_of_month" if weekday is None else "day_of_week",
        "day_of_month": rule.day_of_month,
        "week_of_month": rule.week_of_month,
        "day_of_week_monthly": None if weekday is None else to_sunday(weekday),
    }


def _listed(row: Sequence[Any]) -> ListedHabit:
    other, order = row[21:23]
    order = None if other is None else order
    wishes = HabitWishes(*(*row[1:11], recurrence(row[11:20]), row[20], other, order, row[23], row[24]))
    return ListedHabit(
        habit_id=row[0],
        wishes=wishes,
        planned=row[25],
        blocks=tuple(map(_block, row[26] or ())),
        skipped=tuple(row[27] or ()),
        notes=tuple(
            HabitNote(note.get("date"), note["status"], note["reason"], note.get("hint")) for note in row[28] or ()
        ),
    )


def _block(found: Sequence[Any]) -> HabitBlock:
    event_id, day, start, end, locked = found
    return HabitBlock(
        UUID(event_id), date.fromisoformat(day), datetime.fromisoformat(start), datetime.fromisoformat(end), locked
    )
