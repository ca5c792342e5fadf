"""The commands, typed as an operator types them: real Postgres, simulated Google, in-process queues."""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from moto import mock_aws

from almanac.adapters.aws import clients
from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database
from almanac.cli.main import main
from almanac.errors import Postponed
from almanac.jobs import parse_sync
from almanac.services.queues.message_run import SqsMessage
from almanac.wiring.command_line import Wiring
from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.cli.shell import Ended, Shell
from tests.integration import rows

pytestmark = pytest.mark.integration

ADA = "ada@example.test"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Empty queues in this process, under credentials that no real account has."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield clients.client("sqs")


@pytest.fixture
def queues(sqs: Any) -> dict[str, str]:
    made = {}
    for name in ("sync", "schedule"):
        dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        attributes = {"FifoQueue": "true", "RedrivePolicy": policy}
        made[name] = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"]
        made[f"{name}-dead"] = dead
    return made


@pytest.fixture
def almanac(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    simulator: Simulator,
    queues: dict[str, str],
    database_url: str,
) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(
        database_url=database_url,
        sync_queue_url=queues["sync"],
        schedule_queue_url=queues["schedule"],
        google_api_url=simulator.url,
        google_token_url=simulator.token_url,
        google_client_id="client",
        google_client_secret="not-a-secret",
        google_timeout_seconds="5",
        token_keys=new_key(),
        sync_cooldown_seconds="0",
    )
    return shell


@pytest.fixture
def ws_id(almanac: Shell) -> UUID:
    return UUID(almanac("workspace", "add", "--name", "Team", "--timezone", "Europe/Berlin", "--json").json["ws_id"])


@pytest.fixture
def token(simulator: Simulator) -> str:
    return str(simulator.commands.add_account(ADA)["refresh_token"])


def connect(almanac: Shell, ws_id: UUID, token: str, *more: str) -> Ended:
    almanac.type(json.dumps({"refresh_token": token}))
    who = ("--workspace", ws_id, "--email", "Ada@Example.test", "--user", "ada", "--token-file", "-")
    return almanac("account", "add", *who, *more)


@pytest.fixture
def connected(almanac: Shell, ws_id: UUID, token: str) -> UUID:
    """A workspace with Ada's account in it."""
    assert connect(almanac, ws_id, token).code == 0
    return ws_id


def sent(sqs: Any, url: str) -> list[dict[str, Any]]:
    """The messages that wait; each is deleted, because one in flight hides those behind it."""
    bodies = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(json.loads(message["Body"]))
    return bodies


@pytest.fixture
def worker(almanac: Shell, sqs: Any, queues: dict[str, str]) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """What Lambda does: receives sync messages and runs them, each with `seconds` to go."""

    @contextlib.contextmanager
    def working(seconds: float = 300.0) -> Iterator[None]:
        stop = threading.Event()
        crashed: list[BaseException] = []

        def work() -> None:
            wiring = Wiring(os.environ)
            try:
                while not stop.wait(0.02):
                    _receive_one(sqs, queues["sync"], wiring, seconds)
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


def _receive_one(sqs: Any, url: str, wiring: Wiring, seconds: float) -> None:
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
            wiring.receive_sync(received, lambda: seconds)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class TestMigrate:
    @pytest.fixture
    def empty_url(self, postgres: Postgres) -> Iterator[str]:
        yield postgres.create_database("empty")
        postgres.drop_database("empty")

    def test_it_builds_an_empty_database_and_leaves_a_finished_one_alone(self, almanac: Shell, empty_url: str) -> None:
        almanac.set(database_url=empty_url)

        first, second = almanac("migrate", "--json"), almanac("migrate", "--json")

        assert (first.code, second.code) == (0, 0)
        assert "0001_calendar_sync.sql" in first.json["applied"]
        assert second.json == {"applied": []}
        assert almanac("migrate").out == "up to date\n"
        assert almanac("runs").code == 0

    def test_several_at_once_apply_each_migration_once(self, almanac: Shell, empty_url: str) -> None:
        almanac.set(database_url=empty_url)
        barrier = threading.Barrier(3)
        codes: list[int] = []

        def migrate() -> None:
            barrier.wait()
            codes.append(main(["migrate"]))

        threads = [threading.Thread(target=migrate) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert codes == [0, 0, 0]
        assert almanac("migrate", "--json").json == {"applied": []}

    def test_a_database_without_tables_is_told_in_one_line(self, almanac: Shell, empty_url: str) -> None:
        almanac.set(database_url=empty_url)

        ended = almanac("runs")

        assert ended.code == 1
        assert ended.complaint == "almanac: the tables are missing: run `almanac migrate` (42P01)"

    def test_a_wrong_password_is_bad_usage_and_is_not_shown(self, almanac: Shell, database_url: str) -> None:
        user, _, place = database_url.partition("@")
        almanac.set(database_url=f"{user.rsplit(':', 1)[0]}:hunter2@{place}")

        ended = almanac("migrate")

        assert ended.code == 2
        assert ended.complaint.startswith("almanac: ALMANAC_DATABASE_URL: ")
        assert "hunter2" not in ended.err


class TestWorkspaceAdd:
    def test_it_prints_the_id_of_the_new_workspace(self, almanac: Shell, database: Database) -> None:
        ended = almanac("workspace", "add", "--name", "Team", "--timezone", "Asia/Kathmandu", "--json")

        assert (ended.code, ended.err) == (0, "")
        assert database.run("SELECT id::text, name, timezone FROM workspaces") == [
            [ended.json["ws_id"], "Team", "Asia/Kathmandu"]
        ]

    def test_the_same_id_again_is_the_same_workspace_or_an_error(self, almanac: Shell, database: Database) -> None:
        ws_id = uuid4()

        def add(name: str) -> Ended:
            return almanac("workspace", "add", "--name", name, "--timezone", "UTC", "--id", ws_id, "--json")

        assert [add("Team").json, add("Team").json] == [{"ws_id": str(ws_id)}] * 2
        conflict = add("Other")
        assert conflict.code == 2
        assert "--id: workspace" in conflict.complaint
        assert database.run("SELECT name FROM workspaces") == [["Team"]]


class TestDailyLife:
    """What an operator changes without a line of SQL."""

    def test_a_workspace_is_found_by_its_name_and_set_right(self, almanac: Shell, ws_id: UUID) -> None:
        assert almanac("workspace", "set", "team", "--timezone", "Asia/Kathmandu").code == 0
        assert almanac("workspace", "set", ws_id, "--name", "Crew", "--json").json == (
            {"ws_id": str(ws_id), "name": "Crew", "timezone": "Asia/Kathmandu", "weekly_report": False}
        )

        (listed,) = almanac("workspace", "list", "--json").json["workspaces"]
        assert (listed["ws_id"], listed["name"], listed["time_zone"]) == (str(ws_id), "Crew", "Asia/Kathmandu")
        assert almanac("connections", "Crew").out == "no calendar is connected\n"
        assert almanac("connections", "Team").complaint.startswith("almanac: WS: neither an id nor the name of a")
        assert f"\n  {ws_id}\n" in almanac("workspace", "list").out

    def test_a_workspace_is_removed_once_its_accounts_are_let_go(
        self, almanac: Shell, connected: UUID, database: Database
    ) -> None:
        other = rows.workspace(database)

        early = almanac("workspace", "remove", connected, "--confirm")
        almanac("account", "disconnect", connected, ADA)
        unsure = almanac("workspace", "remove", connected)
        removed = almanac("workspace", "remove", connected, "--confirm", "--json")
        again = almanac("workspace", "remove", connected, "--confirm")

        assert (early.code, unsure.code, removed.code, again.code) == (1, 2, 0, 2)
        assert "its accounts are connected" in early.complaint
        assert unsure.complaint.startswith("almanac: --confirm: is needed")
        assert removed.json == {"ws_id": str(connected)}
        assert again.complaint.startswith("almanac: WS: no workspace")
        assert database.run("SELECT id FROM workspaces") == [[other]]
        assert database.run("SELECT count(*) FROM calendar_connections") == [[0]]

    def test_a_calendar_is_switched_and_an_account_disconnected(self, almanac: Shell, connected: UUID) -> None:
        (off,) = almanac("calendar", "switch", "Team", ADA, "off", "--json").json["connections"]
        (on,) = almanac("calendar", "switch", "Team", ADA, "on", "--json").json["connections"]

        assert [(each["enabled"], each["is_read"]) for each in (off, on)] == [(False, False), (True, True)]
        (account,) = almanac("account", "list", connected, "--json").json["accounts"]
        assert (account["email"], account["workspace"], account["read"]) == (ADA, "Team", 1)
        for spelt in (
            ("Team", ADA),
            (ADA, "--workspace", connected),
            ("--workspace", "Team", ADA),
            ("--email", ADA, "Team"),
        ):
            assert almanac("account", "disconnect", *spelt).out.startswith(f"disconnected: {ADA}"), spelt
        (account,) = almanac("account", "list", "--json").json["accounts"]
        assert (account["status"], account["read"]) == ("disconnected", 0)
        assert all(len(line) <= 80 for line in almanac("account", "list").out.splitlines())


class TestAccountAdd:
    def test_it_connects_the_accounts_calendars(
        self, almanac: Shell, ws_id: UUID, simulator: Simulator, token: str
    ) -> None:
        simulator.commands.add_calendar(ADA, "Climbing")

        ended = connect(almanac, ws_id, token, "--json")

        assert (ended.code, ended.err) == (0, "")
        assert (ended.json["email"], ended.json["reconnected"]) == (ADA, False)
        assert [c["name"] for c in ended.json["connections"]] == [ADA, "Climbing"]
        assert token not in ended.out

    def test_a_file_is_as_good_as_stdin(self, almanac: Shell, ws_id: UUID, token: str, tmp_path: Path) -> None:
        file = tmp_path / "token.json"
        file.write_text(
            json.dumps({"refresh_token": token, "access_token": "stale", "expires_at": "2020-01-01T00:00:00Z"})
        )

        ended = almanac("account", "add", "--workspace", ws_id, "--email", ADA, "--user", "ada", "--token-file", file)

        assert ended.code == 0
        assert ended.out.startswith(f"connected: {ADA} with 1 calendar(s)")
        assert token not in ended.out

    def test_an_address_that_is_somebody_elses_too_is_connected_and_said_so(
        self, almanac: Shell, connected: UUID, token: str
    ) -> None:
        almanac.type(json.dumps({"refresh_token": token}))
        said = "the address is connected as user {} too: its own calendar takes the time of each of them"

        who = ("--workspace", connected, "--email", ADA, "--user", "ben")
        ended = almanac("account", "add", *who, "--token-file", "-")

        assert (ended.code, ended.out.splitlines()[1]) == (0, said.format("ada"))
        listed = almanac("account", "list", connected).out
        assert (listed.count(f"  {said.format('ada')}\n"), listed.count(f"  {said.format('ben')}\n")) == (1, 1)
        assert almanac("account", "disconnect", connected, ADA, "--user", "ben", "--blocks", "leave").code == 0
        assert "too" not in almanac("account", "list", connected).out

    def test_again_with_a_new_token_it_reconnects(
        self, almanac: Shell, connected: UUID, simulator: Simulator, database: Database
    ) -> None:
        database.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required', last_error = 'gone'")
        fresh = simulator.commands.reconnect_account(ADA)["refresh_token"]

        ended = connect(almanac, connected, fresh, "--json")

        assert ended.json["reconnected"]
        assert [c["account_status"] for c in ended.json["connections"]] == ["active"]
        assert database.run("SELECT count(*) FROM calendar_auth_tokens")[0][0] == 1

    def test_an_address_that_the_token_is_not_of_is_refused(
        self, almanac: Shell, ws_id: UUID, simulator: Simulator, database: Database
    ) -> None:
        almanac.type(json.dumps({"refresh_token": simulator.commands.add_account("nina@new.test")["refresh_token"]}))

        ended = almanac("account", "add", "--workspace", ws_id, "--email", ADA, "--user", "n", "--token-file", "-")

        assert ended.code == 2
        assert ended.complaint == (
            f"almanac: --email: the token belongs to nina@new.test; give that address, or {ADA}'s own token"
        )
        assert database.run("SELECT count(*) FROM calendar_auth_tokens")[0][0] == 0

    def test_a_dead_token_is_a_failure_that_stores_nothing(
        self, almanac: Shell, ws_id: UUID, simulator: Simulator, token: str, database: Database
    ) -> None:
        simulator.commands.revoke_account(ADA)

        ended = connect(almanac, ws_id, token)

        assert ended.code == 1
        assert "the refresh token does not work, nothing was stored" in ended.complaint
        assert token not in ended.err
        assert database.run("SELECT count(*) FROM calendar_auth_tokens")[0][0] == 0

    def test_an_unknown_workspace_is_bad_usage(self, almanac: Shell, token: str) -> None:
        ended = connect(almanac, uuid4(), token)

        assert ended.code == 2
        assert ended.complaint.startswith("almanac: --workspace: no workspace")

    @pytest.mark.parametrize(
        ("setting", "value"), [("token_keys", ""), ("token_keys", "hunter2"), ("google_client_id", "")]
    )
    def test_settings_it_needs_are_named(
        self, almanac: Shell, ws_id: UUID, token: str, setting: str, value: str
    ) -> None:
        almanac.set(**{setting: value})

        ended = connect(almanac, ws_id, token)

        assert ended.code == 2
        assert ended.complaint.startswith(f"almanac: ALMANAC_{setting.upper()}: ")
        assert "hunter2" not in ended.complaint


class TestConnections:
    def test_it_lists_what_is_connected_and_how_it_is(
        self, almanac: Shell, connected: UUID, database: Database
    ) -> None:
        database.run(
            "UPDATE calendar_connections SET status = 'error', last_error_type = 'access_denied', last_error = 'no'"
        )

        (row,) = almanac("connections", connected, "--json").json["connections"]
        head, line, *more = almanac("connections", connected).out.splitlines()

        facts = ("calendar_id", "enabled", "inbound", "outbound", "last_synced_at", "status", "error_type", "error")
        assert [row[name] for name in facts] == [ADA, True, True, False, None, "error", "access_denied", "no"]
        assert head.split()[:3] == ["CALENDAR", "ENABLED", "DIRECTION"]
        assert line.split() == [ADA, "yes", "inbound", "-", "error"]
        assert more == [f"  {ADA}", f"  of {ADA}, owner", "  no"]

    def test_without_any_it_says_so(self, almanac: Shell, ws_id: UUID) -> None:
        assert almanac("connections", ws_id).out == "no calendar is connected\n"
        assert almanac("connections", ws_id, "--json").json["connections"] == []


@pytest.mark.parametrize("command", ["connections", "sync", "runs", "member target --user ada --none"])
def test_an_unknown_workspace_is_bad_usage_everywhere(
    almanac: Shell, sqs: Any, queues: dict[str, str], command: str
) -> None:
    ended = almanac(*command.split(), uuid4())

    assert ended.code == 2
    assert ended.complaint.startswith("almanac: WS: no workspace")
    assert sent(sqs, queues["sync"]) == []


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ("api-key revoke", "ID"),
        ("undo", "RUN"),
        ("runs --run", "--run"),
        ("api-key add --name k --scope read --workspace", "--workspace"),
    ],
)
def test_a_complaint_names_what_was_typed(almanac: Shell, ws_id: UUID, command: str, field: str) -> None:
    ended = almanac(*command.split(), uuid4())

    assert (ended.code, ended.complaint.split(":")[1].strip()) == (2, field)


class TestSync:
    def test_it_sends_the_job_that_was_asked_for(
        self, almanac: Shell, connected: UUID, sqs: Any, queues: dict[str, str]
    ) -> None:
        ended = almanac("sync", connected, "--mode", "full", "--calendar", "primary", "--force", "--json")

        assert (ended.code, ended.err) == (0, "")
        (body,) = sent(sqs, queues["sync"])
        job = parse_sync(json.dumps(body))
        assert (job.ws_id, job.mode, job.calendar_id, job.force) == (connected, "full", "primary", True)
        assert (job.source, job.request_id) == ("manual", ended.json["request_id"])

    def test_asking_twice_is_two_requests(
        self, almanac: Shell, connected: UUID, sqs: Any, queues: dict[str, str]
    ) -> None:
        for _ in range(2):
            assert almanac("sync", connected).code == 0

        assert len(sent(sqs, queues["sync"])) == 2

    def test_a_calendar_that_no_sync_reads_is_bad_usage(
        self, almanac: Shell, connected: UUID, sqs: Any, queues: dict[str, str]
    ) -> None:
        ended = almanac("sync", connected, "--calendar", "somebody@else.test")

        assert ended.code == 2
        assert ended.complaint.startswith("almanac: --calendar: ")
        assert sent(sqs, queues["sync"]) == []

    def test_a_queue_that_does_not_take_it_is_a_failure(self, almanac: Shell, connected: UUID) -> None:
        almanac.set(sync_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/missing.fifo")

        ended = almanac("sync", connected)

        assert ended.code == 1
        assert "could not be sent" in ended.complaint

    def test_all_that_cannot_be_sent_is_a_failure(self, almanac: Shell, connected: UUID) -> None:
        almanac.set(sync_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/missing.fifo")

        ended = almanac("sync", "--all")

        assert (ended.code, ended.complaint) == (1, "almanac: 1 of 1 jobs could not be sent")

    def test_all_means_every_workspace_with_something_to_read(
        self, almanac: Shell, connected: UUID, sqs: Any, queues: dict[str, str]
    ) -> None:
        almanac("workspace", "add", "--name", "Empty", "--timezone", "UTC")

        ended = almanac("sync", "--all", "--mode", "incremental", "--json")

        (body,) = sent(sqs, queues["sync"])
        assert (ended.code, ended.json["enqueued"], ended.json["failed"]) == (0, 1, 0)
        assert (body["ws_id"], body["source"], body["mode"]) == (str(connected), "batch", "incremental")
        assert body["request_id"] == ended.json["request_id"]

    def test_all_of_nobody_is_done_at_once(self, almanac: Shell, ws_id: UUID) -> None:
        assert almanac("sync", "--all").out.startswith("enqueued 0 workspace(s)")


class TestSyncWait:
    def test_it_follows_the_run_and_prints_how_it_ended(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        start = datetime.now(UTC) + timedelta(days=1)
        times = {name: {"dateTime": (start + timedelta(hours=h)).isoformat()} for name, h in (("start", 0), ("end", 1))}
        simulator.commands.insert_event(ADA, {"summary": "Review", **times})

        with worker():
            ended = almanac("sync", connected, "--wait", "--timeout", "30", "--json")

        assert ended.code == 0
        run = ended.json
        assert (run["status"], run["outcome"], run["success"]) == ("completed", "redirected_to_full", True)
        assert (run["inserted"], run["earlier_runs"]) == (1, [])
        assert ended.err.startswith("waiting, 0 s\n")
        assert almanac("runs", "--run", run["run_id"], "--json").json["run_id"] == run["run_id"]

    def test_a_continued_run_is_followed_to_its_end(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        simulator.loading.add_flat_events(ADA, 60)
        almanac.set(sync_page_size="25")

        with worker(seconds=1.0):  # less than the reserve: one page a run
            ended = almanac("sync", connected, "--wait", "--timeout", "60", "--json")

        assert (ended.code, ended.json["source"], ended.json["status"]) == (0, "continuation", "completed")
        runs = almanac("runs", connected, "--json").json["runs"]
        assert [r["run_id"] for r in reversed(runs)] == [*ended.json["earlier_runs"], ended.json["run_id"]]
        assert len(runs) >= 3
        assert sum(r["inserted"] for r in runs) == 60

    def test_a_failed_run_is_a_failure_and_says_why(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        simulator.commands.revoke_account(ADA)

        with worker():
            ended = almanac("sync", connected, "--wait", "--timeout", "30", "--json")

        assert (ended.code, ended.json["success"], ended.json["status"]) == (1, False, "failed")
        assert ended.err.splitlines()[-1].startswith("almanac: sync failed: reconnect_required: ")

    def test_a_sync_that_was_not_needed_is_no_failure(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        almanac.set(sync_cooldown_seconds="600")

        with worker():
            first = almanac("sync", connected, "--wait", "--timeout", "30")
            second = almanac("sync", connected, "--wait", "--timeout", "30")

        assert first.out.startswith("completed: redirected_to_full in ")
        assert second.code == 0
        assert second.out.startswith("skipped: cooldown, possible again in ")

    def test_nobody_to_run_it_ends_at_the_timeout(self, almanac: Shell, connected: UUID) -> None:
        ended = almanac("sync", connected, "--wait", "--timeout", "0.3", "--json")

        assert (ended.code, ended.out) == (1, "")
        assert ended.err.splitlines()[-1].startswith("almanac: not done after 0.3 s")

    def test_ctrl_c_leaves_quietly_and_the_job_stays_queued(
        self, almanac: Shell, connected: UUID, sqs: Any, queues: dict[str, str]
    ) -> None:
        def interrupt() -> None:
            def waiting() -> int:
                found = sqs.get_queue_attributes(QueueUrl=queues["sync"], AttributeNames=["All"])["Attributes"]
                return int(found["ApproximateNumberOfMessages"])

            while not waiting():
                done.wait(0.05)
            os.kill(os.getpid(), signal.SIGINT)
            while not done.wait(3):  # one that meets a finalizer is lost: a person presses the keys again
                os.kill(os.getpid(), signal.SIGINT)

        done = threading.Event()
        thread = threading.Thread(target=interrupt)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
        thread.start()
        ended = almanac("sync", connected, "--wait", "--timeout", "60")
        done.set()
        thread.join()
        signal.signal(signal.SIGINT, before)

        assert (ended.code, ended.out) == (130, "")
        assert "Traceback" not in ended.err
        assert len(sent(sqs, queues["sync"])) == 1


class TestRuns:
    def test_they_are_listed_newest_first(self, almanac: Shell, connected: UUID, worker: Any) -> None:
        with worker():
            for mode in ("full", "auto"):
                almanac("sync", connected, "--mode", mode, "--wait", "--timeout", "30", "--force")

        found = almanac("runs", connected, "--json").json["runs"]
        lines = almanac("runs", connected).out.splitlines()

        assert [(r["outcome"], r["status"]) for r in found] == [("incremental", "completed"), ("full", "completed")]
        assert [line.split()[0] for line in lines[2::2]] == [r["run_id"] for r in found]
        assert {r["job"] for r in found} == {"sync"}
        assert all(r["sent_at"] and r["message_id"] for r in found)
        assert len(almanac("runs", "--limit", "1", "--json").json["runs"]) == 1
        assert almanac("runs", connected, "--failed").out == "no run\n"

    def test_one_run_is_shown_per_calendar_with_its_problems(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        simulator.loading.add_flat_events(ADA, 3)
        simulator.commands.inject(Fault(action="garbage", garbage="no_start"))
        with worker():
            run = almanac("sync", connected, "--wait", "--timeout", "30", "--json").json

        shown = almanac("runs", "--run", run["run_id"])
        (calendar,) = almanac("runs", "--run", run["run_id"], "--json").json["calendars"]

        (problem,) = calendar["problems"]
        assert (calendar["calendar_id"], calendar["rejected"], problem["stored"]) == (ADA, 1, False)
        assert problem["id"] in shown.out
        assert problem["reason"] in shown.out

    def test_a_failed_run_is_shown_with_its_message(
        self, almanac: Shell, connected: UUID, simulator: Simulator, worker: Any
    ) -> None:
        simulator.commands.revoke_account(ADA)
        with worker():
            run = almanac("sync", connected, "--wait", "--timeout", "30", "--json").json

        assert almanac("runs", "--run", run["run_id"]).out.splitlines()[3] == f"message {run['message_id']}"

    def test_plans_stand_in_the_same_list(self, almanac: Shell, ws_id: UUID, database: Database) -> None:
        run_id = insert_plan(database, ws_id)

        head, line, more, error = almanac("runs").out.splitlines()
        shown = almanac("runs", "--run", run_id).out

        cells = dict(zip(head.split(), line.split(), strict=False))
        assert more.split()[0] == str(run_id)
        assert error == "  timezone_missing"
        assert [cells[name] for name in ("WORKSPACE", "JOB", "STATUS", "OUTCOME")] == [
            "Team",
            "schedule",
            "failed",
            "timezone_missing",
        ]
        assert almanac("runs", "--job", "sync").out == "no run\n"
        assert f"schedule plan of workspace {ws_id} (Team), 30 days, apply full" in shown
        assert "the deadline is too near" in shown

    def test_an_unknown_run_is_bad_usage(self, almanac: Shell) -> None:
        ended = almanac("runs", "--run", uuid4())

        assert ended.code == 2
        assert ended.complaint.startswith("almanac: --run: no run")


def insert_plan(database: Database, ws_id: UUID) -> UUID:
    run_id = uuid4()
    note = {"kind": "task", "id": "t", "status": "late", "reason": "the deadline is too near", "hint": ""}
    database.run(
        "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply, status,"
        " outcome, finished_at, error_type, warnings) VALUES (:id, :ws_id, 'schedule', 30, false, 'full', 'failed',"
        " 'timezone_missing', now(), 'timezone_missing', jsonb_build_array(:note::jsonb))",
        id=run_id,
        ws_id=ws_id,
        note=json.dumps(note),
    )
    return run_id


class TestSummary:
    def test_it_sums_up_what_ran_and_measures_it(self, almanac: Shell, connected: UUID, worker: Any) -> None:
        with worker():
            for _ in range(2):
                almanac("sync", connected, "--wait", "--timeout", "30")

        document = almanac("runs", "--summary", "--json").json
        text = almanac("runs", "--summary").out

        sync = document["jobs"]["sync"]
        assert (sync["runs"], sync["tried"], sync["errors"], sync["error_share"]) == (2, 2, [], 0.0)
        assert {"p50", "p95", "p99"} == sync["message_to_done_ms"].keys() == sync["run_ms"].keys()
        assert 0 < sync["run_ms"]["p50"] <= sync["message_to_done_ms"]["p99"] < 60_000
        assert (document["google"]["calls"], document["google"]["quota_per_minute"]) == (2, 10_000)
        assert document["behind"] == {"sync": 0, "schedule": 0, "workspaces": []}
        assert "Google: 2 calls; at most " in text
        assert text.splitlines()[-1] == "nobody is behind"

    def test_it_names_who_is_behind_and_why(
        self, almanac: Shell, connected: UUID, database: Database, simulator: Simulator, worker: Any
    ) -> None:
        simulator.commands.revoke_account(ADA)
        with worker():
            almanac("sync", connected, "--wait", "--timeout", "30")
        database.run("UPDATE calendar_connections SET created_at = now() - interval '1 hour'")

        document = almanac("runs", "--summary", "--since", "30m", "--json").json
        text = almanac("runs", connected, "--summary").out

        (behind,) = document["behind"]["workspaces"]
        assert (behind["ws_id"], behind["reason"], behind["last_done_at"]) == (
            str(connected),
            "reconnect_required",
            None,
        )
        assert [error["error_type"] for error in document["jobs"]["sync"]["errors"]] == ["reconnect_required"]
        assert "sync  reconnect_required  1     100 %" in text
        assert f"Team       sync  -\n  {connected}\n  reconnect_required since 20" in text
        assert behind["workspace"] == "Team"

    def test_of_nothing_it_says_so(self, almanac: Shell, ws_id: UUID) -> None:
        text = almanac("runs", "--summary", "--since", "7d").out

        assert text.startswith("runs of the last 7 d 0 h, since 20")
        assert "\nno errors\n\nGoogle: no calls\n\nnobody is behind\n" in text


class TestQueues:
    def test_both_are_shown(self, almanac: Shell, connected: UUID) -> None:
        almanac("sync", connected)

        document = almanac("queues", "--json").json
        lines = almanac("queues").out.splitlines()

        empty = {"waiting": 0, "in_flight": 0, "oldest_age_seconds": None, "dead": 0}
        assert document == {"queues": [{"queue": "sync", **empty, "waiting": 1}, {"queue": "schedule", **empty}]}
        assert [line.split() for line in lines[1:]] == [["sync", "1", "0", "-", "0"], ["schedule", "0", "0", "-", "0"]]

    def test_only_what_is_configured_is_asked(self, almanac: Shell) -> None:
        almanac.set(schedule_queue_url="")

        assert [q["queue"] for q in almanac("queues", "--json").json["queues"]] == ["sync"]

    def test_dead_letters_are_sent_home_up_to_the_limit(self, almanac: Shell, sqs: Any, queues: dict[str, str]) -> None:
        for number in range(3):
            sqs.send_message(
                QueueUrl=queues["sync-dead"],
                MessageBody=f'{{"poison": {number}}}',
                MessageGroupId=f"group {number}",
                MessageDeduplicationId=str(number),
            )

        first = almanac("redrive", "sync", "--limit", "2", "--json")
        rest = almanac("redrive", "sync")

        assert (first.code, first.json) == (0, {"queue": "sync", "redriven": 2})
        assert rest.out == "1 message(s) sent back to the sync queue\n"
        assert {body["poison"] for body in sent(sqs, queues["sync"])} == {0, 1, 2}
