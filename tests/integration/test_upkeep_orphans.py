"""What calendars leave behind: it goes after the grace, never under a run's feet, and comes back with its owner."""

import importlib.resources
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres import migrate
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.domain.operations.maintenance import Batch
from almanac.errors import LeaseLost
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Lease
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.integration import rows
from tests.integration.stores import SyncStores
from tests.integration.team import Team

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
GRACE = 30 * DAY
ADA, BOB, SHARED = "ada@example.test", "bob@example.test", "team@group.calendar.google.com"
EVENT = (
    "INSERT INTO workspace_calendar_events (ws_id, provider, external_calendar_id, external_event_id, title, start_at,"
    " end_at) VALUES (:ws_id, :provider, :calendar_id, :event_id, 'Review', now(), now() + interval '1 hour')"
)
DISCONNECT = "UPDATE calendar_auth_tokens SET status = 'disconnected' WHERE account_email = :email"
SINCE = "UPDATE calendar_auth_tokens SET disconnected_at = :at WHERE disconnected_at IS NOT NULL"
DEPARTED = "UPDATE calendar_departures SET departed_at = :at"
DEPARTURES = "SELECT array_agg(calendar_id ORDER BY calendar_id) FROM calendar_departures"


@pytest.fixture
def beside(database_url: str) -> Iterator[Database]:
    """A session that takes part in no round."""
    database = Database(lambda: parse_url(database_url))
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> PostgresUpkeepStore:
    """With small batches, so that a calendar takes several."""
    return PostgresUpkeepStore(database, batch=3)


def now() -> datetime:
    return datetime.now(UTC)


def grow_older(database: Database, age: timedelta) -> None:
    """Let everything that has left have left so long ago."""
    for statement in (SINCE, DEPARTED):
        database.run(statement, at=now() - age)


def fill(database: Database, ws_id: UUID, calendar_id: str = SHARED, count: int = 7, provider: str = "google") -> None:
    for number in range(count):
        database.run(EVENT, ws_id=ws_id, provider=provider, calendar_id=calendar_id, event_id=f"e{number}")


def stored(database: Database, ws_id: UUID | None = None) -> int:
    sql = "SELECT count(*) FROM workspace_calendar_events WHERE :ws_id::uuid IS NULL OR ws_id = :ws_id::uuid"
    return int(database.run(sql, ws_id=ws_id)[0][0])


def removed(store: PostgresUpkeepStore, grace: timedelta = GRACE) -> int:
    return sum(batch.rows for batch in store.delete_orphans(now() - grace))


def lease(database: Database, ws_id: UUID, left: timedelta) -> UUID:
    """A run that holds the workspace for so long; a negative time is over."""
    owner = uuid4()
    sql = "INSERT INTO workspace_sync_leases (ws_id, owner, fence, expires_at) VALUES (:ws_id, :owner, 7, :until)"
    database.run(sql, ws_id=ws_id, owner=owner, until=now() + left)
    return owner


class TestSinceWhen:
    """The triggers that note when somebody left, whoever writes the rows."""

    @pytest.fixture
    def account_id(self, database: Database) -> UUID:
        return rows.account(database, rows.workspace(database), ADA)

    def disconnected(self, database: Database) -> datetime | None:
        moment: datetime | None = database.run("SELECT disconnected_at FROM calendar_auth_tokens")[0][0]
        return moment

    def test_an_account_is_disconnected_since_its_status_says_so(self, database: Database, account_id: UUID) -> None:
        assert self.disconnected(database) is None
        database.run(DISCONNECT, email=ADA)
        first = self.disconnected(database)
        assert first is not None
        assert abs(first - now()) < timedelta(minutes=1)

        database.run(DISCONNECT, email=ADA)
        database.run("UPDATE calendar_auth_tokens SET version = version + 1")
        assert self.disconnected(database) == first, "saying it again does not make it younger"

        for status in ("active", "reconnect_required"):
            database.run("UPDATE calendar_auth_tokens SET status = :status", status=status)
            assert self.disconnected(database) is None
            database.run(DISCONNECT, email=ADA)

    def test_one_that_is_stored_as_disconnected_is_so_since_then(self, database: Database) -> None:
        rows.account(database, rows.workspace(database), ADA, status="disconnected")

        assert self.disconnected(database) is not None

    @pytest.mark.parametrize("gone", ["calendar_connections", "calendar_auth_tokens"])
    def test_a_calendar_departs_with_its_connection_and_with_its_account(
        self, database: Database, account_id: UUID, gone: str
    ) -> None:
        (ws_id,) = database.run("SELECT ws_id FROM calendar_auth_tokens")[0]
        for calendar_id in (ADA, SHARED):
            rows.connection(database, ws_id, account_id, calendar_id)

        database.run(f"DELETE FROM {gone}")

        assert database.run(DEPARTURES) == [[[ADA, SHARED]]]

    def test_a_later_departure_counts_anew(self, database: Database, account_id: UUID) -> None:
        (ws_id,) = database.run("SELECT ws_id FROM calendar_auth_tokens")[0]
        for _ in range(2):
            rows.connection(database, ws_id, account_id, SHARED)
            grow_older(database, 40 * DAY)
            database.run("DELETE FROM calendar_connections")

        ((departed_at,),) = database.run("SELECT departed_at FROM calendar_departures")
        assert abs(departed_at - now()) < timedelta(minutes=1)

    def test_a_workspace_that_goes_leaves_nothing(self, database: Database, account_id: UUID) -> None:
        (ws_id,) = database.run("SELECT ws_id FROM calendar_auth_tokens")[0]
        rows.connection(database, ws_id, account_id, SHARED)
        fill(database, ws_id)

        database.run("DELETE FROM workspaces")

        assert database.run(DEPARTURES) == [[None]]


LEAVING = {
    "disconnects": DISCONNECT,
    "account deleted": "DELETE FROM calendar_auth_tokens WHERE account_email = :email",
    "connection deleted": "DELETE FROM calendar_connections c USING calendar_auth_tokens a"
    " WHERE a.id = c.auth_token_id AND a.account_email = :email",
}


def leave(database: Database, email: str, how: str = "account deleted") -> None:
    """Somebody leaves, one of three ways."""
    database.run(LEAVING[how], email=email)


WAYS = pytest.mark.parametrize("how", LEAVING)


class TestWhatIsAnOrphan:
    @pytest.fixture
    def ws_id(self, database: Database) -> UUID:
        """A workspace in which Ada reads a shared calendar."""
        ws_id = rows.workspace(database)
        rows.connection(database, ws_id, rows.account(database, ws_id, ADA), SHARED)
        fill(database, ws_id)
        return ws_id

    def bob(self, database: Database, ws_id: UUID) -> UUID:
        """He reads it too."""
        return rows.connection(database, ws_id, rows.account(database, ws_id, BOB), SHARED)

    @WAYS
    def test_events_outlive_their_last_reader_by_the_grace(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID, how: str
    ) -> None:
        assert removed(store) == 0
        leave(database, ADA, how)
        assert removed(store) == 0

        grow_older(database, 29 * DAY)
        assert removed(store) == 0

        grow_older(database, 31 * DAY)
        assert removed(store) == 7
        assert stored(database) == 0
        assert database.run(DEPARTURES) == [[None]]
        assert list(store.delete_orphans(now() - GRACE)) == [], "nothing is left to look at again"

    @WAYS
    def test_a_second_reader_keeps_them_and_the_last_one_to_leave_counts(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID, how: str
    ) -> None:
        self.bob(database, ws_id)
        leave(database, ADA, how)
        grow_older(database, 100 * DAY)
        assert removed(store) == 0

        leave(database, BOB, "disconnects")
        database.run(
            "UPDATE calendar_auth_tokens SET disconnected_at = :at WHERE account_email = :email",
            at=now() - 29 * DAY,
            email=BOB,
        )
        assert removed(store) == 0

        grow_older(database, 31 * DAY)
        assert removed(store) == 7

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param("UPDATE calendar_connections SET is_enabled = false", id="switched off"),
            pytest.param("UPDATE calendar_connections SET sync_inbound_enabled = false", id="inbound off"),
            pytest.param(
                "UPDATE calendar_connections SET status = 'lost', last_error_type = 'access_denied'",
                id="lost: a 404 proves nothing",
            ),
            pytest.param(
                "UPDATE calendar_auth_tokens SET status = 'reconnect_required'", id="its owner must reconnect"
            ),
        ],
    )
    def test_a_calendar_that_is_not_read_for_now_is_no_orphan(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID, change: str
    ) -> None:
        database.run(change)

        assert removed(store, grace=-DAY) == 0

    def test_the_apps_own_blocks_other_calendars_and_other_workspaces_are_not_touched(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        fill(database, ws_id, provider="almanac")
        account = rows.account(database, ws_id, BOB)
        rows.connection(database, ws_id, account, BOB)
        fill(database, ws_id, BOB)
        other = rows.workspace(database)
        rows.connection(database, other, rows.account(database, other, BOB), SHARED)
        fill(database, other)
        leave(database, ADA)
        grow_older(database, 31 * DAY)

        assert removed(store) == 7
        assert (stored(database, ws_id), stored(database, other)) == (14, 7)

    def test_many_calendars_are_all_found_in_small_batches(
        self, database: Database, store: PostgresUpkeepStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("almanac.adapters.postgres.maintenance._PAGE", 2)
        for _ in range(3):
            ws_id = rows.workspace(database)
            account = rows.account(database, ws_id, ADA)
            for number in range(3):
                rows.connection(database, ws_id, account, f"calendar {number}")
                fill(database, ws_id, f"calendar {number}", 4)
        leave(database, ADA)
        grow_older(database, 31 * DAY)

        batches = list(store.delete_orphans(now() - GRACE))

        assert sum(batch.rows for batch in batches) == 36
        assert max(batch.rows for batch in batches) == 3
        assert database.run(DEPARTURES) == [[None]]

    def test_an_event_that_somebody_holds_is_passed_by_and_its_calendar_comes_up_again(
        self, database: Database, beside: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        leave(database, ADA)
        grow_older(database, 31 * DAY)

        with beside.transaction():
            beside.run("SELECT 1 FROM workspace_calendar_events WHERE external_event_id = 'e5' FOR UPDATE")
            assert removed(store) == 6

        assert removed(store) == 1


def test_who_left_before_anybody_noted_it_gets_a_whole_grace(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migration knows that nobody reads a calendar, not since when."""
    shipped = importlib.resources.files("almanac") / "migrations"
    (tmp_path / "migrations").mkdir()
    monkeypatch.setattr(migrate, "files", lambda _package: tmp_path)
    for file in shipped.iterdir():
        if file.name < "0005":
            (tmp_path / "migrations" / file.name).write_text(file.read_text())
    url = postgres.create_database("before_upkeep")
    migrate.migrate(url)
    with closing(Database(lambda: parse_url(url))) as database:
        ws_id = rows.workspace(database)
        rows.connection(database, ws_id, rows.account(database, ws_id, ADA, status="disconnected"), ADA)
        rows.connection(database, ws_id, rows.account(database, ws_id, BOB), BOB)
        for calendar_id in (ADA, BOB, SHARED):
            fill(database, ws_id, calendar_id, 2)

        (tmp_path / "migrations" / "0005_upkeep.sql").write_text((shipped / "0005_upkeep.sql").read_text())
        assert migrate.migrate(url) == ["0005_upkeep.sql"]

        store = PostgresUpkeepStore(database)
        assert database.run(DEPARTURES) == [[[SHARED]]]
        assert removed(store) == 0
        grow_older(database, 31 * DAY)
        assert removed(store) == 4
    postgres.drop_database("before_upkeep")


class TestBesideARun:
    @pytest.fixture
    def ws_id(self, database: Database) -> UUID:
        """A workspace whose calendar is an orphan."""
        ws_id = rows.workspace(database)
        rows.connection(database, ws_id, rows.account(database, ws_id, ADA), SHARED)
        fill(database, ws_id)
        leave(database, ADA, "disconnects")
        grow_older(database, 31 * DAY)
        return ws_id

    def test_a_workspace_in_which_a_run_is_at_work_is_left_alone(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        lease(database, ws_id, timedelta(minutes=1))
        held = database.run("SELECT * FROM workspace_sync_leases")

        assert list(store.delete_orphans(now() - GRACE)) == [Batch(0, busy=True)]
        assert stored(database) == 7
        assert database.run("SELECT * FROM workspace_sync_leases") == held

    def test_it_costs_no_other_workspace_its_turn(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        lease(database, ws_id, timedelta(minutes=1))
        other = rows.workspace(database)
        rows.connection(database, other, rows.account(database, other, ADA), SHARED)
        fill(database, other)
        database.run("DELETE FROM calendar_auth_tokens WHERE ws_id = :ws_id", ws_id=other)
        grow_older(database, 31 * DAY)

        assert removed(store) == 7
        assert (stored(database, ws_id), stored(database, other)) == (7, 0)

    def test_a_run_that_has_fallen_silent_is_overtaken_and_a_waiting_message_is_not_forgotten(
        self, database: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        lease(database, ws_id, -timedelta(seconds=1))
        database.run("UPDATE workspace_sync_leases SET queued_at = now()")

        assert removed(store) == 7
        ((owner, fence, queued_at),) = database.run("SELECT owner, fence, queued_at FROM workspace_sync_leases")
        assert (owner, fence > 7, queued_at is not None) == (None, True, True)

    def test_an_overtaken_run_can_store_no_token_for_rows_that_are_gone(
        self, database: Database, beside: Database, store: PostgresUpkeepStore, ws_id: UUID
    ) -> None:
        syncs = SyncStores.of(beside, lease_seconds=60, cooldown_seconds=0)
        beside.run("UPDATE calendar_auth_tokens SET status = 'active'")
        run = syncs.runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), None)
        assert isinstance(run, Lease)
        (connection,) = syncs.pages.load_calendars(run, None).connections
        leave(database, ADA, "disconnects")
        grow_older(database, 31 * DAY)
        assert removed(store) == 0, "while it is at work nothing goes"

        database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")
        assert removed(store) == 7

        with pytest.raises(LeaseLost):
            syncs.pages.apply_page(run, connection, rows.page(rows.event()), "incremental", None)
        assert stored(beside) == 0

    def test_a_run_that_begins_meanwhile_waits_for_the_batch_and_no_longer(
        self, database: Database, beside: Database, ws_id: UUID
    ) -> None:
        """The claim is the lease's own row: taking the lease waits for it and then goes on."""
        syncs = SyncStores.of(beside, lease_seconds=60, cooldown_seconds=0)
        job = CalendarSync(ws_id=ws_id, source="schedule")

        with ThreadPoolExecutor(1) as pool:
            with database.transaction():
                database.statements("maintenance.sql")("claim_workspace", ws_id=ws_id)
                begun = pool.submit(syncs.runs.begin_run, job, uuid4(), None)
                wait_until_blocked(database)
                assert not begun.done()
            assert isinstance(begun.result(timeout=10), Lease)


def wait_until_blocked(database: Database) -> None:
    """Until some other session waits for a lock; a statement at a time, so nothing is slept through."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(10_000):
        database.run("SELECT pg_stat_clear_snapshot()")
        if database.run(sql)[0][0]:
            return
    raise AssertionError("nobody waits")


class TestReturning:
    """Against the simulator: what went comes back whole when its owner does."""

    @pytest.fixture
    def team(self, database_url: str) -> Iterator[Team]:
        with Simulator(seed=5) as simulator:
            team = Team(simulator, database_url)
            yield team
            team.close()

    def test_after_the_grace_an_owner_who_comes_back_gets_every_event_again(self, team: Team, beside: Database) -> None:
        (calendar,) = team.connect(ADA)
        for number in range(7):
            team.add(calendar, f"Review {number}")
        assert team.sync().status == "completed"
        beside.run("UPDATE workspace_calendar_events SET locked = true WHERE title = 'Review 3'")
        beside.run(DISCONNECT, email=ADA)
        grow_older(beside, 31 * DAY)

        assert removed(PostgresUpkeepStore(beside, batch=3)) == 7
        assert beside.run("SELECT count(*) FROM calendar_sync_states") == [[0]], "its token stood for those rows"

        beside.run("UPDATE calendar_auth_tokens SET status = 'active'")
        report = team.sync()

        assert (report.status, report.outcome) == ("completed", "redirected_to_full")
        assert team.stored() == team.truth(calendar)
        locked = beside.run("SELECT title FROM workspace_calendar_events WHERE locked")
        assert locked == [["Review 3"]], "what the app owned was kept for one more grace"

    def test_an_owner_who_comes_back_between_two_batches_gets_every_event_again(
        self, team: Team, beside: Database
    ) -> None:
        (calendar,) = team.connect(ADA)
        for number in range(7):
            team.add(calendar, f"Review {number}")
        team.sync()
        beside.run(DISCONNECT, email=ADA)
        grow_older(beside, 31 * DAY)
        batches = PostgresUpkeepStore(beside, batch=3).delete_orphans(now() - GRACE)
        assert next(batches).rows == 3

        beside.run("UPDATE calendar_auth_tokens SET status = 'active'")

        assert [batch.rows for batch in batches] == [0], "it is no orphan any more"
        assert team.sync().outcome == "redirected_to_full"
        assert team.stored() == team.truth(calendar)

    def test_however_rounds_and_syncs_meet_no_row_is_lost_while_its_owner_is_here(
        self, team: Team, beside: Database, database_url: str
    ) -> None:
        """Rounds without any grace, again and again, while the owner leaves, comes back and is synced."""
        (calendar,) = team.connect(ADA)
        for number in range(20):
            team.add(calendar, f"Review {number}")
        syncing(team)
        done = threading.Event()

        def rounds() -> int:
            gone = 0
            database = Database(lambda: parse_url(database_url))
            store = PostgresUpkeepStore(database, batch=3)
            while not done.is_set():
                gone += removed(store, grace=-DAY)
            database.close()
            return gone

        with ThreadPoolExecutor(1) as pool:
            gone = pool.submit(rounds)
            try:
                for turn in range(30):
                    beside.run("UPDATE calendar_auth_tokens SET status = 'disconnected'")
                    while stored(beside) > 20 - turn % 20 and not gone.done():
                        pass  # a round is at it; its owner comes back when it is now more, now less far
                    beside.run("UPDATE calendar_auth_tokens SET status = 'active'")
                    syncing(team)
                    assert team.stored() == team.truth(calendar)
            finally:
                done.set()
            assert gone.result(timeout=30) > 0, "otherwise nothing was put to the test"


def syncing(team: Team) -> None:
    """A sync that may be overtaken; it never is while its lease is live."""
    try:
        report = team.sync(source="schedule", force=True)
    except LeaseLost:
        raise AssertionError("a live run was overtaken") from None
    assert report.status in ("completed", "skipped"), report.as_dict()
