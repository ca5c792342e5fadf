"""The relay's handler: a tick looks at everything, each record of a nudge at one workspace."""

import io
import json
import logging
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from almanac.errors import BadJob
from almanac.services.events_out.relay import RelayReport

CONTEXT = SimpleNamespace(
    function_name="relay",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:relay",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 60_000,
)
EVENTS = Path(__file__).parents[2] / "events"


class Relay:
    """What it was asked: None for everything."""

    def __init__(self) -> None:
        self.asked: list[Collection[UUID] | None] = []

    def __call__(self, _left: Any) -> RelayReport:
        self.asked.append(None)
        return RelayReport(published=3, feed_held=7.5)

    def nudged(self, ws_ids: Collection[UUID], _left: Any) -> RelayReport:
        self.asked.append(ws_ids)
        return RelayReport(published=1)


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.relay.handler")
    ours.handlers[:], ours.propagate, ours.level = before


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def test_a_tick_looks_at_everything(handler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    relay = Relay()

    answer = handler.lambda_handler({"job": "calendar.relay"}, CONTEXT, relay=relay)

    assert (answer["published"], relay.asked) == (3, [None])
    assert '"FeedHeld":[7.5]' in capsys.readouterr().out.replace(" ", "")
    with pytest.raises(BadJob):
        handler.lambda_handler({"job": "calendar.sync"}, CONTEXT, relay=relay)


def test_a_nudge_looks_at_its_workspace_and_one_that_says_nothing_is_left(handler: ModuleType) -> None:
    relay, event = Relay(), sample("relay-nudge")
    event["Records"] += sample("relay-malformed")["Records"]

    answer = handler.lambda_handler(event, CONTEXT, relay=relay)

    assert relay.asked == [[UUID("7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01")]]
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [event["Records"][1]["messageId"]]


def test_what_stays_in_its_queue_is_told_and_nothing_of_what_was_in_the_way(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Powertools catches what a record raises and logs it nowhere; the runbook looks for the message's id."""

    def broken(*_: object) -> RelayReport:
        raise ValueError("Canary salary talk")

    event, stream = sample("relay-nudge"), io.StringIO()
    event["Records"] += sample("relay-malformed")["Records"]
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    handler.lambda_handler(event, CONTEXT, relay=SimpleNamespace(nudged=broken))

    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["error_type"], line["message_id"]) for line in told] == [
        ("ERROR", "internal", event["Records"][0]["messageId"]),
        ("WARNING", "bad_job", event["Records"][1]["messageId"]),
    ]
    assert {line["message"] for line in told} == {"message stays in the queue"}
    assert "Canary" not in stream.getvalue()
