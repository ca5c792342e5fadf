import json
from typing import Any

import pytest

from tests.template.stack import Properties, Stack, target

CADENCE = {
    "cron(0/15 * * * ? *)": {"job": "calendar.sync"},
    "cron(0 0/6 * * ? *)": {"job": "calendar.schedule"},
}


@pytest.fixture(scope="module")
def ticks(stack: Stack) -> dict[str, Properties]:
    """Schedule expression → what its rule wakes, and with what."""
    found = {}
    for rule in stack.of("AWS::Events::Rule").values():
        (found[rule["ScheduleExpression"]],) = rule["Targets"]
    return found


@pytest.fixture(scope="module")
def alarms(stack: Stack) -> list[Properties]:
    return list(stack.of("AWS::CloudWatch::Alarm").values())


def watched(alarms: list[Properties], metric: str) -> set[str]:
    """Logical ids of what the alarms on one metric watch."""
    return {target(each["Dimensions"][0]["Value"]) for each in alarms if each["MetricName"] == metric}


def test_rules_tick_as_documented(ticks: dict[str, Properties]) -> None:
    assert {expression: json.loads(each["Input"]) for expression, each in ticks.items()} == CADENCE


@pytest.mark.parametrize("expression", CADENCE)
def test_a_tick_wakes_the_orchestrator_and_is_tried_again(ticks: dict[str, Properties], expression: str) -> None:
    assert target(ticks[expression]["Arn"]) == "Orchestrator"
    assert ticks[expression]["RetryPolicy"]["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize("expression", CADENCE)
def test_a_lost_tick_is_kept_in_a_standard_queue(stack: Stack, ticks: dict[str, Properties], expression: str) -> None:
    assert "FifoQueue" not in stack.queues[target(ticks[expression]["DeadLetterConfig"]["Arn"])]


def test_a_tick_that_fails_in_the_function_is_kept_too(stack: Stack) -> None:
    (config,) = stack.of("AWS::Lambda::EventInvokeConfig").values()
    assert target(config["FunctionName"]) == "Orchestrator"
    assert target(config["DestinationConfig"]["OnFailure"]["Destination"]) == "TickDeadLetters"


def test_our_rules_and_no_others_may_deliver_to_the_lost_ticks(stack: Stack) -> None:
    (policy,) = stack.of("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    sources = {target(each) for each in statement["Condition"]["ArnEquals"]["aws:SourceArn"]}
    assert sources == set(stack.of("AWS::Events::Rule"))
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


def test_every_dead_letter_queue_has_an_alarm_at_the_first_message(stack: Stack, alarms: list[Properties]) -> None:
    depth = "ApproximateNumberOfMessagesVisible"
    assert watched(alarms, depth) == stack.dead_letter_queues
    limits = {(each["Threshold"], each["ComparisonOperator"]) for each in alarms if each["MetricName"] == depth}
    assert limits == {(0, "GreaterThanThreshold")}


def test_every_work_queue_has_an_alarm_on_waiting(stack: Stack, alarms: list[Properties]) -> None:
    assert watched(alarms, "ApproximateAgeOfOldestMessage") == set(stack.queues) - stack.dead_letter_queues


def test_every_function_has_an_alarm_on_errors(stack: Stack, alarms: list[Properties]) -> None:
    assert watched(alarms, "Errors") == set(stack.functions)


def test_ticks_that_stop_are_noticed(alarms: list[Properties]) -> None:
    (silence,) = [each for each in alarms if each["MetricName"] == "Invocations"]
    assert target(silence["Dimensions"][0]["Value"]) == "Orchestrator"
    assert silence["TreatMissingData"] == "breaching"


def test_every_alarm_tells_somebody(alarms: list[Properties]) -> None:
    assert all(each["AlarmActions"] == [{"Ref": "AlarmTopic"}] for each in alarms)


def test_outputs_name_queues_and_functions(stack: Stack, template: dict[str, Any]) -> None:
    shown = {target(output["Value"]) for output in template["Outputs"].values()}
    assert set(stack.queues) | set(stack.functions) <= shown
