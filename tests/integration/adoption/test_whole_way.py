"""The rows of a small team as a Tuturuuu-like system leaves them, adopted, synced and planned."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.jobs import CalendarSchedule
from almanac.wiring.command_line import Wiring
from local.google_simulator.simulator import Simulator
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import ADA, OldSystem
from tests.integration.adoption.results import adopt, adopted, left_out, one, snapshot, sync, titles

pytestmark = pytest.mark.integration


def holiday(old: OldSystem) -> date:
    """A day among those that a sync keeps."""
    return old.now.date() + timedelta(days=25)


class TestTheWholeWay:
    """The rows of a small team as that system leaves them, then one sync."""

    @pytest.fixture
    def at_google(self, simulator: Simulator, old: OldSystem) -> dict[str, str]:
        """Event ids by title, of Ada's calendar at Google, and her account in the old system."""
        token = simulator.commands.add_account(ADA)["refresh_token"]
        old.connection(old.account(token), "primary")
        start = old.now + timedelta(days=2)
        times = {n: {"dateTime": (start + timedelta(hours=h)).isoformat()} for n, h in (("start", 0), ("end", 1))}
        off = holiday(old)
        day = {"start": {"date": off.isoformat()}, "end": {"date": (off + timedelta(days=1)).isoformat()}}
        made = {"Review": times, "Stand-up": times, "Holiday": day}
        return {
            name: simulator.commands.insert_event(ADA, {"summary": name, **when})["id"] for name, when in made.items()
        }

    def test_one_sync_after_it_shows_no_doubles_and_keeps_what_the_app_owns(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring, at_google: dict[str, str]
    ) -> None:
        task = old.task("Prepare the review")
        old.settings(task)
        old.from_google(at_google["Review"], "Review (old title)", calendar="primary")
        linked = old.from_google(at_google["Review"], "Review", task_id=task)
        midnight = datetime.combine(holiday(old), time(), UTC)
        old.from_google(at_google["Holiday"], "Holiday", start_at=midnight, end_at=midnight + timedelta(days=1))
        old.from_google("deleted-at-google", "Ghost")
        own = old.event("Dentist", days=4, locked=True, color="GREEN")

        document = adopt(almanac)
        report = sync(wiring, old.ws_id)

        assert (report.status, report.outcome) == ("completed", "redirected_to_full")
        assert adopted(document, "events") == (4, 0)
        assert left_out(document, "events") == {"duplicate": 1}
        assert titles(ours) == ["Dentist", "Holiday", "Review", "Stand-up"]
        assert one(
            ours, "SELECT task_id, etag IS NOT NULL FROM workspace_calendar_events WHERE id = :id", id=linked
        ) == [
            task,
            True,
        ]
        assert one(ours, "SELECT locked, color, provider FROM workspace_calendar_events WHERE id = :id", id=own) == [
            True,
            "GREEN",
            "almanac",
        ]
        assert report.tally.inserted == 1, "Stand-up, which the old system had not seen"

    def test_again_after_the_sync_it_finds_everything_there_and_writes_nothing(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring, at_google: dict[str, str]
    ) -> None:
        old.from_google(at_google["Review"])
        old.event("Dentist")
        adopt(almanac)
        sync(wiring, old.ws_id)
        before = snapshot(ours)

        document = adopt(almanac)

        assert snapshot(ours) == before
        assert {kind for kind, each in document["kinds"].items() if each["adopted"]} == set()

    def test_events_that_a_sync_brought_first_get_what_the_old_app_had_attached(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring, at_google: dict[str, str]
    ) -> None:
        adopt(almanac)
        sync(wiring, old.ws_id)
        task = old.task()
        old.settings(task)
        event = old.from_google(at_google["Review"], task_id=task)
        old.put("task_calendar_events", task_id=task, event_id=event, scheduled_minutes=60)

        document = adopt(almanac)

        assert adopted(document, "events") == (0, 1)
        assert adopted(document, "task_blocks") == (1, 0)
        assert titles(ours) == ["Holiday", "Review", "Stand-up"]
        assert ours.run("SELECT title, task_id FROM workspace_calendar_events WHERE task_id IS NOT NULL") == [
            ["Review", task]
        ]

    def test_the_first_plan_keeps_the_blocks_where_people_have_them(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring
    ) -> None:
        habit = old.habit(ideal_time=time(9), duration_minutes=60)
        day = old.now.date() + timedelta(days=3)
        start = datetime.combine(day, time(2), UTC)  # 09:00 in Ho Chi Minh City
        event = old.event("Run", start_at=start)
        old.put("habit_calendar_events", habit_id=habit, event_id=event, occurrence_date=day)
        adopt(almanac)

        report = wiring.plan_workspace(CalendarSchedule(ws_id=old.ws_id), None, lambda: 100.0)

        assert report.status == "completed"
        assert one(ours, "SELECT start_at FROM workspace_calendar_events WHERE id = :id", id=event) == [start]
        doubles = ours.run("SELECT occurrence_date FROM habit_calendar_events GROUP BY 1 HAVING count(*) > 1")
        assert list(doubles) == []
