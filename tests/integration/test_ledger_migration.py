"""0007_ledger.sql: rows are carried over, both old tables read as before, and the previous release goes on writing."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, parse_url, statements
from almanac.domain.sync.report import Tally
from almanac.errors import StorageFailed
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Lease, Refusal
from local.postgres import Postgres
from tests.integration import rows
from tests.integration.rows import NOON
from tests.integration.stores import sync_runs

pytestmark = pytest.mark.integration

_numbers = count(1)
LEDGER = "0007_ledger.sql"
MIGRATIONS = sorted(
    (file for file in (files("almanac") / "migrations").iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
)
TABLES = (
    "workspace_calendar_sync_log",
    "workspace_calendar_sync_log_connections",
    "workspace_scheduling_metadata",
)
ADDED = ("search_cut_percent",)
"""Columns that later releases have put behind those of the old tables."""
CALENDAR = uuid4()
COUNTS = Tally(inserted=3, unchanged=40, api_calls=2, pages=2, fetch_ms=41, total_ms=60).as_dict()
PLAN_COUNTS = {
    "attempts": 1,
    "tasks": 9,
    "habits": 12,
    "scheduled": 20,
    "late": 1,
    "partial": 0,
    "unscheduled": 1,
    "at_risk": 2,
    "left_out": 0,
    "inserted": 3,
    "moved": 1,
    "deleted": 0,
    "unchanged": 17,
    "load_ms": 14,
    "plan_ms": 2010,
    "total_ms": 2051,
}
NOTES = [{"kind": "task", "id": "7", "status": "late", "reason": "of 2 h", "hint": None}]


class Previous:
    """The previous release's statements, word for word, on whatever schema the database has."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, file: str, name: str, **values: object) -> Sequence[Sequence[Any]]:
        return self.database.run(statements(f"{file}.sql", "tests.fixtures.previous_release")[name], **values)

    def begin_sync(self, ws_id: UUID, run_id: UUID, **asked: object) -> int:
        about = {"ws_id": ws_id, "mode": "auto", "calendar_id": None}
        self("sync", "admission_facts", sent_at=NOON, source="schedule", **about)
        ((fence,),) = self("sync", "take_lease", ws_id=ws_id, run_id=run_id, seconds=120)
        self("sync", "close_stale_runs", ws_id=ws_id)
        self("sync", "open_run", fence=fence, **(_asked_sync(ws_id, run_id) | asked))
        return int(fence)

    def finish_sync(self, ws_id: UUID, run_id: UUID, fence: int) -> None:
        of = {"ws_id": ws_id, "run_id": run_id, "fence": fence}
        how = {"status": "failed", "outcome": "failed", "error_type": "google_unavailable", "error": "503"}
        times = {"retry_at": NOON, "seconds": 120, "problems": json.dumps([{"id": "e1"}])}
        for _ in range(2):  # the second one meets the row of the first
            assert self("sync", "record_connection", connection_id=CALENDAR, **of, **how, **times, **COUNTS)
        assert self("sync", "finish_run", retry_after=2.5, connections=1, **of, **how, **COUNTS)

    def begin_plan(self, ws_id: UUID, run_id: UUID) -> int:
        self("plan", "admission_facts", ws_id=ws_id, window_days=30, force=False, sent_at=NOON)
        ((fence,),) = self("sync", "take_lease", ws_id=ws_id, run_id=run_id, seconds=120)
        self("plan", "close_stale_runs", ws_id=ws_id)
        self("plan", "open_run", fence=fence, **_asked_plan(ws_id, run_id))
        return int(fence)

    def finish_plan(self, ws_id: UUID, run_id: UUID, fence: int) -> None:
        of = {"ws_id": ws_id, "run_id": run_id, "fence": fence}
        how = {"status": "completed", "outcome": "planned", "error_type": None, "error": None, "retry_after": None}
        found = {"window_start": NOON, "window_end": NOON, "objective": 0.1 + 0.2, "warnings": json.dumps(NOTES)}
        assert self("plan", "finish_run", **of, **how, **found, **PLAN_COUNTS)

    def live_a_day(self, ws_id: UUID, ids: Iterator[UUID]) -> None:
        """Every way in which a row comes, changes and ends, but for retention."""
        run_id = next(ids)
        self.finish_sync(ws_id, run_id, self.begin_sync(ws_id, run_id))
        run_id = next(ids)
        self.finish_sync(ws_id, run_id, self.begin_sync(ws_id, run_id, request_id=None, calendar_id="team"))
        skipped = {"outcome": "superseded", "retry_after": None}
        self("sync", "record_skipped_run", **_asked_sync(ws_id, next(ids)), **skipped)
        run_id = next(ids)
        self.finish_plan(ws_id, run_id, self.begin_plan(ws_id, run_id))
        self("plan", "record_skipped_run", **_asked_plan(ws_id, next(ids)), **skipped)
        for begin in (self.begin_sync, self.begin_plan, self.begin_sync):  # the first is closed by the third, as stale
            begin(ws_id, next(ids))
            self.database.run("UPDATE workspace_sync_leases SET owner = NULL, expires_at = NULL")
        self("maintenance", "close_stale_plans", limit=10)


def _asked_sync(ws_id: UUID, run_id: UUID) -> dict[str, object]:
    message = {"sent_at": NOON, "message_id": f"m-{run_id}", "user_id": "ada", "request_id": "ticket-17"}
    about = {"source": "schedule", "mode": "auto", "direction": "inbound", "calendar_id": None}
    return {"ws_id": ws_id, "run_id": run_id, **message, **about}


def _asked_plan(ws_id: UUID, run_id: UUID) -> dict[str, object]:
    message = {"sent_at": NOON, "message_id": f"m-{run_id}", "user_id": None, "request_id": "ticket-17"}
    return {
        "ws_id": ws_id,
        "run_id": run_id,
        **message,
        "source": "manual",
        "window_days": 30,
        "force": True,
        "apply": "safe",
    }


@pytest.fixture
def before(postgres: Postgres) -> Iterator[Database]:
    """A database as the previous release left it."""
    name = f"before_ledger_{next(_numbers)}"
    url = postgres.create_database(name)
    with closing(Database(lambda: parse_url(url))) as database:
        for migration in MIGRATIONS:
            if migration.name < LEDGER:
                database.run(migration.read_text(encoding="utf-8"))
        yield database
    postgres.drop_database(name)


def upgrade(database: Database) -> None:
    with database.transaction():
        for migration in MIGRATIONS:
            if migration.name >= LEDGER:
                database.run(migration.read_text(encoding="utf-8"))


def shape(database: Database) -> list[Sequence[Any]]:
    return list(
        database.run(
            "SELECT table_name, ordinal_position, column_name, data_type FROM information_schema.columns"
            " WHERE table_name = ANY (:tables::text[]) ORDER BY 1, 2",
            tables="{" + ",".join(TABLES) + "}",
        )
    )


def content(database: Database, *, but: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every row by column name, without the columns that tell the time."""
    found = {}
    for table in TABLES:
        rows_of = [row[0] for row in database.run(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1")]
        found[table] = [{name: value for name, value in row.items() if name not in but} for row in rows_of]
    return found


def some_ids() -> Iterator[UUID]:
    return (UUID(int=number) for number in count(1))


def test_the_old_tables_keep_their_columns_names_order_and_types(before: Database) -> None:
    was = shape(before)

    upgrade(before)

    assert [column for column in shape(before) if column[2] not in ADDED] == was
    assert {row[0] for row in was} == set(TABLES)


def test_every_row_is_carried_over_as_it_was(before: Database) -> None:
    ws_id = rows.workspace(before)
    Previous(before).live_a_day(ws_id, some_ids())
    before.run("UPDATE workspace_scheduling_metadata SET objective = 0 WHERE status = 'skipped'")
    was = content(before)
    assert {name: len(found) for name, found in was.items()} == dict(zip(TABLES, (5, 2, 3), strict=True))

    upgrade(before)

    assert content(before, but=ADDED) == was
    jobs = before.run("SELECT id, ws_id, kind, source FROM jobs ORDER BY kind")
    assert jobs == [["ticket-17", ws_id, "schedule", "manual"], ["ticket-17", ws_id, "sync", "schedule"]]


def test_the_previous_release_writes_and_reads_the_same_on_both_schemas(before: Database, database: Database) -> None:
    ws_id = rows.workspace(before)
    database.run("INSERT INTO workspaces (id, name, timezone) VALUES (:id, 'Team', 'Europe/Berlin')", id=ws_id)
    seen = []
    for each in (before, database):
        previous = Previous(each)
        previous.live_a_day(ws_id, some_ids())
        seen.append((content(each, but=("started_at", "finished_at", *ADDED)), read_all(previous, ws_id)))

    assert seen[0] == seen[1]


def read_all(previous: Previous, ws_id: UUID) -> dict[str, Any]:
    """What the statements that only read say, without times."""
    lists = {"ws_id": ws_id, "run_id": None, "failed": False, "limit": 50}
    span = {"ws_id": None, "since": NOON}
    messages = {"message_ids": f"{{m-{UUID(int=1)}}}", "ws_ids": f"{{{ws_id}}}"}
    runs = previous("run_history", "sync_runs", **lists, request_id="ticket-17")
    plans = previous("run_history", "plan_runs", **lists)
    return {
        "syncs": [[*row[:11], *row[13:]] for row in runs],
        "plans": [[*row[:12], *row[14:]] for row in plans],
        "connections": previous("run_history", "run_connections", run_id=UUID(int=1)),
        "notes": previous("run_history", "plan_notes", run_id=UUID(int=4)),
        "progress": previous("run_history", "progress", ws_id=ws_id, run_id=UUID(int=1)),
        "failed": previous("run_history", "failed_runs_of_messages", **messages),
        "endings": sorted(map(str, previous("run_summary", "endings", **span))),
        "calls": [row[1:] for row in previous("run_summary", "google_calls", **span)],
        "of request": [row[2:5] for row in previous("plan", "run_of_request", ws_id=ws_id, request_id="ticket-17")],
        "forecast": previous("maintenance", "forecast", runs_before=NOON, left_before=NOON, silence_seconds=900),
    }


def test_a_run_that_was_open_meanwhile_is_finished_by_the_release_that_began_it(before: Database) -> None:
    ws_id, run_id = rows.workspace(before), uuid4()
    previous = Previous(before)
    fence = previous.begin_sync(ws_id, run_id)

    upgrade(before)
    refused = sync_runs(before, lease_seconds=60, cooldown_seconds=30).begin_run(
        CalendarSync(ws_id=ws_id), uuid4(), None
    )
    previous.finish_sync(ws_id, run_id, fence)

    assert isinstance(refused, Refusal)
    assert refused.outcome == "already_running"
    ended = before.run("SELECT status, error_type, total_ms, report FROM runs WHERE id = :id", id=run_id)
    counts = {name: value for name, value in COUNTS.items() if value and name != "total_ms"}
    assert ended == [["failed", "google_unavailable", 60, {"connections": 1, **counts}]]
    assert before.run("SELECT connection_id, inserted FROM run_connections") == [[CALENDAR, 3]]


def test_a_run_that_died_meanwhile_is_closed_by_either_release(before: Database) -> None:
    ws_id = rows.workspace(before)
    previous = Previous(before)
    previous.begin_plan(ws_id, uuid4())
    upgrade(before)
    before.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")

    runs = sync_runs(before, lease_seconds=60, cooldown_seconds=30)
    assert isinstance(runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), None), Lease)
    before.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")
    previous.begin_sync(ws_id, uuid4())

    told = before.run("SELECT kind, status, error_type FROM runs ORDER BY started_at")
    assert told == [["schedule", "failed", "stale"], ["sync", "failed", "stale"], ["sync", "running", None]]


def test_a_run_that_has_ended_meanwhile_is_not_ended_again(database: Database) -> None:
    """Between the statement's look at the view and the trigger's at the row another session may have closed the run."""
    ws_id, run_id = rows.workspace(database), uuid4()
    Previous(database).begin_sync(ws_id, run_id)
    database.run(
        "CREATE FUNCTION close_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE runs SET status = 'failed', outcome = 'failed', error_type = 'stale', finished_at = now()"
        " WHERE id = OLD.id; RETURN NEW; END $$;"
        "CREATE TRIGGER a_first INSTEAD OF UPDATE ON workspace_calendar_sync_log"
        " FOR EACH ROW EXECUTE FUNCTION close_first()"
    )

    Previous(database)("sync", "close_stale_runs", ws_id=ws_id)

    assert database.run("SELECT status, error_type, error FROM runs") == [["failed", "stale", None]]


@pytest.mark.parametrize("what", ["syncs", "plans"])
def test_retention_of_the_previous_release_is_the_one_thing_that_waits(database: Database, what: str) -> None:
    """It names rows by ctid, which a view has not: its step fails, alone, and the next round is the new release's."""
    span = {"after": NOON, "until": NOON, "before": NOON}
    assert Previous(database)("maintenance", f"step_of_{what}", after=NOON, before=NOON, limit=5) == ()

    with pytest.raises(StorageFailed, match="42703"):
        Previous(database)("maintenance", f"delete_old_{what}", **span)


def test_whoever_might_read_the_tables_may_read_the_views(before: Database) -> None:
    role = f"reader_{uuid4().hex}"
    before.run(f"CREATE ROLE {role}")
    before.run(f"GRANT SELECT ON workspace_calendar_sync_log, workspace_scheduling_metadata TO {role}")
    try:
        upgrade(before)
        allowed = before.run(
            "SELECT t, has_table_privilege(:role, t, 'SELECT'), has_table_privilege(:role, t, 'DELETE')"
            " FROM unnest(:tables::text[]) t ORDER BY t",
            role=role,
            tables="{" + ",".join(TABLES) + "}",
        )
    finally:
        before.run(f"DROP OWNED BY {role}")
        before.run(f"DROP ROLE {role}")

    assert [row[1:] for row in allowed] == [[True, False], [False, False], [True, False]]
