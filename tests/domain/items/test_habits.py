"""What a change makes of a habit, and what no plan could hold."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.items.habits import HabitChange, HabitWishes
from almanac.domain.items.recurrences import MonthWeekday, RecurrenceChange
from almanac.domain.workspace_plan.snapshot import Recurrence
from almanac.errors import BadInput

START = date(2026, 3, 2)
USUAL = HabitWishes.usual(START)
WEEKLY = Recurrence("weekly", 2, START, date(2026, 12, 31), weekdays=(0, 2))
MONTHLY = Recurrence("monthly", 1, START, week_of_month=5, weekday_of_month=4)
OTHER, THIRD = UUID(int=1), UUID(int=2)


def test_a_change_without_anything_changes_nothing() -> None:
    full = replace(USUAL, name="Run", min_minutes=10, ideal_time=450, recurrence=WEEKLY, other=OTHER, order="after")
    assert HabitChange().applied_to(full) == full


@pytest.mark.parametrize(
    ("change", "without", "found"),
    [
        (RecurrenceChange(), (), WEEKLY),
        (RecurrenceChange(weekdays=(6,)), (), replace(WEEKLY, weekdays=(6,))),
        (RecurrenceChange(), ("weekdays",), replace(WEEKLY, weekdays=())),
        (RecurrenceChange(interval=1), ("end_date",), replace(WEEKLY, interval=1, end=None)),
        (RecurrenceChange("daily"), (), replace(WEEKLY, frequency="daily", weekdays=())),
        (RecurrenceChange(month_day=31), (), Recurrence("monthly", 2, START, WEEKLY.end, day_of_month=31)),
        (
            RecurrenceChange(month_weekday=MonthWeekday(5, 4), interval=1),
            ("end_date",),
            replace(MONTHLY, start=START),
        ),
    ],
)
def test_what_becomes_of_the_dates_of_a_weekly_habit(
    change: RecurrenceChange, without: tuple[str, ...], found: Recurrence
) -> None:
    assert change.applied_to(WEEKLY, frozenset(without)) == found


def test_a_month_has_a_day_or_a_weekday() -> None:
    by_day = RecurrenceChange(month_day=15).applied_to(MONTHLY)
    assert (by_day.day_of_month, by_day.week_of_month, by_day.weekday_of_month) == (15, None, None)
    by_weekday = RecurrenceChange(month_weekday=MonthWeekday(2, 1)).applied_to(by_day)
    assert (by_weekday.day_of_month, by_weekday.week_of_month, by_weekday.weekday_of_month) == (None, 2, 1)
    neither = RecurrenceChange().applied_to(by_weekday, {"month_weekday"})
    assert (neither.day_of_month, neither.week_of_month) == (None, None)
    assert RecurrenceChange(weekdays=(1,)).applied_to(MONTHLY) == Recurrence("weekly", 1, START, weekdays=(1,))


def test_one_time_of_day_takes_the_place_of_the_other() -> None:
    at = HabitChange(ideal_time=450).applied_to(replace(USUAL, time_preference="morning"))
    assert (at.ideal_time, at.time_preference) == (450, None)
    evening = HabitChange(time_preference="evening").applied_to(at)
    assert (evening.ideal_time, evening.time_preference) == (None, "evening")
    both = replace(USUAL, ideal_time=450, time_preference="morning")
    assert HabitChange(name="Run").applied_to(both) == replace(both, name="Run"), "as a product may have stored it"
    any_hour = HabitChange(without=frozenset({"ideal_time", "time_preference"})).applied_to(both)
    assert (any_hour.ideal_time, any_hour.time_preference) == (None, None)


def test_a_habit_is_on_one_side_of_one_other() -> None:
    after = HabitChange(after=OTHER).applied_to(USUAL)
    assert (after.other, after.order) == (OTHER, "after")
    before = HabitChange(before=THIRD).applied_to(after)
    assert (before.other, before.order) == (THIRD, "before")
    assert HabitChange(without=frozenset({"after"})).applied_to(before) == before
    alone = HabitChange(without=frozenset({"before"})).applied_to(before)
    assert (alone.other, alone.order) == (None, None)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"min_minutes": 31}, "min_minutes"),
        ({"min_minutes": 0}, "min_minutes"),
        ({"max_minutes": 29}, "max_minutes"),
        ({"max_minutes": 1441}, "max_minutes"),
        ({"times": 13}, "times"),
        ({"ideal_time": 450, "time_preference": "morning"}, "time_preference"),
        ({"after": OTHER, "before": THIRD}, "before"),
        ({"recurrence": RecurrenceChange(interval=0)}, "interval"),
        ({"recurrence": RecurrenceChange(weekdays=(7,))}, "weekdays"),
        ({"recurrence": RecurrenceChange("monthly", weekdays=(1,))}, "weekdays"),
        ({"recurrence": RecurrenceChange(month_day=32)}, "month_day"),
        ({"recurrence": RecurrenceChange("weekly", month_day=1)}, "month_day"),
        ({"recurrence": RecurrenceChange(month_weekday=MonthWeekday(6, 0))}, "month_weekday"),
        ({"recurrence": RecurrenceChange("yearly", month_weekday=MonthWeekday(1, 0))}, "month_weekday"),
        ({"recurrence": RecurrenceChange(month_day=1, month_weekday=MonthWeekday(1, 0))}, "month_weekday"),
        ({"recurrence": RecurrenceChange(end_date=date(2026, 3, 1))}, "end_date"),
    ],
)
def test_what_no_plan_could_hold_names_its_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        HabitChange(**said).applied_to(USUAL)
    assert refused.value.field == field


def test_what_was_stored_so_is_no_reason_to_refuse_another_change() -> None:
    odd = replace(USUAL, recurrence=Recurrence("daily", 1, START, date(2026, 3, 1)), minutes=5000)
    assert HabitChange(name="Run").applied_to(odd) == replace(odd, name="Run")
