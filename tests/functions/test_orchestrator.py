"""The decorated handler of the rules' ticks; only the use case is a fake."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from almanac.errors import BadJob, DatabaseUnavailable
from almanac.jobs import Tick
from almanac.services.queues.dispatch import DispatchFailed, DispatchReport
from almanac.services.queues.ports import SyncHealth

EVENTS = Path(__file__).parents[2] / "events"
CONTEXT = SimpleNamespace(
    function_name="orchestrator",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:orchestrator",
    aws_request_id="one-invocation",
)
LOST = {"ws_id": "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c02", "status": "failed", "error": "InternalError"}
SENT = {"ws_id": "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01", "status": "enqueued"}


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.orchestrator.handler")
    ours.handlers[:], ours.propagate, ours.level = before


@pytest.fixture
def lines(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the function has logged so far."""
    stream = io.StringIO()
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


def reporting(**counts: Any) -> Callable[[Tick], DispatchReport]:
    return lambda tick: DispatchReport(tick.job, **counts)


def failing(error: Exception) -> Callable[[Tick], DispatchReport]:
    def dispatch(_tick: Tick) -> DispatchReport:
        raise error

    return dispatch


def measured(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]


@pytest.mark.parametrize(
    ("name", "job", "listed"),
    [
        ("tick-sync", "calendar.sync", None),
        ("tick-outbound", "calendar.sync", None),
        ("tick-schedule", "calendar.schedule", None),
        ("tick-changes", "calendar.schedule", None),
        ("bulk-sync", "calendar.sync", 2),
    ],
)
def test_what_wakes_it_becomes_a_tick(handler: ModuleType, name: str, job: str, listed: int | None) -> None:
    ticks: list[Tick] = []

    def dispatch(tick: Tick) -> DispatchReport:
        ticks.append(tick)
        return DispatchReport(tick.job)

    handler.lambda_handler(event(name), CONTEXT, dispatch=dispatch)

    assert ticks[0].job == job
    assert (None if ticks[0].workspaces is None else len(ticks[0].workspaces)) == listed


def test_the_answer_is_the_report(handler: ModuleType) -> None:
    answer = handler.lambda_handler(event("bulk-sync"), CONTEXT, dispatch=reporting(enqueued=1, results=[SENT]))

    assert answer == DispatchReport("calendar.sync", enqueued=1, results=[SENT]).as_dict()
    assert json.loads(json.dumps(answer)) == answer


def test_a_tick_is_measured_per_job(handler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    handler.lambda_handler(event("tick-sync"), CONTEXT, dispatch=reporting(enqueued=7))

    (line,) = measured(capsys)
    assert (line["job"], line["Enqueued"], line["NotEnqueued"]) == ("calendar.sync", [7], [0])


def test_a_tick_of_syncs_measures_how_many_are_behind_in_error_and_near_their_budget(
    handler: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.lambda_handler(event("tick-sync"), CONTEXT, dispatch=reporting(health=SyncHealth(3, 5, 1)))
    handler.lambda_handler(event("tick-schedule"), CONTEXT, dispatch=reporting())

    syncs, plans = measured(capsys)
    assert (syncs["service"], syncs["job"]) == ("orchestrator", "calendar.sync")
    counted = {"WorkspacesBehind": [3], "ConnectionsInError": [5], "BudgetsHalfUsed": [1]}
    assert {name: syncs[name] for name in counted} == counted
    assert not counted.keys() & plans.keys(), "no zero where nobody has counted"


def test_what_could_not_be_sent_fails_the_invocation_after_it_was_measured_and_named(
    handler: ModuleType, lines: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = DispatchFailed(DispatchReport("calendar.sync", enqueued=1, failed=1, results=[SENT, LOST]))

    with pytest.raises(DispatchFailed, match=r"^1 of 2 jobs could not be sent$"):
        handler.lambda_handler(event("bulk-sync"), CONTEXT, dispatch=failing(failed))

    (line,) = measured(capsys)
    assert (line["Enqueued"], line["NotEnqueued"]) == ([1], [1])
    (said,) = lines()
    assert (said["level"], said["not_sent"]) == ("ERROR", [LOST])


@pytest.mark.parametrize("wrong", [{}, {"job": "calendar.clean"}, {"job": "calendar.sync", "workspaces": []}])
def test_an_unusable_event_is_refused_by_its_field(handler: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadJob, match=r"^(job|workspaces): "):
        handler.lambda_handler(wrong, CONTEXT, dispatch=reporting())


def test_an_outage_fails_the_invocation(handler: ModuleType) -> None:
    with pytest.raises(DatabaseUnavailable):
        handler.lambda_handler(event("tick-sync"), CONTEXT, dispatch=failing(DatabaseUnavailable("gone")))


def test_a_tick_bears_the_id_of_its_invocation_for_lambda_may_try_it_again(handler: ModuleType) -> None:
    ticks: list[Tick] = []

    def dispatch(tick: Tick) -> DispatchReport:
        ticks.append(tick)
        return DispatchReport(tick.job)

    handler.lambda_handler(event("tick-schedule"), CONTEXT, dispatch=dispatch)
    handler.lambda_handler(event("tick-schedule") | {"request_id": "mine"}, CONTEXT, dispatch=dispatch)

    assert [tick.request_id for tick in ticks] == [CONTEXT.aws_request_id, "mine"]
