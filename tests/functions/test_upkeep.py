"""The decorated handler of the daily rule; only the use case is a fake."""

import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from almanac.domain.operations.maintenance import UpkeepReport
from almanac.errors import BadJob, DatabaseUnavailable
from almanac.services.clock import Deadline
from almanac.services.maintenance.round import UpkeepFailed

CONTEXT = SimpleNamespace(
    function_name="upkeep",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:upkeep",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 123_000,
)
TICK = {"job": "calendar.upkeep"}
COUNTS = {
    "run_rows_deleted": 5,
    "stale_runs_closed": 4,
    "orphans_deleted": 3,
    "tokens_refreshed": 2,
    "tokens_failing": 1,
}


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.upkeep.handler")
    ours.handlers[:], ours.propagate, ours.level = before


def reporting(**counts: int) -> Callable[..., UpkeepReport]:
    def upkeep(_deadline: Deadline, *, dry_run: bool = False) -> UpkeepReport:
        report = UpkeepReport(dry_run)
        report.counts |= counts
        return report

    return upkeep


def failing(error: Exception) -> Callable[..., UpkeepReport]:
    def upkeep(_deadline: Deadline, *, dry_run: bool = False) -> UpkeepReport:
        raise error

    return upkeep


def measured(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]


def test_the_use_case_is_given_what_is_left_of_the_invocation_in_seconds(handler: ModuleType) -> None:
    given: list[float] = []

    def upkeep(deadline: Deadline, *, dry_run: bool) -> UpkeepReport:
        given.append(deadline())
        return UpkeepReport(dry_run)

    handler.lambda_handler(TICK, CONTEXT, upkeep=upkeep)

    assert given == [123.0]


def test_the_answer_is_the_report_as_json(handler: ModuleType) -> None:
    answer = handler.lambda_handler(TICK, CONTEXT, upkeep=reporting(**COUNTS))

    assert json.loads(json.dumps(answer)) == answer
    assert {name: answer[name] for name in COUNTS} == COUNTS


def test_a_round_is_measured_in_one_line(handler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    handler.lambda_handler(TICK, CONTEXT, upkeep=reporting(**COUNTS))

    (line,) = measured(capsys)
    names = ("RunRowsDeleted", "StaleRunsClosed", "OrphansDeleted", "TokensRefreshed", "TokensFailing")
    assert [line[name] for name in names] == [[5], [4], [3], [2], [1]]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Almanac", [["service"]])


def test_a_dry_run_is_answered_and_not_measured(handler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    answer = handler.lambda_handler(TICK | {"dry_run": True}, CONTEXT, upkeep=reporting(**COUNTS))

    assert (answer["dry_run"], answer["run_rows_deleted"]) == (True, 5)
    assert measured(capsys) == []


def test_a_failed_step_fails_the_invocation_after_the_others_were_measured(
    handler: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    report = UpkeepReport(failed=[{"step": "tokens", "error_type": "storage_failed"}])
    report.counts["run_rows_deleted"] = 9

    with pytest.raises(UpkeepFailed, match="tokens"):
        handler.lambda_handler(TICK, CONTEXT, upkeep=failing(UpkeepFailed(report)))

    (line,) = measured(capsys)
    assert line["RunRowsDeleted"] == [9]


def test_an_outage_fails_the_invocation_so_that_lambda_tries_again(handler: ModuleType) -> None:
    with pytest.raises(DatabaseUnavailable):
        handler.lambda_handler(TICK, CONTEXT, upkeep=failing(DatabaseUnavailable("gone")))


@pytest.mark.parametrize("wrong", [{}, {"job": "calendar.sync"}, TICK | {"dry_run": "perhaps"}])
def test_an_unusable_event_is_refused_by_its_field(handler: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadJob, match=r"^(job|dry_run): "):
        handler.lambda_handler(wrong, CONTEXT, upkeep=reporting())
