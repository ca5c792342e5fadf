import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanac.domain.cadence import next_tick
from almanac.services.events_out import deliver, relay
from almanac.services.maintenance.steps import RESERVE_SECONDS
from almanac.settings import SyncSettings
from tests.template.stack import Properties, Stack, target
from tests.template.test_rules import TICKS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SYNC_PERIOD_SECONDS = 900
RUNS_UNATTENDED = {
    "Orchestrator",
    "CalendarSync",
    "SmartScheduling",
    "CalendarSyncLarge",
    "SmartSchedulingLarge",
    "Upkeep",
    "PushReceiver",
    "Relay",
    "Deliver",
    "Export",
}
"""Not Migrate: the deployment that waits for it tells of its failure."""
ANSWERS = {"Api", "Connect"}
SILENT = {
    "OutboundSilentAlarm": "OrchestratorOutboundTick",
    "ChangesSilentAlarm": "OrchestratorChangesTick",
    "RelaySilentAlarm": "RelayMinuteTick",
    "DigestsSilentAlarm": "ExportDigestTick",
    "ReportsSilentAlarm": "ExportReportTick",
}
"""Alarm → the rule whose silence it tells of."""
RARE = {"OrchestratorScheduleTick", "UpkeepDailyTick"}
"""Rules with hours between two ticks: an alarm that takes missing data for silence would rise on every new stack."""
"""Whoever asked sees that it takes long; a crash takes a deployment back."""
KEEPS_A_RESERVE = {
    "CalendarSync": SyncSettings().sync_reserve_seconds,
    "CalendarSyncLarge": SyncSettings().sync_reserve_seconds,
    "Upkeep": RESERVE_SECONDS,
    "Relay": relay.RESERVE_SECONDS,
    "Deliver": deliver.RESERVE_SECONDS,
}
"""Seconds; these work until only that much is left, the others should never come near their limit."""


def watched(observability: Stack, metric: str) -> set[str]:
    """Logical ids of what the alarms on one metric watch."""
    alarms = [each for each in observability.alarms.values() if each.get("MetricName") == metric]
    return {target(each["Dimensions"][0]["Value"]) for each in alarms}


def threshold(observability: Stack, metric: str, resource: str) -> float:
    """The limit of the alarm that watches one metric of one resource."""
    (found,) = [
        each["Threshold"]
        for each in observability.alarms.values()
        if each.get("MetricName") == metric and target(each["Dimensions"][0]["Value"]) == resource
    ]
    return float(found)


def test_every_dead_letter_queue_has_an_alarm_at_the_first_message(stack: Stack, observability: Stack) -> None:
    depth = "ApproximateNumberOfMessagesVisible"
    assert watched(observability, depth) == stack.dead_letter_queues
    for queue in stack.dead_letter_queues:
        assert threshold(observability, depth, queue) == 0


def test_every_work_queue_has_an_alarm_on_waiting(stack: Stack, observability: Stack) -> None:
    assert watched(observability, "ApproximateAgeOfOldestMessage") == set(stack.queues) - stack.dead_letter_queues


@pytest.mark.parametrize("queue", ["SyncQueue", "ScheduleQueue", "SyncLargeQueue", "ScheduleLargeQueue", "ExportQueue"])
def test_three_receives_of_a_message_that_kills_its_run_do_not_count_as_waiting(
    stack: Stack, observability: Stack, queue: str
) -> None:
    found = stack.queues[queue]
    killed = found["VisibilityTimeout"] * found["RedrivePolicy"]["maxReceiveCount"]
    assert threshold(observability, "ApproximateAgeOfOldestMessage", queue) > killed


@pytest.mark.parametrize("metric", ["Errors", "Duration"])
def test_every_function_that_nobody_waits_for_has_an_alarm(stack: Stack, observability: Stack, metric: str) -> None:
    assert watched(observability, metric) == RUNS_UNATTENDED | (ANSWERS if metric == "Errors" else set())
    assert set(stack.functions) - RUNS_UNATTENDED == {"Migrate"} | ANSWERS


@pytest.mark.parametrize("function", sorted(RUNS_UNATTENDED))
def test_a_run_near_its_time_limit_is_noticed_before_it_is_cut(
    stack: Stack, observability: Stack, function: str
) -> None:
    limit = stack.functions[function]["Timeout"]
    reserve = KEEPS_A_RESERVE.get(function)
    expected = 0.8 * limit if reserve is None else limit - reserve / 2
    assert threshold(observability, "Duration", function) == 1000 * expected


def test_refused_runs_of_any_function_are_noticed(observability: Stack) -> None:
    metrics = [
        each["MetricStat"]["Metric"]
        for each in observability.alarms["ThrottlesAlarm"]["Metrics"]
        if "MetricStat" in each
    ]
    assert {each["MetricName"] for each in metrics} == {"Throttles"}
    assert {target(each["Dimensions"][0]["Value"]) for each in metrics} == RUNS_UNATTENDED
    (shown,) = [each for each in observability.alarms["ThrottlesAlarm"]["Metrics"] if each.get("ReturnData", True)]
    assert shown["Expression"] == "SUM(METRICS())"


def test_failures_that_callers_are_told_are_noticed_but_not_the_first(observability: Stack) -> None:
    alarm = observability.alarms["HttpFailuresAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert [(each["Name"], target(each["Value"])) for each in alarm["Dimensions"]] == [("ApiId", "HttpApi")]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 2)


def test_ticks_that_stop_are_noticed_after_two_periods(
    observability: Stack, stages: dict[str, Any], template: dict[str, Any]
) -> None:
    """By what only a tick of syncs measures (tests/functions): other rules go on waking the function without it."""
    silence, behind = observability.alarms["TicksMissingAlarm"], observability.alarms["WorkspacesBehindAlarm"]
    assert [silence[name] for name in ("Namespace", "MetricName", "Dimensions")] == [
        behind[name] for name in ("Namespace", "MetricName", "Dimensions")
    ]
    assert (silence["Statistic"], silence["Threshold"]) == ("SampleCount", 1)
    assert (silence["ComparisonOperator"], silence["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert (silence["Period"], silence["EvaluationPeriods"]) == ({"Ref": "TickAlarmSeconds"}, 1)
    assert template["Parameters"]["TickAlarmSeconds"]["Default"] == 2 * SYNC_PERIOD_SECONDS
    assert {row["SyncCadence"] for row in stages.values()} == {"cron(0/15 * * * ? *)"}


def test_a_rule_that_is_silent_is_noticed_and_not_before_its_second_tick_is_missed(
    observability: Stack, stack: Stack, stages: dict[str, Any]
) -> None:
    assert {*SILENT.values(), "OrchestratorSyncTick", *RARE} == set(stack.of("AWS::Events::Rule"))
    for name, rule in SILENT.items():
        alarm = observability.alarms[name]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Events", "Invocations", "Sum")
        assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": rule}}]
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
        every = max(between_ticks(row[TICKS[rule][0]]) for row in stages.values())
        assert alarm["Period"] * alarm["EvaluationPeriods"] >= 2 * every.total_seconds(), name


def between_ticks(cadence: str) -> timedelta:
    """The time from a tick to the next, of a cadence whose ticks are evenly apart."""
    one = next_tick(cadence, NOON, NOON)
    assert one is not None
    two = next_tick(cadence, one, one)
    assert two is not None
    return two - one


@pytest.mark.parametrize(
    "name", ["WorkspacesBehindAlarm", "ChannelsOverdueAlarm", "ChannelsSilentAlarm", "OutboundBudgetAlarm"]
)
def test_what_a_tick_measures_rises_after_two_ticks_however_far_apart_they_are(observability: Stack, name: str) -> None:
    """A fixed period would have no data in every other one, which breaches nothing: scale.md halves the cadence."""
    alarm = observability.alarms[name]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == ({"Ref": "TickAlarmSeconds"}, 1)
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Minimum", "GreaterThanThreshold")


def metrics_of(alarm: Properties) -> list[Properties]:
    """The metrics of an alarm, whether it is on one or on a formula over several."""
    several = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return several or [alarm]


def test_a_letter_that_comes_to_others_is_noticed_too(stack: Stack, observability: Stack) -> None:
    """An alarm on the depth tells of the first one only, and then stays on."""
    alarm = observability.alarms["MoreDeadLettersAlarm"]
    (formula,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    ids = {each["Id"]: each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each}
    assert set(re.findall(r"DIFF\((\w+)\)", formula)) == set(ids)
    assert {target(each["Dimensions"][0]["Value"]) for each in ids.values()} == stack.dead_letter_queues
    assert {each["MetricName"] for each in ids.values()} == {"ApproximateNumberOfMessagesVisible"}


@pytest.mark.parametrize(
    ("alarm", "metric", "jobs"),
    [
        ("WorkspacesBehindAlarm", "WorkspacesBehind", {"calendar.sync"}),
        ("OutboundBudgetAlarm", "BudgetsHalfUsed", {"calendar.sync"}),
        ("NotEnqueuedAlarm", "NotEnqueued", {"calendar.sync", "calendar.schedule"}),
    ],
)
def test_what_the_orchestrator_leaves_undone_is_noticed(
    observability: Stack, alarm: str, metric: str, jobs: set[str]
) -> None:
    metrics = metrics_of(observability.alarms[alarm])
    dimensions = [{each["Name"]: each["Value"] for each in found["Dimensions"]} for found in metrics]
    assert {found["MetricName"] for found in metrics} == {metric}
    assert all(found["Namespace"] == {"Ref": "Namespace"} for found in metrics)
    assert {each["service"] for each in dimensions} == {"orchestrator"}
    assert {each["job"] for each in dimensions} == jobs
    assert observability.alarms[alarm]["Threshold"] == 0


@pytest.mark.parametrize("function", sorted(RUNS_UNATTENDED))
def test_memory_that_runs_short_is_noticed_before_a_run_is_killed_for_it(
    stack: Stack, observability: Stack, function: str
) -> None:
    logs = {"Ref": target(stack.functions[function]["LoggingConfig"]["LogGroup"])}
    (found,) = [each for each in observability.of("AWS::Logs::MetricFilter").values() if each["LogGroupName"] == logs]
    (limit,) = re.findall(r"maxMemoryUsedMB > (\d+)", found["FilterPattern"])
    assert int(limit) == int(0.85 * stack.functions[function]["MemorySize"])
    (made,) = found["MetricTransformations"]
    alarm = observability.alarms["MemoryAlarm"]
    assert (made["MetricNamespace"], made["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])


def test_the_database_of_the_stack_is_watched_where_it_stands(network: dict[str, Any]) -> None:
    found = {name: each for name, each in network["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    alarms = [each["Properties"] for each in found.values()]
    assert {each["MetricName"]: target(each["Dimensions"][0]["Value"]) for each in alarms} == {
        "ACUUtilization": "Cluster",
        "DatabaseConnectionsBorrowLatency": "Proxy",
        "AuroraReplicaLagMaximum": "Cluster",
        "ErrorPortAllocation": "Nat",
    }
    assert found["ReplicaLagAlarm"]["Condition"] == network["Resources"]["StandBy"]["Condition"]
    assert all(each["AlarmActions"] == [{"Ref": "AlarmTopic"}] for each in alarms)


def test_silence_that_was_asked_for_wakes_nobody(observability: Stack) -> None:
    quiet = {name: each["ActionsEnabled"] for name, each in observability.alarms.items() if "ActionsEnabled" in each}
    assert quiet == {name: {"Ref": "Ticking"} for name in ("TicksMissingAlarm", *SILENT)}


def test_every_alarm_tells_somebody(observability: Stack) -> None:
    alarms: list[Properties] = list(observability.alarms.values())
    assert all(each["AlarmActions"] == [{"Ref": "AlarmTopic"}] for each in alarms)
    assert all(each["AlarmDescription"] for each in alarms)


def test_no_alarm_but_the_silence_rises_for_lack_of_data(observability: Stack) -> None:
    breaching = {name for name, each in observability.alarms.items() if each["TreatMissingData"] != "notBreaching"}
    assert breaching == {"TicksMissingAlarm", *SILENT}


def test_outputs_name_queues_functions_topic_and_dashboard(
    stack: Stack, observability: Stack, template: dict[str, Any]
) -> None:
    outputs = [output["Value"] for output in template["Outputs"].values()]
    shown = {target(value) for value in outputs if "Fn::Sub" not in value}
    assert set(stack.queues) | set(stack.functions) | {"AlarmTopic"} <= shown
    address, parts = template["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]
    assert "${Observability.Outputs.DashboardName}" in address
    assert parts["Console"]["Fn::FindInMap"] == ["ByPartition", {"Ref": "AWS::Partition"}, "Console"]
    assert observability.cloudformation["Outputs"]["DashboardName"]["Value"] == {"Ref": "Dashboard"}
