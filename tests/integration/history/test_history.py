"""What is noted, by whom, and what is not: the triggers of 0021_history.sql through the statements that fire them."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.adapters.postgres.history.store import PostgresHistory
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.domain.history.changes import KINDS, Change
from almanac.domain.sync.passes import Checkpoint
from almanac.domain.sync.report import ConnectionReport, SyncReport
from almanac.domain.sync.window import Window
from almanac.errors import BadInput, CursorExpired, StorageFailed, UnknownWorkspace
from almanac.jobs import CalendarSync
from almanac.services.history.read import History
from almanac.services.sync.ports import Connection, Lease
from tests.cli.shell import Shell
from tests.integration import rows
from tests.integration.history.changing import wait_for_a_waiting_session
from tests.integration.planned import Planned
from tests.integration.rows import NOON, event, page
from tests.integration.stores import SyncStores

pytestmark = pytest.mark.integration

WINDOW = Window(NOON - timedelta(days=30), NOON + timedelta(days=60))


class Synced:
    """A workspace with one calendar, and syncs of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ws_id = rows.workspace(database)
        self.connection_id = rows.connection(database, self.ws_id, rows.account(database, self.ws_id))
        self.stores = SyncStores.of(database, lease_seconds=60, cooldown_seconds=0)
        self.history = History(PostgresHistory(database))
        self.run_id = uuid4()

    def begin(self) -> tuple[Lease, Connection]:
        self.run_id = uuid4()
        lease = self.stores.runs.begin_run(CalendarSync(ws_id=self.ws_id), self.run_id, None)
        assert isinstance(lease, Lease)
        return lease, self.stores.pages.load_calendars(lease, None).connections[0]

    def sync(self, *events: Any, full: bool = False, error: str | None = None, gone: tuple[str, ...] = ()) -> UUID:
        """A whole run of one page."""
        lease, connection = self.begin()
        started_at = self.stores.pages.open_full_pass(lease, connection) if full else NOON
        self.stores.pages.apply_page(
            lease, connection, page(*events, tombstones=gone), "full" if full else "incremental", None
        )
        if full:
            at = Checkpoint("full", None, "fingerprint", WINDOW, started_at)
            self.stores.pages.complete_full_pass(lease, connection, at, "token")
        report = SyncReport(self.ws_id, self.run_id, "auto", status="failed" if error else "completed", outcome="full")
        report.error_type = report.error = error
        self.stores.runs.finish_run(lease, report)
        return self.run_id

    def changes(self, after: int = 0) -> list[Change]:
        return [*self.history.changes(self.ws_id, after, 1000).items]

    def told(self, after: int = 0) -> list[tuple[str, str]]:
        return [(change.kind, change.origin) for change in self.changes(after)]

    @property
    def head(self) -> int:
        return self.history.store.head(self.ws_id).version

    def event_id(self, name: str) -> UUID:
        found: UUID = self.database.run(
            "SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND external_event_id = :name",
            ws=self.ws_id,
            name=name,
        )[0][0]
        return found


@pytest.fixture
def team(database: Database) -> Synced:
    return Synced(database)


@pytest.fixture
def almanac(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(database_url=database_url)
    return shell


@pytest.fixture
def imported(team: Synced) -> Synced:
    team.sync(event("e1"), event("e2"), full=True)
    return team


class TestSync:
    def test_a_connected_account_and_its_first_reading_are_told(self, team: Synced) -> None:
        run = team.sync(event("e1"), event("e2"), full=True)

        assert team.told() == [
            ("account.connected", "app"),
            ("calendar.connected", "app"),
            ("event.created", "import"),
            ("event.created", "import"),
            ("calendar.imported", "import"),
        ]
        assert [change.run_id for change in team.changes(2)] == [run] * 3
        assert team.changes()[-1].note == {"count": 2}
        assert team.changes()[-1].subject == team.connection_id

    def test_later_changes_are_told_one_by_one_with_what_was_there(self, imported: Synced) -> None:
        before = imported.head

        run = imported.sync(event("e1", etag='"2"', title="Moved", location="Room 1"), event("e3"), gone=("e2",))

        deleted, updated = (c for c in imported.changes(before) if c.kind != "event.created")
        assert sorted(imported.told(before)) == [
            ("event.created", "sync"),
            ("event.deleted", "sync"),
            ("event.updated", "sync"),
        ]
        assert (updated.was, updated.changed, updated.run_id) == (
            {"title": "Review", "location": ""},
            ["location", "title"],
            run,
        )
        assert deleted.was is not None
        assert deleted.was["title"] == "Review"
        assert deleted.was["start_at"] == "2026-03-02T12:00:00+00:00"

    def test_an_unchanged_sync_writes_nothing(self, imported: Synced) -> None:
        before = imported.head

        imported.sync(event("e1"), event("e2"))
        imported.sync(event("e1"), event("e2"), full=True)
        imported.sync(event("e1", etag='"another"'))

        assert imported.told(before) == []

    def test_what_a_full_pass_has_not_met_is_a_sweep(self, imported: Synced) -> None:
        imported.database.run("UPDATE workspace_calendar_events SET created_at = '2026-01-01'")
        before = imported.head

        imported.sync(event("e1"), full=True)

        assert imported.told(before) == [("event.deleted", "sweep")]

    def test_an_event_that_comes_back_is_restored_once_under_its_id(self, imported: Synced) -> None:
        was = imported.event_id("e2")
        imported.database.run("UPDATE workspace_calendar_events SET locked = true WHERE id = :id", id=was)
        imported.sync(gone=("e2",))
        before = imported.head

        imported.sync(event("e2", etag='"3"'), event("e9"))

        found = {change.kind: change.subject for change in imported.changes(before)}
        assert found == {"event.restored": was, "event.created": imported.event_id("e9")}
        later = imported.head
        imported.sync(event("e10"))
        assert imported.told(later) == [("event.created", "sync")]

    def test_failing_is_told_once_and_so_is_its_end(self, imported: Synced) -> None:
        before = imported.head

        for error in ("google_unavailable", "google_unavailable", None, None):
            imported.sync(error=error)

        assert [change.kind for change in imported.changes(before)] == ["run.failed", "run.recovered"]
        assert imported.changes(before)[0].note == {"outcome": "full", "error_type": "google_unavailable"}

    def test_a_calendar_that_is_lost_and_found(self, imported: Synced) -> None:
        before = imported.head
        for status, error in (("failed", "access_denied"), ("failed", "access_denied"), ("completed", None)):
            lease, connection = imported.begin()
            report = ConnectionReport(connection.id, status=status, outcome="failed" if error else "incremental")
            report.error_type = report.error = error
            imported.stores.runs.record_connection(lease, report, None)
            imported.stores.runs.finish_run(
                lease, SyncReport(imported.ws_id, imported.run_id, "auto", status="completed", outcome="incremental")
            )

        assert imported.told(before) == [("calendar.lost", "sync"), ("calendar.recovered", "sync")]


class TestAccounts:
    @pytest.mark.parametrize("status", ["reconnect_required", "disconnected"])
    def test_a_status_is_told(self, imported: Synced, status: str) -> None:
        before = imported.head

        for each in (status, status, "active"):
            imported.database.run("UPDATE calendar_auth_tokens SET status = :status", status=each)

        assert [kind for kind, _ in imported.told(before)] == [f"account.{status}", "account.connected"]

    def test_a_calendar_that_goes_is_told(self, imported: Synced) -> None:
        before = imported.head

        imported.database.run("DELETE FROM calendar_auth_tokens")

        assert imported.told(before) == [("calendar.removed", "app")]


class TestPlans:
    def test_a_plan_tells_its_blocks_and_its_end(self, database_url: str) -> None:
        team = Planned(database_url)
        history = History(PostgresHistory(team.database))
        task = team.task("Write", 60)
        team.plan()
        placed = [(c.kind, c.origin) for c in history.changes(team.ws_id, 0).items]
        before = history.store.head(team.ws_id).version
        team.database.run("DELETE FROM tasks WHERE id = :id", id=task)
        report = team.plan()

        later = history.changes(team.ws_id, before).items
        team.wiring.close()
        assert placed == [("block.placed", "plan"), ("plan.completed", "plan")]
        assert [c.kind for c in later] == ["block.removed", "plan.completed"]
        assert {c.run_id for c in later} == {report.run_id}

    def test_an_app_that_moves_a_block_meanwhile_waits_and_neither_is_ended(
        self, database: Database, database_url: str
    ) -> None:
        """Rows first, head last: a plan deletes and moves, and somebody changes what it will move in between."""
        ws_id = rows.workspace(database)
        insert = (
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
            " VALUES (:ws, 'Block', now(), now()) RETURNING id::text"
        )
        gone, moved = (database.run(insert, ws=ws_id)[0][0] for _ in range(2))
        plan = database.statements("plan/plan.sql")
        done: list[int] = []

        def app() -> None:
            with closing(Database(lambda: parse_url(database_url))) as own:
                own.run("UPDATE workspace_calendar_events SET locked = true WHERE id = :id", id=moved)
                done.append(1)

        with database.transaction():
            plan("lock_blocks", ws_id=ws_id, ids=arrays.texts([moved]))
            assert len(plan("delete_blocks", ws_id=ws_id, ids=arrays.texts([gone]))) == 1
            thread = Thread(target=app)
            thread.start()
            wait_for_a_waiting_session(database)
            database.run("UPDATE workspace_calendar_events SET title = 'Moved' WHERE id = :id", id=moved)
        thread.join(10)

        assert done == [1]
        kinds = [change.kind for change in PostgresHistory(database).changes(ws_id, 2, 10)]
        assert kinds == ["event.deleted", "event.updated", "event.updated"]


class TestWriting:
    def test_a_workspace_that_goes_takes_its_history_along(self, imported: Synced) -> None:
        other = rows.workspace(imported.database)
        rows.account(imported.database, other)

        imported.database.run("DELETE FROM workspaces WHERE id = :ws", ws=imported.ws_id)

        left = "SELECT DISTINCT ws_id FROM {} ORDER BY 1"
        for table in ("workspace_history", "workspace_history_heads", "workspace_history_feed"):
            assert imported.database.run(left.format(table)) == [[other]]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE workspace_history SET kind = 'event.updated'",
            "DELETE FROM workspace_history",
            "TRUNCATE workspace_history",
        ],
    )
    def test_nobody_changes_what_was_noted(self, imported: Synced, statement: str) -> None:
        with pytest.raises(StorageFailed, match="42501"):
            imported.database.run(statement)

    def test_who_may_not_touch_history_is_in_it_all_the_same(self, imported: Synced) -> None:
        """A product signs in with a role of its own; the triggers write as their owner."""
        run, before = imported.database.run, imported.head

        def as_product(*statements: str) -> None:
            with imported.database.transaction():
                run("SET LOCAL ROLE a_product")
                for statement in statements:
                    run(statement)

        run("CREATE ROLE a_product")
        try:
            run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO a_product")
            for table in ("workspace_history", "workspace_history_heads", "workspace_history_feed"):
                run(f"REVOKE ALL ON {table} FROM a_product")
            as_product(
                "UPDATE workspace_calendar_events SET title = 'Ours' WHERE external_event_id = 'e1'",
                "DELETE FROM workspace_calendar_events WHERE external_event_id = 'e2'",
            )
            with pytest.raises(StorageFailed, match="42501"):
                as_product("UPDATE workspace_history_heads SET version = 0")
        finally:
            run("DROP OWNED BY a_product")
            run("DROP ROLE a_product")

        assert imported.told(before) == [("event.updated", "app"), ("event.deleted", "app")]

    def test_a_statement_over_many_workspaces_gives_each_its_versions(self, imported: Synced) -> None:
        others = [Synced(imported.database) for _ in range(3)]
        for other in others:
            other.sync(event("e1"), event("e2"), full=True)

        imported.database.run("UPDATE workspace_calendar_events SET title = 'All'")

        for each in (imported, *others):
            assert [change.kind for change in each.changes(5)] == ["event.updated"] * 2
            assert [change.version for change in each.changes()] == list(range(1, 8))

    def test_a_changed_row_calls_no_function_of_its_own(self, imported: Synced) -> None:
        """What is called a row instead of a statement halves the speed of a page; rows of far years may."""

        def calls() -> Counter[str]:
            return Counter(dict(imported.database.run("SELECT funcname, calls FROM pg_stat_xact_user_functions")))

        def called(events: int) -> Counter[str]:
            imported.sync(*(event(f"e{n}") for n in range(events)))
            with imported.database.transaction():
                before = calls()
                imported.database.run("SET LOCAL track_functions = 'all'")
                imported.database.run("UPDATE workspace_calendar_events SET title = title || '!'")
                return calls() - before

        few = called(2)
        assert few["almanac_history_of_changed_events"] == 1
        assert called(7) == few

    def test_kinds_that_are_written_are_those_that_are_named(self, imported: Synced) -> None:
        written = imported.database.run("SELECT DISTINCT kind FROM workspace_history")

        kinds = {row[0] for row in written}
        assert kinds
        assert kinds <= KINDS.keys()

    def test_writers_at_once_leave_no_gap_and_no_reader_loses_any(self, imported: Synced, database_url: str) -> None:
        """Scenario 17: a reader that goes on from its last version sees each once, while eight write."""
        start, writers, each = Barrier(9), 8, 12

        def write(number: int) -> None:
            with closing(Database(lambda: parse_url(database_url))) as own:
                own.run("SELECT 1")
                start.wait()
                for place in range(each):
                    own.run(
                        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
                        " SELECT :ws, :title, now(), now() FROM generate_series(1, 2), pg_sleep(0.001)",
                        ws=imported.ws_id,
                        title=f"{number}-{place}",
                    )

        before = imported.head
        threads = [Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        start.wait()
        seen: list[int] = []
        while len(seen) < writers * each * 2:
            seen += [change.version for change in imported.changes(seen[-1] if seen else before)]
        for thread in threads:
            thread.join()

        assert seen == list(range(before + 1, before + 1 + writers * each * 2))
        feed = imported.database.run(
            "SELECT first, last FROM workspace_history_feed WHERE last > :v ORDER BY last", v=before
        )
        assert [version for first, last in feed for version in range(first, last + 1)] == seen


class TestReading:
    def test_a_calendar_as_it_was(self, imported: Synced) -> None:
        noon = imported.head
        imported.sync(event("e1", etag='"2"', title="Later"), gone=("e2",))

        def titles(version: int | None) -> list[str]:
            return sorted(
                state["title"] for state in imported.history.calendar(imported.ws_id, version).events.values()
            )

        assert titles(noon) == ["Review", "Review"]
        assert titles(None) == ["Later"]
        assert titles(0) == []

    def test_an_instant_is_a_version(self, imported: Synced) -> None:
        first, *_, last = imported.changes()
        at = imported.history.calendar_at

        assert at(imported.ws_id, last.at).version == last.version
        assert at(imported.ws_id, last.at - timedelta(microseconds=1)).version < last.version
        assert at(imported.ws_id, first.at - timedelta(days=1)).version == 0

    def test_an_unknown_workspace_and_a_version_to_come_are_refused(self, imported: Synced) -> None:
        with pytest.raises(UnknownWorkspace):
            imported.history.changes(uuid4(), 0)
        with pytest.raises(BadInput, match=f"from 0 to {imported.head}"):
            imported.history.calendar(imported.ws_id, imported.head + 1)

    def test_a_workspace_without_changes_is_at_0(self, database: Database) -> None:
        page_ = History(PostgresHistory(database)).changes(rows.workspace(database), 0)

        assert (page_.items, page_.next, page_.head) == ([], 0, 0)


class TestFleet:
    def read(self, team: Synced, limit: int, ws_ids: list[UUID] | None = None) -> list[tuple[UUID, int]]:
        seen: list[tuple[UUID, int]] = []
        place = None
        while items := (page_ := team.history.fleet(place, ws_ids, limit)).items:
            seen += [(ws_id, change.version) for ws_id, change in items]
            place = page_.next
        assert team.history.fleet(place, ws_ids, limit).next == place
        return seen

    @pytest.mark.parametrize("limit", [1, 3, 200])
    def test_all_workspaces_are_read_page_by_page(self, imported: Synced, limit: int) -> None:
        other = Synced(imported.database)
        other.sync(event("e1"), event("e2"), event("e3"), full=True)
        imported.database.run("UPDATE workspace_calendar_events SET title = 'All'")

        seen = self.read(imported, limit)

        for team in (imported, other):
            assert [version for ws_id, version in seen if ws_id == team.ws_id] == list(range(1, team.head + 1))
        assert len(seen) == len(set(seen)) == imported.head + other.head
        assert self.read(imported, limit, [other.ws_id]) == [(other.ws_id, v) for v in range(1, other.head + 1)]
        assert imported.history.fleet(None, [], 10).next is None

    def test_a_long_writer_holds_the_feed_back_and_nothing_is_lost(self, imported: Synced, database_url: str) -> None:
        """Scenario 19: other workspaces' own lists go on meanwhile."""
        other = Synced(imported.database)
        insert = "INSERT INTO workspace_calendar_events (ws_id, start_at, end_at) VALUES (:ws, now(), now())"
        before = self.read(imported, 200)
        with closing(Database(lambda: parse_url(database_url))) as long:
            long.run("BEGIN")
            long.run(insert, ws=other.ws_id)
            imported.database.run(insert, ws=imported.ws_id)
            meanwhile = self.read(imported, 200)
            assert len(imported.changes(5)) == 1
            held = PostgresPublishing(imported.database).feed_held()
            long.run("COMMIT")

        assert meanwhile == before
        assert 0 < held < 600
        assert PostgresPublishing(imported.database).feed_held() == 0
        assert sorted(self.read(imported, 200)[len(before) :]) == sorted([(imported.ws_id, 6), (other.ws_id, 3)])

    def test_a_long_reader_holds_nothing_back_and_sees_its_own_moment(
        self, imported: Synced, database_url: str
    ) -> None:
        """Scenario 20: somebody dumps the database while others write, read and publish."""
        insert = "INSERT INTO workspace_calendar_events (ws_id, start_at, end_at) VALUES (:ws, now(), now())"
        count = "SELECT count(*), max(version) FROM workspace_history"
        publishing, published = PostgresPublishing(imported.database), list[int]()
        before, head = self.read(imported, 200), imported.head
        with closing(Database(lambda: parse_url(database_url))) as long:
            long.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
            first = long.run(count)
            for version in range(head + 1, head + 4):
                imported.database.run(insert, ws=imported.ws_id)
                assert [change.version for change in imported.changes(version - 1)] == [version]
                assert self.read(imported, 200) == [
                    *before,
                    *((imported.ws_id, v) for v in range(head + 1, version + 1)),
                ]
                for each in publishing.claim(10, 100, 60):
                    published += [change.version for change in each.changes]
                    publishing.published({each.ws_id: each.until}, {})
            still = long.run(count)
            long.run("COMMIT")

        assert still == first
        told = [
            change.version
            for change in imported.changes()
            if (change.kind, change.origin) != ("event.created", "import")
        ]
        assert published == told


class TestRetention:
    @pytest.fixture
    def aged(self, imported: Synced) -> Synced:
        """Versions 1 to 3 are from long ago."""
        imported.database.run("BEGIN")
        imported.database.run("SET LOCAL almanac.history_change = 'retention'")
        imported.database.run("UPDATE workspace_history SET at = at - interval '91 days' WHERE version <= 3")
        imported.database.run("COMMIT")
        return imported

    @pytest.mark.parametrize("batch", [1, 2, 3, 5000])
    def test_old_changes_go_from_the_oldest_on(self, aged: Synced, batch: int) -> None:
        store = PostgresUpkeepStore(aged.database, batch)

        deleted = sum(each.rows for each in store.delete_old_history(now(aged) - timedelta(days=90)))

        assert deleted == 3
        assert [c.version for c in aged.changes(3)] == [4, 5]
        assert aged.history.store.head(aged.ws_id).oldest == 4
        assert sum(each.rows for each in store.delete_old_history(now(aged) - timedelta(days=90))) == 0

    def test_all_of_a_quiet_workspace_may_go(self, aged: Synced) -> None:
        store = PostgresUpkeepStore(aged.database)

        assert sum(each.rows for each in store.delete_old_history(now(aged) + timedelta(days=1))) == 5
        assert aged.changes(5) == []
        aged.sync(event("e3"))
        assert [c.version for c in aged.changes(5)] == [6]

    def test_who_stands_before_the_oldest_is_told(self, aged: Synced) -> None:
        [*PostgresUpkeepStore(aged.database).delete_old_history(now(aged) - timedelta(days=90))]

        with pytest.raises(CursorExpired, match="before version 4") as expired:
            aged.changes(2)
        assert expired.value.oldest == 4
        with pytest.raises(CursorExpired):
            aged.history.calendar_at(aged.ws_id, NOON - timedelta(days=365))
        assert len(aged.history.calendar(aged.ws_id, 3).events) == 1

    def test_who_reads_all_workspaces_and_stands_before_what_is_left_is_told(self, aged: Synced) -> None:
        first = aged.history.fleet(None, None, 1).next
        last = aged.history.fleet(None, None).next
        assert [change.version for _, change in aged.history.fleet(first, None).items] == [2, 3, 4, 5]
        [*PostgresUpkeepStore(aged.database).delete_old_history(now(aged) - timedelta(days=90))]

        with pytest.raises(CursorExpired):
            aged.history.fleet(first, None)
        assert aged.history.fleet(last, None).items == []
        assert [change.version for _, change in aged.history.fleet(None, None).items] == [4, 5]

    def test_what_goes_between_the_head_and_the_changes_is_no_gap(
        self, aged: Synced, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        head = aged.history.store.head(aged.ws_id)
        [*PostgresUpkeepStore(aged.database).delete_old_history(now(aged) - timedelta(days=90))]
        monkeypatch.setattr(PostgresHistory, "head", lambda *_: head)

        with pytest.raises(CursorExpired, match="before version 4"):
            aged.history.changes(aged.ws_id, 1)

    def test_the_last_version_told_is_never_after_the_last_there_is(
        self, aged: Synced, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Changes that come between the two looks are told, and count."""
        head = replace(aged.history.store.head(aged.ws_id), version=4)
        monkeypatch.setattr(PostgresHistory, "head", lambda *_: head)
        page = aged.history.changes(aged.ws_id, 3)
        assert (page.next, page.head) == (5, 5)


def now(team: Synced) -> Any:
    return team.database.run("SELECT now()")[0][0]


def test_redaction_takes_texts_and_people_and_leaves_times(imported: Synced) -> None:
    event_id = imported.event_id("e1")
    imported.sync(event("e1", etag='"2"', title="Public", start=NOON + timedelta(hours=3)))
    imported.sync(event("e2", etag='"2"', title="Other"), gone=("e1",))

    assert imported.history.redact(imported.ws_id, event_id) == 2

    stored = str(imported.database.run("SELECT was FROM workspace_history WHERE subject = :id", id=event_id))
    assert "Review" not in stored
    assert "Public" not in stored
    assert "e1@google.com" not in stored
    state = imported.history.calendar(imported.ws_id, 5).events[event_id]
    assert (state["title"], state["start_at"]) == ("", "2026-03-02T12:00:00+00:00")
    assert imported.history.redact(imported.ws_id, event_id) == 2, "again does no harm"


def test_an_event_that_is_not_there_cannot_be_redacted(imported: Synced, almanac: Shell) -> None:
    unknown, elsewhere = uuid4(), rows.workspace(imported.database)
    calm = imported.event_id("e2")

    missing = almanac("redact", str(imported.ws_id), "--event", str(unknown))
    foreign = almanac("redact", str(elsewhere), "--event", str(calm), "--json")
    known = almanac("redact", str(imported.ws_id), "--event", str(calm))

    assert (missing.code, missing.err) == (
        1,
        f"almanac: neither the workspace nor its history has an event {unknown}\n",
    )
    assert (foreign.code, json.loads(foreign.out)["redacted"]) == (1, 0)
    assert (known.code, known.out, known.err) == (0, "0 change(s) redacted\n", ""), "nothing of it is kept yet"


def test_the_command_lists_and_shows(imported: Synced, almanac: Shell) -> None:
    listed = almanac("history", str(imported.ws_id), "--from", "3", "--json")
    shown = almanac("history", str(imported.ws_id), "--version", "3")
    both = almanac("history", str(imported.ws_id), "--from", "3", "--version", "2")
    late = almanac("history", str(imported.ws_id), "--from", "99")
    imported.database.run("DELETE FROM workspace_calendar_events WHERE external_event_id = 'e1'")
    lines = almanac("history", str(imported.ws_id)).out.splitlines()

    assert [each["kind"] for each in listed.json["changes"]] == ["event.created", "calendar.imported"]
    assert (listed.json["head"], listed.json["next"]) == (5, 5)
    assert shown.out.count("Review") == 1
    named = [line.split()[2] for line in lines if line.endswith("Review")]
    assert (named.count("event.created"), named.count("event.deleted")) == (2, 1), "also of the one that is gone"
    assert both.code == late.code == 2
    assert "--from" in late.err
