"""A round of upkeep against a real Postgres: what grows, what has died, what is told; orphans have their own file."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.crypto import FernetCipher, new_key
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.adapters.postgres.tokens import PostgresAccountTokens
from almanac.domain.operations.maintenance import Batch, Limits, UpkeepReport
from almanac.domain.sync.report import SyncReport
from almanac.errors import LeaseLost
from almanac.services.accounts.ports import Account
from almanac.services.accounts.refresh import TokenUpkeep
from almanac.services.events_out.refresh_secrets import SecretUpkeep
from almanac.services.maintenance.round import Upkeep
from almanac.services.maintenance.steps import COUNTERS
from almanac.services.sync.ports import Lease
from almanac.services.sync.provider import FreshToken
from tests.cli.shell import Shell
from tests.integration import rows
from tests.integration.stores import sync_runs

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
SYNCS, PLANS = "workspace_calendar_sync_log", "workspace_scheduling_metadata"
_INSERT = {
    SYNCS: "INSERT INTO workspace_calendar_sync_log (id, ws_id, source, requested_mode, direction, status, outcome,"
    " started_at, finished_at) VALUES (:id, :ws_id, 'schedule', 'auto', 'inbound', :status, :outcome, :at, :ended)",
    PLANS: "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply, status,"
    " outcome, started_at, finished_at)"
    " VALUES (:id, :ws_id, 'schedule', 30, false, 'full', :status, :outcome, :at, :ended)",
}
_IDS = {SYNCS: "SELECT id FROM workspace_calendar_sync_log", PLANS: "SELECT id FROM workspace_scheduling_metadata"}
_STATUS = {
    SYNCS: "SELECT status, outcome, error_type, finished_at > started_at FROM workspace_calendar_sync_log"
    " WHERE id = :id",
    PLANS: "SELECT status, outcome, error_type, finished_at > started_at FROM workspace_scheduling_metadata"
    " WHERE id = :id",
}
KINDS = pytest.mark.parametrize("table", [SYNCS, PLANS])


@pytest.fixture
def store(database: Database) -> PostgresUpkeepStore:
    """With small batches, so that every step takes several."""
    return PostgresUpkeepStore(database, batch=3)


@pytest.fixture
def another(database_url: str) -> Iterator[Callable[[], Database]]:
    """Further sessions of the same database."""
    opened: list[Database] = []

    def another() -> Database:
        opened.append(Database(lambda: parse_url(database_url)))
        return opened[-1]

    yield another
    for each in opened:
        each.close()


def now() -> datetime:
    return datetime.now(UTC)


def run(database: Database, table: str, ws_id: UUID, age: timedelta, status: str = "completed") -> UUID:
    """A run row that began so long ago."""
    run_id, at = uuid4(), now() - age
    ended = None if status == "running" else at
    outcome = None if status == "running" else "incremental"
    database.run(_INSERT[table], id=run_id, ws_id=ws_id, status=status, outcome=outcome, at=at, ended=ended)
    return run_id


def child(database: Database, run_id: UUID) -> None:
    sql = (
        "INSERT INTO workspace_calendar_sync_log_connections (run_id, connection_id, status, outcome)"
        " VALUES (:run_id, gen_random_uuid(), 'completed', 'incremental')"
    )
    database.run(sql, run_id=run_id)


def lease(database: Database, ws_id: UUID, owner: UUID | None, expired: timedelta | None) -> None:
    sql = "INSERT INTO workspace_sync_leases (ws_id, owner, fence, expires_at) VALUES (:ws_id, :owner, 7, :expires_at)"
    database.run(sql, ws_id=ws_id, owner=owner, expires_at=None if expired is None else now() - expired)


def ids(database: Database, table: str) -> set[UUID]:
    return {row[0] for row in database.run(_IDS[table])}


def consumed(batches: Iterator[Batch]) -> int:
    return sum(batch.rows for batch in batches)


class TestOldRuns:
    @KINDS
    def test_what_is_older_goes_and_the_rest_stays(
        self, database: Database, store: PostgresUpkeepStore, table: str
    ) -> None:
        ws_id = rows.workspace(database)
        old = {run(database, table, ws_id, age * DAY, "skipped") for age in range(91, 111)}
        kept = {run(database, table, ws_id, age * DAY) for age in (1, 89)}
        kept.add(run(database, table, ws_id, 200 * DAY, "running"))

        assert consumed(store.delete_old_runs(now() - 90 * DAY)) == len(old)
        assert ids(database, table) == kept
        assert consumed(store.delete_old_runs(now() - 90 * DAY)) == 0

    @KINDS
    def test_a_workspace_keeps_its_newest_run_however_old_and_whatever_others_did(
        self, database: Database, store: PostgresUpkeepStore, table: str
    ) -> None:
        newest = set()
        for _ in range(7):
            ws_id = rows.workspace(database)
            for age in (300, 250, 200):
                last = run(database, table, ws_id, age * DAY)
            newest.add(last)

        assert consumed(store.delete_old_runs(now() - 90 * DAY)) == 14
        assert ids(database, table) == newest

    def test_the_rows_of_its_calendars_go_with_a_run(self, database: Database, store: PostgresUpkeepStore) -> None:
        ws_id = rows.workspace(database)
        for age in (100, 1):
            child(database, run(database, SYNCS, ws_id, age * DAY))

        consumed(store.delete_old_runs(now() - 90 * DAY))

        assert database.run("SELECT count(*) FROM workspace_calendar_sync_log_connections") == [[1]]

    def test_runs_of_one_instant_are_not_passed_by(self, database: Database, store: PostgresUpkeepStore) -> None:
        ws_id = rows.workspace(database)
        for _ in range(10):
            run(database, SYNCS, ws_id, 100 * DAY)
        database.run("UPDATE workspace_calendar_sync_log SET started_at = date_trunc('day', started_at)")
        newest = run(database, SYNCS, ws_id, DAY)

        assert consumed(store.delete_old_runs(now() - 90 * DAY)) == 10
        assert ids(database, SYNCS) == {newest}

    def test_whoever_stops_asking_keeps_what_was_done(self, database: Database, store: PostgresUpkeepStore) -> None:
        ws_id = rows.workspace(database)
        for age in range(90, 101):
            run(database, SYNCS, ws_id, age * DAY)

        done = list(itertools.islice(store.delete_old_runs(now() - 80 * DAY), 2))

        assert [batch.rows for batch in done] == [3, 3]
        assert len(ids(database, SYNCS)) == 5

    def test_a_row_that_somebody_holds_is_passed_by_and_taken_the_next_time(
        self, database: Database, store: PostgresUpkeepStore, another: Callable[[], Database]
    ) -> None:
        ws_id = rows.workspace(database)
        old = [run(database, SYNCS, ws_id, age * DAY) for age in (103, 102, 101, 100)]
        run(database, SYNCS, ws_id, DAY)

        with another().transaction() as elsewhere:
            elsewhere.run("SELECT 1 FROM workspace_calendar_sync_log WHERE id = :id FOR UPDATE", id=old[1])
            assert consumed(store.delete_old_runs(now() - 90 * DAY)) == 3

        assert consumed(store.delete_old_runs(now() - 90 * DAY)) == 1

    def test_two_rounds_at_once_delete_every_row_once(
        self, database: Database, another: Callable[[], Database]
    ) -> None:
        ws_id = rows.workspace(database)
        for age in range(100, 160):
            child(database, run(database, SYNCS, ws_id, age * DAY))
        newest = run(database, SYNCS, ws_id, DAY)
        together = threading.Barrier(2)

        def a_round(session: Database) -> int:
            together.wait()
            return consumed(PostgresUpkeepStore(session, batch=3).delete_old_runs(now() - 90 * DAY))

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(a_round, [another(), another()]))

        assert sum(done) + consumed(PostgresUpkeepStore(database).delete_old_runs(now() - 90 * DAY)) == 60
        assert ids(database, SYNCS) == {newest}


class TestStaleRuns:
    @KINDS
    @pytest.mark.parametrize(
        ("mine", "expired", "closed"),
        [
            pytest.param(True, -timedelta(minutes=1), False, id="its lease is live"),
            pytest.param(True, timedelta(minutes=14), False, id="it may still wake and prolong its lease"),
            pytest.param(True, timedelta(minutes=16), True, id="no Lambda lives as long"),
            pytest.param(False, -timedelta(minutes=1), True, id="another run holds the lease"),
            pytest.param(False, timedelta(days=3), True, id="another one held it, and died too"),
            pytest.param(False, None, True, id="nobody holds it"),
        ],
    )
    def test_a_run_is_closed_when_it_cannot_be_alive(
        self,
        database: Database,
        store: PostgresUpkeepStore,
        table: str,
        mine: bool,
        expired: timedelta | None,
        closed: bool,
    ) -> None:
        ws_id = rows.workspace(database)
        run_id = run(database, table, ws_id, timedelta(hours=1), "running")
        owner = run_id if mine else uuid4() if expired is not None else None
        lease(database, ws_id, owner, expired)

        assert consumed(store.close_stale_runs()) == (1 if closed else 0)

        said = ["failed", "failed", "stale", True] if closed else ["running", None, None, None]
        assert database.run(_STATUS[table], id=run_id) == [said]

    def test_a_workspace_that_never_had_a_lease_has_no_live_run(
        self, database: Database, store: PostgresUpkeepStore
    ) -> None:
        run(database, SYNCS, rows.workspace(database), DAY, "running")

        assert consumed(store.close_stale_runs()) == 1

    def test_every_one_is_closed_in_small_batches(self, database: Database, store: PostgresUpkeepStore) -> None:
        for _ in range(7):
            ws_id = rows.workspace(database)
            lease(database, ws_id, run(database, SYNCS, ws_id, DAY, "running"), DAY)

        batches = [batch.rows for batch in store.close_stale_runs()]

        assert sum(batches) == 7
        assert max(batches) == 3
        assert database.run("SELECT count(*) FROM workspace_sync_leases WHERE owner IS NOT NULL") == [[0]]

    def test_a_closed_run_that_wakes_after_all_writes_nothing(
        self, database: Database, store: PostgresUpkeepStore
    ) -> None:
        ws_id = rows.workspace(database)
        run_id = run(database, SYNCS, ws_id, timedelta(hours=1), "running")
        lease(database, ws_id, run_id, timedelta(hours=1))
        consumed(store.close_stale_runs())

        syncs = sync_runs(database, lease_seconds=60, cooldown_seconds=0)
        with pytest.raises(LeaseLost):
            syncs.finish_run(Lease(ws_id, run_id, 7), SyncReport(ws_id, run_id, "auto"))
        assert database.run(_STATUS[SYNCS], id=run_id) == [["failed", "failed", "stale", True]]


KEEPSAKE = (
    "INSERT INTO calendar_event_keepsakes (ws_id, provider, external_calendar_id, external_event_id, event_id, locked,"
    " kept_at) VALUES (:ws_id, 'google', 'team', :event_id, gen_random_uuid(), true, :kept_at)"
)
MARK = "INSERT INTO calendar_sync_seen (connection_id, external_event_id) VALUES (:connection_id, :event_id)"
CHECKPOINT = "INSERT INTO calendar_sync_states (connection_id, checkpoint) VALUES (:connection_id, :checkpoint::jsonb)"


class TestKeepsakes:
    def test_those_older_than_the_grace_go(self, database: Database, store: PostgresUpkeepStore) -> None:
        ws_id = rows.workspace(database)
        for age in (1, 29, *range(31, 39)):
            database.run(KEEPSAKE, ws_id=ws_id, event_id=f"e{age}", kept_at=now() - age * DAY)

        assert consumed(store.delete_keepsakes(now() - 30 * DAY)) == 8
        left = database.run("SELECT external_event_id FROM calendar_event_keepsakes ORDER BY 1")
        assert left == [["e1"], ["e29"]]


class TestMarks:
    @pytest.fixture
    def connection_id(self, database: Database) -> UUID:
        ws_id = rows.workspace(database)
        connection_id = rows.connection(database, ws_id, rows.account(database, ws_id))
        for number in range(8):
            database.run(MARK, connection_id=connection_id, event_id=f"e{number}")
        return connection_id

    @pytest.mark.parametrize(
        ("checkpoint", "deleted"),
        [
            pytest.param(None, 8, id="never read to a first page"),
            pytest.param("null", 0, id="whatever a checkpoint says"),
            pytest.param('{"page_token": "p2"}', 0, id="a pass that will be resumed needs its marks"),
        ],
    )
    def test_only_those_of_a_pass_that_was_given_up_go(
        self,
        database: Database,
        store: PostgresUpkeepStore,
        connection_id: UUID,
        checkpoint: str | None,
        deleted: int,
    ) -> None:
        if checkpoint is not None:
            database.run(CHECKPOINT, connection_id=connection_id, checkpoint=checkpoint)

        assert consumed(store.delete_marks()) == deleted
        assert database.run("SELECT count(*) FROM calendar_sync_seen") == [[8 - deleted]]

    def test_a_checkpoint_that_comes_after_the_look_keeps_them(
        self, database: Database, store: PostgresUpkeepStore, connection_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = store._run.alone

        def alone(name: str, /, **values: Any) -> Any:
            found = real(name, **values)
            if name == "marked_without_pass" and found:
                database.run(CHECKPOINT, connection_id=connection_id, checkpoint='{"page_token": "p2"}')
            return found

        monkeypatch.setattr(store._run, "alone", alone)

        assert consumed(store.delete_marks()) == 0

    def test_a_run_that_has_begun_a_pass_keeps_its_marks(
        self, database: Database, store: PostgresUpkeepStore, connection_id: UUID
    ) -> None:
        (found,) = database.run("SELECT ws_id FROM calendar_connections WHERE id = :id", id=connection_id)
        lease(database, found[0], uuid4(), -timedelta(minutes=1))

        assert list(store.delete_marks()) == [Batch(0, busy=True)]
        assert database.run("SELECT count(*) FROM calendar_sync_seen") == [[8]]


class TestLongInError:
    CHANGES = (
        pytest.param("status = 'error', last_error_type = 'google_unavailable'", "", "google_unavailable", id="error"),
        pytest.param("status = 'lost', last_error_type = 'access_denied'", "", "access_denied", id="lost"),
        pytest.param("status = 'synced'", "status = 'reconnect_required'", "reconnect_required", id="a dead account"),
        pytest.param("status = 'synced'", "", None, id="read not long ago is not asked"),
        pytest.param("is_enabled = false, status = 'error', last_error_type = 'x'", "", None, id="switched off"),
        pytest.param(
            "access_role = 'freeBusyReader', status = 'error', last_error_type = 'x'", "", None, id="unreadable"
        ),
        pytest.param("status = 'error', last_error_type = 'x'", "status = 'disconnected'", None, id="disconnected"),
    )

    @pytest.mark.parametrize(("connection", "account", "said"), CHANGES)
    def test_calendars_that_should_be_read_and_are_not(
        self, database: Database, store: PostgresUpkeepStore, connection: str, account: str, said: str | None
    ) -> None:
        ws_id = rows.workspace(database)
        connection_id = rows.connection(database, ws_id, rows.account(database, ws_id))
        database.run(f"UPDATE calendar_connections SET created_at = now() - interval '9 days', {connection}")
        if account:
            database.run(f"UPDATE calendar_auth_tokens SET {account}")

        total, found = store.long_in_error(now() - 7 * DAY, 10)

        assert total == len(found) == (0 if said is None else 1)
        assert [(each.ws_id, each.connection_id, each.error_type) for each in found] == (
            [] if said is None else [(ws_id, connection_id, said)]
        )

    def test_long_is_since_it_was_read_last_and_all_are_counted(
        self, database: Database, store: PostgresUpkeepStore
    ) -> None:
        ws_id = rows.workspace(database)
        account = rows.account(database, ws_id)
        for age in (1, 6, 8, 9, 30):
            connection_id = rows.connection(database, ws_id, account, f"calendar {age}")
            database.run(
                "INSERT INTO calendar_sync_states (connection_id, last_synced_at) VALUES (:id, :at)",
                id=connection_id,
                at=now() - age * DAY,
            )
        database.run("UPDATE calendar_connections SET status = 'error', last_error_type = 'google_rate_limited'")

        total, found = store.long_in_error(now() - 7 * DAY, 2)

        assert total == 3
        assert [round((now() - each.since) / DAY) for each in found] == [30, 9]


class TestAccounts:
    @pytest.fixture
    def keys(self) -> tuple[str, str]:
        return new_key(), new_key()

    @pytest.fixture
    def account_id(self, database: Database, keys: tuple[str, str]) -> UUID:
        """An account whose tokens are under the older key."""
        older = FernetCipher([keys[1]])
        account_id = rows.account(database, rows.workspace(database))
        database.run(
            "UPDATE calendar_auth_tokens SET access_token = :access, refresh_token = :refresh, expires_at = now()",
            access=older.encrypt("access"),
            refresh=older.encrypt("refresh"),
        )
        return account_id

    def the_account(self, store: PostgresUpkeepStore) -> Account:
        ((_, account),) = store.accounts(None, 10)
        return account

    def test_a_rotation_is_brought_to_its_end(
        self, database: Database, store: PostgresUpkeepStore, keys: tuple[str, str], account_id: UUID
    ) -> None:
        account_tokens = PostgresAccountTokens(database)
        for _ in range(2):
            report = UpkeepReport()
            TokenUpkeep(store, account_tokens, {"google": NeverAsked()}, FernetCipher(keys))(
                now() - 30 * DAY, report, lambda: False
            )

        assert report.counts["tokens_reencrypted"] == 0
        newest, stored = FernetCipher([keys[0]]), self.the_account(store)
        assert newest.decrypt(stored.access_token or "") == "access"
        assert newest.decrypt(stored.refresh_token) == "refresh"

    def test_tokens_that_were_refreshed_meanwhile_are_not_written_over(
        self, database: Database, store: PostgresUpkeepStore, account_id: UUID
    ) -> None:
        account_tokens = PostgresAccountTokens(database)
        before = self.the_account(store)
        account_tokens.store_tokens(before, "gAAAA-newer", now(), "gAAAA-newer")

        assert store.reencrypt(before, "gAAAA-same", "gAAAA-same") is False
        assert self.the_account(store).refresh_token == "gAAAA-newer"

    def test_a_refresh_that_was_under_way_while_tokens_were_encrypted_anew_is_stored(
        self, database: Database, store: PostgresUpkeepStore, account_id: UUID
    ) -> None:
        account_tokens = PostgresAccountTokens(database)
        before = self.the_account(store)
        assert store.reencrypt(before, "gAAAA-same", "gAAAA-same") is True

        stored = account_tokens.store_tokens(before, "gAAAA-newer", now(), "gAAAA-newer")

        assert (stored.refresh_token, stored.version) == ("gAAAA-newer", before.version + 1)

    def test_pages_are_complete_and_progress_outlives_a_round(
        self, database: Database, store: PostgresUpkeepStore
    ) -> None:
        ws_id = rows.workspace(database)
        known = {rows.account(database, ws_id, f"person{n}@example.test") for n in range(7)}
        found: list[UUID] = []
        while page := store.accounts(store.progress(), 2):
            found += [account.id for _, account in page]
            store.remember(found[-1])

        assert found == sorted(known)
        store.remember(None)
        assert store.progress() is None


class NeverAsked:
    """TokenEndpoint of a round in which nobody needs it."""

    def refresh(self, refresh_token: str) -> FreshToken:
        raise AssertionError("nobody's tokens are unused")


class TestRound:
    """The whole of it, as the function and the command run it."""

    @pytest.fixture
    def upkeep(self, database: Database) -> Upkeep:
        store = PostgresUpkeepStore(database, batch=3)
        account_tokens = PostgresAccountTokens(database)
        tokens = TokenUpkeep(store, account_tokens, {"google": NeverAsked()}, FernetCipher([new_key()]))
        return Upkeep(store, tokens, now, 90 * DAY, 30 * DAY, 365 * DAY)

    @pytest.fixture
    def full(self, database: Database) -> dict[str, int]:
        """Something for every step but the tokens; returns how much."""
        ws_id = rows.workspace(database)
        for table in (SYNCS, PLANS):
            for age in (1, *range(100, 108)):
                run(database, table, ws_id, age * DAY)
        stale = rows.workspace(database)
        for table in (SYNCS, PLANS):
            run(database, table, stale, DAY, "running")
        for number in range(5):
            database.run(KEEPSAKE, ws_id=ws_id, event_id=f"e{number}", kept_at=now() - 31 * DAY)
            database.run(GOOGLE_EVENT, ws_id=ws_id, calendar_id="gone", event_id=f"e{number}")
        database.run(
            "INSERT INTO calendar_departures VALUES (:ws_id, 'google', 'gone', :at)", ws_id=ws_id, at=now() - 31 * DAY
        )
        expected = {"run_rows_deleted": 16, "stale_runs_closed": 2, "orphans_deleted": 5, "keepsakes_deleted": 5}
        return dict.fromkeys(COUNTERS, 0) | expected

    def test_a_dry_run_says_what_the_round_then_does_and_the_next_one_finds_nothing(
        self, upkeep: Upkeep, full: dict[str, int]
    ) -> None:
        assert upkeep(lambda: 300.0, dry_run=True).counts == full
        assert upkeep(lambda: 300.0, dry_run=True).counts == full, "a dry run changes nothing"
        assert upkeep(lambda: 300.0).counts == full
        assert upkeep(lambda: 300.0).counts == dict.fromkeys(COUNTERS, 0)

    def test_rounds_that_are_cut_short_add_up_to_one(self, upkeep: Upkeep, full: dict[str, int]) -> None:
        total, cut = dict.fromkeys(COUNTERS, 0), 0
        for _ in range(30):
            left = iter([300.0] * 14)
            report = upkeep(lambda left=left: next(left, 0.0))  # type: ignore[misc] # a default binds this round's
            total = {name: total[name] + report.counts[name] for name in COUNTERS}
            if not report.left:
                break
            cut += 1

        assert cut > 0
        assert total == full

    def test_the_command_tells_it_as_a_table_and_as_json(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        database_url: str,
        full: dict[str, int],
    ) -> None:
        almanac = Shell(monkeypatch, capsys)
        almanac.set(database_url=database_url, token_keys=new_key(), google_client_id="c", google_client_secret="s")

        forecast = almanac("upkeep", "--dry-run", "--json")
        done = almanac("upkeep")
        again = almanac("upkeep", "--json")

        assert (forecast.code, done.code, again.code) == (0, 0, 0)
        assert {name: forecast.json[name] for name in COUNTERS} == full
        assert json.loads(forecast.out)["dry_run"] is True
        assert ["run", "rows", "deleted", "16"] in [line.split() for line in done.out.splitlines()]
        assert {again.json[name] for name in COUNTERS} == {0}

    def test_the_command_names_accounts_and_calendars_in_trouble_without_an_address(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: Database, database_url: str
    ) -> None:
        ws_id = rows.workspace(database)
        rows.connection(database, ws_id, rows.account(database, ws_id))
        database.run(
            "UPDATE calendar_connections SET status = 'lost', last_error_type = 'access_denied',"
            " created_at = now() - interval '8 days'"
        )
        almanac = Shell(monkeypatch, capsys)
        almanac.set(database_url=database_url, token_keys=new_key(), google_client_id="c", google_client_secret="s")

        ended = almanac("upkeep")

        assert ended.code == 0
        assert "access_denied" in ended.out
        assert "storage_failed" in ended.out, "the account's token is no ciphertext of that key"
        assert "ada@" not in ended.out + ended.err

    @pytest.mark.parametrize(
        ("settings", "variable"),
        [({}, "ALMANAC_UPKEEP_RETENTION_DAYS"), ({"upkeep_retention_days": "90"}, "ALMANAC_UPKEEP_GRACE_DAYS")],
    )
    def test_a_setting_that_is_unusable_is_named(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        settings: dict[str, Any],
        variable: str,
    ) -> None:
        almanac = Shell(monkeypatch, capsys)
        almanac.set(**{"upkeep_retention_days": "0", "upkeep_grace_days": "soon", **settings})

        ended = almanac("upkeep")

        assert ended.code == 2
        assert variable in ended.complaint


GOOGLE_EVENT = (
    "INSERT INTO workspace_calendar_events (ws_id, provider, external_calendar_id, external_event_id, title, start_at,"
    " end_at) VALUES (:ws_id, 'google', :calendar_id, :event_id, 'Review', now(), now() + interval '1 hour')"
)


@KINDS
def test_a_forecast_knows_which_runs_stay(database: Database, store: PostgresUpkeepStore, table: str) -> None:
    dormant, busy, at_work = (rows.workspace(database) for _ in range(3))
    for age in (300, 200):
        for ws_id in (dormant, busy, at_work):
            run(database, table, ws_id, age * DAY)
    run(database, table, busy, DAY)
    run(database, table, at_work, 100 * DAY, "running")

    forecast = store.forecast(Limits.at(now(), 90 * DAY, 30 * DAY, 365 * DAY))

    assert forecast["run_rows_deleted"] == 5 == consumed(store.delete_old_runs(now() - 90 * DAY))


def test_limits_of_a_forecast_are_those_of_a_round(database: Database, store: PostgresUpkeepStore) -> None:
    ws_id = rows.workspace(database)
    for age in (10, 20):
        run(database, SYNCS, ws_id, age * DAY)
    for days, expected in ((15, 1), (25, 0)):
        limits = Limits.at(now(), days * DAY, 30 * DAY, 365 * DAY)
        assert store.forecast(limits)["run_rows_deleted"] == expected


def test_a_round_over_an_empty_database_does_nothing(database_url: str) -> None:
    with closing(Database(lambda: parse_url(database_url))) as database:
        store = PostgresUpkeepStore(database)
        assert [consumed(step) for step in (store.close_stale_runs(), store.delete_marks())] == [0, 0]
        assert consumed(store.delete_orphans(now())) == consumed(store.delete_old_runs(now())) == 0


class TestWebhookSecrets:
    ADD = (
        "INSERT INTO webhook_endpoints (url, secret, old_secret, old_until) VALUES"
        " ('https://example.org/hook', :secret, :old::text, now() + :hours::float8 * interval '1 hour') RETURNING id"
    )

    @pytest.mark.parametrize("valid", [True, False])
    def test_a_rotation_is_brought_to_its_end(
        self, database: Database, store: PostgresUpkeepStore, valid: bool
    ) -> None:
        newer, older = new_key(), new_key()
        encrypt = FernetCipher([older]).encrypt
        given = {"secret": encrypt("secret"), "old": encrypt("before"), "hours": 1 if valid else -1}
        endpoint_id = database.run(self.ADD, **given)[0][0]
        upkeep = SecretUpkeep(store, FernetCipher([newer, older]))
        for expected in (1, 0):
            report = UpkeepReport()
            assert upkeep(report, lambda: False)
            assert report.counts["webhook_secrets_reencrypted"] == expected
        sql = "SELECT secret, old_secret FROM webhook_endpoints WHERE id = :id"
        secret, old = database.run(sql, id=endpoint_id)[0]
        assert FernetCipher([newer]).decrypt(secret) == "secret"
        assert FernetCipher([newer if valid else older]).decrypt(old) == "before"

    def test_a_secret_that_was_replaced_meanwhile_is_not_written_over(
        self, database: Database, store: PostgresUpkeepStore
    ) -> None:
        encrypt = FernetCipher([new_key()]).encrypt
        endpoint_id = database.run(self.ADD, secret=encrypt("secret"), old=encrypt("before"), hours=1)[0][0]
        (before,) = store.secrets(None, 10)
        database.run("UPDATE webhook_endpoints SET secret = 'gAAAA-newer' WHERE id = :id", id=endpoint_id)
        assert store.reencrypt_secrets(before, "gAAAA-same", "gAAAA-same") is False
        ((secret, old),) = database.run("SELECT secret, old_secret FROM webhook_endpoints")
        assert (secret, old) == ("gAAAA-newer", before.old_secret)
