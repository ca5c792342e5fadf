"""Every sample event of the sync goes through the real handlers, with real queues, database and Google client."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Rows
from almanac.jobs import parse_sync
from almanac.wiring.command_line import Wiring
from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from local.lambda_runtime.worker import sqs_event
from local.lambda_runtime.worker_pool import InvocationError, invoke
from local.stack.queues import Queues, QueueServer
from local.stack.stack import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

IDS = [UUID(f"7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c0{n}") for n in (1, 2, 3)]  # of the sample events
FIRST, SECOND, THIRD = IDS
TITLE, PLACE = "Kündigungsgespräch 4711", "Hinterzimmer 0815"


def sample(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queues]:
    with QueueServer.start(tmp_path_factory.mktemp("queues"), visibility_seconds=1) as server:
        yield server.queues


class Office:
    """Three workspaces with a calendar and an event each, and the handlers on them."""

    def __init__(self, simulator: Simulator, queues: Queues, database_url: str, folder: Path, sqs: Any) -> None:
        self.simulator, self.queues, self.sqs = simulator, queues, sqs
        self.log = folder / "handlers.log"
        self.environment = queues.environment() | {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": queues.sync_url,
            "ALMANAC_SCHEDULE_QUEUE_URL": queues.schedule_url,
            "ALMANAC_GOOGLE_API_URL": simulator.url,
            "ALMANAC_GOOGLE_TOKEN_URL": simulator.token_url,
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "client-secret-0001",
            "ALMANAC_TOKEN_KEYS": new_key(),
        }
        self.wiring = Wiring(self.environment)
        self.secrets = [self.environment["ALMANAC_TOKEN_KEYS"], "client-secret-0001"]
        for number, ws_id in enumerate(IDS):
            self.connect(ws_id, f"person{number}@example.test")

    def connect(self, ws_id: UUID, email: str) -> None:
        tokens = self.simulator.commands.add_account(email)
        self.secrets += [tokens["refresh_token"], tokens["access_token"], "ya29."]
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        start, end = ({"dateTime": (tomorrow + timedelta(hours=hours)).isoformat()} for hours in (0, 1))
        body = {"summary": TITLE, "location": PLACE, "start": start, "end": end}
        self.simulator.commands.insert_event(email, body)
        self.wiring.workspaces.add("Office", "Europe/Berlin", ws_id)
        self.wiring.connect_account(ws_id, "person", email, tokens["refresh_token"])

    def handle(self, function: str, event: Any) -> Any:
        file = ROOT / "functions" / function / "handler.py"
        return invoke(file, event, timeout_seconds=60, env=self.environment, log=self.log)

    def failed(self, event: Any) -> set[str]:
        """The message ids that calendar_sync names as not done."""
        return {entry["itemIdentifier"] for entry in self.handle("calendar_sync", event)["batchItemFailures"]}

    def query(self, sql: str, **values: Any) -> Rows:
        return self.wiring.database.run(sql, **values)

    def runs(self) -> dict[UUID, tuple[str, str, str]]:
        """Source, status and outcome of each workspace's last run."""
        sql = "SELECT ws_id, source, status, outcome FROM workspace_calendar_sync_log ORDER BY started_at"
        return {row[0]: tuple(row[1:]) for row in self.query(sql)}

    def received(self, url: str) -> list[dict[str, Any]]:
        """What is in a queue now."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], VisibilityTimeout=60
            )
            if not answer.get("Messages"):
                return found
            found += answer["Messages"]

    def take(self, *messages: tuple[UUID, str]) -> Any:
        """Put messages into the sync queue, and receive them as the event that Lambda would get."""
        for number, (group, body) in enumerate(messages):
            self.sqs.send_message(
                QueueUrl=self.queues.sync_url,
                MessageBody=body,
                MessageGroupId=str(group),
                MessageDeduplicationId=f"{time.time_ns()}-{number}",
            )
        found = self.received(self.queues.sync_url)
        assert len(found) == len(messages)
        return sqs_event(found, "arn:aws:sqs:us-east-1:000000000000:sync.fifo")

    def lines(self) -> list[dict[str, Any]]:
        """What the handlers logged, metrics included."""
        printed = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [json.loads(line) for line in printed]


@pytest.fixture
def office(queues: Queues, database_url: str, tmp_path: Path) -> Iterator[Office]:
    with Simulator(seed=7) as simulator, closing(queues.client()) as sqs:
        office = Office(simulator, queues, database_url, tmp_path, sqs)
        for url in (queues.sync_url, queues.schedule_url):
            office.sqs.purge_queue(QueueUrl=url)
        yield office
        office.wiring.close()


def test_the_sync_tick_sends_each_due_workspace_its_job_once(office: Office) -> None:
    assert office.handle("orchestrator", sample("tick-sync")) == {
        "job": "calendar.sync",
        "enqueued": 3,
        "failed": 0,
        "unknown": 0,
        "results": [],
    }
    sent = office.received(office.queues.sync_url)
    jobs = [parse_sync(message["Body"]) for message in sent]
    assert {job.ws_id for job in jobs} == set(IDS)
    assert {(job.source, job.mode, job.direction) for job in jobs} == {("schedule", "auto", "both")}
    assert [message["Attributes"]["MessageGroupId"] for message in sent] == [str(job.ws_id) for job in jobs]
    assert office.handle("orchestrator", sample("tick-sync"))["enqueued"] == 0, "their messages are still waiting"


def test_a_bulk_request_sends_to_the_workspaces_it_lists(office: Office) -> None:
    answer = office.handle("orchestrator", sample("bulk-sync"))
    assert [(entry["ws_id"], entry["status"]) for entry in answer["results"]] == [
        (str(FIRST), "enqueued"),
        (str(SECOND), "enqueued"),
    ]
    jobs = [parse_sync(message["Body"]) for message in office.received(office.queues.sync_url)]
    users = {target["ws_id"]: target["user_id"] for target in sample("bulk-sync")["workspaces"]}
    assert {str(job.ws_id): job.user_id for job in jobs} == users
    assert {job.source for job in jobs} == {"batch"}


def test_a_bulk_request_with_an_unknown_workspace_sends_the_others_and_says_so(office: Office) -> None:
    event = sample("bulk-sync")
    unknown = "00000000-0000-4000-8000-000000000000"
    event["workspaces"].append({"ws_id": unknown})
    report = office.handle("orchestrator", event)
    assert (report["enqueued"], report["failed"], report["unknown"]) == (2, 0, 1)
    assert {"ws_id": unknown, "status": "failed", "error": "unknown workspace"} in report["results"]
    assert len(office.received(office.queues.sync_url)) == 2


def test_the_orchestrator_refuses_an_event_that_is_no_tick(office: Office) -> None:
    with pytest.raises(InvocationError, match="BadJob: job: "):
        office.handle("orchestrator", {"job": "calendar.burn"})


def test_a_manual_message_is_a_run(office: Office) -> None:
    assert office.failed(sample("sync-manual")) == set()
    assert office.runs() == {FIRST: ("manual", "completed", "redirected_to_full")}
    assert office.query("SELECT title, location FROM workspace_calendar_events") == [[TITLE, PLACE]]


def test_a_redelivered_message_is_a_run_like_any_other(office: Office) -> None:
    assert office.failed(sample("sync-redelivery")) == set()
    assert office.runs() == {FIRST: ("schedule", "completed", "redirected_to_full")}


def test_a_malformed_body_is_named_and_leaves_no_run(office: Office) -> None:
    event = sample("sync-malformed")
    assert office.failed(event) == {event["Records"][0]["messageId"]}
    assert office.runs() == {}
    (told,) = (line for line in office.lines() if line.get("message") == "message stays in the queue")
    assert told["error_type"] == "bad_job"
    assert told["ws_id"] == str(FIRST)


def test_a_poison_message_keeps_its_own_group_waiting_and_nobody_else(office: Office) -> None:
    event = sample("sync-batch-with-poison")
    groups = [record["attributes"]["MessageGroupId"] for record in event["Records"]]
    assert groups == [str(FIRST), str(SECOND), str(SECOND), str(THIRD)]
    _, poison, behind, _ = (record["messageId"] for record in event["Records"])
    assert office.failed(event) == {poison, behind}
    assert office.runs().keys() == {FIRST, THIRD}


def test_a_message_that_meets_a_running_run_comes_back_later_and_the_others_go_on(office: Office) -> None:
    office.query(
        "INSERT INTO workspace_sync_leases (ws_id, owner, fence, expires_at)"
        " VALUES (:ws_id, gen_random_uuid(), 1, now() + interval '1 hour')",
        ws_id=FIRST,
    )
    event = office.take(*((ws_id, f'{{"job":"calendar.sync","ws_id":"{ws_id}"}}') for ws_id in (FIRST, THIRD)))
    held = next(r["messageId"] for r in event["Records"] if r["attributes"]["MessageGroupId"] == str(FIRST))
    assert office.failed(event) == {held}
    assert office.runs()[FIRST][2] == "already_running"
    assert office.runs()[THIRD] == ("manual", "completed", "redirected_to_full")
    (told,) = (line for line in office.lines() if line.get("message") == "message stays in the queue")
    assert told["error_type"] == "postponed"


def test_logs_hold_no_title_no_place_no_address_and_no_token(office: Office) -> None:
    inject = office.simulator.commands.inject
    office.simulator.commands.revoke_account("person1@example.test")
    inject(Fault(action="garbage", garbage="missing_end", path="*/events", calendar="person2@example.test"))
    office.handle("orchestrator", sample("tick-sync"))
    office.failed(sample("sync-batch-with-poison"))
    office.failed(sample("sync-manual"))
    bodies = [(ws_id, f'{{"job":"calendar.sync","ws_id":"{ws_id}","source":"push"}}') for ws_id in IDS]
    office.handle("calendar_sync", office_event(office, bodies))
    assert office.runs()[SECOND][2] == "reconnect_required"
    printed = office.log.read_text()
    assert "run ended" in printed
    for private in (TITLE, "Kündigungs", "K\\u00fcndigungs", PLACE, "@example.test", *office.secrets):
        assert private not in printed


def test_every_run_has_one_metrics_line_with_its_workspace_and_run_id(office: Office) -> None:
    office.failed(sample("sync-batch-with-poison"))
    emitted = [line for line in office.lines() if "outcome" in line]
    logged = office.query("SELECT ws_id::text, id::text FROM workspace_calendar_sync_log")
    assert sorted((line["ws_id"], line["run_id"]) for line in emitted) == sorted(tuple(row) for row in logged)
    assert len(emitted) == 2
    assert {line["ws_id"]: line["outcome"] for line in emitted} == {
        str(FIRST): "redirected_to_full",
        str(THIRD): "full",
    }
    for line in emitted:
        assert {line["inserted"][0], line["pages"][0]} == {1.0}
        (described,) = line["_aws"]["CloudWatchMetrics"]
        assert described["Namespace"] == "Almanac"
        assert not {"ws_id", "run_id"} & {name for names in described["Dimensions"] for name in names}


def office_event(office: Office, bodies: list[tuple[UUID, str]]) -> Any:
    """An event of fresh messages, whatever an earlier tick has left in the queue."""
    office.sqs.purge_queue(QueueUrl=office.queues.sync_url)
    return office.take(*bodies)
