"""The door that providers ring at: verified without a database, one job, and never a 5xx unless the queue refuses."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.crypto import new_key
from almanac.domain.push.token import PushKeys
from almanac.jobs import CalendarSync, deduplication_id, message_body, parse_sync
from almanac.providers.google.ring import ring_of
from almanac.services.push.receive import ReceiveRing
from almanac.services.queues.ports import FailedSend, OutgoingJob

CONTEXT = SimpleNamespace(
    function_name="push-receiver",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:push-receiver",
    aws_request_id="one-invocation",
)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WS, CONNECTION, CHANNEL = UUID(int=1), UUID(int=2), UUID(int=3)
KEYS = PushKeys([new_key()])
TOKEN = KEYS.sign(WS, CONNECTION, str(CHANNEL), NOW + timedelta(days=8))
EXPIRED = KEYS.sign(WS, CONNECTION, str(CHANNEL), NOW - timedelta(seconds=1))
FOREIGN = PushKeys([new_key()]).sign(WS, CONNECTION, str(CHANNEL), NOW + timedelta(days=8))
RING = {
    "x-goog-channel-id": str(CHANNEL),
    "x-goog-channel-token": TOKEN,
    "x-goog-channel-expiration": "Sun, 06 Dec 2026 12:00:00 GMT",
    "x-goog-resource-id": "o3hgv1538sdjfh",
    "x-goog-resource-uri": "https://www.googleapis.com/calendar/v3/calendars/ada%40example.org/events?alt=json",
    "x-goog-resource-state": "exists",
    "x-goog-message-number": "10",
    "content-length": "0",
    "user-agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
}


@dataclass
class Queue:
    sent: list[OutgoingJob] = field(default_factory=list)
    refuses: bool = False

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        if self.refuses:
            return [FailedSend(envelope.job.ws_id, "ServiceUnavailable") for envelope in envelopes]
        self.sent += envelopes
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        raise AssertionError("nothing was received")


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.push_receiver.handler")
    ours.handlers[:], ours.propagate, ours.level = before


@pytest.fixture
def log(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    stream = io.StringIO()
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    return stream.getvalue


@pytest.fixture
def queue() -> Queue:
    return Queue()


def event(headers: Any, **more: Any) -> dict[str, Any]:
    http = {"method": "POST", "path": "/google/push", "protocol": "HTTP/1.1", "sourceIp": "66.102.8.1"}
    context = {"http": http, "routeKey": "POST /google/push", "stage": "$default"}
    return {"version": "2.0", "rawPath": "/google/push", "headers": headers, "requestContext": context, **more}


@pytest.fixture
def ring(handler: ModuleType, queue: Queue) -> Callable[..., int]:
    receive = ReceiveRing(ring_of, lambda: KEYS, queue, lambda: NOW)

    def ring(headers: Any = None, **more: Any) -> int:
        given = event(RING if headers is None else headers, **more)
        return int(handler.lambda_handler(given, CONTEXT, receive=receive)["statusCode"])

    return ring


def job_of(queue: Queue) -> CalendarSync:
    (sent,) = queue.sent
    return parse_sync(message_body(sent.job))


def test_a_ring_is_one_job_for_its_connection(ring: Callable[..., int], queue: Queue) -> None:
    assert ring() == 204
    job = job_of(queue)
    assert (job.ws_id, job.connection_id, job.source) == (WS, CONNECTION, "push")
    assert (job.channel_id, job.resource_id, job.look_again) == (CHANNEL, "o3hgv1538sdjfh", True)
    assert job.requested_at == NOW
    assert (job.mode, job.calendar_id, job.user_id, job.force) == ("auto", None, None, False), "a ring has no authority"


@pytest.mark.parametrize("state", ["exists", "not_exists", "update", "whatever"])
def test_any_state_is_a_reason_to_look(ring: Callable[..., int], queue: Queue, state: str) -> None:
    assert ring(RING | {"x-goog-resource-state": state}) == 204
    assert job_of(queue).look_again


def test_the_first_message_of_a_channel_tells_of_no_change(ring: Callable[..., int], queue: Queue) -> None:
    assert ring(RING | {"x-goog-resource-state": "sync", "x-goog-message-number": "1"}) == 204
    assert not job_of(queue).look_again


def test_repeats_of_one_message_are_one_job_and_other_numbers_are_others(
    ring: Callable[..., int], queue: Queue
) -> None:
    for number in ("10", "10", "13"):
        assert ring(RING | {"x-goog-message-number": number}) == 204
    first, repeat, later = (deduplication_id(sent.job, sent.reason) for sent in queue.sent)
    assert first == repeat != later


BAD = {
    "forged": RING | {"x-goog-channel-token": TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1")},
    "expired": RING | {"x-goog-channel-token": EXPIRED},
    "signed with another key": RING | {"x-goog-channel-token": FOREIGN},
    "of another channel": RING | {"x-goog-channel-id": str(UUID(int=4))},
    "of a channel that is none": RING | {"x-goog-channel-id": "../../etc/passwd"},
    "an oversized token": RING | {"x-goog-channel-token": "x" * 100_000},
    "an oversized number": RING | {"x-goog-message-number": "1" * 100_000},
    "an oversized resource": RING | {"x-goog-resource-id": "r" * 300},
    "odd letters": RING | {"x-goog-resource-id": "r\x00é"},
    "no headers": {},
    "nothing at all": None,
    "no object": ["x"],
    "numbers for text": RING | {"x-goog-channel-token": 7},
    **{
        f"without {name}": {k: v for k, v in RING.items() if k != name}
        for name in RING
        if "goog" in name and name[-3:] not in ("uri", "ion")
    },
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_38_what_does_not_verify_is_404_without_work(
    handler: ModuleType, queue: Queue, log: Callable[[], str], headers: Any
) -> None:
    receive = ReceiveRing(ring_of, lambda: KEYS, queue, lambda: NOW)
    answer = handler.lambda_handler(event(headers), CONTEXT, receive=receive)
    assert answer == {"statusCode": 404}
    assert queue.sent == []
    assert "v=1&k=" not in log()


@pytest.mark.parametrize("given", [{}, {"headers": None}, {"headers": {}, "body": "x" * 10}, {"version": "1.0"}])
def test_38_events_of_any_shape_end_below_500(handler: ModuleType, queue: Queue, given: dict[str, Any]) -> None:
    receive = ReceiveRing(ring_of, lambda: KEYS, queue, lambda: NOW)
    assert handler.lambda_handler(given, CONTEXT, receive=receive)["statusCode"] == 404


def test_38_a_body_is_not_looked_at_and_header_names_have_any_case(ring: Callable[..., int], queue: Queue) -> None:
    assert ring({name.title(): value for name, value in RING.items()}, body="{not json", isBase64Encoded=True) == 204
    assert len(queue.sent) == 1


def test_39_when_the_queue_refuses_google_is_asked_to_repeat(
    ring: Callable[..., int], queue: Queue, log: Callable[[], str]
) -> None:
    queue.refuses = True
    assert ring() == 503
    queue.refuses = False
    assert ring() == 204
    assert ring() == 204
    assert len({deduplication_id(sent.job, sent.reason) for sent in queue.sent}) == 1, "one effect"
    assert TOKEN not in log()


def test_rings_are_counted(ring: Callable[..., int], queue: Queue, capsys: pytest.CaptureFixture[str]) -> None:
    ring()
    ring({})
    queue.refuses = True
    ring()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [next(iter({"Rings", "RingsRejected", "RingsRefused"} & line.keys())) for line in lines] == [
        "Rings",
        "RingsRejected",
        "RingsRefused",
    ]
