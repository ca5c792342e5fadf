"""`almanac schedule`, typed as an operator types it: real Postgres, in-process queues, the real use case."""

import contextlib
import json
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.postgres.plan.requested import PostgresRequestedPlans
from almanac.errors import Postponed
from almanac.services.queues.message_run import SqsMessage
from almanac.wiring.command_line import Wiring
from tests.cli.shell import Shell
from tests.integration.planned import Planned
from tests.integration.test_cli import queues, sent, sqs

__all__ = ["queues", "sqs"]

pytestmark = pytest.mark.integration

OPEN = {
    day: {"enabled": True, "timeBlocks": [{"startTime": "00:00", "endTime": "24:00"}]}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
"""The commands plan from the real now, whatever hour that is."""


@pytest.fixture
def workspace(database_url: str) -> Iterator[Planned]:
    """A workspace in Berlin whose work hours never close, with a task and a habit, none of them within the hour."""
    workspace = Planned(database_url)
    workspace.hours("work", OPEN)
    workspace.prefer(min_notice_minutes=60)
    workspace.task("Quarterly report", 90)
    workspace.habit("Walk", 30)
    yield workspace
    workspace.wiring.close()


@pytest.fixture
def almanac(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], queues: dict[str, str], database_url: str
) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(database_url=database_url, schedule_queue_url=queues["schedule"], plan_budget_seconds="0.05")
    return shell


@pytest.fixture
def worker(almanac: Shell, sqs: Any, queues: dict[str, str]) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """What Lambda does with the schedule queue."""

    @contextlib.contextmanager
    def working() -> Iterator[None]:
        stop = threading.Event()
        crashed: list[BaseException] = []

        def work() -> None:
            wiring = Wiring(os.environ)
            try:
                while not stop.wait(0.02):
                    receive_one(sqs, queues["schedule"], wiring)
            except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                crashed.append(error)
            finally:
                wiring.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert not crashed, crashed

    return working


def receive_one(sqs: Any, url: str, wiring: Wiring) -> None:
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, AttributeNames=["All"]).get("Messages", ()):
        about = message["Attributes"]
        received = SqsMessage(
            body=message["Body"],
            message_id=message["MessageId"],
            receipt_handle=message["ReceiptHandle"],
            receive_count=int(about["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(about["SentTimestamp"]) / 1000, UTC),
        )
        with contextlib.suppress(Postponed):
            wiring.receive_schedule(received, lambda: 100.0)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class TestEnqueueing:
    def test_puts_the_job_into_the_schedule_queue(
        self, almanac: Shell, workspace: Planned, sqs: Any, queues: dict[str, str]
    ) -> None:
        ended = almanac("schedule", workspace.ws_id, "--window-days", "14", "--force", "--apply", "safe", "--json")

        assert (ended.code, ended.err) == (0, "")
        assert (ended.json["ws_id"], ended.json["status"]) == (str(workspace.ws_id), "enqueued")
        (body,) = sent(sqs, queues["schedule"])
        assert (body["job"], body["ws_id"]) == ("calendar.schedule", str(workspace.ws_id))
        assert (body["window_days"], body["force_reschedule"], body["apply"]) == (14, True, "safe")
        assert body["request_id"] == ended.json["request_id"]
        assert sent(sqs, queues["sync"]) == []

    def test_asking_twice_is_two_jobs(
        self, almanac: Shell, workspace: Planned, sqs: Any, queues: dict[str, str]
    ) -> None:
        for _ in range(2):
            assert almanac("schedule", workspace.ws_id).code == 0

        assert len(sent(sqs, queues["schedule"])) == 2

    def test_an_unknown_workspace_is_bad_usage_and_sends_nothing(
        self, almanac: Shell, workspace: Planned, sqs: Any, queues: dict[str, str]
    ) -> None:
        for more in ((), ("--preview",), ("--wait",)):
            ended = almanac("schedule", uuid4(), *more)
            assert ended.code == 2
            assert "WS: no workspace" in ended.complaint
        assert sent(sqs, queues["schedule"]) == []

    @pytest.mark.parametrize(
        ("options", "about"),
        [
            (("--window-days", "6"), "--window-days"),
            (("--window-days", "91"), "--window-days"),
            (("--window-days", "soon"), "--window-days"),
            (("--apply", "maybe"), "--apply"),
            (("--preview", "--wait"), "--wait"),
            (("--write", "0" * 40, "--wait"), "--wait"),
            (("--write", "0" * 40, "--preview"), "--write"),
            (("--write", "yes"), "--write"),
            (("--svg", "plan.svg"), "--svg"),
            (("--html", "plan.html"), "--html"),
        ],
    )
    def test_what_does_not_fit_is_bad_usage(self, almanac: Shell, options: tuple[str, ...], about: str) -> None:
        ended = almanac("schedule", uuid4(), *options)

        assert ended.code == 2
        assert about in ended.complaint


class TestWaiting:
    def test_ends_with_the_plan_of_this_request(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        with worker():
            first = almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30", "--json")
            second = almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30")

        assert (first.code, first.json["outcome"], first.json["success"]) == (0, "planned", True)
        assert first.json["inserted"] == len(workspace.blocks()) > 1
        assert second.code == 0
        assert second.out.startswith("completed: unchanged in ")

    def test_a_refused_plan_is_a_failure_that_says_why(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        workspace.task("Endless", 40_000)

        with worker():
            options = ("--window-days", "7", "--apply", "safe", "--wait", "--timeout", "30")
            ended = almanac("schedule", workspace.ws_id, *options)

        assert ended.code == 1
        assert "plan skipped: blocked" in ended.err
        assert "  Endless: without a place: " in ended.out
        assert workspace.blocks() == []

    def test_what_a_note_is_about_is_named_also_when_it_is_no_task(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        workspace.prefer(break_minutes=7)

        with worker():
            ended = almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30")

        assert "  preference break_minutes: ignored: " in ended.out

    def test_a_workspace_without_a_zone_is_a_failure_that_says_so(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        workspace.change("workspaces", workspace.ws_id, timezone=None)

        with worker():
            ended = almanac("schedule", workspace.ws_id, "--wait", "--timeout", "30")

        assert ended.code == 1
        assert "timezone_missing: the workspace has no time zone" in ended.err

    def test_that_nobody_works_on_ends_after_the_timeout(self, almanac: Shell, workspace: Planned) -> None:
        ended = almanac("schedule", workspace.ws_id, "--wait", "--timeout", "0.01")

        assert ended.code == 1
        assert "not done after 0.01 s" in ended.err


class TestPreview:
    def test_shows_the_plan_and_writes_nothing(
        self, almanac: Shell, workspace: Planned, sqs: Any, queues: dict[str, str]
    ) -> None:
        before = state(workspace)

        ended = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview")

        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith("A preview: the run would be planned, and nothing was written.")
        assert "Quarterly report: the earliest" in " ".join(ended.out.split())
        assert "Team, Europe/Berlin" in ended.out
        assert state(workspace) == before
        assert sent(sqs, queues["schedule"]) == []

    def test_is_what_a_run_then_writes(self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]) -> None:
        preview = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--json").json
        with worker():
            assert almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30").code == 0

        assert (preview["preview"], preview["mode"]) == (True, "planned")
        planned = [(b["title"], b["minutes"]) for b in preview["blocks"]]
        assert sorted(planned) == sorted((b.title, b.minutes) for b in workspace.blocks())
        assert {b["change"] for b in preview["blocks"]} == {"new"}
        assert all(b["reason"] for b in preview["blocks"])

    def test_of_a_standing_plan_changes_nothing(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        with worker():
            almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30")

        preview = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--json").json

        assert (preview["mode"], preview["inserted"], preview["moved"], preview["deleted"]) == ("unchanged", 0, 0, 0)

    def test_names_what_a_meeting_moves_and_what_is_in_the_way(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        with worker():
            almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30")
        (block,) = workspace.blocks("Quarterly report")
        cover(workspace, block.id, "Board meeting")

        document = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--json").json
        text = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview").out

        assert [b["title"] for b in document["blocks"] if b["change"] == "moved"] == ["Quarterly report"]
        assert "# Board" in text
        assert "Quarterly report (moved)" in text

    def test_leaves_a_locked_block_and_says_so(
        self, almanac: Shell, workspace: Planned, worker: Callable[..., Any]
    ) -> None:
        with worker():
            almanac("schedule", workspace.ws_id, "--window-days", "7", "--wait", "--timeout", "30")
        (block,) = workspace.blocks("Quarterly report")
        workspace.change("workspace_calendar_events", block.id, locked=True)

        text = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview").out
        document = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--json").json

        assert "Quarterly report (held): locked by its owner" in " ".join(text.split())
        (held,) = (each for each in document["blocks"] if each["change"] == "held")
        assert (held["title"], held["minutes"], held["reason"]) == (block.title, block.minutes, "locked by its owner")
        assert len(document["blocks"]) == len(workspace.blocks())
        assert 0 < document["plan_ms"] <= document["total_ms"]

    def test_works_while_a_run_holds_the_workspace(self, almanac: Shell, workspace: Planned) -> None:
        workspace.database.run(
            "INSERT INTO workspace_sync_leases (ws_id, owner, fence, acquired_at, expires_at)"
            " VALUES (:ws, :owner, 1, now(), :until)",
            ws=workspace.ws_id,
            owner=uuid4(),
            until=datetime.now(UTC) + timedelta(minutes=5),
        )

        assert almanac("schedule", workspace.ws_id, "--preview", "--json").json["mode"] == "planned"

    def test_of_a_plan_that_would_be_refused_says_so(self, almanac: Shell, workspace: Planned) -> None:
        workspace.task("Endless", 40_000)

        ended = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--apply", "safe")

        assert ended.code == 1
        assert "blocked" in ended.err
        assert "Endless: without a place" in ended.out

    def test_without_a_zone_there_is_no_plan(self, almanac: Shell, workspace: Planned) -> None:
        workspace.change("workspaces", workspace.ws_id, timezone=None)

        ended = almanac("schedule", workspace.ws_id, "--preview")

        assert ended.code == 1
        assert ended.complaint.startswith("almanac: the workspace has no time zone: run `almanac workspace set ")

    def test_draws_pictures_with_titles(self, almanac: Shell, workspace: Planned, tmp_path: Path) -> None:
        files = tmp_path / "plan.svg", tmp_path / "plan.html"

        options = ("--preview", "--window-days", "7", "--svg", files[0], "--html", files[1])
        assert almanac("schedule", workspace.ws_id, *options).code == 0

        assert all("Quarterly report" in file.read_text() for file in files)


@pytest.mark.usefixtures("no_quarter_ends_meanwhile")
class TestWriting:
    def test_what_the_preview_says_to_type_writes_what_it_showed(self, almanac: Shell, workspace: Planned) -> None:
        shown = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview")
        blocks = almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview", "--json").json["blocks"]
        (command,) = (line for line in shown.out.splitlines() if line.startswith("To write exactly this: "))

        written = almanac(*shlex.split(command.partition(": almanac ")[2]))

        assert (written.code, written.err) == (0, "")
        assert written.out.startswith(f"completed: planned; blocks: {len(blocks)} inserted; run ")
        starts = [(b["title"], datetime.fromisoformat(b["start"]).astimezone(ZoneInfo(workspace.zone))) for b in blocks]
        wanted = sorted((title, f"{start:%H:%M}") for title, start in starts)
        assert sorted((b.title, b.start) for b in workspace.blocks()) == wanted
        assert "To write" not in almanac("schedule", workspace.ws_id, "--window-days", "7", "--preview").out

    def test_what_it_was_made_from_has_changed(self, almanac: Shell, workspace: Planned) -> None:
        shown = almanac("schedule", workspace.ws_id, "--preview", "--json").json
        workspace.task("Another", 60)
        before = state(workspace)

        refused = almanac("schedule", workspace.ws_id, "--write", shown["fingerprint"])

        assert (refused.code, state(workspace)) == (1, before)
        assert refused.err.startswith("almanac: plan_changed: what the plan was made from has changed")
        assert refused.out.startswith("Nothing was written. What the plan would come to now:\nTo write exactly this: ")
        assert "Another" in refused.out


def test_a_request_without_a_run_yet_has_none(workspace: Planned) -> None:
    assert PostgresRequestedPlans(workspace.database).runs_of_request(workspace.ws_id, "nobody") == []


def state(workspace: Planned) -> str:
    """Everything a run could write, row versions included."""
    tables = ("jobs", "runs", "workspace_sync_leases", "workspaces", "tasks", "workspace_habits")
    found = [workspace.database.run(f"SELECT xmin::text, ctid::text FROM {table}") for table in tables]
    return json.dumps([workspace.written(), found], default=str)


def cover(workspace: Planned, block: UUID, title: str) -> None:
    """A meeting exactly where the block is."""
    workspace.connect()
    identity = "ws_id, provider, external_calendar_id, external_event_id"
    workspace.database.run(
        f"INSERT INTO workspace_calendar_events ({identity}, title, start_at, end_at)"
        " SELECT ws_id, 'google', 'ada@example.test', 'meeting', :title, start_at, end_at"
        " FROM workspace_calendar_events WHERE id = :block",
        title=title,
        block=block,
    )
