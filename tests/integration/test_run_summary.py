"""Statistics and laggards, counted by a real Postgres."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database, statements
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.adapters.postgres.run_summary import PostgresRunSummary
from almanac.domain.operations.run_statistics import Latency, OutcomeCount, ProviderCalls, RunStatistics, summarize
from almanac.services.queues.ports import SyncHealth
from almanac.wiring.command_line import Wiring
from almanac.wiring.outside.api import ApiWiring
from tests.integration import rows
from tests.integration.rows import NOON

pytestmark = pytest.mark.integration


@pytest.fixture
def now(database: Database) -> datetime:
    moment: datetime = database.run("SELECT now()")[0][0]
    return moment


def statistics(database: Database, now: datetime, ws_id: UUID | None = None, limit: int = 20) -> RunStatistics:
    return PostgresRunSummary(database).statistics(ws_id, now - timedelta(hours=24), now, limit)


def run(
    database: Database,
    ws_id: UUID,
    began: datetime,
    *,
    status: str = "completed",
    waited: timedelta | None = None,
    total_ms: int = 0,
    calls: int = 0,
    error: str | None = None,
) -> None:
    """A sync that took a second; `waited` from its message's sending to its beginning."""
    ended = status != "running"
    database.run(
        "INSERT INTO workspace_calendar_sync_log (id, ws_id, source, requested_mode, direction, status, outcome,"
        " sent_at, started_at, finished_at, total_ms, api_calls, error_type) VALUES (gen_random_uuid(), :ws_id,"
        " 'schedule', 'auto', 'both', :status, :outcome, :sent_at, :began, :ended, :total_ms, :calls, :error)",
        ws_id=ws_id,
        status=status,
        outcome=status if ended else None,
        sent_at=None if waited is None else began - waited,
        began=began,
        ended=began + timedelta(seconds=1) if ended else None,
        total_ms=total_ms,
        calls=calls,
        error=error,
    )


def plan(database: Database, ws_id: UUID, began: datetime, status: str = "completed", error: str | None = None) -> None:
    database.run(
        "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply, status,"
        " outcome, sent_at, started_at, finished_at, total_ms, error_type) VALUES (gen_random_uuid(), :ws_id,"
        " 'schedule', 30, false, 'full', :status, :status, :began, :began, :began, 7, :error)",
        ws_id=ws_id,
        status=status,
        began=began,
        error=error,
    )


def connected(database: Database, now: datetime, synced: timedelta | None, *, calendars: int = 1) -> UUID:
    """A workspace with that many calendars of one account, connected a day ago and last read that long ago."""
    ws_id = rows.workspace(database)
    account = rows.account(database, ws_id)
    for number in range(calendars):
        connection = rows.connection(database, ws_id, account, f"calendar-{number}")
        if synced is not None:
            read(database, connection, now - synced)
    database.run("UPDATE calendar_connections SET created_at = :then", then=now - timedelta(days=1))
    return ws_id


def read(database: Database, connection: UUID, at: datetime) -> None:
    database.run(
        "INSERT INTO calendar_sync_states (connection_id, last_synced_at) VALUES (:id, :at)"
        " ON CONFLICT (connection_id) DO UPDATE SET last_synced_at = excluded.last_synced_at",
        id=connection,
        at=at,
    )


class TestStatistics:
    def test_endings_are_counted_per_job_status_and_error(self, database: Database, now: datetime) -> None:
        ws_id = rows.workspace(database)
        for minutes, status, error in ((1, "completed", None), (2, "completed", None), (3, "failed", "stale")):
            run(database, ws_id, now - timedelta(minutes=minutes), status=status, error=error)
        run(database, ws_id, now - timedelta(hours=25))
        plan(database, ws_id, now - timedelta(hours=1))

        assert set(statistics(database, now).outcomes) == {
            OutcomeCount("sync", "completed", "completed", None, 2),
            OutcomeCount("sync", "failed", "failed", "stale", 1),
            OutcomeCount("schedule", "completed", "completed", None, 1),
        }

    def test_percentiles_are_of_what_was_done_and_of_what_was_tried(self, database: Database, now: datetime) -> None:
        ws_id = rows.workspace(database)
        for second in range(1, 101):
            waited = timedelta(seconds=second - 1)  # and one more second of work
            run(database, ws_id, now - timedelta(minutes=5), waited=waited, total_ms=second)
        run(database, ws_id, now, status="failed", waited=timedelta(days=1), total_ms=10_000, error="stale")
        run(database, ws_id, now, status="skipped", waited=timedelta(days=2))

        sync, schedule = sorted(statistics(database, now).latencies, key=lambda each: each.job, reverse=True)

        assert sync.message_to_done_ms == pytest.approx([50_000, 95_000, 99_000], rel=0.05)
        assert sync.run_ms == pytest.approx([51, 96, 100], rel=0.05)
        assert schedule == Latency("schedule", None, None)

    def test_runs_of_before_a_message_was_remembered_have_no_latency(self, database: Database, now: datetime) -> None:
        run(database, rows.workspace(database), now, total_ms=5)

        (sync,) = [each for each in statistics(database, now).latencies if each.job == "sync"]
        assert sync == Latency("sync", None, [5, 5, 5])

    def test_provider_calls_have_a_fullest_minute(self, database: Database, now: datetime) -> None:
        ws_id = rows.workspace(database)
        minute = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
        for second, calls in ((-1, 10), (0, 4), (30, 5), (59, 6), (60, 12)):
            run(database, ws_id, minute + timedelta(seconds=second), calls=calls)

        assert statistics(database, now).calls == ProviderCalls(37, 15, minute)

    def test_of_one_workspace_they_are_its_own(self, database: Database, now: datetime) -> None:
        mine, other = (connected(database, now, timedelta(hours=2)) for _ in range(2))
        for ws_id in (mine, other):
            run(database, ws_id, now, calls=3)

        found = statistics(database, now, mine)

        assert ([each.runs for each in found.outcomes], found.calls.total) == ([1], 3)
        assert ([each.ws_id for each in found.behind], found.all_behind["sync"]) == ([mine], 1)

    def test_of_nothing_are_empty(self, database: Database, now: datetime) -> None:
        found = statistics(database, now)

        assert (found.outcomes, found.calls, found.behind) == ([], ProviderCalls(), [])
        assert found.all_behind == {"sync": 0, "schedule": 0}


def reasons(database: Database, now: datetime) -> dict[UUID, str]:
    report = summarize(statistics(database, now), None, now - timedelta(hours=24), now, quota_per_minute=10_000)
    return {each.ws_id: each.lag.reason for each in report.behind}


PAUSE = (
    "UPDATE calendar_connections SET status = 'error', last_error_type = 'google_unavailable',"
    " retry_at = now() + interval '5 minutes'"
)
RUN = (
    "INSERT INTO workspace_sync_leases (ws_id, owner, acquired_at, expires_at)"
    " SELECT id, id, now(), now() + interval '1 minute' FROM workspaces"
)


class TestBehindWithASync:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ("SELECT 1", "overdue"),
            ("DELETE FROM calendar_sync_states", "never"),
            ("UPDATE calendar_auth_tokens SET status = 'reconnect_required'", "reconnect_required"),
            (PAUSE, "backing_off"),
            ("UPDATE calendar_connections SET status = 'lost', last_error_type = 'access_denied'", "error"),
            ("INSERT INTO workspace_sync_leases (ws_id, queued_at) SELECT id, now() FROM workspaces", "waiting"),
            (RUN, "running"),
        ],
    )
    def test_it_says_why(self, database: Database, now: datetime, change: str, reason: str) -> None:
        ws_id = connected(database, now, timedelta(hours=2))
        database.run(change)

        assert reasons(database, now) == {ws_id: reason}

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE calendar_sync_states SET last_synced_at = now() - interval '29 minutes'",
            "UPDATE calendar_connections SET is_enabled = false",
            "UPDATE calendar_connections SET sync_inbound_enabled = false",
            "UPDATE calendar_connections SET access_role = 'freeBusyReader'",
            "UPDATE calendar_auth_tokens SET status = 'disconnected'",
            "DELETE FROM calendar_sync_states; UPDATE calendar_connections SET created_at = now()",
        ],
    )
    def test_nobody_is_behind_who_is_fresh_new_or_switched_off(
        self, database: Database, now: datetime, change: str
    ) -> None:
        connected(database, now, timedelta(hours=2))
        for statement in change.split("; "):
            database.run(statement)

        assert reasons(database, now) == {}

    def test_one_stale_calendar_of_many_is_enough(self, database: Database, now: datetime) -> None:
        ws_id = connected(database, now, timedelta(minutes=1), calendars=3)
        stale = database.run("SELECT id FROM calendar_connections WHERE calendar_id = 'calendar-1'")[0][0]
        read(database, stale, now - timedelta(hours=3))

        (behind,) = statistics(database, now).behind

        assert (behind.ws_id, behind.progress.fresh_at) == (ws_id, now - timedelta(hours=3))

    def test_a_calendar_that_is_read_through_another_account_is_not_stale(
        self, database: Database, now: datetime
    ) -> None:
        ws_id = connected(database, now, timedelta(minutes=1))
        again = rows.account(database, ws_id, "eve@example.test")
        rows.connection(database, ws_id, again, "calendar-0")
        database.run("UPDATE calendar_connections SET created_at = :then", then=now - timedelta(days=1))

        assert reasons(database, now) == {}

    def test_the_reason_is_that_of_the_account_that_would_be_asked(self, database: Database, now: datetime) -> None:
        """A dead account is not what keeps a calendar from being read that a live one reads too."""
        ws_id = connected(database, now, timedelta(hours=2))
        dead = rows.account(database, ws_id, "eve@example.test", status="reconnect_required")
        rows.connection(database, ws_id, dead, "calendar-0")

        assert reasons(database, now) == {ws_id: "overdue"}

    def test_the_stalest_come_first_and_all_are_counted(self, database: Database, now: datetime) -> None:
        hours = [5, 2, 9, 7]
        ids = {each: connected(database, now, timedelta(hours=each)) for each in hours}
        for age, ws_id in ids.items():
            database.run(
                "UPDATE calendar_sync_states s SET last_synced_at = :at FROM calendar_connections c"
                " WHERE c.id = s.connection_id AND c.ws_id = :ws_id",
                at=now - timedelta(hours=age),
                ws_id=ws_id,
            )

        found = statistics(database, now, limit=3)

        assert [each.ws_id for each in found.behind] == [ids[9], ids[7], ids[5]]
        assert found.all_behind["sync"] == 4

    def test_the_tick_counts_the_same_ones(self, database: Database, now: datetime) -> None:
        for age in (timedelta(minutes=1), timedelta(hours=2), None):
            connected(database, now, age, calendars=2)
        rows.workspace(database)

        health = PostgresDueStore(database).sync_health(now)

        assert health == SyncHealth(workspaces_behind=2, connections_in_error=0, budgets_half_used=0)
        assert statistics(database, now).all_behind["sync"] == health.workspaces_behind

    def test_two_periods_of_a_slower_rule_count_for_all_who_look(self, database: Database, now: datetime) -> None:
        hourly = {"ALMANAC_DATABASE_URL": "postgresql://unused@127.0.0.1/unused", "ALMANAC_SYNC_BEHIND_SECONDS": "7200"}
        wiring, api = Wiring(hourly), ApiWiring(hourly)
        vars(wiring).update(database=database, queue=None)
        vars(api).update(database=database)
        fresh, late = (connected(database, now, timedelta(minutes=minutes)) for minutes in (119, 121))

        report = wiring.run_summary(None, timedelta(hours=1), 10)
        ahead = {ws_id: wiring.foresee(ws_id) for ws_id in (fresh, late)}

        assert [each.ws_id for each in report.behind] == [late]
        assert [each.ws_id for each in api.workspace_health.all_late(None)] == [late]
        assert wiring.dispatch.store.sync_health(now).workspaces_behind == 1
        assert wiring.dispatch.store.tell_late(now) == 1
        assert {ws_id: each.will_be_late for ws_id, (each,) in ahead.items()} == {fresh: False, late: True}

    @pytest.mark.parametrize(
        ("change", "counted"),
        [
            ("SELECT 1", 2),
            ("UPDATE calendar_connections SET is_enabled = false", 0),
            ("UPDATE calendar_auth_tokens SET status = 'disconnected'", 0),
        ],
    )
    def test_the_tick_counts_connections_in_error_that_matter(
        self, database: Database, now: datetime, change: str, counted: int
    ) -> None:
        connected(database, now, timedelta(minutes=1), calendars=3)
        for calendar, status in (("calendar-0", "error"), ("calendar-1", "lost")):
            database.run(
                "UPDATE calendar_connections SET status = :status, last_error_type = 'access_denied'"
                " WHERE calendar_id = :calendar",
                status=status,
                calendar=calendar,
            )
        database.run(change)

        assert PostgresDueStore(database).sync_health(now).connections_in_error == counted


class TestBehindWithAPlan:
    def wanting(self, database: Database, *, zone: str | None = "Europe/Berlin", since: datetime = NOON) -> UUID:
        """A workspace with a task to place."""
        ws_id = rows.workspace(database, zone=zone)
        database.run(
            "INSERT INTO tasks (ws_id, title, total_minutes, created_at) VALUES (:ws_id, 'Report', 60, :since)",
            ws_id=ws_id,
            since=since,
        )
        return ws_id

    def test_never_planned_and_without_a_zone_are_told_apart(self, database: Database, now: datetime) -> None:
        never, zoneless = self.wanting(database), self.wanting(database, zone=None)

        assert reasons(database, now) == {never: "never", zoneless: "timezone_missing"}

    @pytest.mark.parametrize(
        ("status", "error", "reason"), [("completed", None, "overdue"), ("failed", "calendar_changing", "error")]
    )
    def test_an_old_plan_is_judged_by_the_last_attempt(
        self, database: Database, now: datetime, status: str, error: str | None, reason: str
    ) -> None:
        ws_id = self.wanting(database)
        plan(database, ws_id, now - timedelta(hours=20))
        plan(database, ws_id, now - timedelta(hours=13), status, error)

        (behind,) = statistics(database, now).behind

        assert reasons(database, now) == {ws_id: reason}
        assert behind.progress.fresh_at == now - timedelta(hours=20 if error else 13)

    def test_who_was_planned_lately_wants_nothing_or_is_new_is_not_behind(
        self, database: Database, now: datetime
    ) -> None:
        plan(database, self.wanting(database), now - timedelta(hours=11))
        self.wanting(database, since=now - timedelta(hours=1))
        finished = self.wanting(database)
        database.run("UPDATE tasks SET completed_at = now() WHERE ws_id = :ws_id", ws_id=finished)
        rows.workspace(database)

        assert reasons(database, now) == {}

    def test_a_plan_that_was_not_to_be_written_is_an_answer_too(self, database: Database, now: datetime) -> None:
        ws_id = self.wanting(database)
        plan(database, ws_id, now - timedelta(hours=1), "skipped")
        assert reasons(database, now) == {ws_id: "never"}

        database.run("UPDATE workspace_scheduling_metadata SET outcome = 'blocked'")
        assert reasons(database, now) == {}

    def test_both_jobs_are_in_one_list_with_the_stalest_first(self, database: Database, now: datetime) -> None:
        synced_long_ago = connected(database, now, timedelta(hours=2))
        never_planned = self.wanting(database, since=now - timedelta(hours=30))

        found = statistics(database, now)

        assert [(each.job, each.ws_id) for each in found.behind] == [
            ("schedule", never_planned),
            ("sync", synced_long_ago),
        ]
        assert found.all_behind == {"sync": 1, "schedule": 1}


class TestCost:
    """Old rows cost nothing, however many are kept: what is asked for is found by an index."""

    @pytest.fixture
    def kept(self, database: Database) -> Database:
        database.run(
            "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome,"
            " started_at, finished_at, error_type, message_id) SELECT gen_random_uuid(), :ws_id, 'sync', 'schedule',"
            " '{}', CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'completed' END, 'full', now() - n * interval '5 min',"
            " now(), 'stale', n::text FROM generate_series(1, 26000) n",
            ws_id=rows.workspace(database),
        )
        database.run("ANALYZE runs")
        return database

    def test_counting_reads_its_span_only(self, kept: Database, now: datetime) -> None:
        since = now - timedelta(hours=24)
        values = {"since": since, "begin": since, "end": since, "ws_ids": None, "kinds": "{sync,schedule}"}

        found = planned(kept, "overview.sql", "live", "almanac.adapters.postgres.operations", **values)

        assert "runs_started_at" in found
        assert "Seq Scan on runs" not in found

    @pytest.mark.parametrize("failed", [True, False])
    def test_a_list_reads_its_limit_only(self, kept: Database, failed: bool) -> None:
        values = {"ws_id": None, "run_id": None, "request_id": None, "failed": failed, "limit": 20}
        index = "runs_failed" if failed else "runs_started_at"

        assert f"Index Scan using {index} " in planned(kept, "run_history.sql", "sync_runs", **values)

    def test_a_dead_letter_finds_its_run_at_once(self, kept: Database) -> None:
        values = {"message_ids": "{100,200}", "ws_ids": "{}"}

        found = planned(kept, "run_history.sql", "failed_runs_of_messages", **values)

        assert "runs_failed_message" in found


def planned(
    database: Database, file: str, statement: str, package: str = "almanac.adapters.postgres", **values: object
) -> str:
    return str(database.run(f"EXPLAIN {statements(file, package)[statement]}", **values))
