"""What ran, as an operator asks for it, on a real Postgres."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.accounts import PostgresWorkspaces
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.run_history import PostgresRunHistory
from almanac.domain.operations.runs import AnyRun, PlanRunDetails, SyncProgress, SyncRun
from almanac.domain.sync.report import ConnectionReport
from almanac.errors import BadInput, TransientError
from almanac.jobs import CalendarSync, parse_sync
from almanac.services.operations.follow_request import FollowRequest, RequestProgress
from almanac.services.operations.runs import RunHistory
from almanac.services.sync.ports import Lease, Refusal
from tests.integration import rows
from tests.integration.rows import NOON
from tests.integration.stores import sync_runs

pytestmark = pytest.mark.integration


@pytest.fixture
def store(database: Database) -> PostgresRunHistory:
    return PostgresRunHistory(database)


def run(
    database: Database,
    ws_id: UUID,
    minute: int,
    status: str = "completed",
    request_id: str | None = None,
    outcome: str | None = None,
) -> UUID:
    run_id = uuid4()
    ended = status != "running"
    database.run(
        "INSERT INTO workspace_calendar_sync_log (id, ws_id, source, requested_mode, direction, status, outcome,"
        " started_at, finished_at, request_id, error_type) VALUES (:id, :ws_id, 'manual', 'auto', 'both', :status,"
        " :outcome, :started_at, :finished_at, :request_id, :error_type)",
        id=run_id,
        ws_id=ws_id,
        status=status,
        outcome=(outcome or status) if ended else None,
        started_at=NOON + timedelta(minutes=minute),
        finished_at=NOON + timedelta(hours=1) if ended else None,
        request_id=request_id,
        error_type="stale" if status in ("failed", "partial") else None,
    )
    return run_id


def plan(database: Database, ws_id: UUID, minute: int, status: str = "completed") -> UUID:
    run_id = uuid4()
    ended = status != "running"
    database.run(
        "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply, status,"
        " outcome, started_at, finished_at, error_type) VALUES (:id, :ws_id, 'schedule', 30, false, 'full', :status,"
        " :outcome, :started_at, :finished_at, :error_type)",
        id=run_id,
        ws_id=ws_id,
        status=status,
        outcome=status if ended else None,
        started_at=NOON + timedelta(minutes=minute),
        finished_at=NOON + timedelta(hours=1) if ended else None,
        error_type="stale" if status == "failed" else None,
    )
    return run_id


def job_of(run: AnyRun) -> str:
    return "sync" if isinstance(run, SyncRun) else "schedule"


class TestRuns:
    def test_the_newest_comes_first_and_the_limit_holds(self, store: PostgresRunHistory, database: Database) -> None:
        mine, other = rows.workspace(database), rows.workspace(database)
        first, second, third = (run(database, mine, minute) for minute in (1, 3, 5))
        foreign = run(database, other, 4)

        assert [r.run_id for r in store.latest(mine, job=None, failed=False, limit=2)] == [third, second]
        assert [r.run_id for r in store.latest(None, job=None, failed=False, limit=10)] == [
            third,
            foreign,
            second,
            first,
        ]

    def test_failed_means_wholly_or_in_part(self, store: PostgresRunHistory, database: Database) -> None:
        ws_id = rows.workspace(database)
        statuses = ("completed", "failed", "skipped", "partial", "running")
        ids = {status: run(database, ws_id, minute, status) for minute, status in enumerate(statuses)}

        found = store.latest(ws_id, job=None, failed=True, limit=10)

        assert [r.run_id for r in found] == [ids["partial"], ids["failed"]]

    def test_syncs_and_plans_are_one_list_or_each_its_own(self, store: PostgresRunHistory, database: Database) -> None:
        ws_id = rows.workspace(database)
        syncs = [run(database, ws_id, minute) for minute in (1, 3)]
        plans = [plan(database, ws_id, minute, status) for minute, status in ((2, "failed"), (4, "running"))]

        def ids(**chosen: object) -> list[tuple[str, UUID]]:
            asked = {"job": None, "failed": False, "limit": 3, **chosen}
            return [(job_of(r), r.run_id) for r in store.latest(ws_id, **asked)]  # type: ignore[arg-type] # by name

        assert ids() == [("schedule", plans[1]), ("sync", syncs[1]), ("schedule", plans[0])]
        assert ids(job="sync") == [("sync", syncs[1]), ("sync", syncs[0])]
        assert ids(job="schedule") == [("schedule", plans[1]), ("schedule", plans[0])]
        assert ids(failed=True) == [("schedule", plans[0])]

    def test_a_plan_is_shown_with_its_notes(self, store: PostgresRunHistory, database: Database) -> None:
        run_id = plan(database, rows.workspace(database), 0)
        note = {"kind": "task", "id": "t", "status": "late", "reason": "why", "hint": ""}
        database.run("UPDATE workspace_scheduling_metadata SET warnings = jsonb_build_array(:note::jsonb)", note=note)

        found = store.run(run_id)

        assert isinstance(found, PlanRunDetails)
        assert (found.run.run_id, found.notes) == (run_id, [note])

    def test_a_run_is_shown_with_what_its_message_said_in_vain(
        self, store: PostgresRunHistory, database: Database
    ) -> None:
        job = parse_sync(json.dumps({"ws_id": str(rows.workspace(database)), "forse": True}))
        lease = sync_runs(database, lease_seconds=60, cooldown_seconds=0).begin_run(job, uuid4(), None, "m-1")

        assert isinstance(lease, Lease)
        found = store.run(lease.run_id)
        assert found is not None
        assert (found.ignored, found.peak_mb, found.memory_mb) == (["forse"], None, None)

    def test_a_skipped_run_took_no_time(self, store: PostgresRunHistory, database: Database) -> None:
        runs, job = (
            sync_runs(database, lease_seconds=60, cooldown_seconds=0),
            CalendarSync(ws_id=rows.workspace(database)),
        )
        assert isinstance(runs.begin_run(job, uuid4(), None), Lease)
        assert isinstance(runs.begin_run(job, uuid4(), None), Refusal)

        (skipped, _) = store.latest(job.ws_id, job="sync", failed=False, limit=2)
        assert skipped.finished_at == skipped.started_at

    def test_the_runs_of_a_request_come_in_the_order_they_began(
        self, store: PostgresRunHistory, database: Database
    ) -> None:
        ws_id = rows.workspace(database)
        later, earlier = run(database, ws_id, 9, request_id="r"), run(database, ws_id, 2, request_id="r")
        run(database, ws_id, 5, request_id="another")
        run(database, rows.workspace(database), 5, request_id="r")

        assert [r.run_id for r in store.runs_of_request(ws_id, "r")] == [earlier, later]

    def test_an_unknown_run_is_bad_input(self, store: PostgresRunHistory, database: Database) -> None:
        with pytest.raises(BadInput, match="no run"):
            RunHistory(PostgresWorkspaces(database), store).run(uuid4())


def test_progress_counts_what_is_done_and_what_is_listed_so_far(store: PostgresRunHistory, database: Database) -> None:
    ws_id = rows.workspace(database)
    account = rows.account(database, ws_id)
    done, under_way = (rows.connection(database, ws_id, account, name) for name in ("done", "under way"))
    run_id = run(database, ws_id, 0, "running")
    assert store.sync_progress(ws_id, run_id) == SyncProgress(0, 0)

    database.run(
        "INSERT INTO workspace_calendar_sync_log_connections (run_id, connection_id, status, outcome, inserted,"
        " updated, unchanged, rejected, deleted) VALUES (:run, :connection, 'completed', 'full', 4, 3, 2, 1, 50)",
        run=run_id,
        connection=done,
    )
    database.run(
        "INSERT INTO calendar_sync_states (connection_id, checkpoint) VALUES (:connection, '{\"listed\": 5000}')",
        connection=under_way,
    )

    assert store.sync_progress(ws_id, run_id) == SyncProgress(1, 5010)


def test_progress_is_of_as_many_calendars_as_the_run_reads(store: PostgresRunHistory, database: Database) -> None:
    ws_id = rows.workspace(database)
    account = rows.account(database, ws_id)
    first, *_ = connections = [rows.connection(database, ws_id, account, name) for name in "abc"]
    runs = sync_runs(database, lease_seconds=60, cooldown_seconds=0)
    run_id = uuid4()
    lease = runs.begin_run(CalendarSync(ws_id=ws_id), run_id, None)
    assert isinstance(lease, Lease)
    assert store.sync_progress(ws_id, run_id) == SyncProgress(0, 0, None), "it does not know yet"

    runs.begin_reading(lease, connections)
    runs.record_connection(lease, ConnectionReport(first, "completed", "incremental"), None)

    assert store.sync_progress(ws_id, run_id) == SyncProgress(1, 0, 3)


class TestFollowing:
    """Each wait of the follower is the moment at which the next thing happens."""

    def follow(self, store: PostgresRunHistory, ws_id: UUID, *events: Callable[[], object]) -> tuple[list[str], str]:
        """What was told, and the outcome of the run that ended it."""
        told: list[RequestProgress] = []
        coming = iter(events)
        seconds = iter(range(100))

        def sleep(_: float) -> None:
            next(coming)()

        following = FollowRequest(store, sleep, monotonic=lambda: next(seconds))
        runs = following(ws_id, "r", 10, told.append)
        return [progress.status for progress in told], runs[-1].outcome or ""

    def test_a_refusal_because_of_a_running_run_is_no_end(self, store: PostgresRunHistory, database: Database) -> None:
        ws_id = rows.workspace(database)

        told, outcome = self.follow(
            store,
            ws_id,
            lambda: run(database, ws_id, 1, "skipped", "r", "already_running"),
            lambda: run(database, ws_id, 2, "completed", "r", "incremental"),
        )

        assert (told, outcome) == (["waiting", "waiting"], "incremental")

    def test_a_refusal_beside_its_own_finished_run_does_not_hide_the_end(
        self, store: PostgresRunHistory, database: Database
    ) -> None:
        ws_id = rows.workspace(database)
        run(database, ws_id, 1, "completed", "r", "full")
        run(database, ws_id, 2, "skipped", "r", "already_running")

        assert self.follow(store, ws_id) == ([], "full")

    def test_a_continued_run_is_no_end_even_if_a_calendar_of_it_failed(
        self, store: PostgresRunHistory, database: Database
    ) -> None:
        ws_id = rows.workspace(database)

        told, outcome = self.follow(
            store,
            ws_id,
            lambda: run(database, ws_id, 1, "partial", "r", "continued"),
            lambda: run(database, ws_id, 2, "running", "r"),
            lambda: database.run(
                "UPDATE workspace_calendar_sync_log SET status = 'completed', outcome = 'full', finished_at = now()"
                " WHERE status = 'running'"
            ),
        )

        assert (told, outcome) == (["waiting", "continuing", "running"], "full")

    def test_a_run_that_does_not_end_is_left_at_the_timeout(
        self, store: PostgresRunHistory, database: Database
    ) -> None:
        ws_id = rows.workspace(database)
        run(database, ws_id, 1, "running", "r")

        with pytest.raises(TransientError, match="not done after 10 s"):
            self.follow(store, ws_id, *[lambda: None] * 20)
