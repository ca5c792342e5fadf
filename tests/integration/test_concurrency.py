"""Several runs of one workspace at once: one goes on, the others are turned away or overtaken, and nothing is mixed."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.domain.sync.report import SyncReport
from almanac.errors import AccessDenied, LeaseLost, ReconnectRequired
from almanac.providers.google.errors import unavailable
from almanac.services.sync.provider import FreshToken
from almanac.wiring.command_line import Wiring
from local.google_simulator.simulator import Simulator
from tests.integration.team import RecordingQueue, Team

pytestmark = pytest.mark.integration

SMALL_PAGES = {"ALMANAC_SYNC_PAGE_SIZE": "5"}
CHILD = """
import sys
from uuid import UUID
from almanac.errors import TransientError
from almanac.jobs import CalendarSync
from almanac.wiring.calendar_sync import container
from tests.integration.team import RecordingQueue

wiring = container()
wiring.__dict__["queue"] = RecordingQueue()
sync = wiring.sync_workspace
print("ready", flush=True)
sys.stdin.readline()
job = CalendarSync(ws_id=UUID(sys.argv[1]), source="manual", mode="full", force=True)
for _ in range(8):
    print(sync(job, None, lambda: 300.0).outcome, flush=True)
"""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=3) as simulator:
        yield simulator


@pytest.fixture
def beside(database_url: str) -> Iterator[Database]:
    """A session that takes part in no run."""
    database = Database(lambda: parse_url(database_url))
    yield database
    database.close()


@pytest.fixture
def team(simulator: Simulator, database_url: str, beside: Database) -> Iterator[Team]:
    team = Team(simulator, database_url, **SMALL_PAGES)
    team.database = beside
    yield team
    team.wiring.close()


@contextmanager
def another_process(team: Team) -> Iterator[Team]:
    """The same workspace, seen by a wiring of its own: other connections, other caches."""
    other = object.__new__(Team)
    other.__dict__.update(team.__dict__)
    other.wiring = Wiring(team.wiring._environment)
    other.wiring.__dict__["queue"] = RecordingQueue()
    try:
        yield other
    finally:
        other.wiring.close()


class Held:
    """Keeps the answer of a run's `nth` listing until `release`, then hands it on, old as it is, or raises `error`."""

    def __init__(self, team: Team, nth: int = 1, error: Exception | None = None) -> None:
        self.reached, self._go_on = threading.Event(), threading.Event()
        self._left, self._error = nth, error
        self._list_events = team.wiring.google.list_events
        team.wiring.google.__dict__["list_events"] = self

    def __call__(self, *arguments: Any) -> Any:
        answer = self._list_events(*arguments)
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            assert self._go_on.wait(30)
            if self._error is not None:
                raise self._error
        return answer

    def release(self) -> None:
        self._go_on.set()


@contextmanager
def in_the_middle(team: Team, **held: Any) -> Iterator[Future[SyncReport]]:
    """A run of the team that waits at a listing while the block goes on, and ends after it."""
    stopped = Held(team, **held)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(team.sync, source="manual", force=True)
        assert stopped.reached.wait(30)
        try:
            yield run
        finally:
            stopped.release()
    del team.wiring.google.__dict__["list_events"]


def expire_lease(beside: Database) -> None:
    beside.run("UPDATE workspace_sync_leases SET expires_at = now() WHERE expires_at IS NOT NULL")


def log(beside: Database) -> list[list[Any]]:
    return [
        list(row)
        for row in beside.run("SELECT status, outcome, error_type FROM workspace_calendar_sync_log ORDER BY started_at")
    ]


def runs_at_once(beside: Database) -> int:
    """The most runs whose times overlap at some moment."""
    sql = (
        "SELECT coalesce(max(others), 0) FROM (SELECT (SELECT count(*) FROM workspace_calendar_sync_log o"
        " WHERE o.status <> 'skipped' AND o.started_at <= r.started_at AND o.finished_at > r.started_at) AS others"
        " FROM workspace_calendar_sync_log r WHERE r.status <> 'skipped') AS found"
    )
    return int(beside.run(sql)[0][0])


def test_processes_that_all_want_one_workspace_take_turns(team: Team, beside: Database) -> None:
    (calendar,) = team.connect()
    for number in range(40):
        team.add(calendar, f"event {number}")
    team.sync()

    with ThreadPoolExecutor(3) as pool:
        outcomes = [outcome for found in pool.map(race(team, 3), range(3)) for outcome in found]

    assert set(outcomes) == {"full", "already_running"}
    assert len(outcomes) == 3 * 8
    assert runs_at_once(beside) == 1
    assert {row[0] for row in log(beside)} == {"completed", "skipped"}
    assert team.stored() == team.truth(calendar)
    assert team.sync(source="manual", force=True).outcome == "incremental"


def race(team: Team, runners: int) -> Callable[[int], list[str]]:
    """What one of several processes does: all begin when the last of them is ready. Returns its outcomes."""
    root = Path(__file__).parents[2]
    environment = os.environ | team.wiring._environment | {"PYTHONPATH": f"{root}:{root / 'layers' / 'almanac'}"}
    start = threading.Barrier(runners)

    def run(_number: int) -> list[str]:
        command = [sys.executable, "-c", CHILD, str(team.ws_id)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=root, env=environment, **pipes) as process:
            assert process.stdout.readline() == "ready\n"
            start.wait(60)
            said, _ = process.communicate("go\n", timeout=60)
        assert process.returncode == 0
        return str(said).split()

    return run


def test_threads_that_begin_at_the_same_moment_give_one_run(team: Team, beside: Database) -> None:
    (calendar,) = team.connect()
    team.add(calendar)
    with another_process(team) as second, another_process(team) as third:
        runners, start, held = (team, second, third), threading.Barrier(3), Held(team)
        for runner in runners:
            runner.wiring.google.__dict__["list_events"] = held

        def begin(runner: Team) -> SyncReport:
            start.wait(30)
            return runner.sync(source="manual", force=True)

        with ThreadPoolExecutor(3) as pool:
            ends = as_completed([pool.submit(begin, runner) for runner in runners], timeout=30)
            refused = [next(ends).result(), next(ends).result()]
            held.release()
            last = next(ends).result()

    assert [report.outcome for report in refused] == ["already_running"] * 2
    # A refused transaction may have begun, and so read its clock, just before the lease of 120 s was taken.
    assert all(0 < (report.retry_after or 0) <= 121 for report in refused)
    assert last.status == "completed"
    assert runs_at_once(beside) == 1
    assert team.stored() == team.truth(calendar)


class TestOvertaken:
    def test_a_run_that_was_overtaken_writes_none_of_its_old_pages(self, team: Team, beside: Database) -> None:
        (calendar,) = team.connect()
        changed = [team.add(calendar, f"old {number}")["id"] for number in range(12)]

        with another_process(team) as other, in_the_middle(team) as overtaken:
            for event_id in changed:
                team.google.patch_event(calendar, event_id, {"summary": "new"})
            expire_lease(beside)
            assert other.sync(source="manual", force=True).status == "completed"
            written = everything(beside)

        with pytest.raises(LeaseLost):
            overtaken.result()
        assert everything(beside) == written
        assert set(team.stored().values()) == {"new"}
        assert log(beside) == [["failed", "failed", "stale"], ["completed", "redirected_to_full", None]]

    @pytest.mark.parametrize(
        "error", [unavailable("later", retry_after=60), AccessDenied("no"), ReconnectRequired("gone")]
    )
    def test_what_went_wrong_in_an_overtaken_run_does_not_spoil_its_successors_calendar(
        self, team: Team, beside: Database, error: Exception
    ) -> None:
        (calendar,) = team.connect()
        team.add(calendar)

        with another_process(team) as other, in_the_middle(team, error=error) as overtaken:
            expire_lease(beside)
            assert other.sync(source="manual", force=True).status == "completed"
            written = everything(beside)

        with pytest.raises(LeaseLost):
            overtaken.result()
        assert everything(beside) == written
        assert beside.run("SELECT status, failures, retry_at FROM calendar_connections") == [["synced", 0, None]]

    def test_a_run_that_is_overtaken_while_it_is_read_does_not_end_its_successor(
        self, team: Team, beside: Database
    ) -> None:
        (calendar,) = team.connect()
        team.add(calendar)

        with another_process(team) as other, in_the_middle(team) as overtaken:
            expire_lease(beside)
            with in_the_middle(other) as successor:
                held = beside.run("SELECT owner, fence FROM workspace_sync_leases")
                release_of(team)
                with pytest.raises(LeaseLost):
                    overtaken.result(30)
                assert beside.run("SELECT owner, fence FROM workspace_sync_leases") == held
                assert log(beside)[1:] == [["running", None, None]]

        assert successor.result().status == "completed"
        assert team.stored() == team.truth(calendar)

    def test_a_lease_that_ran_out_unnoticed_is_taken_up_again(self, team: Team, beside: Database) -> None:
        (calendar,) = team.connect()
        for number in range(12):
            team.add(calendar, f"event {number}")

        with in_the_middle(team) as slow:
            expire_lease(beside)

        assert slow.result().status == "completed"
        assert team.stored() == team.truth(calendar)


def test_a_request_is_not_superseded_by_a_schedule_that_left_a_paused_calendar_alone(
    team: Team, beside: Database
) -> None:
    _, paused = team.connect(calendars=1)
    team.add(paused)
    team.inject("error", path="*/events", calendar=paused, status=503, times=None)
    team.sync()
    team.google.clear_faults()
    asked_at = beside.run("SELECT now() - interval '5 seconds'")[0][0]
    assert team.sync().outcome == "incremental"

    schedule, request = (team.sync(source=source, sent_at=asked_at) for source in ("schedule", "manual"))

    assert schedule.outcome == "superseded"
    assert request.status == "completed"
    assert team.stored(paused) == team.truth(paused)


def test_an_account_that_is_disconnected_while_its_token_is_refreshed_stays_disconnected(
    team: Team, beside: Database
) -> None:
    team.connect()
    refresh = team.wiring.google_tokens.refresh

    def refresh_slowly(token: str) -> FreshToken:
        beside.run("UPDATE calendar_auth_tokens SET status = 'disconnected'")
        return refresh(token)

    team.wiring.google_tokens.__dict__["refresh"] = refresh_slowly
    team.sync()

    assert beside.run("SELECT status FROM calendar_auth_tokens") == [["disconnected"]]


class TestTwoWorkspaces:
    def test_one_that_waits_for_google_does_not_hold_up_the_other(
        self, team: Team, simulator: Simulator, database_url: str
    ) -> None:
        team.connect()
        other = Team(simulator, database_url, **SMALL_PAGES)
        (theirs,) = other.connect("bob@example.test")
        other.add(theirs)

        with in_the_middle(team) as waiting:
            report = other.sync()
            assert not waiting.done()

        assert report.status == waiting.result().status == "completed"
        assert other.stored(theirs) == other.truth(theirs)
        other.wiring.close()

    def test_no_row_of_one_is_needed_by_the_other(
        self, team: Team, simulator: Simulator, database_url: str, beside: Database
    ) -> None:
        (ours,) = team.connect()
        team.add(ours)
        team.sync()
        other = Team(simulator, database_url, **SMALL_PAGES, ALMANAC_DATABASE_TIMEOUT_SECONDS="5")
        (theirs,) = other.connect("bob@example.test")
        other.add(theirs)

        with beside.transaction():
            for table in ("workspaces", "workspace_sync_leases", "workspace_calendar_sync_log", "calendar_auth_tokens"):
                column = "id" if table == "workspaces" else "ws_id"
                locked = beside.run(f"SELECT 1 FROM {table} WHERE {column} = :ws_id FOR UPDATE", ws_id=team.ws_id)
                assert locked, table
            for table in ("calendar_connections", "workspace_calendar_events"):
                assert beside.run(
                    f"UPDATE {table} SET ws_id = ws_id WHERE ws_id = :ws_id RETURNING 1", ws_id=team.ws_id
                )
            reports = [other.sync(), other.sync(mode="full")]

        assert [report.status for report in reports] == ["completed"] * 2
        other.wiring.close()


def release_of(team: Team) -> None:
    team.wiring.google.__dict__["list_events"].release()


def everything(beside: Database) -> list[Any]:
    """Every row that a sync may write beside its own log, and which statement wrote it last."""
    tables = {
        "workspace_calendar_events": "external_event_id, title",
        "calendar_sync_states": "sync_token, checkpoint, last_synced_at",
        "calendar_sync_seen": "external_event_id",
        "calendar_connections": "status, failures, retry_at, last_error_type",
        "calendar_auth_tokens": "version, status",
        "workspace_sync_leases": "owner, fence, expires_at",
    }
    return [beside.run(f"SELECT xmin, {columns} FROM {table} ORDER BY 2") for table, columns in tables.items()]
