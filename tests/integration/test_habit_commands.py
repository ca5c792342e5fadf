"""`almanac habit` against a real Postgres: what it stores is what plans read."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from tests.integration import rows
from tests.integration.test_hours_commands import asks_for_a_plan
from tests.integration.test_people_commands import Run, run

pytestmark = pytest.mark.integration
__all__ = ["run"]
COLUMNS = (
    "name, user_id, duration_minutes, min_duration_minutes, max_duration_minutes, priority, calendar_hours, color,"
    " ideal_time::text, time_preference, frequency, recurrence_interval, days_of_week, monthly_type, day_of_month,"
    " week_of_month, day_of_week_monthly, start_date, end_date, instances_per_day, dependency_habit_id,"
    " dependency_type, when_block_deleted, is_active, auto_schedule"
)


@pytest.fixture
def ws_id(database: Database) -> UUID:
    ws_id = rows.workspace(database)
    database.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:w, 'ada'), (:w, 'ben')", w=ws_id)
    return ws_id


def add(run: Run, ws_id: UUID, name: str, *words: object) -> str:
    return str(json.loads(run("habit", "add", ws_id, "--name", name, *words, "--json")[1])["habit_id"])


def plan(run: Run, ws_id: UUID) -> None:
    """Plan a week: a month of a daily habit takes as long as all else that a test does."""
    week = ("schedule", ws_id, "--window-days", 7)
    preview = json.loads(run(*week, "--preview", "--json")[1])
    assert run(*week, "--write", preview["fingerprint"])[0] == 0


def row(database: Database, habit_id: str) -> dict[str, Any]:
    names = [each.partition("::")[0].strip() for each in COLUMNS.split(",")]
    found = database.run(f"SELECT {COLUMNS} FROM workspace_habits WHERE id = :id", id=habit_id)[0]
    return dict(zip(names, found, strict=True))


def test_what_is_said_of_a_habit_is_stored_as_plans_read_it(run: Run, ws_id: UUID, database: Database) -> None:
    asks_for_a_plan(database, ws_id)
    plain = add(run, ws_id, "Read")
    assert asks_for_a_plan(database, ws_id)
    bare = database.run("INSERT INTO workspace_habits (ws_id, name) VALUES (:w, 'Read') RETURNING id", w=ws_id)[0][0]
    today = database.run("SELECT (now() AT TIME ZONE 'Europe/Berlin')::date")[0][0]
    assert row(database, plain) == {**row(database, bare), "start_date": today}, "the usual is the column's"

    length = ("--minutes", "45", "--min-minutes", "30", "--max-minutes", "60", "--times", "2")
    whose = ("--user", "ada", "--hours", "Work", "--priority", "high", "--color", "green", "--after", plain)
    dates = ("--weekdays", "mon-wed,sun", "--interval", "2", "--from", "2026-03-02", "--until", "2030-12-31")
    full = add(run, ws_id, "Run", *length, *whose, *dates, "--at", "07:30", "--when-deleted", "replan")
    assert row(database, full) == {
        "name": "Run",
        "user_id": "ada",
        "duration_minutes": 45,
        "min_duration_minutes": 30,
        "max_duration_minutes": 60,
        "priority": "high",
        "calendar_hours": "work",
        "color": "GREEN",
        "ideal_time": "07:30:00",
        "time_preference": None,
        "frequency": "weekly",
        "recurrence_interval": 2,
        "days_of_week": [0, 1, 2, 3],
        "monthly_type": None,
        "day_of_month": None,
        "week_of_month": None,
        "day_of_week_monthly": None,
        "start_date": date(2026, 3, 2),
        "end_date": date(2030, 12, 31),
        "instances_per_day": 2,
        "dependency_habit_id": UUID(plain),
        "dependency_type": "after",
        "when_block_deleted": "replan",
        "is_active": True,
        "auto_schedule": True,
    }
    said = run("habit", "change", ws_id, full, "--month-weekday", "last-fri", "--when", "evening", "--no-until")[1]
    month = {"frequency": "monthly", "monthly_type": "day_of_week", "week_of_month": 5, "day_of_week_monthly": 5}
    now = row(database, full)
    assert {name: now[name] for name in month} == month
    assert (now["days_of_week"], now["ideal_time"], now["time_preference"], now["end_date"]) == (
        None,
        None,
        "evening",
        None,
    )
    assert "every 2 months on the last Fri from 2026-03-02, 2 times a day in the evening in work hours" in said
    assert "after another habit" in said
    run("habit", "change", ws_id, full, "--month-day", "31", "--no-user", "--no-after")
    now = row(database, full)
    assert (now["monthly_type"], now["day_of_month"], now["week_of_month"]) == ("day_of_month", 31, None)
    assert (now["user_id"], now["dependency_habit_id"]) == (None, None)

    asks_for_a_plan(database, ws_id)
    run("habit", "change", ws_id, full, "--month-day", "31", "--when", "evening", "--name", "Run")
    assert not asks_for_a_plan(database, ws_id), "what is so already is not written"
    assert "paused" in run("habit", "pause", ws_id, full)[1]
    assert asks_for_a_plan(database, ws_id)
    assert [each["habit_id"] for each in json.loads(run("habit", "list", ws_id, "--json")[1])["habits"]][-1] == full
    assert "the next plan finds its times" in run("habit", "resume", ws_id, full)[1]
    assert run("habit", "remove", ws_id, full)[0] == 0
    gone = "almanac: HABIT: the workspace has no such habit; `almanac habit list` shows those there are\n"
    for command in (
        ("change", full, "--minutes", "5"),
        ("pause", full),
        ("skip", full, "2199-01-01"),
        ("remove", full),
    ):
        assert run("habit", command[0], ws_id, *command[1:]) == (2, "", gone)


def test_what_is_unusable_names_its_option(run: Run, ws_id: UUID, database: Database) -> None:
    habit = add(run, ws_id, "Run", "--weekdays", "mon")
    other = add(run, ws_id, "Read", "--after", habit)
    foreign = rows.workspace(database)
    theirs = database.run("INSERT INTO workspace_habits (ws_id, name) VALUES (:w, 'x') RETURNING id", w=foreign)[0][0]
    was = row(database, habit)
    for words, place in (
        (("--user", "zoe"), "--user: is no member; members are ada, ben"),
        (("--hours", "nights"), "--hours: is no category of hours of whom it is for; known are meeting"),
        (("--min-minutes", "31"), "--min-minutes: must be 1 to the preferred length, 30"),
        (("--max-minutes", "29"), "--max-minutes: "),
        (("--minutes", "1441"), "--minutes: "),
        (("--from", "2026-03-02", "--until", "2026-03-01"), "--until: must not be before"),
        (("--until", "2026-02-30"), "argument --until: is no date"),
        (("--weekdays", "mon-day"), "argument --weekdays: names no weekday"),
        (("--every", "month", "--weekdays", "mon"), "--weekdays: "),
        (("--month-weekday", "6-mon"), "argument --month-weekday: "),
        (("--interval", "1001"), "--interval: "),
        (("--times", "13"), "--times: "),
        (("--at", "7:30"), "argument --at: "),
        (("--at", "07:30", "--when", "morning"), "argument --when: not allowed with argument --at"),
        (("--after", other), "--after: would make habits wait"),
        (("--before", habit), "--before: names no other habit"),
        (("--after", theirs), "--after: names no other habit"),
        (("--until", "2199-01-01", "--no-until"), "--until: goes not"),
        ((), "--name: missing"),
    ):
        code, _, error = run("habit", "change", ws_id, habit, *words)
        assert (code, error.startswith(f"almanac: {place}")) == (2, True), error
    assert row(database, habit) == was


def test_a_date_is_left_out_and_not_after_all(run: Run, ws_id: UUID, database: Database) -> None:
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=14 - today.weekday())
    habit = add(run, ws_id, "Run", "--weekdays", "mon")
    asks_for_a_plan(database, ws_id)
    assert f"without {monday}\n" in run("habit", "skip", ws_id, habit, monday)[1]
    assert asks_for_a_plan(database, ws_id)
    run("habit", "skip", ws_id, habit, monday)
    assert not asks_for_a_plan(database, ws_id)
    assert "without" not in run("habit", "unskip", ws_id, habit, monday)[1]
    assert asks_for_a_plan(database, ws_id)
    run("habit", "unskip", ws_id, habit, monday)
    assert run("habit", "skip", ws_id, habit, monday)[0] == 0, "and once more"
    for day, said in (
        (monday + timedelta(days=1), f"is none of the habit's dates; the next one is {monday + timedelta(days=7)}"),
        (date(2026, 1, 5), "is over"),
        (date(8000, 1, 3), "must be at most 1098 days ahead"),
    ):
        assert run("habit", "skip", ws_id, habit, day) == (2, "", f"almanac: DATE: {said}\n")


def test_what_a_product_has_written_is_listed_and_kept(run: Run, ws_id: UUID, database: Database) -> None:
    odd = database.run(
        "INSERT INTO workspace_habits (ws_id, user_id, name, frequency, days_of_week, ideal_time, time_preference,"
        " start_date, end_date, calendar_hours, auto_schedule, dependency_type, monthly_type)"
        " VALUES (:w, 'zoe', E'Odd\\n\\x1b[31m', 'daily', '{1,1}', '24:00:00', 'night',"
        " '-infinity', 'infinity', 'Gone', false, 'before', 'day_of_month') RETURNING id::text",
        w=ws_id,
    )[0][0]
    block = database.run(
        "INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at)"
        " VALUES (:w, 'almanac', 'Odd', '2199-01-01', 'infinity') RETURNING id",
        w=ws_id,
    )[0][0]
    database.run(
        "INSERT INTO habit_calendar_events (event_id, ws_id, habit_id, occurrence_date, scheduled_minutes)"
        " VALUES (:e, :w, :h::uuid, 'infinity', 5)",
        e=block,
        w=ws_id,
        h=odd,
    )
    database.run(
        "INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date) VALUES (:w, :h::uuid, 'infinity'),"
        " (:w, :h::uuid, '2199-01-01')",
        w=ws_id,
        h=odd,
    )
    shown = run("habit", "list", ws_id)[1]
    assert "Odd  [31m" in shown
    assert "not planned" in shown
    assert "at 24:00 in Gone hours" in shown
    listed = json.loads(run("habit", "list", ws_id, "--json")[1])["habits"][0]
    assert (listed["weekdays"], listed["skipped"], listed["after"], listed["before"]) == (
        [],
        ["2199-01-01"],
        None,
        None,
    )
    assert (listed["blocks"][0]["date"], listed["blocks"][0]["end"]) == ("9999-12-29", "9999-12-29T00:00:00Z")
    was = row(database, odd)
    assert run("habit", "change", ws_id, odd, "--minutes", "20")[0] == 0
    assert row(database, odd) == {**was, "duration_minutes": 20}
    assert database.run("SELECT start_date = '-infinity', end_date = 'infinity' FROM workspace_habits") == [
        [True, True]
    ]
    assert run("habit", "remove", ws_id, uuid4())[0] == 2


def test_a_list_says_of_whom_a_habit_is_that_they_are_no_member(run: Run, ws_id: UUID) -> None:
    add(run, ws_id, "Run", "--user", "ben")
    assert "no member" not in run("habit", "list", ws_id)[1]
    run("member", "remove", ws_id, "--user", "ben")
    assert "  of ben (no member)\n" in run("habit", "list", ws_id)[1], "as tasks and meetings do"


def test_a_list_says_when_the_next_block_is_or_why_there_is_none(run: Run, ws_id: UUID, database: Database) -> None:
    run("hours", "set", ws_id, "--category", "never", "--day", "mon", "closed")
    placed, never = add(run, ws_id, "Run"), add(run, ws_id, "Dream", "--hours", "never")
    plan(run, ws_id)
    by_id = {each["habit_id"]: each for each in json.loads(run("habit", "list", ws_id, "--json")[1])["habits"]}
    assert len(by_id[placed]["blocks"]) == 3
    assert by_id[placed]["notes"] == []
    assert (by_id[never]["blocks"], by_id[never]["notes"][0]["status"]) == ([], "left_out")
    said = run("habit", "list", ws_id)[1]
    assert f"left out of the plan: {by_id[never]['notes'][0]['reason']}" in said
    assert by_id[placed]["blocks"][0]["start"][:16] in said
