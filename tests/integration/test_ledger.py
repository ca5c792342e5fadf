"""Jobs and runs against a real Postgres: what was asked for, what became of it, and what it costs to find."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, statements
from almanac.adapters.postgres.leases import PostgresLeases
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.adapters.postgres.runs import PostgresAskedJobs, PostgresLedger, PostgresSyncRuns
from almanac.domain.sync.admission import AdmissionFacts
from almanac.domain.sync.report import SyncReport, Tally
from almanac.errors import StorageFailed
from almanac.jobs import JOBS, CalendarSchedule, CalendarSync, Job, request_id_of
from almanac.services.queues.ports import FailedSend, OutgoingJob
from almanac.services.queues.recorded_queue import RecordedQueue
from almanac.services.sync.ports import Lease, Refusal
from tests.integration import rows
from tests.integration.rows import NOON
from tests.integration.stores import sync_runs

pytestmark = pytest.mark.integration

ASKED = "SELECT id, ws_id, kind, body, source, requested_by, sent_at FROM jobs ORDER BY id"
RUNS = "SELECT job_id, kind, source, status, outcome FROM runs ORDER BY started_at"


@pytest.fixture
def ws_id(database: Database) -> UUID:
    return rows.workspace(database)


@pytest.fixture
def runs(database: Database) -> PostgresSyncRuns:
    return sync_runs(database, lease_seconds=60, cooldown_seconds=0)


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database, PostgresLeases(database, 60))


def sync(runs: PostgresSyncRuns, job: CalendarSync, message_id: str | None = None, **ended: str) -> Lease:
    lease = runs.begin_run(job, uuid4(), None if message_id is None else datetime.now(UTC), message_id)
    assert isinstance(lease, Lease)
    runs.finish_run(lease, SyncReport(job.ws_id, lease.run_id, "auto", **ended))
    return lease


class TestWhatWasAskedFor:
    def test_a_run_is_always_of_a_job(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        job = CalendarSync(ws_id=ws_id, mode="full", user_id="ada", request_id="ticket-17", requested_at=NOON)

        sync(runs, job, "m-1", outcome="full")

        body = {"mode": "full", "requested_at": "2026-03-02T12:00:00Z"}
        assert [row[:6] for row in database.run(ASKED)] == [["ticket-17", ws_id, "sync", body, "manual", "ada"]]
        assert database.run(RUNS) == [["ticket-17", "sync", "manual", "completed", "full"]]

    def test_receives_of_one_message_share_a_job(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        for message_id in ("m-1", "m-1", "m-2"):
            sync(runs, CalendarSync(ws_id=ws_id), message_id)

        first, second = request_id_of("m-1"), request_id_of("m-2")
        assert {row[0] for row in database.run(ASKED)} == {first, second}
        assert [row[0] for row in database.run(RUNS)] == [first, first, second]

    def test_a_continuation_is_another_run_of_the_job_and_changes_nothing_of_it(
        self, database: Database, runs: PostgresSyncRuns, ws_id: UUID
    ) -> None:
        job = CalendarSync(ws_id=ws_id, source="push", request_id="r-1")
        sync(runs, job, "m-1", outcome="continued")
        sync(runs, job.model_copy(update={"source": "continuation", "requested_at": NOON}), "m-2")

        assert [row[3:5] for row in database.run(ASKED)] == [[{}, "push"]]
        assert [row[:3] for row in database.run(RUNS)] == [["r-1", "sync", "push"], ["r-1", "sync", "continuation"]]

    def test_a_refused_message_has_asked_too(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        assert isinstance(runs.begin_run(CalendarSync(ws_id=ws_id, request_id="r-0"), uuid4(), NOON), Lease)
        refused = runs.begin_run(CalendarSync(ws_id=ws_id, direction="outbound"), uuid4(), NOON, "m-1")

        assert isinstance(refused, Refusal)
        asked = request_id_of("m-1")
        assert {row[0] for row in database.run(ASKED)} == {"r-0", asked}
        assert [asked, "sync", "manual", "skipped", "already_running"] in database.run(RUNS)

    def test_one_request_id_is_a_job_a_workspace_and_kind(
        self, database: Database, runs: PostgresSyncRuns, ledger: PostgresLedger, ws_id: UUID
    ) -> None:
        """A list gives all its workspaces one, and people type what they like."""
        other = rows.workspace(database)
        for each in (ws_id, other):
            sync(runs, CalendarSync(ws_id=each, request_id="ticket-17"))
        plan = CalendarSchedule(ws_id=ws_id, request_id="ticket-17")
        assert isinstance(ledger.begin(plan, uuid4(), None, None, go), Lease)

        found = {(row[1], row[2]) for row in database.run(ASKED)}
        assert found == {(ws_id, "sync"), (other, "sync"), (ws_id, "schedule")}

    @pytest.mark.parametrize("request_id", ["x" * 255, "ticket 17; DROP TABLE jobs", "привет 🗓"])
    def test_any_text_that_the_contract_allows_is_an_id(
        self, database: Database, runs: PostgresSyncRuns, ws_id: UUID, request_id: str
    ) -> None:
        sync(runs, CalendarSync(ws_id=ws_id, request_id=request_id))

        assert [row[0] for row in database.run(RUNS)] == [request_id]

    def test_a_begin_is_as_many_round_trips_as_it_was_and_a_finish_one(
        self, database: Database, runs: PostgresSyncRuns, ws_id: UUID
    ) -> None:
        database.run("SELECT 1")
        before = database.round_trips
        lease = runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), datetime.now(UTC), "m-1")
        begun = database.round_trips
        assert isinstance(lease, Lease)
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto"))

        assert (begun - before, database.round_trips - begun) == (5, 1)


def go(facts: AdmissionFacts) -> None:
    """Let every run begin."""


class Queue:
    """JobQueue that shows what is in the ledger when it is asked to send, and refuses the workspaces in `refused`."""

    def __init__(self, database: Database, *refused: UUID) -> None:
        self.database = database
        self.refused = refused
        self.seen: list[object] = []

    def send(self, envelopes: list[OutgoingJob]) -> list[FailedSend]:
        self.seen += [row[0] for row in self.database.run("SELECT id FROM jobs WHERE sent_at IS NULL ORDER BY id")]
        return [FailedSend(each.job.ws_id, "away") for each in envelopes if each.job.ws_id in self.refused]


class TestWhoeverAsks:
    def test_a_job_is_recorded_before_it_is_sent_and_marked_when_it_was(self, database: Database, ws_id: UUID) -> None:
        other = rows.workspace(database)
        queue = Queue(database, other)
        jobs: list[Job] = [
            CalendarSync(ws_id=ws_id, request_id="a", user_id="ada", mode="full"),
            CalendarSchedule(ws_id=ws_id, request_id="b"),
            CalendarSync(ws_id=other, request_id="c"),
        ]

        lost = RecordedQueue(queue, PostgresAskedJobs(database)).send([OutgoingJob(job, "asked") for job in jobs])

        assert queue.seen == ["a", "b", "c"]
        assert [each.ws_id for each in lost] == [other]
        told = [[*row[:6], row[6] is not None] for row in database.run(ASKED)]
        assert told == [
            ["a", ws_id, "sync", {"mode": "full"}, "manual", "ada", True],
            ["b", ws_id, "schedule", {}, "manual", None, True],
            ["c", other, "sync", {}, "manual", None, False],
        ]

    def test_its_run_finds_the_job_and_leaves_it(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        job = CalendarSync(ws_id=ws_id, request_id="a", mode="full")
        PostgresAskedJobs(database).record([job])
        created = database.run("SELECT created_at FROM jobs")

        sync(runs, job, "m-1")

        assert database.run("SELECT created_at FROM jobs") == created
        ((sent_at,),) = [row[6:] for row in database.run(ASKED)]
        assert sent_at is not None  # although who asked died before it could say so

    def test_a_job_for_no_workspace_is_refused(self, database: Database) -> None:
        with pytest.raises(StorageFailed, match="jobs_ws_id_fkey"):
            PostgresAskedJobs(database).record([CalendarSync(ws_id=uuid4(), request_id="a")])


class TestKinds:
    def test_the_database_takes_a_kind_that_nobody_knows_yet(self, database: Database, ws_id: UUID) -> None:
        """An export, a delivery: a new kind needs no migration, and grows old like the others."""
        old = [foreign(database, ws_id, 100 + age) for age in range(3)]
        newest = foreign(database, ws_id, 95)
        store = PostgresUpkeepStore(database, batch=2)

        deleted = sum(batch.rows for batch in store.delete_old_runs(datetime.now(UTC) - timedelta(days=90)))

        assert deleted == len(old)
        assert database.run("SELECT id FROM runs") == [[newest]]
        assert database.run("SELECT count(*) FROM workspace_calendar_sync_log") == [[0]]

    def test_whoever_takes_the_lease_closes_what_died_whatever_its_kind(
        self, database: Database, runs: PostgresSyncRuns, ledger: PostgresLedger, ws_id: UUID
    ) -> None:
        ledger.begin(CalendarSchedule(ws_id=ws_id), uuid4(), None, None, go)
        database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")

        sync(runs, CalendarSync(ws_id=ws_id))

        assert [row[1:4:2] for row in database.run(RUNS)] == [["schedule", "failed"], ["sync", "completed"]]

    def test_a_later_run_of_another_kind_makes_nothing_superfluous(
        self, runs: PostgresSyncRuns, ledger: PostgresLedger, ws_id: UUID
    ) -> None:
        sync(runs, CalendarSync(ws_id=ws_id))
        asked: list[AdmissionFacts] = []

        ledger.begin(CalendarSchedule(ws_id=ws_id), uuid4(), NOON, "m-1", asked.append)

        assert [facts.later_runs for facts in asked] == [[]]


def foreign(database: Database, ws_id: UUID, age: int) -> UUID:
    sql = (
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, started_at, finished_at)"
        " VALUES (:id, :ws_id, 'export', 'manual', '{}', 'completed', 'done', :at, :at)"
    )
    run_id = uuid4()
    database.run(sql, id=run_id, ws_id=ws_id, at=datetime.now(UTC) - timedelta(days=age))
    return run_id


class TestWhatGrows:
    def test_a_job_goes_after_its_last_run(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        for request_id in ("old", "old", "both", "both", "newest"):
            sync(runs, CalendarSync(ws_id=ws_id, request_id=request_id))
        PostgresAskedJobs(database).record([CalendarSync(ws_id=ws_id, request_id="never ran")])
        database.run("UPDATE jobs SET created_at = created_at - interval '100 days'")
        database.run("UPDATE runs SET started_at = started_at - interval '100 days' WHERE job_id <> 'newest'")
        young = "SELECT id FROM runs WHERE job_id = 'both' LIMIT 1"
        database.run(f"UPDATE runs SET started_at = now() - interval '1 day' WHERE id = ({young})")
        store = PostgresUpkeepStore(database, batch=2)

        deleted = sum(batch.rows for batch in store.delete_old_runs(datetime.now(UTC) - timedelta(days=90)))

        assert deleted == 3
        assert [row[0] for row in database.run(ASKED)] == ["both", "newest"]

    def test_a_workspace_takes_everything_along(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        sync(runs, CalendarSync(ws_id=ws_id))

        database.run("DELETE FROM workspaces")

        assert database.run("SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM runs)") == [[0, 0]]

    def test_counts_of_nothing_are_not_kept(self, database: Database, runs: PostgresSyncRuns, ws_id: UUID) -> None:
        lease = runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), None)
        assert isinstance(lease, Lease)
        runs.finish_run(lease, SyncReport(ws_id, lease.run_id, "auto", tally=Tally(unchanged=7, total_ms=12.6)))

        assert database.run("SELECT report, total_ms FROM runs") == [[{"unchanged": 7}, 13]]
        columns = "unchanged, inserted, connections, total_ms, requested_mode, calendar_id"
        assert database.run(f"SELECT {columns} FROM workspace_calendar_sync_log") == [[7, 0, 0, 13, "auto", None]]


class TestCost:
    """An index finds what is asked for, however many rows there are."""

    @pytest.fixture
    def plan(self, database: Database) -> Callable[..., str]:
        for _ in range(20):
            rows.workspace(database)
        database.run(
            "WITH w AS (SELECT array_agg(id) AS ids FROM workspaces), asked AS ("
            " SELECT n, 'r-' || n AS id, ids[n % 20 + 1] AS ws_id,"
            " CASE WHEN n % 7 = 0 THEN 'schedule' ELSE 'sync' END AS kind"
            " FROM generate_series(1, 40000) n, w), job AS ("
            " INSERT INTO jobs (id, ws_id, kind, body, source) SELECT id, ws_id, kind, '{}', 'schedule' FROM asked)"
            " INSERT INTO runs (id, ws_id, job_id, kind, source, scope, status, outcome, started_at, finished_at)"
            " SELECT gen_random_uuid(), ws_id, id, kind, 'schedule', '{}', 'completed', 'full',"
            " now() - n * interval '1 min', now() FROM asked"
        )
        database.run("ANALYZE runs, jobs")

        def plan(file: str, name: str, **values: object) -> str:
            return "\n".join(row[0] for row in database.run(f"EXPLAIN {statements(file)[name]}", **values))

        return plan

    def test_the_runs_of_a_request(self, database: Database, plan: Callable[..., str]) -> None:
        ((ws_id,),) = database.run("SELECT ws_id FROM jobs WHERE id = 'r-7'")
        values = {"ws_id": ws_id, "run_id": None, "request_id": "r-7", "failed": False}

        assert "runs_job_id" in plan("run_history.sql", "sync_runs", **values, limit=2**31 - 1)
        assert "runs_job_id" in plan("runs.sql", "run_of_request", ws_id=ws_id, request_id="r-7")

    def test_what_decides_about_a_message(self, database: Database, plan: Callable[..., str]) -> None:
        ((ws_id,),) = database.run("SELECT ws_id FROM jobs WHERE id = 'r-7'")
        found = plan(
            "runs.sql",
            "admission_facts",
            ws_id=ws_id,
            kind="sync",
            job_id="r-7",
            connection_id=None,
            sent_at=datetime.now(UTC),
        )

        assert "Seq Scan on runs" not in found
        assert "runs_of_workspace" in found

    def test_what_a_message_died_of(self, database: Database, plan: Callable[..., str]) -> None:
        ((ws_id,),) = database.run("SELECT ws_id FROM jobs WHERE id = 'r-7'")
        found = plan("runs.sql", "killed_run", ws_id=ws_id, kind="sync", message_id="m")

        assert "Seq Scan on runs" not in found

    def test_the_jobs_that_nothing_is_left_of(self, plan: Callable[..., str]) -> None:
        span = {"after": NOON, "until": NOON, "before": NOON}

        assert "jobs_created_at" in plan("maintenance.sql", "delete_old_jobs", **span)
        assert "Seq Scan" not in plan("maintenance.sql", "kinds_of_runs")


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in JOBS.values()}) == len(JOBS)
    assert {job: kind.model.model_fields["job"].default for job, kind in JOBS.items()} == {job: job for job in JOBS}
    assert all(kind.scope <= kind.model.model_fields.keys() for kind in JOBS.values())
