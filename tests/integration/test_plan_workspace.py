"""Planning a workspace: real use case, real planner, real Postgres. 2 March 2026 is a Monday."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.domain.workspace_plan.from_plan import WorkspacePlan as Plan
from almanac.domain.workspace_plan.to_instance import PlanningRequest
from almanac.errors import AlmanacError, LeaseLost, StorageFailed, UnknownWorkspace
from almanac.jobs import CalendarSchedule, message_body
from almanac.presentation.wording import words
from almanac.services.plan.run import TimezoneMissing
from almanac.services.plan.solve import solve_request
from almanac.services.queues.message_run import SqsMessage
from almanac.services.queues.ports import DueWorkspace
from tests.integration.planned import MONDAY, Planned
from tests.integration.team import RecordingQueue

pytestmark = pytest.mark.integration

Make = Callable[..., Planned]


@pytest.fixture
def make(database_url: str) -> Iterator[Make]:
    made: list[Planned] = []

    def one(**settings: Any) -> Planned:
        made.append(Planned(database_url, **settings))
        return made[-1]

    yield one
    for each in made:
        each.wiring.close()


@pytest.fixture
def team(make: Make) -> Planned:
    return make()


def interrupt(team: Planned, *happenings: Callable[[], object]) -> None:
    """Let something happen after each load and before its plan is written; the last one every time from then on."""
    todo = list(happenings)

    def planner(prepared: PlanningRequest, seconds: float) -> Plan:
        planned = solve_request(prepared, seconds, words)
        (todo.pop(0) if len(todo) > 1 else todo[0])()
        return planned

    object.__setattr__(team.use_case, "planner", planner)


def nothing() -> None:
    return None


def other_connection(team: Planned) -> Database:
    """Somebody else at the same database; the caller closes it."""
    return Database(team.database._target)


class TestAPlanAppears:
    def test_tasks_and_habits_become_blocks_with_a_reason(self, team: Planned) -> None:
        task, habit = team.task("Report", 90), team.habit("Lunch", ideal_time="12:00")

        report = team.plan()

        assert (report.status, report.outcome) == ("completed", "planned")
        assert team.times("Report") == ["03-02 09:00-10:30"]
        assert team.times("Lunch") == [f"03-{day:02} 12:00-12:30" for day in range(2, 9)]
        assert (report.counts.tasks, report.counts.habits, report.counts.scheduled) == (1, 7, 8)
        assert (report.counts.inserted, report.counts.moved, report.counts.deleted) == (8, 0, 0)
        sql = "SELECT task_id, scheduling_reason <> '' FROM task_calendar_events"
        assert team.database.run(sql) == [[task, True]]
        sql = "SELECT DISTINCT habit_id, scheduling_reason <> '' FROM habit_calendar_events"
        assert team.database.run(sql) == [[habit, True]]
        sql = "SELECT DISTINCT provider, locked, time_zone, sync_status FROM workspace_calendar_events"
        assert team.database.run(sql) == [["almanac", False, "Europe/Berlin", "local_only"]]

    def test_lengths_off_the_grid_round_up_and_keep_their_real_minutes(self, team: Planned) -> None:
        team.task("Call", 6)
        team.task("Mail", 20)
        team.plan()
        assert {block.title: block.minutes for block in team.blocks()} == {"Call": 6, "Mail": 20}
        lengths = {"Call": timedelta(minutes=15), "Mail": timedelta(minutes=30)}
        sql = "SELECT title, end_at - start_at FROM workspace_calendar_events"
        assert dict(map(tuple, team.database.run(sql))) == lengths

    def test_every_run_leaves_one_metadata_row(self, team: Planned) -> None:
        team.task()
        team.plan(source="manual", request_id="r1", window_days=14)
        sql = (
            "SELECT source, request_id, window_days, status, outcome, tasks, scheduled, inserted, window_end,"
            " objective > 0, finished_at >= started_at FROM workspace_scheduling_metadata"
        )
        until = datetime(2026, 3, 15, 23, tzinfo=UTC)
        assert team.database.run(sql) == [["manual", "r1", 14, "completed", "planned", 1, 1, 1, until, True, True]]

    def test_a_message_of_the_queue_becomes_a_plan(self, team: Planned) -> None:
        team.task()
        team.wiring.__dict__["queue"] = RecordingQueue()
        body = message_body(CalendarSchedule(ws_id=team.ws_id, window_days=7, source="schedule"))
        report = team.wiring.receive_schedule(SqsMessage(body, "m1", "r1", 1, datetime.now(UTC)), lambda: 100.0)
        assert (report.outcome, team.times()) == ("planned", ["03-02 09:00-10:00"])

    def test_nothing_to_plan_says_so(self, team: Planned) -> None:
        assert team.plan().outcome == "nothing_to_plan"

    def test_what_is_not_for_almanac_is_left_alone(self, team: Planned) -> None:
        team.task("Manual", auto_schedule=False)
        team.task("Done", completed_at=MONDAY)
        team.habit("Paused", is_active=False)
        team.habit("Manual", auto_schedule=False)
        assert team.plan().outcome == "nothing_to_plan"

    def test_other_workspaces_are_untouched(self, make: Make) -> None:
        here, there = make(), make()
        there.task("Theirs")
        there.plan()
        before = there.blocks()
        here.task("Ours", 480)
        here.event("03-02 09:00", "03-02 17:00")
        assert here.plan().outcome == "planned"
        assert there.blocks() == before
        assert here.times() == ["03-03 09:00-17:00"]


class TestStability:
    def test_planning_twice_writes_no_row(self, team: Planned) -> None:
        for n in range(6):
            team.task(f"T{n}", 45 + 30 * n, is_splittable=n % 2 == 0, end_date=team.at(f"03-0{3 + n % 4} 17:00"))
        team.habit("Lunch", ideal_time="12:00")
        team.event("03-02 10:00", "03-02 15:00")
        team.plan()
        written = team.written()
        team.now += timedelta(minutes=20)

        report = team.plan()

        assert report.outcome == "unchanged"
        assert team.written() == written
        assert (report.counts.inserted, report.counts.moved, report.counts.deleted) == (0, 0, 0)
        assert report.counts.unchanged == len(team.blocks())

    def test_a_meeting_on_top_of_a_block_moves_only_that_block_which_keeps_its_id(self, team: Planned) -> None:
        for n in range(4):
            team.task(f"T{n}", 60)
        team.plan()
        before = team.blocks()
        hit = before[1]
        team.event(f"{hit.day} {hit.start}", f"{hit.day} {hit.end}")

        report = team.plan()

        after = {block.id: block for block in team.blocks()}
        assert report.outcome == "planned"
        assert (report.counts.inserted, report.counts.moved, report.counts.deleted) == (0, 1, 0)
        assert after.keys() == {block.id for block in before}
        assert [block for block in before if after[block.id] != block] == [hit]

    def test_what_the_owner_added_to_a_block_survives_its_move(self, team: Planned) -> None:
        team.task()
        team.plan()
        (block,) = team.blocks()
        team.change(
            "workspace_calendar_events", block.id, color_override="RED", description="bring the map", location="Hut"
        )
        team.event("03-02 09:00", "03-02 10:00")
        team.plan()
        sql = "SELECT color_override, description, location FROM workspace_calendar_events WHERE id = :id"
        assert team.times() == ["03-02 10:00-11:00"]
        assert team.database.run(sql, id=block.id) == [["RED", "bring the map", "Hut"]]

    def test_a_renamed_task_renames_its_block(self, team: Planned) -> None:
        task = team.task("Report")
        team.plan()
        (block,) = team.blocks()
        reasons = team.database.run("SELECT scheduling_reason FROM task_calendar_events")
        team.change("tasks", task, title="Report 2026")
        team.plan()
        assert [(b.id, b.title) for b in team.blocks()] == [(block.id, "Report 2026")]
        assert team.database.run("SELECT scheduling_reason FROM task_calendar_events") == reasons

    def test_what_an_explanation_is_made_of_stands_beside_its_sentence(self, team: Planned) -> None:
        meeting = team.event("03-02 09:00", "03-02 10:00", title="Board")
        task = team.task("Report")
        waiting = team.task("Endless", None)
        report = team.plan()
        sql = "SELECT scheduling_reason, scheduling_explanation FROM task_calendar_events"
        ((reason, explanation),) = team.database.run(sql)
        assert reason == "the earliest free 1 h of work hours; the time before is taken by 'Board'"
        assert explanation == {
            "code": "earliest_free",
            "minutes": [60],
            "category": "work",
            "parts": [{"code": "time_before_taken", "items": [str(meeting)]}],
        }
        team.event("03-02 10:00", "03-02 11:00", title="Call")
        team.plan()
        assert team.database.run(sql)[0][1]["parts"][0]["items"] != [str(meeting)]
        noted = [note for note in team.runs()[0][3] if note["id"] == str(waiting)]
        assert noted == [report.notes[0].as_dict()]
        assert noted[0]["cause"] == {"code": "length_missing"}
        assert str(task) not in {note["id"] for note in team.runs()[0][3]}

    def test_a_smaller_window_leaves_the_blocks_beyond_it(self, team: Planned) -> None:
        team.task("Later", start_date=team.at("03-20 00:00"))
        team.habit(ideal_time="12:00", frequency="weekly")
        team.plan(window_days=30)
        before = team.blocks()
        assert len(before) == 5
        assert (team.plan(window_days=7).outcome, team.blocks()) == ("unchanged", before)
        assert (team.plan(window_days=30).outcome, team.blocks()) == ("unchanged", before)

    def test_force_plans_anew_but_leaves_the_near_and_the_locked(self, team: Planned) -> None:
        team.prefer(min_notice_minutes=180)
        team.task("Near", 60)
        team.now = MONDAY - timedelta(hours=2)
        team.plan()
        team.task("Locked", 60)
        team.task("Far", 60)
        team.event("03-02 10:00", "03-02 16:00", external_event_id="long")
        team.plan()
        team.change("workspace_calendar_events", team.blocks("Locked")[0].id, locked=True)
        team.database.run("DELETE FROM workspace_calendar_events WHERE external_event_id = 'long'")
        team.now = MONDAY
        before = {block.title: block for block in team.blocks()}

        assert team.plan().outcome == "unchanged"
        assert team.plan(force_reschedule=True).outcome == "planned"

        after = {block.title: block for block in team.blocks()}
        assert (after["Near"], after["Locked"]) == (before["Near"], before["Locked"])
        assert after["Far"].id == before["Far"].id
        assert (after["Far"].day, after["Far"].start) == ("03-02", "10:00")


class TestWhatIsNotAlmanacsToMove:
    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("workspace_calendar_events", {"locked": True}),
            ("task_calendar_events", {"started_at": MONDAY}),
            ("task_calendar_events", {"completed": True}),
        ],
        ids=["locked", "started", "done"],
    )
    def test_a_users_block_stays_and_its_minutes_are_off_the_task(
        self, team: Planned, table: str, change: dict[str, Any]
    ) -> None:
        task = team.task("Report", 120, is_splittable=True, max_split_duration_minutes=60)
        team.plan()
        first, second = team.blocks()
        team.change(table, first.id, **change)
        team.event("03-02 09:00", "03-02 12:00")

        team.plan()

        kept, moved = sorted(team.blocks(), key=lambda block: block.id != first.id)
        assert kept == first
        assert moved.id == second.id
        assert (moved.day, moved.start >= "12:00") == ("03-02", True)
        team.change("tasks", task, completed_at=MONDAY)
        team.plan()
        assert team.blocks() == [first]

    def test_a_block_whose_time_has_come_counts_as_begun(self, team: Planned) -> None:
        team.task("Report", 120, is_splittable=True, max_split_duration_minutes=60)
        team.plan()
        first, second = team.blocks()
        team.now = team.at("03-02 09:30").astimezone(UTC)
        team.event("03-02 09:30", "03-02 12:00")
        team.plan()
        assert first in team.blocks()
        assert [block.minutes for block in team.blocks()] == [60, 60]
        assert second.id in {block.id for block in team.blocks()}

    def test_a_locked_block_that_was_made_longer_counts_as_long_as_it_is(self, team: Planned) -> None:
        team.task("Report", 120, is_splittable=True, max_split_duration_minutes=60)
        team.plan()
        first = team.blocks()[0]
        team.change("workspace_calendar_events", first.id, locked=True, end_at=team.at("03-02 11:00"))
        team.plan()
        assert team.times() == ["03-02 09:00-11:00"]

    def test_minutes_done_elsewhere_are_off_the_task(self, team: Planned) -> None:
        team.task("Report", 120, done_minutes=90)
        team.plan()
        assert team.times() == ["03-02 09:00-09:30"]

    def test_an_event_of_the_provider_that_was_linked_to_a_task_is_never_moved(self, team: Planned) -> None:
        task = team.task("Report", 60)
        event = team.event("03-02 11:00", "03-02 12:00")
        sql = "INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes) VALUES (:e, :ws, :t, 60)"
        team.database.run(sql, e=event, ws=team.ws_id, t=task)
        assert team.plan().outcome == "unchanged"
        assert [block.id for block in team.blocks()] == [event]

    def test_a_block_inside_the_notice_stays_unless_a_meeting_lies_on_it(self, team: Planned) -> None:
        team.task("Near", 60)
        team.plan()
        team.prefer(min_notice_minutes=240)
        team.task("Urgent", 60, priority="critical")
        team.plan()
        assert team.times("Near") == ["03-02 09:00-10:00"]
        team.event("03-02 09:30", "03-02 10:00")
        team.plan()
        assert team.times("Near")[0] >= "03-02 11:00"


class TestWhatIsGone:
    def test_a_completed_tasks_future_blocks_vanish(self, team: Planned) -> None:
        task = team.task()
        team.plan()
        team.change("tasks", task, completed_at=MONDAY)
        report = team.plan()
        assert (report.outcome, report.counts.deleted, team.blocks()) == ("planned", 1, [])

    def test_a_deleted_tasks_future_blocks_vanish(self, team: Planned) -> None:
        team.task()
        team.plan()
        team.database.run("DELETE FROM tasks")
        assert team.plan().counts.deleted == 1
        assert team.blocks() == []

    def test_blocks_of_the_past_stay_as_history(self, team: Planned) -> None:
        team.task()
        team.plan()
        before = team.blocks()
        team.database.run("DELETE FROM tasks")
        team.now += timedelta(days=1)
        assert team.plan().outcome == "nothing_to_plan"
        assert team.blocks() == before

    def test_a_paused_habits_future_blocks_vanish(self, team: Planned) -> None:
        habit = team.habit(ideal_time="12:00")
        team.plan()
        team.now = team.at("03-04 13:00").astimezone(UTC)
        team.change("workspace_habits", habit, is_active=False)
        team.plan()
        assert team.times() == ["03-02 12:00-12:30", "03-03 12:00-12:30", "03-04 12:00-12:30"]


class TestBusyTime:
    @pytest.mark.parametrize(
        ("columns", "blocks"),
        [
            ({}, True),
            ({"response": "accepted"}, True),
            ({"response": "needsAction"}, True),
            ({"response": "tentative", "status": "tentative"}, True),
            ({"response": "declined"}, False),
            ({"transparency": "transparent"}, False),
            ({"event_type": "workingLocation"}, False),
            ({"event_type": "birthday"}, False),
            ({"event_type": "focusTime"}, True),
            ({"event_type": "outOfOffice"}, True),
            ({"event_type": "outOfOffice", "transparency": "transparent"}, True),
            ({"own_block": True}, False),
        ],
    )
    def test_which_events_block(self, team: Planned, columns: dict[str, Any], blocks: bool) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 12:00", **columns)
        team.plan()
        assert team.times() == (["03-02 12:00-13:00"] if blocks else ["03-02 09:00-10:00"])

    @pytest.mark.parametrize(
        ("columns", "blocks"),
        [
            ({}, True),
            ({"transparency": "transparent"}, False),
            ({"event_type": "birthday"}, False),
            ({"event_type": "workingLocation"}, False),
            ({"event_type": "outOfOffice", "transparency": "transparent"}, True),
        ],
    )
    def test_which_all_day_events_block_their_day(self, team: Planned, columns: dict[str, Any], blocks: bool) -> None:
        team.task()
        team.whole_day(date(2026, 3, 2), **columns)
        team.plan()
        assert team.times() == (["03-03 09:00-10:00"] if blocks else ["03-02 09:00-10:00"])

    def test_an_event_made_in_the_app_blocks_too(self, team: Planned) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 10:00", provider="almanac", external_calendar_id=None, external_event_id=None)
        team.plan()
        assert team.times("Report") == ["03-02 10:00-11:00"]

    def test_a_meeting_declined_in_ones_own_calendar_is_not_busy_through_a_shared_copy(self, team: Planned) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 10:00", ical_uid="m@x", response="declined")
        team.event("03-02 09:00", "03-02 10:00", ical_uid="m@x", external_calendar_id="team@example.test")
        team.plan()
        assert team.times() == ["03-02 09:00-10:00"]

    def test_a_meeting_that_one_account_accepted_is_busy(self, team: Planned) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 10:00", ical_uid="m@x", response="declined")
        team.event(
            "03-02 09:00", "03-02 10:00", ical_uid="m@x", response="accepted", external_calendar_id="b@example.test"
        )
        team.plan()
        assert team.times() == ["03-02 10:00-11:00"]

    def test_the_buffers_that_the_workspace_wants_are_kept_free(self, team: Planned) -> None:
        team.prefer(buffer_before_minutes=20, buffer_after_minutes=30)
        team.event("03-02 10:00", "03-02 10:30")
        team.task("Call", 45)
        team.task("Report", 60)
        team.plan()
        assert team.times() == ["03-02 11:00-11:45", "03-02 11:45-12:45"]

    def test_a_buffer_outlasts_an_event_that_is_over(self, team: Planned) -> None:
        team.prefer(buffer_after_minutes=60)
        team.event("03-02 08:00", "03-02 09:00")
        team.now = team.at("03-02 09:10").astimezone(UTC)
        team.task()
        team.plan()
        assert team.times() == ["03-02 10:00-11:00"]


class TestSwitchedOffCalendars:
    @pytest.mark.parametrize(
        ("change", "blocks"),
        [
            ("UPDATE calendar_connections SET is_enabled = false", False),
            ("UPDATE calendar_connections SET sync_inbound_enabled = false", False),
            ("UPDATE calendar_auth_tokens SET status = 'disconnected'", False),
            ("DELETE FROM calendar_connections", False),
            ("DELETE FROM calendar_auth_tokens", False),
            ("UPDATE calendar_auth_tokens SET status = 'reconnect_required'", True),
            ("UPDATE calendar_connections SET status = 'error', last_error_type = 'timeout'", True),
            ("UPDATE calendar_connections SET status = 'lost', last_error_type = 'access_denied'", True),
        ],
    )
    def test_take_no_time_but_those_in_trouble_do(self, team: Planned, change: str, blocks: bool) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 12:00")
        team.database.run(change)
        team.plan()
        assert team.times() == (["03-02 12:00-13:00"] if blocks else ["03-02 09:00-10:00"])

    def test_one_that_another_account_still_shows_takes_time(self, team: Planned) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 12:00")
        team.database.run("UPDATE calendar_connections SET is_enabled = false")
        team.connect(email="bob@example.test")
        team.plan()
        assert team.times() == ["03-02 12:00-13:00"]

    def test_of_another_workspace_change_nothing_here(self, make: Make) -> None:
        here, there = make(), make()
        for team in (here, there):
            team.event("03-02 09:00", "03-02 12:00")
        there.database.run("UPDATE calendar_connections SET is_enabled = false WHERE ws_id = :ws", ws=there.ws_id)
        for team in (here, there):
            team.task()
            team.plan()
        assert (here.times(), there.times()) == (["03-02 12:00-13:00"], ["03-02 09:00-10:00"])


class TestTasks:
    def test_a_task_starts_after_its_predecessor_also_when_that_one_is_locked(self, team: Planned) -> None:
        first, second = team.task("First", 60), team.task("Second", 60, priority="critical")
        team.after(second, first)
        team.plan()
        assert team.times() == ["03-02 09:00-10:00", "03-02 10:00-11:00"]
        block = team.blocks("First")[0]
        team.change(
            "workspace_calendar_events",
            block.id,
            locked=True,
            start_at=team.at("03-03 09:00"),
            end_at=team.at("03-03 10:00"),
        )
        team.plan()
        assert team.times("Second") == ["03-03 10:00-11:00"]

    def test_a_completed_predecessor_holds_nobody_up(self, team: Planned) -> None:
        first, second = team.task("First", completed_at=MONDAY), team.task("Second")
        team.after(second, first)
        team.plan()
        assert team.times() == ["03-02 09:00-10:00"]

    def test_one_bad_task_never_costs_the_plan(self, team: Planned) -> None:
        team.task("Good")
        unsized, lost = team.task("Unsized", None), team.task("Lost", category="nights")
        a, b, hung = team.task("A"), team.task("B"), team.task("Hung")
        team.after(a, b)
        team.after(b, a)
        team.after(hung, lost)

        report = team.plan()

        assert (report.outcome, team.times()) == ("planned", ["03-02 09:00-10:00"])
        said = {note.id: note.reason for note in report.notes if note.status == "left_out"}
        assert said.keys() == {str(task) for task in (unsized, lost, a, b, hung)}
        assert "total_minutes" in said[str(unsized)]
        assert "'nights' is unknown" in said[str(lost)]
        assert "circle" in said[str(a)]
        assert said[str(hung)] == "waits for 'Lost', which cannot be planned"
        assert report.counts.left_out == 5
        assert {warning["id"] for warning in team.runs()[0][3]} >= said.keys()

    def test_a_task_that_can_no_longer_be_planned_keeps_its_block(self, team: Planned) -> None:
        task = team.task()
        team.plan()
        before = team.blocks()
        team.change("tasks", task, calendar_hours="nights")
        assert team.plan().outcome == "unchanged"
        assert team.blocks() == before

    def test_unreadable_hours_cost_only_their_own_tasks(self, team: Planned) -> None:
        team.hours("work", {"monday": {"timeBlocks": [{"startTime": "9 o'clock", "endTime": "17:00"}]}})
        lost = team.task("Lost")
        team.task("Kept", category="personal")
        report = team.plan()
        assert team.times() == ["03-02 07:00-08:00"]
        (note,) = [note for note in report.notes if note.status == "left_out"]
        assert note.id == str(lost)
        assert "monday.timeBlocks.0.startTime" in note.reason

    def test_a_bad_preference_is_named_and_the_others_count(self, team: Planned) -> None:
        team.prefer(break_minutes=7, min_notice_minutes=240, daily_cap_minutes={"nights": 60, "work": 120})
        team.task()
        report = team.plan()
        assert {note.id for note in report.notes if note.kind == "preference"} == {"break_minutes", "daily_cap_minutes"}
        assert team.times() == ["03-02 11:00-12:00"]

    def test_hours_over_midnight(self, team: Planned) -> None:
        team.hours("night", {"monday": {"timeBlocks": [{"startTime": "22:00", "endTime": "02:00"}]}})
        team.task("Watch", 180, category="night")
        team.plan()
        assert team.times() == ["03-02 22:00-01:00"]

    def test_without_stored_hours_every_day_is_open_from_seven_to_eleven(self, team: Planned) -> None:
        team.task("Early", 16 * 60, category="meeting")
        team.plan()
        assert team.times() == ["03-02 07:00-23:00"]


class TestHabits:
    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            ({"frequency": "weekly", "days_of_week": [1, 3]}, ["03-02", "03-04", "03-09", "03-11"]),
            ({"frequency": "daily", "recurrence_interval": 5, "start_date": date(2026, 3, 1)}, ["03-06", "03-11"]),
            ({"frequency": "weekly", "recurrence_interval": 2, "start_date": date(2026, 2, 24)}, ["03-10"]),
            ({"frequency": "monthly", "day_of_month": 12}, ["03-12"]),
            (
                {"frequency": "monthly", "monthly_type": "day_of_week", "week_of_month": 2, "day_of_week_monthly": 0},
                ["03-08"],
            ),
            ({"frequency": "yearly", "start_date": date(2020, 3, 14)}, ["03-14"]),
            ({"frequency": "daily", "end_date": date(2026, 3, 3)}, ["03-02", "03-03"]),
        ],
        ids=["weekdays", "every 5 days", "every 2 weeks", "monthly", "second Sunday", "yearly", "ended"],
    )
    def test_recurrence(self, team: Planned, rule: dict[str, Any], days: list[str]) -> None:
        team.habit(ideal_time="12:00", **rule)
        team.plan(window_days=14)
        assert [block.day for block in team.blocks()] == days

    def test_a_skipped_day_has_no_block_and_an_old_one_goes(self, team: Planned) -> None:
        habit = team.habit(ideal_time="12:00")
        team.plan()
        team.skip(habit, date(2026, 3, 4))
        report = team.plan()
        assert report.counts.deleted == 1
        assert "03-04" not in {block.day for block in team.blocks()}
        assert len(team.blocks()) == 6

    def test_a_work_habit_has_its_weekend_off(self, team: Planned) -> None:
        team.habit("Standup", 15, calendar_hours="work", ideal_time="09:00")
        report = team.plan(apply="safe")
        assert [block.day for block in team.blocks()] == ["03-02", "03-03", "03-04", "03-05", "03-06"]
        assert (report.counts.habits, report.counts.unscheduled) == (5, 0)

    def test_several_a_day_keep_apart_and_in_order(self, team: Planned) -> None:
        team.habit("Walk", 30, instances_per_day=3, end_date=date(2026, 3, 2))
        team.plan()
        assert [block.day for block in team.blocks()] == ["03-02"] * 3
        first, second, third = team.blocks()
        assert first.end <= "12:15" <= second.start
        assert second.end <= "17:30" <= third.start
        assert team.plan().outcome == "unchanged"

    def test_after_another_habit_also_when_that_one_has_to_move(self, team: Planned) -> None:
        run = team.habit("Run", 60, ideal_time="07:00")
        team.habit("Shower", 15, ideal_time="07:30", dependency_habit_id=run, dependency_type="after")
        team.event("03-03 07:00", "03-03 07:30")
        team.plan()
        by_day = {block.day: block for block in team.blocks("Run")}
        assert len(by_day) == 7
        assert all(block.start >= by_day[block.day].end for block in team.blocks("Shower"))

    def test_a_habit_whose_ideal_time_has_passed_stays_where_it_was_put(self, team: Planned) -> None:
        team.habit(ideal_time="12:00", end_date=date(2026, 3, 2))
        team.event("03-02 11:00", "03-02 12:45")
        team.plan()
        before = team.blocks()
        assert team.times() == ["03-02 12:45-13:15"]
        team.now = team.at("03-02 12:35").astimezone(UTC)
        team.plan()
        assert team.blocks() == before

    @pytest.mark.parametrize(
        ("zone", "first"),
        [
            ("America/New_York", "03-02"),
            ("America/Los_Angeles", "03-02"),  # the run is at 22:00 of the day before there
            ("Asia/Kolkata", "03-02"),
            ("Pacific/Auckland", "03-03"),  # it is evening there already
        ],
    )
    def test_ideal_times_are_wall_times_of_every_zone(self, make: Make, zone: str, first: str) -> None:
        team = make(zone=zone)
        team.habit(ideal_time="12:00", end_date=date(2026, 3, 8))
        team.plan(window_days=14)
        days = [f"03-{day:02}" for day in range(int(first[-2:]), 9)]
        assert [(block.day, block.start, block.end) for block in team.blocks()] == [(d, "12:00", "12:30") for d in days]

    def test_a_habit_keeps_its_wall_time_over_a_clock_change(self, team: Planned) -> None:
        team.now = datetime(2026, 3, 27, 6, tzinfo=UTC)
        team.habit(ideal_time="12:00")
        team.plan()
        assert [(block.day, block.start) for block in team.blocks()] == [
            (day, "12:00") for day in ("03-27", "03-28", "03-29", "03-30", "03-31", "04-01", "04-02")
        ]
        starts = [row[0] for row in team.database.run("SELECT start_at FROM workspace_calendar_events ORDER BY 1")]
        assert {start.astimezone(UTC).hour for start in starts} == {11, 10}

    def test_a_block_that_its_owner_made_longer_stays_so_up_to_the_habits_longest(self, team: Planned) -> None:
        team.habit(ideal_time="12:00", max_duration_minutes=60)
        team.plan()
        first, second, *_ = team.blocks()
        for block, until in ((first, "12:45"), (second, "13:30")):
            end = team.at(f"{block.day} {until}")
            team.change("workspace_calendar_events", block.id, end_at=end)
        team.plan()
        assert team.times()[:3] == ["03-02 12:00-12:45", "03-03 12:00-13:00", "03-04 12:00-12:30"]
        assert [block.minutes for block in team.blocks()][:3] == [45, 60, 30]
        assert team.plan().outcome == "unchanged"
        team.plan(force_reschedule=True)
        assert team.times()[0] == "03-02 12:00-12:30"

    def test_one_without_a_longest_length_is_cut_back(self, team: Planned) -> None:
        team.habit(ideal_time="12:00")
        team.plan()
        block = team.blocks()[0]
        team.change("workspace_calendar_events", block.id, end_at=team.at("03-02 13:00"))
        team.plan()
        assert team.times()[0] == "03-02 12:00-12:30"

    def test_a_habit_goes_before_one_that_its_owner_has_locked(self, team: Planned) -> None:
        run = team.habit("Run", 60, ideal_time="18:00")
        team.habit("Shower", 15, ideal_time="19:00", dependency_habit_id=run, dependency_type="after")
        team.plan()
        shower = team.blocks("Shower")[0]
        times = {"start_at": team.at("03-02 12:00"), "end_at": team.at("03-02 12:15")}
        team.change("workspace_calendar_events", shower.id, locked=True, **times)
        team.plan()
        assert team.times("Run")[:2] == ["03-02 11:00-12:00", "03-03 18:00-19:00"]

    def test_a_locked_occurrence_is_settled(self, team: Planned) -> None:
        team.habit(ideal_time="12:00")
        team.plan()
        block = team.blocks()[0]
        times = {"start_at": team.at("03-02 18:00"), "end_at": team.at("03-02 18:30")}
        team.change("workspace_calendar_events", block.id, locked=True, **times)
        team.plan()
        assert [b.start for b in team.blocks() if b.day == "03-02"] == ["18:00"]

    def test_an_order_in_a_circle_costs_only_those_habits(self, team: Planned) -> None:
        a = team.habit("A")
        b = team.habit("B", dependency_habit_id=a, dependency_type="after")
        team.change("workspace_habits", a, dependency_habit_id=b, dependency_type="after")
        team.habit("Lunch", ideal_time="12:00")
        report = team.plan()
        assert {note.id for note in report.notes if note.status == "left_out"} == {str(a), str(b)}
        assert len(team.times("Lunch")) == 7


class TestOutcomes:
    def test_a_workspace_without_a_zone_gets_a_clear_outcome(self, make: Make) -> None:
        team = make(zone=None)
        team.task()
        report = team.plan()
        assert (report.status, report.outcome, report.success) == ("failed", "timezone_missing", False)
        assert report.retry_after is None
        assert team.blocks() == []
        assert team.runs()[0][:2] == ["failed", "timezone_missing"]

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "UTC+25", "", "<+03>-3"])
    def test_an_unknown_zone_cannot_even_be_stored(self, make: Make, zone: str) -> None:
        team = make()
        with pytest.raises(StorageFailed):
            team.change("workspaces", team.ws_id, timezone=zone)

    @pytest.mark.parametrize("trouble", ["late", "partial", "unscheduled", "left out"])
    def test_safe_refuses_what_is_late_or_without_a_place(self, team: Planned, trouble: str) -> None:
        team.task("Fine")
        if trouble == "late":
            team.task("Late", 300, end_date=team.at("03-02 11:00"))
        elif trouble == "partial":
            team.task("Too much", 50 * 60, is_splittable=True, max_split_duration_minutes=480)
        elif trouble == "unscheduled":
            team.task("Too long", 600)
        else:
            team.task("Lost", category="nights")

        report = team.plan(apply="safe")

        assert (report.status, report.outcome, report.success) == ("skipped", "blocked", False)
        assert team.blocks() == []
        assert team.runs()[0][:2] == ["skipped", "blocked"]
        assert team.plan(apply="full").outcome == "planned"
        assert team.times("Fine")

    def test_safe_applies_a_plan_without_trouble(self, team: Planned) -> None:
        team.task(end_date=team.at("03-04 17:00"))
        assert team.plan(apply="safe").outcome == "planned"

    def test_an_unknown_workspace_raises(self, team: Planned) -> None:
        with pytest.raises(UnknownWorkspace):
            team.plan(ws_id=uuid4())

    def test_a_message_older_than_a_completed_run_is_superseded(self, team: Planned) -> None:
        team.task()
        sent_at = datetime.now(UTC) - timedelta(minutes=1)
        team.plan(window_days=30)
        assert team.plan(sent_at=sent_at, window_days=7).outcome == "superseded"
        assert team.plan(sent_at=sent_at, window_days=60).outcome != "superseded"
        assert team.plan(sent_at=sent_at, force_reschedule=True).outcome != "superseded"
        assert team.plan(sent_at=datetime.now(UTC) + timedelta(minutes=1)).outcome != "superseded"

    def test_a_blocked_run_supersedes_nothing(self, team: Planned) -> None:
        team.task("Too long", 600)
        sent_at = datetime.now(UTC) - timedelta(minutes=1)
        team.plan(apply="safe")
        assert team.plan(sent_at=sent_at).outcome != "superseded"


class TestPreview:
    def test_shows_what_a_run_would_do_and_writes_nothing(self, team: Planned) -> None:
        task = team.task()
        team.plan()
        team.change("tasks", task, total_minutes=90)
        team.habit(ideal_time="12:00", end_date=date(2026, 3, 2))
        written, runs = team.written(), team.runs()

        shown = team.use_case.preview(CalendarSchedule(ws_id=team.ws_id, window_days=7))

        assert (team.written(), team.runs()) == (written, runs)
        assert [new.title for new in shown.changes.inserted] == ["Lunch"]
        assert [move.minutes for move in shown.changes.moved] == [90]
        team.plan()
        assert team.times() == ["03-02 09:00-10:30", "03-02 12:00-12:30"]

    def test_needs_a_zone(self, make: Make) -> None:
        team = make(zone=None)
        with pytest.raises(TimezoneMissing, match="has no time zone"):
            team.use_case.preview(CalendarSchedule(ws_id=team.ws_id))


class TestTwoAtOnce:
    def test_a_running_run_keeps_others_out(self, team: Planned) -> None:
        team.task()
        seen: list[str] = []
        interrupt(team, lambda: seen.append(team.plan().outcome), nothing)
        assert team.plan().outcome == "planned"
        assert seen == ["already_running"]
        assert [run[:2] for run in team.runs()] == [["completed", "planned"], ["skipped", "already_running"]]

    def test_a_run_that_lost_its_lease_writes_nothing(self, team: Planned) -> None:
        team.task()
        steal = "UPDATE workspace_sync_leases SET fence = fence + 1, owner = :other WHERE ws_id = :ws"
        interrupt(team, lambda: team.database.run(steal, other=uuid4(), ws=team.ws_id))
        with pytest.raises(LeaseLost):
            team.plan()
        assert team.blocks() == []

    def test_the_next_run_closes_one_that_died(self, team: Planned) -> None:
        team.task()

        def die() -> None:
            raise KeyboardInterrupt

        interrupt(team, die, nothing)
        with pytest.raises(KeyboardInterrupt):
            team.plan()
        team.database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")
        assert team.plan().outcome == "planned"
        assert [run[:2] for run in team.runs()] == [["failed", "failed"], ["completed", "planned"]]

    @pytest.mark.parametrize(
        "statement", ["renew_lease", "delete_blocks", "move_blocks", "insert_blocks", "finish_run"]
    )
    def test_a_run_that_dies_while_it_writes_has_written_nothing_and_the_next_one_does_it_all(
        self, team: Planned, statement: str
    ) -> None:
        gone = team.task("Gone")
        team.task("Moves")
        team.plan()
        before = team.blocks()
        team.change("tasks", gone, completed_at=MONDAY)
        team.event(f"03-02 {team.blocks('Moves')[0].start}", "03-02 12:00")
        team.task("New")
        store = team.wiring.plan_store

        def die_after(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
            def written(*given: Any, **values: Any) -> Any:
                found = run(*given, **values)
                if name == statement or given[0] == statement:
                    raise KeyboardInterrupt
                return found

            return written

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "_run", die_after("", store._run))
            ledger = store._ledger
            patch.setattr(ledger, "_run", die_after("", ledger._run))
            patch.setattr(ledger.leases, "renew", die_after("renew_lease", ledger.leases.renew))
            with pytest.raises(KeyboardInterrupt):
                team.plan()

        assert team.blocks() == before
        team.database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")
        report = team.plan()
        assert (report.counts.inserted, report.counts.moved, report.counts.deleted) == (1, 1, 1)
        assert {block.title for block in team.blocks()} == {"Moves", "New"}

    def test_a_bug_is_recorded_and_gives_the_lease_back(self, team: Planned) -> None:
        team.task("Secret title")

        def stumble() -> None:
            raise RuntimeError("Secret title")

        interrupt(team, stumble, nothing)
        with pytest.raises(AlmanacError, match="unexpected RuntimeError") as caught:
            team.plan()
        assert "Secret" not in str(caught.value)
        assert team.plan().outcome == "planned"


class TestTheCalendarChangesMeanwhile:
    def test_a_new_event_is_noticed_and_planned_again(self, team: Planned) -> None:
        team.task()
        interrupt(team, lambda: team.event("03-02 09:00", "03-02 10:00"), nothing)
        report = team.plan()
        assert (report.status, report.outcome, report.counts.attempts) == ("completed", "replanned", 2)
        assert team.times("Report") == ["03-02 10:00-11:00"]
        assert [run[:3] for run in team.runs()] == [["completed", "replanned", 2]]

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE workspace_calendar_events SET end_at = end_at + interval '30 minutes' WHERE provider = 'google'",
            "DELETE FROM workspace_calendar_events WHERE provider = 'google'",
            "UPDATE tasks SET total_minutes = 90",
            "UPDATE workspace_calendar_hour_settings SET data = '{}'",
            "UPDATE workspaces SET timezone = 'Europe/London'",
            "INSERT INTO workspace_habits (ws_id, name) SELECT id, 'Tea' FROM workspaces",
            "INSERT INTO habit_skipped_occurrences SELECT ws_id, id, '2026-03-03' FROM workspace_habits",
            "INSERT INTO task_dependencies SELECT a.ws_id, a.id, b.id FROM tasks a JOIN tasks b ON a.id < b.id",
            'UPDATE workspaces SET settings = \'{"scheduling": {"break_minutes": 15}}\'',
            "UPDATE calendar_connections SET is_enabled = false",
            "UPDATE calendar_auth_tokens SET status = 'disconnected'",
        ],
        ids=[
            *("event moved", "event deleted", "task", "hours", "zone", "habit", "skip", "dependency", "preference"),
            *("calendar switched off", "account disconnected"),
        ],
    )
    def test_whatever_a_plan_depends_on(self, team: Planned, change: str) -> None:
        team.task()
        team.task()
        team.habit(end_date=date(2026, 3, 3))
        team.event("03-02 09:00", "03-02 10:00")
        interrupt(team, lambda: team.database.run(change), nothing)
        assert team.plan().counts.attempts == 2

    def test_what_every_sync_writes_is_no_change(self, team: Planned) -> None:
        team.task()
        team.event("03-02 09:00", "03-02 10:00")
        change = "UPDATE calendar_connections SET status = 'synced', updated_at = now()"
        interrupt(team, lambda: team.database.run(change), nothing)
        assert team.plan().counts.attempts == 1

    def test_a_change_elsewhere_costs_nothing(self, make: Make) -> None:
        team, other = make(), make()
        team.task()
        interrupt(team, lambda: other.event("03-02 09:00", "03-02 10:00"), nothing)
        assert team.plan().outcome == "planned"

    def test_a_calendar_that_never_rests_is_left_to_a_later_message(self, team: Planned) -> None:
        team.task()
        interrupt(team, lambda: team.event("03-02 09:00", "03-02 10:00"))
        report = team.plan()
        assert (report.status, report.error_type, report.counts.attempts) == ("failed", "calendar_changing", 3)
        assert report.retry_after == 60
        assert (report.counts.inserted, report.counts.unchanged) == (0, 0)
        assert team.blocks() == []

    def test_no_further_plan_is_begun_when_the_invocation_is_nearly_over(self, team: Planned) -> None:
        team.task()
        left = [100.0, 9.0]
        interrupt(team, lambda: team.event("03-02 09:00", "03-02 10:00"))
        report = team.plan(deadline=lambda: left.pop(0))
        assert (report.error_type, report.counts.attempts, report.retry_after) == ("calendar_changing", 1, 60)
        assert team.runs()[0][:3] == ["failed", "failed", 1]

    def test_every_plan_has_the_whole_lease_before_it(self, make: Make) -> None:
        team = make(ALMANAC_SYNC_LEASE_SECONDS="60")
        team.task()
        short = "UPDATE workspace_sync_leases SET expires_at = now() + interval '5 seconds'"
        sql = "SELECT expires_at > now() + interval '50 seconds' FROM workspace_sync_leases"
        seen: list[bool] = []

        def changed() -> None:
            seen.append(team.database.run(sql)[0][0])
            team.database.run(short)
            team.event("03-02 09:00", "03-02 10:00")

        interrupt(team, changed, changed, lambda: seen.append(team.database.run(sql)[0][0]))
        assert team.plan().outcome == "replanned"
        assert seen == [True, True, True]

    def test_a_run_that_was_overtaken_plans_no_more(self, team: Planned) -> None:
        team.task()
        steal = "UPDATE workspace_sync_leases SET fence = fence + 1, owner = :other WHERE ws_id = :ws"
        plans: list[int] = []

        def overtaken() -> None:
            plans.append(1)
            team.event("03-02 09:00", "03-02 10:00")
            team.database.run(steal, other=uuid4(), ws=team.ws_id)

        interrupt(team, overtaken)
        with pytest.raises(LeaseLost):
            team.plan()
        assert plans == [1]

    @pytest.mark.parametrize(("left", "budget"), [(100.0, 2.0), (6.5, 1.5), (5.0, 0.05), (1.0, 0.05)])
    def test_a_plan_takes_no_longer_than_what_is_left_of_the_invocation(
        self, make: Make, left: float, budget: float
    ) -> None:
        team = make(ALMANAC_PLAN_BUDGET_SECONDS="2")
        team.task()
        budgets: list[float] = []

        def planner(prepared: PlanningRequest, seconds: float) -> Plan:
            budgets.append(seconds)
            return solve_request(prepared, 0.01, words)

        object.__setattr__(team.use_case, "planner", planner)
        team.plan(deadline=lambda: left)
        assert budgets == [budget]

    @pytest.mark.parametrize("statement", ["move_blocks", "delete_blocks"])
    @pytest.mark.parametrize(
        "claim",
        [
            "UPDATE workspace_calendar_events SET locked = true WHERE id = :id",
            "UPDATE task_calendar_events SET started_at = now() WHERE event_id = :id",
            "UPDATE task_calendar_events SET completed = true WHERE event_id = :id",
        ],
        ids=["locked", "started", "done"],
    )
    def test_an_owner_who_takes_a_block_while_it_is_written_wins(
        self, team: Planned, statement: str, claim: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The version was read already when the owner comes: the write itself has to notice."""
        task = team.task()
        team.plan()
        (block,) = team.blocks()
        team.event("03-02 09:00", "03-02 10:00")
        if statement == "delete_blocks":
            team.change("tasks", task, completed_at=MONDAY)
        other, write = other_connection(team), team.wiring.plan_store._run

        def claim_before_writing(name: str, **values: Any) -> Any:
            if name == statement:
                other.run(claim, id=block.id)
            return write(name, **values)

        monkeypatch.setattr(team.wiring.plan_store, "_run", claim_before_writing)
        try:
            report = team.plan()
        finally:
            other.close()
        assert report.counts.attempts == 2
        assert team.blocks() == [block]


class TestWhoIsDue:
    def due(self, team: Planned) -> set[UUID]:
        return {due.ws_id for due in PostgresDueStore(team.database).due_for_schedule(None, 100)}

    def test_workspaces_with_something_to_place(self, make: Make) -> None:
        with_task, with_habit, without, no_zone = make(), make(), make(), make(zone=None)
        with_task.task()
        with_habit.habit()
        no_zone.task()
        without.task(completed_at=MONDAY)
        without.task("Manual", auto_schedule=False)
        without.habit(is_active=False)
        assert self.due(with_task) == {with_task.ws_id, with_habit.ws_id, no_zone.ws_id}

    def test_one_with_a_block_of_a_task_that_is_done(self, team: Planned) -> None:
        team.now = datetime.now(UTC)
        task = team.task(category="personal")
        team.plan()
        team.change("tasks", task, completed_at=team.now)
        assert self.due(team) == {team.ws_id}
        team.plan()
        assert self.due(team) == set()

    def test_pages_go_by_id(self, make: Make) -> None:
        teams = sorted((make() for _ in range(3)), key=lambda each: each.ws_id)
        for each in teams:
            each.task()
        store = PostgresDueStore(teams[0].database)
        assert store.due_for_schedule(None, 2) == [DueWorkspace(teams[0].ws_id), DueWorkspace(teams[1].ws_id)]
        assert store.due_for_schedule(teams[1].ws_id, 2) == [DueWorkspace(teams[2].ws_id)]


class TestWrongStatesCannotBeStored:
    @pytest.mark.parametrize(
        "columns",
        [
            {"total_minutes": -5},
            {"min_split_duration_minutes": 60, "max_split_duration_minutes": 30},
            {"start_date": MONDAY, "end_date": MONDAY},
            {"priority": "urgent"},
            {"deadline_type": "firm"},
        ],
    )
    def test_of_a_task(self, team: Planned, columns: dict[str, Any]) -> None:
        values = {"title": "T", "total_minutes": 60, **columns}
        with pytest.raises(StorageFailed, match="23514"):
            team._insert("tasks", **values)

    @pytest.mark.parametrize(
        "columns",
        [
            {"min_duration_minutes": 45},
            {"max_duration_minutes": 15},
            {"days_of_week": [7]},
            {"recurrence_interval": 0},
            {"monthly_type": "day_of_week"},
            {"end_date": date(2025, 1, 1)},
        ],
    )
    def test_of_a_habit(self, team: Planned, columns: dict[str, Any]) -> None:
        with pytest.raises(StorageFailed, match="23514"):
            team.habit(**columns)

    def test_a_dependency_never_crosses_workspaces(self, make: Make) -> None:
        here, there = make(), make()
        mine, theirs = here.task(), there.task()
        with pytest.raises(StorageFailed, match="23503"):
            here.after(mine, theirs)
