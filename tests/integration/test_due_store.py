"""Who is due, from stored state: the orchestrator's store against a real Postgres."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.adapters.postgres.leases import PostgresLeases
from almanac.adapters.postgres.runs import PostgresLedger, PostgresSyncRuns
from almanac.domain.operations.machine import Machine
from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSchedule, CalendarSync, Job
from almanac.services.queues.ports import DueWorkspace
from almanac.services.sync.ports import Lease
from tests.integration import rows
from tests.integration.stores import sync_runs

pytestmark = pytest.mark.integration


@pytest.fixture
def due(database: Database) -> PostgresDueStore:
    return PostgresDueStore(database)


@pytest.fixture
def runs(database: Database) -> PostgresSyncRuns:
    return sync_runs(database, lease_seconds=60, cooldown_seconds=30)


def connected(database: Database, **other: str) -> UUID:
    """A workspace with one live calendar of one live account."""
    ws_id = rows.workspace(database)
    rows.connection(database, ws_id, rows.account(database, ws_id), **other)
    return ws_id


def begin(runs: PostgresSyncRuns, ws_id: UUID) -> Lease:
    lease = runs.begin_run(CalendarSync(ws_id=ws_id, source="schedule"), uuid4(), None)
    assert isinstance(lease, Lease)
    return lease


def now(database: Database) -> datetime:
    moment: datetime = database.run("SELECT clock_timestamp()")[0][0]
    return moment


CONNECTIONS = "UPDATE calendar_connections SET "
ACCOUNTS = "UPDATE calendar_auth_tokens SET "
LEASES = "INSERT INTO workspace_sync_leases (ws_id, owner, expires_at, queued_at) SELECT id, "
FROM = " FROM workspaces"


class TestDue:
    @pytest.mark.parametrize(
        ("change", "is_due"),
        [
            pytest.param("SELECT 1", True, id="never read"),
            pytest.param(ACCOUNTS + "status = 'reconnect_required'", False, id="a dead account"),
            pytest.param(ACCOUNTS + "status = 'disconnected'", False, id="a disconnected account"),
            pytest.param(CONNECTIONS + "is_enabled = false", False, id="a calendar switched off"),
            pytest.param(CONNECTIONS + "sync_inbound_enabled = false", False, id="inbound switched off"),
            pytest.param(CONNECTIONS + "sync_outbound_enabled = true", True, id="outbound is no hindrance"),
            pytest.param(CONNECTIONS + "access_role = 'freeBusyReader'", False, id="trap 55: free and busy only"),
            pytest.param(CONNECTIONS + "access_role = 'reader'", True, id="a reader"),
            pytest.param(CONNECTIONS + "retry_at = now() + interval '1 minute'", False, id="backing off"),
            pytest.param(CONNECTIONS + "retry_at = now() - interval '1 second'", True, id="the pause is over"),
            pytest.param(
                CONNECTIONS + "status = 'lost', last_error_type = 'access_denied'", True, id="lost, due again"
            ),
            pytest.param("DELETE FROM calendar_connections", False, id="no calendar"),
            pytest.param("DELETE FROM calendar_auth_tokens", False, id="no account"),
            pytest.param(LEASES + "NULL, NULL, now()" + FROM, False, id="a message waits"),
            pytest.param(LEASES + "NULL, NULL, now() - interval '59 minutes'" + FROM, False, id="it has waited long"),
            pytest.param(LEASES + "NULL, NULL, now() - interval '61 minutes'" + FROM, True, id="it never arrived"),
            pytest.param(LEASES + "id, now() + interval '1 minute', NULL" + FROM, False, id="a run goes on"),
            pytest.param(LEASES + "id, now() - interval '1 second', NULL" + FROM, True, id="a run that died"),
            pytest.param(LEASES + "NULL, NULL, NULL" + FROM, True, id="a run that ended"),
        ],
    )
    def test_who_is_due(self, database: Database, due: PostgresDueStore, change: str, is_due: bool) -> None:
        ws_id = connected(database)
        database.run(change)

        assert due.due_for_sync(None, 10) == ([DueWorkspace(ws_id)] if is_due else [])

    @pytest.mark.parametrize(("job", "is_due"), [(CalendarSync, False), (CalendarSchedule, True)])
    def test_a_plan_that_goes_on_keeps_no_tick_away(
        self, database: Database, due: PostgresDueStore, job: type[Job], is_due: bool
    ) -> None:
        """It is over in seconds, the next tick is a quarter of an hour away."""
        ws_id = connected(database)
        ledger = PostgresLedger(database, PostgresLeases(database, 60))

        assert isinstance(
            ledger.begin(job.model_validate({"ws_id": ws_id}), uuid4(), None, None, lambda _: None), Lease
        )

        assert due.due_for_sync(None, 10) == ([DueWorkspace(ws_id)] if is_due else [])

    def test_one_calendar_that_can_be_read_is_enough(self, database: Database, due: PostgresDueStore) -> None:
        ws_id = connected(database)
        dead = rows.account(database, ws_id, "bob@example.test", status="reconnect_required")
        rows.connection(database, ws_id, dead, "bob@example.test")
        alive = rows.connection(database, ws_id, rows.account(database, ws_id, "eve@example.test"), "eve@example.test")
        database.run(CONNECTIONS + "retry_at = now() + interval '1 hour' WHERE id <> :alive", alive=alive)

        assert due.due_for_sync(None, 10) == [DueWorkspace(ws_id)]

        database.run(CONNECTIONS + "is_enabled = false WHERE id = :alive", alive=alive)
        assert due.due_for_sync(None, 10) == []

    def test_a_workspace_is_judged_by_its_own_rows(self, database: Database, due: PostgresDueStore) -> None:
        waits, runs_now, is_due = sorted(connected(database) for _ in range(3))
        database.run(LEASES + "NULL, NULL, now()" + FROM + " WHERE id = :id", id=waits)
        database.run(LEASES + "id, now() + interval '1 minute', NULL" + FROM + " WHERE id = :id", id=runs_now)

        assert due.due_for_sync(None, 10) == [DueWorkspace(is_due)]


class TestPages:
    @pytest.mark.parametrize("size", [1, 3, 4, 12, 13])
    def test_they_are_complete_in_order_and_without_repeats(
        self, database: Database, due: PostgresDueStore, size: int
    ) -> None:
        ids = sorted(connected(database) for _ in range(12))

        assert pages(due.due_for_sync, size) == ids

    def test_workspaces_that_stop_being_due_or_begin_to_be_disturb_no_others(
        self, database: Database, due: PostgresDueStore
    ) -> None:
        ids = sorted(connected(database) for _ in range(6))
        first = due.due_for_sync(None, 2)
        database.run(LEASES + "NULL, NULL, now()" + FROM + " WHERE id = ANY (:ids::uuid[])", ids=ids[:3])
        connected(database)

        rest = pages(due.due_for_sync, 2, after=first[-1].ws_id)

        assert first == [DueWorkspace(ws_id) for ws_id in ids[:2]]
        assert set(rest) >= set(ids[3:])
        assert len(set(rest)) == len(rest)
        assert not set(rest) & set(ids[:3])


class TestKnown:
    def test_only_workspaces_that_exist(self, database: Database, due: PostgresDueStore) -> None:
        known = {rows.workspace(database) for _ in range(2)}

        assert set(due.known([*known, uuid4()])) == {DueWorkspace(ws_id) for ws_id in known}
        assert due.known([uuid4()]) == due.known([]) == []


class TestLarge:
    @pytest.mark.parametrize(
        ("until", "machine"), [("now() + interval '1 day'", "large"), ("now()", "standard"), ("NULL", "standard")]
    )
    def test_who_needed_more_memory_within_a_week_is_named_so(
        self, database: Database, due: PostgresDueStore, until: str, machine: Machine
    ) -> None:
        ws_id = connected(database)
        database.run("INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws_id, 'Report', 60)", ws_id=ws_id)
        database.run("INSERT INTO unplanned_changes (ws_id) VALUES (:ws_id) ON CONFLICT DO NOTHING", ws_id=ws_id)
        database.run(f"INSERT INTO workspace_sync_leases (ws_id, large_until) VALUES (:ws_id, {until})", ws_id=ws_id)

        found = DueWorkspace(ws_id, machine)

        assert due.due_for_sync(None, 10) == due.due_for_schedule(None, 10) == due.known([ws_id]) == [found]
        assert due.due_for_replan(None, 10) == [(found, "none")]


class TestMarks:
    def test_a_marked_workspace_is_not_due_until_its_run_has_begun_and_ended(
        self, database: Database, due: PostgresDueStore, runs: PostgresSyncRuns
    ) -> None:
        ws_id = connected(database)

        due.mark_queued([ws_id], now(database))
        assert due.due_for_sync(None, 10) == []

        lease = begin(runs, ws_id)
        assert due.due_for_sync(None, 10) == []

        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))
        assert due.due_for_sync(None, 10) == [DueWorkspace(ws_id)]

    def test_a_run_that_was_faster_than_the_mark_leaves_its_workspace_due(
        self, database: Database, due: PostgresDueStore, runs: PostgresSyncRuns
    ) -> None:
        """Its message was received between sending and marking: nothing waits any more."""
        ws_id = connected(database)
        tick = now(database)
        lease = begin(runs, ws_id)
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))

        due.mark_queued([ws_id], tick)

        assert due.due_for_sync(None, 10) == [DueWorkspace(ws_id)]

    def test_a_run_from_before_the_tick_does_not_keep_the_mark_away(
        self, database: Database, due: PostgresDueStore, runs: PostgresSyncRuns
    ) -> None:
        ws_id = connected(database)
        lease = begin(runs, ws_id)
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))

        due.mark_queued([ws_id], now(database))

        assert due.due_for_sync(None, 10) == []

    def test_a_skipped_message_is_used_up_unless_it_comes_back(
        self, database: Database, due: PostgresDueStore, runs: PostgresSyncRuns
    ) -> None:
        ws_id = connected(database)
        lease = begin(runs, ws_id)
        due.mark_queued([ws_id], now(database))

        begin_refused(runs, ws_id)  # already running: the message comes back
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))
        assert due.due_for_sync(None, 10) == []

        begin_refused(runs, ws_id, sent_at=now(database) - timedelta(minutes=5))  # superseded: it does not
        assert due.due_for_sync(None, 10) == [DueWorkspace(ws_id)]

    def test_unknown_workspaces_and_an_empty_page_are_no_error(self, database: Database, due: PostgresDueStore) -> None:
        due.mark_queued([uuid4()], datetime.now(UTC))
        due.mark_queued([], datetime.now(UTC))

        assert database.run("SELECT count(*) FROM workspace_sync_leases") == [[0]]

    def test_a_mark_never_touches_a_lease(
        self, database: Database, due: PostgresDueStore, runs: PostgresSyncRuns
    ) -> None:
        ws_id = connected(database)
        lease = begin(runs, ws_id)
        held = "SELECT owner, fence, acquired_at, expires_at FROM workspace_sync_leases"
        before = database.run(held)

        due.mark_queued([ws_id], now(database))

        assert database.run(held) == before
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))


def begin_refused(runs: PostgresSyncRuns, ws_id: UUID, sent_at: datetime | None = None) -> None:
    assert not isinstance(runs.begin_run(CalendarSync(ws_id=ws_id, source="schedule"), uuid4(), sent_at), Lease)


def pages(
    ask: Callable[[UUID | None, int], Sequence[DueWorkspace]], size: int, after: UUID | None = None
) -> list[UUID]:
    found: list[UUID] = []
    while True:
        page = [each.ws_id for each in ask(after, size)]
        assert len(page) <= size
        found += page
        if len(page) < size:
            return found
        after = page[-1]


_MANY = """
INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Many' FROM generate_series(1, 300);
INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)
SELECT id, 'ada', 'ada@example.test', 'gAAAA-not-a-real-one' FROM workspaces;
INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id)
SELECT ws_id, id, account_email FROM calendar_auth_tokens;
INSERT INTO tasks (ws_id, title, auto_schedule, total_minutes) SELECT id, 'Report', true, 60 FROM workspaces
"""
_ANALYZE = "ANALYZE workspaces, calendar_auth_tokens, calendar_connections, tasks"


@pytest.mark.parametrize(
    ("statement", "counted"), [("due_for_sync", True), ("due_for_sync", False), ("due_for_schedule", True)]
)
def test_a_page_of_a_tick_reads_what_belongs_to_its_own_workspaces(
    database: Database, statement: str, counted: bool
) -> None:
    """A hash of everybody's calendars, made anew for every thousand workspaces, makes a tick cost by their square; so
    does a walk through all accounts for each workspace, which an import tempts to until its rows have been counted."""
    for each in [*_MANY.split(";"), *([_ANALYZE] if counted else [])]:
        database.run(each)
    found = plan_of_page(database, statement, None)

    assert not [line for line in found if "hashed" in line or "Seq Scan on calendar_auth_tokens" in line]


@pytest.mark.parametrize("statement", ["due_for_sync", "due_for_outbound"])
def test_a_later_page_walks_through_no_lease_of_an_earlier_one(database: Database, statement: str) -> None:
    with database.transaction():
        for method in ("hashjoin", "nestloop", "seqscan", "bitmapscan", "sort"):
            database.run(f"SET LOCAL enable_{method} = off")
        found = plan_of_page(database, statement, uuid4())

    (leases,) = (number for number, line in enumerate(found) if "on workspace_sync_leases" in line)
    assert "Index Cond: (ws_id >" in found[leases + 1]


def plan_of_page(database: Database, statement: str, after: UUID | None) -> list[str]:
    text = files("almanac.adapters.postgres").joinpath("sync.sql").read_text()
    asked = text.partition(f"-- name: {statement}\n")[2].partition("\n-- name:")[0]
    push = {"installation": "here", "address_fingerprint": "f", "renew_seconds": 1.0}
    values = {"after": after, "limit": 10, **(push if statement == "due_for_sync" else {})}
    return [line for (line,) in database.run(f"EXPLAIN {asked}", **values)]
