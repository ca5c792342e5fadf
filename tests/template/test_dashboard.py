"""The dashboard draws what the handlers really emit: their own lines are read and compared."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.export.report import ExportReport
from almanac.domain.operations.maintenance import UpkeepReport
from almanac.domain.sync.report import SyncReport
from almanac.domain.workspace_plan.report import PlanReport
from almanac.services.events_out.deliver import DeliverReport
from almanac.services.events_out.relay import RelayReport
from almanac.services.export.due import DueReport
from almanac.services.push.receive import Answer
from almanac.services.queues.dispatch import DispatchReport
from almanac.services.queues.ports import ChannelStates, SyncHealth
from tests.template.stack import Stack

NAMES = ("orchestrator", "upkeep", "calendar_sync", "smart_scheduling", "push_receiver", "relay", "deliver", "export")
HANDLERS = tuple(import_module(f"functions.{name}.handler") for name in NAMES)  # their loggers keep stdout as it is now
WIDTH = 24
WS, RUN = UUID(int=1), UUID(int=2)
LANE = json.dumps({"endpoint_id": str(RUN), "ws_id": str(WS)})
CONTEXT = SimpleNamespace(
    function_name="any",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:any",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 60_000,
)
NAMESPACE = "Almanac/AWS::StackName"
SEARCH = re.compile(
    r"""SEARCH\('\{"Almanac/AWS::StackName",([\w,]+)\} (?:service="(\w+)" )?MetricName="(\w+)"', '\w+', \d+\)"""
)
Metric = tuple[str, frozenset[str], str | None]
"""Name, dimensions, service."""


@pytest.fixture(scope="module")
def widgets(observability: Stack, template: dict[str, Any]) -> list[dict[str, Any]]:
    """The widgets, every name of a resource replaced by itself."""
    (dashboard,) = observability.of("AWS::CloudWatch::Dashboard").values()
    text, own = dashboard["DashboardBody"]["Fn::Sub"]
    given = template["Resources"]["Observability"]["Properties"]["Parameters"]
    inner = observability.cloudformation

    def put(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in own:
            return put_all(str(own[name]["Fn::Sub"]))
        if name in template["Parameters"]:
            return str(template["Parameters"][name]["Default"])
        if name == "Namespace":
            return put_all(str(given[name]["Fn::Sub"]))
        known = {*inner["Parameters"], *inner["Resources"], "AWS::Region", "AWS::StackName"}
        assert name.partition(".")[0] in known, name
        return name

    def put_all(part: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", put, part)

    found: list[dict[str, Any]] = json.loads(put_all(text))["widgets"]
    return found


@pytest.fixture
def emitted(capsys: pytest.CaptureFixture[str]) -> set[Metric]:
    """Every metric that a run of each function gives to CloudWatch."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    ticks, upkeep, sync, plan, rings, relay, deliver, export = HANDLERS
    health = SyncHealth(workspaces_behind=1, connections_in_error=1, budgets_half_used=1)
    report = DispatchReport("calendar.sync", health=health, channels=ChannelStates(1, 0, 0, 0, 0))
    ticks.lambda_handler({"job": "calendar.sync"}, CONTEXT, dispatch=lambda _tick: report)
    upkeep.lambda_handler({"job": "calendar.upkeep"}, CONTEXT, upkeep=lambda _left, dry_run: UpkeepReport(dry_run))
    synced = SyncReport(WS, RUN, "incremental", error_type="google_unavailable", push_lag_ms=900)
    sync.consumer.metrics.done(synced, datetime.now(UTC))
    sync.consumer.metrics.done(SyncReport(WS, RUN, "incremental", escalated="killed"), datetime.now(UTC))
    for verdict in ("rang", "rejected", "refused"):
        rings.lambda_handler({}, CONTEXT, receive=lambda _headers, verdict=verdict: Answer(verdict))
    relay.lambda_handler({"job": "calendar.relay"}, CONTEXT, relay=lambda _left: RelayReport(feed_held=0.0))
    deliver.lambda_handler(
        {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": LANE}]},
        CONTEXT,
        deliver=lambda _lane, _left: DeliverReport(RUN, WS),
    )
    export.lambda_handler({"job": "calendar.export", "due": "digests"}, CONTEXT, ask=lambda *_: DueReport())
    export.consumer.metrics.done(ExportReport(WS, RUN, "csv", error_type="files_unavailable"), datetime.now(UTC))
    plan.consumer.metrics.done(PlanReport(WS, RUN, error_type="timezone_missing"), datetime.now(UTC))
    ours.handlers[:], ours.propagate, ours.level = before
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return {each for line in lines for each in _of_line(line)}


def _of_line(line: dict[str, Any]) -> Iterator[Metric]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Almanac"
    for dimensions in directive["Dimensions"]:
        for metric in directive["Metrics"]:
            yield metric["Name"], frozenset(dimensions), line["service"]


def rows(widget: dict[str, Any]) -> Iterator[list[Any]]:
    """The metrics of a widget, with CloudWatch's short forms written out: "." the same here, "..." the same so far."""
    before: list[Any] = []
    for row in widget["properties"].get("metrics", []):
        if isinstance(row[0], dict):
            continue
        fields = [each for each in row if isinstance(each, str)]
        if fields[0] == "...":
            fields = before[: len(before) - len(fields) + 1] + fields[1:]
        before = [before[place] if field == "." else field for place, field in enumerate(fields)]
        yield before


def drawn(widgets: list[dict[str, Any]]) -> set[Metric]:
    """The metrics of ours that the dashboard names, one by one or by a search."""
    found: set[Metric] = set()
    for widget in widgets:
        for namespace, name, *dimensions in rows(widget):
            if namespace == NAMESPACE:
                values = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
                found.add((name, frozenset(values), values["service"]))
        for dimensions, service, name in SEARCH.findall(json.dumps(widget).replace('\\"', '"')):
            found.add((name, frozenset(dimensions.split(",")), service or None))
    return found


def test_every_metric_of_ours_that_is_drawn_is_one_that_a_function_emits(
    widgets: list[dict[str, Any]], emitted: set[Metric]
) -> None:
    anybody = {(name, dimensions, None) for name, dimensions, _ in emitted}
    assert drawn(widgets) <= emitted | anybody


def test_each_stack_has_a_namespace_of_its_own(stack: Stack) -> None:
    for function in stack.functions.values():
        variables = function["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": "Almanac/${AWS::StackName}"}


def test_it_shows_what_an_operator_asks_first(widgets: list[dict[str, Any]]) -> None:
    names = {name for name, _, _ in drawn(widgets)}
    assert {"WorkspacesBehind", "message_to_done_ms", "errors", "api_calls"} <= names


def test_every_search_is_read_by_these_tests(widgets: list[dict[str, Any]]) -> None:
    text = json.dumps(widgets).replace('\\"', '"')
    assert len(SEARCH.findall(text)) == text.count("SEARCH(")


def test_the_first_row_is_four_numbers(widgets: list[dict[str, Any]]) -> None:
    first = widgets[:4]
    assert sum(each["width"] for each in first) == WIDTH
    assert {each["properties"]["view"] for each in first} == {"singleValue"}
    assert "behind" in first[1]["properties"]["title"]


def test_rows_fill_the_width(widgets: list[dict[str, Any]]) -> None:
    left = 0
    for each in widgets:
        left = (left + each["width"]) % WIDTH if left + each["width"] <= WIDTH else -1
        assert left >= 0, each["properties"]["title"]
    assert left == 0


def test_every_alarm_is_shown(observability: Stack, widgets: list[dict[str, Any]]) -> None:
    (alarms,) = [each["properties"]["alarms"] for each in widgets if each["type"] == "alarm"]
    assert {name.removesuffix(".Arn") for name in alarms} == set(observability.alarms)


def test_every_queue_and_every_ticking_function_is_shown(stack: Stack, widgets: list[dict[str, Any]]) -> None:
    named = {row[3].partition(".")[0] for widget in widgets for row in rows(widget) if row[0].startswith("AWS/")}
    assert named == set(stack.queues) | set(stack.functions) - {"Migrate", "Api", "Connect"}


def test_the_tables_read_the_logs_of_the_consumers(stack: Stack, widgets: list[dict[str, Any]]) -> None:
    queries = [each["properties"]["query"] for each in widgets if each["type"] == "log"]
    groups = {"CalendarSyncLogs", "SmartSchedulingLogs"}
    assert groups <= set(stack.of("AWS::Logs::LogGroup"))
    for query in queries:
        assert set(re.findall(r"SOURCE '(\w+)'", query)) == groups
        assert {"filter", "stats", "sort", "limit"} <= {part.split()[0] for part in query.split(" | ")}
