"""Adopting again, replacing, rehearsing, and what the command says."""

from datetime import date
from uuid import uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from tests.cli.shell import Ended, Shell
from tests.integration.adoption.old_system import ADA, OldSystem
from tests.integration.adoption.results import adopt, adopted, left_out, one, titles

pytestmark = pytest.mark.integration


class TestSideBySide:
    def test_blocks_that_the_old_planner_makes_meanwhile_are_not_planned_twice(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        habit = old.habit()
        adopt(almanac)
        later, locked = old.event("Run", days=3), old.event("Run", days=4, locked=True)
        for number, event in enumerate((later, locked)):
            old.put("habit_calendar_events", habit_id=habit, event_id=event, occurrence_date=date(2026, 3, 1 + number))

        document = adopt(almanac)

        assert left_out(document, "events") == {"planned_here": 1}
        assert [row[0] for row in ours.run("SELECT id FROM workspace_calendar_events")] == [locked]

    def test_what_was_changed_here_is_not_overwritten(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.event("Dentist")
        adopt(almanac)
        ours.run("UPDATE workspace_calendar_events SET title = 'Doctor'")

        assert adopted(adopt(almanac), "events") == (0, 1)
        assert titles(ours) == ["Doctor"]

    def test_replacing_makes_it_equal_to_the_old_state_again(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        account = old.account()
        old.connection(account)
        task, event = old.task("Report"), old.event("Dentist")
        old.settings(task)
        mirrored = old.event("Lunch")
        adopt(almanac)
        ours.run("INSERT INTO tasks (ws_id, title) VALUES (:ws_id, 'Only here')", ws_id=old.ws_id)
        old.owner.run("UPDATE public.workspace_calendar_events SET title = 'Doctor' WHERE id = :id", id=event)
        old.owner.run(
            "UPDATE public.workspace_calendar_events SET provider = 'google', external_calendar_id = :cal,"
            " external_event_id = 'e9' WHERE id = :id",
            cal=ADA,
            id=mirrored,
        )
        old.owner.run("UPDATE public.workspaces SET timezone = 'Europe/Berlin'")

        document = adopt(almanac, "--workspace", old.ws_id, "--replace")

        assert adopted(document, "events") == (2, 0)
        assert dict(ours.run("SELECT title, provider FROM workspace_calendar_events")) == {
            "Doctor": "almanac",
            "Lunch": "google",
        }
        assert [row[0] for row in ours.run("SELECT title FROM tasks")] == ["Report"]
        assert one(ours, "SELECT timezone FROM workspaces") == ["Europe/Berlin"]
        assert adopted(document, "accounts") == (0, 1)

    def test_replacing_everybody_at_once_is_refused(self, almanac: Shell) -> None:
        ended = almanac("adopt", "--replace")

        assert (ended.code, ended.complaint) == (
            2,
            "almanac: --replace: needs --workspace: it overwrites what was done here",
        )

    def test_a_rehearsal_says_the_same_and_writes_nothing(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.connection(old.account())
        old.event()
        rehearsed = adopt(almanac, "--dry-run")

        assert list(ours.run("SELECT id FROM workspaces")) == []
        assert rehearsed["kinds"] == adopt(almanac)["kinds"]

    def test_the_old_rows_are_only_read(self, almanac: Shell, old: OldSystem) -> None:
        task = old.task()
        old.settings(task)
        old.connection(old.account())
        old.put("task_calendar_events", task_id=task, event_id=old.event(task_id=task))
        names = (
            "workspaces calendar_auth_tokens calendar_connections workspace_calendar_events tasks task_calendar_events"
        )
        sql = " UNION ALL ".join(f"SELECT '{name}', t::text, xmin::text FROM public.{name} t" for name in names.split())
        before = sorted(map(list, old.owner.run(sql)))

        adopt(almanac)
        adopt(almanac, "--workspace", old.ws_id, "--replace")

        assert sorted(map(list, old.owner.run(sql))) == before


class TestWhatPeopleSee:
    def test_a_table_of_what_became_of_what(self, almanac: Shell, old: OldSystem) -> None:
        old.connection(None, "imported@example.test")

        ended = almanac("adopt")

        lines = [line.split() for line in ended.out.splitlines()]
        assert ended.code == 0
        assert lines[0] == ["WHAT", "OLD", "ROWS", "ADOPTED", "THERE", "ALREADY", "LEFT", "OUT"]
        assert ["workspace", "1", "1", "0", "-"] in lines
        assert ["connections", "1", "0", "0", "1", "no_account"] in lines

    def test_without_the_views_it_says_where_to_read(self, almanac: Shell, old: OldSystem) -> None:
        old.owner.run("DROP SCHEMA legacy CASCADE")

        ended: Ended = almanac("adopt")

        assert ended.code == 2
        assert "docs/adopt.md" in ended.complaint

    def test_an_unknown_workspace_is_bad_usage(self, almanac: Shell) -> None:
        ended = almanac("adopt", "--workspace", uuid4())

        assert ended.code == 2
        assert ended.complaint.startswith("almanac: --workspace: no workspace")
