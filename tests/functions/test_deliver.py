"""The door of who delivers webhooks: what comes of a lane, and what is told of a message that is not done."""

import io
import json
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from almanac.services.clock import Deadline
from almanac.services.events_out.deliver import DeliverReport
from almanac.services.events_out.ports import Lane

CONTEXT = SimpleNamespace(
    function_name="deliver",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:deliver",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 60_000,
)
EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.deliver.handler")
    ours.handlers[:], ours.propagate, ours.level = before


@pytest.fixture
def log(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    return stream


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def test_a_message_is_a_lane_and_one_that_says_nothing_is_left(handler: ModuleType, log: io.StringIO) -> None:
    event, asked = sample("deliver-lane"), list[Lane]()
    event["Records"] += sample("deliver-malformed")["Records"]
    event["Records"][1]["messageId"] = "says-nothing"

    def deliver(lane: Lane, _left: Deadline) -> DeliverReport:
        asked.append(lane)
        return DeliverReport(lane.endpoint_id, lane.ws_id, delivered=1)

    answer = handler.lambda_handler(event, CONTEXT, deliver=deliver)

    said = json.loads(event["Records"][0]["body"])
    assert asked == [Lane(UUID(said["endpoint_id"]), UUID(said["ws_id"]))]
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["says-nothing"]


def test_what_stays_in_its_queue_is_told_and_nothing_of_what_was_in_the_way(
    handler: ModuleType, log: io.StringIO
) -> None:
    """Powertools catches what a record raises and logs it nowhere; the runbook looks for the message's id."""
    event = sample("deliver-lane")
    event["Records"] += sample("deliver-malformed")["Records"]

    def deliver(_lane: Lane, _left: Deadline) -> DeliverReport:
        raise ValueError("https://example.com/hook?canary")

    handler.lambda_handler(event, CONTEXT, deliver=deliver)

    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["level"], line["error_type"], line["message_id"]) for line in told] == [
        ("ERROR", "internal", event["Records"][0]["messageId"]),
        ("WARNING", "bad_job", event["Records"][1]["messageId"]),
    ]
    assert "canary" not in log.getvalue()
