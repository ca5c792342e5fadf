"""Messages a second of the orchestrator over very many due workspaces, against a bare loop of SendMessageBatch."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import boto3

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.jobs import CalendarSync, deduplication_id, message_body
from bench.child import measured
from bench.figures import Figure, Target
from bench.rounds import interleaved
from bench.stage import FILLED, FILLING, ROOT, postgres
from local.stack.ports import LOOPBACK, Child, StartError

PART = "orchestrator"
_BATCH = 10
_START_SECONDS = 30
_FEWER = 10
"""The smaller number of workspaces is this part of the larger one."""
_LINEAR, _FLAT = Target("at least", 0.8), Target("at most", 15)
_SQS_SECONDS = 0.005
"""About what SQS takes for a batch in its own region."""
_SAMPLE_BATCHES = 200
_RATE = "messages/s"
_QUEUE = "bench.fifo"

_WORKSPACES = (
    "INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Bench' FROM generate_series(1, :count::integer)"
)
_ACCOUNTS = (
    "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
    " SELECT id, 'bench', 'bench@example.test', 'gAAAA-not-a-real-one' FROM workspaces"
)
_CONNECTIONS = (
    "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id)"
    " SELECT ws_id, id, account_email FROM calendar_auth_tokens"
)
_NOBODY_QUEUED = "TRUNCATE workspace_sync_leases"


def orchestrator(workspaces: int, rounds: int, *, durable: bool) -> list[Figure]:
    """One tick over all workspaces and one over a tenth of them, each on a database of its own."""
    fewer = workspaces // _FEWER
    with due(fewer, durable) as few, due(workspaces, durable) as many:
        with queue(seconds=0) as url:
            small, large = Ticks(url, few, fewer), Ticks(url, many, workspaces)
            bare = _loop(url, _bodies(few))
            at_once = interleaved(rounds, {"bare": bare, "many": large.rate, "few": small.rate})
        with queue(seconds=_SQS_SECONDS) as url:
            bare = _loop(url, _bodies(few)[:_SAMPLE_BATCHES])
            later = interleaved(rounds, {"bare": bare, "few": Ticks(url, few, fewer).rate})
    linear = Figure(PART, f"— against a tick of {fewer:,}", at_once.ratio("many", "few"), "×", _LINEAR)
    growth = large.peak_mb - small.peak_mb
    waits = f"a queue that answers after {_SQS_SECONDS * 1000:.0f} ms"
    return [
        Figure(PART, "bare loop of send_message_batch, a queue that answers at once", at_once.median("bare"), _RATE),
        Figure(PART, f"one tick, {workspaces:,} workspaces due", at_once.median("many"), _RATE),
        Figure(PART, "— against the bare loop", at_once.ratio("many", "bare"), "×"),
        linear,
        Figure(PART, f"memory of that tick above one of {fewer:,}", growth, "MB", _FLAT),
        Figure(PART, f"bare loop, {waits}", later.median("bare"), _RATE),
        Figure(PART, f"one tick, {fewer:,} workspaces due", later.median("few"), _RATE),
        Figure(PART, "— against the bare loop", later.ratio("few", "bare"), "×"),
    ]


class Ticks:
    """Ticks of the orchestrator over one database, each in a process of its own."""

    def __init__(self, queue_url: str, database_url: str, workspaces: int) -> None:
        self._database_url = database_url
        self._workspaces = workspaces
        self._environment = {
            "AWS_ENDPOINT_URL": queue_url,
            "ALMANAC_SYNC_QUEUE_URL": f"{queue_url}/{_QUEUE}",
            "ALMANAC_DATABASE_URL": database_url,
        }
        self.peak_mb = 0.0
        """The most memory that any of them has taken."""

    def rate(self) -> float:
        """Messages a second of one tick over workspaces none of which is in the queue."""
        with closing(Database(lambda: parse_url(self._database_url))) as database:
            database.run(_NOBODY_QUEUED)
        done = measured(self._environment, run="dispatch")
        if done["enqueued"] != self._workspaces:
            raise RuntimeError(f"the tick did not do what is measured: {done}")
        self.peak_mb = max(self.peak_mb, float(done["peak_mb"]))
        return self._workspaces / float(done["seconds"])


@contextmanager
def queue(*, seconds: float) -> Iterator[str]:
    """The URL of a queue that takes everything and answers after that long."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder:
        port_file, log = Path(folder, "port"), Path(folder, "log")
        command = [sys.executable, "-m", "bench.queue_stub", str(port_file), str(seconds)]
        child = Child(command, log=log, environment=os.environ.copy(), folder=str(ROOT))
        try:
            if not child.wait_until(port_file.exists, seconds=_START_SECONDS):
                raise StartError(f"the queue did not start: {child.output().strip()}")
            yield f"http://{LOOPBACK}:{port_file.read_text()}"
        finally:
            child.stop()


@contextmanager
def due(workspaces: int, durable: bool) -> Iterator[str]:
    """The URL of a database in which that many workspaces are due, each with one account and one calendar."""
    with postgres(durable=durable) as url:
        with closing(Database(lambda: parse_url(url), timeout_seconds=300)) as database:
            database.run(FILLING)
            database.run(_WORKSPACES, count=workspaces)
            for statement in (_ACCOUNTS, _CONNECTIONS, FILLED, "ANALYZE"):
                database.run(statement)
        yield url


def _bodies(url: str) -> Sequence[list[dict[str, str]]]:
    """The same messages, ready to be sent, in batches of ten."""
    with closing(Database(lambda: parse_url(url))) as database:
        jobs = [CalendarSync(ws_id=row[0], source="schedule") for row in database.run("SELECT id FROM workspaces")]
    return [[_entry(n, job) for n, job in enumerate(jobs[i : i + _BATCH])] for i in range(0, len(jobs), _BATCH)]


def _entry(number: int, job: CalendarSync) -> dict[str, str]:
    return {
        "Id": str(number),
        "MessageBody": message_body(job),
        "MessageGroupId": str(job.ws_id),
        "MessageDeduplicationId": deduplication_id(job, "bench"),
    }


def _loop(url: str, batches: Sequence[list[dict[str, str]]]) -> Callable[[], float]:
    client: Any = boto3.client("sqs", endpoint_url=url)

    def send_all() -> float:
        began = perf_counter()
        for entries in batches:
            client.send_message_batch(QueueUrl=f"{url}/{_QUEUE}", Entries=entries)
        return sum(map(len, batches)) / (perf_counter() - began)

    return send_all
