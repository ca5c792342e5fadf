"""Events of the old system: every awkward row that it really has."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import ADA, OldSystem
from tests.integration.adoption.results import adopt, adopted, left_out, one, titles

pytestmark = pytest.mark.integration

GRACE = "grace@example.test"


class TestEvents:
    @pytest.fixture(autouse=True)
    def connected(self, old: OldSystem) -> UUID:
        return old.connection(old.account())

    def test_every_row_that_is_not_adopted_has_a_reason(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        outlook = {"provider": "microsoft", "external_calendar_id": "AAMk", "external_event_id": "x"}
        old.event("Outlook", **outlook)
        old.from_google("gone", calendar="left@group.example")
        old.event("Without id", provider="google", external_calendar_id=ADA)
        old.event("Backwards", hours=-1)
        old.from_google("e1", "First")
        old.from_google("e1", "Second", calendar="primary")
        old.event("Kept")

        document = adopt(almanac)

        assert left_out(document, "events") == {
            "microsoft": 1,
            "calendar_not_connected": 1,
            "no_event_id": 1,
            "ends_before_start": 1,
            "duplicate": 1,
        }
        assert titles(ours) == ["First", "Kept"]

    def test_deprecated_columns_alone_make_a_google_event_too(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.event("Review", google_event_id="e1", google_calendar_id="primary")

        adopt(almanac)

        assert one(ours, "SELECT provider, external_calendar_id, external_event_id FROM workspace_calendar_events") == [
            "google",
            ADA,
            "e1",
        ]

    def test_of_two_accounts_an_events_twin_tells_whose_primary_it_was(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.connection(old.account(account_email=GRACE), GRACE)
        old.from_google("known", "Known", calendar="primary")
        old.from_google("known", "Known", calendar=GRACE)
        old.from_google("unknown", "Unknown", calendar="primary")

        document = adopt(almanac)

        assert left_out(document, "events") == {"duplicate": 1, "whose_primary": 1}
        assert one(ours, "SELECT title, external_calendar_id FROM workspace_calendar_events") == ["Known", GRACE]

    def test_a_copy_gives_its_task_to_the_row_that_is_kept(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        task = old.task()
        old.settings(task)
        copy = old.from_google("e1", calendar="primary", task_id=task)
        old.put("task_calendar_events", task_id=task, event_id=copy, scheduled_minutes=30)
        old.from_google("e1", "Newer")

        document = adopt(almanac)

        assert adopted(document, "task_blocks") == (1, 0)
        assert [row[0] for row in ours.run("SELECT task_id FROM workspace_calendar_events")] == [task]

    def test_a_native_row_that_was_pushed_to_google_without_a_record_is_one_event(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        start = old.now + timedelta(days=5)
        habit = old.habit()
        native = old.event("Team  lunch ", start_at=start)
        old.put("habit_calendar_events", habit_id=habit, event_id=native, occurrence_date=start.date())
        google = old.from_google("e1", "team lunch", start_at=start)
        old.from_google("e2", "Something else", start_at=start)

        document = adopt(almanac)

        assert left_out(document, "events") == {"mirrored": 1}
        assert titles(ours) == ["Something else", "team lunch"]
        assert one(ours, "SELECT event_id FROM habit_calendar_events") == [google]

    def test_what_was_locked_by_a_sync_is_not_locked_by_anybody(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.from_google("e1", "Google's")
        old.event("Own", locked=True)
        old.event("Open")

        adopt(almanac)

        assert dict(ours.run("SELECT title, locked FROM workspace_calendar_events")) == {
            "Google's": False,
            "Own": True,
            "Open": False,
        }

    @pytest.mark.parametrize(
        ("stored", "color"), [("RED", "RED"), ("green", "GREEN"), ("#0078D4", "BLUE"), ("teal", "BLUE"), (None, "BLUE")]
    )
    def test_a_colour_is_one_of_ours(
        self, almanac: Shell, old: OldSystem, ours: Database, stored: str | None, color: str
    ) -> None:
        old.event(color=stored)

        adopt(almanac)

        assert one(ours, "SELECT color FROM workspace_calendar_events") == [color]

    @pytest.mark.parametrize(
        ("google", "start", "end", "dates"),
        [
            (True, "2026-12-24T00:00Z", "2026-12-25T00:00Z", ("2026-12-24", "2026-12-25")),  # servers in UTC
            (True, "2026-12-23T17:00Z", "2026-12-25T17:00Z", ("2026-12-24", "2026-12-26")),  # a browser in the zone
            (False, "2026-12-23T17:00Z", "2026-12-24T17:00Z", ("2026-12-24", "2026-12-25")),
            (False, "2026-12-24T00:00Z", "2026-12-25T00:00Z", ("2026-12-24", "2026-12-25")),
            (False, "2026-12-24T09:00Z", "2026-12-25T09:00Z", None),  # a whole day, but no midnight
            (False, "2026-12-24T00:00Z", "2026-12-24T00:00Z", None),  # no time at all
        ],
    )
    def test_from_midnight_to_midnight_is_all_day(
        self,
        almanac: Shell,
        old: OldSystem,
        ours: Database,
        google: bool,
        start: str,
        end: str,
        dates: tuple[str, str] | None,
    ) -> None:
        times = {"start_at": datetime.fromisoformat(start), "end_at": datetime.fromisoformat(end)}
        if google:
            old.from_google("e1", **times)
        else:
            old.event(**times)

        adopt(almanac)

        all_day, first, last, start_at = one(
            ours, "SELECT all_day, start_date, end_date, start_at FROM workspace_calendar_events"
        )
        if dates is None:
            assert (all_day, first, last, start_at) == (False, None, None, times["start_at"])
        else:
            assert (all_day, first.isoformat(), last.isoformat()) == (True, *dates)
            assert start_at == datetime.combine(first, time(), UTC) - timedelta(hours=7), "midnight in Ho Chi Minh City"

    def test_a_day_on_which_the_clock_changes_is_all_day_too(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.owner.run("UPDATE public.workspaces SET timezone = 'Europe/Berlin'")
        start = datetime(2026, 10, 24, 22, tzinfo=UTC)
        old.event(start_at=start, end_at=start + timedelta(hours=25))

        adopt(almanac)

        assert one(ours, "SELECT start_date, end_date FROM workspace_calendar_events") == [
            date(2026, 10, 25),
            date(2026, 10, 26),
        ]

    def test_ciphertext_is_not_adopted_as_text(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.from_google("e1", "c2VjcmV0", is_encrypted=True)
        old.event("c2VjcmV0", description="c2VjcmV0", location="c2VjcmV0", is_encrypted=True)

        document = adopt(almanac)

        found = ours.run("SELECT title, description, location FROM workspace_calendar_events")
        assert [list(row) for row in found] == [["", "", ""]] * 2
        assert document["remarks"] == {"encrypted_text": 1}

    def test_a_time_that_no_calendar_shows_is_left_out_and_the_longest_block_is_a_month(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.event("No end", end_at="infinity")
        for day, era in (("0044-03-15", " BC"), ("20260-01-01", "")):
            times = {"start_at": f"{day} 12:00+00{era}", "end_at": f"{day} 13:00+00{era}"}
            old.put("workspace_calendar_events", ws_id=old.ws_id, **times)
        block = old.event("Until the last year", end_at="9999-12-28 00:00+00")
        old.put("task_calendar_events", task_id=old.task(), event_id=block)

        document = adopt(almanac)

        assert left_out(document, "events") == {"no_such_time": 3}
        assert one(ours, "SELECT scheduled_minutes FROM task_calendar_events") == [44640]

    def test_what_is_too_long_for_its_column_is_cut(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.event(location="x" * 5000)

        adopt(almanac)

        assert one(ours, "SELECT char_length(location) FROM workspace_calendar_events") == [1000]

    def test_a_large_workspace_takes_no_longer_than_a_statement_may(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        """Comparing every row with every other would take minutes; the default timeout is half of one."""
        rows = (
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at, provider, external_calendar_id,"
            " external_event_id) SELECT :ws_id::uuid, 'Review', :now::timestamptz + n * interval '1 hour',"
            " :now::timestamptz + (n + 1) * interval '1 hour', :provider::calendar_provider,"
            " CASE :provider WHEN 'google' THEN CASE WHEN n % 10 = 0 THEN 'primary' ELSE :calendar END END,"
            " CASE :provider WHEN 'google' THEN 'e' || n END FROM generate_series(:first::integer, :last::integer) AS n"
        )
        for provider, first, last in (("google", 1, 20_000), ("tuturuuu", 19_001, 22_000)):
            old.owner.run(rows, ws_id=old.ws_id, now=old.now, provider=provider, calendar=ADA, first=first, last=last)

        document = adopt(almanac)

        assert adopted(document, "events") == (22_000, 0)
        assert left_out(document, "events") == {"mirrored": 1000}
