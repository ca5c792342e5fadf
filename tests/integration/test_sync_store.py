from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.sync.passes import Checkpoint, SyncState
from almanac.domain.sync.report import ConnectionReport, SyncReport
from almanac.domain.sync.window import Window
from almanac.errors import DatabaseUnavailable, LeaseLost, StorageFailed, UnknownWorkspace
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Connection, Lease, Progress, Refusal
from tests.integration import rows
from tests.integration.rows import NOON, event, page
from tests.integration.stores import SyncStores

pytestmark = pytest.mark.integration

WINDOW = Window(NOON - timedelta(days=30), NOON + timedelta(days=60))


@pytest.fixture
def store(database: Database) -> SyncStores:
    return SyncStores.of(database, lease_seconds=60, cooldown_seconds=30)


@pytest.fixture
def ws_id(database: Database) -> UUID:
    return rows.workspace(database)


@pytest.fixture
def calendar(database: Database, ws_id: UUID) -> UUID:
    return rows.connection(database, ws_id, rows.account(database, ws_id))


@pytest.fixture
def lease(store: SyncStores, ws_id: UUID, calendar: UUID) -> Lease:
    return begin(store, ws_id)


def begin(store: SyncStores, ws_id: UUID, **job: object) -> Lease:
    lease = store.runs.begin_run(CalendarSync(ws_id=ws_id, **{"source": "schedule", **job}), uuid4(), None)
    assert isinstance(lease, Lease)
    return lease


def finish(store: SyncStores, lease: Lease, status: str = "completed", outcome: str = "incremental") -> None:
    report = SyncReport(lease.ws_id, lease.run_id, "auto", status=status, outcome=outcome)
    if status == "failed":
        report.error_type, report.error = "google_unavailable", "Google is unavailable"
    store.runs.finish_run(lease, report)


def only_connection(store: SyncStores, lease: Lease) -> Connection:
    (connection,) = store.pages.load_calendars(lease, None).connections
    return connection


def stored(database: Database, columns: str = "external_event_id") -> list[list[object]]:
    return list(database.run(f"SELECT {columns} FROM workspace_calendar_events ORDER BY external_event_id"))


class TestLease:
    def test_one_run_a_workspace(self, store: SyncStores, ws_id: UUID) -> None:
        begin(store, ws_id)

        refused = store.runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), None)

        assert isinstance(refused, Refusal)
        assert refused.outcome == "already_running"
        assert 50 < (refused.retry_after or 0) <= 60

    def test_other_workspaces_are_not_held_up(self, store: SyncStores, database: Database, ws_id: UUID) -> None:
        begin(store, ws_id)

        assert begin(store, rows.workspace(database)).fence == 1

    def test_a_crashed_runs_lease_expires_and_its_row_is_closed(
        self, store: SyncStores, database: Database, ws_id: UUID
    ) -> None:
        crashed = begin(store, ws_id)
        expire(database)

        successor = begin(store, ws_id)

        assert successor.fence == crashed.fence + 1
        statuses = database.run("SELECT id, status, error_type FROM workspace_calendar_sync_log ORDER BY started_at")
        assert statuses == [[crashed.run_id, "failed", "stale"], [successor.run_id, "running", None]]

    def test_an_overtaken_run_writes_nothing(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        expire(database)
        begin(store, lease.ws_id)

        checkpoint = Checkpoint("full", None, "f", WINDOW, NOON)
        for write in (
            lambda: store.pages.apply_page(
                lease, connection, page(event()), "full", Progress("f", WINDOW, sync_token="t")
            ),
            lambda: store.pages.complete_full_pass(lease, connection, checkpoint, "t"),
            lambda: store.pages.open_full_pass(lease, connection),
            lambda: store.pages.forget_token(lease, connection),
            lambda: finish(store, lease),
        ):
            with pytest.raises(LeaseLost):
                write()

        assert stored(database) == []
        assert database.run("SELECT count(*) FROM calendar_sync_states") == [[0]]

    def test_a_page_prolongs_the_lease(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        database.run("UPDATE workspace_sync_leases SET expires_at = now() + interval '1 second'")

        store.pages.apply_page(lease, connection, page(), "incremental", None)

        assert database.run("SELECT expires_at > now() + interval '50 seconds' FROM workspace_sync_leases") == [[True]]

    def test_an_unknown_workspace_is_named(self, store: SyncStores) -> None:
        with pytest.raises(UnknownWorkspace, match="ws_id: no workspace 0000"):
            store.runs.begin_run(CalendarSync(ws_id=UUID(int=0)), uuid4(), None)


class TestAdmission:
    def test_a_message_older_than_a_completed_run_is_superseded(self, store: SyncStores, ws_id: UUID) -> None:
        finish(store, begin(store, ws_id))

        assert outcome(store, ws_id, source="push", sent_at=NOON - timedelta(days=3650)) == "superseded"

    @pytest.mark.parametrize(
        ("status", "run_outcome", "ran", "asked"),
        [
            pytest.param("failed", "failed", {}, {}, id="a failed run supersedes nothing"),
            pytest.param("partial", "partial", {}, {}, id="nor does a partial one"),
            pytest.param("completed", "continued", {}, {}, id="nor one that was not finished"),
            pytest.param("completed", "full", {"calendar_id": "other"}, {}, id="nor one of a single calendar"),
            pytest.param("completed", "full", {}, {"mode": "full"}, id="nor a lesser one a full one"),
            pytest.param("completed", "full", {}, {"force": True}, id="nor anything a forced one"),
        ],
    )
    def test_not_superseded(
        self,
        store: SyncStores,
        ws_id: UUID,
        status: str,
        run_outcome: str,
        ran: dict[str, object],
        asked: dict[str, object],
    ) -> None:
        finish(store, begin(store, ws_id, source="schedule", **ran), status, run_outcome)

        assert outcome(store, ws_id, source="push", sent_at=NOON - timedelta(days=3650), **asked) == "runs"

    def test_a_message_sent_after_the_run_began_is_not_superseded(
        self, store: SyncStores, ws_id: UUID, database: Database
    ) -> None:
        finish(store, begin(store, ws_id, source="schedule"))
        now = database.run("SELECT clock_timestamp()")[0][0]

        assert outcome(store, ws_id, source="push", sent_at=now) == "runs"

    @pytest.mark.parametrize(
        ("source", "force", "expected"),
        [
            ("manual", False, "cooldown"),
            ("manual", True, "runs"),
            ("schedule", False, "runs"),
            ("push", False, "runs"),
            ("continuation", False, "runs"),
            ("batch", False, "runs"),
        ],
    )
    def test_cooldown_is_for_repeated_manual_requests_only(
        self, store: SyncStores, ws_id: UUID, source: str, force: bool, expected: str
    ) -> None:
        finish(store, begin(store, ws_id, source="manual"))

        assert outcome(store, ws_id, source=source, force=force) == expected

    def test_a_manual_run_that_failed_or_crashed_can_be_repeated_at_once(
        self, store: SyncStores, database: Database, ws_id: UUID
    ) -> None:
        """Its message comes back: a cooldown would throw the request away."""
        finish(store, begin(store, ws_id, source="manual"), "failed", "failed")
        begin(store, ws_id, source="manual")
        expire(database)

        assert outcome(store, ws_id) == "runs"

    def test_a_cooldown_ends(self, store: SyncStores, database: Database, ws_id: UUID) -> None:
        finish(store, begin(store, ws_id, source="manual"))
        database.run("UPDATE workspace_calendar_sync_log SET started_at = started_at - interval '31 seconds'")

        assert outcome(store, ws_id) == "runs"

    def test_a_skipped_request_does_not_prolong_the_cooldown(
        self, store: SyncStores, database: Database, ws_id: UUID
    ) -> None:
        finish(store, begin(store, ws_id, source="manual"))
        database.run("UPDATE workspace_calendar_sync_log SET started_at = started_at - interval '29 seconds'")
        assert outcome(store, ws_id) == "cooldown"
        database.run("UPDATE workspace_calendar_sync_log SET started_at = started_at - interval '2 seconds'")

        assert outcome(store, ws_id) == "runs"

    def test_refusals_leave_a_row(self, store: SyncStores, database: Database, ws_id: UUID) -> None:
        begin(store, ws_id)
        outcome(store, ws_id)

        kept = database.run("SELECT status, outcome FROM workspace_calendar_sync_log WHERE status = 'skipped'")
        assert kept == [["skipped", "already_running"]]

    def test_outbound_alone_runs_too(self, store: SyncStores, ws_id: UUID) -> None:
        assert outcome(store, ws_id, direction="outbound") == "runs"


class TestPage:
    def test_rows_and_token_are_one_transaction(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        too_long = page(event("good"), event("bad", title="x" * 256))

        with pytest.raises(StorageFailed):
            store.pages.apply_page(lease, connection, too_long, "incremental", Progress("f", WINDOW, sync_token="t2"))

        assert stored(database) == []
        assert only_connection(store, lease).state == SyncState()

    def test_the_progress_of_a_last_page_is_its_token(self, store: SyncStores, lease: Lease) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(event()), "incremental", Progress("f", WINDOW, sync_token="t1"))

        state = only_connection(store, lease).state
        assert state == SyncState(sync_token="t1", fingerprint="f", window=WINDOW)

    def test_a_checkpoint_keeps_the_old_token(self, store: SyncStores, lease: Lease) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(), "incremental", Progress("f", WINDOW, sync_token="t1"))
        wider = Window(WINDOW.start, WINDOW.end + timedelta(days=9))
        checkpoint = Checkpoint("full", "page2", "g", wider, NOON, attempt=2, listed=7)
        store.pages.apply_page(lease, connection, page(event()), "full", Progress("g", wider, checkpoint=checkpoint))

        assert only_connection(store, lease).state == SyncState("t1", "f", WINDOW, checkpoint)

    def test_unchanged_rows_are_not_rewritten(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        first = store.pages.apply_page(lease, connection, page(event("a"), event("b")), "full", None)
        before = stored(database, "xmin")
        again = store.pages.apply_page(lease, connection, page(event("a"), event("b")), "full", None)

        assert (first.inserted, first.unchanged) == (2, 0)
        assert (again.inserted, again.updated, again.unchanged) == (0, 0, 2)
        assert stored(database, "xmin") == before

    @pytest.mark.parametrize("change", [{"etag": '"2"'}, {"etag": None}])
    def test_a_changed_or_missing_etag_is_a_change(
        self, store: SyncStores, database: Database, lease: Lease, change: dict[str, str | None]
    ) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(event()), "incremental", None)
        written = store.pages.apply_page(lease, connection, page(event(title="New", **change)), "incremental", None)

        assert written.updated == 1
        assert stored(database, "title") == [["New"]]

    def test_app_owned_fields_survive_an_update(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(event()), "incremental", None)
        task_id = uuid4()
        database.run(
            "UPDATE workspace_calendar_events SET task_id = :task_id, locked = true, color_override = 'RED'",
            task_id=task_id,
        )
        store.pages.apply_page(lease, connection, page(event(etag='"2"', color="GREEN")), "incremental", None)

        assert stored(database, "task_id, locked, color_override, color") == [[task_id, True, "RED", "GREEN"]]

    def test_tombstones_delete_and_count_only_what_was_there(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(event("a"), event("b")), "incremental", None)
        written = store.pages.apply_page(lease, connection, page(tombstones=("a", "never-seen")), "incremental", None)

        assert written.deleted == 1
        assert stored(database) == [["b"]]

    def test_trap_30_a_deleted_series_takes_its_instances_along(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        connection = only_connection(store, lease)
        instances = [event(f"s_{n}", recurring_event_id="s") for n in range(3)]
        store.pages.apply_page(lease, connection, page(*instances, event("other")), "incremental", None)
        written = store.pages.apply_page(lease, connection, page(tombstones=("s",)), "incremental", None)

        assert written.deleted == 3
        assert stored(database) == [["other"]]

    def test_deletes_can_be_switched_off(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = replace(only_connection(store, lease), delete_enabled=False)
        store.pages.apply_page(lease, connection, page(event("a")), "incremental", None)

        assert store.pages.apply_page(lease, connection, page(tombstones=("a",)), "incremental", None).deleted == 0
        assert stored(database) == [["a"]]

    def test_every_kind_of_text_arrives_as_it_is(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        texts = [
            '"',
            "\\",
            "{a,b}",
            "NULL",
            "null",
            "",
            " ",
            "'; DROP TABLE x; --",
            "família 👨‍👩‍👧",
            "a\nb\tc",
            ":name",
            "%s",
        ]
        store.pages.apply_page(
            lease, connection, page(*(event(f"{n:02}", title=t) for n, t in enumerate(texts))), "full", None
        )

        assert [title for (title,) in stored(database, "title")] == texts

    def test_rows_of_other_workspaces_and_calendars_are_out_of_reach(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        elsewhere = rows.workspace(database)
        rows.connection(database, elsewhere, rows.account(database, elsewhere))
        other_lease = begin(store, elsewhere)
        other = only_connection(store, other_lease)
        store.pages.apply_page(other_lease, other, page(event("a")), "incremental", None)
        connection = only_connection(store, lease)

        assert store.pages.apply_page(lease, connection, page(tombstones=("a",)), "incremental", None).deleted == 0
        assert store.pages.apply_page(lease, connection, page(event("a")), "incremental", None).inserted == 1


class TestSweep:
    def test_a_full_pass_sweeps_what_it_has_not_met(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        store.pages.apply_page(lease, connection, page(event("kept"), event("gone"), event("broken")), "full", None)
        checkpoint = Checkpoint("full", None, "f", WINDOW, store.pages.open_full_pass(lease, connection))
        store.pages.apply_page(
            lease, connection, page(event("kept"), event("new"), unreadable=("broken",)), "full", None
        )

        found = store.pages.missing_rows(lease, connection, checkpoint)
        swept = store.pages.complete_full_pass(lease, connection, checkpoint, "t1")

        assert (found.missing, found.stored, found.sample) == (1, 3, ("gone",))
        assert swept == 1
        assert stored(database) == [["broken"], ["kept"], ["new"]]
        assert only_connection(store, lease).state.sync_token == "t1"
        assert database.run("SELECT count(*) FROM calendar_sync_seen") == [[0]]

    def test_a_full_pass_that_begins_makes_the_token_and_the_checkpoint_of_before_void(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        connection = only_connection(store, lease)
        unfinished = Checkpoint("full", "page 2", "f", WINDOW, NOON)
        progress = Progress("f", WINDOW, checkpoint=unfinished, sync_token="t1")
        store.pages.apply_page(lease, connection, page(event("a")), "full", progress)

        store.pages.open_full_pass(lease, connection)

        state = only_connection(store, lease).state
        assert (state.sync_token, state.checkpoint) == (None, None)

    def test_trap_18_only_inside_the_window_with_exclusive_edges(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        connection = only_connection(store, lease)
        hour = timedelta(hours=1)
        at = {
            "ends at the start": WINDOW.start - hour,
            "reaches into the start": WINDOW.start - hour / 2,
            "inside": NOON,
            "reaches over the end": WINDOW.end - hour / 2,
            "starts at the end": WINDOW.end,
        }
        store.pages.apply_page(
            lease, connection, page(*(event(name, start=start) for name, start in at.items())), "full", None
        )
        checkpoint = Checkpoint("full", None, "f", WINDOW, store.pages.open_full_pass(lease, connection))
        store.pages.complete_full_pass(lease, connection, checkpoint, "t1")

        assert stored(database) == [["ends at the start"], ["starts at the end"]]

    def test_rows_without_a_provider_are_never_swept(self, store: SyncStores, database: Database, lease: Lease) -> None:
        connection = only_connection(store, lease)
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws_id, 'own', :at, :at)",
            ws_id=lease.ws_id,
            at=NOON,
        )
        checkpoint = Checkpoint("full", None, "f", WINDOW, store.pages.open_full_pass(lease, connection))

        assert store.pages.complete_full_pass(lease, connection, checkpoint, "t1") == 0


class TestConnections:
    def test_a_calendar_of_two_accounts_is_read_once_with_the_best_access(
        self, store: SyncStores, ws_id: UUID, database: Database
    ) -> None:
        ada, bob = rows.account(database, ws_id), rows.account(database, ws_id, "bob@example.test")
        rows.connection(database, ws_id, ada, "team@example.test", role="reader")
        best = rows.connection(database, ws_id, bob, "team@example.test", role="writer")
        lease = begin(store, ws_id)
        assert only_connection(store, lease).id == best

        database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required' WHERE id = :bob", bob=bob)

        assert only_connection(store, lease).account_id == ada

    def test_where_one_account_stood_is_void_once_the_calendar_is_read_through_another(
        self, store: SyncStores, ws_id: UUID, database: Database
    ) -> None:
        ada, bob = rows.account(database, ws_id), rows.account(database, ws_id, "bob@example.test")
        rows.connection(database, ws_id, ada, "team@example.test", role="writer")
        rows.connection(database, ws_id, bob, "team@example.test", role="reader")
        lease = begin(store, ws_id)
        through_ada = only_connection(store, lease)
        store.pages.apply_page(lease, through_ada, page(), "incremental", Progress("f", WINDOW, sync_token="old"))
        assert only_connection(store, lease).state.sync_token == "old"

        database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required' WHERE id = :ada", ada=ada)
        through_bob = only_connection(store, lease)
        database.run("UPDATE calendar_auth_tokens SET status = 'active' WHERE id = :ada", ada=ada)

        assert (through_bob.account_id, through_bob.state.sync_token) == (bob, None)
        assert only_connection(store, lease).account_id == ada
        assert only_connection(store, lease).state.sync_token is None

    def test_primary_names_the_primary_calendar(self, store: SyncStores, lease: Lease, calendar: UUID) -> None:
        assert [c.id for c in store.pages.load_calendars(lease, "primary").connections] == [calendar]
        assert store.pages.load_calendars(lease, "unknown").connections == []

    def test_switched_off_calendars_are_left_out(self, store: SyncStores, database: Database, lease: Lease) -> None:
        for switch in ("is_enabled", "sync_inbound_enabled"):
            database.run(f"UPDATE calendar_connections SET {switch} = false")
            assert store.pages.load_calendars(lease, None).connections == []
            database.run(f"UPDATE calendar_connections SET {switch} = true")

    def test_a_failure_is_kept_on_the_connection_until_a_success(
        self, store: SyncStores, database: Database, lease: Lease, calendar: UUID
    ) -> None:
        failed = ConnectionReport(calendar, "failed", "failed", error_type="google_unavailable", error="HTTP 503")
        store.runs.record_connection(lease, failed, NOON)
        columns = "SELECT status, last_error_type, last_error, failures, retry_at FROM calendar_connections"
        assert database.run(columns) == [["error", "google_unavailable", "HTTP 503", 1, NOON]]
        finish(store, lease, "failed")

        again = begin(store, lease.ws_id, force=True)
        store.runs.record_connection(again, ConnectionReport(calendar), None)
        assert database.run(columns) == [["synced", None, None, 0, None]]


class TestTokens:
    def test_compare_and_set_lets_the_first_writer_win(self, store: SyncStores, lease: Lease) -> None:
        (account,) = store.pages.load_calendars(lease, None).accounts.values()

        first = store.tokens.store_tokens(account, "gAAAA-first", NOON, "gAAAA-r1")
        second = store.tokens.store_tokens(account, "gAAAA-second", NOON, "gAAAA-r2")

        assert first == second
        assert (second.access_token, second.version) == ("gAAAA-first", account.version + 1)

    def test_a_plain_token_cannot_be_stored(self, store: SyncStores, lease: Lease) -> None:
        (account,) = store.pages.load_calendars(lease, None).accounts.values()

        with pytest.raises(StorageFailed) as failure:
            store.tokens.store_tokens(account, "ya29.plain", NOON, "1//plain")

        assert "plain" not in str(failure.value).replace("plain_token", "")

    def test_newer_tokens_are_not_marked_dead(self, store: SyncStores, lease: Lease) -> None:
        (account,) = store.pages.load_calendars(lease, None).accounts.values()
        store.tokens.store_tokens(account, "gAAAA-new", NOON, "gAAAA-new")

        assert store.tokens.require_reconnect(account, "invalid_grant").status == "active"


def test_a_product_that_holds_its_workspaces_row_delays_whole_days_and_nothing_else(
    store: SyncStores, database: Database, database_url: str, lease: Lease
) -> None:
    """A page must not mix two zones, so it waits; at the end of its patience nothing is written, and it comes again."""
    connection = only_connection(store, lease)
    day = NOON.date()
    whole_day = event("day", all_day=True, start_date=day, end_date=day + timedelta(days=1))
    with closing(Database(lambda: parse_url(database_url), timeout_seconds=0.5)) as other:
        impatient = SyncStores.of(other, lease_seconds=60, cooldown_seconds=30).pages
        with database.transaction():
            database.run("UPDATE workspaces SET name = 'Renamed' WHERE id = :ws_id", ws_id=lease.ws_id)
            impatient.apply_page(lease, connection, page(event("timed")), "full", None)
            with pytest.raises(DatabaseUnavailable):
                impatient.apply_page(lease, connection, page(whole_day), "full", None)
        impatient.apply_page(lease, connection, page(whole_day), "full", None)

    assert stored(database) == [["day"], ["timed"]]


def test_all_day_events_follow_the_workspaces_zone(store: SyncStores, database: Database, lease: Lease) -> None:
    connection = only_connection(store, lease)
    day = date(2026, 3, 29)
    whole_day = {"all_day": True, "start_date": day, "end_date": day + timedelta(days=1)}
    store.pages.apply_page(lease, connection, page(event(**whole_day)), "full", None)

    database.run("UPDATE workspaces SET timezone = 'Asia/Ho_Chi_Minh' WHERE id = :ws_id", ws_id=lease.ws_id)

    ((start, end),) = stored(database, "start_at, end_at")
    assert start.isoformat() == "2026-03-28T17:00:00+00:00"
    assert end.isoformat() == "2026-03-29T17:00:00+00:00"


def test_an_idle_calendar_costs_one_round_trip_to_write(store: SyncStores, database: Database, lease: Lease) -> None:
    connection = only_connection(store, lease)
    before = database.round_trips

    store.pages.apply_page(lease, connection, page(), "incremental", Progress("f", WINDOW, sync_token="t"))

    assert database.round_trips == before + 1


def expire(database: Database) -> None:
    database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")


class TestWhatOnlyAMutationHadShown:
    def test_a_pass_misses_only_what_its_window_holds(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        """Old history would make an ordinary listing look as if it lacked most of the calendar, or hide it."""
        connection = only_connection(store, lease)
        rows_of_before = page(event("inside"), event("before", start=NOON - timedelta(days=200)))
        store.pages.apply_page(lease, connection, rows_of_before, "incremental", None)
        since = database.run("SELECT clock_timestamp()")[0][0]

        found = store.pages.missing_rows(lease, connection, Checkpoint("full", None, "f", WINDOW, since))

        assert (found.missing, found.stored, found.sample) == (1, 1, ("inside",))

    def test_an_instance_that_comes_with_its_series_tombstone_stays(
        self, store: SyncStores, database: Database, lease: Lease
    ) -> None:
        connection = only_connection(store, lease)
        instances = [event(f"s_{n}", recurring_event_id="s") for n in range(3)]
        store.pages.apply_page(lease, connection, page(*instances), "incremental", None)

        again = page(instances[1]._replace(etag='"2"'), tombstones=("s",))
        store.pages.apply_page(lease, connection, again, "incremental", None)

        assert stored(database) == [["s_1"]]

    @pytest.mark.parametrize(("earlier", "expected"), [(0.5, "runs"), (1.5, "superseded")])
    def test_a_run_supersedes_what_was_sent_a_second_before_it(
        self, store: SyncStores, database: Database, ws_id: UUID, earlier: float, expected: str
    ) -> None:
        """Queue and database have two clocks: within a second nobody knows what came first."""
        finish(store, begin(store, ws_id))
        began = database.run("SELECT max(started_at) FROM runs")[0][0]

        assert outcome(store, ws_id, source="push", sent_at=began - timedelta(seconds=earlier)) == expected


def outcome(store: SyncStores, ws_id: UUID, *, sent_at: object = None, **job: object) -> str:
    begun = store.runs.begin_run(CalendarSync(ws_id=ws_id, **job), uuid4(), sent_at)
    return begun.outcome if isinstance(begun, Refusal) else "runs"
