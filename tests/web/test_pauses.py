"""A workspace that is paused: nothing is read, planned or written, nothing is lost, and it goes on with a sync."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.adapters.postgres.operations.late import PostgresLate
from almanac.cli.main import main
from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSchedule, CalendarSync
from almanac.services.sync.ports import Lease, Refusal
from almanac.wiring.outside.api import ApiWiring
from tests.integration.stores import sync_runs
from tests.web.conftest import Client, ListQueue
from tests.web.visitors import Visitor

pytestmark = pytest.mark.integration
TASK = "INSERT INTO tasks (ws_id, title, total_minutes) VALUES (:ws, 'Write', 60)"
LINK = (
    "INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id,"
    " desired) SELECT ws_id, id, 'event', 'google', 'ada@example.test', 'ada@example.test', 'almanac1', '{}'"
    " FROM workspace_calendar_events WHERE ws_id = :ws"
)
EVENT = "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, 'Call', :at, :at)"


def work_of_each_kind(database: Database, ws: UUID) -> None:
    """A calendar is there already; something to plan, and something to write."""
    database.run(TASK, ws=ws)
    database.run(EVENT, ws=ws, at=datetime.now(UTC) + timedelta(days=1))
    database.run(LINK, ws=ws)


def due_of_each_kind(database: Database) -> list[bool]:
    store = PostgresDueStore(database)
    found = store.due_for_sync(None, 10), store.due_for_outbound(None, 10), store.due_for_schedule(None, 10)
    return [*map(bool, found), bool(store.due_for_replan(None, 10))]


class TestWhilePaused:
    def test_no_tick_asks_for_anything(self, admin: Client, ws: UUID, database: Database) -> None:
        work_of_each_kind(database, ws)
        assert due_of_each_kind(database) == [True] * 4
        paused = admin("POST", f"/v1/workspaces/{ws}/pause")
        assert paused.status == 200
        assert due_of_each_kind(database) == [False] * 4
        assert admin("POST", f"/v1/workspaces/{ws}/pause").json == paused.json, "the first pause counts"

    def test_whoever_asks_is_told(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        admin("POST", f"/v1/workspaces/{ws}/pause")
        for path, body in (("sync", {"force": True}), ("schedule", {})):
            refused = admin("POST", f"/v1/workspaces/{ws}/{path}", body)
            assert (refused.status, refused.json["code"]) == (409, "workspace_paused")
        shown = admin("POST", f"/v1/workspaces/{ws}/plan/preview").json["fingerprint"]
        applied = admin("POST", f"/v1/workspaces/{ws}/plan/apply", {"fingerprint": shown})
        assert (applied.status, applied.json["code"]) == (409, "workspace_paused")
        assert not queue.sent

    def test_of_a_list_it_alone_is_refused_and_nothing_is_done_again(
        self, admin: Client, ws: UUID, foreign: UUID, queue: ListQueue
    ) -> None:
        job = admin("POST", f"/v1/workspaces/{ws}/sync").json["job_id"]
        queue.sent.clear()
        admin("POST", f"/v1/workspaces/{ws}/pause")
        asked = {"workspaces": [str(ws), str(foreign)]}
        for path in ("sync", "schedule"):
            told = admin("POST", f"/v1/{path}", asked).json
            assert (told["accepted"], told["refused"]) == (1, [{"ws_id": str(ws), "code": "workspace_paused"}])
        assert {sent.job.ws_id for sent in queue.sent.values()} == {foreign}
        alone = admin("POST", "/v1/sync", {"workspaces": [str(ws)]})
        assert (alone.status, alone.json["accepted"], len(alone.json["refused"])) == (202, 0, 1)
        again = admin("POST", f"/v1/jobs/{job}/retry")
        assert (again.status, again.json["code"]) == (409, "workspace_paused")
        assert len(queue.sent) == 2

    def test_what_waits_in_a_queue_is_not_done(self, admin: Client, wiring: ApiWiring, ws: UUID) -> None:
        """A push, a continuation, what was asked for before: its message is used up, and its job says why."""
        admin("POST", f"/v1/workspaces/{ws}/pause")
        runs = sync_runs(wiring.database, lease_seconds=60, cooldown_seconds=0)
        for source in ("push", "continuation", "manual", "schedule"):
            job = CalendarSync(ws_id=ws, source=source, force=True, request_id=source)  # type: ignore[arg-type]
            assert runs.begin_run(job, uuid4(), None) == Refusal("paused")
            followed = admin("GET", f"/v1/jobs/{source}").json
            assert (followed["status"], followed["outcome"]) == ("skipped", "paused")
        plan = wiring.apply_plan.plan
        assert plan(CalendarSchedule(ws_id=ws, source="schedule"), None, lambda: 60.0).outcome == "paused"

    def test_a_run_that_is_at_work_ends(self, admin: Client, ws: UUID, database: Database) -> None:
        runs = sync_runs(database, lease_seconds=60, cooldown_seconds=0)
        run_id = uuid4()
        lease = runs.begin_run(CalendarSync(ws_id=ws, source="schedule"), run_id, None)
        assert isinstance(lease, Lease)
        admin("POST", f"/v1/workspaces/{ws}/pause")
        runs.finish_run(lease, SyncReport(ws, run_id, "auto"))
        assert admin("GET", f"/v1/runs/{run_id}").json["finished_at"] is not None

    def test_nobody_is_late_and_nobody_caught_up(self, admin: Client, ws: UUID, database: Database) -> None:
        database.run(TASK, ws=ws)
        long_ago = "SET created_at = now() - interval '2 days' WHERE ws_id = :ws"
        for table in ("tasks", "calendar_connections", "calendar_auth_tokens"):
            database.run(f"UPDATE {table} {long_ago}", ws=ws)
        late, now = PostgresLate(database), datetime.now(UTC)
        assert late.tell(now) > 0
        assert admin("GET", "/v1/health").json["items"]
        admin("POST", f"/v1/workspaces/{ws}/pause")
        assert admin("GET", "/v1/health").json["items"] == []
        assert PostgresDueStore(database).sync_health(now).workspaces_behind == 0
        assert late.tell(now) == 0, "a pause is no end of being late"
        health = admin("GET", f"/v1/workspaces/{ws}/health").json
        assert (health["state"], health["why"]["reason"]) == ("paused", "paused")


class TestGoingOn:
    def test_it_goes_on_with_a_sync_and_a_plan_of_what_came(
        self, admin: Client, ws: UUID, queue: ListQueue, database: Database
    ) -> None:
        work_of_each_kind(database, ws)
        admin("POST", f"/v1/workspaces/{ws}/pause")
        database.run("DELETE FROM unplanned_changes")  # what is a day old goes
        resumed = admin("POST", f"/v1/workspaces/{ws}/resume")
        assert (resumed.status, resumed.json["status"]) == (202, "queued")
        (sent,) = queue.sent.values()
        assert (sent.job.ws_id, sent.job.request_id) == (ws, resumed.json["job_id"])
        assert due_of_each_kind(database) == [True] * 4
        assert admin("GET", f"/v1/workspaces/{ws}/health").json["state"] != "paused"

    def test_twice_is_told_unless_it_is_the_same_request(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        admin("POST", f"/v1/workspaces/{ws}/pause")
        once = {"Idempotency-Key": "on"}
        first = admin("POST", f"/v1/workspaces/{ws}/resume", None, once)
        assert admin("POST", f"/v1/workspaces/{ws}/resume", None, once).json == first.json
        again = admin("POST", f"/v1/workspaces/{ws}/resume")
        assert (again.status, again.json["code"]) == (409, "not_paused")
        assert len(queue.sent) == 1

    def test_one_whose_answer_was_lost_is_no_second_one(
        self, admin: Client, ws: UUID, queue: ListQueue, unanswered: Callable[[], None]
    ) -> None:
        admin("POST", f"/v1/workspaces/{ws}/pause")
        once = {"Idempotency-Key": "on"}
        unanswered()
        assert admin("POST", f"/v1/workspaces/{ws}/resume", None, once).status == 503
        again = admin("POST", f"/v1/workspaces/{ws}/resume", None, once)
        (sent,) = queue.sent.values()
        assert (again.status, again.json["job_id"]) == (202, sent.job.request_id)

    def test_a_queue_that_is_down_leaves_the_pause_as_it_was(self, admin: Client, ws: UUID, queue: ListQueue) -> None:
        since = admin("POST", f"/v1/workspaces/{ws}/pause").json["paused_at"]
        queue.down = True
        assert admin("POST", f"/v1/workspaces/{ws}/resume").status == 503
        (listed,) = admin("GET", "/v1/workspaces").json["items"]
        assert datetime.fromisoformat(listed["paused_at"]) == datetime.fromisoformat(since)

    def test_the_command_line_does_the_same(
        self,
        ws: UUID,
        database_url: str,
        database: Database,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("ALMANAC_DATABASE_URL", database_url)
        assert main(["workspace", "pause", str(ws)]) == 0
        assert main(["workspace", "list"]) == 0
        assert "paused since" in capsys.readouterr().out
        assert main(["workspace", "pause", str(uuid4())]) == 2
        database.run("DELETE FROM workspace_pauses")
        monkeypatch.setenv("ALMANAC_SYNC_QUEUE_URL", "https://queue.invalid/sync.fifo")
        assert main(["workspace", "resume", str(ws)]) == 1
        assert "not paused" in capsys.readouterr().err


class TestInTheConsole:
    def test_whoever_pauses_says_that_it_is_meant(self, wiring: ApiWiring, ws: UUID, database: Database) -> None:
        visitor, place = Visitor(wiring, "operator"), f"/console/workspaces/{ws}"
        assert visitor.post(f"{place}/pause").status == 303
        assert wiring.pauses.of(ws) is None
        visitor.post(f"{place}/pause", sure="yes")
        page = visitor.get(place).text
        assert "Resume" in page
        assert f'action="{place}/sync"' not in page
        assert "paused" in visitor.get("/console/workspaces").text
        gone_on = visitor.post(f"{place}/resume", once="1")
        assert gone_on.headers["Location"].startswith("/console/jobs/")
        assert visitor.post(f"{place}/resume", once="1").headers["Location"] == gone_on.headers["Location"]
        said = database.run("SELECT action FROM audit_log WHERE ws_id = :ws ORDER BY at", ws=ws)
        assert [row[0] for row in said] == ["pause", "resume"]

    def test_a_viewer_sees_it_and_cannot_end_it(self, wiring: ApiWiring, ws: UUID) -> None:
        wiring.pauses.pause(ws, "ada")
        viewer, place = Visitor(wiring, "viewer"), f"/console/workspaces/{ws}"
        page = viewer.get(place).text
        assert "by <bdi>ada</bdi>" in page
        assert f'action="{place}' not in page
        assert viewer.post(f"{place}/resume").status == 403
        assert wiring.pauses.of(ws) is not None


def test_a_foreign_workspace_cannot_be_paused(member: Client, foreign: UUID, wiring: ApiWiring) -> None:
    for what in ("pause", "resume"):
        assert member("POST", f"/v1/workspaces/{foreign}/{what}").json["code"] == "unknown_workspace"
    assert wiring.pauses.of(foreign) is None
