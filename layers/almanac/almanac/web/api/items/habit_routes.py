"""Routes of habits: what is wanted again and again, and which of its dates are left out."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from almanac.domain.items.habits import (
    HABIT_PARTS,
    HabitChange,
    ListedHabit,
)
from almanac.domain.items.recurrences import MonthWeekday, RecurrenceChange
from almanac.domain.wall_clock import WEEKDAYS, wall_minute
from almanac.presentation.items.habits import habit_document
from almanac.web.api.bodies import Day
from almanac.web.api.items.changes import IfMatch, add_once, as_read, taken_away
from almanac.web.api.items.habit_bodies import Habit, HabitBody, HabitChangeBody, HabitList, NewHabitAnswer
from almanac.web.api.ledger_routes import After, Limit, Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import MOST, counted_page

SkippedDay = Annotated[Day, Path(description="Local date of the habit, as 2026-12-24.")]
HabitId = Annotated[UUID, Path(description="Id of the habit.")]


def list_habits(ws: Workspace, after: After = None, limit: Limit = MOST) -> HabitList:
    """List the habits, those that are paused last."""
    every = current().use.habits.all(ws)
    found, more = counted_page({"l": "habits", "w": ws}, after, limit, lambda begin, most: every[begin : begin + most])
    return HabitList(items=[_habit(each) for each in found], next=more)


def show_habit(ws: Workspace, habit_id: HabitId) -> Habit:
    """Show one habit."""
    return _habit(current().use.habits.one(ws, habit_id))


def add_habit(ws: Workspace, body: Annotated[HabitBody, Body()]) -> NewHabitAnswer:
    """Add a habit; the next plan finds its times."""
    added = add_once("habit", ws, body, lambda habit_id: current().use.habits.add(ws, _change(body), habit_id))
    return NewHabitAnswer(habit_id=added)


def change_habit(
    ws: Workspace, habit_id: HabitId, body: Annotated[HabitChangeBody, Body()], if_match: IfMatch = None
) -> Habit:
    """Change what is given of a habit; with If-Match only if nothing of it has changed meanwhile.

    The next plan finds its times anew; blocks that are locked or have begun stay.
    """
    call = current()
    seen = as_read(if_match, lambda: call.use.habits.one(ws, habit_id), _habit)
    found = call.use.habits.change(ws, habit_id, _change(body), seen)
    call.audit("habit_change", ws, habit_id, changed=sorted(body.model_fields_set))
    return _habit(found)


def remove_habit(ws: Workspace, habit_id: HabitId) -> HabitList:
    """Delete a habit; the next plan takes its blocks to come away. Returns those that are left."""
    call = current()
    call.use.habits.remove(ws, habit_id)
    call.audit("habit_remove", ws, habit_id)
    return list_habits(ws)


def skip_date(ws: Workspace, habit_id: HabitId, day: SkippedDay) -> Habit:
    """Leave out one of a habit's dates; the next plan takes its block away."""
    call = current()
    found = call.use.habits.skip(ws, habit_id, day)
    call.audit("habit_skip", ws, habit_id, date=day.isoformat())
    return _habit(found)


def unskip_date(ws: Workspace, habit_id: HabitId, day: SkippedDay) -> Habit:
    """Have a date after all that was left out."""
    call = current()
    found = call.use.habits.unskip(ws, habit_id, day)
    call.audit("habit_unskip", ws, habit_id, date=day.isoformat())
    return _habit(found)


def _habit(found: ListedHabit) -> Habit:
    return Habit.model_validate(habit_document(found))


def _change(body: HabitChangeBody) -> HabitChange:
    nth = body.month_weekday
    recurrence = RecurrenceChange(
        frequency=body.frequency,
        interval=body.interval,
        weekdays=None if body.weekdays is None else tuple(map(WEEKDAYS.index, body.weekdays)),
        month_day=body.month_day,
        month_weekday=None if nth is None else MonthWeekday(nth.week, WEEKDAYS.index(nth.weekday)),
        start_date=body.start_date,
        end_date=body.end_date,
    )
    return HabitChange(
        name=body.name,
        user_id=body.user_id,
        minutes=body.minutes,
        min_minutes=body.min_minutes,
        max_minutes=body.max_minutes,
        priority=body.priority,
        hours=None if body.hours is None else body.hours.lower(),
        color=body.color,
        ideal_time=None if body.ideal_time is None else wall_minute(body.ideal_time),
        time_preference=body.time_preference,
        recurrence=recurrence,
        times=body.times,
        after=body.after,
        before=body.before,
        when_block_deleted=body.when_block_deleted,
        active=body.active,
        without=taken_away(body, HABIT_PARTS),
    )


_UNKNOWN = ("unknown_habit",)
ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/habits", "read", list_habits),
    Route("POST", "/v1/workspaces/<ws>/habits", "operate", add_habit, 201),
    Route("GET", "/v1/workspaces/<ws>/habits/<habit_id>", "read", show_habit, errors=_UNKNOWN),
    Route(
        "PATCH",
        "/v1/workspaces/<ws>/habits/<habit_id>",
        "operate",
        change_habit,
        errors=(*_UNKNOWN, "precondition_failed"),
    ),
    Route("DELETE", "/v1/workspaces/<ws>/habits/<habit_id>", "operate", remove_habit, errors=_UNKNOWN),
    Route("PUT", "/v1/workspaces/<ws>/habits/<habit_id>/skipped/<day>", "operate", skip_date, errors=_UNKNOWN),
    Route("DELETE", "/v1/workspaces/<ws>/habits/<habit_id>/skipped/<day>", "operate", unskip_date, errors=_UNKNOWN),
)
