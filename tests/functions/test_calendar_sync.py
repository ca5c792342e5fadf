"""The decorated handler of the sync queue, from SQS event to partial batch response; only the use case is a fake."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.domain.sync.report import TALLY_FIELDS, SyncReport
from almanac.errors import DatabaseUnavailable, Postponed, UnknownWorkspace
from almanac.jobs import parse_sync
from almanac.services.clock import Deadline
from almanac.services.queues.message_run import SqsMessage

EVENTS = Path(__file__).parents[2] / "events"
CONTEXT = SimpleNamespace(
    function_name="calendar-sync",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:calendar-sync",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 123_456,
)
FIRST = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.calendar_sync.handler")
    ours.handlers[:], ours.propagate, ours.level = before


@pytest.fixture
def lines(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the function has logged so far."""
    stream = io.StringIO()
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """The metrics lines so far."""
    return lambda: [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]


@dataclass
class MessageRun:
    """Receive that parses, then ends as it is told per workspace."""

    ends: dict[str, Exception] = field(default_factory=dict)
    received: list[SqsMessage] = field(default_factory=list)
    left: list[float] = field(default_factory=list)

    def __call__(self, message: SqsMessage, deadline: Deadline) -> SyncReport:
        self.received.append(message)
        self.left.append(deadline())
        job = parse_sync(message.body)
        if error := self.ends.get(str(job.ws_id)):
            raise error
        report = SyncReport(job.ws_id, uuid4(), job.mode)
        report.tally.inserted, report.tally.total_ms = 3, 41.7
        return report


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


def failures(answer: dict[str, Any]) -> list[str]:
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


@pytest.mark.parametrize("name", ["sync-manual", "sync-redelivery"])
def test_a_good_message_is_done(handler: ModuleType, name: str) -> None:
    receive = MessageRun()

    assert handler.lambda_handler(event(name), CONTEXT, receive=receive) == {"batchItemFailures": []}
    assert len(receive.received) == 1


def test_a_message_arrives_with_its_receives_and_the_time_that_is_left(handler: ModuleType) -> None:
    receive = MessageRun()

    handler.lambda_handler(event("sync-redelivery"), CONTEXT, receive=receive)

    (message,) = receive.received
    assert (message.receive_count, message.message_id) == (2, "189f6373-3f3d-5885-a54d-179b3aa2b3f0")
    assert message.receipt_handle == "AQEBexample-receipt-handle-6"
    assert message.sent_at.isoformat() == "2026-01-01T10:00:00+00:00"
    assert receive.left == [123.456]


def test_poison_stays_with_what_follows_it_in_its_group_and_costs_no_other_group(handler: ModuleType) -> None:
    batch = event("sync-batch-with-poison")
    receive = MessageRun()

    answer = handler.lambda_handler(batch, CONTEXT, receive=receive)

    first, poison, behind, other = (record["messageId"] for record in batch["Records"])
    assert failures(answer) == [poison, behind]
    assert [message.message_id for message in receive.received] == [first, poison, other]


@pytest.mark.parametrize(
    "error",
    [
        Postponed("already_running", 60),
        DatabaseUnavailable("the database connection broke"),
        UnknownWorkspace(UUID(FIRST)),
        KeyError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_not_done_is_named_and_never_fails_the_invocation(handler: ModuleType, error: Exception) -> None:
    batch = event("sync-manual")

    answer = handler.lambda_handler(batch, CONTEXT, receive=MessageRun({FIRST: error}))

    assert failures(answer) == [batch["Records"][0]["messageId"]]


def test_one_invocation_knows_nothing_of_the_one_before(handler: ModuleType) -> None:
    handler.lambda_handler(event("sync-malformed"), CONTEXT, receive=MessageRun())

    assert handler.lambda_handler(event("sync-manual"), CONTEXT, receive=MessageRun()) == {"batchItemFailures": []}


class TestLog:
    def test_a_run_is_one_line_with_workspace_run_and_counts(
        self, handler: ModuleType, lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        handler.lambda_handler(event("sync-manual"), CONTEXT, receive=MessageRun())

        (line,) = lines()
        assert (line["message"], line["ws_id"], line["inserted"]) == ("run ended", FIRST, 3)
        assert {"run_id", "mode", "status", *TALLY_FIELDS} <= line.keys()

    def test_a_message_that_stays_says_why(
        self, handler: ModuleType, lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        handler.lambda_handler(event("sync-malformed"), CONTEXT, receive=MessageRun())

        (line,) = lines()
        assert (line["level"], line["error_type"], line["ws_id"]) == ("WARNING", "bad_job", FIRST)
        assert line["error"].startswith("body: ")

    def test_a_bug_leaves_a_line_that_names_its_place_and_not_its_text(
        self, handler: ModuleType, lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        handler.lambda_handler(event("sync-manual"), CONTEXT, receive=MessageRun({FIRST: KeyError("a private title")}))

        (line,) = lines()
        assert (line["error_type"], line["error"], line["ws_id"]) == ("internal", "unexpected KeyError", FIRST)
        assert any(re.fullmatch(r"__call__:\d+", place) for place in line["where"])
        assert "private" not in json.dumps(line)

    def test_each_line_of_a_batch_carries_its_own_workspace(
        self, handler: ModuleType, lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        handler.lambda_handler(event("sync-batch-with-poison"), CONTEXT, receive=MessageRun())

        assert [line["ws_id"][-1] for line in lines()] == ["1", "2", "3"]


class TestMetrics:
    def test_every_run_is_one_emf_line_of_its_own(
        self, handler: ModuleType, measured: Callable[[], list[dict[str, Any]]]
    ) -> None:
        handler.lambda_handler(event("sync-batch-with-poison"), CONTEXT, receive=MessageRun())

        runs = [line for line in measured() if "outcome" in line]
        assert [line["ws_id"][-1] for line in runs] == ["1", "3"]
        for line in runs:
            (directive,) = line["_aws"]["CloudWatchMetrics"]
            assert {metric["Name"] for metric in directive["Metrics"]} == {*TALLY_FIELDS, "message_to_done_ms"}
            assert [set(names) for names in directive["Dimensions"]] == [{"outcome", "service"}]
            assert (line["outcome"], line["inserted"], line["total_ms"]) == ("incremental", [3], [42])

    def test_from_the_messages_sending_to_its_end_is_measured_in_milliseconds(
        self, handler: ModuleType, measured: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done_at = datetime(2026, 1, 1, 10, 0, 7, 250_000, UTC)  # the sample was sent at ten
        monkeypatch.setattr(handler.consumer.metrics, "_clock", lambda: done_at)

        handler.lambda_handler(event("sync-redelivery"), CONTEXT, receive=MessageRun())

        (line,) = measured()
        assert line["message_to_done_ms"] == [7250]
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert {"Name": "message_to_done_ms", "Unit": "Milliseconds"} in directive["Metrics"]

    def test_a_clock_behind_that_of_the_queue_measures_no_negative_time(
        self, handler: ModuleType, measured: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handler.consumer.metrics, "_clock", lambda: datetime(2026, 1, 1, 9, 59, 59, tzinfo=UTC))

        handler.lambda_handler(event("sync-redelivery"), CONTEXT, receive=MessageRun())

        assert measured()[0]["message_to_done_ms"] == [0]

    def test_a_run_with_an_error_is_counted_by_it_beside_its_own_line(
        self, handler: ModuleType, measured: Callable[[], list[dict[str, Any]]]
    ) -> None:
        ended = failed_run()

        handler.lambda_handler(event("sync-manual"), CONTEXT, receive=lambda *_: ended)

        run, error = measured()
        assert (run["outcome"], run["run_id"]) == ("failed", str(ended.run_id))
        (directive,) = error["_aws"]["CloudWatchMetrics"]
        assert [set(names) for names in directive["Dimensions"]] == [{"service", "error_type"}]
        assert (error["service"], error["error_type"], error["errors"]) == ("calendar_sync", "google_unavailable", [1])

    def test_a_run_whose_message_comes_back_counts_its_calls_and_its_error_but_is_not_done(
        self, handler: ModuleType, measured: Callable[[], list[dict[str, Any]]]
    ) -> None:
        ended = failed_run()
        back = Postponed("failed", 60, ended.error_type, ended)

        handler.lambda_handler(event("sync-manual"), CONTEXT, receive=MessageRun({FIRST: back}))

        run, error = measured()
        assert (run["run_id"], run["api_calls"]) == (str(ended.run_id), [4])
        assert "message_to_done_ms" not in run
        assert error["error_type"] == "google_unavailable"

    @pytest.mark.parametrize(
        ("error", "counted"),
        [
            (Postponed("already_running", 60), []),
            (Postponed("database_unavailable", 60, "database_unavailable"), ["database_unavailable"]),
            (DatabaseUnavailable("gone"), ["database_unavailable"]),
            (UnknownWorkspace(UUID(FIRST)), ["unknown_workspace"]),
            (KeyError("a private title"), ["internal"]),
        ],
    )
    def test_a_message_that_stays_is_counted_by_its_error_if_it_met_one(
        self,
        handler: ModuleType,
        measured: Callable[[], list[dict[str, Any]]],
        error: Exception,
        counted: list[str],
    ) -> None:
        handler.lambda_handler(event("sync-manual"), CONTEXT, receive=MessageRun({FIRST: error}))

        assert [line["error_type"] for line in measured()] == counted


def failed_run() -> SyncReport:
    ended = SyncReport(UUID(FIRST), uuid4(), "auto")
    ended.fail("google_unavailable", "Google answered 503", 5.0)
    ended.tally.api_calls = 4
    return ended
