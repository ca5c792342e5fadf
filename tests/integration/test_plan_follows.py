"""The plan follows the calendar: whatever changes somebody's busy time or work is planned seconds later, and once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.workspace_plan.report import PlanReport
from almanac.jobs import CalendarSchedule, Tick, deduplication_id
from tests.integration.team import Team

pytestmark = pytest.mark.integration

QUEUE = "https://sqs.eu-central-1.amazonaws.com/1/schedule.fifo"


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    return make_team(ALMANAC_SCHEDULE_QUEUE_URL=QUEUE, ALMANAC_PLAN_BUDGET_SECONDS="0.05")


def task(team: Team, title: str = "Report", **columns: Any) -> UUID:
    given = {"title": title, "total_minutes": 60, "auto_schedule": True, **columns}
    names = ", ".join(given)
    sql = f"INSERT INTO tasks (ws_id, {names}) VALUES (:ws, {', '.join(f':{n}' for n in given)}) RETURNING id"
    key: UUID = team.database.run(sql, ws=team.ws_id, **given)[0][0]
    return key


def asked(team: Team) -> list[CalendarSchedule]:
    """Plans that were asked for and that a queue would not drop as known; they are taken out."""
    plans = {deduplication_id(e.job, e.reason): e.job for e in team.queue.sent if e.job.job == "calendar.schedule"}
    team.queue.sent.clear()
    return list(plans.values())  # type: ignore[arg-type]


def plan(team: Team, job: CalendarSchedule | None = None) -> PlanReport:
    return team.wiring.plan_workspace(job or CalendarSchedule(ws_id=team.ws_id), None, lambda: 100.0)


def blocks(team: Team) -> list[tuple[datetime, datetime]]:
    sql = (
        "SELECT e.start_at, e.end_at FROM workspace_calendar_events e JOIN task_calendar_events b ON b.event_id = e.id"
        " ORDER BY e.start_at"
    )
    return [(row[0], row[1]) for row in team.database.run(sql)]


def forget_the_pause(team: Team) -> None:
    """Two minutes have passed since the last plan that a change asked for."""
    team.database.run("UPDATE runs SET started_at = started_at - interval '3 minutes'")


def ticks(team: Team) -> int:
    """The rule that looks for changes fires; how many workspaces it asks a plan for."""
    team.wiring.dispatch(Tick(job="calendar.schedule", due="changed"))
    return len(asked(team))


def test_from_an_event_over_a_block_to_the_moved_block(team: Team) -> None:
    (calendar,) = team.connect()
    task(team)
    team.sync()
    plan(team)
    (was,) = blocks(team)
    times = {end: {"dateTime": moment.isoformat()} for end, moment in zip(("start", "end"), was, strict=True)}
    team.google.insert_event(calendar, {"summary": "Board meeting", **times})
    asked(team)

    team.sync()
    (job,) = asked(team)
    report = plan(team, job)

    assert (job.source, report.outcome, report.counts.moved) == ("sync", "planned", 1)
    (now,) = blocks(team)
    assert now[1] <= was[0] or now[0] >= was[1]
    assert ticks(team) == 0, "nothing is left to plan"


def test_a_storm_makes_one_plan(team: Team) -> None:
    (calendar,) = team.connect()
    task(team)
    plan(team)
    for n in range(5):
        team.add(calendar, days=n + 1)
        team.sync()
        task(team, f"Task {n}")

    team.wiring.dispatch(Tick(job="calendar.schedule", due="changed"))
    (job,) = asked(team)

    assert plan(team, job).counts.tasks == 6
    assert plan(team, job).outcome == "superseded", "a copy of the message"
    assert asked(team) == []


def test_what_comes_within_two_minutes_waits_for_their_end(team: Team) -> None:
    (calendar,) = team.connect()
    task(team)
    team.add(calendar)
    team.sync()
    plan(team, asked(team)[0])
    team.add(calendar, days=3)

    team.sync()

    assert asked(team) == []
    assert ticks(team) == 0
    forget_the_pause(team)
    assert ticks(team) == 1


def test_a_sync_that_changes_nobodys_time_asks_for_nothing(team: Team) -> None:
    (calendar,) = team.connect()
    task(team)
    event = team.add(calendar)["id"]
    team.sync()
    plan(team)
    asked(team)
    team.google.patch_event(calendar, event, {"summary": "another title"})

    assert team.sync().tally.updated == 1
    assert asked(team) == []
    assert team.sync().tally.updated == 0
    assert ticks(team) == 0


def test_nor_does_one_of_a_workspace_that_plans_nothing(team: Team) -> None:
    (calendar,) = team.connect()
    team.add(calendar)

    team.sync()

    assert asked(team) == []
    assert ticks(team) == 0


CHANGES = {
    "a task is added": "INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, 'New', 30)",
    "a task takes longer": "UPDATE tasks SET total_minutes = 90",
    "a task is ticked off": "UPDATE tasks SET completed_at = now() WHERE title = 'Other'",
    "a task is deleted": "DELETE FROM tasks WHERE title = 'Other'",
    "a dependency": "INSERT INTO task_dependencies (ws_id, task_id, depends_on_task_id)"
    " SELECT :ws, a.id, b.id FROM tasks a, tasks b WHERE a.title = 'Report' AND b.title = 'Other'",
    "a habit": "INSERT INTO workspace_habits (ws_id, name) VALUES (:ws, 'Lunch')",
    "hours": "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:ws, 'work', '{}')",
    "preferences": 'UPDATE workspaces SET settings = \'{"scheduling": {"break_minutes": 15}}\'',
    "the zone": "UPDATE workspaces SET timezone = 'Asia/Tokyo'",
    "an event of the product's": "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
    " VALUES (:ws, 'Own', now() + interval '1 day', now() + interval '26 hours')",
    "a block is dragged": "UPDATE workspace_calendar_events SET start_at = start_at + interval '1 day',"
    " end_at = end_at + interval '1 day' WHERE provider = 'almanac'",
    "a block is locked": "UPDATE workspace_calendar_events SET locked = true WHERE provider = 'almanac'",
    "a block is done": "UPDATE task_calendar_events SET completed = true",
    "a member": "INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, 'ada')",
    "an assignee": "INSERT INTO task_assignees (task_id, user_id, ws_id) SELECT id, 'ada', ws_id FROM tasks LIMIT 1",
    "a meeting": "INSERT INTO meetings (ws_id, title) VALUES (:ws, 'Review')",
    "a calendar is everybody's": "UPDATE calendar_connections SET is_shared = true",
    "a calendar is switched off": "UPDATE calendar_connections SET is_enabled = false",
    "an account is disconnected": "UPDATE calendar_auth_tokens SET status = 'disconnected'",
}


@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_writer_changes_what_a_plan_is_made_of(team: Team, sql: str) -> None:
    team.connect()
    task(team)
    task(team, "Other")
    plan(team)
    assert ticks(team) == 0

    team.database.run(sql, **({"ws": team.ws_id} if ":ws" in sql else {}))

    assert ticks(team) == 1
    plan(team, CalendarSchedule(ws_id=team.ws_id, source="sync"))
    forget_the_pause(team)
    assert ticks(team) == 0, "the plan's own writes ask for no other"


def test_what_is_committed_after_a_plan_was_read_is_planned_next(team: Team) -> None:
    task(team)
    plan(team)
    task(team, "Second")
    store = team.wiring.plan_store
    real = store.load

    def load(*arguments: Any) -> Any:
        found = real(*arguments)
        store.load = real  # type: ignore[method-assign]
        task(team, "Third")
        return found

    store.load = load  # type: ignore[method-assign]
    report = plan(team, CalendarSchedule(ws_id=team.ws_id, source="sync"))

    assert (report.outcome, report.counts.tasks) == ("replanned", 3)


def test_a_plan_of_what_has_not_changed_is_two_round_trips(team: Team) -> None:
    task(team)
    plan(team)
    trips = team.database.round_trips

    report = plan(team, CalendarSchedule(ws_id=team.ws_id, source="sync"))

    assert team.database.round_trips - trips == 2
    assert (report.status, report.outcome) == ("skipped", "superseded")


def test_a_plan_that_changes_nothing_is_written_in_three_round_trips(team: Team) -> None:
    task(team)
    plan(team)
    task(team, "Nothing to do", total_minutes=30, done_minutes=30)
    store = team.wiring.plan_store
    real, trips = store.apply, []

    def apply(*arguments: Any) -> bool:
        before = team.database.round_trips
        done = real(*arguments)
        trips.append(team.database.round_trips - before)
        return done

    store.apply = apply  # type: ignore[method-assign]

    assert plan(team, CalendarSchedule(ws_id=team.ws_id, source="sync")).outcome == "unchanged"
    assert trips == [3], "the version, what it was made of, and the run's end"


def test_a_plan_that_fails_is_not_asked_for_every_minute(team: Team) -> None:
    task(team)
    team.database.run("UPDATE workspaces SET timezone = NULL")

    assert plan(team, CalendarSchedule(ws_id=team.ws_id, source="sync")).outcome == "timezone_missing"
    forget_the_pause(team)

    assert ticks(team) == 0


def test_a_workspace_is_deleted_with_everything(team: Team) -> None:
    (calendar,) = team.connect()
    task(team)
    team.add(calendar)
    team.sync()
    plan(team)

    team.database.run("DELETE FROM workspaces")

    assert team.database.run("SELECT count(*) FROM unplanned_changes") == [[0]]


def test_writers_do_not_wait_for_each_other(team: Team, database_url: str) -> None:
    other = Database(lambda: parse_url(database_url), 5)
    with other.transaction():
        other.run("INSERT INTO tasks (ws_id, title) VALUES (:ws, 'slow')", ws=team.ws_id)
        task(team, "quick")
    other.close()

    assert team.database.run("SELECT count(*) FROM unplanned_changes") == [[2]]


def test_a_task_that_is_deleted_while_its_plan_is_written_costs_no_other_its_block(team: Team) -> None:
    task(team, "stays")
    gone = task(team, "goes")
    store = team.wiring.plan_store
    real = store._run

    def run(name: str, /, **values: Any) -> Any:
        if name == "insert_blocks":
            store._run = real  # type: ignore[method-assign]
            _elsewhere(team, "DELETE FROM tasks WHERE id = :id", id=gone)
        return real(name, **values)

    store._run = run  # type: ignore[method-assign, assignment]
    report = plan(team)

    assert (report.status, report.outcome, report.counts.attempts) == ("completed", "replanned", 2)
    assert len(blocks(team)) == 1


def test_a_block_that_is_dragged_while_its_plan_is_written_stays_there(team: Team) -> None:
    task(team)
    plan(team)
    ((start, _),) = blocks(team)
    sql = "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, 'busy', :s, :e)"
    span = {"s": start - timedelta(hours=1), "e": start + timedelta(hours=3)}
    team.database.run(sql, ws=team.ws_id, **span)
    dragged = start + timedelta(days=3)
    store = team.wiring.plan_store
    real = store._run

    def run(name: str, /, **values: Any) -> Any:
        if name == "move_blocks":
            store._run = real  # type: ignore[method-assign]
            move = (
                "UPDATE workspace_calendar_events SET start_at = :s, end_at = :e, locked = true"
                " WHERE id IN (SELECT event_id FROM task_calendar_events)"
            )
            _elsewhere(team, move, s=dragged, e=dragged + timedelta(hours=1))
        return real(name, **values)

    store._run = run  # type: ignore[method-assign, assignment]

    report = plan(team)

    assert report.counts.attempts == 2
    assert blocks(team) == [(dragged, dragged + timedelta(hours=1))], "not where the first plan had wanted it"


def _elsewhere(team: Team, sql: str, **values: Any) -> None:
    """A statement of the product's, over its own connection."""
    product = Database(team.database._target)
    product.run(sql, **values)
    product.close()


def test_marks_that_no_plan_takes_are_forgotten_after_a_day(team: Team) -> None:
    team.database.run("INSERT INTO unplanned_changes (ws_id, tx) VALUES (:ws, '5')", ws=team.ws_id)
    team.database.run("UPDATE unplanned_changes SET at = now() - interval '25 hours'")

    ticks(team)

    assert team.database.run("SELECT count(*) FROM unplanned_changes") == [[0]]
