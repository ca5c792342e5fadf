"""The API over a real database: events of API Gateway in, answers out. The queue is a list, unless a test says else."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.errors import DatabaseUnavailable
from almanac.services.queues.ports import FailedSend, JobQueue, OutgoingJob
from almanac.wiring.outside.api import ApiWiring
from tests.integration import rows
from tests.integration.conftest import database, database_url, lent_databases, no_quarter_ends_meanwhile, postgres
from tests.web.documented import undocumented

__all__ = ["database", "database_url", "lent_databases", "no_quarter_ends_meanwhile", "postgres"]
SESSION_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PUBLIC_URL = "http://127.0.0.1:8787"


class ListQueue(JobQueue):
    """Takes jobs into a list, one a deduplication id as SQS does; refuses all while `down`."""

    def __init__(self) -> None:
        self.sent: dict[str, OutgoingJob] = {}
        self.down = False
        self.calls = 0

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        self.calls += 1
        if self.down:
            return [FailedSend(each.job.ws_id, "ServiceUnavailable") for each in envelopes]
        for each in envelopes:
            self.sent.setdefault(f"{each.job.ws_id} {each.reason}", each)
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        raise NotImplementedError


@dataclass
class Reply:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]
    cookies: list[str] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def event(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None, cookies: Sequence[str] = ()
) -> dict[str, Any]:
    """A request in payload format 2.0; a dict is sent as JSON, a str as it is."""
    parts = urlsplit(url)
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    named = {"host": "127.0.0.1:8787", **({"content-type": "application/json"} if text is not None else {})}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": {**named, **{name.lower(): value for name, value in (headers or {}).items()}},
        "cookies": list(cookies),
        "requestContext": {"http": {"method": method, "path": parts.path}, "requestId": "r-1", "stage": "$default"},
        "isBase64Encoded": False,
        **({"body": text} if text is not None else {}),
    }


class Client:
    """Calls the function in this process."""

    def __init__(self, wiring: ApiWiring, token: str | None = None) -> None:
        self.wiring = wiring
        self.token = token

    def __call__(
        self, method: str, url: str, body: object = None, headers: dict[str, str] | None = None, **query: object
    ) -> Reply:
        auth = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"{url}?{urlencode(query)}" if query else url
        return self.send(event(method, address, body, {**auth, **(headers or {})}))

    def send(self, sent: dict[str, Any]) -> Reply:
        """Send an event. Whatever test it is of, the answer must be one that the document tells of."""
        found = self.wiring.web(sent, None)
        if sent["rawPath"].startswith("/v1/"):
            assert undocumented(sent, found) is None
        return Reply(found["statusCode"], found["body"], found["headers"], found["cookies"])


@pytest.fixture
def queue() -> ListQueue:
    return ListQueue()


@pytest.fixture
def wiring(database_url: str, queue: ListQueue) -> Iterator[ApiWiring]:
    made = new_wiring(database_url, queue)
    yield made
    made.close()


def new_wiring(database_url: str, queue: ListQueue, more: Mapping[str, str] | None = None) -> ApiWiring:
    made = ApiWiring(
        {
            **(more or {}),
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
            "ALMANAC_SCHEDULE_QUEUE_URL": "https://queue.invalid/schedule.fifo",
            "ALMANAC_SESSION_KEYS": SESSION_KEY,
            "ALMANAC_WEBHOOK_KEYS": SESSION_KEY,
            "ALMANAC_PUBLIC_URL": PUBLIC_URL,
            "ALMANAC_SYNC_COOLDOWN_SECONDS": "0",
            "ALMANAC_PLAN_BUDGET_SECONDS": "0.05",  # routes are tried here, not the search
        }
    )
    vars(made)["queue"] = queue
    return made


@pytest.fixture
def unanswered(wiring: ApiWiring, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the next call do its work, and lose the database before it can answer."""

    def lose(_entry: object) -> None:
        monkeypatch.undo()
        raise DatabaseUnavailable("the database connection broke")

    return lambda: monkeypatch.setattr(wiring.audit_log, "record", lose)


@pytest.fixture
def ws(database: Database) -> UUID:
    ws_id = rows.workspace(database)
    rows.connection(database, ws_id, rows.account(database, ws_id))
    return ws_id


@pytest.fixture
def foreign(database: Database) -> UUID:
    return rows.workspace(database)


@pytest.fixture
def admin(wiring: ApiWiring) -> Client:
    """Everything, everywhere."""
    return Client(wiring, wiring.api_keys.add("admin", {"read", "run", "operate", "admin"}, None).token)


@pytest.fixture
def member(wiring: ApiWiring, ws: UUID) -> Client:
    """Everything, in one workspace."""
    return Client(wiring, wiring.api_keys.add("member", {"read", "run", "operate", "admin"}, [ws]).token)
