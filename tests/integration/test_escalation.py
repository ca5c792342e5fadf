"""A job that its function has not the memory for: real processes under a real limit, real queues, a real database."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.crypto import FernetCipher, new_key
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases
from almanac.adapters.postgres.runs import PostgresLedger
from almanac.adapters.process_memory import RunMemory
from almanac.domain.operations.machine import STICKY_FOR
from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSync, parse_sync
from almanac.services.queues.message_run import SqsMessage
from almanac.services.sync.ports import Lease
from almanac.wiring.command_line import Wiring
from local.lambda_runtime.worker import sqs_event
from local.lambda_runtime.worker_pool import invoke
from local.stack.queues import Queues, QueueServer
from local.stack.stack import ROOT
from tests.integration import rows
from tests.scripted_server import ScriptedServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

HANDLER = ROOT / "functions" / "calendar_sync" / "handler.py"
SMALL_MB, LARGE_MB = "200", "1024"
GRANT = {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}


def page_of_many_objects() -> bytes:
    """Six megabytes that unpack to more than a hundred and fifty, around one event."""
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    event = {
        "id": "event1",
        "status": "confirmed",
        "etag": '"1"',
        "summary": "Review",
        "start": {"dateTime": f"{day}T10:00:00Z"},
        "end": {"dateTime": f"{day}T11:00:00Z"},
    }
    said = json.dumps({"items": [event], "nextSyncToken": "token-1"})
    return (said[:-1] + ', "nothing": [' + ",".join(["{}"] * 2_000_000) + "]}").encode()


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queues]:
    with QueueServer.start(tmp_path_factory.mktemp("queues"), visibility_seconds=60) as server:
        yield server.queues


@pytest.fixture
def sqs(queues: Queues) -> Iterator[Any]:
    client = queues.client()
    with closing(client):
        yield client


@pytest.fixture
def large_url(sqs: Any) -> str:
    name = f"large-{uuid4()}.fifo"
    return str(sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"])


class House:
    """A workspace with one calendar, the two functions, and the queues between them."""

    def __init__(self, database: Database, queues: Queues, sqs: Any, large_url: str, **settings: str) -> None:
        self.database, self.sqs, self.queues, self.large_url = database, sqs, queues, large_url
        key = new_key()
        self.environment = queues.environment() | {
            **settings,
            "ALMANAC_SYNC_QUEUE_URL": queues.sync_url,
            "ALMANAC_SYNC_LARGE_QUEUE_URL": large_url,
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "not-a-secret",
            "ALMANAC_TOKEN_KEYS": key,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": SMALL_MB,
        }
        self.ws_id = rows.workspace(database)
        account = rows.account(database, self.ws_id)
        sql = "UPDATE calendar_auth_tokens SET refresh_token = :token"
        database.run(sql, token=FernetCipher([key]).encrypt("1//refresh"))
        rows.connection(database, self.ws_id, account)

    def send(self, **job: Any) -> None:
        self.sqs.send_message(
            QueueUrl=self.queues.sync_url,
            MessageBody=json.dumps({"ws_id": str(self.ws_id), **job}),
            MessageGroupId=str(self.ws_id),
            MessageDeduplicationId=str(uuid4()),
        )

    def take(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def small(self, log: Path) -> Any:
        """What the small function does with what is in its queue."""
        return self._invoke(self.queues.sync_url, {}, log)

    def large(self, log: Path) -> Any:
        """The large one is told of its own queue only."""
        own = {"ALMANAC_SYNC_QUEUE_URL": self.large_url, "ALMANAC_SYNC_LARGE_QUEUE_URL": ""}
        return self._invoke(self.large_url, own | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": LARGE_MB}, log)

    def _invoke(self, url: str, more: dict[str, str], log: Path) -> Any:
        (message,) = self.take(url)
        event = sqs_event([message], "arn:aws:sqs:us-east-1:000000000000:any.fifo")
        answer = invoke(HANDLER, event, timeout_seconds=60, env=self.environment | more, log=log)
        if not answer["batchItemFailures"]:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return answer

    def runs(self) -> list[tuple[str, str, str | None, int | None]]:
        found = self.database.run("SELECT status, outcome, error_type, memory_mb FROM runs ORDER BY started_at")
        return [tuple(row) for row in found]  # type: ignore[misc] # four columns

    def titles(self) -> list[str]:
        return [row[0] for row in self.database.run("SELECT title FROM workspace_calendar_events")]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Google, as far as it is asked."""
    scripted = ScriptedServer()
    yield scripted
    scripted.stop()


@pytest.fixture
def house(
    database: Database, database_url: str, server: ScriptedServer, queues: Queues, sqs: Any, large_url: str
) -> House:
    sqs.purge_queue(QueueUrl=queues.sync_url)
    places = {
        "ALMANAC_DATABASE_URL": database_url,
        "ALMANAC_GOOGLE_API_URL": server.url,
        "ALMANAC_GOOGLE_TOKEN_URL": f"{server.url}/token",
    }
    return House(database, queues, sqs, large_url, **places)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold a process to RLIMIT_DATA")
def test_what_the_small_function_cannot_hold_the_large_one_reads(
    house: House, server: ScriptedServer, tmp_path: Path
) -> None:
    page = page_of_many_objects()
    server.answers(GRANT)
    server.answers_bytes(page)
    house.send(request_id="r-1")

    assert house.small(tmp_path / "small.log") == {"batchItemFailures": []}, "the process lives, the message is done"
    assert house.runs() == [("failed", "failed", "out_of_memory", int(SMALL_MB))]
    assert house.titles() == []

    server.answers_bytes(page)
    assert house.large(tmp_path / "large.log") == {"batchItemFailures": []}
    assert house.titles() == ["Review"]
    assert house.runs()[1:] == [("completed", "redirected_to_full", None, int(LARGE_MB))]
    assert house.database.run("SELECT DISTINCT job_id FROM runs") == [["r-1"]], "one job, two attempts"

    house.send(force=True)
    assert house.small(tmp_path / "small.log") == {"batchItemFailures": []}
    assert house.runs()[2:] == [("skipped", "escalated", None, int(SMALL_MB))], "it goes there without reading anything"
    (passed_on,) = house.take(house.large_url)
    assert (parse_sync(passed_on["Body"]).machine, parse_sync(passed_on["Body"]).force) == ("large", True)
    measured = [json.loads(line) for line in (tmp_path / "small.log").read_text().splitlines() if '"Escalated"' in line]
    assert [line["cause"] for line in measured] == ["out_of_memory", "sticky"]


class TestAKilledRun:
    """It has taken the lease, perhaps written pages, and never says how it ended."""

    @pytest.fixture
    def wiring(self, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiring]:
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it reads its environment once
        for name, value in house.queues.environment().items():
            monkeypatch.setenv(name, value)
        made = Wiring(house.environment)
        yield made
        made.close()

    def killed(self, house: House, wiring: Wiring, resident_mb: int | None) -> SqsMessage:
        """The message of such a run at its second receive."""
        body = json.dumps({"ws_id": str(house.ws_id), "force": True})
        begun = wiring.sync_runs.begin_run(parse_sync(body), uuid4(), datetime.now(UTC), "m-1")
        assert isinstance(begun, Lease)
        sql = "UPDATE workspace_sync_leases SET expires_at = now(), resident_mb = :resident_mb"
        house.database.run(sql, resident_mb=resident_mb)
        return SqsMessage(body, "m-1", "receipt", 2, datetime.now(UTC) - timedelta(minutes=12))

    def receive(self, wiring: Wiring, message: SqsMessage) -> SyncReport:
        return wiring.receive_sync(message, lambda: 60.0)

    @pytest.mark.parametrize("resident_mb", [None, 180])
    def test_of_a_full_memory_goes_to_the_large_function(
        self, house: House, wiring: Wiring, resident_mb: int | None
    ) -> None:
        report = self.receive(wiring, self.killed(house, wiring, resident_mb))

        assert (report.outcome, report.escalated) == ("escalated", "killed")
        (message,) = house.take(house.large_url)
        assert parse_sync(message["Body"]).machine == "large"
        until = house.database.run("SELECT large_until - now() FROM workspace_sync_leases")[0][0]
        assert timedelta(0) < STICKY_FOR - until < timedelta(minutes=1)

    def test_with_room_to_spare_goes_on_where_it_stood(
        self, house: House, wiring: Wiring, server: ScriptedServer
    ) -> None:
        server.answers(GRANT)
        server.answers({"items": [], "nextSyncToken": "token-1"})

        report = self.receive(wiring, self.killed(house, wiring, 90))

        assert (report.status, report.escalated) == ("completed", None)
        assert house.take(house.large_url) == []

    def test_in_the_middle_of_the_large_one_is_told_by_the_lease_and_waits(self, house: House, wiring: Wiring) -> None:
        """Two queues are two groups: what keeps the sizes apart is the lease."""
        message = self.killed(house, wiring, 180)
        house.database.run("UPDATE workspace_sync_leases SET owner = :id, expires_at = now() + '1 minute'", id=uuid4())

        report = wiring.sync_workspace(parse_sync(message.body), message.sent_at, lambda: 60.0, "m-1")

        assert (report.outcome, report.escalated) == ("already_running", None)

    def test_that_another_run_has_closed_is_known_all_the_same(self, house: House, wiring: Wiring) -> None:
        message = self.killed(house, wiring, 90)
        other = wiring.sync_runs.begin_run(parse_sync(message.body), uuid4(), datetime.now(UTC), "m-2")
        assert isinstance(other, Lease)
        wiring.sync_runs.finish_run(other, SyncReport(UUID(int=0), other.run_id, "auto"))

        report = self.receive(wiring, message)

        assert report.escalated == "killed", "what it was last seen with is gone, so the larger one has it"


class TestTheStay:
    """A week from the last run that the small function would have had no room for."""

    def run(self, database: Database, ws_id: UUID, memory: RunMemory, **ended: Any) -> None:
        ledger = PostgresLedger(database, PostgresLeases(database, 60), memory=memory)
        lease = ledger.begin(CalendarSync(ws_id=ws_id), uuid4(), None, None, lambda _: None)
        assert isinstance(lease, Lease)
        ledger.finish(lease, SyncReport(ws_id, lease.run_id, "auto", **ended), 1, {})

    @pytest.mark.parametrize(("peak_mb", "days"), [(119, 1), (120, 7)])
    def test_is_prolonged_by_what_runs_need_there(self, database: Database, peak_mb: int, days: int) -> None:
        ws_id = rows.workspace(database)
        small, large = RunMemory(200, peak_mb=lambda: 190), RunMemory(1024, large=True, peak_mb=lambda: peak_mb)
        self.run(database, ws_id, small, escalated="out_of_memory")
        database.run("UPDATE workspace_sync_leases SET large_until = now() + '1 day'")

        self.run(database, ws_id, large)

        ((until,),) = database.run("SELECT large_until - now() FROM workspace_sync_leases")
        assert abs(until - timedelta(days=days)) < timedelta(minutes=1)
        found = database.run("SELECT memory_mb, report FROM runs ORDER BY started_at")
        assert found == [[200, {"peak_mb": 190}], [1024, {"peak_mb": peak_mb}]]

    def test_of_a_workspace_that_needs_none_does_not_begin(self, database: Database) -> None:
        ws_id = rows.workspace(database)
        self.run(database, ws_id, RunMemory(200, peak_mb=lambda: 90))
        self.run(database, ws_id, RunMemory(1024, large=True, peak_mb=lambda: 900))
        assert database.run("SELECT large_until FROM workspace_sync_leases") == [[None]]


def test_pages_say_how_much_memory_their_run_holds(house: House) -> None:
    with closing(Wiring(house.environment)) as wiring:
        job = parse_sync(json.dumps({"ws_id": str(house.ws_id)}))
        lease = wiring.sync_runs.begin_run(job, uuid4(), None)
        assert isinstance(lease, Lease)
        (connection,) = wiring.calendar_pages.load_calendars(lease, None).connections
        wiring.calendar_pages.apply_page(lease, connection, rows.page(rows.event()), "full", None)

    ((seen,),) = house.database.run("SELECT resident_mb FROM workspace_sync_leases")
    assert 20 < seen < 4000
