"""The console's page of habits: what it shows, and what its forms do."""

from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest

from almanac.domain.items.habits import HabitChange
from almanac.domain.items.recurrences import RecurrenceChange
from almanac.jobs import CalendarSchedule
from almanac.wiring.base import utc_now
from almanac.wiring.outside.api import ApiWiring
from tests.web.visitors import HOSTILE, Visitor, form_of, text_of, told

pytestmark = pytest.mark.integration


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


@pytest.mark.usefixtures("no_quarter_ends_meanwhile")
def test_what_there_is_and_what_stands_in_its_way(visitor: Visitor, ws: UUID, wiring: ApiWiring) -> None:
    page = f"/console/workspaces/{ws}/habits"
    empty = text_of(visitor.get(page).text)
    assert "There are no habits" in empty
    wiring.people.add(ws, "ada", HOSTILE, None)
    weekly = RecurrenceChange(weekdays=(0, 4))
    run = wiring.habits.add(ws, HabitChange(name=HOSTILE, user_id="ada", ideal_time=450, recurrence=weekly))
    wiring.opening_hours.set(ws, "never", None, {})
    wiring.habits.add(ws, HabitChange(name="Dream", hours="never"))
    wiring.habits.add(ws, HabitChange(name="Rest", active=False))
    assert "There was no plan of everybody yet." in visitor.get(page).text
    job = CalendarSchedule(ws_id=ws)
    wiring.apply_plan(job, wiring.apply_plan.preview(job).fingerprint)

    shown = visitor.get(page)
    assert "<img" not in shown.text
    said = text_of(shown.text)
    assert "has its times" in said
    assert "every week on Mon, Fri from" in said
    assert "no time" in said
    assert "In the way the hours 'never' never open" in unescape(said)
    assert "paused" in said
    next_block = wiring.habits.one(ws, run).blocks[0]
    assert f'value="{next_block.date}"' in shown.text


def test_dates_are_left_out_and_habits_paused_and_removed(visitor: Visitor, ws: UUID, wiring: ApiWiring) -> None:
    habit = wiring.habits.add(ws, HabitChange(name="Run"))
    place = f"/console/workspaces/{ws}/habits/{habit}"
    day = (utc_now() + timedelta(days=3)).date()
    said = told(visitor, visitor.post(f"{place}/skip", date=day.isoformat()))
    assert f"{day} is left out" in said
    assert f"Left out {day:%a %d %b %Y}" in said
    assert "2026-01-01 is over" in told(visitor, visitor.post(f"{place}/skip", date="2026-01-01"))
    assert "that is no date" in told(visitor, visitor.post(f"{place}/skip", date="soon"))
    assert "left out no more" in told(visitor, visitor.post(f"{place}/unskip", date=day.isoformat()))
    assert wiring.habits.one(ws, habit).skipped == ()
    assert "The habit was paused" in told(visitor, visitor.post(f"{place}/pause"))
    assert not wiring.habits.one(ws, habit).wishes.active
    assert "The habit goes on" in told(visitor, visitor.post(f"{place}/resume"))
    assert "it was not confirmed" in told(visitor, visitor.post(f"{place}/remove"))
    assert "The habit was removed" in told(visitor, visitor.post(f"{place}/remove", sure="yes"))
    assert wiring.habits.all(ws) == []
    for gone in (f"{place}/skip", f"/console/workspaces/{ws}/habits/{uuid4()}/pause"):
        assert visitor.post(gone, date=day.isoformat()).status == 404


def test_a_habit_is_added_and_changed_by_its_form(visitor: Visitor, ws: UUID, wiring: ApiWiring) -> None:
    page = f"/console/workspaces/{ws}/habits"
    for user in ("ada", "ben"):
        wiring.people.add(ws, user, None, None)
    wanted = {
        "name": "Run",
        "minutes": "45",
        "min_minutes": "30",
        "max_minutes": "",
        "priority": "high",
        "hours": "personal",
        "user_id": "ada",
        "ideal_time": "07:30",
        "time_preference": "any",
        "once": "1",
        "weekdays": ["monday", "friday"],
    }
    for _ in range(2):
        assert "The habit was added" in told(visitor, visitor.post(page, **wanted))
    (habit,) = wiring.habits.all(ws)
    weekly = habit.wishes.recurrence
    assert (weekly.frequency, weekly.weekdays, habit.wishes.ideal_time) == ("weekly", (0, 4), 450)
    assert (habit.wishes.min_minutes, habit.wishes.max_minutes, habit.wishes.user_id) == (30, None, "ada")

    place = f"{page}/{habit.habit_id}"
    form = form_of(visitor, page, place)
    unchanged = visitor.post(place, **form)
    assert "The habit was changed" in told(visitor, unchanged)
    assert wiring.habits.all(ws) == [habit]
    other = {**form, "minutes": "60", "min_minutes": "", "time_preference": "evening", "user_id": ""}
    assert "The habit was changed" in told(visitor, visitor.post(place, **other))
    now = wiring.habits.one(ws, habit.habit_id).wishes
    assert (now.minutes, now.min_minutes, now.ideal_time, now.time_preference) == (60, None, None, "evening")
    assert (now.user_id, now.recurrence) == (None, weekly)
    assert "somebody else has changed the habit meanwhile" in told(visitor, visitor.post(place, **form))

    for field, value, said in (
        ("minutes", "0", "Minutes: must be a whole number from 1"),
        ("min_minutes", "61", "Shortest: must be 1 to the preferred length, 60"),
        ("ideal_time", "25:00", "At: must be a time of day"),
        ("weekdays", [], "Days: must be one or more"),
        ("hours", "nights", "Hours: is no category of hours"),
        ("user_id", "zoe", "Whose: is no member"),
    ):
        refused = visitor.post(place, **{**form_of(visitor, page, place), field: value})
        assert (refused.status, said in text_of(refused.text)) == (422, True), field
    assert wiring.habits.one(ws, habit.habit_id).wishes == now
    refused = visitor.post(page, **{**wanted, "name": "", "once": "2"})
    assert (refused.status, "Name: must have" in text_of(refused.text)) == (422, True)

    monthly = RecurrenceChange(month_day=31, interval=2)
    wiring.habits.change(ws, habit.habit_id, HabitChange(recurrence=monthly))
    form = form_of(visitor, page, place)
    told(visitor, visitor.post(place, **{**form, "name": "Pay"}))
    kept = wiring.habits.one(ws, habit.habit_id).wishes
    assert (kept.name, kept.recurrence.frequency, kept.recurrence.day_of_month) == ("Pay", "monthly", 31)
