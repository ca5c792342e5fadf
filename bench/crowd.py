"""Very many workspaces before the real queue, and the real handlers behind it, each in a process of its own."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres import arrays
from almanac.wiring.command_line import Wiring
from bench.stage import ROOT, postgres, simulator
from local.google_simulator.control.client import Control
from local.lambda_runtime.worker_pool import WorkerPool, invoke
from local.stack.queues import Queues, QueueServer

FUNCTION_SECONDS = 120
VISIBILITY_SECONDS = 720
"""Both as in template.yaml."""
_CONTROL_SECONDS = 300
_LOOK_SECONDS = 0.05
_RUNS = """
SELECT ws_id, request_id, message_id, status, outcome, sent_at, started_at, finished_at,
    inserted + updated + deleted, api_calls
FROM workspace_calendar_sync_log
WHERE sent_at > :since::timestamptz - interval '1 second' AND finished_at IS NOT NULL ORDER BY started_at
"""
_ENDED = """
SELECT count(*) FROM workspace_calendar_sync_log
WHERE sent_at > :since::timestamptz - interval '1 second' AND finished_at IS NOT NULL
    AND ws_id <> ALL (:besides::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """An ended run; `sent_at` is its message's, in whole milliseconds."""

    ws_id: UUID
    request_id: str | None
    message_id: str | None
    status: str
    outcome: str
    sent_at: datetime
    started_at: datetime
    finished_at: datetime
    changes: int
    api_calls: int

    @property
    def message_to_done(self) -> float:
        """Seconds from the message to the end of its run."""
        return (self.finished_at - self.sent_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Crowd:
    """The running system. `logs` is where the workers print."""

    google: Control
    wiring: Wiring
    queues: Queues
    sqs: Any
    environment: Mapping[str, str]
    logs: Path

    def connect(self, ws_id: UUID, email: str, events: Sequence[int]) -> list[str]:
        """A workspace with an account: its primary calendar and further ones, each with that many events."""
        token = self.google.add_account(email)["refresh_token"]
        calendars = [email, *(self.google.add_calendar(email, f"Calendar {n}") for n in range(1, len(events)))]
        for calendar, count in zip(calendars, events, strict=True):
            self.google.add_flat_events(calendar, count)
        self.wiring.workspaces.add("Bench", "UTC", ws_id)
        self.wiring.connect_account(ws_id, "bench", email, token)
        return calendars

    def send(self, ws_id: UUID, body: str) -> None:
        """Put a body into the group of a workspace, as a person would."""
        self.sqs.send_message(
            QueueUrl=self.queues.sync_url,
            MessageBody=body,
            MessageGroupId=str(ws_id),
            MessageDeduplicationId=str(uuid4()),
        )

    def ask(self, ws_ids: Sequence[UUID]) -> None:
        """One bulk request through the orchestrator. Raises RuntimeError if it did not reach everybody."""
        listed = [{"ws_id": str(ws_id)} for ws_id in ws_ids]
        answer = self.orchestrate({"job": "calendar.sync", "workspaces": listed})
        if answer["enqueued"] != len(ws_ids):
            raise RuntimeError(f"the orchestrator enqueued {answer['enqueued']} of {len(ws_ids)}")

    def orchestrate(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Let the real orchestrator handle a tick or a list, in a process of its own. Raises InvocationError."""
        answer: dict[str, Any] = invoke(
            ROOT / "functions" / "orchestrator" / "handler.py",
            event,
            timeout_seconds=FUNCTION_SECONDS,
            env=self.environment,
            log=self.logs / "orchestrator.log",
        )
        return answer

    def now(self) -> datetime:
        """The database's clock, which every run row is stamped by."""
        instant: datetime = self.wiring.database.run("SELECT clock_timestamp()")[0][0]
        return instant

    def runs(self, since: datetime) -> list[Ran]:
        """What has ended of the messages sent since then, in the order of the starts."""
        return [Ran(*row) for row in self.wiring.database.run(_RUNS, since=since)]

    def ended(self, since: datetime, besides: Sequence[UUID] = ()) -> int:
        """How many they are, without those of some workspaces: a look that disturbs nobody."""
        listed = arrays.texts(map(str, besides))
        count: int = self.wiring.database.run(_ENDED, since=since, besides=listed)[0][0]
        return count

    def waiting(self) -> tuple[int, int]:
        """Messages of the sync queue that wait, and that were received and not done."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queues.sync_url, AttributeNames=list(names))
        visible, received = (int(answer["Attributes"][name]) for name in names)
        return visible, received

    @contextmanager
    def workers(self, count: int, **settings: str) -> Iterator[WorkerPool]:
        """That many processes of calendar_sync on the queue, with further settings of theirs.

        The first job of each is slower, for what it imports.
        """
        with WorkerPool(
            ROOT / "functions" / "calendar_sync" / "handler.py",
            self.queues.sync_url,
            workers=count,
            logs=self.logs,
            env={**self.environment, **settings, "PYTHONUNBUFFERED": "1"},
            timeout_seconds=FUNCTION_SECONDS,
        ) as pool:
            yield pool


def until(done: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look again and again until it is done. Raises TimeoutError that says what was awaited."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {seconds:.0f} s")
        time.sleep(_LOOK_SECONDS)


@contextmanager
def crowd(folder: Path, *, durable: bool = False, visibility_seconds: int = VISIBILITY_SECONDS) -> Iterator[Crowd]:
    """Postgres, the queues and a simulated Google, without any worker yet. Files and logs go into `folder`."""
    with ExitStack() as stack:
        database_url = stack.enter_context(postgres(durable=durable))
        google_url = stack.enter_context(simulator())
        server = stack.enter_context(QueueServer.start(folder / "queues", visibility_seconds=visibility_seconds))
        given = server.queues.environment()
        environment = given | {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": server.queues.sync_url,
            "ALMANAC_SCHEDULE_QUEUE_URL": server.queues.schedule_url,
            "ALMANAC_GOOGLE_API_URL": google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{google_url}/token",
            "ALMANAC_GOOGLE_CLIENT_ID": "bench",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "bench",
            "ALMANAC_TOKEN_KEYS": new_key(),
        }
        wiring = Wiring(environment)
        stack.callback(wiring.close)
        sqs = boto3.client(
            "sqs",
            endpoint_url=server.queues.endpoint_url,
            region_name=given["AWS_REGION"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )
        stack.enter_context(closing(sqs))
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        google = Control(google_url, timeout=_CONTROL_SECONDS)
        yield Crowd(google, wiring, server.queues, sqs, environment, logs)
