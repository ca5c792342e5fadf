"""What is to be planned, and the blocks that stand."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.wiring.command_line import Wiring
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import OldSystem
from tests.integration.adoption.results import adopt, adopted, left_out, one

pytestmark = pytest.mark.integration


class TestPeople:
    def test_where_several_plan_each_has_a_time_of_their_own(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        bob = uuid4()
        both, his = old.task("Both"), old.task("His")
        old.settings(both, hours=1)
        old.settings(both, user=bob, hours=3)
        old.settings(his, user=bob, hours=2)
        old.settings(old.task("Idle"), user=uuid4(), auto_schedule=False)
        old.habit()

        document = adopt(almanac)

        people = {str(old.ada), str(bob)}
        assert {row[0] for row in ours.run("SELECT user_id FROM workspace_members")} == people
        assert sorted(ours.run("SELECT task_id, user_id, total_minutes FROM task_assignees")) == sorted(
            [[both, str(old.ada), 60], [both, str(bob), 180], [his, str(bob), 120]]
        )
        assert one(ours, "SELECT user_id FROM workspace_habits") == [str(old.ada)]
        assert (adopted(document, "members"), adopted(document, "assignees")) == ((2, 0), (3, 0))
        again = adopt(almanac)
        assert (adopted(again, "members"), adopted(again, "assignees")) == ((0, 2), (0, 3))

    def test_where_one_plans_the_workspace_stays_one_timeline(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.settings(old.task())
        old.habit()

        adopt(almanac)

        assert one(ours, "SELECT (SELECT count(*) FROM workspace_members), (SELECT count(*) FROM task_assignees)") == [
            0,
            0,
        ]
        assert one(ours, "SELECT user_id FROM workspace_habits") == [None]


class TestTasks:
    def test_hours_become_minutes_and_the_hours_category_loses_its_suffix(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        task = old.task(priority="critical", end_date=old.now + timedelta(days=3))
        old.settings(
            task, hours=2.5, is_splittable=True, min_split_duration_minutes=30.0, max_split_duration_minutes=90.4
        )

        adopt(almanac)

        assert one(
            ours,
            "SELECT id, total_minutes, min_split_duration_minutes, max_split_duration_minutes, calendar_hours,"
            " priority, end_date, auto_schedule, completed_at FROM tasks",
        ) == [task, 150, 30, 90, "work", "critical", old.now + timedelta(days=3), True, None]

    @pytest.mark.parametrize(
        ("smallest", "largest", "kept"),
        [
            (60, 30, (None, None)),
            (0, 0, (None, None)),
            (None, 45, (None, 45)),
            (45, None, (45, None)),
            (30, 30, (30, 30)),
        ],
    )
    def test_chunks_that_contradict_each_other_are_dropped(
        self,
        almanac: Shell,
        old: OldSystem,
        ours: Database,
        smallest: int | None,
        largest: int | None,
        kept: tuple[Any, Any],
    ) -> None:
        old.settings(old.task(), min_split_duration_minutes=smallest, max_split_duration_minutes=largest)

        adopt(almanac)

        assert tuple(one(ours, "SELECT min_split_duration_minutes, max_split_duration_minutes FROM tasks")) == kept

    def test_a_start_after_the_deadline_is_dropped(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        deadline = old.now + timedelta(days=1)
        old.settings(old.task(start_date=deadline, end_date=deadline))

        adopt(almanac)

        assert one(ours, "SELECT start_date, end_date FROM tasks") == [None, deadline]

    def test_one_with_a_block_and_no_settings_is_not_estimated(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.put("task_calendar_events", task_id=old.task(), event_id=old.event())

        adopt(almanac)

        assert one(ours, "SELECT total_minutes, auto_schedule FROM tasks") == [None, False]

    @pytest.mark.parametrize("hours", [0, 5000])
    def test_an_effort_that_no_plan_takes_is_none_or_the_most_it_takes(
        self, almanac: Shell, old: OldSystem, ours: Database, hours: int
    ) -> None:
        old.settings(old.task(), hours=hours)

        adopt(almanac)

        assert one(ours, "SELECT total_minutes FROM tasks") == [44_640 if hours else None]

    @pytest.mark.parametrize("never", ["infinity", "20260-01-01"])
    def test_a_day_that_never_comes_is_no_deadline(
        self, almanac: Shell, old: OldSystem, ours: Database, never: str
    ) -> None:
        old.settings(old.task(start_date="-infinity", end_date=never))

        adopt(almanac)

        assert one(ours, "SELECT start_date, end_date FROM tasks") == [None, None]

    @pytest.mark.parametrize(
        "done", [{"completed": True}, {"closed_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"status": "done"}]
    )
    def test_what_is_done_stays_done(
        self, almanac: Shell, old: OldSystem, ours: Database, done: dict[str, Any]
    ) -> None:
        old.settings(old.task(**done))

        adopt(almanac)

        assert one(ours, "SELECT completed_at IS NOT NULL FROM tasks") == [True]

    def test_to_dos_that_no_plan_has_looked_at_stay_behind(self, almanac: Shell, old: OldSystem) -> None:
        old.task("Only a note")
        old.settings(old.task(deleted_at=old.now))
        old.settings(old.task())

        document = adopt(almanac)

        assert left_out(document, "tasks") == {"never_scheduled": 1, "deleted": 1}
        assert adopted(document, "tasks") == (1, 0)

    def test_of_several_peoples_settings_those_that_plan_it_count(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        task = old.task()
        old.settings(task, hours=1, auto_schedule=False)
        old.settings(task, user=uuid4(), hours=3)

        document = adopt(almanac)

        assert one(ours, "SELECT total_minutes, auto_schedule FROM tasks") == [180, True]
        assert document["remarks"] == {"tasks_with_settings_of_several_people": 1}

    def test_blocks_are_kept_as_work_done_and_planned(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        task = old.task()
        old.settings(task)
        for days, minutes in ((-1, 0), (1, 45)):
            event = old.event("Report", days=days, task_id=task)
            old.put("task_calendar_events", task_id=task, event_id=event, scheduled_minutes=minutes)

        adopt(almanac)

        found = ours.run("SELECT scheduled_minutes FROM task_calendar_events WHERE task_id = :id ORDER BY 1", id=task)
        assert [row[0] for row in found] == [45, 60], "without a number the block's own length counts"

    def test_one_block_is_one_tasks(self, almanac: Shell, old: OldSystem) -> None:
        event = old.event()
        for _ in range(2):
            task = old.task()
            old.settings(task)
            old.put("task_calendar_events", task_id=task, event_id=event)

        document = adopt(almanac)

        assert left_out(document, "task_blocks") == {"duplicate": 1}

    def test_a_block_of_another_workspaces_task_stays_as_an_event(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        other = old.put("workspaces", name="Other team")
        list_id = old.put("task_lists", board_id=old.put("workspace_boards", ws_id=other))
        task = old.put("tasks", name="Elsewhere", list_id=list_id)
        event = old.event("Elsewhere", task_id=task)
        old.put("task_calendar_events", task_id=task, event_id=event)

        document = adopt(almanac, "--workspace", old.ws_id)

        assert left_out(document, "task_blocks") == {"no_task": 1}
        assert one(ours, "SELECT title, task_id FROM workspace_calendar_events") == ["Elsewhere", None]


class TestHabits:
    def test_a_simple_one_keeps_everything(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        habit = old.habit(
            frequency="weekly", days_of_week=[1, 3], ideal_time=time(7, 30), priority="high", max_duration_minutes=60
        )

        adopt(almanac)

        assert one(
            ours,
            "SELECT id, frequency, days_of_week, ideal_time, priority, duration_minutes, min_duration_minutes,"
            " max_duration_minutes, calendar_hours, instances_per_day FROM workspace_habits",
        ) == [habit, "weekly", [1, 3], time(7, 30), "high", 30, 15, 60, "personal", 1]

    @pytest.mark.parametrize(
        ("stored", "column", "value"),
        [
            ({"frequency": "custom", "recurrence_interval": 3}, "frequency || recurrence_interval", "daily3"),
            ({"is_splittable": True, "ideal_instances_per_day": 3, "duration_minutes": 90}, "duration_minutes", 30),
            ({"is_splittable": True, "ideal_instances_per_day": 3}, "instances_per_day", 3),
            ({"ideal_instances_per_day": 3}, "instances_per_day", 1),
            ({"color": "lime"}, "color", "BLUE"),
            ({"days_of_week": []}, "days_of_week", None),
            ({"days_of_week": [7, 9, 0]}, "days_of_week", [0]),
            ({"is_visible_in_calendar": False}, "auto_schedule", False),
            ({"min_duration_minutes": 45}, "min_duration_minutes", 30),
            ({"monthly_type": "day_of_week"}, "monthly_type", "day_of_month"),
            ({"end_date": "infinity"}, "end_date", None),
            ({"start_date": "-infinity"}, "start_date", date(1, 1, 3)),
        ],
    )
    def test_what_is_written_differently_here(
        self, almanac: Shell, old: OldSystem, ours: Database, stored: dict[str, Any], column: str, value: object
    ) -> None:
        old.habit(**stored)

        adopt(almanac)

        assert one(ours, f"SELECT {column} FROM workspace_habits") == [value]

    def test_an_order_is_kept_where_both_habits_are(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        first, deleted = old.habit("First"), old.habit("Deleted", deleted_at=old.now)
        old.habit("Second", dependency_habit_id=first, dependency_type="after")
        old.habit("Third", dependency_habit_id=deleted, dependency_type="after")

        document = adopt(almanac)

        assert left_out(document, "habits") == {"deleted": 1}
        assert dict(ours.run("SELECT name, dependency_habit_id FROM workspace_habits")) == {
            "First": None,
            "Second": first,
            "Third": None,
        }

    def test_one_that_ends_before_it_begins_never_was(self, almanac: Shell, old: OldSystem) -> None:
        old.habit(start_date=date(2026, 2, 1), end_date=date(2026, 1, 1))

        assert left_out(adopt(almanac), "habits") == {"ends_before_start": 1}

    def test_skips_and_hours_come_along(self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring) -> None:
        habit = old.habit()
        old.put("habit_skipped_occurrences", ws_id=old.ws_id, habit_id=habit, occurrence_date=date(2026, 3, 1))
        week = '{"monday": {"enabled": true, "timeBlocks": [{"startTime": "09:00", "endTime": "17:00"}]}}'
        old.put("workspace_calendar_hour_settings", ws_id=old.ws_id, type="WORK", data=week)

        adopt(almanac)

        assert one(ours, "SELECT habit_id, revoked_at FROM habit_skipped_occurrences") == [habit, None]
        assert one(ours, "SELECT type, data -> 'monday' ->> 'enabled' FROM workspace_calendar_hour_settings") == [
            "work",
            "true",
        ]

    def test_a_block_that_does_not_say_whether_it_is_done_is_not(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        row = {"habit_id": old.habit(), "event_id": old.event("Run"), "occurrence_date": old.now.date()}
        old.put("habit_calendar_events", completed=None, **row)

        adopt(almanac)

        assert one(ours, "SELECT completed FROM habit_calendar_events") == [False]

    def test_several_blocks_of_one_day_are_numbered(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        habit = old.habit()
        for hours in (3, 1, 2):
            event = old.event("Run", start_at=old.now + timedelta(days=1, hours=hours))
            old.put("habit_calendar_events", habit_id=habit, event_id=event, occurrence_date=date(2026, 3, 1))

        adopt(almanac)

        found = ours.run(
            "SELECT b.instance FROM habit_calendar_events b JOIN workspace_calendar_events e ON e.id = b.event_id"
            " ORDER BY e.start_at"
        )
        assert [row[0] for row in found] == [1, 2, 3]
